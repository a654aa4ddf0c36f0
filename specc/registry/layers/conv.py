"""Convolutions of sequences, images and volumes."""

from typing import Literal

from specc.graph import TensorSpec, Weight
from specc.registry.entry import Facts, Mismatch, example, layer, param
from specc.registry.layers.checks import channels_of, require_space
from specc.registry.layers.kernel import KernelAndBias, convolved
from specc.registry.layers.window import along, check_steps, positions
from specc.registry.types import Size1D, Size2D, Size3D

SAME = "`same` pads with zeros so that stride 1 keeps the size."


class Convolution(KernelAndBias):
    """What convolutions share after their windows."""

    groups: int = param("Groups of channels that are convolved apart; divides the input's channels and `filters`.", default=1, minimum=1)


class Conv1D(Convolution):
    """1-D convolution over a sequence, channels last.

    Input shape: (batch, length, channels)
    Output shape: (batch, length', filters)
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size1D = param("Length of the window.")
    strides: Size1D = param("Step of the window.", default=1)
    padding: Literal["valid", "same", "causal"] = param(
        "`same` pads with zeros so that stride 1 keeps the length; `causal` pads only in front.", default="valid"
    )
    dilation_rate: Size1D = param("Distance between the window's taps.", default=1)


class Conv2D(Convolution):
    """2-D convolution, channels last.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', filters)
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Step of the window.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    dilation_rate: Size2D = param("Distance between the window's taps.", default=1)


class Conv3D(Convolution):
    """3-D convolution over a volume or a video, channels last.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, depth', height', width', filters)
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size3D = param("Window, one int or [depth, height, width].")
    strides: Size3D = param("Step of the window.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    dilation_rate: Size3D = param("Distance between the window's taps.", default=1)


@layer(
    "conv1d",
    keras="keras.layers.Conv1D",
    examples=[
        example((20, 3), filters=8, kernel_size=3),
        example((21, 4), filters=6, kernel_size=[5], strides=2, padding="same", groups=2, use_bias=False),
        example((20, 4), filters=8, kernel_size=3, dilation_rate=2, padding="causal", activation="relu"),
        example((20, 4), filters=8, kernel_size=3, dilation_rate=3),
        example((None, 3), filters=4, kernel_size=2, kernel_initializer="he_normal", bias_constraint="non_neg"),
    ],
)
def conv1d(p: Conv1D, x: TensorSpec) -> Facts:
    return _convolution("conv1d", p, x, 1)


@layer(
    "conv2d",
    keras="keras.layers.Conv2D",
    examples=[
        example((32, 32, 3), filters=8, kernel_size=3),
        example((31, 17, 4), filters=6, kernel_size=[5, 3], strides=[2, 1], padding="same", use_bias=False),
        example((20, 20, 4), filters=8, kernel_size=3, dilation_rate=2, groups=2, activation="relu"),
        example((None, None, 3), filters=4, kernel_size=3, kernel_initializer="he_normal", kernel_regularizer={"l2": {"l2": 1e-4}}),
    ],
)
def conv2d(p: Conv2D, x: TensorSpec) -> Facts:
    return _convolution("conv2d", p, x, 2)


@layer(
    "conv3d",
    keras="keras.layers.Conv3D",
    examples=[
        example((8, 9, 10, 3), filters=4, kernel_size=3),
        example((8, 9, 10, 4), filters=6, kernel_size=[3, 1, 2], strides=[1, 2, 3], padding="same", groups=2, use_bias=False),
        example((None, 9, None, 2), filters=4, kernel_size=2, activation="relu"),
    ],
)
def conv3d(p: Conv3D, x: TensorSpec) -> Facts:
    return _convolution("conv3d", p, x, 3)


def _convolution(word: str, p: Conv1D | Conv2D | Conv3D, x: TensorSpec, rank: int) -> Facts:
    require_space(word, x, rank)
    window, strides, dilation = along(p.kernel_size, rank), along(p.strides, rank), along(p.dilation_rate, rank)
    check_steps(word, strides, dilation)
    kernel = Weight("kernel", (*window, _grouped_channels(word, x, p.groups, p.filters), p.filters))
    sizes = positions(word, x.shape[1:-1], window, strides, p.padding, dilation)
    return convolved(word, x, sizes, [kernel], p.filters, p.use_bias)


def _grouped_channels(word: str, x: TensorSpec, groups: int, filters: int) -> int:
    """Input channels of one group. Raises E0305 where the groups do not come out even."""
    channels = channels_of(word, x)
    for name, count in (("the input's channels", channels), ("filters", filters)):
        if count % groups:
            raise Mismatch("E0305", f"`groups: {groups}` of `{word}` does not divide {name}, {count}", argument="groups")
    return channels // groups
