"""What augmentations of images share: strengths that are drawn from a range, the range of the pixels, facts."""

from typing import Annotated, Any

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params
from specc.registry.layers.checks import require_floats, require_space
from specc.registry.types import Plain


def _range(value: Any) -> float | tuple[float, ...]:
    return float(value) if isinstance(value, (int, float)) else tuple(float(end) for end in value)


def _whole_range(value: Any) -> int | tuple[int, ...]:
    return int(value) if isinstance(value, (int, float)) else tuple(int(end) for end in value)


def range_type(item: str = "number", **bounds: float) -> Plain:
    """One number, or [lowest, highest]; `bounds` are JSON Schema keywords that hold for each."""
    return Plain(
        {"type": [item, "array"], **bounds, "items": {"type": item, **bounds}, "minItems": 2, "maxItems": 2},
        _whole_range if item == "integer" else _range,
    )


Range = float | tuple[float, float]

Share = Annotated[Range, range_type(minimum=0, maximum=1)]
Signed = Annotated[Range, range_type(minimum=-1, maximum=1)]
Zoom = Annotated[Range, range_type(exclusiveMinimum=-1, maximum=1)]
Bits = Annotated[int | tuple[int, int], range_type("integer", minimum=1, maximum=8)]
Odd = Annotated[int | tuple[int, int], range_type("integer", minimum=1)]
ValueRange = Annotated[
    tuple[float, float], Plain({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}, lambda value: _range(value))
]

FACTOR = "one number draws from -factor to factor"
VALUES = "Lowest and highest value that a pixel can have."
SEED = "Makes the draws repeatable; none draws from the global generator."
CHANCE = "Chance that an image is changed, or [lowest, highest] to draw the chance from."


def augmented(word: str, p: Params, images: TensorSpec, channels: tuple[int, ...] | None = None, sized: bool = False) -> Facts:
    """Facts of a layer that keeps the shape of images.

    Keras promises floats for integers too, and makes them only in a compiled function; otherwise it fails or hands on integers.

    Args:
        channels: numbers of channels that the layer can work with; any where none is given.
        sized: whether it needs to know height and width, which Keras tells only when it traces.
    """
    require_space(word, images, 2)
    require_floats(word, images)
    if channels is not None and images.channels not in (None, *channels):
        wanted = " or ".join(str(count) for count in channels)
        raise Mismatch("E0305", f"`{word}` takes images of {wanted} channels, but got {images}")
    if sized and None in images.shape[1:3]:
        raise Mismatch("E0304", f"`{word}` needs to know height and width, but got {images}", help="put `resizing` before it")
    low, high = getattr(p, "value_range", (0, 1))
    if low >= high:
        raise Mismatch("E0305", f"`value_range` of `{word}` goes from {low:g} to {high:g}: nothing between them", argument="value_range")
    return Facts(TensorSpec(images.shape))
