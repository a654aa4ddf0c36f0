"""Transforms of colours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf

LUMINANCE = (0.2989, 0.5870, 0.1140)  # ITU-R BT.601, as `tf.image.rgb_to_grayscale` has it


def random_color_jitter(
    image: Any,
    key: Any,
    *,
    brightness_factor: float = 0.0,
    contrast_factor: float = 0.0,
    saturation_factor: float = 0.0,
    hue_factor: float = 0.0,
    probability: float = 1.0,
) -> Any:
    """Brightness, contrast, saturation and hue changed in random order. Images of one channel have no saturation and no hue."""
    image = tf.cast(image, tf.float32)
    all_changes = [
        (brightness_factor, lambda x, change: x * (1 + change)),
        (contrast_factor, lambda x, change: tf.image.adjust_contrast(x, 1 + change)),
        (saturation_factor, lambda x, change: tf.image.adjust_saturation(x, tf.maximum(1 + change, 0.0))),
        (hue_factor, tf.image.adjust_hue),
    ]
    possible = all_changes[: 2 if image.shape[-1] == 1 else 4]
    changes = [(place, apply) for place, (factor, apply) in enumerate(possible) if factor]
    if not changes:
        return image
    draws = tf.random.stateless_uniform((9,), key, -1.0, 1.0)
    drawn = tf.unstack(draws[:4] * [factor for factor, _ in all_changes])
    order = tf.unstack(tf.argsort(draws[4 : 4 + len(changes)]))

    def changed() -> Any:
        x = image
        for chosen in order:
            x = tf.switch_case(chosen, [partial(_kept, apply, x, drawn[place]) for place, apply in changes])
        return x

    return tf.cond((draws[-1] + 1) / 2 < probability, changed, lambda: image)


def _kept(apply: Callable[[Any, Any], Any], image: Any, change: Any) -> Any:
    """An image changed, and kept within 0 and 1."""
    return tf.clip_by_value(apply(image, change), 0.0, 1.0)


def random_noise(image: Any, key: Any, *, stddev: float) -> Any:
    """Normal noise added."""
    return tf.clip_by_value(image + tf.random.stateless_normal(tf.shape(image), key, stddev=stddev), 0.0, 1.0)


def random_grayscale(image: Any, key: Any, *, factor: float = 0.5) -> Any:
    """Without colour or as it is; as many channels in both cases."""
    if image.shape[-1] == 1:
        return image

    def gray() -> Any:
        return tf.broadcast_to(tf.reduce_sum(image * LUMINANCE, axis=-1, keepdims=True), tf.shape(image))

    return tf.ensure_shape(tf.cond(tf.random.stateless_uniform((), key) < factor, gray, lambda: image), image.shape)
