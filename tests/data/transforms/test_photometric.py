"""Transforms that are Keras's layers: against these layers, against NumPy, and that they depend on nothing but the key."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.data.processing import fold
from specc.data.transforms import keras_layers
from specc.graph import TensorSpec
from specc.registry.data.fields import Field, Kind
from specc.registry.data.mismatches import mismatches
from specc.registry.data.pipeline import Pipeline
from specc.registry.data.transforms.photometric import Photometric
from specc.registry.data.transforms.transform import transform_params
from specc.registry.entry import Choice, bind, entries

COLOURS = np.random.default_rng(0).uniform(0.1, 0.7, (9, 7, 3)).astype("float32")
EIGHT_BITS = (np.random.default_rng(1).integers(30, 200, (9, 7, 3)) / 255).astype("float32")
RAMP = (np.arange(256, dtype="float32") / 255).reshape(16, 16, 1)  # every value of 8 bits
COUNT = 200
WORDS = [name for name, entry in entries("transform").items() if issubclass(entry.params, Photometric)]
POLICIES = ("rand_augment", "aug_mix")
EXAMPLES = [(word, example) for word in WORDS for example in entries("transform")[word].examples[: 1 if word in POLICIES else 3]]

# A graph joins constants by which Keras multiplies a draw one after the other: the last bit of the product is another.
ROUNDED = ("random_saturation", *POLICIES)


def chosen(word: str, arguments: Any) -> Choice:
    return bind(Pipeline, {"source": "digits", "transforms": [{word: arguments}]}).transforms[0]


def changed(choice: Choice, image: Any, key: Any) -> Any:
    """An image after a transform."""
    arguments = {name: value for name, value in vars(choice.params).items() if name != "field"}
    return getattr(keras_layers, choice.name)(image, key, **arguments)


def apply(word: str, image: Any, key: Any, **arguments: Any) -> Any:
    return changed(chosen(word, arguments), tf.convert_to_tensor(image), tf.constant(key)).numpy()


def drawn(word: str, image: np.ndarray, count: int = COUNT, **arguments: Any) -> np.ndarray:
    """What a transform makes of an image with each of many keys."""
    choice = chosen(word, arguments)

    @tf.function
    def of_all(keys: Any) -> Any:
        return tf.map_fn(lambda key: changed(choice, tf.constant(image), key), keys, fn_output_signature=tf.float32)

    return of_all(tf.constant([[seed, 7] for seed in range(count)])).numpy()


def by_keras(name: str, image: Any, key: Any, **arguments: Any) -> np.ndarray:
    """What Keras's own call makes of an image, with the layer's generator set to a key."""
    layer = getattr(keras.layers, name)(value_range=(0, 1), **arguments)
    if hasattr(layer, "generator"):
        layer.generator = keras_layers.Draws(key)
    return layer(tf.convert_to_tensor(image), training=True).numpy()


COVERED = {"factor": [0.5, 1.0], "scale": [0.2, 0.6], "fill_value": [0.1, 0.2, 0.3]}
SAME: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("auto_contrast", {}, "AutoContrast", {}),
    ("equalization", {}, "Equalization", {}),
    ("equalization", {"bins": 40}, "Equalization", {"bins": 40}),
    ("solarization", {}, "Solarization", {}),
    ("solarization", {"addition_factor": 0.3}, "Solarization", {"addition_factor": 0.3}),
    ("solarization", {"threshold_factor": 0.6}, "Solarization", {"threshold_factor": 0.6}),
    ("random_posterization", {"factor": [3, 6]}, "RandomPosterization", {"factor": (3, 7)}),
    ("random_posterization", {"factor": 3}, "RandomPosterization", {"factor": 4}),
    ("random_sharpness", {"factor": [0.1, 0.9]}, "RandomSharpness", {"factor": (0.1, 0.9)}),
    ("random_sharpness", {"factor": 0.9}, "RandomSharpness", {"factor": 0.9}),
    ("random_invert", {}, "RandomInvert", {}),
    ("random_invert", {"factor": [0.2, 0.6]}, "RandomInvert", {"factor": (0.2, 0.6)}),
    ("random_erasing", {}, "RandomErasing", {}),
    ("random_erasing", COVERED, "RandomErasing", COVERED),
    ("random_color_degeneration", {"factor": 0.7}, "RandomColorDegeneration", {"factor": (0.0, 0.7)}),
    ("random_brightness", {"factor": 0.5}, "RandomBrightness", {"factor": 0.5}),
    ("random_brightness", {"factor": [-0.3, 0.1]}, "RandomBrightness", {"factor": (-0.3, 0.1)}),
    ("random_contrast", {"factor": 0.6}, "RandomContrast", {"factor": (0.6, 0.6)}),
    ("random_contrast", {"factor": [0.2, 0.6]}, "RandomContrast", {"factor": (0.2, 0.6)}),
    ("random_saturation", {"factor": 0.9}, "RandomSaturation", {"factor": (0.0, 0.9)}),
    ("random_hue", {"factor": 0.5}, "RandomHue", {"factor": 0.5}),
]


@pytest.mark.parametrize(("word", "arguments", "layer", "own"), SAME, ids=[f"{word} {arguments}" for word, arguments, *_ in SAME])
def test_the_layer_itself_gives_the_same_with_the_same_draws(word: str, arguments: Any, layer: str, own: dict[str, Any]) -> None:
    for seed in range(5):
        found = apply(word, EIGHT_BITS, [seed, 3], **arguments)
        expected = by_keras(layer, EIGHT_BITS, tf.constant([seed, 3]), **own)
        np.testing.assert_allclose(found, np.clip(expected, 0, 1), atol=1e-6)


def test_blur_is_that_of_the_layer_where_both_axes_have_one_deviation() -> None:
    """A window over both axes at once against one axis after the other: sums of 81 products in another order."""
    layer = keras.layers.RandomGaussianBlur(factor=(1, 1), kernel_size=9, value_range=(0, 1))
    ours = keras_layers.RandomGaussianBlur(kernel_size=9, sigma=(0.5, 3.0))
    for seed in range(5):
        sigma = ours.get_random_transformation(COLOURS, seed=keras_layers.Draws(tf.constant([seed, 3])))["blur_factor"]
        both = {"should_apply_blur": tf.constant([True]), "blur_factor": tf.stack([sigma, sigma])}
        expected = layer.transform_single_image(tf.constant(COLOURS), both).numpy()
        found = apply("random_gaussian_blur", COLOURS, [seed, 3], factor=[1, 1], kernel_size=9, sigma=[0.5, 3])
        np.testing.assert_allclose(found, expected, atol=1e-6)
        assert np.abs(found - COLOURS).max() > 0.05


@pytest.mark.parametrize(("sigma", "ends"), [([1.5, 4.0], (1.5, 4.0)), (3.0, (0.0, 3.0))])
def test_blur_is_equally_wide_along_both_axes(sigma: Any, ends: tuple[float, float]) -> None:
    """What a point becomes has the variance of the Gaussian; a narrow one falls between the pixels."""
    point = np.zeros((61, 61, 1), "float32")
    point[30, 30] = 1
    places = np.arange(61) - 30.0
    found = drawn("random_gaussian_blur", point, factor=[1.0, 1.0], kernel_size=51, sigma=sigma)[..., 0]
    down, across = (np.sqrt((found.sum(axis) * places**2).sum(-1)) for axis in (2, 1))
    np.testing.assert_allclose(down, across, rtol=1e-4, atol=1e-6)
    within(down, *ends)


def test_blur_has_a_window_of_height_and_width_and_keeps_white() -> None:
    point = np.zeros((61, 61, 1), "float32")
    point[30, 30] = 1
    tall = apply("random_gaussian_blur", point, [0, 0], factor=[1, 1], kernel_size=[5, 1], sigma=[2, 2])[..., 0]
    assert [np.count_nonzero(tall.any(axis)) for axis in (1, 0)] == [5, 1]
    white = drawn("random_gaussian_blur", np.ones_like(point), factor=[1.0, 1.0], kernel_size=9, sigma=[0.5, 3])
    np.testing.assert_allclose(white[:, 8:-8, 8:-8], 1, atol=1e-6)
    assert white.max() <= 1  # the sum of a window is rounded


@pytest.mark.parametrize("image", [COLOURS, EIGHT_BITS, EIGHT_BITS[..., :1]], ids=["floats", "8 bits", "grey"])
def test_auto_contrast_stretches_each_channel(image: np.ndarray) -> None:
    low, high = image.min((0, 1)), image.max((0, 1))
    np.testing.assert_allclose(apply("auto_contrast", image, [0, 0]), (image - low) / (high - low), atol=1e-6)
    flat = np.full((3, 4, 3), [0.0, 0.4, 1.0], "float32")
    np.testing.assert_allclose(apply("auto_contrast", flat, [0, 0]), flat, atol=1e-6)


def test_equalization_is_the_share_of_pixels_that_are_as_dark() -> None:
    """Each level becomes the number of pixels up to it, without those of the lowest level, as a share of the rest."""
    expected = np.empty_like(EIGHT_BITS)
    levels = np.round(EIGHT_BITS * 255).astype(int)
    for channel in range(3):
        plane = levels[..., channel]
        lowest = (plane == plane.min()).sum()
        for place in np.ndindex(plane.shape):
            share = ((plane <= plane[place]).sum() - lowest) / (plane.size - lowest)
            expected[(*place, channel)] = np.round(255 * share) / 255
    np.testing.assert_allclose(apply("equalization", EIGHT_BITS, [0, 0]), expected, atol=1e-6)
    np.testing.assert_allclose(drawn("equalization", RAMP, 1)[0], RAMP, atol=1e-6)  # flat already, and no level is lost to rounding


def test_solarization_inverts_from_the_threshold_on() -> None:
    np.testing.assert_allclose(
        apply("solarization", RAMP, [0, 0], threshold_factor=[0.5, 0.5]), np.where(RAMP < 0.5, RAMP, 1 - RAMP), atol=1e-6
    )
    np.testing.assert_allclose(apply("solarization", RAMP, [0, 0]), 1 - RAMP, atol=1e-6)
    added = np.minimum(RAMP + 0.25, 1)
    found = apply("solarization", RAMP, [0, 0], addition_factor=[0.25, 0.25], threshold_factor=[0.6, 0.6])
    np.testing.assert_allclose(found, np.where(added < 0.6, added, 1 - added), atol=1e-6)


def test_thresholds_are_within_their_range() -> None:
    found = drawn("solarization", RAMP, threshold_factor=[0.4, 0.8])
    thresholds = np.where(np.abs(found - RAMP) < 1e-5, 0, 1).reshape(COUNT, -1).argmax(1) / 255
    assert 0.4 <= thresholds.min() < 0.42
    assert 0.78 < thresholds.max() <= 0.81


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_posterization_leaves_the_highest_bits(bits: int) -> None:
    levels = np.arange(256).reshape(RAMP.shape)
    found = apply("random_posterization", RAMP, [0, 0], factor=[bits, bits])
    np.testing.assert_allclose(found, (levels >> (8 - bits) << (8 - bits)) / 255, atol=1e-6)


@pytest.mark.parametrize(("factor", "bits"), [([3, 6], {3, 4, 5, 6}), (3, {1, 2, 3})])
def test_every_number_of_bits_is_drawn(factor: Any, bits: set[int]) -> None:
    found = Counter(int(np.log2(len(np.unique(each)))) for each in drawn("random_posterization", RAMP, factor=factor))
    assert set(found) == bits
    assert min(found.values()) > 0.6 * COUNT / len(bits)


def test_inverting() -> None:
    np.testing.assert_allclose(apply("random_invert", COLOURS, [0, 0], factor=[1, 1]), 1 - COLOURS, atol=1e-6)
    for factor, share in (([0.2, 0.2], 0.2), (1.0, 0.5)):
        found = drawn("random_invert", COLOURS, factor=factor)
        inverted = np.abs(found - COLOURS).max((1, 2, 3)) > 1e-3
        np.testing.assert_allclose(found[inverted], np.broadcast_to(1 - COLOURS, found[inverted].shape), atol=1e-6)
        assert abs(inverted.mean() - share) < 0.1


def within(found: np.ndarray, low: float, high: float) -> None:
    """Draws fill their range: none lies outside, and the ends are nearly reached."""
    assert low - 1e-4 <= found.min() < low + 0.05 * (high - low)
    assert high - 0.05 * (high - low) < found.max() <= high + 1e-4


@pytest.mark.parametrize(("factor", "ends"), [(0.1, (-0.1, 0.1)), ([-0.1, 0.05], (-0.1, 0.05))])
def test_brightness_adds_one_number(factor: Any, ends: tuple[float, float]) -> None:
    added = drawn("random_brightness", COLOURS, factor=factor) - COLOURS
    assert np.ptp(added, axis=(1, 2, 3)).max() < 1e-6
    within(added.mean((1, 2, 3)), *ends)


@pytest.mark.parametrize(("factor", "ends"), [(0.3, (0.7, 1.3)), ([0.5, 0.2], (0.5, 1.2)), ([0.0, 0.3], (1.0, 1.3))])
def test_contrast_scales_the_distances_from_the_mean(factor: Any, ends: tuple[float, float]) -> None:
    found, mean = drawn("random_contrast", COLOURS, factor=factor), COLOURS.mean((0, 1))
    ratios = ((found - mean) * (COLOURS - mean)).sum((1, 2, 3)) / ((COLOURS - mean) ** 2).sum()
    np.testing.assert_allclose(found, mean + (COLOURS - mean) * ratios[:, None, None, None], atol=1e-5)
    within(ratios, *ends)


def test_degeneration_fades_into_grey() -> None:
    grey = (COLOURS * [0.2989, 0.587, 0.114]).sum(-1, keepdims=True)  # ITU-R 601, as Keras has it
    found = drawn("random_color_degeneration", COLOURS, factor=0.8)
    shares = ((found - COLOURS) * (grey - COLOURS)).sum((1, 2, 3)) / ((grey - COLOURS) ** 2).sum()
    np.testing.assert_allclose(found, COLOURS + shares[:, None, None, None] * (grey - COLOURS), atol=1e-5)
    within(shares, 0, 0.8)


def test_saturation_is_scaled_and_value_kept() -> None:
    """Saturation is (max - min) / max, and value is max. One number as a factor goes from grey to itself, not to below."""

    def saturation(x: np.ndarray) -> np.ndarray:
        return 1 - x.min(-1) / x.max(-1)

    pale = 0.5 + 0.2 * (COLOURS - 0.4)
    found = drawn("random_saturation", pale, factor=0.6)
    np.testing.assert_allclose(found.max(-1), np.broadcast_to(pale.max(-1), found.shape[:-1]), atol=1e-5)
    ratios = saturation(found) / saturation(pale)
    assert np.ptp(ratios, axis=(1, 2)).max() < 1e-3
    factors = ratios.mean((1, 2))
    within(factors / (1 + factors), 0, 0.6)


def test_hue_is_turned_either_way_up_to_half_the_factor() -> None:
    pure = np.zeros((1, 1, 3), "float32")
    pure[..., 0] = 1  # red, at hue 0: a turn by less than a sixth of the circle shows in green or in blue alone
    found = drawn("random_hue", pure, factor=0.3)[:, 0, 0]
    turns = np.where(found[:, 1] > 0, found[:, 1], -found[:, 2]) / 6
    within(turns, -0.15, 0.15)


def test_sharpness_goes_from_blurred_to_sharpened() -> None:
    """In the middle of an image, the blurred version has 5/13 of a pixel and 1/13 of each neighbour."""
    blurred = sum(np.roll(COLOURS, (y, x), (0, 1)) * (5 if y == x == 0 else 1) / 13 for y in (-1, 0, 1) for x in (-1, 0, 1))
    found, inner = drawn("random_sharpness", 0.3 + COLOURS * 0.3, factor=[0.2, 0.8])[:, 1:-1, 1:-1], np.s_[1:-1, 1:-1]
    edges = 0.3 * (blurred - COLOURS)[inner]
    strengths = ((found - 0.3 - 0.3 * COLOURS[inner]) * edges).sum((1, 2, 3)) / (edges**2).sum()
    np.testing.assert_allclose(found, 0.3 + 0.3 * COLOURS[inner] + strengths[:, None, None, None] * edges, atol=1e-5)
    within((1 - strengths) / 2, 0.2, 0.8)


def test_erasing_covers_a_rectangle_of_the_size_that_is_asked() -> None:
    blank = np.zeros((100, 50, 1), "float32")
    found = drawn("random_erasing", blank, factor=[1, 1], scale=[0.04, 0.25], fill_value=0.5)[..., 0]
    assert set(np.unique(found)) == {np.float32(0), np.float32(0.5)}
    rows, columns = (found.any(axis).sum(-1) for axis in (2, 1))
    assert (found.astype(bool).sum((1, 2)) == rows * columns).all()
    assert 19 <= rows.min() < 23
    assert 47 < rows.max() <= 51
    assert len({tuple(np.argwhere(each)[0]) for each in found}) > 150  # places
    coloured = partial(changed, chosen("random_erasing", COVERED))
    anywhere = tf.function(coloured, input_signature=(tf.TensorSpec((None, None, 3)), tf.TensorSpec((2,), tf.int32)))
    np.testing.assert_array_equal(anywhere(COLOURS, [1, 1]), coloured(COLOURS, tf.constant([1, 1])))
    noise = drawn("random_erasing", blank, 3, factor=[1, 1], scale=[0.25, 0.25])
    assert all(len(np.unique(each)) > 100 for each in noise)


@pytest.mark.parametrize(("word", "probability"), [("auto_contrast", 0.0), ("solarization", 0.2), ("aug_mix", 0.3), ("solarization", 1.0)])
def test_a_share_of_images_is_changed(word: str, probability: float) -> None:
    share = (drawn(word, COLOURS, probability=probability) != COLOURS).any((1, 2, 3)).mean()
    assert abs(share - probability) <= 0.1 * (0 < probability < 1)


@pytest.mark.parametrize(("word", "example"), EXAMPLES, ids=[f"{word} {example}" for word, example in EXAMPLES])
def test_results_depend_on_the_key_alone(word: str, example: dict[str, Any]) -> None:
    """In a graph whose images have no known size as at once, twice the same, and within 0 and 1."""
    choice = chosen(word, example)
    for image in (EIGHT_BITS, COLOURS[..., :1]):
        signature = (tf.TensorSpec((None, None, image.shape[-1])), tf.TensorSpec((2,), tf.int32))
        graph = tf.function(partial(changed, choice), input_signature=signature)
        found = np.stack([graph(image, tf.constant([seed, 3])) for seed in range(24)])
        at_once = [apply(word, image, [seed, 3], **example) for seed in range(3)]
        np.testing.assert_allclose(found[:3], at_once, rtol=0, atol=1e-5 if word in ROUNDED else 0)
        np.testing.assert_array_equal(graph(image, tf.constant([2, 3])), found[2])
        assert found.shape == (24, *image.shape)
        assert found.dtype == np.float32
        assert found.min() >= 0
        assert found.max() <= 1
        colourless = word in ("random_saturation", "random_hue", "random_color_degeneration") and image.shape[-1] == 1
        varies = transform_params(choice).random and (word, example) != ("solarization", {}) and not colourless
        assert np.ptp(found, axis=0).any() == varies


def steps(layer: Any, names: list[str | None], image: Any, key: Any, count: int) -> tuple[list[dict[str, Any]], Any]:
    """The operations that are drawn for an image, as Keras writes down what it has drawn, and what becomes of the image."""
    taken = []
    for place in range(count):
        own = fold(key, place)
        name = names[int(tf.random.stateless_uniform((), fold(own, 0), 0, len(names), tf.int32))]
        if name is not None:
            operation = getattr(layer, name)
            draws = operation.get_random_transformation(image, seed=keras_layers.Draws(fold(own, 1)))
            taken.append({"layer_name": name, "transformation": draws})
            image = operation.transform_single_image(image, draws)
    return taken, image


def test_rand_augment_gives_what_keras_keeps_of_all_operations() -> None:
    layer = keras.layers.RandAugment(value_range=(0, 255), num_ops=1, factor=0.4)
    names = layer._AUGMENT_LAYERS
    for seed in range(5):
        image = tf.constant(EIGHT_BITS * 255)
        for step in steps(layer, names, image, fold(tf.constant([seed, 3]), 1), 2)[0]:
            all_draws = {name: getattr(layer, name).get_random_transformation(image) for name in names}
            all_draws[step["layer_name"]] = step["transformation"]
            own = {"layer_idxes": [names.index(step["layer_name"])], "transforms": all_draws}
            image = layer.transform_single_image(image, own)
        found = apply("rand_augment", EIGHT_BITS, [seed, 3], factor=0.4)
        np.testing.assert_allclose(found, np.clip(image / 255, 0, 1), atol=1e-6)


@pytest.mark.parametrize("all_ops", [False, True])
def test_aug_mix_gives_what_keras_makes_of_the_same_operations(all_ops: bool) -> None:
    layer = keras.layers.AugMix(value_range=(0, 255), all_ops=all_ops)
    names, image = [*layer._augment_layers, None], tf.constant(EIGHT_BITS * 255)
    for seed in range(3):
        key = tf.constant([seed, 3])
        parts, weights = (tf.random.stateless_gamma((count,), fold(key, number), 1.0).numpy() for number, count in ((1, 2), (2, 3)))
        own = {
            "weight_sample": parts[0] / parts.sum(),
            "chain_mixing_weights": weights / weights.sum(),
            "chain_transforms": [steps(layer, names, image, fold(key, 3 + chain), 3)[0] for chain in range(3)],
        }
        found = apply("aug_mix", EIGHT_BITS, [seed, 3], all_ops=all_ops)
        np.testing.assert_allclose(found, layer.transform_single_image(image, own) / 255, atol=2e-6)


class Marked:
    """An operation that leaves its number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def get_random_transformation(self, image: Any, seed: Any) -> Any:
        return keras.random.uniform((), seed=seed)

    def transform_single_image(self, image: Any, drawn: Any) -> Any:
        return tf.ones_like(image) * self.number + 0.5 * drawn


