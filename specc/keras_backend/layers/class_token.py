"""A learned vector in front of a sequence."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class ClassToken(keras.layers.Layer):
    """Puts a learned vector in front of a sequence, where a transformer gathers what it knows of the whole.

    Args:
        initializer: initial vector.

    Input shape:
        (batch, length, width)

    Output shape:
        (batch, length + 1, width)

    Reference:
        Dosovitskiy et al., An image is worth 16x16 words, 2020, https://arxiv.org/abs/2010.11929
    """

    def __init__(self, initializer: object = "zeros", **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.token = self.add_weight(name="token", shape=(1, 1, input_shape[-1]), initializer=self.initializer)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        batch, _, width = keras.ops.shape(inputs)
        token = keras.ops.broadcast_to(keras.ops.cast(self.token, inputs.dtype), (batch, 1, width))
        return keras.ops.concatenate([token, inputs], axis=1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, length, width = input_shape
        return (batch, None if length is None else length + 1, width)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "initializer": keras.initializers.serialize(self.initializer)}
