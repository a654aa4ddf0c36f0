"""What all transforms are."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from specc.registry.data.fields import FOLLOWING, Field
from specc.registry.entry import Choice, param
from specc.registry.shared import OwnFirst

Fields = dict[str, Field]
PIXELS = ("image", "mask", "masks")


class Transform(OwnFirst):
    """What every transform takes, after its own arguments.

    `random` transforms draw from (seed, epoch, index of the example), so that a run can be repeated. Those with `partners` mix
    an example with so many others of its batch, and come after all that look at one example alone.
    """

    random: ClassVar[bool] = False
    partners: ClassVar[int] = 0
    leaves_unit: ClassVar[bool] = False  # whether an image is not from 0 to 1 any more
    needs_unit: ClassVar[bool] = False  # whether it has to be, and is kept so

    field: str = param("The field that it changes.", default="image")

    def fields(self, known: Mapping[str, Field]) -> Fields:
        """The fields after the transform."""
        return {**known, self.field: self.change(known[self.field])} if self.field in known else dict(known)

    def change(self, field: Field) -> Field:
        return field

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        """What does not fit, and what to change; None where all does.

        Args:
            known: the fields, of which `field` is one.
            objects: how many objects each example is filled up to.
        """
        return None


class Making(Transform):
    """Base of the transforms that make a further field, `into`, beside what they do to their own."""

    into: str

    def fields(self, known: Mapping[str, Field]) -> Fields:
        if self.field not in known:
            return dict(known)
        return {**known, self.field: self.change(known[self.field]), self.into: self.made(known[self.field])}

    def made(self, field: Field) -> Field:
        """The field that is made of one: by default another of its kind."""
        return field

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        if self.into not in known:
            return None
        return (
            f"makes the field `{self.into}`, but there is one of that name",
            "name another one as `into`, or leave that one out by `fields`",
        )


class Geometric(Transform):
    """Base of the transforms that move pixels. Boxes and masks follow where the field is an image."""

    loses: ClassVar[bool] = True  # whether a part of the image may be out of sight afterwards

    def fields(self, known: Mapping[str, Field]) -> Fields:
        if self.field not in known:
            return dict(known)
        return {**known, **{name: self.change(known[name]) for name in moving(self.field, known)}}

    def change(self, field: Field) -> Field:
        """Where sizes change: height and width are the last axes of masks, and the second and third of all others."""
        if field.kind == "boxes":
            return field
        first = 2 if field.kind == "masks" else 1
        shape = field.spec.shape
        sizes = self.sizes(*shape[first : first + 2])
        return field.with_shape(*shape[:first], *sizes, *shape[first + 2 :])

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        field = known[self.field]
        alone = [name for name, other in known.items() if other.kind == "object"]
        if self.loses and field.kind == "image" and alone and not any(other.kind in ("boxes", "masks") for other in known.values()):
            return f"may take objects out of sight, and nothing says where those of `{alone[0]}` are", "add boxes or masks to `fields`"
        if field.kind in PIXELS or field.spec.rank == 4:
            return None
        return f"moves pixels, but `{self.field}` is {field.spec}", "name the image as its `field`; boxes and masks move with it"

    def sizes(self, height: int | None, width: int | None) -> tuple[int | None, int | None]:
        """Height and width after the transform."""
        return height, width


def reversed_range(**ranges: Sequence[float]) -> tuple[str, str] | None:
    """What to say of a range, given by its name, whose first value is larger than its second."""
    for name, (least, most) in ranges.items():
        if least > most:
            return f"has a `{name}` from {least:g} to {most:g}", f"give the smaller one first: `{name}: [{most:g}, {least:g}]`"
    return None


def moving(name: str, known: Mapping[str, Field]) -> list[str]:
    """The fields that a geometric transform of a field moves: itself, and what follows an image."""
    if known[name].kind != "image":
        return [name]
    return [name, *(other for other, field in known.items() if field.kind in FOLLOWING)]


def transform_params(choice: Choice) -> Transform:
    """The parameters of a transform that was chosen."""
    assert isinstance(choice.params, Transform)
    return choice.params