def test_operations_are_drawn_evenly() -> None:
    operations = [Marked(1), Marked(2), Marked(3), None]
    one = tf.function(lambda key: keras_layers._one_of(operations, tf.zeros((1, 1, 1)), key)[0, 0, 0])
    found = np.array([one(tf.constant([seed, 7])) for seed in range(400)])
    assert set(np.floor(found)) == {0, 1, 2, 3}
    assert all(70 < count < 130 for count in Counter(np.floor(found)).values())
    assert len(np.unique(found)) > 250  # each draws from the key of its step


def test_steps_have_operations_of_their_own() -> None:
    """Of three steps among two operations, all eight sequences come out."""
    operations = [Added(1), Added(2)]
    run = tf.function(lambda key: keras_layers._in_turn(operations, 3, tf.zeros((1, 1, 1)), key)[0, 0, 0])
    found = Counter(int(run(tf.constant([seed, 7]))) for seed in range(400))
    assert set(found) == {111, 112, 121, 122, 211, 212, 221, 222}
    assert all(25 < count < 80 for count in found.values())


class Added(Marked):
    """An operation that leaves its number behind those before it."""

    def transform_single_image(self, image: Any, drawn: Any) -> Any:
        return 10 * image + self.number


def test_what_is_surely_done_is_no_random_transform() -> None:
    """A pipeline does it once, not in every epoch."""
    for word in ("auto_contrast", "equalization"):
        assert not transform_params(chosen(word, {})).random
        assert transform_params(chosen(word, {"probability": 0.5})).random


