"""How scenes of digits are drawn: strokes from scans, inks, paper, and what is laid over what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

EDGE = 0.48  # ink in an enlarged scan from which on a pixel belongs to the stroke
LUMA = (0.299, 0.587, 0.114)  # what red, green and blue add to lightness, Rec. 601
# Steps of a sequence that fills the unit square evenly (Roberts, 2018): inks that follow each other differ in lightness and in hue.
LIGHTNESS_STEP, HUE_STEP = 0.5698402910, 0.7548776662


@dataclass(frozen=True)
class Glyphs:
    """Scans enlarged smoothly.

    Args:
        ink: (scans, side, side), the ink from 0 to about 1.
        middles: (scans, 2), x and y of the middle of the stroke's box, in pixels of the enlarged scan.
        heights: (scans,), the height of that box.
        digits: (scans,), which digit it is.
        zoom: pixels for one of the scan.
        aspect: largest width of a box over its height.
    """

    ink: Any
    middles: Any
    heights: Any
    digits: Any
    zoom: int
    aspect: float


@dataclass(frozen=True)
class Things:
    """Digits or fragments, each on a patch of its own, and where they go.

    Args:
        alpha: (things, patch height, patch width), how much of a pixel is ink.
        extents: (things, 4), the box of the ink in its patch: left, top, right, bottom.
        boxes: (things, 4), that box on the canvas, at least a pixel from the border; all zeros where no place was free.
    """

    alpha: Any
    extents: Any
    boxes: Any

    def only(self, chosen: Any) -> Things:
        return Things(tf.gather(self.alpha, chosen), tf.gather(self.extents, chosen), tf.gather(self.boxes, chosen))


def enlarged(images: np.ndarray, digits: np.ndarray, zoom: int) -> Glyphs:
    """Glyphs of scans, (count, 8, 8, 1)."""
    padded = np.pad(images**0.7, ((0, 0), (1, 1), (1, 1), (0, 0)))  # the power keeps thin, grey strokes whole
    side = padded.shape[1] * zoom
    ink = tf.image.resize(padded, (side, side), method="bicubic")[..., 0]
    left, top, right, bottom = np.transpose(extents(ink >= EDGE)).astype(np.float32)
    middles = np.stack([(left + right) / 2, (top + bottom) / 2], axis=1)
    aspect = float(np.max((right - left) / (bottom - top)))
    return Glyphs(ink, tf.constant(middles), tf.constant(bottom - top), tf.constant(digits), zoom, aspect)


def rendered(glyphs: Glyphs, scan: Any, heights: Any, angles: Any, patch: tuple[int, int]) -> Any:
    """How much of a pixel is ink, (count, patch height, patch width): glyphs in the middle of patches.

    Args:
        scan: (count,), which of the glyphs.
        heights: (count,), in pixels, before they are turned.
        angles: (count,), in radians.
    """
    middles, scale = tf.gather(glyphs.middles, scan), tf.gather(glyphs.heights, scan) / heights
    cos, sin, zero = tf.cos(angles) * scale, tf.sin(angles) * scale, tf.zeros_like(scale)
    y, x = ((side - 1) / 2 for side in patch)
    # A pixel's place counts from its middle, a box's from the corner: hence the half.
    across, down = middles[:, 0] - 0.5 - cos * x + sin * y, middles[:, 1] - 0.5 - sin * x - cos * y
    found = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.gather(glyphs.ink, scan)[..., None],
        transforms=tf.stack([cos, -sin, across, sin, cos, down, zero, zero], axis=1),
        output_shape=patch,
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )[..., 0]
    sharpness = tf.maximum(glyphs.zoom / scale, 1.2)[:, None, None]  # an edge is about a pixel wide
    return tf.clip_by_value((found - EDGE) * sharpness + 0.5, 0.0, 1.0)


def extents(ink: Any) -> Any:
    """The tight boxes of masks, (masks, height, width): left, top, right, bottom, (masks, 4)."""
    across, down = tf.cast(tf.reduce_any(ink, axis=1), tf.int32), tf.cast(tf.reduce_any(ink, axis=2), tf.int32)
    first = [tf.argmax(each, axis=1, output_type=tf.int32) for each in (across, down)]
    last = [each.shape[1] - tf.argmax(each[:, ::-1], axis=1, output_type=tf.int32) for each in (across, down)]
    return tf.stack([*first, *last], axis=1)


def on_canvas(things: Things, size: tuple[int, int]) -> Any:
    """How much of each pixel of a canvas, [height, width], is a thing's ink: (things, height x width)."""
    corners, patch = things.boxes[:, :2] - things.extents[:, :2], things.alpha.shape[1:]
    columns, rows = corners[:, :1] + tf.range(patch[1]), corners[:, 1:] + tf.range(patch[0])
    # What is left of the soft edge a pixel away from the ink may lie outside of the canvas.
    across = (columns >= things.boxes[:, :1] - 1) & (columns <= things.boxes[:, 2:3])
    down = (rows >= things.boxes[:, 1:2] - 1) & (rows <= things.boxes[:, 3:])
    near = down[:, :, None] & across[:, None]
    area, count = size[0] * size[1], tf.shape(corners)[0]
    places = rows[:, :, None] * size[1] + columns[:, None] + tf.range(count)[:, None, None] * area
    shape = tf.reshape(count * area, (1,))
    return tf.reshape(tf.scatter_nd(tf.where(near, places, 0)[..., None], tf.where(near, things.alpha, 0.0), shape), (-1, area))


