"""The way back from max-pooling with indices."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class MaxUnpooling2D(keras.layers.Layer):
    """Puts values where the indices of the paired pooling say; elsewhere are zeros.

    Where windows overlapped, several values can have the same place: they add up.

    Args:
        output_size: size before the paired pooling, one int or (height, width).

    Input shape:
        (batch, height, width, channels), and indices of that shape, each the place `y * width + x` in its channel's map

    Output shape:
        (batch, *output_size, channels)

    Reference:
        Badrinarayanan et al., SegNet, 2015, https://arxiv.org/abs/1511.00561
    """

    def __init__(self, output_size: int | tuple[int, int], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.output_size = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)

    def call(self, inputs: keras.KerasTensor, indices: keras.KerasTensor) -> keras.KerasTensor:
        batch, _, _, channels = keras.ops.shape(inputs)
        height, width = self.output_size
        # Every value has a place of its own in a vector that holds all maps of all examples.
        example = keras.ops.reshape(keras.ops.arange(batch, dtype="int32"), (-1, 1, 1, 1))
        channel = keras.ops.arange(channels, dtype="int32")
        places = (example * (height * width) + keras.ops.cast(indices, "int32")) * channels + channel
        flat = keras.ops.scatter(keras.ops.reshape(places, (-1, 1)), keras.ops.reshape(inputs, (-1,)), (batch * height * width * channels,))
        return keras.ops.reshape(flat, (-1, height, width, channels))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...], indices_shape: tuple[int | None, ...] | None = None
    ) -> tuple[int | None, ...]:
        return (input_shape[0], *self.output_size, input_shape[3])

    def compute_output_spec(self, inputs: keras.KerasTensor, indices: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "output_size": self.output_size}
