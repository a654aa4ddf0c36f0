"""Masks as lengths of runs, as COCO stores them: pixels by columns, first those outside of the object, then those on it, and so on.

Lengths may be packed in a text. Of each, from the fourth on, the difference to the one before the last is stored, five bits a
character, the lowest first; the sixth bit says that more follow, and the highest of the five is the sign. Characters start at 48.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

FIRST = 48
MORE, SIGN = 0x20, 0x10
# Numbers of up to seven characters, 35 bits: all but the last of a number are `P` to `o`, the last is `0` to `O`.
WHOLE = re.compile(rb"([P-o]{0,6}[0-O])*")


def unpacked(texts: Sequence[bytes]) -> list[np.ndarray | None]:
    """Lengths of runs from packed texts, each int64 (runs,); None where a text is none of these."""
    found: list[np.ndarray | None] = [None] * len(texts)
    whole = [number for number, text in enumerate(texts) if text and WHOLE.fullmatch(text)]
    if whole:
        values, counts = _numbers([texts[number] for number in whole])
        for number, runs in zip(whole, np.split(values, np.cumsum(counts)[:-1])):
            found[number] = runs
    return found


def _numbers(texts: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of the runs of all texts in a row, and how many each text has. All at once, since there may be millions."""
    codes = np.frombuffer(b"".join(texts), np.uint8).astype(np.int64) - FIRST
    of_code = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    ends = np.flatnonzero(codes & MORE == 0)
    starts = np.r_[0, ends[:-1] + 1]
    sizes = ends - starts + 1
    place = np.arange(len(codes)) - np.repeat(starts, sizes)
    values = np.add.reduceat((codes & (MORE - 1)) << 5 * place, starts)
    values -= np.where(codes[ends] & SIGN, 1 << 5 * sizes, 0)
    counts = np.bincount(of_code[starts], minlength=len(texts))
    return _summed(values, counts), counts


def _summed(differences: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Lengths from their differences to the one before the last; the first three of every text are as they are."""
    first = np.cumsum(counts) - counts
    place = np.arange(len(differences)) - np.repeat(first, counts)
    found = differences.copy()
    for parity in (0, 1):
        chain = np.where((place > 0) & (place % 2 == parity), differences, 0)
        sums = np.cumsum(chain)
        before = (sums - chain)[first]  # what the texts before have added
        found = np.where((place > 0) & (place % 2 == parity), sums - np.repeat(before, counts), found)
    return found


def masks_of(runs: Any, counts: Any, height: Any, width: Any) -> Any:
    """The masks of an example's objects, uint8 (objects, height, width), 1 on the object.

    Args:
        runs: lengths of runs, those of all objects in a row; those of an object add up to height * width.
        counts: how many runs each object has.
    """
    runs, counts = tf.cast(runs, tf.int64), tf.cast(counts, tf.int64)
    height, width = tf.cast(height, tf.int64), tf.cast(width, tf.int64)
    ends = tf.cumsum(runs)
    place = tf.range(tf.size(runs, tf.int64)) - tf.repeat(tf.cumsum(counts, exclusive=True), counts)
    on = place % 2 == 1
    # The pixels on objects are few, so that finding them takes less than going through all.
    pixels = tf.ragged.range(tf.boolean_mask(ends - runs, on), tf.boolean_mask(ends, on)).values
    objects, rest = pixels // (height * width), pixels % (height * width)
    pixels = objects * height * width + rest % height * width + rest // height
    shape = tf.stack([tf.size(counts, tf.int64), height, width])
    flat = tf.scatter_nd(pixels[:, None], tf.ones_like(pixels, tf.uint8), tf.reduce_prod(shape)[None])
    return tf.ensure_shape(tf.reshape(flat, shape), (None, None, None))
