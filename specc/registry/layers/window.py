"""Arithmetic of windows that slide over an image: convolution and pooling."""

from specc.graph import TensorSpec
from specc.registry.entry import Mismatch


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """One number for both axes, or one for each."""
    return (size, size) if isinstance(size, int) else size


def require_rank(word: str, x: TensorSpec, rank: int, axes: str) -> None:
    """Raises E0301 unless the tensor has the rank; `axes` names them for the message."""
    if x.rank != rank:
        fixes = {
            (4, 2): "the input is flat already: move this step before `flatten`, or `reshape` it to an image",
            (4, 3): "`reshape` the input to (height, width, channels)",
        }
        raise Mismatch("E0301", f"`{word}` takes ({axes}), rank {rank}, but got {x} of rank {x.rank}", help=fixes.get((rank, x.rank)))


def slide(word: str, size: int | None, window: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """Positions of a window along one axis. Raises E0302 where it does not fit once."""
    if size is None:
        return None
    if padding == "same":
        return -(-size // stride)
    reach = (window - 1) * dilation + 1
    if padding == "causal":
        size += reach - 1
    if size < reach:
        raise Mismatch(
            "E0302",
            f"the window of `{word}`, {reach} wide, is larger than its input, {size} wide",
            help="use `padding: same`, a smaller window, or less downsampling before this step",
            argument="pool_size" if "pool" in word else "kernel_size",
        )
    return (size - reach) // stride + 1
