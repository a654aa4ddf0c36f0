"""Histogram equalization that a functional model can hold."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class Equalization(keras.layers.Equalization):
    """Keras's layer, whose symbolic output is a tensor of its own.

    Keras 3.15 hands the symbolic input on as the output, and then finds no way from the model's inputs to it.
    """

    def compute_output_spec(self, inputs: keras.KerasTensor, **kwargs: object) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)
