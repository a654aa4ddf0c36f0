"""Convolutions."""

from typing import Literal

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.window import pair, require_rank, slide
from specc.registry.types import Activation, Constraint, Initializer, Regularizer, Size2D

IMAGE = "batch, height, width, channels"


class Conv2D(Params):
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
    activation: Activation | None = param("Function applied to the output.", default=None)
    use_bias: bool = param("Whether a bias is added.", default=True)
    kernel_initializer: Initializer = param("Initial kernel.", default="glorot_uniform")
    bias_initializer: Initializer = param("Initial bias.", default="zeros")
    kernel_regularizer: Regularizer = param("Penalty on the kernel.", default=None)
    bias_regularizer: Regularizer = param("Penalty on the bias.", default=None)
    activity_regularizer: Regularizer = param("Penalty on the output.", default=None)
    kernel_constraint: Constraint = param("Projection of the kernel after each update.", default=None)
    bias_constraint: Constraint = param("Projection of the bias after each update.", default=None)


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
    channels = x.channels
    if channels is None:
        raise Mismatch("E0304", "`conv2d` needs a known number of input channels", help="give the input's channels a number")
    for name, count in (("the input's channels", channels), ("filters", p.filters)):
        if count % p.groups:
            raise Mismatch("E0305", f"`groups: {p.groups}` of `conv2d` does not divide {name}, {count}", argument="groups")
    height, width = (slide("conv2d", *axis) for axis in zip(x.shape[1:3], window, strides, [p.padding] * 2, dilation, strict=True))
    output = x.with_shape(x.shape[0], height, width, p.filters)
    kernel = Weight("kernel", (*window, channels // p.groups, p.filters))
    bias = [Weight("bias", (p.filters,))] if p.use_bias else []
    positions = product((height, width))
    return Facts(output, [kernel, *bias], None if positions is None else positions * kernel.size)
