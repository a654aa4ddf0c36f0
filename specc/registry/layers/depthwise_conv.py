"""Convolutions of every channel by itself, and those followed by one that mixes the channels."""

from typing import Literal

from specc.graph import TensorSpec, Weight
from specc.registry.entry import Facts, Mismatch, example, layer, param
from specc.registry.layers.checks import channels_of, require_space
from specc.registry.layers.kernel import convolved
from specc.registry.layers.window import Sizes, along, positions
from specc.registry.shared import OwnFirst
from specc.registry.types import Activation, Constraint, Initializer, Regularizer, Size1D, Size2D

SAME = "`same` pads with zeros so that stride 1 keeps the size."


class Depthwise(OwnFirst):
    """The arguments of depthwise convolutions that follow the window, in Keras's order."""

    activation: Activation | None = param("Function applied to the output.", default=None)
    use_bias: bool = param("Whether a bias is added.", default=True)
    depthwise_initializer: Initializer = param("Initial kernel.", default="glorot_uniform")
    bias_initializer: Initializer = param("Initial bias.", default="zeros")
    depthwise_regularizer: Regularizer = param("Penalty on the kernel.", default=None)
    bias_regularizer: Regularizer = param("Penalty on the bias.", default=None)
    activity_regularizer: Regularizer = param("Penalty on the output.", default=None)
    depthwise_constraint: Constraint = param("Projection of the kernel after each update.", default=None)
    bias_constraint: Constraint = param("Projection of the bias after each update.", default=None)


