"""A linear layer whose weight vectors have length 1."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class WeightNormalizedDense(keras.layers.Layer):
    """Products with vectors of length 1: of inputs of length 1, the cosines. The length is no part of what is learned.

    Formula: y_j = x v_j / |v_j|, v_j the columns of the kernel

    Args:
        units: number of outputs.
        kernel_initializer: initial kernel.

    Input shape:
        (batch, ..., features)

    Output shape:
        (batch, ..., units)

    Reference:
        Salimans and Kingma, Weight normalization, 2016, https://arxiv.org/abs/1602.07868; the gain is 1, and there is no bias
    """

    def __init__(self, units: int, kernel_initializer: object = "glorot_uniform", **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.units, self.kernel_initializer = units, keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units), initializer=self.kernel_initializer)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        # In the weights' own precision: the sum of squares of a half-precision column may be 0.
        directions = keras.ops.normalize(keras.ops.convert_to_tensor(self.kernel, self.variable_dtype), axis=0)
        return keras.ops.matmul(inputs, keras.ops.cast(directions, inputs.dtype))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, object]:
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "units": self.units, "kernel_initializer": initializer}
