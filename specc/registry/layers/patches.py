"""Parts of images, side by side. They own no weights."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import channels_of, require_floats, require_space
from specc.registry.layers.window import along, check_steps, positions
from specc.registry.types import Size2D


class ExtractPatches(Params):
    """Windows of an image, the values of each in a row.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, rows, columns, size * size * channels)
    """

    size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D | None = param("Step of the window; none is the window's size.", default=None)
    dilation_rate: Size2D = param("Distance between the pixels of a window.", default=1)
    padding: Literal["valid", "same"] = param("Border rule: valid stays inside, same keeps the size.", default="valid")


@layer(
    "extract_patches",
    keras="keras.ops.image.extract_patches",
    examples=[
        example((8, 8, 3), size=4),
        example((None, 7, 2), size=3),
        example((8, 7, 2), size=[3, 2], strides=2, padding="same"),
        example((8, 7, 2), size=3, strides=1, dilation_rate=2),
    ],
)
def extract_patches(p: ExtractPatches, images: TensorSpec) -> Facts:
    require_space("extract_patches", images, 2)
    require_floats("extract_patches", images)
    window, dilation = along(p.size, 2), along(p.dilation_rate, 2)
    strides = window if p.strides is None else along(p.strides, 2)
    check_steps("extract_patches", strides, dilation)
    try:
        sizes = positions("extract_patches", images.shape[1:3], window, strides, p.padding, dilation)
    except Mismatch as mismatch:  # of layers the window is the kernel
        raise Mismatch(mismatch.code, mismatch.message, help=mismatch.help, argument="size") from None
    return Facts(images.with_shape(images.shape[0], *sizes, window[0] * window[1] * channels_of("extract_patches", images)))
