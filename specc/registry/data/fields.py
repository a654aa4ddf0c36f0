"""What is known of a batch before data are read."""

from dataclasses import dataclass, replace

from specc.graph import TensorSpec


@dataclass(frozen=True, slots=True)
class Field:
    """One tensor of a batch.

    Args:
        spec: shape, batch included, and dtype.
        classes: for labels, how many there are; None where it is not known or the values are no classes.
    """

    spec: TensorSpec
    classes: int | None = None

    def with_shape(self, *shape: int | None) -> "Field":
        return replace(self, spec=self.spec.with_shape(*shape))

    @property
    def is_integer(self) -> bool:
        return "int" in self.spec.dtype
