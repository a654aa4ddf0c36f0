"""Adaptive pooling: as many windows as outputs are asked for, whatever the size of the input."""

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_space
from specc.registry.layers.window import along
from specc.registry.types import Size1D, Size2D, Size3D


class AdaptiveAveragePooling1D(Params):
    """The mean under windows that share the sequence evenly.

    Output i takes from floor(i * size / outputs) to ceil((i + 1) * size / outputs).

    Input shape: (batch, length, channels)
    Output shape: (batch, output_size, channels)
    """

    output_size: Size1D = param("Length of the output.")


class AdaptiveAveragePooling2D(Params):
    """The mean under windows that share the image evenly.

    Output i takes from floor(i * size / outputs) to ceil((i + 1) * size / outputs).

    Input shape: (batch, height, width, channels)
    Output shape: (batch, *output_size, channels)
    """

    output_size: Size2D = param("Size of the output, one int or [height, width].")


class AdaptiveAveragePooling3D(Params):
    """The mean under windows that share the volume evenly.

    Output i takes from floor(i * size / outputs) to ceil((i + 1) * size / outputs).

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, *output_size, channels)
    """

    output_size: Size3D = param("Size of the output, one int or [depth, height, width].")


class AdaptiveMaxPooling1D(Params):
    """The largest value under windows that share the sequence evenly.

    Output i takes from floor(i * size / outputs) to ceil((i + 1) * size / outputs).

    Input shape: (batch, length, channels)
    Output shape: (batch, output_size, channels)
    """

    output_size: Size1D = param("Length of the output.")


class AdaptiveMaxPooling2D(Params):
    """The largest value under windows that share the image evenly.

    Output i takes from floor(i * size / outputs) to ceil((i + 1) * size / outputs).

    Input shape: (batch, height, width, channels)
    Output shape: (batch, *output_size, channels)
    """

    output_size: Size2D = param("Size of the output, one int or [height, width].")


class AdaptiveMaxPooling3D(Params):
    """The largest value under windows that share the volume evenly.

    Output i takes from floor(i * size / outputs) to ceil((i + 1) * size / outputs).

    Input shape: (batch, depth, height, width, channels)
    Output shape: (batch, *output_size, channels)
    """

    output_size: Size3D = param("Size of the output, one int or [depth, height, width].")


SEQUENCES = [example((9, 3), output_size=3), example((8, 3), output_size=[5])]
IMAGES = [example((9, 7, 3), output_size=3), example((8, 9, 3), output_size=[1, 12])]
VOLUMES = [example((9, 7, 5, 3), output_size=2), example((4, 8, 9, 3), output_size=[1, 3, 4])]


@layer("adaptive_average_pooling1d", keras="keras.layers.AdaptiveAveragePooling1D", examples=SEQUENCES)
def adaptive_average_pooling1d(p: AdaptiveAveragePooling1D, x: TensorSpec) -> Facts:
    return _pooled("adaptive_average_pooling1d", x, 1, p.output_size)


@layer("adaptive_average_pooling2d", keras="keras.layers.AdaptiveAveragePooling2D", examples=IMAGES)
def adaptive_average_pooling2d(p: AdaptiveAveragePooling2D, x: TensorSpec) -> Facts:
    return _pooled("adaptive_average_pooling2d", x, 2, p.output_size)


@layer("adaptive_average_pooling3d", keras="keras.layers.AdaptiveAveragePooling3D", examples=VOLUMES)
def adaptive_average_pooling3d(p: AdaptiveAveragePooling3D, x: TensorSpec) -> Facts:
    return _pooled("adaptive_average_pooling3d", x, 3, p.output_size)


@layer("adaptive_max_pooling1d", keras="keras.layers.AdaptiveMaxPooling1D", examples=SEQUENCES)
def adaptive_max_pooling1d(p: AdaptiveMaxPooling1D, x: TensorSpec) -> Facts:
    return _pooled("adaptive_max_pooling1d", x, 1, p.output_size)


@layer("adaptive_max_pooling2d", keras="keras.layers.AdaptiveMaxPooling2D", examples=IMAGES)
def adaptive_max_pooling2d(p: AdaptiveMaxPooling2D, x: TensorSpec) -> Facts:
    return _pooled("adaptive_max_pooling2d", x, 2, p.output_size)


@layer("adaptive_max_pooling3d", keras="keras.layers.AdaptiveMaxPooling3D", examples=VOLUMES)
def adaptive_max_pooling3d(p: AdaptiveMaxPooling3D, x: TensorSpec) -> Facts:
    return _pooled("adaptive_max_pooling3d", x, 3, p.output_size)


def _pooled(word: str, x: TensorSpec, rank: int, output_size: int | tuple[int, ...]) -> Facts:
    require_space(word, x, rank)
    require_floats(word, x)
    if None in x.shape[1:-1]:
        # "Input spatial dimensions must be statically known for adaptive pooling", says TensorFlow when it traces.
        raise Mismatch("E0304", f"`{word}` needs to know the size that it divides, but got {x}", help="give it numbers in `inputs`")
    return Facts(TensorSpec((x.shape[0], *along(output_size, rank), x.channels)))
