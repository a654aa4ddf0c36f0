"""Layers that rearrange, enlarge or cut their input without weights."""

import math
from typing import Annotated, Any, Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_rank, standard
from specc.registry.layers.window import pair
from specc.registry.types import Plain, Size2D

IMAGE = "batch, height, width, channels"

Border = int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]


def _border(value: Any) -> Border:
    if isinstance(value, (int, float)):
        return int(value)
    return tuple(int(side) if isinstance(side, (int, float)) else (int(side[0]), int(side[1])) for side in value)  # type: ignore[return-value]


_SIDE = {"type": ["integer", "array"], "minimum": 0, "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2}
Borders = Annotated[Border, Plain({"type": ["integer", "array"], "minimum": 0, "items": _SIDE, "minItems": 2, "maxItems": 2}, _border)]

BORDERS = "one int, [vertical, horizontal] or [[top, bottom], [left, right]]"


class ZeroPadding2D(Params):
    """Rows and columns of zeros around an image.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height + top + bottom, width + left + right, channels)
    """

    padding: Borders = param(f"Width of the border: {BORDERS}.", default=1)


class Cropping2D(Params):
    """Cuts rows and columns off the border of an image.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height - top - bottom, width - left - right, channels)
    """

    cropping: Borders = param(f"Width of what is cut: {BORDERS}.", default=[[0, 0], [0, 0]])


class UpSampling2D(Params):
    """Enlarges an image by whole factors.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height * size, width * size, channels)
    """

    size: Size2D = param("Factor, one int or [height, width].", default=2)
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = param("How new pixels are made.", default="nearest")


class Flatten(Params):
    """All values of an example in one row.

    Input shape: (batch, ...)
    Output shape: (batch, product of the other sizes)
    """


class Reshape(Params):
    """The values of an example in another shape, in the same order.

    Input shape: (batch, ...)
    Output shape: (batch, *target_shape)
    """

    target_shape: Annotated[
        list[int], Plain({"type": "array", "items": {"type": "integer", "minimum": -1}}, lambda value: [int(size) for size in value])
    ] = param("Sizes without the batch; one may be -1, for what is left.")


class Permute(Params):
    """The axes of an example in another order.

    Input shape: (batch, ...)
    Output shape: (batch, ...), the axes as in `dims`
    """

    dims: list[int] = param("For every axis of the output, the axis of the input, counted from 1: [2, 1] swaps two.", min_items=1)


class RepeatVector(Params):
    """A vector, `n` times over.

    Input shape: (batch, features)
    Output shape: (batch, n, features)
    """

    n: int = param("Number of copies.", minimum=1)


@layer(
    "zero_padding2d",
    keras="keras.layers.ZeroPadding2D",
    examples=[example((8, 8, 3)), example((8, None, 3), padding=[1, 2]), example((8, 9, 3), padding=[[0, 1], [2, 3]])],
)
def zero_padding2d(p: ZeroPadding2D, x: TensorSpec) -> Facts:
    require_rank("zero_padding2d", x, 4, IMAGE)
    require_floats("zero_padding2d", x)
    sizes = (None if size is None else size + sum(side) for size, side in zip(x.shape[1:3], _sides(p.padding), strict=True))
    return Facts(TensorSpec((x.shape[0], *sizes, x.channels)))


@layer(
    "cropping2d",
    keras="keras.layers.Cropping2D",
    examples=[example((8, 8, 3)), example((8, None, 3), cropping=[1, 2]), example((8, 9, 3), cropping=[[0, 1], [2, 3]])],
)
def cropping2d(p: Cropping2D, x: TensorSpec) -> Facts:
    require_rank("cropping2d", x, 4, IMAGE)
    require_floats("cropping2d", x)
    sizes: list[int | None] = []
    for name, size, side in zip(("high", "wide"), x.shape[1:3], _sides(p.cropping), strict=True):
        if size is not None and size <= sum(side):
            raise Mismatch("E0302", f"`cropping2d` cuts {sum(side)} off an input that is only {size} {name}", argument="cropping")
        sizes.append(None if size is None else size - sum(side))
    return Facts(TensorSpec((x.shape[0], *sizes, x.channels)))


@layer(
    "up_sampling2d",
    keras="keras.layers.UpSampling2D",
    examples=[example((8, 8, 3)), example((8, None, 3), size=[3, 2]), example((8, 9, 3), size=4, interpolation="bilinear")],
)
def up_sampling2d(p: UpSampling2D, x: TensorSpec) -> Facts:
    require_rank("up_sampling2d", x, 4, IMAGE)
    require_floats("up_sampling2d", x)
    sizes = (None if size is None else size * factor for size, factor in zip(x.shape[1:3], pair(p.size), strict=True))
    return Facts(TensorSpec((x.shape[0], *sizes, x.channels)))


@layer(
    "flatten", keras="keras.layers.Flatten", examples=[example((4, 5, 3)), example((None, 3)), example(()), example((4, 5), dtype="int32")]
)
def flatten(p: Flatten, x: TensorSpec) -> Facts:
    return Facts(standard(x, x.shape[0], x.elements))


@layer(
    "reshape",
    keras="keras.layers.Reshape",
    examples=[
        example((4, 6), target_shape=[8, 3]),
        example((4, 6), target_shape=[-1, 2], dtype="int32"),
        example((None, 6), target_shape=[-1, 3]),
        example((None, 6), target_shape=[10, 3]),
        example((1,), target_shape=[]),
    ],
)
def reshape(p: Reshape, x: TensorSpec) -> Facts:
    target, elements = p.target_shape, x.elements
    if target.count(-1) > 1:
        raise Mismatch(
            "E0303", "`target_shape` of `reshape` has -1 more than once", help="only one size can be left open", argument="target_shape"
        )
    given = math.prod(size for size in target if size != -1)
    if elements is not None and (elements != given if -1 not in target else given == 0 or elements % given):
        raise Mismatch(
            "E0303",
            f"`reshape` cannot make {target} of {x}: {given} values in place of {elements}"
            if -1 not in target
            else f"`reshape` cannot make {target} of {x}: {elements} values are no multiple of {given}",
            help="`target_shape` leaves the batch out; -1 stands for the size that is left over",
            argument="target_shape",
        )
    rest = None if elements is None else elements // given
    return Facts(standard(x, x.shape[0], *(rest if size == -1 else size for size in target)))


@layer(
    "permute", keras="keras.layers.Permute", examples=[example((4, 5), dims=[2, 1]), example((None, 5, 6), dims=[3, 1, 2], dtype="int32")]
)
def permute(p: Permute, x: TensorSpec) -> Facts:
    if sorted(p.dims) != list(range(1, x.rank)):
        raise Mismatch(
            "E0305",
            f"`dims: {p.dims}` of `permute` must hold each axis of {x} once, from 1 to {x.rank - 1}",
            help="the batch has no number and stays in front",
            argument="dims",
        )
    return Facts(standard(x, x.shape[0], *(x.shape[axis] for axis in p.dims)))


@layer("repeat_vector", keras="keras.layers.RepeatVector", examples=[example((4,), n=3)])
def repeat_vector(p: RepeatVector, x: TensorSpec) -> Facts:
    require_rank("repeat_vector", x, 2, "batch, features")
    require_floats("repeat_vector", x)
    return Facts(TensorSpec((x.shape[0], p.n, x.channels)))


def _sides(border: Border) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, bottom), (left, right)) of every way to write a border."""
    vertical, horizontal = (border, border) if isinstance(border, int) else border
    return (
        (vertical, vertical) if isinstance(vertical, int) else vertical,
        (horizontal, horizontal) if isinstance(horizontal, int) else horizontal,
    )
