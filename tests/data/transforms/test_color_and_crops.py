"""The augmentations of contrastive learning: what they may change, how far, and how often."""

import numpy as np
import pytest
import tensorflow as tf

from specc.data.moves import moved_image, sizes_of
from specc.data.transforms import geometric
from specc.data.transforms.color import random_color_jitter, random_grayscale

KEYS = [[seed, 7] for seed in range(200)]
COLOURS = np.random.default_rng(0).uniform(0.2, 0.6, (5, 4, 3)).astype("float32")
LUMINANCE = [0.2989, 0.587, 0.114]  # ITU-R 601, as TensorFlow has it
RAMP = np.stack(np.meshgrid(np.arange(60.0), np.arange(40.0), indexing="ij"), axis=-1).astype("float32")  # each pixel tells its place


def random_resized_crop(image, key, **given):
    image = tf.convert_to_tensor(image)
    return moved_image(image, geometric.random_resized_crop(sizes_of(image), key, **given))


def drawn(transform, image, count: int = 200, **given) -> np.ndarray:
    """What a transform makes of an image with each of the keys."""

    @tf.function
    def of_all(keys):
        return tf.map_fn(lambda key: transform(tf.constant(image), key, **given), keys, fn_output_signature=tf.float32)

    return of_all(tf.constant(KEYS[:count])).numpy()


def test_crops_have_the_sizes_and_shapes_that_are_asked() -> None:
    """A crop brought to one pixel a corner tells where it began and ended: `nearest` takes pixels of the image as they are."""
    areas, shapes = [], []
    for part in drawn(random_resized_crop, RAMP, size=(120, 120), scale=(0.2, 0.6), ratio=(0.5, 2.0), interpolation="nearest"):
        height, width = (part[..., axis].max() - part[..., axis].min() + 1 for axis in (0, 1))
        areas.append(height * width / (60 * 40))
        shapes.append(width / height)
    assert 0.18 < min(areas) < 0.25
    assert 0.55 < max(areas) < 0.62
    assert 0.45 < min(shapes) < 0.6
    assert 1.6 < max(shapes) < 2.2
    # Shapes are drawn evenly from 1/2 to 2: a third of them is tall, and more where wide ones did not fit.
    assert 50 < sum(shape < 1 for shape in shapes) < 130


def test_a_crop_is_a_part_of_the_image_resized() -> None:
    whole = random_resized_crop(RAMP, KEYS[0], size=(30, 20), scale=(1.0, 1.0), ratio=(40 / 60, 40 / 60))
    np.testing.assert_allclose(whole, RAMP.reshape(30, 2, 20, 2, 2).mean((1, 3)), atol=1e-4)
    places = drawn(random_resized_crop, RAMP, size=1, scale=(0.1, 0.1), interpolation="nearest")
    assert len(np.unique(places.reshape(-1, 2), axis=0)) > 150


def test_where_no_crop_fits_it_is_the_whole_image() -> None:
    part = random_resized_crop(RAMP, KEYS[0], size=(60, 40), scale=(1.0, 1.0), ratio=(4.0, 4.0), interpolation="nearest").numpy()
    np.testing.assert_array_equal(part, RAMP)


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_jitter_changes_its_share_of_images(probability: float) -> None:
    found = drawn(random_color_jitter, COLOURS, brightness_factor=0.3, probability=probability) != COLOURS
    assert abs(found.any(axis=(1, 2, 3)).mean() - probability) < 0.1 * (0 < probability < 1) + 0.01


def test_jitter_of_brightness_multiplies() -> None:
    factors = drawn(random_color_jitter, COLOURS, brightness_factor=0.4) / COLOURS
    assert np.ptp(factors, axis=(1, 2, 3)).max() < 1e-5
    assert 0.6 - 1e-5 <= factors.min() < 0.65
    assert 1.35 < factors.max() <= 1.4 + 1e-5