def test_layers_leave_no_trace() -> None:
    """Neither in Python's generator, which draws the seeds of a network's layers, nor do they take over its precision."""
    before = random.getstate()
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        for arguments in ({"factor": 0.123}, {"factor": 0.123, "interpolation": "nearest"}):
            found = apply("rand_augment", COLOURS, [1, 1], **arguments)
            assert found.dtype == np.float32
            assert len(np.unique(found)) > 100
    finally:
        keras.config.set_dtype_policy(policy)
    assert random.getstate() == before
    arguments = {"num_ops": 2, "factor": 0.123, "interpolation": "bilinear"}
    layer = keras_layers.layer_of(keras.layers.RandAugment, 255.0, **arguments)
    assert layer is keras_layers.layer_of(keras.layers.RandAugment, 255.0, **arguments)
    assert layer.random_contrast.compute_dtype == "float32"


def image_of(*shape: int | None, kind: Kind = "image") -> Field:
    return Field(TensorSpec((None, *shape)), kind=kind)


@pytest.mark.parametrize(
    ("word", "arguments", "fields", "message"),
    [
        ("random_hue", {"factor": 0.1}, {"image": image_of(4, 4, 2)}, "`random_hue` takes images of 1 or 3 channels, but `image` is"),
        ("rand_augment", {}, {"image": image_of(None, None, 4)}, "`rand_augment` takes images of 1 or 3 channels"),
        ("random_erasing", {"fill_value": [0, 0, 0]}, {"image": image_of(4, 4, 1)}, "`random_erasing` has three numbers as `fill_value`"),
        ("random_gaussian_blur", {"kernel_size": 4}, {"image": image_of(4, 4, 1)}, "`random_gaussian_blur` has a window of 4 pixels"),
        (
            "random_invert",
            {},
            {"image": image_of(4, kind="value")},
            "`random_invert` changes the colours of an image, but `image` is (?, 4)",
        ),
        (
            "aug_mix",
            {},
            {"image": image_of(4, 4, 3), "boxes": image_of(None, 4, kind="boxes"), "mask": image_of(4, 4, kind="mask")},
            "`aug_mix` moves pixels, and `boxes` and `mask` would not follow",
        ),
    ],
)
def test_what_does_not_fit_is_told_before_data_are_read(word: str, arguments: Any, fields: Any, message: str) -> None:
    pipeline = bind(Pipeline, {"source": "digits", "transforms": [{word: arguments}]})
    (found,) = mismatches(pipeline, fields)
    assert found[1].startswith(message)


def test_boxes_stay_where_colours_change() -> None:
    fields = {"image": image_of(4, 4, 3), "boxes": image_of(None, 4, kind="boxes")}
    for word in set(WORDS) - set(POLICIES):
        given = {parameter: 1 for parameter, declared in entries("transform")[word].params.parameters.items() if declared.required}
        assert not list(mismatches(bind(Pipeline, {"source": "digits", "transforms": [{word: given}]}), fields))


@pytest.mark.parametrize("shape", [(4, 4, None), (4,), (2, 4, 4, 3)])
def test_what_is_no_image_is_told_when_it_is_traced(shape: Any) -> None:
    dataset = tf.data.Dataset.from_generator(list, output_signature=tf.TensorSpec(shape))
    with pytest.raises(ValueError, match="an image has height, width and a known number of channels, not the shape"):
        dataset.map(lambda image: keras_layers.equalization(image))
