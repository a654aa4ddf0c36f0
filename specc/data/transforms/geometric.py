"""Geometric transforms: from the size of an image, and a key, to the moves of its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.moves import Affine, Flipped, Move, Part, Scaled, Sizes, Window

Size = int | tuple[int, int]


def resize(sizes: Sizes, *, size: Size, mode: str = "stretch", interpolation: str = "bilinear", antialias: bool = False) -> list[Move]:
    """To a size: stretched, whole with borders, or with the shorter side as long as asked."""
    height, width = _pair(size)
    if mode == "stretch":
        return [Scaled(sizes, height, width, interpolation, antialias)]
    ratios = tf.stack([height / sizes[0], width / sizes[1]])
    ratio = tf.reduce_max(ratios) if mode == "shorter_side" else tf.reduce_min(ratios)
    rows, columns = (tf.maximum(tf.cast(tf.round(each * ratio), tf.int32), 1) for each in sizes)
    scaled = Scaled(sizes, rows, columns, interpolation, antialias)
    if mode == "shorter_side":
        return [scaled]
    return [scaled, Window(-((height - rows) // 2), -((width - columns) // 2), height, width)]


def center_crop(sizes: Sizes, *, size: Size) -> list[Move]:
    """The middle."""
    height, width = _pair(size)
    rows, columns = _whole(sizes)
    return [_cut((rows - height) // 2, (columns - width) // 2, (height, width), sizes)]


def pad(sizes: Sizes, *, size: Size) -> list[Move]:
    """The image in the corner of a larger one."""
    height, width = _pair(size)
    rows, columns = _whole(sizes)
    message = "an image is larger than `pad` makes it:"
    if any(isinstance(size, int) and size > wanted for size, wanted in zip((rows, columns), (height, width))):
        raise ValueError(f"{message} {rows} by {columns}")
    fits = tf.debugging.Assert((rows <= height) & (columns <= width), [message, rows, "by", columns])
    with tf.control_dependencies([fits] if fits is not None else []):
        return [Window(tf.identity(0), tf.identity(0), height, width)]


def random_flip(sizes: Sizes, key: Any, *, mode: str = "horizontal") -> list[Move]:
    """Mirrored or not, each with probability 1/2 and each direction for itself."""
    draws = tf.random.stateless_uniform((2,), key) < 0.5
    return [Flipped(sizes, draws[0] if "horizontal" in mode else False, draws[1] if "vertical" in mode else False)]


def random_crop(sizes: Sizes, key: Any, *, size: Size, padding: int = 0) -> list[Move]:
    """A part from a random place."""
    height, width = _pair(size)
    rows, columns = _whole(sizes)
    room = tf.stack([rows + 2 * padding - height, columns + 2 * padding - width])
    place = tf.cast(tf.random.stateless_uniform((2,), key) * tf.cast(room + 1, tf.float32), tf.int32) - padding
    return [_cut(place[0], place[1], (height, width), sizes, padding)]


def random_resized_crop(
    sizes: Sizes,
    key: Any,
    *,
    size: Size,
    scale: Sequence[float] = (0.08, 1.0),
    ratio: Sequence[float] = (3 / 4, 4 / 3),
    interpolation: str = "bilinear",
    antialias: bool = False,
) -> list[Move]:
    """A part of random size, shape and place, brought to one size. Of ten draws the first that fits counts, else the whole."""
    rows, columns = _whole(sizes)
    start, part, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.stack([rows, columns, 3]),
        tf.zeros((1, 0, 4)),
        seed=key,
        area_range=scale,
        aspect_ratio_range=ratio,
        max_attempts=10,
        use_image_if_no_bounding_boxes=True,
    )
    cut = Part(start, part)
    return [cut, Scaled(cut.sizes(sizes), *_pair(size), interpolation, antialias)]


def random_translation(sizes: Sizes, key: Any, *, height_factor: float, width_factor: float, fill_mode: str = "constant") -> list[Move]:
    """Shifted by a random part of its size."""
    draws = tf.random.stateless_uniform((2,), key, -1.0, 1.0)
    return [Affine([1.0, 0.0, draws[1] * width_factor * sizes[1], 0.0, 1.0, draws[0] * height_factor * sizes[0]], fill_mode)]


def random_rotation(sizes: Sizes, key: Any, *, factor: float, fill_mode: str = "constant") -> list[Move]:
    """Turned about its middle."""
    angle = tf.random.stateless_uniform((), key, -1.0, 1.0) * (factor * 2 * np.pi)
    cos, sin = tf.cos(angle), tf.sin(angle)
    return [_about_the_middle(sizes, [cos, sin, -sin, cos], fill_mode)]


def random_zoom(sizes: Sizes, key: Any, *, factor: float, fill_mode: str = "constant") -> list[Move]:
    """Scaled about its middle."""
    scale = tf.random.stateless_uniform((), key, 1 - factor, 1 + factor)
    return [_about_the_middle(sizes, [scale, 0.0, 0.0, scale], fill_mode)]


def random_shear(sizes: Sizes, key: Any, *, x_factor: float = 0.0, y_factor: float = 0.0, fill_mode: str = "constant") -> list[Move]:
    """Slanted about its middle, along one side and then along the other."""
    draws = tf.random.stateless_uniform((2,), key, -1.0, 1.0)
    across, down = draws[0] * x_factor, draws[1] * y_factor
    return [_about_the_middle(sizes, [1.0, across, down, 1 + across * down], fill_mode)]


def _about_the_middle(sizes: Sizes, matrix: Sequence[Any], fill_mode: str) -> Affine:
    """The move by a matrix [[a, b], [c, d]] that leaves the middle where it is."""
    (a, b, c, d), x, y = matrix, sizes[1] / 2, sizes[0] / 2
    return Affine([a, b, x - a * x - b * y, c, d, y - c * x - d * y], fill_mode)


def _cut(top: Any, left: Any, size: tuple[int, int], sizes: Sizes, padding: int = 0) -> Move:
    """A part of the image and its border, within which it must lie."""
    height, width = size
    rows, columns = (each + 2 * padding for each in _whole(sizes))
    message = f"an image has no part of {height} by {width}, it is"
    if any(isinstance(known, int) and known < wanted for known, wanted in zip((rows, columns), size)):
        raise ValueError(f"{message} {rows} by {columns}")
    fits = tf.debugging.Assert((rows >= height) & (columns >= width), [message, rows, "by", columns])
    with tf.control_dependencies([fits] if fits is not None else []):
        top, left = tf.identity(top), tf.identity(left)
    return Window(top, left, height, width) if padding else Part([top, left, 0], [height, width, -1])


def _pair(size: Size) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _whole(sizes: Sizes) -> tuple[Any, Any]:
    height, width = (int(size) if isinstance(size, float) else tf.cast(size, tf.int32) for size in sizes)
    return height, width