def painted(image: Any, inks: Any, alpha: Any) -> Any:
    """An image, (channels, height x width), with things laid on it one after the other. Along the last axis products are fast."""

    def laid(number: Any, below: Any) -> Any:
        return number + 1, below + tf.gather(alpha, number) * (tf.gather(inks, number)[:, None] - below)

    return tf.while_loop(lambda number, _: number < tf.shape(alpha)[0], laid, (tf.constant(0), image))[1]


def ink_colors(count: int, start: Any, on_dark: Any, color: bool) -> Any:
    """Colours of inks, (count, channels): far from the paper's lightness, and unlike each other."""
    number = tf.range(count, dtype=tf.float32)
    lightness, hue = (tf.math.floormod(start + number * step, 1.0) for step in (LIGHTNESS_STEP, HUE_STEP))
    if not color:
        return 0.02 + 0.4 * lightness[:, None]
    return _colors(tf.where(on_dark, 0.55 + 0.4 * lightness, 0.08 + 0.37 * lightness), hue, tf.fill((count,), 0.85))


def paper_weights(height: int, width: int) -> Any:
    """How much each of the 3x3 colours of a sheet counts at a pixel, (9, height x width); bicubic, so that shades have no edges."""
    basis = tf.image.resize(tf.reshape(tf.eye(9), (9, 3, 3, 1)), (height, width), method="bicubic")
    return tf.reshape(basis, (9, height * width))


def paper(weights: Any, key: Any, lightness: Any, hue: Any, dark: Any, color: bool) -> Any:
    """An empty sheet with soft shades, (channels, height x width); `lightness` and `hue` are from 0 to 1."""
    draws = tf.random.stateless_uniform((9, 3), key)
    shade = 0.08 * (draws[:, 0] - 0.5)
    if not color:
        return (0.88 + 0.06 * lightness + shade)[None] @ weights
    shades = tf.where(dark, 0.08 + 0.17 * lightness, 0.75 + 0.17 * lightness) + shade
    return tf.transpose(_colors(shades, hue + 0.15 * draws[:, 1], 0.1 + 0.4 * draws[:, 2])) @ weights


def _colors(lightness: Any, hue: Any, saturation: Any) -> Any:
    """Colours of exactly some lightness, (count, 3); the saturation is a share of the largest that the lightness admits."""
    wheel = tf.cos(2 * np.pi * (hue[:, None] - (0, 1 / 3, 2 / 3)))
    away = wheel - tf.reduce_sum(wheel * LUMA, axis=1, keepdims=True)
    lightness = lightness[:, None]
    room = tf.where(away > 0, 1 - lightness, lightness) / tf.maximum(tf.abs(away), 1e-6)
    # Grouped as TensorFlow's graph optimizer would, which else changes the last bit.
    return lightness + away * (saturation[:, None] * tf.reduce_min(room, axis=1, keepdims=True))
