"""What is known of a batch before data are read."""

from dataclasses import dataclass, replace
from typing import Literal

from specc.graph import TensorSpec

Kind = Literal["value", "image", "mask", "boxes", "masks", "object", "tokens"]

# What moves with an image, and what has an entry for each of an example's objects.
FOLLOWING: tuple[Kind, ...] = ("mask", "boxes", "masks")
BY_OBJECT: tuple[Kind, ...] = ("boxes", "masks", "object")


@dataclass(frozen=True, slots=True)
class Field:
    """One tensor of a batch.

    Args:
        spec: shape, batch included, and dtype.
        classes: for labels, how many there are; None where it is not known or the values are no classes.
        kind: what geometric transforms do with it. An `image` is (height, width, channels), from 0 to 1; a `mask` has the
            class of every pixel, (height, width); `boxes` are (objects, 4), left, top, right and bottom in pixels; `masks`
            are (objects, height, width), 1 on the object and 0 elsewhere; `object` is what else each object has, like its label. `tokens`
            are numbers of a vocabulary, of which there may be fewer than a head has scores.
    """

    spec: TensorSpec
    classes: int | None = None
    kind: Kind = "value"

    def with_shape(self, *shape: int | None) -> "Field":
        return replace(self, spec=self.spec.with_shape(*shape))

    @property
    def is_integer(self) -> bool:
        return "int" in self.spec.dtype

    @property
    def is_text(self) -> bool:
        return self.spec.dtype == "string"
