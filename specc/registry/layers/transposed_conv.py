"""Transposed convolutions, which enlarge their input."""

from typing import Annotated, Literal

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, example, layer, param
from specc.registry.layers.checks import channels_of, require_floats, require_space
from specc.registry.layers.kernel import KernelAndBias
from specc.registry.layers.window import along, check_steps, unslide
from specc.registry.types import Size1D, Size2D, Size3D, size_type

SAME = "`same` makes the output exactly `strides` times as large."
OUTPUT_PADDING = "What is added at the end, less than the strides; none adds what is needed."


class Conv1DTranspose(KernelAndBias):
    """The gradient of a 1-D convolution as a layer: enlarges a sequence by its strides.

    Input shape: (batch, length, channels)
    Output shape: (batch, length * strides, filters), larger by what the window overhangs where padding is `valid`
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size1D = param("Length of the window.")
    strides: Size1D = param("Factor by which the sequence grows.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    output_padding: Annotated[int | tuple[int], size_type(1, minimum=0)] | None = param(OUTPUT_PADDING, default=None)
    dilation_rate: Size1D = param("Distance between the window's taps.", default=1)


class Conv2DTranspose(KernelAndBias):
    """The gradient of a 2-D convolution as a layer: enlarges an image by its strides.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height * strides, width * strides, filters), larger by what the window overhangs where padding is `valid`
    Reference: Dumoulin and Visin, A guide to convolution arithmetic, 2016, https://arxiv.org/abs/1603.07285
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Factor by which the image grows.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    output_padding: Annotated[int | tuple[int, int], size_type(2, minimum=0)] | None = param(OUTPUT_PADDING, default=None)
    dilation_rate: Size2D = param("Distance between the window's taps.", default=1)


class Conv3DTranspose(KernelAndBias):
    """The gradient of a 3-D convolution as a layer: enlarges a volume by its strides.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, depth * strides, height * strides, width * strides, filters), larger by what the window overhangs
        where padding is `valid`
    """

    filters: int = param("Number of output channels.", minimum=1)
    kernel_size: Size3D = param("Window, one int or [depth, height, width].")
    strides: Size3D = param("Factor by which the volume grows.", default=1)
    padding: Literal["valid", "same"] = param(SAME, default="valid")
    output_padding: Annotated[int | tuple[int, int, int], size_type(3, minimum=0)] | None = param(OUTPUT_PADDING, default=None)
    dilation_rate: Size3D = param("Distance between the window's taps.", default=1)


@layer(
    "conv1d_transpose",
    keras="keras.layers.Conv1DTranspose",
    examples=[
        example((16, 3), filters=8, kernel_size=2, strides=2),
        example((7, 4), filters=6, kernel_size=[5], strides=[3], padding="same", use_bias=False),
        example((7, 4), filters=6, kernel_size=3, strides=2, padding="same", output_padding=1),
        example((None, 4), filters=6, kernel_size=3, strides=2),
    ],
)
def conv1d_transpose(p: Conv1DTranspose, x: TensorSpec) -> Facts:
    return _transposed("conv1d_transpose", p, x, 1)


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
    return _transposed("conv2d_transpose", p, x, 2)


@layer(
    "conv3d_transpose",
    keras="keras.layers.Conv3DTranspose",
    examples=[
        example((4, 5, 6, 3), filters=8, kernel_size=2, strides=2),
        example((3, 4, 5, 4), filters=6, kernel_size=[5, 3, 2], strides=[3, 2, 1], padding="same", use_bias=False),
        example((None, 4, 5, 2), filters=3, kernel_size=3, strides=2, padding="same", output_padding=1),
    ],
)
def conv3d_transpose(p: Conv3DTranspose, x: TensorSpec) -> Facts:
    return _transposed("conv3d_transpose", p, x, 3)


def _transposed(word: str, p: Conv1DTranspose | Conv2DTranspose | Conv3DTranspose, x: TensorSpec, rank: int) -> Facts:
    """Every value of the input costs one product with the whole kernel."""
    require_space(word, x, rank)
    window, strides, dilation = along(p.kernel_size, rank), along(p.strides, rank), along(p.dilation_rate, rank)
    check_steps(word, strides, dilation)
    extras = (None,) * rank if p.output_padding is None else along(p.output_padding, rank)
    for extra, stride in zip(extras, strides, strict=True):
        if extra is not None and extra >= stride:
            raise Mismatch(
                "E0305",
                f"`output_padding: {extra}` of `{word}` is not smaller than its stride, {stride}",
                help="leave `output_padding` out, or make it smaller than `strides`",
                argument="output_padding",
            )
    require_floats(word, x)
    kernel = Weight("kernel", (*window, p.filters, channels_of(word, x)))
    bias = [Weight("bias", (p.filters,))] if p.use_bias else []
    axes = zip(x.shape[1:-1], window, strides, (p.padding,) * rank, dilation, extras, strict=True)
    sizes = tuple(unslide(*axis) for axis in axes)
    for size, stride, made in zip(x.shape[1:-1], strides, sizes, strict=True):
        if p.padding == "same" and size is not None and made is not None and -(-made // stride) != size:
            raise Mismatch(
                "E0305",
                f"`{word}` would make {made} of {size}, of which its convolution makes {-(-made // stride)} again",
                help="leave `output_padding` out",
                argument="output_padding",
            )
    output = TensorSpec((x.shape[0], *sizes, p.filters))
    values = product(x.shape[1:-1])
    return Facts(output, [kernel, *bias], None if values is None else values * kernel.size)
