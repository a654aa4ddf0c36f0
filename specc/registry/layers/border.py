"""Borders put on, and cut off."""

from typing import Annotated, Any

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_space
from specc.registry.layers.window import along
from specc.registry.types import Plain, size_type

Side = int | tuple[int, int]
Border = int | tuple[Side, ...]


def _border(value: Any) -> Border:
    if isinstance(value, (int, float)):
        return int(value)
    return tuple(int(side) if isinstance(side, (int, float)) else (int(side[0]), int(side[1])) for side in value)


def _border_type(rank: int) -> Plain:
    """One int for all sides, one an axis, or two an axis."""
    side = {"type": ["integer", "array"], "minimum": 0, "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2}
    return Plain({"type": ["integer", "array"], "minimum": 0, "items": side, "minItems": rank, "maxItems": rank}, _border)


Border1D = Annotated[int | tuple[int, int], size_type(2, minimum=0)]
Border2D = Annotated[Border, _border_type(2)]
Border3D = Annotated[Border, _border_type(3)]

BORDERS_1D = "one int or [front, end]"
BORDERS_2D = "one int, [vertical, horizontal] or [[top, bottom], [left, right]]"
BORDERS_3D = "one int, [depth, height, width], or two for each of them"


class ZeroPadding1D(Params):
    """Steps of zeros before and after a sequence.

    Input shape: (batch, length, channels)
    Output shape: (batch, length + front + end, channels)
    """

    padding: Border1D = param(f"Steps that are added: {BORDERS_1D}.", default=1)


class ZeroPadding2D(Params):
    """Rows and columns of zeros around an image.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height + top + bottom, width + left + right, channels)
    """

    padding: Border2D = param(f"Width of the border: {BORDERS_2D}.", default=1)


class ZeroPadding3D(Params):
    """Zeros around a volume.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, depth', height', width', channels), each longer by both of its borders
    """

    padding: Border3D = param(f"Width of the border: {BORDERS_3D}.", default=1)


class Cropping1D(Params):
    """Cuts steps off both ends of a sequence.

    Input shape: (batch, length, channels)
    Output shape: (batch, length - front - end, channels)
    """

    cropping: Border1D = param(f"Steps that are cut: {BORDERS_1D}.", default=1)


class Cropping2D(Params):
    """Cuts rows and columns off the border of an image.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height - top - bottom, width - left - right, channels)
    """

    cropping: Border2D = param(f"Width of what is cut: {BORDERS_2D}.", default=[[0, 0], [0, 0]])


class Cropping3D(Params):
    """Cuts the border off a volume.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, depth', height', width', channels), each shorter by both of its borders
    """

    cropping: Border3D = param(f"Width of what is cut: {BORDERS_3D}.", default=1)


@layer(
    "zero_padding1d",
    keras="keras.layers.ZeroPadding1D",
    examples=[example((8, 3)), example((None, 3), padding=2), example((8, 3), padding=[0, 3])],
)
def zero_padding1d(p: ZeroPadding1D, x: TensorSpec) -> Facts:
    return _padded("zero_padding1d", x, (along(p.padding, 2),))


@layer(
    "zero_padding2d",
    keras="keras.layers.ZeroPadding2D",
    examples=[example((8, 8, 3)), example((8, None, 3), padding=[1, 2]), example((8, 9, 3), padding=[[0, 1], [2, 3]])],
)
def zero_padding2d(p: ZeroPadding2D, x: TensorSpec) -> Facts:
    return _padded("zero_padding2d", x, _sides(p.padding, 2))


@layer(
    "zero_padding3d",
    keras="keras.layers.ZeroPadding3D",
    examples=[example((4, 8, 8, 3)), example((4, None, 8, 3), padding=[1, 0, 2]), example((4, 8, 9, 3), padding=[[0, 1], [2, 3], [1, 1]])],
)
def zero_padding3d(p: ZeroPadding3D, x: TensorSpec) -> Facts:
    return _padded("zero_padding3d", x, _sides(p.padding, 3))


@layer(
    "cropping1d",
    keras="keras.layers.Cropping1D",
    examples=[example((8, 3)), example((None, 3), cropping=2), example((8, 3), cropping=[0, 3])],
)
def cropping1d(p: Cropping1D, x: TensorSpec) -> Facts:
    return _cropped("cropping1d", x, (along(p.cropping, 2),))


@layer(
    "cropping2d",
    keras="keras.layers.Cropping2D",
    examples=[example((8, 8, 3)), example((8, None, 3), cropping=[1, 2]), example((8, 9, 3), cropping=[[0, 1], [2, 3]])],
)
def cropping2d(p: Cropping2D, x: TensorSpec) -> Facts:
    return _cropped("cropping2d", x, _sides(p.cropping, 2))


@layer(
    "cropping3d",
    keras="keras.layers.Cropping3D",
    examples=[
        example((8, 8, 8, 3)),
        example((8, None, 8, 3), cropping=[1, 2, 0]),
        example((8, 9, 8, 3), cropping=[[0, 1], [2, 3], [1, 1]]),
    ],
)
def cropping3d(p: Cropping3D, x: TensorSpec) -> Facts:
    return _cropped("cropping3d", x, _sides(p.cropping, 3))


def _sides(border: Border, rank: int) -> tuple[tuple[int, ...], ...]:
    """((top, bottom), (left, right)), of every way to write a border."""
    return tuple(along(side, 2) for side in ((border,) * rank if isinstance(border, int) else border))


def _padded(word: str, x: TensorSpec, sides: tuple[tuple[int, ...], ...]) -> Facts:
    require_space(word, x, len(sides))
    require_floats(word, x)
    sizes = (None if size is None else size + sum(side) for size, side in zip(x.shape[1:-1], sides, strict=True))
    return Facts(TensorSpec((x.shape[0], *sizes, x.channels)))


EXTENTS = {1: ("long",), 2: ("high", "wide"), 3: ("deep", "high", "wide")}


def _cropped(word: str, x: TensorSpec, sides: tuple[tuple[int, ...], ...]) -> Facts:
    require_space(word, x, len(sides))
    require_floats(word, x)
    sizes: list[int | None] = []
    for extent, size, side in zip(EXTENTS[len(sides)], x.shape[1:-1], sides, strict=True):
        if size is not None and size <= sum(side):
            raise Mismatch("E0302", f"`{word}` cuts {sum(side)} off an input that is only {size} {extent}", argument="cropping")
        sizes.append(None if size is None else size - sum(side))
    return Facts(TensorSpec((x.shape[0], *sizes, x.channels)))
