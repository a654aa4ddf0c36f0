"""Transforms: functions of one tensor of one example. Random ones also take a key, shape (2,), and give the same for the same key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Size = int | tuple[int, int]


def resize(image: Any, *, size: Size, interpolation: str = "bilinear", antialias: bool = False) -> Any:
    """The image in another size; channels stay."""
    return tf.image.resize(image, _pair(size), method=interpolation, antialias=antialias)


def center_crop(image: Any, *, size: Size) -> Any:
    """The middle of an image."""
    height, width = _pair(size)
    top, left = (tf.shape(image)[0] - height) // 2, (tf.shape(image)[1] - width) // 2
    return _cut(image, top, left, height, width)


def rescaling(x: Any, *, scale: float, offset: float = 0.0) -> Any:
    """x * scale + offset."""
    return tf.cast(x, tf.float32) * scale + offset


def normalize(x: Any, *, mean: list[float], std: list[float]) -> Any:
    """(x - mean) / std by channel."""
    return (tf.cast(x, tf.float32) - tf.constant(mean, tf.float32)) / tf.constant(std, tf.float32)


def one_hot(labels: Any, *, classes: int) -> Any:
    """Integers as vectors."""
    return tf.one_hot(tf.cast(labels, tf.int32), classes)


def random_flip(image: Any, key: Any, *, mode: str = "horizontal") -> Any:
    """Mirrored or not, each with probability 1/2 and each direction for itself."""
    draws = tf.random.stateless_uniform((2,), key)
    if "horizontal" in mode:
        image = tf.cond(draws[0] < 0.5, lambda: tf.reverse(image, [1]), lambda: image)
    if "vertical" in mode:
        image = tf.cond(draws[1] < 0.5, lambda: tf.reverse(image, [0]), lambda: image)
    return image


def random_crop(image: Any, key: Any, *, size: Size, padding: int = 0) -> Any:
    """A part from a random place."""
    if padding:
        image = tf.pad(image, [[padding, padding], [padding, padding], [0, 0]])
    height, width = _pair(size)
    room = tf.shape(image)[:2] - (height, width)
    place = tf.cast(tf.random.stateless_uniform((2,), key) * tf.cast(room + 1, tf.float32), tf.int32)
    return _cut(image, place[0], place[1], height, width)


def random_resized_crop(
    image: Any,
    key: Any,
    *,
    size: Size,
    scale: Sequence[float] = (0.08, 1.0),
    ratio: Sequence[float] = (3 / 4, 4 / 3),
    interpolation: str = "bilinear",
) -> Any:
    """A part of random size, shape and place, brought to one size. Of ten draws the first that fits into the image counts."""
    height, width = _sizes(image)
    draws = tf.random.stateless_uniform((10, 4), key)
    area = height * width * (scale[0] + draws[:, 0] * (scale[1] - scale[0]))
    shape = tf.exp(np.log(ratio[0]) + draws[:, 1] * (np.log(ratio[1]) - np.log(ratio[0])))
    heights, widths = tf.round(tf.sqrt(area / shape)), tf.round(tf.sqrt(area * shape))
    chosen = tf.argmax(tf.cast((heights <= height) & (widths <= width), tf.int32))
    part = tf.clip_by_value(tf.stack([heights[chosen], widths[chosen]]), 1.0, tf.stack([height, width]))
    place = tf.floor(draws[chosen, 2:] * (tf.stack([height, width]) - part + 1))
    top, left, rows, columns = tf.unstack(tf.cast(tf.concat([place, part], axis=0), tf.int32))
    return tf.image.resize(image[top : top + rows, left : left + columns], _pair(size), method=interpolation)


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
    draws = tf.random.stateless_uniform((9,), key, -1.0, 1.0)
    changes = [
        lambda x: x * (1 + draws[0] * brightness_factor),
        lambda x: tf.image.adjust_contrast(x, 1 + draws[1] * contrast_factor),
        lambda x: tf.image.adjust_saturation(x, tf.maximum(1 + draws[2] * saturation_factor, 0.0)),
        lambda x: tf.image.adjust_hue(x, draws[3] * hue_factor),
    ][: 2 if image.shape[-1] == 1 else 4]
    order = tf.argsort(draws[4 : 4 + len(changes)])

    def changed() -> Any:
        x = image
        for place in range(len(changes)):
            here = [lambda change=change, x=x: tf.clip_by_value(change(x), 0.0, 1.0) for change in changes]
            x = tf.switch_case(order[place], here)
        return x

    return tf.cond((draws[8] + 1) / 2 < probability, changed, lambda: image)


def random_grayscale(image: Any, key: Any, *, factor: float = 0.5) -> Any:
    """Without colour or as it is; as many channels in both cases."""
    if image.shape[-1] == 1:
        return image
    gray = lambda: tf.broadcast_to(tf.image.rgb_to_grayscale(image), tf.shape(image))  # noqa: E731
    return tf.ensure_shape(tf.cond(tf.random.stateless_uniform((), key) < factor, gray, lambda: image), image.shape)


def random_translation(image: Any, key: Any, *, height_factor: float, width_factor: float, fill_mode: str = "constant") -> Any:
    """Shifted by a random part of its size."""
    height, width = _sizes(image)
    draws = tf.random.stateless_uniform((2,), key, -1.0, 1.0)
    return _projected(image, [1.0, 0.0, draws[1] * width_factor * width, 0.0, 1.0, draws[0] * height_factor * height], fill_mode)


def random_rotation(image: Any, key: Any, *, factor: float, fill_mode: str = "constant") -> Any:
    """Turned about its middle."""
    angle = tf.random.stateless_uniform((), key, -1.0, 1.0) * (factor * 2 * np.pi)
    cos, sin = tf.cos(angle), tf.sin(angle)
    height, width = _sizes(image)
    y, x = (height - 1) / 2, (width - 1) / 2
    return _projected(image, [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y], fill_mode)


def random_zoom(image: Any, key: Any, *, factor: float, fill_mode: str = "constant") -> Any:
    """Scaled about its middle."""
    scale = 1 / tf.random.stateless_uniform((), key, 1 - factor, 1 + factor)
    height, width = _sizes(image)
    return _projected(image, [scale, 0.0, (1 - scale) * (width - 1) / 2, 0.0, scale, (1 - scale) * (height - 1) / 2], fill_mode)


def _projected(image: Any, rows: list[Any], fill_mode: str) -> Any:
    """The image whose place (x, y) has what is at (a x + b y + c, d x + e y + f), between pixels bilinearly."""
    transform = tf.stack([tf.cast(value, tf.float32) for value in (*rows, 0.0, 0.0)])
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None],
        transforms=transform[None],
        output_shape=tf.shape(image)[:2],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode=fill_mode.upper(),
    )
    return tf.ensure_shape(moved[0], image.shape)


def _cut(image: Any, top: Any, left: Any, height: int, width: int) -> Any:
    if any(size is not None and size < wanted for size, wanted in zip(image.shape, (height, width))):
        raise ValueError(f"an image of {image.shape} has no part of {height} by {width}")
    return tf.ensure_shape(tf.slice(image, [top, left, 0], [height, width, -1]), (height, width, image.shape[-1]))


def _pair(size: Size) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _sizes(image: Any) -> tuple[Any, Any]:
    return tf.cast(tf.shape(image)[0], tf.float32), tf.cast(tf.shape(image)[1], tf.float32)
