"""Enlarging by whole factors."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_space
from specc.registry.layers.window import along
from specc.registry.types import Size2D, Size3D


class UpSampling1D(Params):
    """Repeats every step of a sequence.

    Input shape: (batch, length, channels)
    Output shape: (batch, length * size, channels)
    """

    size: int = param("Factor.", default=2, minimum=1)


class UpSampling2D(Params):
    """Enlarges an image by whole factors.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height * size, width * size, channels)
    """

    size: Size2D = param("Factor, one int or [height, width].", default=2)
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = param("How new pixels are made.", default="nearest")


class UpSampling3D(Params):
    """Enlarges a volume by whole factors, repeating its values.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, depth * size, height * size, width * size, channels)
    """

    size: Size3D = param("Factor, one int or [depth, height, width].", default=2)


@layer("up_sampling1d", keras="keras.layers.UpSampling1D", examples=[example((8, 3)), example((None, 3), size=3)])
def up_sampling1d(p: UpSampling1D, x: TensorSpec) -> Facts:
    return _enlarged("up_sampling1d", x, (p.size,))


@layer(
    "up_sampling2d",
    keras="keras.layers.UpSampling2D",
    examples=[example((8, 8, 3)), example((8, None, 3), size=[3, 2]), example((8, 9, 3), size=4, interpolation="bilinear")],
)
def up_sampling2d(p: UpSampling2D, x: TensorSpec) -> Facts:
    return _enlarged("up_sampling2d", x, along(p.size, 2))


@layer(
    "up_sampling3d",
    keras="keras.layers.UpSampling3D",
    examples=[example((4, 8, 8, 3)), example((4, 8, None, 3), size=[1, 3, 2])],
)
def up_sampling3d(p: UpSampling3D, x: TensorSpec) -> Facts:
    return _enlarged("up_sampling3d", x, along(p.size, 3))


def _enlarged(word: str, x: TensorSpec, factors: tuple[int, ...]) -> Facts:
    require_space(word, x, len(factors))
    require_floats(word, x)
    sizes = (None if size is None else size * factor for size, factor in zip(x.shape[1:-1], factors, strict=True))
    return Facts(TensorSpec((x.shape[0], *sizes, x.channels)))
