"""Functions of `keras.ops` that pick values out, cut tensors apart or put them in order. They own no weights.

Axes are counted with the batch as 0.
"""

import itertools
from typing import Annotated, Any

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.broadcast import stretched
from specc.registry.layers.checks import place, require_min_rank
from specc.registry.layers.dtypes import require_numbers, require_whole
from specc.registry.types import Plain


def _indices(value: Any) -> int | list[int]:
    return int(value) if isinstance(value, (int, float)) else [int(index) for index in value]


Indices = Annotated[int | list[int], Plain({"type": ["integer", "array"], "items": {"type": "integer"}, "minItems": 1}, _indices)]


class Take(Params):
    """Elements at given places along an axis.

    Input shape: any
    Output shape: the axis is as long as `indices`, and gone where that is one number
    """

    indices: Indices = param("One place, or a list; negative ones count from the end.")
    axis: int | None = param("Axis along which to take; none takes from all values in a row, batch included.", default=None)


class TakeAlongAxis(Params):
    """Elements along an axis, at places that another tensor tells, for every example its own.

    Input shape: (batch, ...) and whole numbers of the same rank, equal but for the axis and sizes of 1
    Output shape: as `indices`, the larger of each other size
    """

    axis: int | None = param("Axis along which to take; it has to be given.", default=None)


class Slice(Params):
    """A stretch of each axis.

    Input shape: any
    Output shape: as `shape`
    """

    start_indices: list[int] = param("Where each axis begins, the batch first: 0.", min_items=1)
    shape: list[int] = param("How long each axis is, the batch first; -1 is all that is left, and the only size of the batch.", min_items=1)


class Split(Params):
    """A tensor cut along an axis: a list of tensors.

    Input shape: any
    Output shape: a list, each with a part of the axis
    """

    indices_or_sections: Indices = param("A number of equal parts, or the places where it is cut.")
    axis: int = param("Axis that is cut; -1 cuts channels. The batch, 0, is refused.", default=0)


class Unstack(Params):
    """A tensor taken apart along an axis: a list of tensors.

    Input shape: any
    Output shape: a list as long as the axis, each without it
    """

    num: int | None = param("Length of the axis, where it is not known.", default=None, minimum=1)
    axis: int = param("Axis that is taken apart. The batch, 0, is refused.", default=0)


class TopK(Params):
    """The largest values of the last axis, and as `indices` their places.

    Input shape: (batch, ..., values)
    Output shape: (batch, ..., k), twice
    """

    k: int = param("How many.", minimum=1)
    sorted: bool = param("Whether the largest comes first.", default=True)


class Order(Params):
    """An order along an axis."""

    axis: int | None = param("Axis that is sorted; none sorts all values in a row, batch included.", default=-1)


class Sort(Order):
    """The values along an axis, smallest first.

    Input shape: any
    Output shape: as the input
    """


class Argsort(Order):
    """The places of the values along an axis, that of the smallest first.

    Input shape: any
    Output shape: as the input
    """


class OneHot(Params):
    """Whole numbers as vectors of 0 with a single 1; of numbers that are no class, all 0.

    Input shape: any
    Output shape: with an axis more, of `num_classes`
    """

    num_classes: int = param("Length of the vectors.", minimum=1)
    axis: int = param("Place of the new axis in the output.", default=-1)


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
    "take_along_axis",
    keras="keras.ops.take_along_axis",
    examples=[
        example(inputs={"x": TensorSpec((None, 4, 6)), "indices": TensorSpec((None, 2, 6), "int32")}, axis=1),
        example(inputs={"x": TensorSpec((None, 4, 6)), "indices": TensorSpec((None, 1, 1), "int32")}, axis=-1),
        example(inputs={"x": TensorSpec((None, None, 3), "int32"), "indices": TensorSpec((None, None, 1), "int64")}, axis=1),
    ],
)
def take_along_axis(p: TakeAlongAxis, x: TensorSpec, indices: TensorSpec) -> Facts:
    require_whole("take_along_axis", "indices", indices)
    if p.axis is None:
        raise Mismatch("E0305", "`take_along_axis` needs `axis`", help="without it Keras takes from all values in a row")
    if x.rank != indices.rank:
        help = "give them the same number of axes with `expand_dims`"
        raise Mismatch("E0312", "inputs of `take_along_axis` have different numbers of axes", help=help)
    axis = place("take_along_axis", x.rank, p.axis)
    if axis == 0:
        raise Mismatch("E0305", "`take_along_axis` would take from other examples of the batch", help="count axes from 1", argument="axis")
    shape = stretched((*x.shape[:axis], 1, *x.shape[axis + 1 :]), (*indices.shape[:axis], 1, *indices.shape[axis + 1 :]))
    if shape is None:
        raise Mismatch(
            "E0312", "inputs of `take_along_axis` have different shapes", help=f"but for axis {p.axis}, sizes must be equal, or 1"
        )
    return Facts(x.with_shape(*shape[:axis], indices.shape[axis], *shape[axis + 1 :]))


