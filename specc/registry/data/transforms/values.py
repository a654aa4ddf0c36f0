"""Transforms of values, whatever they stand for."""

from collections.abc import Mapping
from dataclasses import replace

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.transforms.transform import Transform
from specc.registry.entry import declare, param


@declare("transform", "rescaling", target="specc.data.transforms.values.rescaling", examples=[{"scale": 2.0, "offset": -1.0}])
class Rescaling(Transform):
    """Formula: x * scale + offset."""

    leaves_unit = True

    scale: float = param("Factor.")
    offset: float = param("Added after.", default=0.0)


@declare("transform", "normalize", target="specc.data.transforms.values.normalize", examples=[{"mean": [0.5], "std": [0.25]}])
class Normalize(Transform):
    """Formula: (x - mean) / std, channel by channel."""

    leaves_unit = True

    mean: list[float] = param("Mean of each channel, or one for all.", min_items=1)
    std: list[float] = param("Standard deviation of each channel, or one for all.", min_items=1)

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        channels = known[self.field].spec.channels
        for name, given in (("mean", self.mean), ("std", self.std)):
            if len(given) not in (1, channels) and channels is not None:
                message = f"has {len(given)} values of `{name}`, but `{self.field}` has {channels} channel{'s' * (channels > 1)}"
                return message, "give one for each channel, or one for all: `specc data stats` measures them"
        return None


@declare("transform", "one_hot", target="specc.data.transforms.values.one_hot", examples=[{"classes": 10, "field": "label"}])
class OneHot(Transform):
    """Integer labels as vectors of zeros with a one at the label."""

    classes: int = param("Length of the vectors.", minimum=1)
    field: str = param("The field that it changes.", default="label")

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        classes = known[self.field].classes
        if classes is None or classes <= self.classes:
            return None
        return f"makes vectors of {self.classes}, but `{self.field}` has {classes} classes", f"give `classes: {classes}`"

    def change(self, field: Field) -> Field:
        return replace(field, spec=TensorSpec((*field.spec.shape, self.classes)))
