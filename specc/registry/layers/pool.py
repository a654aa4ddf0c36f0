"""Pooling: the largest or the mean value under a window, or of everything."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_rank
from specc.registry.layers.window import pair, single, slide
from specc.registry.types import Size1D, Size2D

IMAGE = "batch, height, width, channels"
SEQUENCE = "batch, length, channels"


class MaxPooling2D(Params):
    """The largest value under a window, channel by channel.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', channels)
    """

    pool_size: Size2D = param("Window, one int or [height, width].", default=2)
    strides: Size2D | None = param("Step of the window; none takes the window's size.", default=None)
    padding: Literal["valid", "same"] = param("`same` lets the window stand over the border.", default="valid")


class AveragePooling2D(Params):
    """The mean under a window, channel by channel; values beyond the border do not count.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', channels)
    """

    pool_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D | None = param("Step of the window; none takes the window's size.", default=None)
    padding: Literal["valid", "same"] = param("`same` lets the window stand over the border.", default="valid")


class MaxPooling1D(Params):
    """The largest value under a window, channel by channel.

    Input shape: (batch, length, channels)
    Output shape: (batch, length', channels)
    """

    pool_size: Size1D = param("Length of the window.", default=2)
    strides: Size1D | None = param("Step of the window; none takes the window's size.", default=None)
    padding: Literal["valid", "same"] = param("`same` lets the window stand over the border.", default="valid")


class AveragePooling1D(Params):
    """The mean under a window, channel by channel; values beyond the border do not count.

    Input shape: (batch, length, channels)
    Output shape: (batch, length', channels)
    """

    pool_size: Size1D = param("Length of the window.")
    strides: Size1D | None = param("Step of the window; none takes the window's size.", default=None)
    padding: Literal["valid", "same"] = param("`same` lets the window stand over the border.", default="valid")


class GlobalAveragePooling2D(Params):
    """The mean of every channel over the image.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, channels), or (batch, 1, 1, channels) with `keepdims`
    Reference: Lin et al., Network in network, 2013, https://arxiv.org/abs/1312.4400
    """

    keepdims: bool = param("Whether height and width stay, with size 1.", default=False)


class GlobalMaxPooling2D(Params):
    """The largest value of every channel over the image.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, channels), or (batch, 1, 1, channels) with `keepdims`
    """

    keepdims: bool = param("Whether height and width stay, with size 1.", default=False)


class GlobalAveragePooling1D(Params):
    """The mean of every channel over the sequence.

    Input shape: (batch, length, channels)
    Output shape: (batch, channels), or (batch, 1, channels) with `keepdims`
    """

    keepdims: bool = param("Whether the length stays, with size 1.", default=False)


class GlobalMaxPooling1D(Params):
    """The largest value of every channel over the sequence.

    Input shape: (batch, length, channels)
    Output shape: (batch, channels), or (batch, 1, channels) with `keepdims`
    """

    keepdims: bool = param("Whether the length stays, with size 1.", default=False)


@layer(
    "max_pooling2d",
    keras="keras.layers.MaxPooling2D",
    examples=[
        example((9, 8, 3)),
        example((9, None, 3), pool_size=3, strides=2, padding="same"),
        example((9, 8, 3), pool_size=[3, 2], strides=[1, 2]),
    ],
)
def max_pooling2d(p: MaxPooling2D, x: TensorSpec) -> Facts:
    return _pooled2d("max_pooling2d", p, x)


@layer(
    "average_pooling2d",
    keras="keras.layers.AveragePooling2D",
    examples=[
        example((9, 8, 3), pool_size=2),
        example((None, 8, 3), pool_size=3, strides=1, padding="same"),
        example((9, 8, 3), pool_size=[3, 2]),
    ],
)
def average_pooling2d(p: AveragePooling2D, x: TensorSpec) -> Facts:
    return _pooled2d("average_pooling2d", p, x)


@layer(
    "max_pooling1d",
    keras="keras.layers.MaxPooling1D",
    examples=[example((9, 3)), example((None, 3), pool_size=3, strides=2, padding="same"), example((9, 3), pool_size=[3], strides=1)],
)
def max_pooling1d(p: MaxPooling1D, x: TensorSpec) -> Facts:
    return _pooled1d("max_pooling1d", p, x)


@layer(
    "average_pooling1d",
    keras="keras.layers.AveragePooling1D",
    examples=[example((9, 3), pool_size=2), example((None, 3), pool_size=3, strides=1, padding="same")],
)
def average_pooling1d(p: AveragePooling1D, x: TensorSpec) -> Facts:
    return _pooled1d("average_pooling1d", p, x)


@layer(
    "global_average_pooling2d",
    keras="keras.layers.GlobalAveragePooling2D",
    examples=[example((8, 8, 3)), example((None, None, 3), keepdims=True)],
)
def global_average_pooling2d(p: GlobalAveragePooling2D, x: TensorSpec) -> Facts:
    return _global("global_average_pooling2d", x, 4, IMAGE, p.keepdims)


@layer(
    "global_max_pooling2d", keras="keras.layers.GlobalMaxPooling2D", examples=[example((8, 8, 3)), example((None, None, 3), keepdims=True)]
)
def global_max_pooling2d(p: GlobalMaxPooling2D, x: TensorSpec) -> Facts:
    return _global("global_max_pooling2d", x, 4, IMAGE, p.keepdims)


@layer(
    "global_average_pooling1d", keras="keras.layers.GlobalAveragePooling1D", examples=[example((8, 3)), example((None, 3), keepdims=True)]
)
def global_average_pooling1d(p: GlobalAveragePooling1D, x: TensorSpec) -> Facts:
    return _global("global_average_pooling1d", x, 3, SEQUENCE, p.keepdims)


@layer("global_max_pooling1d", keras="keras.layers.GlobalMaxPooling1D", examples=[example((8, 3)), example((None, 3), keepdims=True)])
def global_max_pooling1d(p: GlobalMaxPooling1D, x: TensorSpec) -> Facts:
    return _global("global_max_pooling1d", x, 3, SEQUENCE, p.keepdims)


def _pooled2d(word: str, p: MaxPooling2D | AveragePooling2D, x: TensorSpec) -> Facts:
    require_rank(word, x, 4, IMAGE)
    require_floats(word, x)
    window = pair(p.pool_size)
    strides = window if p.strides is None else pair(p.strides)
    sizes = (slide(word, *axis) for axis in zip(x.shape[1:3], window, strides, [p.padding] * 2, strict=True))
    return Facts(TensorSpec((x.shape[0], *sizes, x.channels)))


def _pooled1d(word: str, p: MaxPooling1D | AveragePooling1D, x: TensorSpec) -> Facts:
    require_rank(word, x, 3, SEQUENCE)
    require_floats(word, x)
    window = single(p.pool_size)
    stride = window if p.strides is None else single(p.strides)
    return Facts(TensorSpec((x.shape[0], slide(word, x.shape[1], window, stride, p.padding), x.channels)))


def _global(word: str, x: TensorSpec, rank: int, axes: str, keepdims: bool) -> Facts:
    require_rank(word, x, rank, axes)
    require_floats(word, x)
    kept = (1,) * (rank - 2) if keepdims else ()
    return Facts(TensorSpec((x.shape[0], *kept, x.channels)))
