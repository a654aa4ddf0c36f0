"""The language's `round_to`, for emitted code."""


def round_to(value, multiple):  # type: ignore[no-untyped-def]
    """The nearest multiple, at least one; one more where that loses over a tenth."""
    rounded = max(multiple, int(value + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * value else rounded
