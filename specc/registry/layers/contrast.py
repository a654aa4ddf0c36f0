"""Layers that spread the values of images over their range."""

from typing import Annotated

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.augmentation import VALUES, ValueRange, augmented
from specc.registry.layers.checks import known
from specc.registry.layers.window import along
from specc.registry.types import Plain, size_type

# Keras 3.15 takes a pair, and one int only as far as the first image.
Tiles = Annotated[
    tuple[int, int], Plain(size_type(2).schema, lambda value: along(int(value) if isinstance(value, (int, float)) else tuple(value), 2))
]


class AutoContrast(Params):
    """Stretches the values of every channel so that they fill the range, while learning and after.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    value_range: ValueRange = param(VALUES, default=[0, 255])


class Equalization(Params):
    """Makes the histogram of every channel flat, while learning.

    Input shape: (batch, height, width, channels), channels known
    Output shape: as the input
    """

    value_range: ValueRange = param(VALUES, default=[0, 255])
    bins: int = param("Bins of the histogram.", default=256, minimum=2)


class ContrastLimitedAdaptiveHistogramEqualization(Params):
    """Makes the histogram of every tile of an image flatter, up to a limit, while learning and after.

    Input shape: (batch, height, width, channels), height and width known
    Output shape: as the input
    Reference: Zuiderveld, Contrast limited adaptive histogram equalization, 1994.
    """

    value_range: ValueRange = param(VALUES, default=[0, 255])
    clip_limit: float = param("Height at which bins are cut, as a multiple of the mean height.", default=4.0, above=0)
    tile_grid_size: Tiles = param("Tiles along the height and the width, one int or [height, width].", default=8)


@layer(
    "auto_contrast",
    keras="keras.layers.AutoContrast",
    examples=[example((9, 10, 3)), example((None, None, 1), value_range=[0, 1])],
)
def auto_contrast(p: AutoContrast, images: TensorSpec) -> Facts:
    return augmented("auto_contrast", p, images)


@layer(
    "equalization",
    keras="specc.keras_backend.layers.equalization.Equalization",
    examples=[example((9, 10, 3)), example((None, None, 1), value_range=[0, 1], bins=64)],
)
def equalization(p: Equalization, images: TensorSpec) -> Facts:
    known("equalization", images, -1, "channels")
    return augmented("equalization", p, images)


@layer(
    "contrast_limited_adaptive_histogram_equalization",
    keras="keras.layers.ContrastLimitedAdaptiveHistogramEqualization",
    examples=[
        example((16, 16, 3)),
        example((9, 10, 1), value_range=[0, 1], clip_limit=2, tile_grid_size=[2, 3]),
        example((9, 10, 1), tile_grid_size=2),
    ],
)
def contrast_limited_adaptive_histogram_equalization(p: ContrastLimitedAdaptiveHistogramEqualization, images: TensorSpec) -> Facts:
    facts = augmented("contrast_limited_adaptive_histogram_equalization", p, images, sized=True)
    for size, tiles in zip(images.shape[1:3], p.tile_grid_size, strict=True):
        # The image is mirrored until it fills its tiles, which goes up to twice its size.
        if size is not None and -(-size // tiles) * tiles > 2 * size:
            raise Mismatch(
                "E0305",
                f"`tile_grid_size` of `contrast_limited_adaptive_histogram_equalization` cuts {size} pixels into {tiles} tiles",
                help="ask for fewer tiles than pixels",
                argument="tile_grid_size",
            )
    return facts
