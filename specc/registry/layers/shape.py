"""Layers that rearrange the values of their input, without weights."""

import math
from typing import Annotated

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_rank, standard
from specc.registry.types import Plain


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
