"""Transforms that mix the examples of a batch. They come after all that looks at one example alone."""

from collections.abc import Mapping
from dataclasses import replace

from specc.graph import TensorSpec
from specc.registry.data.fields import BY_OBJECT, FOLLOWING, Field
from specc.registry.data.transforms.transform import Fields, Transform, reversed_range
from specc.registry.entry import declare, param


class Mixed(Transform):
    """Base of the transforms that mix examples."""

    random = True
    partners = 1


class SoftLabels(Mixed):
    """Base of those that mix labels too: numbers of classes become shares of classes."""

    label: str = param("The field of labels that are mixed in the same shares.", default="label")

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        left = [f"`{name}`" for name, other in known.items() if other.kind in (*FOLLOWING, *BY_OBJECT)]
        if left:
            return f"mixes images and their labels, but not {', '.join(left)}", "name in `fields` what is needed, or take `mosaic`"
        field = known.get(self.label)
        if field is None:  # nothing is mixed then but the images, which is right where there are no classes
            classes = [name for name, other in known.items() if other.classes is not None and other.kind == "value"]
            named = ", ".join(f"`{name}`" for name in known)
            help = f"say which are mixed: `label: {classes[0]}`" if classes else "leave `label` out where there are no labels"
            is_wrong = classes or self.label != "label"
            return (f"mixes the labels `{self.label}`, but the data have {named}", help) if is_wrong else None
        if field.classes is not None or not field.is_integer:
            return None
        message = f"mixes the labels `{self.label}`, of which nobody knows how many classes they have"
        return message, f"add `{{one_hot: {{classes: ..., field: {self.label}}}}}` before it"

    def fields(self, known: Mapping[str, Field]) -> Fields:
        field = known.get(self.label)
        if field is None or not field.is_integer or field.classes is None:
            return dict(known)
        return {**known, self.label: replace(field, spec=TensorSpec((*field.spec.shape, field.classes)))}


@declare("transform", "mix_up", target="specc.data.transforms.mixing.mix_up", examples=[{}, {"alpha": 1.0}])
class MixUp(SoftLabels):
    """Every image faded into another one of its batch, and their labels in the same shares.

    Formula: l x + (1 - l) x', l from Beta(alpha, alpha)
    Reference: Zhang et al., mixup: Beyond empirical risk minimization, 2017, https://arxiv.org/abs/1710.09412
    """

    alpha: float = param("How even the shares are: near 0 one of the two images has almost all.", default=0.2, above=0)


@declare("transform", "cut_mix", target="specc.data.transforms.mixing.cut_mix", examples=[{}, {"alpha": 0.5}])
class CutMix(SoftLabels):
    """A rectangle of every image replaced by that of another one of its batch, and their labels mixed by area.

    Formula: a rectangle of the image's shape with the share 1 - l of its area, l from Beta(alpha, alpha), about a place that
        is drawn evenly, cut off at the borders; labels count by the areas that are seen
    Reference: Yun et al., CutMix, 2019, https://arxiv.org/abs/1905.04899
    """

    alpha: float = param("How even the shares are.", default=1.0, above=0)


@declare("transform", "mosaic", target="specc.data.transforms.mixing.mosaic", examples=[{}, {"center": [0.4, 0.6]}])
class Mosaic(Mixed):
    """Parts of four images of a batch about a point, each cut where it meets the others; their objects come along.

    Reference: Bochkovskiy et al., YOLOv4, 2020, section 3.3, https://arxiv.org/abs/2004.10934
    """

    partners = 3

    center: list[float] = param(
        "Least and largest share of height and width at which the four meet.", default=[0.25, 0.75], min_items=2, max_items=2
    )

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        kinds = {field.kind for field in known.values()} & {*BY_OBJECT}
        if "object" in kinds and not kinds & {"boxes", "masks"}:
            return "takes objects out of sight, and nothing says where they are", "add boxes or masks to `fields`"
        if objects is not None or not kinds:
            return reversed_range(center=self.center)
        return "puts the objects of four examples together, so that their number must be fixed", "add `objects: 100` to the pipeline"
