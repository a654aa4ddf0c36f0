"""Layers that bring images to a size."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_space


class Resizing(Params):
    """Images in another size, enlarged or reduced.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height, width, channels), with the `height` and `width` that are asked
    """

    height: int = param("Height of the output.", minimum=1)
    width: int = param("Width of the output.", minimum=1)
    interpolation: Literal["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area"] = param(
        "How new pixels are made.", default="bilinear"
    )
    crop_to_aspect_ratio: bool = param("Whether the image is cropped at its center so that nothing is distorted.", default=False)
    pad_to_aspect_ratio: bool = param("Whether the image is padded so that nothing is distorted.", default=False)
    fill_mode: Literal["constant"] = param("What the padding is made of: `fill_value`.", default="constant")
    fill_value: float = param("Value of the padding.", default=0.0)
    antialias: bool = param("Whether the image is smoothed before it is reduced; only `bilinear` and `bicubic` heed it.", default=False)


class CenterCrop(Params):
    """The middle of images; smaller images are enlarged until the middle fills the size.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height, width, channels), with the `height` and `width` that are asked
    """

    height: int = param("Height of the output.", minimum=1)
    width: int = param("Width of the output.", minimum=1)


class RandomCrop(Params):
    """A random part of images, while learning.

    Acts only while learning: Keras passes images whole otherwise, whatever shape it promises. Say `when: =training`,
    and `center_crop` or `resizing` with `when: =not training`.

    Input shape: (batch, height, width, channels), height and width known
    Output shape: (batch, height, width, channels), with the `height` and `width` that are asked
    """

    height: int = param("Height of the output.", minimum=1)
    width: int = param("Width of the output.", minimum=1)
    seed: int | None = param("Makes the draws repeatable; none draws from the global generator.", default=None)


@layer(
    "resizing",
    keras="keras.layers.Resizing",
    examples=[
        example((9, 10, 3), height=4, width=5),
        example((None, None, 3), height=8, width=8, interpolation="nearest", pad_to_aspect_ratio=True, fill_value=0.5),
        example((9, 10, 1), height=12, width=5, crop_to_aspect_ratio=True, antialias=True),
    ],
)
def resizing(p: Resizing, images: TensorSpec) -> Facts:
    if p.crop_to_aspect_ratio and p.pad_to_aspect_ratio:
        raise Mismatch(
            "E0305",
            "`resizing` cannot have both `crop_to_aspect_ratio` and `pad_to_aspect_ratio`",
            help="crop or pad",
            argument="pad_to_aspect_ratio",
        )
    return _sized("resizing", p, images)


@layer(
    "center_crop",
    keras="keras.layers.CenterCrop",
    examples=[example((9, 10, 3), height=4, width=5), example((None, 9, 1), height=4, width=12)],
)
def center_crop(p: CenterCrop, images: TensorSpec) -> Facts:
    return _sized("center_crop", p, images)


@layer(
    "random_crop",
    keras="keras.layers.RandomCrop",
    examples=[example((9, 10, 3), height=4, width=5), example((9, 10, 1), height=9, width=12, seed=1)],
)
def random_crop(p: RandomCrop, images: TensorSpec) -> Facts:
    require_space("random_crop", images, 2)
    if None in images.shape[1:3]:
        # "RandomCrop requires the input to have a fully defined height and width", says Keras when it traces.
        raise Mismatch(
            "E0304", f"`random_crop` needs to know the size that it cuts from, but got {images}", help="put `resizing` before it"
        )
    return _sized("random_crop", p, images)


def _sized(word: str, p: Resizing | CenterCrop | RandomCrop, images: TensorSpec) -> Facts:
    require_space(word, images, 2)
    # Keras promises floats for integers too, and makes them only in a compiled function.
    require_floats(word, images)
    return Facts(TensorSpec((images.shape[0], p.height, p.width, images.channels)))
