"""Pooling: the largest or the mean value under a window that slides."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, example, layer, param
from specc.registry.layers.checks import require_floats, require_space
from specc.registry.layers.window import along, positions
from specc.registry.shared import OwnFirst
from specc.registry.types import Size1D, Size2D, Size3D

STEP = "Step of the window; none takes the window's size."


class Pooling(OwnFirst):
    """What the poolings share after their windows."""

    padding: Literal["valid", "same"] = param("`same` lets the window stand over the border.", default="valid")


class MaxPooling1D(Pooling):
    """The largest value under a window, channel by channel.

    Input shape: (batch, length, channels)
    Output shape: (batch, length', channels)
    """

    pool_size: Size1D = param("Length of the window.", default=2)
    strides: Size1D | None = param(STEP, default=None)


class MaxPooling2D(Pooling):
    """The largest value under a window, channel by channel.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', channels)
    """

    pool_size: Size2D = param("Window, one int or [height, width].", default=2)
    strides: Size2D | None = param(STEP, default=None)


class MaxPooling3D(Pooling):
    """The largest value under a window, channel by channel.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, depth', height', width', channels)
    """

    pool_size: Size3D = param("Window, one int or [depth, height, width].", default=2)
    strides: Size3D | None = param(STEP, default=None)


class AveragePooling1D(Pooling):
    """The mean under a window, channel by channel; values beyond the border do not count.

    Input shape: (batch, length, channels)
    Output shape: (batch, length', channels)
    """

    pool_size: Size1D = param("Length of the window.")
    strides: Size1D | None = param(STEP, default=None)


class AveragePooling2D(Pooling):
    """The mean under a window, channel by channel; values beyond the border do not count.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', channels)
    """

    pool_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D | None = param(STEP, default=None)


class AveragePooling3D(Pooling):
    """The mean under a window, channel by channel; values beyond the border do not count.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, depth', height', width', channels)
    """

    pool_size: Size3D = param("Window, one int or [depth, height, width].")
    strides: Size3D | None = param(STEP, default=None)


@layer(
    "max_pooling1d",
    keras="keras.layers.MaxPooling1D",
    examples=[example((9, 3)), example((None, 3), pool_size=3, strides=2, padding="same"), example((9, 3), pool_size=[3], strides=1)],
)
def max_pooling1d(p: MaxPooling1D, x: TensorSpec) -> Facts:
    return _pooled("max_pooling1d", p, x, 1)


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
    return _pooled("max_pooling2d", p, x, 2)


@layer(
    "max_pooling3d",
    keras="keras.layers.MaxPooling3D",
    examples=[
        example((6, 9, 8, 3)),
        example((None, 9, 8, 3), pool_size=3, strides=2, padding="same"),
        example((6, 9, 8, 3), pool_size=[1, 3, 2], strides=[1, 1, 2]),
    ],
)
def max_pooling3d(p: MaxPooling3D, x: TensorSpec) -> Facts:
    return _pooled("max_pooling3d", p, x, 3)


@layer(
    "average_pooling1d",
    keras="keras.layers.AveragePooling1D",
    examples=[example((9, 3), pool_size=2), example((None, 3), pool_size=3, strides=1, padding="same")],
)
def average_pooling1d(p: AveragePooling1D, x: TensorSpec) -> Facts:
    return _pooled("average_pooling1d", p, x, 1)


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
    return _pooled("average_pooling2d", p, x, 2)


@layer(
    "average_pooling3d",
    keras="keras.layers.AveragePooling3D",
    examples=[
        example((6, 9, 8, 3), pool_size=2),
        example((6, 9, None, 3), pool_size=3, strides=1, padding="same"),
        example((6, 9, 8, 3), pool_size=[1, 3, 2]),
    ],
)
def average_pooling3d(p: AveragePooling3D, x: TensorSpec) -> Facts:
    return _pooled("average_pooling3d", p, x, 3)


_Pooling = MaxPooling1D | MaxPooling2D | MaxPooling3D | AveragePooling1D | AveragePooling2D | AveragePooling3D


def _pooled(word: str, p: _Pooling, x: TensorSpec, rank: int) -> Facts:
    require_space(word, x, rank)
    require_floats(word, x)
    window = along(p.pool_size, rank)
    strides = window if p.strides is None else along(p.strides, rank)
    return Facts(TensorSpec((x.shape[0], *positions(word, x.shape[1:-1], window, strides, p.padding), x.channels)))
