"""Classes of labels, which a spec names or counts."""

from collections.abc import Sequence

Classes = int | Sequence[str] | None


def count_of(classes: Classes) -> int | None:
    """How many there are; None where nobody said."""
    return classes if classes is None or isinstance(classes, int) else len(classes)


def names_of(classes: Classes) -> tuple[str, ...]:
    """What they are called; empty where they are only counted."""
    return () if classes is None or isinstance(classes, int) else tuple(classes)
