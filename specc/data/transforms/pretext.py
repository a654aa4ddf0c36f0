"""Tasks made of examples without labels: each gives the changed value, and what is to be found."""

from __future__ import annotations

from functools import cache
from itertools import permutations as all_permutations
from typing import Any

import numpy as np
import tensorflow as tf

DRAWN = 100_000  # orders among which those of large grids are chosen: 16 tiles have 2e13


def copy(x: Any) -> tuple[Any, Any]:
    """The same twice."""
    return x, x


def quarter_turn(image: Any, key: Any) -> tuple[Any, Any]:
    """An image turned counterclockwise, and by how many quarters."""
    turns = tf.random.stateless_uniform((), key, 0, 4, tf.int32)
    turned = tf.image.rot90(image, turns)
    height, width, channels = image.shape
    turned.set_shape((height, width, channels) if height == width else (None, None, channels))
    return turned, turns


def jigsaw(image: Any, key: Any, *, grid: int = 3, permutations: int = 100, stacked: bool = True) -> tuple[Any, Any]:
    """The tiles of an image in an order that is drawn, and its number."""
    orders = tf.constant(jigsaw_orders(grid * grid, permutations), tf.int32)
    number = tf.random.stateless_uniform((), key, 0, permutations, tf.int32)
    height, width = (tf.shape(image)[axis] // grid for axis in (0, 1))
    channels, known = image.shape[-1], [None if size is None else size // grid for size in image.shape[:2]]
    cut = tf.reshape(image[: height * grid, : width * grid], (grid, height, grid, width, channels))
    tiles = tf.gather(tf.reshape(tf.transpose(cut, (0, 2, 1, 3, 4)), (grid * grid, height, width, channels)), orders[number])
    tiles.set_shape((grid * grid, *known, channels))
    if stacked:
        return tiles, number
    rows = tf.transpose(tf.reshape(tiles, (grid, grid, height, width, channels)), (0, 2, 1, 3, 4))
    whole = tf.reshape(rows, (grid * height, grid * width, channels))
    whole.set_shape((*(None if size is None else size * grid for size in known), channels))
    return whole, number


@cache
def jigsaw_orders(tiles: int, count: int) -> np.ndarray:
    """Orders of tiles, each as far as can be from those before: the largest sum of Hamming distances, and not one twice.

    Returns:
        Shape (count, tiles).
    """
    random = np.random.default_rng(0)
    if tiles <= 9:
        possible = np.array(list(all_permutations(range(tiles))), np.int8)
    else:
        possible = np.unique(np.array([random.permutation(tiles) for _ in range(DRAWN)], np.int8), axis=0)
    chosen, distances = [int(random.integers(len(possible)))], np.zeros(len(possible))
    while len(chosen) < count:
        distances += (possible != possible[chosen[-1]]).sum(axis=1)
        distances[chosen[-1]] = -np.inf
        chosen.append(int(distances.argmax()))
    return possible[chosen].astype(np.int32)


def split_colors(image: Any) -> tuple[Any, Any]:
    """Lightness from 0 to 1, (height, width, 1), and the two axes of colour, about from -1 to 1, (height, width, 2)."""
    linear = tf.where(image <= 0.04045, image / 12.92, ((tf.maximum(image, 0.0) + 0.055) / 1.055) ** 2.4)
    xyz = tf.tensordot(linear, tf.constant(TO_XYZ, tf.float32), axes=[[-1], [1]]) / tf.constant(WHITE, tf.float32)
    root = tf.where(xyz > EPSILON, tf.maximum(xyz, EPSILON) ** (1 / 3), (KAPPA * xyz + 16) / 116)
    x, y, z = tf.unstack(root, axis=-1)
    lightness, a, b = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    return lightness[..., None] / 100, tf.stack([a, b], axis=-1) / 128


# IEC 61966-2-1 (sRGB) and CIE 15 (L*a*b*, D65).
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)
EPSILON, KAPPA = 216 / 24389, 24389 / 27
