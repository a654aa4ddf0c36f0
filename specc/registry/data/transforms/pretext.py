"""Transforms that make a task of an example without labels: each writes what is to be found into a field of its own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.transforms.transform import Making
from specc.registry.entry import declare, param


@declare("transform", "copy", target="specc.data.transforms.pretext.copy", examples=[{"into": "target"}])
class Copy(Making):
    """What a field is at this place, kept in another one, while transforms behind go on with the first: the target of an autoencoder.

    Reference: Vincent et al., Extracting and composing robust features with denoising autoencoders, 2008; Pathak et al., Context
        encoders, 2016, https://arxiv.org/abs/1604.07379
    """

    into: str = param("The field that keeps it.")


class OfImage(Making):
    """Base of those that take an image."""

    counts: ClassVar[tuple[int, ...]] = ()

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        field = known[self.field]
        if field.spec.rank != 4:
            return f"takes an image, but `{self.field}` is {field.spec}", "name the image as its `field`"
        if self.counts and field.spec.channels not in (None, *self.counts):
            return f"takes an image of {self.counts[0]} channels, but `{self.field}` is {field.spec}", "read images in colour"
        return super().mismatch(known, objects)


@declare("transform", "quarter_turn", target="specc.data.transforms.pretext.quarter_turn", examples=[{}, {"into": "turns"}])
class QuarterTurn(OfImage):
    """An image turned by 0, 1, 2 or 3 quarters, counterclockwise, and the number of them as its class.

    Reference: Gidaris et al., Unsupervised representation learning by predicting image rotations, 2018, https://arxiv.org/abs/1803.07728
    """

    random = True

    into: str = param("The field with the class.", default="rotation")

    def made(self, field: Field) -> Field:
        return Field(TensorSpec((field.spec.shape[0],), "int32"), 4)

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        shape = known[self.field].spec.shape
        if len(shape) == 4 and shape[1] is not None and shape[2] is not None and shape[1] != shape[2]:
            return f"takes square images, but `{self.field}` is {known[self.field].spec}", "crop or resize them first"
        return super().mismatch(known, objects)


@declare(
    "transform",
    "jigsaw",
    target="specc.data.transforms.pretext.jigsaw",
    examples=[{"grid": 2, "permutations": 4}, {"grid": 2, "permutations": 2, "stacked": False}],
)
class Jigsaw(OfImage):
    """The tiles of an image in another order, and the number of that order as its class.

    Orders are chosen one after the other, each as unlike those before as can be: in as many places as possible, on average.

    Reference: Noroozi and Favaro, Unsupervised learning of visual representations by solving jigsaw puzzles, 2016, algorithm 1,
        https://arxiv.org/abs/1603.09246
    """

    random = True

    grid: int = param(
        "Tiles along the height, and along the width; what does not divide evenly is cut off.", default=3, minimum=2, maximum=4
    )
    permutations: int = param("How many orders there are; of a grid of 2 there are 24 at most.", default=100, minimum=2, maximum=10000)
    stacked: bool = param(
        "Whether tiles are given one by one, (tiles, height, width, channels), or put together to an image.", default=True
    )
    into: str = param("The field with the class.", default="permutation")

    def change(self, field: Field) -> Field:
        count, height, width, channels = field.spec.shape
        tall, wide = (None if size is None else size // self.grid for size in (height, width))
        if self.stacked:
            return replace(field, spec=field.spec.with_shape(count, self.grid**2, tall, wide, channels), kind="value")
        return field.with_shape(count, *(None if size is None else size * self.grid for size in (tall, wide)), channels)

    def made(self, field: Field) -> Field:
        return Field(TensorSpec((field.spec.shape[0],), "int32"), self.permutations)

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        if self.grid == 2 and self.permutations > 24:
            return f"asks for {self.permutations} orders, but four tiles have 24", "set `permutations: 24`, or a larger `grid`"
        return super().mismatch(known, objects)


@declare("transform", "split_colors", target="specc.data.transforms.pretext.split_colors", examples=[{}, {"into": "target"}])
class SplitColors(OfImage):
    """The lightness of a colour image, and its colours as what is to be found: L / 100, and a and b / 128, of CIE L*a*b* (sRGB, D65).

    Reference: Zhang et al., Colorful image colorization, 2016, https://arxiv.org/abs/1603.08511
    """

    counts = (3,)
    needs_unit = True

    into: str = param("The field with the colours, (height, width, 2).", default="colors")

    def change(self, field: Field) -> Field:
        return field.with_shape(*field.spec.shape[:3], 1)

    def made(self, field: Field) -> Field:
        return replace(field.with_shape(*field.spec.shape[:3], 2), kind="value")
