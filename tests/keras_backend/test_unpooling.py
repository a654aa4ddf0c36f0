"""Max-pooling with indices and its way back, against loops, TensorFlow's own, and each other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.keras_backend.layers.max_pooling_with_indices2d import MaxPoolingWithIndices2D
from specc.keras_backend.layers.max_unpooling2d import MaxUnpooling2D

WINDOWS = [
    ({}, (6, 8)),
    ({}, (5, 7)),
    ({"pool_size": 3, "strides": 2}, (9, 8)),
    ({"pool_size": 3, "strides": 2, "padding": "same"}, (9, 8)),
    ({"pool_size": (3, 2), "strides": (1, 2), "padding": "same"}, (4, 5)),
    ({"pool_size": 2, "strides": 3, "padding": "same"}, (7, 7)),
]


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def pooled_by_loop(x: np.ndarray, window, strides, padding: str) -> tuple[np.ndarray, np.ndarray]:
    """The definition: for each window the largest value inside the map, and where it stands."""
    batch, height, width, channels = x.shape
    size = [-(-n // s) if padding == "same" else (n - w) // s + 1 for n, w, s in zip((height, width), window, strides, strict=True)]
    total = [max((n - 1) * s + w - whole, 0) for n, w, s, whole in zip(size, window, strides, (height, width), strict=True)]
    before = [each // 2 if padding == "same" else 0 for each in total]
    values = np.zeros((batch, *size, channels), "float32")
    indices = np.zeros((batch, *size, channels), "int32")
    for b, i, j, c in np.ndindex(values.shape):
        places = [
            (y, x_)
            for y in range(i * strides[0] - before[0], i * strides[0] - before[0] + window[0])
            for x_ in range(j * strides[1] - before[1], j * strides[1] - before[1] + window[1])
            if 0 <= y < height and 0 <= x_ < width
        ]
        best = max(places, key=lambda place: x[b, place[0], place[1], c])
        values[b, i, j, c], indices[b, i, j, c] = x[b, best[0], best[1], c], best[0] * width + best[1]
    return values, indices


@pytest.mark.parametrize(("arguments", "size"), WINDOWS)
def test_values_and_indices_are_those_of_a_loop(arguments, size) -> None:
    layer = MaxPoolingWithIndices2D(**arguments)
    x = random(2, *size, 3) - 5  # below zero: what a border adds must not win
    values, indices = layer(x)
    expected = pooled_by_loop(x, layer.pool_size, layer.strides, layer.padding)
    np.testing.assert_array_equal(values, expected[0])
    np.testing.assert_array_equal(indices, expected[1])
    assert keras.backend.standardize_dtype(indices.dtype) == "int32"


@pytest.mark.parametrize(("arguments", "size"), WINDOWS)
def test_pooling_agrees_with_keras_and_with_tensorflow(arguments, size) -> None:
    layer = MaxPoolingWithIndices2D(**arguments)
    x = random(2, *size, 3, seed=1)
    values, indices = layer(x)
    np.testing.assert_array_equal(values, keras.layers.MaxPooling2D(**arguments)(x))
    _, counted = tf.nn.max_pool_with_argmax(x, layer.pool_size, layer.strides, layer.padding.upper())
    np.testing.assert_array_equal(indices, counted // 3)  # TensorFlow's index counts channels too


def test_of_equal_values_the_first_one_counts() -> None:
    _, indices = MaxPoolingWithIndices2D()(np.zeros((1, 4, 4, 1), "float32"))
    np.testing.assert_array_equal(np.asarray(indices)[0, :, :, 0], [[0, 2], [8, 10]])


@pytest.mark.parametrize("size", [(6, 8), (5, 7)])
def test_unpooling_puts_every_value_back(size) -> None:
    """Windows do not overlap, so what comes back are the largest values at their places, and zeros."""
    x = random(3, *size, 2, seed=2)
    values, indices = MaxPoolingWithIndices2D()(x)
    back = np.asarray(MaxUnpooling2D(size)(values, indices))
    expected = np.zeros_like(x)
    for b, i, j, c in np.ndindex(*values.shape):
        y, x_ = divmod(int(indices[b, i, j, c]), size[1])
        expected[b, y, x_, c] = values[b, i, j, c]
    np.testing.assert_array_equal(back, expected)
    assert np.count_nonzero(back) == np.size(values)


def test_values_of_one_place_add_up() -> None:
    values = np.array([[[[1.0]], [[2.0]]]], "float32")
    back = MaxUnpooling2D(2)(values, np.full((1, 2, 1, 1), 3, "int32"))
    np.testing.assert_array_equal(np.asarray(back)[0, :, :, 0], [[0, 0], [0, 3]])


def model(shape=(6, 8, 3)) -> keras.Model:
    inputs = keras.Input(shape)
    values, indices = MaxPoolingWithIndices2D(name="pool")(inputs)
    return keras.Model(inputs, MaxUnpooling2D((6, 8), name="unpool")(values, indices))


def test_a_saved_model_gives_the_same(tmp_path) -> None:
    made = model()
    assert made.output_shape == (None, 6, 8, 3)
    made.save(tmp_path / "model.keras")
    x = random(2, 6, 8, 3)
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(x), made(x))


def test_sizes_that_are_known_late_are_taken() -> None:
    x = random(2, 6, 8, 3)
    np.testing.assert_array_equal(model((None, None, 3))(x), model()(x))


def test_half_precision_keeps_its_place() -> None:
    x = random(2, 6, 8, 3)
    values, indices = MaxPoolingWithIndices2D(dtype="mixed_float16")(x)
    back = MaxUnpooling2D((6, 8), dtype="mixed_float16")(values, indices)
    assert [keras.backend.standardize_dtype(each.dtype) for each in (values, indices, back)] == ["float16", "int32", "float16"]
    np.testing.assert_allclose(np.asarray(back, "float32"), model()(x), rtol=2e-3)


def test_it_compiles_and_gradients_go_where_the_values_came_from() -> None:
    """Under XLA, where `max_pool_with_argmax` does not compile on a CPU. d/dx of sum(y^2) is 2x at the largest values."""
    x = tf.constant(random(2, 6, 8, 3))
    made = model()

    @tf.function(jit_compile=True)
    def step():
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(made(x) ** 2)
        return tape.gradient(loss, x)

    np.testing.assert_allclose(step(), 2 * made(x), rtol=1e-6)
