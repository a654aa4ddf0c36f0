"""Layers that make one tensor of several."""

import math
from typing import Annotated, Any

from specc.graph import Shape, TensorSpec, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import place, require_floats, require_min_rank
from specc.registry.layers.dtypes import promoted
from specc.registry.types import Plain


class Add(Params):
    """Sum of the inputs. Sizes of 1 stretch to the others' size.

    Input shape: a list of (batch, ...), equal but for sizes of 1
    Output shape: (batch, ...)
    """


class Subtract(Params):
    """The first input less the second.

    Input shape: a list of two (batch, ...), equal but for sizes of 1
    Output shape: (batch, ...)
    """


class Multiply(Params):
    """Product of the inputs, value by value. Sizes of 1 stretch to the others' size.

    Input shape: a list of (batch, ...), equal but for sizes of 1
    Output shape: (batch, ...)
    """


class Average(Params):
    """Mean of the inputs.

    Input shape: a list of (batch, ...), equal but for sizes of 1
    Output shape: (batch, ...)
    """


class Maximum(Params):
    """The largest of the inputs, value by value.

    Input shape: a list of (batch, ...), equal but for sizes of 1
    Output shape: (batch, ...)
    """


class Minimum(Params):
    """The smallest of the inputs, value by value.

    Input shape: a list of (batch, ...), equal but for sizes of 1
    Output shape: (batch, ...)
    """


class Concatenate(Params):
    """The inputs side by side along an axis.

    Input shape: a list of (batch, ...), equal but for the axis
    Output shape: (batch, ...), the axis as long as all of them together
    """

    axis: int = param("Axis along which the inputs are joined; -1 joins channels.", default=-1)


class Stack(Params):
    """The inputs side by side along a new axis.

    Input shape: a list of equal (batch, ...)
    Output shape: with an axis more, as long as there are inputs
    """

    axis: int = param(
        "Place of the new axis in the output; 1 is after the batch, -1 the last. The batch's own place, 0, is refused.", default=0
    )


