"""The augmentations of contrastive learning: what they may change, how far, and how often."""

import numpy as np
import pytest

from specc.data.transforms import random_color_jitter, random_grayscale, random_resized_crop

KEYS = [[seed, 7] for seed in range(200)]
COLOURS = np.random.default_rng(0).uniform(0.2, 0.6, (5, 4, 3)).astype("float32")
LUMINANCE = [0.2989, 0.587, 0.114]  # ITU-R 601, as TensorFlow has it
RAMP = np.stack(np.meshgrid(np.arange(60.0), np.arange(40.0), indexing="ij"), axis=-1).astype("float32")  # each pixel tells its place


def test_crops_have_the_sizes_and_shapes_that_are_asked() -> None:
    """A crop brought to one pixel a corner tells where it began and ended: `nearest` takes pixels of the image as they are."""
    areas, shapes = [], []
    for key in KEYS:
        part = random_resized_crop(RAMP, key, size=(120, 120), scale=(0.2, 0.6), ratio=(0.5, 2.0), interpolation="nearest").numpy()
        height, width = (part[..., axis].max() - part[..., axis].min() + 1 for axis in (0, 1))
        areas.append(height * width / (60 * 40))
        shapes.append(width / height)
    assert 0.18 < min(areas) < 0.25
    assert 0.55 < max(areas) < 0.62
    assert 0.45 < min(shapes) < 0.6
    assert 1.6 < max(shapes) < 2.2
    # Shapes are drawn evenly in the logarithm: as many wide ones as tall ones, but for those that did not fit.
    assert 60 < sum(shape < 1 for shape in shapes) < 140


def test_a_crop_is_a_part_of_the_image_resized() -> None:
    whole = random_resized_crop(RAMP, KEYS[0], size=(30, 20), scale=(1.0, 1.0), ratio=(40 / 60, 40 / 60))
    np.testing.assert_allclose(whole, RAMP.reshape(30, 2, 20, 2, 2).mean((1, 3)), atol=1e-4)
    places = {tuple(random_resized_crop(RAMP, key, size=1, scale=(0.1, 0.1), interpolation="nearest").numpy().ravel()) for key in KEYS}
    assert len(places) > 150


def test_a_crop_that_fits_nowhere_is_as_large_as_can_be() -> None:
    part = random_resized_crop(RAMP, KEYS[0], size=(10, 40), scale=(1.0, 1.0), ratio=(4.0, 4.0), interpolation="nearest").numpy()
    assert part[..., 1].max() - part[..., 1].min() == 39


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_jitter_changes_its_share_of_images(probability: float) -> None:
    found = [not np.array_equal(random_color_jitter(COLOURS, key, brightness_factor=0.3, probability=probability), COLOURS) for key in KEYS]
    assert abs(np.mean(found) - probability) < 0.1 * (0 < probability < 1) + 0.01


def test_jitter_of_brightness_multiplies() -> None:
    factors = [np.asarray(random_color_jitter(COLOURS, key, brightness_factor=0.4)) / COLOURS for key in KEYS]
    assert all(np.ptp(each) < 1e-5 for each in factors)
    assert 0.6 <= min(map(np.min, factors)) < 0.65
    assert 1.35 < max(map(np.max, factors)) <= 1.4 + 1e-5


def test_jitter_of_contrast_keeps_the_mean_of_each_channel() -> None:
    for key in KEYS[:20]:
        found = np.asarray(random_color_jitter(COLOURS, key, contrast_factor=0.4))
        np.testing.assert_allclose(found.mean((0, 1)), COLOURS.mean((0, 1)), atol=1e-5)
        ratio = (found - found.mean((0, 1))) / (COLOURS - COLOURS.mean((0, 1)))
        assert np.ptp(ratio) < 1e-2
        assert 0.6 - 1e-3 <= ratio.mean() <= 1.4 + 1e-3


def test_jitter_of_saturation_and_hue_keeps_the_value() -> None:
    """The value of hue, saturation, value is the largest of the three colours."""
    for arguments in ({"saturation_factor": 0.5}, {"hue_factor": 0.1}):
        found = [np.asarray(random_color_jitter(COLOURS, key, **arguments)) for key in KEYS[:20]]
        assert all(np.allclose(each.max(-1), COLOURS.max(-1), atol=1e-4) for each in found)
        assert not any(np.allclose(each, COLOURS, atol=1e-3) for each in found[:3])


def test_jitter_keeps_within_0_and_1_and_comes_in_every_order() -> None:
    bright = np.asarray([random_color_jitter(COLOURS, key, brightness_factor=3.0) for key in KEYS[:50]])
    assert bright.min() >= 0
    assert bright.max() == 1
    # Brightness before contrast is not contrast before brightness, once values are cut off at 1.
    pictures = {np.asarray(random_color_jitter(COLOURS, key, brightness_factor=0.9, contrast_factor=0.9)).tobytes() for key in KEYS[:20]}
    assert len(pictures) == 20


def test_jitter_takes_images_without_colour() -> None:
    gray = COLOURS[..., :1]
    found = random_color_jitter(gray, KEYS[0], brightness_factor=0.4, contrast_factor=0.4, saturation_factor=0.4, hue_factor=0.1)
    assert found.shape == gray.shape


@pytest.mark.parametrize("factor", [0.0, 0.2, 1.0])
def test_grayscale_takes_the_colour_of_its_share_of_images(factor: float) -> None:
    expected = np.repeat((COLOURS * LUMINANCE).sum(-1, keepdims=True), 3, axis=-1)
    gray = 0
    for key in KEYS:
        found = np.asarray(random_grayscale(COLOURS, key, factor=factor))
        assert np.allclose(found, expected, atol=1e-3) or np.array_equal(found, COLOURS)
        gray += not np.array_equal(found, COLOURS)
    assert abs(gray / len(KEYS) - factor) < 0.1 * (0 < factor < 1) + 0.001


def test_the_same_key_gives_the_same() -> None:
    arguments = {"brightness_factor": 0.4, "contrast_factor": 0.4, "saturation_factor": 0.4, "hue_factor": 0.1}
    for transform, given in ((random_color_jitter, arguments), (random_resized_crop, {"size": 3}), (random_grayscale, {})):
        np.testing.assert_array_equal(transform(COLOURS, KEYS[5], **given), transform(COLOURS, KEYS[5], **given))
