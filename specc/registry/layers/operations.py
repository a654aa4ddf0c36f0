"""Functions of `keras.ops`, under their own names. They own no weights, and count axes with the batch as 0."""

from typing import Annotated, Any

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import FLOATS, place, places
from specc.registry.types import Axis, Plain


def _indices(value: Any) -> int | list[int]:
    return int(value) if isinstance(value, (int, float)) else [int(index) for index in value]


class Take(Params):
    """Elements at given places along an axis.

    Input shape: any
    Output shape: the axis is as long as `indices`, and gone where that is one number
    """

    indices: Annotated[int | list[int], Plain({"type": ["integer", "array"], "items": {"type": "integer"}}, _indices)] = param(
        "One place, or a list; negative ones count from the end."
    )
    axis: int | None = param("Axis along which to take; none takes from all values in a row, batch included.", default=None)


class Mean(Params):
    """Mean over axes.

    Input shape: any
    Output shape: without the axes, or 1 along them with `keepdims`
    """

    axis: Axis | None = param("Axis or axes; none takes the mean of everything, batch included.", default=None)
    keepdims: bool = param("Whether the axes stay, with size 1.", default=False)


class StopGradient(Params):
    """Passes its input, and no gradient back.

    Input shape: any
    Output shape: as the input
    """


class ExpandDims(Params):
    """Puts in an axis of size 1.

    Input shape: any
    Output shape: with an axis more for each one given
    """

    axis: Axis = param("Place of the new axis in the output, or several.")


class Squeeze(Params):
    """Takes out axes of size 1.

    Input shape: any
    Output shape: without the axes
    """

    axis: Axis | None = param("Axis or axes to take out; none takes all of size 1.", default=None)


class Transpose(Params):
    """The axes in another order, the batch included.

    Input shape: any
    Output shape: the axes as in `axes`
    """

    axes: Axis | None = param("For every axis of the output, the axis of the input; none reverses them.", default=None)


@layer(
    "take",
    keras="keras.ops.take",
    examples=[
        example((17, 8), indices=0, axis=1),
        example((5, 8), indices=[0, -1, 2], axis=-1),
        example((None, 8), dtype="int32", indices=3, axis=1),
        example((5,), indices=[1, 2]),
    ],
)
def take(p: Take, x: TensorSpec) -> Facts:
    chosen = () if isinstance(p.indices, int) else (len(p.indices),)
    if p.axis is None:
        return Facts(x.with_shape(*chosen))
    axis = place("take", x.rank, p.axis)
    size = x.shape[axis]
    for index in (p.indices,) if isinstance(p.indices, int) else p.indices:
        if size is not None and not -size <= index < size:
            raise Mismatch("E0305", f"index {index} of `take` is out of range for axis {p.axis} of {x}", argument="indices")
    return Facts(x.with_shape(*x.shape[:axis], *chosen, *x.shape[axis + 1 :]))


@layer(
    "mean",
    keras="keras.ops.mean",
    examples=[
        example((5, 8), axis=1),
        example((None, 8), axis=[1, 2], keepdims=True),
        example((5, 8)),
        example((5,), axis=-1, dtype="int32"),
        example((5,), axis=-1, dtype="float16"),
    ],
)
def mean(p: Mean, x: TensorSpec) -> Facts:
    axes = range(x.rank) if p.axis is None else places("mean", x.rank, p.axis)
    shape = [1 if axis in axes else size for axis, size in enumerate(x.shape) if p.keepdims or axis not in axes]
    return Facts(TensorSpec(tuple(shape), x.dtype if x.dtype in FLOATS else "float32"))


@layer("stop_gradient", keras="keras.ops.stop_gradient", examples=[example((5, 8)), example((None,), dtype="float16")])
def stop_gradient(p: StopGradient, variable: TensorSpec) -> Facts:
    return Facts(variable)


@layer(
    "expand_dims",
    keras="keras.ops.expand_dims",
    examples=[example((5, 8), axis=1), example((None,), axis=-1, dtype="int32"), example((5,), axis=[1, 3])],
)
def expand_dims(p: ExpandDims, x: TensorSpec) -> Facts:
    count = 1 if isinstance(p.axis, int) else len(p.axis)
    rank = x.rank + count
    new = places("expand_dims", rank, p.axis)
    rest = iter(x.shape)
    return Facts(x.with_shape(*(1 if axis in new else next(rest) for axis in range(rank))))


@layer(
    "squeeze",
    keras="keras.ops.squeeze",
    examples=[example((1, 8), axis=1), example((1, None, 1), axis=[1, -1], dtype="int32"), example((1, 8, 1))],
)
def squeeze(p: Squeeze, x: TensorSpec) -> Facts:
    if p.axis is None:
        return Facts(x.with_shape(*(size for size in x.shape if size != 1)))
    gone = places("squeeze", x.rank, p.axis)
    for axis in gone:
        if x.shape[axis] != 1:
            size = "an unknown size" if x.shape[axis] is None else f"size {x.shape[axis]}"
            raise Mismatch("E0305", f"`squeeze` takes out axes of size 1, but axis {axis} of {x} has {size}", argument="axis")
    return Facts(x.with_shape(*(size for axis, size in enumerate(x.shape) if axis not in gone)))


@layer("transpose", keras="keras.ops.transpose", examples=[example((5, 8), axes=[0, 2, 1]), example((5, None), dtype="int32")])
def transpose(p: Transpose, x: TensorSpec) -> Facts:
    axes = tuple(reversed(range(x.rank))) if p.axes is None else places("transpose", x.rank, p.axes, "axes")
    if len(axes) != x.rank:
        raise Mismatch("E0305", f"`axes` of `transpose` names {len(axes)} axes, but {x} has {x.rank}", argument="axes")
    return Facts(x.with_shape(*(x.shape[axis] for axis in axes)))
