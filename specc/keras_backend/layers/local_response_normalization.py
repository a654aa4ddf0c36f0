"""Normalization by the activity of neighbouring channels."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class LocalResponseNormalization(keras.layers.Layer):
    """Divides each value by the activity of the neighbouring channels at its place.

    `y = x / (bias + alpha * sum(neighbours ** 2)) ** beta`, the sum over `depth_radius` channels to each side, as in
    `tf.nn.local_response_normalization`. Caffe divides alpha by the window's width.

    Args:
        depth_radius: channels to each side that are summed.
        bias: keeps the divisor away from 0.
        alpha: weight of the sum of squares.
        beta: exponent of the divisor.

    Input shape:
        (batch, ..., channels)

    Output shape:
        as the input

    Reference:
        Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012, section 3.3
    """

    def __init__(self, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1e-4, beta: float = 0.75, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.depth_radius = depth_radius
        self.bias = bias
        self.alpha = alpha
        self.beta = beta

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        # Squares of half-precision activations overflow, so the divisor is computed in single precision.
        squares = keras.ops.square(keras.ops.cast(inputs, "float32"))
        channels = inputs.shape[-1]
        radius = min(self.depth_radius, channels - 1)
        padded = keras.ops.pad(squares, [(0, 0)] * (len(inputs.shape) - 1) + [(radius, radius)])
        total = sum(padded[..., start : start + channels] for start in range(2 * radius + 1))
        divisor = keras.ops.power(self.bias + self.alpha * total, self.beta)
        return inputs / keras.ops.cast(divisor, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "depth_radius": self.depth_radius,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }
