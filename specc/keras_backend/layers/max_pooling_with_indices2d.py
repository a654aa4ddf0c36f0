"""Max-pooling that also tells where the largest values stood."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class MaxPoolingWithIndices2D(keras.layers.Layer):
    """The largest value under a window, channel by channel, and where it stood.

    An index is the place in its channel's map, `y * width + x`, as in PyTorch's `max_pool2d`; TensorFlow's
    `max_pool_with_argmax` counts channels too: `(y * width + x) * channels + channel`, and does not compile under XLA on a
    CPU. Of equal values the first one counts.

    Args:
        pool_size: window, one int or (height, width).
        strides: step of the window; None takes the window's size.
        padding: `valid`, or `same`, which lets the window stand over the border.

    Input shape:
        (batch, height, width, channels)

    Output shape:
        (batch, height', width', channels) twice: the values, and their indices in int32

    Reference:
        Badrinarayanan et al., SegNet, 2015, https://arxiv.org/abs/1511.00561
    """

    def __init__(
        self,
        pool_size: int | tuple[int, int] = 2,
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = (pool_size, pool_size) if isinstance(pool_size, int) else tuple(pool_size)
        step = self.pool_size if strides is None else strides
        self.strides = (step, step) if isinstance(step, int) else tuple(step)
        self.padding = padding

    def call(self, inputs: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        pooled = keras.ops.max_pool(inputs, self.pool_size, self.strides, self.padding, "channels_last")
        _, height, width, _ = keras.ops.shape(inputs)
        _, rows, columns, _ = keras.ops.shape(pooled)
        (top, bottom), (left, right) = self._border(height, rows, 0), self._border(width, columns, 1)
        padded = keras.ops.pad(inputs, [(0, 0), (top, bottom), (left, right), (0, 0)], constant_values=float("-inf"))

        # The values at each place of the window, for all windows at once: a strided slice for each place.
        places = [(y, x) for y in range(self.pool_size[0]) for x in range(self.pool_size[1])]
        values = [padded[:, y :: self.strides[0], x :: self.strides[1]][:, :rows, :columns] for y, x in places]
        winner = keras.ops.cast(keras.ops.argmax(keras.ops.stack(values), axis=0), "int32")

        starts_y = keras.ops.reshape(keras.ops.arange(rows, dtype="int32") * self.strides[0] - top, (1, -1, 1, 1))
        starts_x = keras.ops.reshape(keras.ops.arange(columns, dtype="int32") * self.strides[1] - left, (1, 1, -1, 1))
        y = keras.ops.clip(starts_y + winner // self.pool_size[1], 0, height - 1)
        x = keras.ops.clip(starts_x + winner % self.pool_size[1], 0, width - 1)
        return pooled, y * width + x

    def _border(self, size: int, windows: int, axis: int) -> tuple[int, int]:
        """What `same` pads before and behind, and `valid` behind, so that every window is whole."""
        missing = (windows - 1) * self.strides[axis] + self.pool_size[axis] - size
        missing = max(missing, 0) if isinstance(missing, int) else keras.ops.maximum(missing, 0)
        before = missing // 2 if self.padding == "same" else 0
        return before, missing - before

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[tuple[int | None, ...], ...]:
        sizes = [
            None if size is None else -(-(size if self.padding == "same" else size - window + 1) // step)
            for size, window, step in zip(input_shape[1:3], self.pool_size, self.strides, strict=True)
        ]
        shape = (input_shape[0], *sizes, input_shape[3])
        return shape, shape

    def compute_output_spec(self, inputs: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        pooled, indices = self.compute_output_shape(inputs.shape)
        return keras.KerasTensor(pooled, self.compute_dtype), keras.KerasTensor(indices, "int32")

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