@layer(
    "slice",
    keras="keras.ops.slice",
    examples=[
        example((4, 6), start_indices=[0, 1, 0], shape=[-1, 2, 6]),
        example((5,), start_indices=[0, 2], shape=[-1, 3], dtype="int32"),
        example((None, 6), start_indices=[0, 1, 2], shape=[-1, 2, 4]),
    ],
)
def slice_(p: Slice, inputs: TensorSpec) -> Facts:
    for name, given in (("start_indices", p.start_indices), ("shape", p.shape)):
        if len(given) != inputs.rank:
            message = f"`{name}` of `slice` has {len(given)} numbers, but {inputs} has {inputs.rank} axes"
            raise Mismatch("E0305", message, help="one for each axis, the batch first", argument=name)
    if (p.start_indices[0], p.shape[0]) != (0, -1):
        help = "`start_indices` begins with 0 and `shape` with -1"
        raise Mismatch("E0305", "`slice` cannot cut the batch", help=help, argument="start_indices" if p.start_indices[0] else "shape")
    for axis, (start, length, size) in enumerate(zip(p.start_indices, p.shape, inputs.shape, strict=True)):
        if axis and (start < 0 or length < 0 or (size is not None and start + length > size)):
            message = f"`slice` cannot take {length} values from place {start} of axis {axis} of {inputs}"
            raise Mismatch("E0305", message, help="places count from 0, lengths are numbers", argument="shape")
    return Facts(inputs.with_shape(inputs.shape[0], *p.shape[1:]))


@layer(
    "split",
    keras="keras.ops.split",
    examples=[
        example((5, 8), indices_or_sections=2, axis=-1),
        example((6, None), indices_or_sections=3, axis=1, dtype="int32"),
        example((9, 8), indices_or_sections=[2, 5], axis=1),
        example((None, 8), indices_or_sections=[3], axis=1),
    ],
)
def split(p: Split, x: TensorSpec) -> Facts:
    axis = place("split", x.rank, p.axis)
    if axis == 0:
        raise Mismatch("E0305", "`split` would cut the batch", help="give `axis`: -1 cuts channels", argument="axis")
    size = x.shape[axis]
    lengths = (
        _sections(p.indices_or_sections, size, x, axis)
        if isinstance(p.indices_or_sections, int)
        else _cuts(p.indices_or_sections, size, x, axis)
    )
    return Facts([x.with_shape(*x.shape[:axis], length, *x.shape[axis + 1 :]) for length in lengths])


