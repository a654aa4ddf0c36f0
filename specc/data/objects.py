"""The objects of an example: boxes, masks, labels and whatever else has an entry for each; all entries of one come and go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from specc.data.examples import Example
from specc.data.moves import Sizes
from specc.registry.data.fields import BY_OBJECT, Field
from specc.registry.data.pipeline import Objects

NO_OBJECT = -1  # the label of rows that only fill up


def cut_off(example: Example, fields: Mapping[str, Field], sizes: Sizes, rule: Objects) -> Example:
    """The example whose boxes are cut off at the borders of the image; objects of which too little is left are gone.

    Where there are only masks, an object stays as long as a pixel of it does.

    Args:
        example: boxes may reach out of the image.
        sizes: height and width of the image.
    """
    boxed, masked = ([name for name, field in fields.items() if field.kind == kind and name in example] for kind in ("boxes", "masks"))
    cut = {name: clipped(example[name], sizes) for name in boxed}
    left = [_enough(example[name], cut[name], rule) for name in boxed] or [tf.reduce_any(example[name] > 0, axis=(1, 2)) for name in masked]
    if not left:
        return example
    stays = tf.reduce_all(tf.stack(left), axis=0)
    changed = {**example, **cut}
    by_object = [name for name, field in fields.items() if field.kind in BY_OBJECT and name in example]
    return {**changed, **{name: tf.boolean_mask(changed[name], stays) for name in by_object}}


def clipped(boxes: Any, sizes: Sizes) -> Any:
    """Boxes (n, 4) within an image of that height and width."""
    height, width = sizes
    return tf.clip_by_value(boxes, 0.0, tf.stack([width, height, width, height]))


def area(boxes: Any) -> Any:
    """Areas of boxes (n, 4), shape (n,)."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _enough(before: Any, after: Any, rule: Objects) -> Any:
    """Whether enough is left of each box."""
    shorter = tf.minimum(after[:, 2] - after[:, 0], after[:, 3] - after[:, 1])
    return (shorter >= rule.min_size) & (area(after) >= rule.min_visibility * area(before))


def filled_up(example: Example, fields: Mapping[str, Field], count: int | None) -> Example:
    """The example with `count` objects: further ones are left out, and rows of zeros, with the label -1, stand for missing ones."""
    if count is None:
        return example
    by_object = {name: field for name, field in fields.items() if field.kind in BY_OBJECT and name in example}
    return {**example, **{name: _filled(example[name], field, count) for name, field in by_object.items()}}


def filling(field: Field) -> Any:
    """What stands in the rows of objects that are not there."""
    return "" if field.is_text else NO_OBJECT if field.kind == "object" and field.is_integer else 0


def _filled(values: Any, field: Field, count: int) -> Any:
    missing = tf.maximum(count - tf.shape(values)[0], 0)
    borders = [[0, missing], *([[0, 0]] * (values.shape.rank - 1))]
    padded = tf.pad(values[:count], borders, constant_values=tf.constant(filling(field), values.dtype))
    return tf.ensure_shape(padded, (count, *values.shape[1:]))
