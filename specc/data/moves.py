"""Moves: what geometric transforms are made of. Each takes the pixels of an image, and the corners of boxes, to their new places.

Coordinates are continuous: the pixel in row i and column j fills the square from (j, i) to (j + 1, i + 1), so that a box
around the whole image is (0, 0, width, height).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import tensorflow as tf

from specc.data.examples import as_floats
from specc.registry.data.fields import Kind

Sizes = tuple[Any, Any]  # height and width, as floats


class Move(Protocol):
    """A change of places."""

    def pixels(self, x: Any, kind: Kind) -> Any:
        """Pixels (height, width, channels) at their new places. Those of an image may be mixed from their neighbours."""
        ...

    def points(self, points: Any) -> Any:
        """Points (n, 2), x and y, at their new places."""
        ...

    def sizes(self, sizes: Sizes) -> Sizes:
        """The image's height and width after the move."""
        ...


@dataclass(frozen=True)
class Window:
    """What is seen through a window of `height` by `width` whose corner is at (left, top); outside of the image it sees 0.

    All are whole numbers, height and width known before running or not.
    """

    top: Any
    left: Any
    height: Any
    width: Any

    def pixels(self, x: Any, kind: Kind) -> Any:
        del kind
        rows, columns = tf.shape(x)[0], tf.shape(x)[1]
        first, above, below = _overlap(self.top, self.height, rows)
        begin, before, after = _overlap(self.left, self.width, columns)
        seen = x[first : first + self.height - above - below, begin : begin + self.width - before - after]
        seen = tf.pad(seen, [[above, below], [before, after], [0, 0]])
        return tf.ensure_shape(seen, (_known(self.height), _known(self.width), x.shape[-1]))

    def points(self, points: Any) -> Any:
        return points - tf.cast(tf.stack([self.left, self.top]), tf.float32)

    def sizes(self, sizes: Sizes) -> Sizes:
        return tf.cast(self.height, tf.float32), tf.cast(self.width, tf.float32)


@dataclass(frozen=True)
class Part:
    """What is cut out of an image, and lies within it.

    Args:
        begin: top, left, and 0 for the first channel.
        size: height, width, and -1 for all channels; whole numbers of Python where they are known before running.
    """

    begin: Any
    size: Any

    def pixels(self, x: Any, kind: Kind) -> Any:
        del kind
        seen = tf.slice(x, self.begin, self.size)
        return tf.ensure_shape(seen, (_known(self.size[0]), _known(self.size[1]), x.shape[-1]))

    def points(self, points: Any) -> Any:
        return points - tf.cast(tf.stack([self.begin[1], self.begin[0]]), tf.float32)

    def sizes(self, sizes: Sizes) -> Sizes:
        return tf.cast(self.size[0], tf.float32), tf.cast(self.size[1], tf.float32)


@dataclass(frozen=True)
class Scaled:
    """An image of `height` by `width` brought to another size, `before` being what it was."""

    before: Sizes
    height: Any
    width: Any
    interpolation: str = "bilinear"
    antialias: bool = False

    def pixels(self, x: Any, kind: Kind) -> Any:
        size = tf.stack([self.height, self.width])
        if kind != "image":
            return tf.ensure_shape(_nearest(x, size), (_known(self.height), _known(self.width), x.shape[-1]))
        # TensorFlow scales floats faster than the whole numbers of files.
        scaled = tf.image.resize(as_floats(x), size, method=self.interpolation, antialias=self.antialias)
        return tf.ensure_shape(scaled, (_known(self.height), _known(self.width), x.shape[-1]))

    def points(self, points: Any) -> Any:
        height, width = self.sizes(self.before)
        return points * tf.stack([width / self.before[1], height / self.before[0]])

    def sizes(self, sizes: Sizes) -> Sizes:
        return tf.cast(self.height, tf.float32), tf.cast(self.width, tf.float32)


@dataclass(frozen=True)
class Flipped:
    """An image of the given sizes mirrored, left to right, top to bottom, both or not at all."""

    before: Sizes
    horizontally: Any
    vertically: Any

    def pixels(self, x: Any, kind: Kind) -> Any:
        del kind
        for axis, wanted in ((1, self.horizontally), (0, self.vertically)):
            if wanted is not False:
                x = tf.cond(wanted, partial(tf.reverse, x, [axis]), partial(tf.identity, x))
        return x

    def points(self, points: Any) -> Any:
        (height, width), x, y = self.before, points[:, 0], points[:, 1]
        return tf.stack([tf.where(self.horizontally, width - x, x), tf.where(self.vertically, height - y, y)], axis=1)

    def sizes(self, sizes: Sizes) -> Sizes:
        return sizes


