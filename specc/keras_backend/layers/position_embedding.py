"""Learned positions, added to a sequence."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class PositionEmbedding(keras.layers.Layer):
    """Adds a learned vector for every position to a sequence.

    Args:
        length: number of positions: the longest sequence.
        initializer: initial vectors; None draws normal values of standard deviation 0.02.

    Input shape:
        (batch, length, width), or a shorter sequence, which gets the first positions

    Output shape:
        as the input

    Reference:
        Dosovitskiy et al., An image is worth 16x16 words, 2020, https://arxiv.org/abs/2010.11929
    """

    def __init__(self, length: int, initializer: object = None, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.length = length
        self.initializer = keras.initializers.get(initializer) or keras.initializers.RandomNormal(stddev=0.02)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        length, width = input_shape[1:]
        if length is not None and length > self.length:
            raise ValueError(f"Expected a sequence of at most length={self.length}. Received: input_shape={input_shape}")
        self.positions = self.add_weight(name="positions", shape=(self.length, width), initializer=self.initializer)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return inputs + keras.ops.cast(self.positions[: keras.ops.shape(inputs)[1]], inputs.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "length": self.length, "initializer": keras.initializers.serialize(self.initializer)}
