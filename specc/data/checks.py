"""What every example must be, whatever source it comes from. Told by the record, inside the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from specc.data.examples import Example
from specc.registry.data.fields import Field


def checked(example: Example, fields: Mapping[str, Field]) -> Example:
    """The same example. Running it fails where a label is no class, a number is none, or a box has no size."""
    conditions = [condition for name, field in fields.items() for condition in _conditions(name, example[name], field)]
    with tf.control_dependencies([tf.debugging.Assert(holds, said) for holds, said in conditions]):
        return {name: tf.identity(value) for name, value in example.items()}


def _conditions(name: str, value: Any, field: Field) -> list[tuple[Any, list[Any]]]:
    """What must hold for a field, each with what is said where it does not."""
    found: list[tuple[Any, list[Any]]] = []
    if field.classes is not None and field.is_integer and field.kind != "image":
        least = 0 if field.kind == "value" else -1  # objects that are not there, and pixels that do not count
        holds = tf.reduce_all((value >= least) & (value < field.classes))
        worst = tf.reduce_max(tf.where((value >= least) & (value < field.classes), tf.zeros_like(value), value))
        low = tf.reduce_min(value)
        found.append((holds, [f"`{name}` is", tf.where(worst > 0, worst, low), f"but there are {field.classes} classes, from 0"]))
    if value.dtype.is_floating:
        found.append((tf.reduce_all(tf.math.is_finite(value)), [f"`{name}` has a value that is no number, or infinite"]))
    if field.kind == "boxes":
        rows = tf.concat([value, [[0.0, 0.0, 1.0, 1.0]]], axis=0)  # an image without objects is legal
        ordered = tf.reduce_all(rows[:, 2:] > rows[:, :2], axis=1)
        worst = rows[tf.argmin(tf.cast(ordered, tf.int32))]
        where = tf.strings.reduce_join(tf.strings.as_string(worst, shortest=True), separator=" ")
        found.append((tf.reduce_all(ordered), [f"a box of `{name}` has no positive size; left, top, right, bottom:", where]))
    return found