class Dot(Params):
    """Products of two tensors, summed over an axis of each.

    Input shape: a list of two, of shapes (batch, ...)
    Output shape: (batch, axes of the first without the summed one, axes of the second without it)
    """

    axes: Annotated[
        int | tuple[int, int],
        Plain(
            {"type": ["integer", "array"], "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
            lambda value: int(value) if isinstance(value, (int, float)) else (int(value[0]), int(value[1])),
        ),
    ] = param("Axis that is summed, one for both or [first, second]; the batch is 0 and cannot be summed.")
    normalize: bool = param("Whether vectors have norm 1 before: the output is their cosine.", default=False)


IMAGES = [(8, 8, 3), (8, 8, 3)]
EXAMPLES = [example(IMAGES), example([(8, 8, 3), (1, 1, 3)]), example([(None, 4), (5, 4)]), example([(8, 8, 3), (3,)])]
MANY = [*EXAMPLES, example([(4,), (4,), (4,)])]


@layer("add", keras="keras.layers.Add", examples=MANY)
def add(p: Add, inputs: list[TensorSpec]) -> Facts:
    return _merged("add", inputs)


@layer("subtract", keras="keras.layers.Subtract", examples=EXAMPLES)
def subtract(p: Subtract, inputs: list[TensorSpec]) -> Facts:
    _require_two("subtract", inputs)
    return _merged("subtract", inputs)


@layer("multiply", keras="keras.layers.Multiply", examples=MANY)
def multiply(p: Multiply, inputs: list[TensorSpec]) -> Facts:
    return _merged("multiply", inputs)


@layer("average", keras="keras.layers.Average", examples=MANY)
def average(p: Average, inputs: list[TensorSpec]) -> Facts:
    return _merged("average", inputs)


@layer("maximum", keras="keras.layers.Maximum", examples=MANY)
def maximum(p: Maximum, inputs: list[TensorSpec]) -> Facts:
    return _merged("maximum", inputs)


@layer("minimum", keras="keras.layers.Minimum", examples=MANY)
def minimum(p: Minimum, inputs: list[TensorSpec]) -> Facts:
    return _merged("minimum", inputs)


@layer(
    "concatenate",
    keras="keras.layers.Concatenate",
    examples=[example([(8, 8, 3), (8, 8, 5), (8, 8, 1)]), example([(None, 4), (5, 4)], axis=1), example([(None, 4), (None, 3)])],
)
def concatenate(p: Concatenate, inputs: list[TensorSpec]) -> Facts:
    require_floats("concatenate", *inputs)
    first = inputs[0]
    if len({x.rank for x in inputs}) > 1:
        raise Mismatch(
            "E0312", "inputs of `concatenate` have different shapes", help="give the inputs the same number of axes with `reshape`"
        )
    axis = place("concatenate", first.rank, p.axis)
    for other in range(first.rank):
        if other != axis and len({x.shape[other] for x in inputs} - {None}) > 1:
            raise Mismatch("E0312", "inputs of `concatenate` have different shapes", help=_join_help(first.rank, axis, other))
    lengths = [x.shape[axis] for x in inputs]
    joined = None if None in lengths else sum(lengths)  # type: ignore[arg-type]
    return Facts(TensorSpec((*first.shape[:axis], joined, *first.shape[axis + 1 :])))


@layer(
    "stack",
    keras="keras.ops.stack",
    examples=[
        example([(5, 8), (5, 8), (5, 8)], axis=1),
        example([(None, 4), (None, 4)], axis=-1),
        example([(4,), (4,)], axis=2, dtype="int32"),
    ],
)
def stack(p: Stack, x: list[TensorSpec]) -> Facts:
    first = x[0]
    if any(each.shape[1:] != first.shape[1:] for each in x):
        raise Mismatch("E0312", "inputs of `stack` have different shapes", help=_merge_help(x) or "stacked tensors have one shape")
    axis = place("stack", first.rank + 1, p.axis)
    if axis == 0:
        message = "`stack` would put the new axis before the batch"
        raise Mismatch("E0305", message, help="`axis: 1` puts it after the batch, `axis: -1` last", argument="axis")
    return Facts(TensorSpec((*first.shape[:axis], len(x), *first.shape[axis:]), promoted(*(each.dtype for each in x))))


@layer(
    "dot",
    keras="keras.layers.Dot",
    examples=[
        example([(3, 5), (10, 3)], axes=[1, 2]),
        example([(8,), (8,)], axes=-1, normalize=True),
        example([(None, 4), (7, 4)], axes=2),
        example([(5,), (5, 2)], axes=1),
    ],
)
def dot(p: Dot, inputs: list[TensorSpec]) -> Facts:
    _require_two("dot", inputs)
    require_floats("dot", *inputs)
    for x in inputs:
        require_min_rank("dot", x, 2, "batch, ...")
    axes = (p.axes, p.axes) if isinstance(p.axes, int) else p.axes
    summed = [place("dot", x.rank, axis, "axes") for x, axis in zip(inputs, axes, strict=True)]
    if 0 in summed:
        raise Mismatch("E0305", f"`axes: {p.axes}` of `dot` sums over the batch", help="count axes from 1", argument="axes")
    sizes = [x.shape[axis] for x, axis in zip(inputs, summed, strict=True)]
    if sizes[0] != sizes[1]:
        if None in sizes:
            raise Mismatch("E0304", "`dot` needs both summed sizes, or none of them, to be known", argument="axes")
        raise Mismatch("E0312", "inputs of `dot` have different shapes", help=f"sum over axes of equal size, not {sizes[0]} and {sizes[1]}")
    left, right = (x.shape[1:axis] + x.shape[axis + 1 :] for x, axis in zip(inputs, summed, strict=True))
    macs = product((*left, *right, sizes[0]))
    return Facts(TensorSpec((inputs[0].shape[0], *(left + right or (1,)))), macs=macs)


def _merged(word: str, inputs: list[TensorSpec]) -> Facts:
    require_floats(word, *inputs)
    shape = inputs[0].shape[1:]
    for x in inputs[1:]:
        merged = _broadcast(shape, x.shape[1:])
        if merged is None:
            raise Mismatch("E0312", f"inputs of `{word}` have different shapes", help=_merge_help(inputs))
        shape = merged
    batches = {x.shape[0] for x in inputs} - {None}
    if len(batches) > 1:
        raise Mismatch("E0312", f"inputs of `{word}` have different batches", help="merge tensors of the same batch")
    return Facts(TensorSpec((next(iter(batches), None), *shape)))


def _broadcast(one: Shape, other: Shape) -> Shape | None:
    """The shape of both together, or None. Missing axes are put in front, and an unknown size stays unknown, as in Keras."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    sizes: list[Any] = []
    for left, right in zip(longer[len(longer) - len(shorter) :], shorter, strict=True):
        if left is None or right is None:
            sizes.append(None)
        elif left == right or 1 in (left, right):
            sizes.append(max(left, right) if 0 not in (left, right) else 0)
        else:
            return None
    return (*longer[: len(longer) - len(shorter)], *sizes)


def _merge_help(inputs: list[TensorSpec]) -> str | None:
    """How two images come to have one shape: mostly a residual connection whose shortcut is not projected."""
    ranks = {x.rank for x in inputs}
    if len(ranks) > 1:
        return "give the inputs the same number of axes with `reshape`"
    shapes = {x.shape for x in inputs}
    if ranks != {4} or len(shapes) != 2:
        return None
    one, other = shapes
    channels = max(one[-1] or 0, other[-1] or 0)
    if one[1:3] == other[1:3]:
        return f"project the shortcut with a 1x1 convolution of {channels} filters"
    if None in (*one, *other[1:]) and None in (*one[1:], *other[1:]):
        return None
    large, small = sorted((one[1:3], other[1:3]), key=lambda size: math.prod(size), reverse=True)  # type: ignore[arg-type]
    stride = round(large[0] / small[0])  # type: ignore[operator]
    if stride > 1 and all(-(-a // stride) == b for a, b in zip(large, small, strict=True)):  # type: ignore[operator]
        return f"project the shortcut with a 1x1 convolution of {channels} filters and strides {stride}"
    return "make heights and widths agree, with `padding: same`, `cropping2d` or `zero_padding2d`"


def _join_help(rank: int, axis: int, other: int) -> str:
    if rank == 4 and other in (1, 2):
        return "make heights and widths agree, with `padding: same`, `cropping2d` or `zero_padding2d`"
    return f"the inputs may differ only along axis {axis}, but differ along axis {other}"


def _require_two(word: str, inputs: list[TensorSpec]) -> None:
    if len(inputs) != 2:
        raise Mismatch("E0305", f"`{word}` takes two inputs, but got {len(inputs)}", help="name two tensors: `from: [a, b]`")
