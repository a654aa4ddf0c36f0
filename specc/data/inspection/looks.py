"""Examples looked at one by one, as the source stores them: of each what is needed to describe the data, and to find what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

from specc.data.examples import Examples
from specc.data.faults import Fault, faults
from specc.registry.data.fields import BY_OBJECT, Field

LOOKED_AT = 2_000  # examples, unless more are asked for
COLUMNS = 1_024  # values of a vector up to which each counts as a column of its own
CLASSES = 65_536  # numbers in a mask from which on they are no classes

Item = TypeVar("Item")
Watch = Callable[[Iterable[Item], int], Iterable[Item]]


def unwatched(items: Iterable[Item], total: int) -> Iterable[Item]:
    """The items as they are: what stands in where nobody wants to see how far things are."""
    del total
    return items


@dataclass(frozen=True)
class Look:
    """What one example shows.

    Args:
        number: its place in the source.
        shapes: of its fields.
        ranges: least and largest value of fields of numbers; NaN where a value is none.
        digests: hashes of images and values; equal ones have equal hashes.
        counts: how often each class comes, by field: index 0 for what has no class, 1 for class 0, and so on.
        objects: how many it has; None where the data have no objects.
        outside: by how many pixels boxes reach out of the image, for each that does by more than one.
        plain: the fields of images that are all of one colour.
        vectors: the values of short vectors.
    """

    number: int
    shapes: Mapping[str, tuple[int, ...]]
    ranges: Mapping[str, tuple[float, float]]
    digests: Mapping[str, bytes]
    counts: Mapping[str, np.ndarray]
    objects: int | None
    outside: tuple[float, ...]
    plain: tuple[str, ...]
    vectors: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Looked:
    """The examples of a part that were looked at.

    Args:
        examples: the source's.
        numbers: the places of those that were asked for, in order.
        looks: of those that could be read.
        unreadable: the first of the others.
    """

    examples: Examples
    numbers: np.ndarray
    looks: tuple[Look, ...]
    unreadable: tuple[Fault, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every example was looked at."""
        return len(self.numbers) == self.examples.count

    @property
    def unreadable_count(self) -> int:
        return len(self.numbers) - len(self.looks)

    def place(self, look: Look) -> str:
        return self.examples.place(look.number)


def look_at(examples: Examples, limit: int = LOOKED_AT, watch: Watch[Any] = unwatched) -> Looked:
    """Looks at up to `limit` examples.

    Raises:
        DataError: the records themselves cannot be had from some place on.
    """
    examples = examples.in_floats()
    numbers = some_of(examples, limit)
    some = examples.rows(numbers)
    read = watch(readable_ones(some, some.read), len(numbers))
    looks = tuple(_look(int(numbers[place]), example, examples.fields) for place, example in read)
    found = Looked(examples, numbers, looks)
    return replace(found, unreadable=tuple(faults(some)[0])) if found.unreadable_count else found


def some_of(examples: Examples, limit: int) -> np.ndarray:
    """The places of up to `limit` examples, in order: of a table drawn at random, the same each time, since examples next to each
    other are alike; of a stream the first ones."""
    if limit >= examples.count or not examples.is_table:
        return np.arange(min(limit, examples.count))
    return np.sort(np.random.default_rng(0).choice(examples.count, limit, replace=False))


def readable_ones(examples: Examples, read: Callable[[Any], Any]) -> Iterator[tuple[int, Any]]:
    """Those of the examples that can be read, with their numbers.

    Args:
        read: makes an example of a record; it fails where that cannot be.
    """
    for number, example in _made(examples, read).prefetch(tf.data.AUTOTUNE).as_numpy_iterator():
        yield int(number), example


