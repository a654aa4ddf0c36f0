"""The features of stored records as fields: what is asked of the parser, and what is made of its answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from specc.data.errors import DataError
from specc.data.sources.decoding import decoded, require, same_size
from specc.data.sources.interpretation import as_image
from specc.data.sources.palette import pixel_numbers
from specc.registry.data.sources.classes import Classes
from specc.registry.data.sources.features import is_image
from specc.registry.data.sources.images import CHANNELS

Parsed = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """How a field is made of a record.

    Args:
        asked: features of the record by their keys, as `tf.io.parse_single_example` takes them.
        made: the field, from the parsed features and the image that `image` names, None where it names none.
        image: the field of an image that is needed.
    """

    asked: Mapping[str, Any]
    made: Callable[[Parsed, Any], Any]
    image: str | None = None


def image(name: str, *, color_mode: str = "rgb", key: str | None = None) -> Column:
    """The bytes of an image file as floats from 0 to 1, (height, width, channels)."""
    return _single(key or name, tf.string, [], lambda data: decoded(data, CHANNELS[color_mode]))


def mask(name: str, *, classes: Classes = None, key: str | None = None) -> Column:
    """The bytes of a PNG as the class of every pixel, (height, width)."""
    return _single(key or name, tf.string, [], pixel_numbers)


def label(name: str, *, classes: Classes = None, first: int = 0, key: str | None = None) -> Column:
    """One whole number, from 0."""
    return _single(key or name, tf.int64, [], lambda value: _counted_from(value, first))


def labels(name: str, *, classes: Classes = None, first: int = 0, key: str | None = None) -> Column:
    """A whole number from 0 for each object, (objects,)."""
    return _single(key or name, tf.int64, [None], lambda values: _counted_from(values, first))


def floats(name: str, *, shape: Sequence[int | None] = (), by_object: bool = False, key: str | None = None) -> Column:
    """Floats of a shape."""
    return _single(key or name, tf.float32, _one_null_at_most(name, shape))


def integers(name: str, *, shape: Sequence[int | None] = (), by_object: bool = False, key: str | None = None) -> Column:
    """Whole numbers of a shape."""
    return _single(key or name, tf.int64, _one_null_at_most(name, shape))


def text(name: str, *, shape: Sequence[int | None] = (), key: str | None = None) -> Column:
    """Texts of a shape."""
    return _single(key or name, tf.string, _one_null_at_most(name, shape))


def raw(name: str, *, dtype: str, shape: Sequence[int | None], key: str | None = None) -> Column:
    """The bytes of an array, the lowest of a number first."""
    stored, key = tf.as_dtype(dtype), key or name
    sizes = _one_null_at_most(name, shape)
    given = stored if stored == tf.int64 else tf.int32 if stored.is_integer else tf.float32
    row = stored.size * math.prod(size for size in sizes if size is not None)

    def made(data: Any) -> Any:
        length = tf.strings.length(data)
        fits = length % row == 0 if None in sizes else length == row
        wanted = f"`{key}` has ", length, f" bytes, but {'a multiple of ' if None in sizes else ''}{row} are asked for"
        with tf.control_dependencies([require(fits, *wanted)]):
            values = tf.reshape(tf.io.decode_raw(tf.identity(data), stored), [-1 if size is None else size for size in sizes])
        return as_image(values) if is_image(dtype, shape) else tf.cast(values, given)

    return _single(key, tf.string, [], made)


def boxes(
    name: str,
    *,
    columns: Sequence[str] = (
        "image/object/bbox/xmin",
        "image/object/bbox/ymin",
        "image/object/bbox/xmax",
        "image/object/bbox/ymax",
    ),
    relative: bool = True,
    image: str = "image",
) -> Column:
    """Boxes in pixels, (objects, 4), of a list of floats for each side."""

    def made(parsed: Parsed, picture: Any) -> Any:
        counts = [tf.size(parsed[key]) for key in columns]
        said = f"the columns of `{name}` differ in length: ", tf.strings.reduce_join(tf.strings.as_string(counts), separator=", ")
        with tf.control_dependencies([require(tf.reduce_all(tf.equal(counts, counts[0])), *said)]):
            found = tf.stack([tf.identity(parsed[key]) for key in columns], axis=-1)
        return in_pixels(found, picture) if relative else found

    return Column({key: _asked(tf.float32, [None]) for key in columns}, made, image if relative else None)


def masks(name: str, *, image: str = "image", key: str | None = None) -> Column:
    """A PNG for each object as (objects, height, width), 1 on the object."""
    key = key or name

    def made(parsed: Parsed, picture: Any) -> Any:
        height, width = tf.unstack(tf.shape(picture)[:2])

        def one(data: Any) -> Any:
            numbers = pixel_numbers(data)
            with tf.control_dependencies([same_size(numbers, height, width, f"a mask of `{name}` must be as large as the image, ")]):
                return tf.cast(numbers > 0, tf.uint8)

        def each() -> Any:
            return tf.map_fn(one, parsed[key], fn_output_signature=tf.TensorSpec((None, None), tf.uint8))

        # Without objects there is no first mask, whose size `map_fn` would need.
        return tf.cond(tf.size(parsed[key]) > 0, each, lambda: tf.zeros((0, height, width), tf.uint8))

    return Column({key: _asked(tf.string, [None])}, made, image)


def in_pixels(shares: Any, picture: Any) -> Any:
    """Boxes in shares of an image, (..., 4), left, top, right and bottom, in its pixels."""
    height, width = tf.unstack(tf.cast(tf.shape(picture)[:2], tf.float32))
    return shares * tf.stack([width, height, width, height])


def _single(key: str, dtype: Any, shape: Sequence[int | None], made: Callable[[Any], Any] = tf.identity) -> Column:
    """A column of one feature of the record."""
    return Column({key: _asked(dtype, shape)}, lambda parsed, picture: made(parsed[key]))


def _asked(dtype: Any, shape: Sequence[int | None]) -> Any:
    """What the parser is asked for."""
    if None in shape:
        return tf.io.FixedLenSequenceFeature(list(shape[1:]), dtype, allow_missing=True)
    return tf.io.FixedLenFeature(list(shape), dtype)


def _one_null_at_most(name: str, shape: Sequence[int | None]) -> list[int | None]:
    if None in shape[1:]:
        raise DataError(f"the shape of `{name}` is {list(shape)}, but only the first size may be null")
    return list(shape)


def _counted_from(values: Any, first: int) -> Any:
    return tf.cast(values - first, tf.int32)
