"""Our own Keras layers: shapes, numbers, configuration, mixed precision and saved models."""

import ast
import math
from pathlib import Path

import keras
import numpy as np
import pytest

from specc.keras_backend import layers
from specc.keras_backend.layers.activation_function import ActivationFunction
from specc.keras_backend.layers.class_token import ClassToken
from specc.keras_backend.layers.local_response_normalization import LocalResponseNormalization
from specc.keras_backend.layers.position_embedding import PositionEmbedding
from specc.keras_backend.layers.scale import Scale
from specc.keras_backend.layers.sinusoidal_position_encoding import SinusoidalPositionEncoding
from specc.keras_backend.layers.weight_normalized_dense import WeightNormalizedDense

CASES = [
    pytest.param(ActivationFunction, {"function": "gelu", "approximate": True}, (5, 4), (5, 4), id="activation_function"),
    pytest.param(ClassToken, {"initializer": "random_normal"}, (5, 4), (6, 4), id="class_token"),
    pytest.param(PositionEmbedding, {"length": 7}, (5, 4), (5, 4), id="position_embedding"),
    pytest.param(PositionEmbedding, {"length": 10, "grid": (3, 3)}, (5, 4), (5, 4), id="position_embedding_of_a_grid"),
    pytest.param(WeightNormalizedDense, {"units": 3, "kernel_initializer": "he_normal"}, (5, 4), (5, 3), id="weight_normalized_dense"),
    pytest.param(LocalResponseNormalization, {"depth_radius": 2, "alpha": 0.1}, (3, 2, 6), (3, 2, 6), id="local_response_normalization"),
    pytest.param(Scale, {"initializer": "random_normal"}, (3, 2, 6), (3, 2, 6), id="scale"),
    pytest.param(SinusoidalPositionEncoding, {"max_wavelength": 50.0}, (5, 4), (5, 4), id="sinusoidal_position_encoding"),
]


def random(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).normal(size=shape)).astype("float32")


@pytest.mark.parametrize(("layer", "arguments", "shape", "output"), CASES)
def test_shapes_are_promised_and_kept(layer, arguments, shape, output) -> None:
    made = layer(**arguments)
    assert made.compute_output_shape((None, *shape)) == (None, *output)
    assert made(keras.Input(shape)).shape == (None, *output)
    assert made(random(2, *shape)).shape == (2, *output)


@pytest.mark.parametrize(("layer", "arguments", "shape", "output"), CASES)
def test_unknown_lengths_are_taken(layer, arguments, shape, output) -> None:
    inputs = keras.Input((None, *shape[1:]))
    model = keras.Model(inputs, layer(**arguments)(inputs))
    assert model.output_shape[1] is None
    assert model(random(2, *shape)).shape == (2, *output)


