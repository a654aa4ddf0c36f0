"""Layers that act only while learning, against overfitting."""

from typing import Annotated

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_space
from specc.registry.types import Plain

NoiseShape = Annotated[
    list[int | None],
    Plain(
        {"type": "array", "items": {"type": ["integer", "null"], "minimum": 1}},
        lambda value: [None if size is None else int(size) for size in value],
    ),
]


class Dropout(Params):
    """Sets a random share of the values to 0 while learning, and scales up the others.

    Input shape: any
    Output shape: as the input
    Reference: Srivastava et al., Dropout, 2014.
    """

    rate: float = param("Share of the values that are dropped, from 0 to 1.", minimum=0, maximum=1)
    noise_shape: NoiseShape | None = param("Shape of the mask, batch included; 1 drops along that axis as a whole.", default=None)
    seed: int | None = param("Makes the mask repeatable; none draws from the global generator.", default=None)


class AlphaDropout(Params):
    """Dropout that keeps mean and variance, for networks of `selu`: dropped values take its negative limit.

    Input shape: any
    Output shape: as the input
    Reference: Klambauer et al., Self-normalizing neural networks, 2017, https://arxiv.org/abs/1706.02515
    """

    rate: float = param("Share of the values that are dropped, from 0 to 1.", minimum=0, maximum=1)
    noise_shape: NoiseShape | None = param("Shape of the mask, batch included; 1 drops along that axis as a whole.", default=None)
    seed: int | None = param("Makes the mask repeatable; none draws from the global generator.", default=None)


class GaussianDropout(Params):
    """Multiplies by normal noise of mean 1 while learning; its standard deviation is sqrt(rate / (1 - rate)).

    Input shape: any
    Output shape: as the input
    Reference: Srivastava et al., Dropout, 2014.
    """

    rate: float = param("The rate of the dropout that has the same variance, from 0 to below 1.", minimum=0, maximum=1)
    seed: int | None = param("Makes the noise repeatable; none draws from the global generator.", default=None)


class SpatialDropout1D(Params):
    """Dropout of whole channels of a sequence.

    Input shape: (batch, length, channels)
    Output shape: as the input
    Reference: Tompson et al., Efficient object localization, 2014, https://arxiv.org/abs/1411.4280
    """

    rate: float = param("Share of the channels that are dropped, from 0 to 1.", minimum=0, maximum=1)
    seed: int | None = param("Makes the mask repeatable; none draws from the global generator.", default=None)


class SpatialDropout2D(Params):
    """Dropout of whole channels of an image.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    Reference: Tompson et al., Efficient object localization, 2014, https://arxiv.org/abs/1411.4280
    """

    rate: float = param("Share of the channels that are dropped, from 0 to 1.", minimum=0, maximum=1)
    seed: int | None = param("Makes the mask repeatable; none draws from the global generator.", default=None)


class SpatialDropout3D(Params):
    """Dropout of whole channels of a volume.

    Input shape: (batch, depth, height, width, channels)
    Output shape: as the input
    Reference: Tompson et al., Efficient object localization, 2014, https://arxiv.org/abs/1411.4280
    """

    rate: float = param("Share of the channels that are dropped, from 0 to 1.", minimum=0, maximum=1)
    seed: int | None = param("Makes the mask repeatable; none draws from the global generator.", default=None)


class GaussianNoise(Params):
    """Adds normal noise of mean 0 while learning.

    Input shape: any
    Output shape: as the input
    """

    stddev: float = param("Standard deviation of the noise, from 0 to 1.", minimum=0, maximum=1)
    seed: int | None = param("Makes the noise repeatable; none draws from the global generator.", default=None)


class ActivityRegularization(Params):
    """Passes its input and adds a penalty on it to the loss.

    Input shape: any
    Output shape: as the input
    """

    l1: float = param("Strength of the penalty on absolute values.", default=0.0, minimum=0)
    l2: float = param("Strength of the penalty on squares.", default=0.0, minimum=0)


@layer(
    "dropout",
    keras="keras.layers.Dropout",
    examples=[example((5,), rate=0.5), example((None, 8), rate=0.1, seed=1), example((4, 8), rate=0.1, noise_shape=[None, 1, 8])],
)
def dropout(p: Dropout, x: TensorSpec) -> Facts:
    _check_noise_shape("dropout", p.noise_shape, x)
    return _passed("dropout", x)


@layer(
    "alpha_dropout",
    keras="keras.layers.AlphaDropout",
    examples=[example((5,), rate=0.5), example((None, 8), rate=0.1, seed=1), example((4, 8), rate=0.1, noise_shape=[None, 1, 8])],
)
def alpha_dropout(p: AlphaDropout, x: TensorSpec) -> Facts:
    _check_noise_shape("alpha_dropout", p.noise_shape, x)
    return _passed("alpha_dropout", x)


@layer("gaussian_dropout", keras="keras.layers.GaussianDropout", examples=[example((5,), rate=0.5), example((None, 8), rate=0.1, seed=1)])
def gaussian_dropout(p: GaussianDropout, x: TensorSpec) -> Facts:
    return _passed("gaussian_dropout", x)


@layer(
    "spatial_dropout1d",
    keras="keras.layers.SpatialDropout1D",
    examples=[example((8, 3), rate=0.2), example((None, 3), rate=0.1, seed=1)],
)
def spatial_dropout1d(p: SpatialDropout1D, x: TensorSpec) -> Facts:
    require_space("spatial_dropout1d", x, 1)
    return _passed("spatial_dropout1d", x)


@layer(
    "spatial_dropout2d",
    keras="keras.layers.SpatialDropout2D",
    examples=[example((8, 8, 3), rate=0.2), example((None, 8, 3), rate=0.1, seed=1)],
)
def spatial_dropout2d(p: SpatialDropout2D, x: TensorSpec) -> Facts:
    require_space("spatial_dropout2d", x, 2)
    return _passed("spatial_dropout2d", x)


@layer(
    "spatial_dropout3d",
    keras="keras.layers.SpatialDropout3D",
    examples=[example((4, 8, 8, 3), rate=0.2), example((None, 8, 4, 3), rate=0.1, seed=1)],
)
def spatial_dropout3d(p: SpatialDropout3D, x: TensorSpec) -> Facts:
    require_space("spatial_dropout3d", x, 3)
    return _passed("spatial_dropout3d", x)


@layer("gaussian_noise", keras="keras.layers.GaussianNoise", examples=[example((8, 8, 3), stddev=0.1), example((5,), stddev=0.2, seed=3)])
def gaussian_noise(p: GaussianNoise, x: TensorSpec) -> Facts:
    return _passed("gaussian_noise", x)


@layer("activity_regularization", keras="keras.layers.ActivityRegularization", examples=[example((5,), l1=1e-4), example((5, 2), l2=1e-4)])
def activity_regularization(p: ActivityRegularization, x: TensorSpec) -> Facts:
    return _passed("activity_regularization", x)


def _passed(word: str, x: TensorSpec) -> Facts:
    require_floats(word, x)
    return Facts(TensorSpec(x.shape))


def _check_noise_shape(word: str, noise_shape: list[int | None] | None, x: TensorSpec) -> None:
    if noise_shape is not None and len(noise_shape) != x.rank:
        raise Mismatch(
            "E0305", f"`noise_shape` of `{word}` has {len(noise_shape)} sizes, but its input {x} has {x.rank}", argument="noise_shape"
        )
