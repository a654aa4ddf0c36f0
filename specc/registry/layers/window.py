"""Arithmetic of windows that slide over an image: convolution and pooling."""

from specc.registry.entry import Mismatch


def single(size: int | tuple[int]) -> int:
    """The size along the only axis."""
    return size if isinstance(size, int) else size[0]


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """One number for both axes, or one for each."""
    return (size, size) if isinstance(size, int) else size


def slide(word: str, size: int | None, window: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """Positions of a window along one axis. Raises E0302 where it does not fit once."""
    if size is None:
        return None
    if padding in ("same", "causal"):
        return -(-size // stride)
    reach = (window - 1) * dilation + 1
    if size < reach:
        raise Mismatch(
            "E0302",
            f"the window of `{word}`, {reach} wide, is larger than its input, {size} wide",
            help="use `padding: same`, a smaller window, or less downsampling before this step",
            argument="pool_size" if "pool" in word else "kernel_size",
        )
    return (size - reach) // stride + 1


def unslide(size: int | None, window: int, stride: int, padding: str, dilation: int, extra: int | None) -> int | None:
    """The size that a transposed convolution makes of `size` positions along one axis."""
    if size is None:
        return None
    reach = (window - 1) * dilation + 1
    if padding == "same":
        return size * stride if extra is None else (size - 1) * stride + reach % 2 + extra
    return (size - 1) * stride + reach + (max(stride - reach, 0) if extra is None else extra)