def test_jitter_of_contrast_keeps_the_mean_of_each_channel() -> None:
    for found in drawn(random_color_jitter, COLOURS, 20, contrast_factor=0.4):
        np.testing.assert_allclose(found.mean((0, 1)), COLOURS.mean((0, 1)), atol=1e-5)
        ratio = (found - found.mean((0, 1))) / (COLOURS - COLOURS.mean((0, 1)))
        assert np.ptp(ratio) < 1e-2
        assert 0.6 - 1e-3 <= ratio.mean() <= 1.4 + 1e-3


def test_jitter_of_saturation_and_hue_keeps_the_value() -> None:
    """The value of hue, saturation, value is the largest of the three colours."""
    for arguments in ({"saturation_factor": 0.5}, {"hue_factor": 0.1}):
        found = drawn(random_color_jitter, COLOURS, 20, **arguments)
        assert all(np.allclose(each.max(-1), COLOURS.max(-1), atol=1e-4) for each in found)
        assert not any(np.allclose(each, COLOURS, atol=1e-3) for each in found[:3])


def test_jitter_keeps_within_0_and_1() -> None:
    bright = drawn(random_color_jitter, COLOURS, 50, brightness_factor=3.0)
    assert bright.min() >= 0
    assert bright.max() == 1


def test_jitter_comes_in_every_order() -> None:
    """What is cut off at 1 in between tells brightness before contrast from contrast before brightness. The same keys draw the same."""
    brightness = (drawn(random_color_jitter, COLOURS * 0.2, 50, brightness_factor=0.9) / COLOURS / 0.2).mean((1, 2, 3))
    pale = 0.4 + (COLOURS - 0.4) * 0.1
    contrast = drawn(random_color_jitter, pale, 50, contrast_factor=0.9)
    contrast = ((contrast - pale.mean((0, 1))) / (pale - pale.mean((0, 1)))).mean((1, 2, 3))
    found = drawn(random_color_jitter, COLOURS, 50, brightness_factor=0.9, contrast_factor=0.9)

    def brighter(x, factor):
        return np.clip(x * factor, 0, 1)

    def starker(x, factor):
        return np.clip((x - x.mean((0, 1))) * factor + x.mean((0, 1)), 0, 1)

    first = [np.allclose(one, starker(brighter(COLOURS, b), c), atol=1e-3) for one, b, c in zip(found, brightness, contrast, strict=True)]
    last = [np.allclose(one, brighter(starker(COLOURS, c), b), atol=1e-3) for one, b, c in zip(found, brightness, contrast, strict=True)]
    assert all(np.logical_or(first, last))
    assert not all(first)
    assert not all(last)


def test_jitter_takes_images_without_colour() -> None:
    gray = COLOURS[..., :1]
    found = random_color_jitter(gray, KEYS[0], brightness_factor=0.4, contrast_factor=0.4, saturation_factor=0.4, hue_factor=0.1)
    assert found.shape == gray.shape


@pytest.mark.parametrize("factor", [0.0, 0.2, 1.0])
def test_grayscale_takes_the_colour_of_its_share_of_images(factor: float) -> None:
    expected = np.repeat((COLOURS * LUMINANCE).sum(-1, keepdims=True), 3, axis=-1)
    gray = 0
    for found in drawn(random_grayscale, COLOURS, factor=factor):
        assert np.allclose(found, expected, atol=1e-3) or np.array_equal(found, COLOURS)
        gray += not np.array_equal(found, COLOURS)
    assert abs(gray / len(KEYS) - factor) < 0.1 * (0 < factor < 1) + 0.001


def test_the_same_key_gives_the_same() -> None:
    arguments = {"brightness_factor": 0.4, "contrast_factor": 0.4, "saturation_factor": 0.4, "hue_factor": 0.1}
    for transform, given in ((random_color_jitter, arguments), (random_resized_crop, {"size": 3}), (random_grayscale, {})):
        np.testing.assert_array_equal(transform(COLOURS, KEYS[5], **given), transform(COLOURS, KEYS[5], **given))