class DepthwiseConv1D(Depthwise):
    """1-D convolution of every channel by itself.

    Input shape: (batch, length, channels)
    Output shape: (batch, length', channels * depth_multiplier)
    """

    kernel_size: Size1D = param("Length of the window.")
    strides: Size1D = param("Step of the window.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    depth_multiplier: int = param("Output channels for each input channel.", default=1, minimum=1)
    dilation_rate: Size1D = param("Distance between the window's taps.", default=1)


class DepthwiseConv2D(Depthwise):
    """2-D convolution of every channel by itself.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', channels * depth_multiplier)
    Reference: Chollet, Xception, 2016, https://arxiv.org/abs/1610.02357
    """

    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Step of the window, the same in both directions unless the window is dilated.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    depth_multiplier: int = param("Output channels for each input channel.", default=1, minimum=1)
    dilation_rate: Size2D = param("Distance between the window's taps.", default=1)


class Separable(OwnFirst):
    """The arguments of separable convolutions that follow the window, in Keras's order."""

    depth_multiplier: int = param("Channels between the two convolutions, for each input channel.", default=1, minimum=1)
    activation: Activation | None = param("Function applied to the output.", default=None)
    use_bias: bool = param("Whether a bias is added.", default=True)
    depthwise_initializer: Initializer = param("Initial depthwise kernel.", default="glorot_uniform")
    pointwise_initializer: Initializer = param("Initial 1x1 kernel.", default="glorot_uniform")
    bias_initializer: Initializer = param("Initial bias.", default="zeros")
    depthwise_regularizer: Regularizer = param("Penalty on the depthwise kernel.", default=None)
    pointwise_regularizer: Regularizer = param("Penalty on the 1x1 kernel.", default=None)
    bias_regularizer: Regularizer = param("Penalty on the bias.", default=None)
    activity_regularizer: Regularizer = param("Penalty on the output.", default=None)
    depthwise_constraint: Constraint = param("Projection of the depthwise kernel after each update.", default=None)
    pointwise_constraint: Constraint = param("Projection of the 1x1 kernel after each update.", default=None)
    bias_constraint: Constraint = param("Projection of the bias after each update.", default=None)


class SeparableConv1D(Separable):
    """A depthwise convolution of a sequence, then one of width 1 that mixes the channels.

    Input shape: (batch, length, channels)
    Output shape: (batch, length', filters)
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size1D = param("Length of the window.")
    strides: Size1D = param("Step of the window.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    dilation_rate: Size1D = param("Distance between the window's taps.", default=1)


class SeparableConv2D(Separable):
    """A depthwise convolution, then a 1x1 convolution that mixes the channels.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', filters)
    Reference: Chollet, Xception, 2016, https://arxiv.org/abs/1610.02357
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Step of the window, the same in both directions unless the window is dilated.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    dilation_rate: Size2D = param("Distance between the window's taps.", default=1)


@layer(
    "depthwise_conv1d",
    keras="keras.layers.DepthwiseConv1D",
    examples=[
        example((16, 3), kernel_size=3),
        example((15, 4), kernel_size=[5], strides=2, padding="same", depth_multiplier=2, use_bias=False),
        example((None, 4), kernel_size=3, dilation_rate=2, activation="relu6"),
    ],
)
def depthwise_conv1d(p: DepthwiseConv1D, x: TensorSpec) -> Facts:
    return _depthwise("depthwise_conv1d", p, x, 1)


@layer(
    "depthwise_conv2d",
    keras="keras.layers.DepthwiseConv2D",
    examples=[
        example((16, 16, 3), kernel_size=3),
        example((15, 17, 4), kernel_size=[5, 3], strides=2, padding="same", depth_multiplier=2, use_bias=False),
        example((None, 20, 4), kernel_size=3, dilation_rate=2, activation="relu6"),
        example((15, 20, 4), kernel_size=3, strides=[2, 1], dilation_rate=[2, 3]),
    ],
)
def depthwise_conv2d(p: DepthwiseConv2D, x: TensorSpec) -> Facts:
    return _depthwise("depthwise_conv2d", p, x, 2)


@layer(
    "separable_conv1d",
    keras="keras.layers.SeparableConv1D",
    examples=[
        example((16, 3), filters=8, kernel_size=3),
        example((15, 4), filters=6, kernel_size=[5], strides=2, padding="same", depth_multiplier=2, use_bias=False),
        example((None, 4), filters=6, kernel_size=3, dilation_rate=2, pointwise_initializer="he_uniform"),
    ],
)
def separable_conv1d(p: SeparableConv1D, x: TensorSpec) -> Facts:
    return _separable("separable_conv1d", p, x, 1)


@layer(
    "separable_conv2d",
    keras="keras.layers.SeparableConv2D",
    examples=[
        example((16, 16, 3), filters=8, kernel_size=3),
        example((15, 17, 4), filters=6, kernel_size=[5, 3], strides=2, padding="same", depth_multiplier=2, use_bias=False),
        example((None, None, 4), filters=6, kernel_size=3, dilation_rate=2, pointwise_initializer="he_uniform"),
        example((15, 20, 4), filters=6, kernel_size=3, strides=2, dilation_rate=2, padding="same"),
    ],
)
def separable_conv2d(p: SeparableConv2D, x: TensorSpec) -> Facts:
    return _separable("separable_conv2d", p, x, 2)


def _depthwise(word: str, p: DepthwiseConv1D | DepthwiseConv2D, x: TensorSpec, rank: int) -> Facts:
    window, sizes = _window(word, p, x, rank)
    channels = channels_of(word, x)
    kernel = Weight("kernel", (*window, channels, p.depth_multiplier))
    return convolved(word, x, sizes, [kernel], channels * p.depth_multiplier, p.use_bias)


def _separable(word: str, p: SeparableConv1D | SeparableConv2D, x: TensorSpec, rank: int) -> Facts:
    window, sizes = _window(word, p, x, rank)
    channels = channels_of(word, x)
    depthwise = Weight("depthwise_kernel", (*window, channels, p.depth_multiplier))
    pointwise = Weight("pointwise_kernel", (*(1,) * rank, channels * p.depth_multiplier, p.filters))
    return convolved(word, x, sizes, [depthwise, pointwise], p.filters, p.use_bias)


def _window(
    word: str, p: DepthwiseConv1D | DepthwiseConv2D | SeparableConv1D | SeparableConv2D, x: TensorSpec, rank: int
) -> tuple[tuple[int, ...], Sizes]:
    """The window and its positions."""
    require_space(word, x, rank)
    window, strides, dilation = along(p.kernel_size, rank), along(p.strides, rank), along(p.dilation_rate, rank)
    # TensorFlow's kernel knows one stride only: "Current implementation only supports equal length strides". With a dilation
    # as well Keras takes the image apart, and each part has a stride of 1.
    if len(set(strides)) > 1 and max(dilation) == 1:
        raise Mismatch(
            "E0305", f"`strides: {list(strides)}` of `{word}` differ, but TensorFlow has one stride for both directions", argument="strides"
        )
    return window, positions(word, x.shape[1:-1], window, strides, p.padding, dilation)