def _sections(count: int, size: int | None, x: TensorSpec, axis: int) -> list[int | None]:
    """Lengths of equal parts."""
    if count < 1 or (size is not None and size % count):
        message = f"`split` cannot cut axis {axis} of {x} into {count} equal parts"
        raise Mismatch("E0305", message, help="the number must divide the size; a list says where to cut", argument="indices_or_sections")
    return [None if size is None else size // count] * count


def _cuts(places: list[int], size: int | None, x: TensorSpec, axis: int) -> list[int | None]:
    """Lengths between cuts."""
    ends = [0, *places]
    if sorted(ends) != ends or (size is not None and ends[-1] > size):
        message = f"`split` cannot cut axis {axis} of {x} at {places}"
        raise Mismatch("E0305", message, help="places go up, from 0 to the size of the axis", argument="indices_or_sections")
    inner: list[int | None] = [after - before for before, after in itertools.pairwise(ends)]
    return [*inner, None if size is None else size - ends[-1]]


@layer(
    "unstack",
    keras="keras.ops.unstack",
    examples=[example((3, 8), axis=1), example((None, 2), axis=-1, dtype="int32"), example((None, 8), num=5, axis=1)],
)
def unstack(p: Unstack, x: TensorSpec) -> Facts:
    axis = place("unstack", x.rank, p.axis)
    if axis == 0:
        raise Mismatch("E0305", "`unstack` would take the batch apart", help="give `axis`: 1 is the first after it", argument="axis")
    size = x.shape[axis]
    if size is None and p.num is None:
        raise Mismatch("E0304", f"`unstack` needs a known size of axis {p.axis}, but got {x}", help="`num` says it")
    if size is not None and p.num is not None and p.num != size:
        raise Mismatch("E0305", f"`num: {p.num}` of `unstack` is not the size of axis {p.axis} of {x}", argument="num")
    count = p.num if size is None else size
    assert count is not None
    return Facts([x.with_shape(*x.shape[:axis], *x.shape[axis + 1 :])] * count)


@layer(
    "top_k",
    keras="keras.ops.top_k",
    examples=[example((5, 8), k=3), example((None, 6), k=2, sorted=False, dtype="int32"), example((4,), k=4)],
)
def top_k(p: TopK, x: TensorSpec) -> Facts:
    require_numbers("top_k", x)
    require_min_rank("top_k", x, 2, "batch, ..., values")
    size = x.shape[-1]
    if size is not None and p.k > size:
        raise Mismatch("E0305", f"`k: {p.k}` of `top_k` is more than the last axis of {x} has", argument="k")
    shape = (*x.shape[:-1], p.k)
    return Facts(x.with_shape(*shape), extras={"indices": TensorSpec(shape, "int32")})


def _ordered(word: str, p: Order, x: TensorSpec, dtype: str) -> Facts:
    if p.axis is None:
        return Facts(TensorSpec((None if x.elements is None or x.shape[0] is None else x.shape[0] * x.elements,), dtype))
    place(word, x.rank, p.axis)
    return Facts(TensorSpec(x.shape, dtype))


@layer("sort", keras="keras.ops.sort", examples=[example((5, 8)), example((None, 6), axis=1, dtype="int32"), example((4,), axis=None)])
def sort(p: Sort, x: TensorSpec) -> Facts:
    return _ordered("sort", p, x, x.dtype)


@layer(
    "argsort", keras="keras.ops.argsort", examples=[example((5, 8)), example((None, 6), axis=1, dtype="int32"), example((4,), axis=None)]
)
def argsort(p: Argsort, x: TensorSpec) -> Facts:
    return _ordered("argsort", p, x, "int32")


@layer(
    "one_hot",
    keras="keras.ops.one_hot",
    examples=[example((5,), num_classes=4, dtype="int32"), example((None, 3), num_classes=4, axis=1, dtype="uint8")],
)
def one_hot(p: OneHot, x: TensorSpec) -> Facts:
    require_whole("one_hot", "x", x)
    axis = place("one_hot", x.rank + 1, p.axis)
    help = "`axis: 1` puts it after the batch, `axis: -1` last"
    if axis == 0:
        raise Mismatch("E0305", "`one_hot` would put the new axis before the batch", help=help, argument="axis")
    if not 0 < p.axis < x.rank and p.axis != -1:
        # Keras counts from the end with -1 alone, and takes the rank of its input for the last axis that there is.
        raise Mismatch("E0305", f"`axis: {p.axis}` of `one_hot` must be -1, or from 1 to {x.rank - 1}", help=help, argument="axis")
    return Facts(TensorSpec((*x.shape[:axis], p.num_classes, *x.shape[axis:])))
