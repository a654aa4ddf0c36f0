"""What layers ask of their inputs, told as diagnostics where it does not hold."""

from collections.abc import Iterable

from specc.graph import TensorSpec
from specc.registry.entry import Mismatch

FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})

SEQUENCE = "batch, length, channels"
IMAGE = "batch, height, width, channels"
VOLUME = "batch, depth, height, width, channels"
SPACE = {1: SEQUENCE, 2: IMAGE, 3: VOLUME}


def require_rank(word: str, x: TensorSpec, rank: int, axes: str) -> None:
    """Raises E0301 unless the tensor has the rank; `axes` names them for the message."""
    if x.rank != rank:
        fixes = {
            (4, 2): "the input is flat already: move this step before `flatten`, or `reshape` it to an image",
            (4, 3): "`reshape` the input to (height, width, channels)",
            (3, 4): "`reshape` the input to (length, channels)",
            (3, 2): "`reshape` the input to (length, channels)",
            (5, 4): "`reshape` the input to (depth, height, width, channels)",
            (2, 3): "`flatten` the input",
            (2, 4): "`flatten` the input, or pool it with `global_average_pooling2d`",
        }
        raise Mismatch("E0301", f"`{word}` takes ({axes}), rank {rank}, but got {x} of rank {x.rank}", help=fixes.get((rank, x.rank)))


def require_space(word: str, x: TensorSpec, rank: int) -> None:
    """Raises E0301 unless the tensor is a sequence, an image or a volume, by the number of axes between batch and channels."""
    require_rank(word, x, rank + 2, SPACE[rank])


def require_min_rank(word: str, x: TensorSpec, rank: int, axes: str) -> None:
    """Raises E0301 unless the tensor has at least the rank."""
    if x.rank < rank:
        help = "`reshape` the input so that it has an axis more" if x.rank == rank - 1 else None
        raise Mismatch("E0301", f"`{word}` takes ({axes}), rank {rank} or more, but got {x} of rank {x.rank}", help=help)


def require_floats(word: str, *tensors: TensorSpec) -> None:
    """Raises E0307 where a tensor holds whole numbers or truth values.

    Keras promises floats for them all the same, and fails, or hands on integers, when the model runs.
    """
    for x in tensors:
        if x.dtype not in FLOATS:
            raise Mismatch(
                "E0307",
                f"`{word}` computes with floating-point numbers, but got {x}",
                help="give the input `dtype: float32`, or convert it with `rescaling: 1` or `embedding` before this step",
            )


def require_integers(word: str, *tensors: TensorSpec) -> None:
    """Raises E0307 where a tensor holds no whole numbers."""
    for x in tensors:
        if x.dtype in FLOATS or x.dtype == "bool":
            raise Mismatch("E0307", f"`{word}` takes integers, but got {x.dtype}", help="give the input `dtype: int32`")


def known(word: str, x: TensorSpec, axis: int, what: str) -> int:
    """The size of an axis. Raises E0304 where it is unknown."""
    size = x.shape[axis]
    if size is None:
        raise Mismatch("E0304", f"`{word}` needs a known number of {what}, but got {x}", help=f"give {what} a number in `inputs`")
    return size


def channels_of(word: str, x: TensorSpec) -> int:
    """The size of the last axis. Raises E0304 where it is unknown."""
    return known(word, x, -1, "input channels")


def place(word: str, rank: int, axis: int, argument: str = "axis") -> int:
    """An axis counted from the front. Raises E0305 where there is none such."""
    if not -rank <= axis < rank:
        raise Mismatch(
            "E0305",
            f"`{argument}: {axis}` of `{word}` is out of range for an input of rank {rank}",
            help=f"axes go from {-rank} to {rank - 1}; 0 is the batch, -1 the last",
            argument=argument,
        )
    return axis % rank


def places(word: str, rank: int, axes: int | Iterable[int], argument: str = "axis") -> tuple[int, ...]:
    """Axes counted from the front, in the given order. Raises E0305 for one that is not there, or twice there."""
    found = tuple(place(word, rank, axis, argument) for axis in ((axes,) if isinstance(axes, int) else axes))
    if len(set(found)) < len(found):
        raise Mismatch("E0305", f"`{argument}` of `{word}` names an axis twice", argument=argument)
    return found


def standard(x: TensorSpec, *shape: int | None) -> TensorSpec:
    """A tensor of another shape that a layer hands on: floats have the width of the layer, others keep theirs."""
    return TensorSpec(shape, "float32" if x.dtype in FLOATS else x.dtype)


def check_mask(word: str, name: str, mask: TensorSpec, x: TensorSpec) -> None:
    """Raises Mismatch unless the mask says of every position of a sequence whether it counts."""
    if mask.dtype != "bool":
        raise Mismatch("E0307", f"`{name}` of `{word}` must be of dtype bool, but is {mask}")
    if mask.rank != 2 or (None not in (mask.shape[1], x.shape[1]) and mask.shape[1] != x.shape[1]):
        raise Mismatch("E0312", f"`{name}` of `{word}` must be {TensorSpec(x.shape[:2], 'bool')}, but is {mask}")
