"""A learned factor for every channel."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class Scale(keras.layers.Layer):
    """Multiplies every channel by a learned number.

    Args:
        initializer: initial factors.

    Input shape:
        (batch, ..., channels)

    Output shape:
        as the input

    Reference:
        Liu et al., ParseNet, 2015, https://arxiv.org/abs/1506.04579
    """

    def __init__(self, initializer: object = "ones", **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer=self.initializer)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return inputs * keras.ops.cast(self.scale, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "initializer": keras.initializers.serialize(self.initializer)}
