"""Positions as sines and cosines, added to a sequence."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class SinusoidalPositionEncoding(keras.layers.Layer):
    """Adds sines and cosines of the position, of wavelengths from 2 pi to `max_wavelength` * 2 pi, to a sequence.

    `PE[p, 2i] = sin(p / max_wavelength ** (2i / width))`, `PE[p, 2i + 1] = cos(p / max_wavelength ** (2i / width))`.
    It has no weights, so that a sequence may have any length.

    Args:
        max_wavelength: the longest wavelength, in units of 2 pi positions.

    Input shape:
        (batch, length, width)

    Output shape:
        as the input

    Reference:
        Vaswani et al., Attention is all you need, 2017, section 3.5, https://arxiv.org/abs/1706.03762
    """

    def __init__(self, max_wavelength: float = 10000.0, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength
        self.supports_masking = True

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        width = inputs.shape[-1]
        # In single precision throughout: half precision tells positions beyond 2048 apart no more.
        position = keras.ops.cast(keras.ops.arange(keras.ops.shape(inputs)[1]), "float32")
        pair = keras.ops.cast(keras.ops.arange((width + 1) // 2), "float32")
        angle = position[:, None] * keras.ops.power(self.max_wavelength, -2 * pair / width)
        both = keras.ops.stack([keras.ops.sin(angle), keras.ops.cos(angle)], axis=-1)
        encoding = keras.ops.reshape(both, (-1, 2 * pair.shape[0]))[:, :width]
        return inputs + keras.ops.cast(encoding, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "max_wavelength": self.max_wavelength}
