"""PNG files whose pixels are numbers, not colours: grey ones, and those with a palette.

TensorFlow decodes a pixel of a palette to its colour, which does not tell the number where two entries are alike. So the header
is made to say that the file is grey, which is what its pixels are without the palette. The header's checksum need not be
computed for that: CRC-32 is linear, so that the same change of bits in a header of the same length changes the same bits of it.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.sources.decoding import PNG, require

DEPTH, COLOUR, CHECKSUM, HEADER_END = 24, 25, 29, 33  # places in the file
PALETTE = 3  # the colour type of files with one
# The checksum is over the chunk's name and its 13 bytes, the colour type being the tenth.
CHANGE = zlib.crc32(b"IHDR" + bytes(13)) ^ zlib.crc32(b"IHDR" + bytes(9) + bytes([PALETTE]) + bytes(3))
BYTES = np.array([bytes([value]) for value in range(256)])
# Grey of fewer than 8 bits is spread over 0 to 255 when it is decoded.
SPREAD = {1: 255, 2: 85, 4: 17}


def pixel_numbers(data: Any) -> Any:
    """The number of every pixel of a PNG, as it is stored, int32 (height, width).

    Args:
        data: the file's bytes, a scalar string. Of a picture in colours all channels must be equal.

    Raises:
        tf.errors.InvalidArgumentError: the file is no such PNG, or not all of one.
    """
    return _reader()(data)


@cache
def _reader() -> Any:
    """Reading as a function that is traced once, not for every pipeline anew."""
    return tf.function(_numbers, [tf.TensorSpec((), tf.string)], autograph=False)


def _numbers(data: Any) -> Any:
    whole = tf.logical_and(tf.strings.substr(data, 0, len(PNG)) == PNG, tf.strings.length(data) > HEADER_END)
    with tf.control_dependencies([require(whole, "the mask is no PNG")]):
        data = tf.identity(data)
    depth, colour = tf.unstack(tf.cast(_bytes(data, DEPTH, 2), tf.int32), num=2)
    plain = tf.cond(colour == PALETTE, lambda: _as_grey(data), lambda: data)
    image = tf.cond(depth == 16, lambda: _decoded(plain, tf.uint16), lambda: _decoded(plain, tf.uint8))
    shown = tf.where(tf.shape(image)[-1] < 3, 1, 3)  # the channels but alpha
    is_grey = tf.reduce_all(image[..., :shown] == image[..., :1])
    with tf.control_dependencies([require(is_grey, "the mask has colours, but no palette that numbers them")]):
        spread = tf.gather([SPREAD.get(bits, 1) for bits in range(17)], depth)
        return image[..., 0] // spread


def _decoded(data: Any, dtype: Any) -> Any:
    return tf.cast(tf.io.decode_png(data, dtype=dtype), tf.int32)


def _bytes(data: Any, first: int, count: int) -> Any:
    return tf.io.decode_raw(tf.strings.substr(data, first, count), tf.uint8)


def _as_grey(data: Any) -> Any:
    """A file with a palette as a grey one: another colour type, and the checksum that belongs to it."""
    checksum = tf.bitwise.bitwise_xor(_bytes(data, CHECKSUM, 4), tf.constant(list(CHANGE.to_bytes(4, "big")), tf.uint8))
    parts = [
        tf.strings.substr(data, 0, COLOUR),
        b"\x00",
        tf.strings.substr(data, COLOUR + 1, CHECKSUM - COLOUR - 1),
        tf.strings.reduce_join(tf.gather(BYTES, tf.cast(checksum, tf.int32))),
        tf.strings.substr(data, HEADER_END, -1),
    ]
    return tf.strings.join(parts)
