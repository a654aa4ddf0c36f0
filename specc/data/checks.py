"""What every example must be, whatever source it comes from. Told by the record, inside the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from specc.data.examples import Example
from specc.data.sources.decoding import require
from specc.registry.data.fields import Field


def checked(example: Example, fields: Mapping[str, Field]) -> Example:
    """The same example. Running it fails where a label is no class, a number is none, or a box has no size."""
    conditions = [condition for name, field in fields.items() for condition in _conditions(name, example[name], field)]
    with tf.control_dependencies([tf.debugging.Assert(holds, said) for holds, said in conditions]):
        return {name: tf.identity(value) for name, value in example.items()}


def decodable(example: Example) -> Example:
    """The same example. Running it fails where a text is not UTF-8."""
    texts = [name for name, value in example.items() if value.dtype == tf.string]
    with tf.control_dependencies(
        [require(tf.reduce_all(_decoded(example[name]) == example[name]), f"`{name}` is not UTF-8") for name in texts]
    ):
        return {name: tf.identity(value) for name, value in example.items()}


def within(labels: Any, name: str, field: Field, classes: int) -> Any:
    """The same labels. Running it fails where one is none of the classes that a head knows.

    Args:
        name: what a message calls them.
        field: what is known of them.
        classes: how many the head knows.
    """
    holds, worst = _in_range(labels, field, classes)
    with tf.control_dependencies([require(holds, f"`{name}` is ", worst)]):
        return tf.identity(labels)


def _decoded(texts: Any) -> Any:
    """Texts, where bytes that are no UTF-8 are other ones."""
    return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")


def _in_range(labels: Any, field: Field, classes: int) -> tuple[Any, Any]:
    """Whether labels are classes, and the one that is farthest from being one."""
    least = 0 if field.kind == "value" else -1  # objects that are not there, and pixels that do not count
    known = (labels >= least) & (labels < classes)
    worst = tf.reduce_max(tf.where(known, tf.zeros_like(labels), labels))
    return tf.reduce_all(known), tf.where(worst > 0, worst, tf.reduce_min(labels))


def _conditions(name: str, value: Any, field: Field) -> list[tuple[Any, list[Any]]]:
    """What must hold for a field, each with what is said where it does not."""
    found: list[tuple[Any, list[Any]]] = []
    if field.classes is not None and field.is_integer and field.kind != "image":
        holds, worst = _in_range(value, field, field.classes)
        found.append((holds, [f"`{name}` is", worst, f"but there are {field.classes} classes, from 0"]))
    if value.dtype.is_floating:
        found.append((tf.reduce_all(tf.math.is_finite(value)), [f"`{name}` has a value that is no number, or infinite"]))
    if field.kind == "boxes":
        rows = tf.concat([value, [[0.0, 0.0, 1.0, 1.0]]], axis=0)  # an image without objects is legal
        ordered = tf.reduce_all(rows[:, 2:] > rows[:, :2], axis=1)
        worst = rows[tf.argmin(tf.cast(ordered, tf.int32))]
        where = tf.strings.reduce_join(tf.strings.as_string(worst, shortest=True), separator=" ")
        found.append((tf.reduce_all(ordered), [f"a box of `{name}` has no positive size; left, top, right, bottom:", where]))
    return found
