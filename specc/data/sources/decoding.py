"""The bytes of an image file as a tensor, with TensorFlow's operations only.

TensorFlow's decoders differ by format in which channels they can be asked for, so each file is decoded with the channels that
it has, and these are brought to those that are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

import tensorflow as tf

JPEG, PNG, BMP = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM"
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
HEAD = 64  # bytes that are looked at to tell what a file is


def decoded(data: Any, channels: int) -> Any:
    """An image as floats from 0 to 1, (height, width, channels). Of an animation it is the first frame.

    Args:
        data: the file's bytes, a scalar string.
        channels: 1 for grey, 3 for RGB, 4 for RGBA. Alpha that is not wanted is dropped; where there is none it is 1.

    Raises:
        tf.errors.InvalidArgumentError: the bytes are no such image, or not all of one.
    """
    return _decoder(channels)(data)


@cache
def _decoder(channels: int) -> Any:
    """Decoding as a function that is traced once, not for every pipeline anew: its many branches take time."""

    def decode(data: Any) -> Any:
        # One look decides about photographs, so that they do not pay for the rest.
        image = tf.cond(_starts(data, JPEG), partial(_jpeg, data, channels), partial(_not_jpeg, data, channels))
        return tf.ensure_shape(image, (None, None, channels))

    return tf.function(decode, [tf.TensorSpec((), tf.string)], autograph=False)


def read_image(path: Any, channels: int, *, photographs: bool = False) -> Any:
    """The image in a file, as `decoded` gives it.

    Args:
        photographs: whether all files are named as JPEG. Choosing among formats costs a copy of the image, which is half of
            what decoding a photograph takes. An 8-bit PNG or a GIF under such a name is read all the same.
    """
    data = tf.io.read_file(path)
    return tf.ensure_shape(_jpeg(data, channels), (None, None, channels)) if photographs else decoded(data, channels)


def read_photograph(path: Any, channels: int) -> Any:
    """The photograph in a JPEG file as it is stored, uint8."""
    return tf.io.decode_jpeg(tf.io.read_file(path), channels, dct_method="INTEGER_ACCURATE")


def are_photographs(names: Iterable[str]) -> bool:
    """Whether files are all named as JPEG."""
    return all(name.lower().endswith((".jpg", ".jpeg")) for name in names)


def require(condition: Any, *said: Any) -> Any:
    """An operation that raises InvalidArgumentError where the condition is false.

    Args:
        said: parts of the message: strings, or tensors of strings or numbers.
    """
    return tf.debugging.Assert(condition, [tf.strings.join([part if _is_text(part) else tf.strings.as_string(part) for part in said])])


def same_size(image: Any, height: Any, width: Any, *said: Any) -> Any:
    """Raises where an image is not of a size; `said` is the message up to what it should be, whose end says what it is."""
    sizes = tf.shape(image)
    equal = tf.logical_and(sizes[0] == height, sizes[1] == width)
    return require(equal, *said, width, "x", height, " pixels, not ", sizes[1], "x", sizes[0])


def _is_text(part: Any) -> bool:
    return isinstance(part, (str, bytes)) or part.dtype == tf.string


def _starts(head: Any, magic: bytes) -> Any:
    return tf.strings.substr(head, 0, len(magic)) == magic


def _numbers(data: Any, first: Any, count: int, kind: Any = tf.uint8) -> Any:
    """Numbers of a kind, the lowest byte first, as int32, from a place in the bytes on."""
    return tf.cast(tf.io.decode_raw(tf.strings.substr(data, first, count * kind.size), kind), tf.int32)


def _scaled(image: Any) -> Any:
    return tf.image.convert_image_dtype(image, tf.float32)


def _jpeg(data: Any, channels: int) -> Any:
    # The accurate transform is what other libraries take, and as fast on today's processors.
    def decode(stored: int) -> Any:
        return _scaled(tf.io.decode_jpeg(data, channels=stored, dct_method="INTEGER_ACCURATE"))

    if channels == 1:  # libjpeg makes no grey of the four inks of print
        is_print = tf.image.extract_jpeg_shape(data)[2] == 4
        return tf.cond(is_print, lambda: _with_channels(decode(3), 1), lambda: decode(1))
    return decode(3) if channels == 3 else _with_channels(decode(3), channels)


def _not_jpeg(data: Any, channels: int) -> Any:
    head = tf.strings.join([tf.strings.substr(data, 0, HEAD), bytes(HEAD)])
    is_png, is_deep = _starts(head, PNG), tf.strings.substr(head, 24, 1) == b"\x10"
    case = tf.where(is_png, tf.where(is_deep, 0, 1), tf.where(_starts(head, BMP), 2, 3))
    cases: list[Callable[[Any, int], Any]] = [_deep_png, _png, partial(_bmp, head=head), _other]
    return tf.switch_case(case, [partial(decode, data, channels) for decode in cases])


def _png(data: Any, channels: int) -> Any:
    # Asked for alpha that a file lacks, TensorFlow does not always say that all is opaque; asked for grey, it may correct gamma.
    return _scaled(tf.io.decode_png(data, channels=3)) if channels == 3 else _with_channels(_scaled(tf.io.decode_png(data)), channels)


def _deep_png(data: Any, channels: int) -> Any:
    return _with_channels(_scaled(tf.io.decode_png(data, dtype=tf.uint16)), channels)


def _other(data: Any, channels: int) -> Any:
    return _with_channels(_scaled(tf.io.decode_image(data, expand_animations=False)), channels)


def _bmp(data: Any, channels: int, head: Any) -> Any:
    """TensorFlow takes 8 bits as grey, whatever their palette says, and the unused byte of 32 bits as alpha: done here."""
    header, compression, red = (_numbers(head, first, 1, tf.int32)[0] for first in (14, 30, 54))
    bits = _numbers(head, 28, 1, tf.uint16)[0]
    masked = tf.logical_and(compression == 3, tf.logical_and(bits == 32, red == 0xFF0000))
    with tf.control_dependencies(
        [
            require(tf.logical_and(header >= 40, tf.strings.length(data) > 54), "the BMP has a header of an old form, or not all of one"),
            require(tf.logical_or(compression == 0, masked), "the BMP is compressed"),
        ]
    ):
        image = tf.io.decode_bmp(data)
    colours = tf.where(_numbers(head, 46, 1, tf.int32)[0] == 0, 256, _numbers(head, 46, 1, tf.int32)[0])
    cases = [lambda: image[..., :3], lambda: _coloured(image, data, 14 + header, colours), lambda: image]
    return _with_channels(_scaled(tf.switch_case(tf.where(bits == 8, 1, tf.where(masked, 2, 0)), cases)), channels)


def _coloured(indices: Any, data: Any, first: Any, colours: Any) -> Any:
    """Colours of the palette by their numbers. It has four bytes for each: blue, green, red, and one that is not used."""
    palette = tf.reshape(tf.io.decode_raw(tf.strings.substr(data, first, 4 * colours), tf.uint8), (-1, 4))
    return tf.gather(palette[:, 2::-1], tf.cast(indices[..., 0], tf.int32))


def _with_channels(image: Any, channels: int) -> Any:
    """An image of 1 channel (grey), 2 (grey, alpha), 3 or 4 with the channels that are wanted."""
    found = tf.shape(image)[-1]
    is_grey = found < 3
    if channels == 1:
        return tf.cond(is_grey, lambda: image[..., :1], lambda: tf.reduce_sum(image[..., :3] * LUMA, axis=-1, keepdims=True))
    colour = tf.cond(is_grey, lambda: tf.repeat(image[..., :1], 3, axis=-1), lambda: image[..., :3])
    if channels == 3:
        return colour
    alpha = tf.cond(found % 2 == 0, lambda: image[..., -1:], lambda: tf.ones_like(image[..., :1]))
    return tf.concat([colour, alpha], axis=-1)
