"""What arrays of numbers are taken for, where nothing but their names, types and shapes tells."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import Faulty
from specc.registry.data.fields import Kind
from specc.registry.data.sources.features import is_image

INT32, INT64 = np.iinfo(np.int32), np.iinfo(np.int64)


def kind_of(name: str, dtype: np.dtype, sizes: Sequence[int]) -> Kind:
    """What the values of an example are, by their shape; integers (height, width) are a mask where their name has the word in it."""
    if len(sizes) == 2 and dtype.kind in "iu" and "mask" in name.lower():
        return "mask"
    return "image" if is_image(dtype.name, sizes) else "value"


def as_image(values: Any) -> Any:
    """An image as floats with an axis of channels: integers are scaled, so that the largest that their type has is 1."""
    values = values if values.shape.rank > 2 else values[..., tf.newaxis]
    return tf.image.convert_image_dtype(values, tf.float32) if values.dtype.is_integer else tf.cast(values, tf.float32)


def plain_integers(values: np.ndarray) -> np.ndarray:
    """Integers of any type as int32, or as int64 where that is too small. Raises OverflowError where that is too."""
    least, most = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if INT32.min <= least and most <= INT32.max:
        return values.astype(np.int32)
    if most > INT64.max:
        raise OverflowError
    return values.astype(np.int64)


def sound_labels(
    labels: np.ndarray, classes: int | None, name: str, place: Callable[[int], str], faulty: MutableSequence[Faulty]
) -> np.ndarray:
    """Labels as int32. Those that are not from 0 to the last class are reported, and 0 stands in their place.

    Args:
        labels: whole numbers, (count,).
        classes: how many classes there are; None where nobody said.
        name: what a message calls them.
        place: what a message calls a record, by its number.
        faulty: where faults are reported.
    """
    last = INT32.max if classes is None else classes - 1
    wrong = np.flatnonzero((labels < 0) | (labels > last))

    def said(number: int) -> str:
        label = labels[wrong[number]]
        limit = "classes are counted from 0" if label < 0 else f"there are {classes} classes, 0 to {last}"
        limit = f"the largest number of a class is {last:,}" if label >= 0 and classes is None else limit
        return f"{place(int(wrong[number]))}: `{name}` is {label}, but {limit}"

    faulty.append(Faulty(wrong.tolist(), said, "such labels"))
    return _zeroed(labels, wrong).astype(np.int32)


def sound_values(values: np.ndarray, name: str, place: Callable[[int], str], faulty: MutableSequence[Faulty]) -> np.ndarray:
    """Floats. Records with a value that is NaN or infinite are reported, and zeros stand in their place."""
    wrong = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))

    def said(number: int) -> str:
        return f"{place(int(wrong[number]))}: `{name}` has a value that is NaN or infinite"

    faulty.append(Faulty(wrong.tolist(), said, "such records"))
    return _zeroed(values, wrong)


def _zeroed(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The values with zeros in some rows."""
    if len(rows):
        values = values.copy()
        values[rows] = 0
    return values