@dataclass(frozen=True)
class Affine:
    """Places moved by a matrix of numbers: (x, y) goes to (a x + b y + c, d x + e y + f). The size stays.

    Args:
        rows: a, b, c, d, e, f.
        fill_mode: what comes in from outside; into the masks of objects nothing does.
    """

    rows: Sequence[Any]
    fill_mode: str = "constant"

    def pixels(self, x: Any, kind: Kind) -> Any:
        a, b, c, d, e, f = (tf.cast(value, tf.float32) for value in self.rows)
        x = as_floats(x) if kind == "image" else x
        # TensorFlow asks where each place comes from, and counts from the middle of the first pixel.
        size = a * e - b * d
        across, down = (e / size, -b / size), (-d / size, a / size)
        start = [row[0] * (0.5 - c) + row[1] * (0.5 - f) - 0.5 for row in (across, down)]
        transform = tf.stack([*across, start[0], *down, start[1], 0.0, 0.0])
        moved = tf.raw_ops.ImageProjectiveTransformV3(
            images=x[None],
            transforms=transform[None],
            output_shape=tf.shape(x)[:2],
            fill_value=0.0,
            interpolation="BILINEAR" if kind == "image" else "NEAREST",
            fill_mode="CONSTANT" if kind == "masks" else self.fill_mode.upper(),
        )
        return tf.ensure_shape(moved[0], x.shape)

    def points(self, points: Any) -> Any:
        a, b, c, d, e, f = (tf.cast(value, tf.float32) for value in self.rows)
        x, y = points[:, 0], points[:, 1]
        return tf.stack([a * x + b * y + c, d * x + e * y + f], axis=1)

    def sizes(self, sizes: Sizes) -> Sizes:
        return sizes


def moved_image(image: Any, moves: Sequence[Move]) -> Any:
    """An image (height, width, channels) after moves, one after the other."""
    for move in moves:
        image = move.pixels(image, "image")
    return image


def moved_mask(mask: Any, moves: Sequence[Move]) -> Any:
    """The classes of pixels, (height, width) or (height, width, 1), after moves."""
    pixels = mask if mask.shape.rank == 3 else mask[..., None]
    for move in moves:
        pixels = move.pixels(pixels, "mask")
    return pixels if mask.shape.rank == 3 else pixels[..., 0]


def moved_masks(masks: Any, moves: Sequence[Move]) -> Any:
    """The masks of objects, (objects, height, width), after moves."""
    pixels = tf.transpose(masks, (1, 2, 0))
    for move in moves:
        pixels = move.pixels(pixels, "masks")
    return tf.transpose(pixels, (2, 0, 1))


def moved_boxes(boxes: Any, moves: Sequence[Move]) -> Any:
    """Boxes (n, 4) after moves: each the smallest one around the corners of what it was. They may reach out of the image."""
    left, top, right, bottom = tf.unstack(boxes, axis=1)
    corners = tf.reshape(tf.stack([left, top, right, top, left, bottom, right, bottom], axis=1), (-1, 2))
    for move in moves:
        corners = move.points(corners)
    corners = tf.reshape(corners, (-1, 4, 2))
    return tf.concat([tf.reduce_min(corners, axis=1), tf.reduce_max(corners, axis=1)], axis=1)


def sizes_of(x: Any) -> Sizes:
    """Height and width of pixels, as floats; numbers of Python where they are known before running."""
    return _size(x, 0), _size(x, 1)


def _overlap(start: Any, length: Any, limit: Any) -> tuple[Any, Any, Any]:
    """Where a window's first pixel is on an axis, and how many pixels it sees before and behind the image."""
    before = tf.clip_by_value(-start, 0, length)
    behind = tf.clip_by_value(start + length - limit, 0, length - before)
    return tf.maximum(start, 0), before, behind


def _nearest(x: Any, size: Any) -> Any:
    """Each pixel the one that its middle falls on. TensorFlow's resizing admits no image without channels."""
    return tf.gather(tf.gather(x, _under(size[0], tf.shape(x)[0]), axis=0), _under(size[1], tf.shape(x)[1]), axis=1)


def _under(length: Any, limit: Any) -> Any:
    """Of `length` places on an axis, which of its `limit` pixels lies under the middle of each."""
    return (2 * tf.range(length) + 1) * limit // (2 * length)


def _size(x: Any, axis: int) -> Any:
    return tf.cast(tf.shape(x)[axis], tf.float32) if x.shape[axis] is None else float(x.shape[axis])


def _known(size: Any) -> int | None:
    return int(size) if isinstance(size, int) else None
