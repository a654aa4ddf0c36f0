"""Transforms that mix the examples of a batch.

Each takes the batch's own rows, and for each partner the rows that these are mixed with; `keys`, shape (batch, 2), are what
each row draws from. It returns the fields that it changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from specc.data.objects import cut_off, filled_up
from specc.data.processing import fold
from specc.registry.data.fields import BY_OBJECT, Field
from specc.registry.data.pipeline import Objects

Batch = dict[str, Any]


def mix_up(
    own: Batch,
    others: Sequence[Batch],
    keys: Any,
    *,
    alpha: float = 0.2,
    label: str = "label",
    field: str,
    fields: Mapping[str, Field],
    objects: Objects,
) -> Batch:
    """Images and labels in shares that are drawn for each row."""
    del objects
    share = beta(keys, alpha)
    image, other = tf.cast(own[field], tf.float32), tf.cast(others[0][field], tf.float32)
    weight = tf.reshape(share, (-1, 1, 1, 1))
    return {field: weight * image + (1 - weight) * other, **_labels(own, others[0], share, label, fields)}


def cut_mix(
    own: Batch,
    others: Sequence[Batch],
    keys: Any,
    *,
    alpha: float = 1.0,
    label: str = "label",
    field: str,
    fields: Mapping[str, Field],
    objects: Objects,
) -> Batch:
    """A rectangle of each image from its partner."""
    del objects
    image, other = own[field], others[0][field]
    height, width = tf.shape(image)[1], tf.shape(image)[2]
    size = tf.sqrt(1 - beta(keys, alpha))
    middle = tf.map_fn(lambda key: tf.random.stateless_uniform((2,), fold(key, 1)), keys, fn_output_signature=tf.float32)
    down = _between(middle[:, 0], size, height)
    across = _between(middle[:, 1], size, width)
    inside = down[:, :, None] & across[:, None, :]
    share = 1 - tf.reduce_mean(tf.cast(inside, tf.float32), axis=(1, 2))
    return {field: tf.where(inside[..., None], other, image), **_labels(own, others[0], share, label, fields)}


def mosaic(
    own: Batch,
    others: Sequence[Batch],
    keys: Any,
    *,
    center: Sequence[float] = (0.25, 0.75),
    field: str,
    fields: Mapping[str, Field],
    objects: Objects,
) -> Batch:
    """Four images about a point. Each touches the point with one of its corners, and is cut off at the borders."""
    names = [name for name, known in fields.items() if name in own and (name == field or known.kind in ("mask", *BY_OBJECT))]
    four = [{name: rows[name] for name in names} for rows in (own, *others)]

    def one(given: tuple[Any, list[Batch]]) -> Batch:
        key, images = given
        height, width = tf.shape(images[0][field])[0], tf.shape(images[0][field])[1]
        drawn = tf.random.stateless_uniform((2,), key, center[0], center[1])
        y = tf.cast(tf.round(drawn[0] * tf.cast(height, tf.float32)), tf.int32)
        x = tf.cast(tf.round(drawn[1] * tf.cast(width, tf.float32)), tf.int32)
        quarters = [(0, y, 0, x), (0, y, x, width), (y, height, 0, x), (y, height, x, width)]
        corners = [(height, width), (height, 0), (0, width), (0, 0)]  # of each image, the one that touches the point
        parts = [
            _quarter(image, quarter, (corner[0] - y, corner[1] - x), (height, width), field, fields, objects)
            for image, quarter, corner in zip(images, quarters, corners, strict=True)
        ]
        return _together(parts, fields, objects, images[0])

    signature = {name: tf.TensorSpec(own[name].shape[1:], own[name].dtype) for name in names}
    return dict(tf.map_fn(one, (keys, four), fn_output_signature=signature))


def beta(keys: Any, alpha: float) -> Any:
    """One number from Beta(alpha, alpha) for each key: a gamma variate over the sum of two."""

    def one(key: Any) -> Any:
        first, second = tf.unstack(tf.random.stateless_gamma((2,), key, alpha))
        return tf.math.divide_no_nan(first, first + second)

    return tf.map_fn(one, keys, fn_output_signature=tf.float32)


def _labels(own: Batch, other: Batch, share: Any, label: str, fields: Mapping[str, Field]) -> Batch:
    """Labels in shares, where there are labels."""
    if label not in own:
        return {}
    field = fields[label]
    mine, theirs = (_shares(batch[label], field) for batch in (own, other))
    weight = tf.reshape(share, [-1] + [1] * (mine.shape.rank - 1))
    return {label: weight * mine + (1 - weight) * theirs}


def _shares(labels: Any, field: Field) -> Any:
    if not field.is_integer:
        return tf.cast(labels, tf.float32)
    return tf.one_hot(tf.cast(labels, tf.int32), field.classes)


def _between(middle: Any, size: Any, length: Any) -> Any:
    """Which of `length` places lie within a part of an axis, by its middle and its share; shape (batch, length)."""
    places = tf.cast(tf.range(length), tf.float32) + 0.5
    half = size * tf.cast(length, tf.float32) / 2
    at = middle * tf.cast(length, tf.float32)
    return (places[None] > (at - half)[:, None]) & (places[None] < (at + half)[:, None])


def _quarter(
    image: Batch, quarter: tuple[Any, ...], shift: tuple[Any, Any], size: tuple[Any, Any], field: str, fields: Mapping[str, Field],
    objects: Objects,
) -> Batch:  # fmt: skip
    """What is seen of an image in a quarter: everything else is 0, objects that are not seen are gone."""
    top, bottom, left, right = quarter
    rows, columns = tf.range(size[0]), tf.range(size[1])
    inside = ((rows >= top) & (rows < bottom))[:, None] & ((columns >= left) & (columns < right))[None, :]
    found = {}
    for name, value in image.items():
        kind = fields[name].kind
        if kind in ("mask", "image") or name == field:
            moved = tf.roll(value, (-shift[0], -shift[1]), (0, 1))
            found[name] = tf.where(inside[..., None] if value.shape.rank == 3 else inside, moved, tf.zeros_like(moved))
        elif kind == "masks":
            moved = tf.roll(value, (-shift[0], -shift[1]), (1, 2))
            found[name] = tf.where(inside[None], moved, tf.zeros_like(moved))
        elif kind == "boxes":
            found[name] = value - tf.cast(tf.stack([shift[1], shift[0], shift[1], shift[0]]), tf.float32)
        else:
            found[name] = value
    by_object = [name for name, known in fields.items() if known.kind in BY_OBJECT and name in found]
    if not by_object:
        return found
    boxed = [name for name in by_object if fields[name].kind == "boxes"]
    seen = [image[name] != 0 for name in by_object if fields[name].kind != "object"]  # rows of zeros only fill up
    there = tf.reduce_any(tf.stack([tf.reduce_any(each, axis=tuple(range(1, each.shape.rank))) for each in seen]), axis=0)
    found.update({name: tf.boolean_mask(found[name], there) for name in by_object})
    corner = tf.cast(tf.stack([left, top, left, top]), tf.float32)
    found.update({name: found[name] - corner for name in boxed})
    sizes = (tf.cast(bottom - top, tf.float32), tf.cast(right - left, tf.float32))
    found = cut_off(found, fields, sizes, objects)
    return {**found, **{name: found[name] + corner for name in boxed}}


def _together(parts: Sequence[Batch], fields: Mapping[str, Field], objects: Objects, like: Batch) -> Batch:
    """Four quarters in one."""
    found = {}
    for name in parts[0]:
        values = [part[name] for part in parts]
        found[name] = tf.concat(values, axis=0) if fields[name].kind in BY_OBJECT else tf.add_n(values)
    return {name: tf.ensure_shape(value, like[name].shape) for name, value in filled_up(found, fields, objects.pad_to).items()}