def _made(examples: Examples, read: Callable[[Any], Any]) -> tf.data.Dataset:
    """What is made of the records, each with its number, where that can be."""
    if isinstance(examples.records, tf.data.Dataset):
        records = examples.records.enumerate()
    else:
        records = tf.data.Dataset.range(examples.count).map(lambda number: (number, examples.record(number)))
    made = records.map(lambda number, record: (number, read(record)), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return made.ignore_errors()


def ends_beyond(examples: Examples, name: str, least: int, classes: int) -> dict[int, tuple[int, int]]:
    """Least and largest value of labels, by example, of those that have one below `least` or not below `classes`."""
    kept = examples.only([name])

    def ends(record: Any) -> tuple[Any, Any]:
        labels = tf.cast(kept.read(record)[name], tf.int64)
        return tf.reduce_min(labels), tf.reduce_max(labels)

    wrong = _made(kept, ends).filter(lambda _, found: (found[0] < least) | (found[1] >= classes))
    return {int(number): (int(low), int(high)) for number, (low, high) in wrong.as_numpy_iterator()}


def _look(number: int, example: Mapping[str, Any], fields: Mapping[str, Field]) -> Look:
    values = {name: np.asarray(example[name], object if field.is_text else None) for name, field in fields.items()}
    shown = {name: values[name] for name, field in fields.items() if field.kind in ("image", "value")}
    images = {name: value for name, value in values.items() if fields[name].kind == "image"}
    by_object = [name for name, field in fields.items() if field.kind in BY_OBJECT]
    return Look(
        number,
        {name: value.shape for name, value in values.items()},
        {name: range_of(value) for name, value in values.items() if value.dtype != object and value.size},
        {name: digest(value) for name, value in shown.items()},
        {name: _counts(values[name]) for name in counted(fields) if _has_classes(values[name])},
        len(values[by_object[0]]) if by_object else None,
        _outside([values[name] for name, field in fields.items() if field.kind == "boxes"], list(images.values())),
        tuple(name for name, value in images.items() if is_plain(value)),
        {name: value for name, value in shown.items() if value.dtype.kind == "f" and value.ndim == 1 and 1 < value.size <= COLUMNS},
    )


def counted(fields: Mapping[str, Field]) -> dict[str, str]:
    """The fields that have classes, each with what is counted: examples, objects or pixels."""
    found = {}
    for name, field in fields.items():
        if field.is_integer and field.kind == "mask":
            found[name] = "pixels"
        elif field.is_integer and field.classes is not None and (field.kind, field.spec.rank) in {("value", 1), ("object", 2)}:
            found[name] = "examples" if field.kind == "value" else "objects"
    return found


def _has_classes(labels: np.ndarray) -> bool:
    """Whether numbers can be classes; of a mask without a known number of classes nobody has checked."""
    return not labels.size or (int(labels.min()) >= -1 and int(labels.max()) < CLASSES)


def _counts(labels: np.ndarray) -> np.ndarray:
    return np.bincount(labels.ravel().astype(np.int64) + 1)


def added(counts: Sequence[np.ndarray], classes: int | None) -> np.ndarray:
    """Counts by class, (classes + 1,), the first for what has none."""
    length = max([len(each) for each in counts] + [0 if classes is None else classes + 1, 1])
    total = np.zeros(length, np.int64)
    for each in counts:
        total[: len(each)] += each
    return total


def range_of(values: np.ndarray) -> tuple[float, float]:
    """Least and largest of some numbers; NaN where one of them is none."""
    return float(values.min()), float(values.max())


def digest(value: np.ndarray) -> bytes:
    """A hash of values, which for texts are bytes."""
    content = b"\0".join(map(bytes, value.ravel())) if value.dtype == object else np.ascontiguousarray(value).tobytes()
    return hashlib.blake2b(repr(value.shape).encode() + content, digest_size=16).digest()


def is_plain(image: np.ndarray) -> bool:
    """Whether an image (height, width, channels) of more than one pixel is all of one colour."""
    if image.shape[0] * image.shape[1] < 2:
        return False
    first = image[0, 0]
    return bool((image[0] == first).all() and (image == first).all())  # most are told apart by their first row


def _outside(boxes: Sequence[np.ndarray], images: Sequence[np.ndarray]) -> tuple[float, ...]:
    if not images:
        return ()
    height, width = images[0].shape[:2]
    beyond = [np.max([-each[:, 0], -each[:, 1], each[:, 2] - width, each[:, 3] - height], axis=0) for each in boxes]
    return tuple(float(far) for each in beyond for far in each if far > 1)
