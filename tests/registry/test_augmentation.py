"""Augmentation acts while learning and only then, in a compiled function as in a loop. The reference is Keras, and the input itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.graph import TensorSpec
from specc.keras_backend.build import construct
from specc.registry.entry import Mismatch, bind, find
from specc.registry.layers import LAYERS

WORDS = [*LAYERS["geometric_augmentation"], *LAYERS["color_augmentation"], *LAYERS["augmentation_policy"], "equalization"]
IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 12, 14, 3)).astype("float32")


def model_of(word: str, **arguments) -> keras.Model:
    """A functional model of one layer, as `build` makes it, and the shape that is promised."""
    entry = find("layer", word)
    params = bind(entry.params, arguments)
    image = keras.Input(IMAGES.shape[1:])
    output = construct(entry.call(params))(image)
    assert output.shape == entry.infer(params, TensorSpec((None, *IMAGES.shape[1:]))).output.shape
    return keras.Model(image, output)


def compiled(model: keras.Model, training: bool) -> np.ndarray:
    return tf.function(lambda images: model(images, training=training))(IMAGES).numpy()


# Strong enough to be seen, where the first example is not.
STRONG = {
    "random_flip": {"mode": "horizontal_and_vertical", "seed": 3},
    "random_color_degeneration": {"factor": [0.5, 0.9]},
    "random_sharpness": {"factor": [0.8, 1.0]},
    "random_grayscale": {"factor": 1.0},
    "random_saturation": {"factor": [0.8, 0.9]},
    "aug_mix": {"seed": 1, "factor": 0.9},
    "rand_augment": {"seed": 1, "factor": 0.9, "num_ops": 3},
}


@pytest.mark.parametrize("word", WORDS)
def test_augmentation_acts_only_while_learning(word: str) -> None:
    arguments = STRONG.get(word) or find("layer", word).examples[0].arguments
    keras.utils.set_random_seed(0)
    model = model_of(word, **arguments)
    np.testing.assert_array_equal(compiled(model, training=False), IMAGES)
    changed = compiled(model, training=True)
    assert changed.shape == IMAGES.shape
    assert not np.allclose(changed, IMAGES)


@pytest.mark.parametrize("word", ["auto_contrast", "contrast_limited_adaptive_histogram_equalization"])
def test_stretching_contrast_acts_always(word: str) -> None:
    model = model_of(word)
    np.testing.assert_allclose(compiled(model, training=False), compiled(model, training=True))
    assert not np.allclose(compiled(model, training=False), IMAGES)


def test_a_random_crop_is_a_part_of_the_image_and_nothing_is_cut_off_outside_of_learning() -> None:
    model = model_of("random_crop", height=5, width=7, seed=1)
    cut = compiled(model, training=True)
    places = [(top, left) for top in range(8) for left in range(8) if np.array_equal(IMAGES[:, top : top + 5, left : left + 7], cut)]
    assert len(places) == 1
    np.testing.assert_array_equal(compiled(model, training=False), IMAGES)


def test_equalization_spreads_values_and_comes_back_from_a_file(tmp_path) -> None:
    dark = IMAGES / 4
    model = model_of("equalization")
    spread = model(dark, training=True).numpy()
    assert spread.max() > 240
    assert dark.max() < 64
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(dark, training=True), spread)


def test_what_keras_cannot_load_again_is_refused() -> None:
    """Breaks when Keras mends it: then `random_shear` can take one number."""
    made = keras.layers.RandomShear(x_factor=0.2)
    with pytest.raises(TypeError, match=r"range \[0, 1.0\]"):
        keras.layers.RandomShear.from_config(made.get_config())
    entry = find("layer", "random_shear")
    with pytest.raises(Mismatch, match="cannot load a saved `random_shear`"):
        entry.infer(bind(entry.params, {"x_factor": 0.2}), TensorSpec((None, 8, 8, 3)))
