"""Activation functions with arguments."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class ActivationFunction(keras.layers.Layer):
    """A function of `keras.activations` with its arguments: what `activation=` takes where Keras has no layer for it.

    Args:
        function: name in `keras.activations`.
        arguments: those of the function beside its input.

    Input shape:
        any

    Output shape:
        as the input

    Reference:
        the function's own, in `keras.activations`
    """

    def __init__(self, function: str, name: str | None = None, dtype: object = None, trainable: bool = True, **arguments: object) -> None:
        super().__init__(name=name, dtype=dtype, trainable=trainable)
        self.function = function
        self.arguments = arguments

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return getattr(keras.activations, self.function)(inputs, **self.arguments)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "function": self.function, **self.arguments}
