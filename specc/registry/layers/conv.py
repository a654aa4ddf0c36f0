"""Convolutions."""

from typing import Annotated, Literal

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import channels_of, require_floats, require_rank
from specc.registry.layers.kernel import KernelAndBias
from specc.registry.layers.window import pair, single, slide, unslide
from specc.registry.types import Activation, Constraint, Initializer, Regularizer, Size1D, Size2D, size_type

IMAGE = "batch, height, width, channels"
SEQUENCE = "batch, length, channels"


class Conv1D(KernelAndBias):
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
    groups: int = param("Groups of channels that are convolved apart; divides the input's channels and `filters`.", default=1, minimum=1)


class Conv2D(KernelAndBias):
    """2-D convolution, channels last.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', filters)
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Step of the window.", default=1)
    padding: Literal["valid", "same"] = param("`same` pads with zeros so that stride 1 keeps the size.", default="valid")
    dilation_rate: Size2D = param("Distance between the window's taps.", default=1)
    groups: int = param("Groups of channels that are convolved apart; divides the input's channels and `filters`.", default=1, minimum=1)


class DepthwiseConv2D(Params):
    """2-D convolution of every channel by itself.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', channels * depth_multiplier)
    Reference: Chollet, Xception, 2016, https://arxiv.org/abs/1610.02357
    """

    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Step of the window, the same in both directions.", default=1)
    padding: Literal["valid", "same"] = param("`same` pads with zeros so that stride 1 keeps the size.", default="valid")
    depth_multiplier: int = param("Output channels for each input channel.", default=1, minimum=1)
    dilation_rate: Size2D = param("Distance between the window's taps.", default=1)
    activation: Activation | None = param("Function applied to the output.", default=None)
    use_bias: bool = param("Whether a bias is added.", default=True)
    depthwise_initializer: Initializer = param("Initial kernel.", default="glorot_uniform")
    bias_initializer: Initializer = param("Initial bias.", default="zeros")
    depthwise_regularizer: Regularizer = param("Penalty on the kernel.", default=None)
    bias_regularizer: Regularizer = param("Penalty on the bias.", default=None)
    activity_regularizer: Regularizer = param("Penalty on the output.", default=None)
    depthwise_constraint: Constraint = param("Projection of the kernel after each update.", default=None)
    bias_constraint: Constraint = param("Projection of the bias after each update.", default=None)


class SeparableConv2D(Params):
    """A depthwise convolution, then a 1x1 convolution that mixes the channels.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', filters)
    Reference: Chollet, Xception, 2016, https://arxiv.org/abs/1610.02357
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Step of the window, the same in both directions.", default=1)
    padding: Literal["valid", "same"] = param("`same` pads with zeros so that stride 1 keeps the size.", default="valid")
    dilation_rate: Size2D = param("Distance between the window's taps.", default=1)
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


