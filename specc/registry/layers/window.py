"""Arithmetic of windows that slide over a sequence, an image or a volume: convolution and pooling."""

from collections.abc import Sequence

from specc.registry.entry import Mismatch

Sizes = tuple[int | None, ...]


def along(size: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One number for all axes, or one for each."""
    return (size,) * rank if isinstance(size, int) else size


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


def positions(
    word: str, sizes: Sizes, window: Sequence[int], strides: Sequence[int], padding: str, dilation: Sequence[int] | None = None
) -> Sizes:
    """Positions of a window along every axis. Raises E0302 where it does not fit once."""
    taps = dilation or (1,) * len(sizes)
    axes = zip(sizes, window, strides, taps, strict=True)
    return tuple(slide(word, size, reach, step, padding, apart) for size, reach, step, apart in axes)


def unslide(size: int | None, window: int, stride: int, padding: str, dilation: int, extra: int | None) -> int | None:
    """The size that a transposed convolution makes of `size` positions along one axis."""
    if size is None:
        return None
    reach = (window - 1) * dilation + 1
    if padding == "same":
        return size * stride if extra is None else (size - 1) * stride + reach % 2 + extra
    return (size - 1) * stride + reach + (max(stride - reach, 0) if extra is None else extra)


def check_steps(word: str, strides: Sequence[int], dilation: Sequence[int]) -> None:
    """Raises E0305 where both strides and a dilation are asked, which TensorFlow has no kernel for."""
    if max(strides) > 1 and max(dilation) > 1:
        raise Mismatch(
            "E0305",
            f"`{word}` cannot have strides and a dilation rate above 1 at once",
            help="leave `strides` or `dilation_rate` at 1",
            argument="dilation_rate",
        )
