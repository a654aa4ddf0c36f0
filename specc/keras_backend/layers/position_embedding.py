"""Learned positions, added to a sequence."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class PositionEmbedding(keras.layers.Layer):
    """Adds a learned vector for every position to a sequence.

    With a grid the last positions are those of its cells, row by row, and those before belong to what has no place, such as a
    class token. A sequence of another length is that of another square grid then, and gets positions between those learned,
    by bicubic interpolation.

    Args:
        length: number of positions; without a grid, the longest sequence.
        initializer: initial vectors; None draws normal values of standard deviation 0.02.
        grid: height and width of the grid, in cells; None for none.

    Input shape:
        (batch, length, width); without a grid also a shorter sequence, which gets the first positions, with one also that of a
        square grid of another size

    Output shape:
        as the input

    Reference:
        Dosovitskiy et al., An image is worth 16x16 words, 2020, https://arxiv.org/abs/2010.11929
    """

    def __init__(self, length: int, initializer: object = None, grid: tuple[int, int] | int | None = None, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.length = length
        self.initializer = keras.initializers.get(initializer) or keras.initializers.RandomNormal(stddev=0.02)
        self.grid = (grid, grid) if isinstance(grid, int) else None if grid is None else (grid[0], grid[1])
        if self.grid is not None and self.grid[0] * self.grid[1] > length:
            raise ValueError(f"Expected a grid of at most length={length} cells. Received: grid={grid}")
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        length, width = input_shape[1:]
        if self.grid is None and length is not None and length > self.length:
            raise ValueError(f"Expected a sequence of at most length={self.length}. Received: input_shape={input_shape}")
        self.positions = self.add_weight(name="positions", shape=(self.length, width), initializer=self.initializer)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return inputs + keras.ops.cast(self._positions(inputs), inputs.dtype)

    def _positions(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        positions, length = keras.ops.convert_to_tensor(self.positions), keras.ops.shape(inputs)[1]
        if self.grid is None:
            return positions[:length]
        if inputs.shape[1] == self.length:
            return positions
        apart = self.length - self.grid[0] * self.grid[1]
        side = keras.ops.cast(keras.ops.round(keras.ops.sqrt(keras.ops.cast(length - apart, "float32"))), "int32")
        cells = keras.ops.reshape(positions[apart:], (*self.grid, -1))
        between = keras.ops.einsum("yh,xw,hwc->yxc", _bicubic(self.grid[0], side), _bicubic(self.grid[1], side), cells)
        return keras.ops.concatenate([positions[:apart], keras.ops.reshape(between, (-1, positions.shape[-1]))], axis=0)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, object]:
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "length": self.length, "initializer": initializer, "grid": self.grid}


def _bicubic(old: int, new: keras.KerasTensor) -> keras.KerasTensor:
    """What each old cell counts for each new one, shape (new, old), centres aligned; rows sum up to 1 (Keys, 1981, a = -1/2)."""
    scale = old / keras.ops.cast(new, "float32")
    places = (keras.ops.arange(new, dtype="float32") + 0.5) * scale - 0.5
    far = keras.ops.abs(places[:, None] - keras.ops.arange(old, dtype="float32"))
    near = (1.5 * far - 2.5) * far**2 + 1
    beyond = ((-0.5 * far + 2.5) * far - 4) * far + 2
    weights = keras.ops.where(far <= 1, near, keras.ops.where(far < 2, beyond, 0.0))
    return weights / keras.ops.sum(weights, axis=1, keepdims=True)