class Conv2DTranspose(KernelAndBias):
    """The gradient of a 2-D convolution as a layer: enlarges an image by its strides.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height * strides, width * strides, filters), larger by what the window overhangs where padding is `valid`
    Reference: Dumoulin and Visin, A guide to convolution arithmetic, 2016, https://arxiv.org/abs/1603.07285
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Factor by which the image grows.", default=1)
    padding: Literal["valid", "same"] = param("`same` makes the output exactly `strides` times as large.", default="valid")
    output_padding: Annotated[int | tuple[int, int], size_type(2, minimum=0)] | None = param(
        "Rows and columns added at the end, fewer than the strides; none adds what is needed.", default=None
    )
    dilation_rate: Size2D = param("Distance between the window's taps.", default=1)


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
    require_rank("conv1d", x, 3, SEQUENCE)
    window, stride, dilation = single(p.kernel_size), single(p.strides), single(p.dilation_rate)
    _check_steps("conv1d", (stride,), (dilation,))
    channels = _grouped_channels("conv1d", x, p.groups, p.filters)
    length = slide("conv1d", x.shape[1], window, stride, p.padding, dilation)
    return _convolved("conv1d", x, (length,), Weight("kernel", (window, channels, p.filters)), p.filters, p.use_bias)


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
    require_rank("conv2d", x, 4, IMAGE)
    window, strides, dilation = pair(p.kernel_size), pair(p.strides), pair(p.dilation_rate)
    _check_steps("conv2d", strides, dilation)
    channels = _grouped_channels("conv2d", x, p.groups, p.filters)
    positions = _positions("conv2d", x, window, strides, p.padding, dilation)
    return _convolved("conv2d", x, positions, Weight("kernel", (*window, channels, p.filters)), p.filters, p.use_bias)


@layer(
    "depthwise_conv2d",
    keras="keras.layers.DepthwiseConv2D",
    examples=[
        example((16, 16, 3), kernel_size=3),
        example((15, 17, 4), kernel_size=[5, 3], strides=2, padding="same", depth_multiplier=2, use_bias=False),
        example((None, 20, 4), kernel_size=3, dilation_rate=2, activation="relu6"),
    ],
)
def depthwise_conv2d(p: DepthwiseConv2D, x: TensorSpec) -> Facts:
    require_rank("depthwise_conv2d", x, 4, IMAGE)
    window, strides, dilation = pair(p.kernel_size), pair(p.strides), pair(p.dilation_rate)
    _check_steps("depthwise_conv2d", strides, dilation)
    _check_equal_strides("depthwise_conv2d", strides)
    channels = channels_of("depthwise_conv2d", x)
    positions = _positions("depthwise_conv2d", x, window, strides, p.padding, dilation)
    return _convolved(
        "depthwise_conv2d",
        x,
        positions,
        Weight("kernel", (*window, channels, p.depth_multiplier)),
        channels * p.depth_multiplier,
        p.use_bias,
    )


@layer(
    "separable_conv2d",
    keras="keras.layers.SeparableConv2D",
    examples=[
        example((16, 16, 3), filters=8, kernel_size=3),
        example((15, 17, 4), filters=6, kernel_size=[5, 3], strides=2, padding="same", depth_multiplier=2, use_bias=False),
        example((None, None, 4), filters=6, kernel_size=3, dilation_rate=2, pointwise_initializer="he_uniform"),
    ],
)
def separable_conv2d(p: SeparableConv2D, x: TensorSpec) -> Facts:
    require_rank("separable_conv2d", x, 4, IMAGE)
    window, strides, dilation = pair(p.kernel_size), pair(p.strides), pair(p.dilation_rate)
    _check_steps("separable_conv2d", strides, dilation)
    _check_equal_strides("separable_conv2d", strides)
    channels = channels_of("separable_conv2d", x)
    depthwise = Weight("depthwise_kernel", (*window, channels, p.depth_multiplier))
    pointwise = Weight("pointwise_kernel", (1, 1, channels * p.depth_multiplier, p.filters))
    require_floats("separable_conv2d", x)
    sizes = _positions("separable_conv2d", x, window, strides, p.padding, dilation)
    positions = product(sizes)
    bias = [Weight("bias", (p.filters,))] if p.use_bias else []
    macs = None if positions is None else positions * (depthwise.size + pointwise.size)
    return Facts(TensorSpec((x.shape[0], *sizes, p.filters)), [depthwise, pointwise, *bias], macs)


@layer(
    "conv2d_transpose",
    keras="keras.layers.Conv2DTranspose",
    examples=[
        example((16, 16, 3), filters=8, kernel_size=2, strides=2),
        example((7, 9, 4), filters=6, kernel_size=[5, 3], strides=[3, 2], padding="same", use_bias=False),
        example((7, 9, 4), filters=6, kernel_size=3, strides=2, padding="same", output_padding=1),
        example((7, 9, 4), filters=6, kernel_size=2, strides=3, output_padding=[0, 2]),
        example((8, None, 4), filters=6, kernel_size=3, dilation_rate=2),
    ],
)
def conv2d_transpose(p: Conv2DTranspose, x: TensorSpec) -> Facts:
    require_rank("conv2d_transpose", x, 4, IMAGE)
    window, strides, dilation = pair(p.kernel_size), pair(p.strides), pair(p.dilation_rate)
    _check_steps("conv2d_transpose", strides, dilation)
    extras = (None, None) if p.output_padding is None else pair(p.output_padding)
    for extra, stride in zip(extras, strides, strict=True):
        if extra is not None and extra >= stride:
            raise Mismatch(
                "E0305",
                f"`output_padding: {extra}` of `conv2d_transpose` is not smaller than its stride, {stride}",
                help="leave `output_padding` out, or make it smaller than `strides`",
                argument="output_padding",
            )
    require_floats("conv2d_transpose", x)
    kernel = Weight("kernel", (*window, p.filters, channels_of("conv2d_transpose", x)))
    bias = [Weight("bias", (p.filters,))] if p.use_bias else []
    axes = zip(x.shape[1:3], window, strides, [p.padding] * 2, dilation, extras, strict=True)
    output = TensorSpec((x.shape[0], *(unslide(*axis) for axis in axes), p.filters))
    positions = product(x.shape[1:3])
    return Facts(output, [kernel, *bias], None if positions is None else positions * kernel.size)


def _positions(
    word: str, x: TensorSpec, window: tuple[int, int], strides: tuple[int, int], padding: str, dilation: tuple[int, int]
) -> tuple[int | None, ...]:
    """Positions of a window along height and width."""
    return tuple(slide(word, *axis) for axis in zip(x.shape[1:3], window, strides, [padding] * 2, dilation, strict=True))


def _convolved(word: str, x: TensorSpec, sizes: tuple[int | None, ...], kernel: Weight, filters: int, use_bias: bool) -> Facts:
    """Facts of a convolution: every position of the window costs one product with the whole kernel."""
    require_floats(word, x)
    positions = product(sizes)
    bias = [Weight("bias", (filters,))] if use_bias else []
    return Facts(TensorSpec((x.shape[0], *sizes, filters)), [kernel, *bias], None if positions is None else positions * kernel.size)


def _grouped_channels(word: str, x: TensorSpec, groups: int, filters: int) -> int:
    """Input channels of one group. Raises E0305 where the groups do not come out even."""
    channels = channels_of(word, x)
    for name, count in (("the input's channels", channels), ("filters", filters)):
        if count % groups:
            raise Mismatch("E0305", f"`groups: {groups}` of `{word}` does not divide {name}, {count}", argument="groups")
    return channels // groups


def _check_steps(word: str, strides: tuple[int, ...], dilation: tuple[int, ...]) -> None:
    if max(strides) > 1 and max(dilation) > 1:
        raise Mismatch(
            "E0305",
            f"`{word}` cannot have strides and a dilation rate above 1 at once",
            help="leave `strides` or `dilation_rate` at 1",
            argument="dilation_rate",
        )


def _check_equal_strides(word: str, strides: tuple[int, int]) -> None:
    # TensorFlow's kernel knows one stride only: "Current implementation only supports equal length strides".
    if strides[0] != strides[1]:
        raise Mismatch(
            "E0305", f"`strides: {list(strides)}` of `{word}` differ, but TensorFlow has one stride for both directions", argument="strides"
        )
