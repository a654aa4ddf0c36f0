"""Pooling of everything: one value a channel."""

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_space


class GlobalAveragePooling1D(Params):
    """The mean of every channel over the sequence.

    Input shape: (batch, length, channels)
    Output shape: (batch, channels), or (batch, 1, channels) with `keepdims`
    """

    keepdims: bool = param("Whether the length stays, with size 1.", default=False)


class GlobalAveragePooling2D(Params):
    """The mean of every channel over the image.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, channels), or (batch, 1, 1, channels) with `keepdims`
    Reference: Lin et al., Network in network, 2013, https://arxiv.org/abs/1312.4400
    """

    keepdims: bool = param("Whether height and width stay, with size 1.", default=False)


class GlobalAveragePooling3D(Params):
    """The mean of every channel over the volume.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, channels), or (batch, 1, 1, 1, channels) with `keepdims`
    """

    keepdims: bool = param("Whether depth, height and width stay, with size 1.", default=False)


class GlobalMaxPooling1D(Params):
    """The largest value of every channel over the sequence.

    Input shape: (batch, length, channels)
    Output shape: (batch, channels), or (batch, 1, channels) with `keepdims`
    """

    keepdims: bool = param("Whether the length stays, with size 1.", default=False)


class GlobalMaxPooling2D(Params):
    """The largest value of every channel over the image.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, channels), or (batch, 1, 1, channels) with `keepdims`
    """

    keepdims: bool = param("Whether height and width stay, with size 1.", default=False)


class GlobalMaxPooling3D(Params):
    """The largest value of every channel over the volume.

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, channels), or (batch, 1, 1, 1, channels) with `keepdims`
    """

    keepdims: bool = param("Whether depth, height and width stay, with size 1.", default=False)


SEQUENCES = [example((8, 3)), example((None, 3), keepdims=True)]
IMAGES = [example((8, 8, 3)), example((None, None, 3), keepdims=True)]
VOLUMES = [example((8, 8, 4, 3)), example((None, 4, None, 3), keepdims=True)]


@layer("global_average_pooling1d", keras="keras.layers.GlobalAveragePooling1D", examples=SEQUENCES)
def global_average_pooling1d(p: GlobalAveragePooling1D, x: TensorSpec) -> Facts:
    return _pooled("global_average_pooling1d", x, 1, p.keepdims)


@layer("global_average_pooling2d", keras="keras.layers.GlobalAveragePooling2D", examples=IMAGES)
def global_average_pooling2d(p: GlobalAveragePooling2D, x: TensorSpec) -> Facts:
    return _pooled("global_average_pooling2d", x, 2, p.keepdims)


@layer("global_average_pooling3d", keras="keras.layers.GlobalAveragePooling3D", examples=VOLUMES)
def global_average_pooling3d(p: GlobalAveragePooling3D, x: TensorSpec) -> Facts:
    return _pooled("global_average_pooling3d", x, 3, p.keepdims)


@layer("global_max_pooling1d", keras="keras.layers.GlobalMaxPooling1D", examples=SEQUENCES)
def global_max_pooling1d(p: GlobalMaxPooling1D, x: TensorSpec) -> Facts:
    return _pooled("global_max_pooling1d", x, 1, p.keepdims)


@layer("global_max_pooling2d", keras="keras.layers.GlobalMaxPooling2D", examples=IMAGES)
def global_max_pooling2d(p: GlobalMaxPooling2D, x: TensorSpec) -> Facts:
    return _pooled("global_max_pooling2d", x, 2, p.keepdims)


@layer("global_max_pooling3d", keras="keras.layers.GlobalMaxPooling3D", examples=VOLUMES)
def global_max_pooling3d(p: GlobalMaxPooling3D, x: TensorSpec) -> Facts:
    return _pooled("global_max_pooling3d", x, 3, p.keepdims)


def _pooled(word: str, x: TensorSpec, rank: int, keepdims: bool) -> Facts:
    require_space(word, x, rank)
    require_floats(word, x)
    kept = (1,) * rank if keepdims else ()
    return Facts(TensorSpec((x.shape[0], *kept, x.channels)))