@pytest.mark.parametrize(("layer", "arguments", "shape", "output"), CASES)
def test_a_saved_model_gives_the_same(layer, arguments, shape, output, tmp_path) -> None:
    inputs = keras.Input(shape)
    model = keras.Model(inputs, layer(name="ours", **arguments)(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = random(2, *shape)
    np.testing.assert_array_equal(model(x), again(x))
    assert again.get_layer("ours").get_config() == model.get_layer("ours").get_config()


@pytest.mark.parametrize(("layer", "arguments", "shape", "output"), CASES)
def test_mixed_precision_computes_in_half_and_stores_in_full(layer, arguments, shape, output) -> None:
    made = layer(dtype="mixed_float16", **arguments)
    x = random(2, *shape)
    result = made(x)
    assert keras.backend.standardize_dtype(result.dtype) == "float16"
    assert all(weight.dtype == "float32" for weight in made.weights)
    full = layer(**arguments)
    full.build((None, *shape))
    full.set_weights(made.get_weights())
    # Half precision has 11 significant bits.
    np.testing.assert_allclose(np.asarray(result, "float32"), full(x), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(("layer", "arguments", "shape", "output"), CASES)
def test_gradients_reach_input_and_weights_when_compiled(layer, arguments, shape, output) -> None:
    import tensorflow as tf

    made = layer(**arguments)
    x = tf.constant(random(2, *shape))
    made(x)

    @tf.function(jit_compile=True)
    def step():
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(made(x) ** 2)
        return tape.gradient(loss, [x, *made.trainable_variables])

    for gradient in step():
        assert np.all(np.isfinite(gradient))
        assert np.any(np.asarray(gradient) != 0)


def test_class_token_is_in_front() -> None:
    layer = ClassToken(initializer="random_normal")
    x = random(2, 5, 4)
    result = np.asarray(layer(x))
    np.testing.assert_array_equal(result[:, 1:], x)
    for example in range(2):
        np.testing.assert_array_equal(result[example, 0], np.asarray(layer.token)[0, 0])


def test_positions_are_added_in_order() -> None:
    layer = PositionEmbedding(7)
    x = random(2, 5, 4)
    result = np.asarray(layer(x))
    table = np.asarray(layer.positions)
    for example in range(2):
        for place in range(5):
            np.testing.assert_allclose(result[example, place], x[example, place] + table[place], rtol=1e-6)


def test_positions_start_small_and_differ() -> None:
    layer = PositionEmbedding(500)
    layer.build((None, 500, 64))
    assert np.std(layer.positions) == pytest.approx(0.02, rel=0.05)


def test_a_sequence_without_positions_is_refused() -> None:
    with pytest.raises(ValueError, match="at most length=4"):
        PositionEmbedding(4).build((None, 5, 8))


@pytest.mark.parametrize(("height", "width", "apart", "side"), [(4, 4, 1, 7), (4, 4, 0, 3), (3, 5, 2, 6), (4, 4, 1, 4)])
def test_positions_of_a_grid_are_found_between_those_learned(height: int, width: int, apart: int, side: int) -> None:
    """As Keras resizes, bicubic. TensorFlow looks weights up in a table of 1/1024, hence the tolerance."""
    layer = PositionEmbedding(apart + height * width, grid=(height, width))
    x = random(2, apart + side * side, 6)
    added = np.asarray(layer(x)) - x
    table = np.asarray(layer.positions)
    np.testing.assert_allclose(added[0], added[1], atol=1e-6)
    np.testing.assert_allclose(added[0, :apart], table[:apart], atol=1e-6)
    cells = table[apart:].reshape(1, height, width, 6)
    resized = np.asarray(keras.ops.image.resize(cells, (side, side), interpolation="bicubic", antialias=False))
    np.testing.assert_allclose(added[0, apart:], resized.reshape(-1, 6), atol=1e-4)


def test_the_usual_size_has_the_positions_as_they_are() -> None:
    layer = PositionEmbedding(17, grid=4)
    zeros = np.zeros((1, 17, 8), "float32")
    np.testing.assert_array_equal(np.asarray(layer(zeros))[0], np.asarray(layer.positions))


def test_a_grid_larger_than_the_positions_is_refused() -> None:
    with pytest.raises(ValueError, match="at most length=8 cells"):
        PositionEmbedding(8, grid=3)


def test_weights_of_length_1_give_cosines() -> None:
    layer = WeightNormalizedDense(3, kernel_initializer="random_normal")
    x = random(4, 5)
    found, kernel = np.asarray(layer(x)), np.asarray(layer.kernel)
    np.testing.assert_allclose(found, x @ (kernel / np.linalg.norm(kernel, axis=0)), atol=1e-5)
    layer.kernel.assign(7 * layer.kernel)
    np.testing.assert_allclose(np.asarray(layer(x)), found, atol=1e-5)  # lengths do not count


@pytest.mark.parametrize(("width", "wavelength"), [(8, 10000.0), (7, 10000.0), (6, 20.0)])
def test_sinusoids_are_vaswanis_formula(width: int, wavelength: float) -> None:
    """Against a loop over the formula of section 3.5, at 1e-5: sines at even channels, cosines at odd ones."""
    length = 50
    x = random(2, length, width)
    expected = x.copy()
    for place in range(length):
        for channel in range(width):
            angle = place / wavelength ** ((channel - channel % 2) / width)
            expected[:, place, channel] += math.sin(angle) if channel % 2 == 0 else math.cos(angle)
    np.testing.assert_allclose(SinusoidalPositionEncoding(wavelength)(x), expected, atol=1e-5)


def test_sinusoids_tell_far_positions_apart_in_half_precision() -> None:
    """Beyond 2048 half precision has no odd numbers: positions must not be computed in it."""
    zeros = np.zeros((1, 3000, 2), "float32")
    half = np.asarray(SinusoidalPositionEncoding(dtype="mixed_float16")(zeros), "float32")
    np.testing.assert_allclose(half, SinusoidalPositionEncoding()(zeros), atol=1e-3)


def test_scale_multiplies_every_channel_by_its_own_number() -> None:
    layer = Scale(initializer=keras.initializers.Constant(20))
    x = random(2, 3, 3, 4)
    np.testing.assert_allclose(layer(x), 20 * x, rtol=1e-6)
    layer.set_weights([np.array([1.0, 2.0, 3.0, 4.0])])
    np.testing.assert_allclose(layer(x), x * [1.0, 2.0, 3.0, 4.0], rtol=1e-6)


@pytest.mark.parametrize("radius", [0, 1, 2, 5, 9])
def test_local_response_is_krizhevskys_formula(radius: int) -> None:
    """Against a loop over the formula of section 3.3, at 1e-5."""
    bias, alpha, beta = 2.0, 0.3, 0.75
    x = random(2, 3, 2, 6, scale=3.0)
    expected = np.empty_like(x)
    for place in np.ndindex(x.shape[:-1]):
        for channel in range(6):
            neighbours = x[place][max(0, channel - radius) : channel + radius + 1]
            expected[place][channel] = x[place][channel] / (bias + alpha * sum(value**2 for value in neighbours)) ** beta
    layer = LocalResponseNormalization(radius, bias=bias, alpha=alpha, beta=beta)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5)


def test_local_response_is_tensorflows() -> None:
    import tensorflow as tf

    x = random(2, 4, 4, 16, scale=5.0)
    expected = tf.nn.local_response_normalization(x, depth_radius=5, bias=1.0, alpha=1e-4, beta=0.75)
    np.testing.assert_allclose(LocalResponseNormalization()(x), expected, rtol=1e-5)


def test_local_response_survives_large_activations_in_half_precision() -> None:
    """300 squared is beyond the largest number of half precision, 65504."""
    x = np.full((1, 2, 2, 8), 300.0, "float32")
    result = np.asarray(LocalResponseNormalization(dtype="mixed_float16")(x), "float32")
    assert np.all(np.isfinite(result))
    np.testing.assert_allclose(result, LocalResponseNormalization()(x), rtol=2e-3)


FILES = sorted(path for path in Path(layers.__file__).parent.glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_can_be_pasted_into_emitted_source(path: Path) -> None:
    """It imports Keras and the standard library, and its classes are registered; a layer from scratch says all about itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))}
    assert "import keras" in imports
    assert imports <= {"import keras", "import math", "from typing import Any"}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in classes:
        assert [ast.unparse(each) for each in node.decorator_list] == ["keras.saving.register_keras_serializable(package='specc')"]
    last = classes[-1]
    methods = {node.name for node in last.body if isinstance(node, ast.FunctionDef)}
    if not ast.get_docstring(last).startswith("Keras's layer"):
        assert {"get_config", "compute_output_shape", "call"} <= methods
        text = ast.get_docstring(last)
        assert all(part in text for part in ("Input shape:", "Output shape:", "Reference:"))
    else:  # Keras's layer, mended
        assert methods
        assert "Keras 3.15" in ast.get_docstring(last)
