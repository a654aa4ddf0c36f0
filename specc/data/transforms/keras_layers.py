"""Transforms that are Keras's preprocessing layers.

Keras's layers draw from variables of their own, so that an example would depend on what was drawn before it. Their call is
therefore taken apart: `get_random_transformation` draws, and takes a generator of seeds, which here is one of the example's
key; `transform_single_image` computes. What was found wrong with the layers of Keras 3.15 is mended in subclasses, and said there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import keras
import tensorflow as tf

from specc.data.processing import fold

Range = float | tuple[float, float]
Change = Callable[[Any], Any]

LEVELS = 255.0  # of pixels of 8 bits, in which some layers compute whatever range they are told


class Draws(keras.random.SeedGenerator):
    """Seeds that are folded from a key: the first, the second and so on."""

    def __init__(self, key: Any) -> None:  # Keras's own makes a variable
        self.key, self.count = key, 0

    def next(self, ordered: bool = True) -> Any:
        self.count += 1
        return fold(self.key, self.count)


class Solarization(keras.layers.Solarization):
    """Keras scales only the upper end of a range to 255 levels, so that [0.5, 0.5] draws from 0.5 to 127.5."""

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> dict[str, Any]:
        ranges = {"additions": self.addition_factor, "thresholds": self.threshold_factor}
        return {name: keras.random.uniform((1, 1, 1), low * LEVELS, high * LEVELS, seed=seed) for name, (low, high) in ranges.items()}


class RandomPosterization(keras.layers.RandomPosterization):
    """Keras never draws the upper end of a range."""

    def _set_factor(self, factor: int | tuple[int, int]) -> None:
        low, high = (1, factor) if isinstance(factor, int) else sorted(factor)
        self.factor = low, high if low == high else high + 1


class RandomContrast(keras.layers.RandomContrast):
    """Keras takes one number for 0 downwards, and sorts two as if they were the ends of a range."""

    def _set_factor(self, factor: Range) -> None:
        self.factor = factor if isinstance(factor, tuple) else (factor, factor)


class RandomGaussianBlur(keras.layers.RandomGaussianBlur):
    """Keras draws a deviation for each axis, refuses those above 1, and garbles a window that is not square.

    It also runs the window over both axes at once: 23 x 23 products for each pixel, where one axis after the other takes 23 + 23.
    """

    def _set_factor_by_name(self, factor: Range, name: str) -> tuple[float, float]:
        return _from_zero(factor)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> dict[str, Any]:
        chance = keras.random.uniform((), *self.factor, seed=seed)
        is_blurred = keras.random.uniform((), seed=seed) < chance
        return {"should_apply_blur": is_blurred, "blur_factor": keras.random.uniform((), *self.sigma, seed=seed)}

    def transform_images(self, images: Any, transformation: dict[str, Any], training: bool = True) -> Any:
        def blurred() -> Any:
            x, sigma = images, tf.maximum(transformation["blur_factor"], 1e-6)
            for axis, size in enumerate(self.kernel_size):
                place = tf.range(size, dtype=tf.float32) - (size - 1) / 2
                window = tf.exp(-0.5 * tf.square(place / sigma))
                shape = (size, 1, 1, 1) if axis == 0 else (1, size, 1, 1)
                window = tf.reshape(window / tf.reduce_sum(window), shape)
                x = tf.nn.depthwise_conv2d(x, tf.tile(window, (1, 1, x.shape[-1], 1)), (1, 1, 1, 1), "SAME")
            return x

        return tf.cond(transformation["should_apply_blur"], blurred, lambda: images)


class RandomErasing(keras.layers.RandomErasing):
    """Keras multiplies sizes that are only known when it runs, which are integers, with floats, and fails."""

    def _compute_crop_bounds(self, batch_size: Any, image_length: Any, crop_ratio: Any, seed: Any) -> Any:
        return super()._compute_crop_bounds(batch_size, tf.cast(image_length, self.compute_dtype), crop_ratio, seed)


def auto_contrast(image: Any, key: Any = None, *, probability: float = 1.0) -> Any:
    """Every channel from 0 to 1."""
    return _changed(image, key, probability, keras.layers.AutoContrast, LEVELS)


def equalization(image: Any, key: Any = None, *, bins: int = 256, probability: float = 1.0) -> Any:
    """A flat histogram of every channel."""
    return _changed(image, key, probability, keras.layers.Equalization, LEVELS, bins=bins)


def solarization(image: Any, key: Any, *, addition_factor: Range = 0.0, threshold_factor: Range = 0.0, probability: float = 1.0) -> Any:
    """Inverted from a threshold on."""
    factors = {"addition_factor": addition_factor, "threshold_factor": threshold_factor}
    return _changed(image, key, probability, Solarization, LEVELS, **factors)


def random_posterization(image: Any, key: Any, *, factor: int | tuple[int, int], probability: float = 1.0) -> Any:
    """Values of fewer bits."""
    return _changed(image, key, probability, RandomPosterization, LEVELS, factor=factor)


def random_sharpness(image: Any, key: Any, *, factor: Range, probability: float = 1.0) -> Any:
    """Blurred or sharpened."""
    return _changed(image, key, probability, keras.layers.RandomSharpness, factor=factor)


def random_invert(image: Any, key: Any, *, factor: Range = 1.0, probability: float = 1.0) -> Any:
    """The negative."""
    return _changed(image, key, probability, keras.layers.RandomInvert, factor=factor)


def random_gaussian_blur(
    image: Any, key: Any, *, factor: Range = 1.0, kernel_size: int | tuple[int, int] = 3, sigma: Range = 1.0, probability: float = 1.0
) -> Any:
    """Blurred by a Gaussian."""
    return _changed(image, key, probability, RandomGaussianBlur, factor=factor, kernel_size=kernel_size, sigma=sigma)


def random_erasing(
    image: Any,
    key: Any,
    *,
    factor: Range = 1.0,
    scale: Range = (0.02, 0.33),
    fill_value: float | tuple[float, ...] | None = None,
    probability: float = 1.0,
) -> Any:
    """A rectangle covered."""
    return _changed(image, key, probability, RandomErasing, factor=factor, scale=_from_zero(scale), fill_value=fill_value)


def random_color_degeneration(image: Any, key: Any, *, factor: Range, probability: float = 1.0) -> Any:
    """Faded into grey. One number would be a range about 0 to Keras, against what it says."""
    return _changed(image, key, probability, keras.layers.RandomColorDegeneration, factor=_from_zero(factor))


def random_brightness(image: Any, key: Any, *, factor: Range, probability: float = 1.0) -> Any:
    """A number added to all values."""
    return _changed(image, key, probability, keras.layers.RandomBrightness, factor=factor)


def random_contrast(image: Any, key: Any, *, factor: Range, probability: float = 1.0) -> Any:
    """Distances from the mean scaled."""
    return _changed(image, key, probability, RandomContrast, factor=factor)


def random_saturation(image: Any, key: Any, *, factor: Range, probability: float = 1.0) -> Any:
    """More or less colourful. One number would be a range about 0 to Keras, against what it says, whose lower half is grey."""
    if image.shape[-1] == 1:
        return image
    return _changed(image, key, probability, keras.layers.RandomSaturation, factor=_from_zero(factor))


def random_hue(image: Any, key: Any, *, factor: Range, probability: float = 1.0) -> Any:
    """Hues turned."""
    if image.shape[-1] == 1:
        return image
    return _changed(image, key, probability, keras.layers.RandomHue, factor=factor)


def rand_augment(
    image: Any, key: Any, *, num_ops: int = 2, factor: Range = 0.5, interpolation: str = "bilinear", probability: float = 1.0
) -> Any:
    """Operations in turn.

    Keras computes all of them for every image and drops all but one; and where one is drawn twice, its numbers are drawn once.
    """
    layer = layer_of(keras.layers.RandAugment, LEVELS, num_ops=num_ops, factor=factor, interpolation=interpolation)
    operations = [getattr(layer, name) for name in layer._AUGMENT_LAYERS]
    return _sometimes(image, key, probability, lambda x: _in_turn(operations, num_ops, x, fold(key, 1)), LEVELS)


def aug_mix(
    image: Any,
    key: Any,
    *,
    num_chains: int = 3,
    chain_depth: int = 3,
    factor: Range = 0.3,
    alpha: float = 1.0,
    all_ops: bool = True,
    interpolation: str = "bilinear",
    probability: float = 1.0,
) -> Any:
    """Mixed with what comes out of chains of operations.

    Keras draws the operations by Python's `random`, that is once, when it is traced.
    """
    layer = layer_of(keras.layers.AugMix, LEVELS, factor=factor, all_ops=all_ops, interpolation=interpolation)
    operations = [*(getattr(layer, name) for name in layer._augment_layers), None]

    def changed(x: Any) -> Any:
        share = _shares(fold(key, 1), 2, alpha)[0]
        weights = _shares(fold(key, 2), num_chains, alpha)
        one = partial(_in_turn, operations, chain_depth, x)
        chains = tf.map_fn(lambda number: weights[number] * one(fold(key, 3 + number)), tf.range(num_chains), fn_output_signature=x.dtype)
        return share * x + (1 - share) * tf.reduce_sum(chains, axis=0)

    return _sometimes(image, key, probability, changed, LEVELS)


@cache
def layer_of(kind: type, levels: float = 1.0, **arguments: Any) -> Any:
    """A layer that is made once, and outside of any graph, since it makes variables, although none is used.

    The policy of a run may be of half precision, which is for networks and not for data. Without a seed, Keras would draw one by
    Python's `random`, and what is drawn there after would depend on whether the layer was made before.
    """
    seed = {"seed": 0} if "seed" in inspect.signature(kind).parameters else {}
    with tf.init_scope():
        return kind(value_range=(0, levels), dtype="float32", **seed, **arguments)


def _changed(image: Any, key: Any, probability: float, kind: type, levels: float = 1.0, **arguments: Any) -> Any:
    """An image after a layer, or as it is."""
    layer = layer_of(kind, levels, **arguments)
    return _sometimes(image, key, probability, lambda x: _applied(layer, x, key), levels)


def _sometimes(image: Any, key: Any, probability: float, change: Change, levels: float = 1.0) -> Any:
    """An image from 0 to 1 after a change, or as it is.

    Args:
        levels: the change is of images from 0 to so many. Scaled here, by products, since of a quotient by a constant a graph
            makes a product, whose last bit is another.
    """
    image = tf.cast(image, tf.float32)
    if image.shape.rank != 3 or image.shape[-1] is None:
        raise ValueError(f"an image has height, width and a known number of channels, not the shape {image.shape}")

    def changed() -> Any:
        x = change(image * levels) * (1 / levels) if levels != 1 else change(image)
        return tf.ensure_shape(tf.clip_by_value(x, 0.0, 1.0), image.shape)

    if probability == 1:
        return changed()
    return tf.ensure_shape(tf.cond(tf.random.stateless_uniform((), fold(key, 0)) < probability, changed, lambda: image), image.shape)


def _applied(layer: Any, image: Any, key: Any) -> Any:
    """An image after a layer that draws from a key."""
    return layer.transform_single_image(image, layer.get_random_transformation(image, seed=Draws(key)))


def _in_turn(operations: Sequence[Any], count: int, image: Any, key: Any) -> Any:
    """An image after so many operations. A loop, since each step has all operations in its graph."""

    def step(place: Any, x: Any) -> tuple[Any, Any]:
        return place + 1, _one_of(operations, x, fold(key, place))

    return tf.while_loop(lambda place, x: place < count, step, (tf.constant(0), image))[1]


def _one_of(operations: Sequence[Any], image: Any, key: Any) -> Any:
    """An image after an operation that is drawn evenly. None leaves the image as it is."""
    own = fold(key, 1)
    branches = [partial(tf.identity, image) if layer is None else partial(_applied, layer, image, own) for layer in operations]
    chosen = tf.random.stateless_uniform((), fold(key, 0), 0, len(branches), tf.int32)
    return tf.ensure_shape(tf.switch_case(chosen, branches), image.shape)


def _shares(key: Any, count: int, alpha: float) -> Any:
    """Shares of a whole from Dirichlet(alpha, ..., alpha), for two of them Beta: gamma variates over their sum."""
    parts = tf.random.stateless_gamma((count,), key, alpha)
    return tf.math.divide_no_nan(parts, tf.reduce_sum(parts))


def _from_zero(factor: Range) -> tuple[float, float]:
    """A range; of one number from 0 to it."""
    return (min(factor), max(factor)) if isinstance(factor, tuple) else (0.0, factor)
