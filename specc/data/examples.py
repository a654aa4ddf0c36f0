"""Examples: what a source gives, before they are shuffled and batched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import Faulty
from specc.graph import TensorSpec
from specc.registry.data.fields import Field, Kind

Record = dict[str, Any]
Example = dict[str, Any]
Read = Callable[[Record], Example]


@dataclass(frozen=True)
class Examples:
    """The examples of a source, in an order that is the same each time.

    Args:
        records: what is known of each example before it is read: paths, labels, boxes. Either a table, one tensor or ragged
            tensor with `count` rows by column, or, where only one after the other can be had, a data set of mappings.
        count: how many there are.
        read: what makes a record an example, with TensorFlow's operations; it runs for many records at a time.
        fields: what is known of each field; shapes carry the batch first.
        classes: names of the classes; empty where the data have none.
        place: what a message calls a record: the file, and the number or name of the record where a file has several.
        stored: the same as `read`, but with images as whole numbers, as files have them. The pipeline makes them floats when
            they are as small as they get.
        faulty: the records that the source knows to be no examples, kind by kind.
    """

    records: Mapping[str, Any] | tf.data.Dataset
    count: int
    read: Read
    fields: Mapping[str, Field]
    classes: tuple[str, ...] = ()
    place: Callable[[int], str] = "record {}".format
    stored: Read | None = None
    faulty: tuple[Faulty, ...] = ()

    @property
    def is_table(self) -> bool:
        """Whether any record can be had at once."""
        return not isinstance(self.records, tf.data.Dataset)

    def record(self, index: Any) -> Record:
        """A record of a table."""
        assert not isinstance(self.records, tf.data.Dataset)
        return {name: _row(column, index) for name, column in self.records.items()}

    def reading(self, change: Callable[[Example], Any]) -> Examples:
        """The examples with a further function applied to each; what is known of their fields is what was known before."""
        read, stored = self.read, self.stored
        further = None if stored is None else lambda record: change(stored(record))
        return replace(self, read=lambda record: change(read(record)), stored=further)

    def then(self, change: Callable[[Example], Example]) -> Examples:
        """The examples with a further function applied to each. Fields keep what is known of them where their names stay."""
        return self.reading(change).knowing(self.fields)

    def in_floats(self) -> Examples:
        """The examples with images from 0 to 1."""
        whole = any(field.kind == "image" and field.is_integer for field in self.fields.values())
        return self.then(lambda example: in_floats(example, self.fields)) if whole else self

    def knowing(self, known: Mapping[str, Field]) -> Examples:
        """The examples, with what else than shapes is known of their fields."""
        return replace(self, fields=fields_of(self.spec, known, batched=False))

    @property
    def spec(self) -> Mapping[str, Any]:
        """What TensorFlow knows of an example. It is traced; no example is read."""
        if isinstance(self.records, tf.data.Dataset):
            records = self.records
        else:
            records = tf.data.Dataset.range(1).map(self.record)
        spec: Mapping[str, Any] = records.map(self.read).element_spec
        return spec

    def fingerprint(self) -> str:
        """A hash of what a table holds: all values, or paths, labels and boxes; empty for a stream."""
        if isinstance(self.records, tf.data.Dataset):
            return ""
        digest = hashlib.blake2b(digest_size=16)
        for name in sorted(self.records):
            digest.update(name.encode())
            for part in tf.nest.flatten(self.records[name], expand_composites=True):
                digest.update(_bytes(part))
        return digest.hexdigest()

    def rows(self, numbers: np.ndarray) -> Examples:
        """The examples with these numbers, which are in order. Of a stream nothing is gone through behind the last of them."""
        place = self.place
        if isinstance(self.records, tf.data.Dataset):
            wanted = tf.constant(numbers, tf.int64)

            def is_wanted(number: Any, _: Any) -> Any:
                nearest = tf.minimum(tf.searchsorted(wanted, number[None])[0], len(numbers) - 1)
                return wanted[nearest] == number

            numbered = self.records.take(int(numbers[-1]) + 1).enumerate()
            records: Any = numbered.filter(is_wanted).map(lambda _, record: record)
        else:
            records = {name: tf.gather(column, numbers) for name, column in self.records.items()}
        return replace(self, records=records, count=len(numbers), place=lambda index: place(int(numbers[index])))

    def only(self, names: Iterable[str]) -> Examples:
        """The examples with some of their fields."""
        kept = sorted(set(names))
        return self if kept == sorted(self.fields) else self.then(lambda example: {name: example[name] for name in kept})


def _row(column: Any, index: Any) -> Any:
    """A row of a column. TensorFlow's own indexing of ragged tensors copies where all rows begin."""
    if not isinstance(column, tf.RaggedTensor):
        return column[index]
    first, last = column.row_splits[index], column.row_splits[index + 1]
    values = column.values
    if not isinstance(values, tf.RaggedTensor):
        return values[first:last]
    splits = values.row_splits[first : last + 1]
    return tf.RaggedTensor.from_row_splits(values.values[splits[0] : splits[-1]], splits - splits[0], validate=False)


def examples_of(
    records: Mapping[str, Any] | tf.data.Dataset,
    count: int | None = None,
    read: Read = dict,
    *,
    kinds: Mapping[str, Kind] | None = None,
    classes_of: Mapping[str, int | None] | None = None,
    classes: Sequence[str] = (),
    place: Callable[[int], str] | None = None,
    stored: Read | None = None,
    faulty: Iterable[Faulty] = (),
) -> Examples:
    """Examples, with their fields looked up in what `read` gives.

    Args:
        count: how many, for a stream; a table has as many as it has rows.
        kinds: the kinds of fields that are more than values.
        classes_of: numbers of classes of fields that are labels.
        stored: see `Examples`.
        faulty: see `Examples`; kinds of which there are none are left out.
    """
    if not isinstance(records, tf.data.Dataset):
        records = {name: column if isinstance(column, tf.RaggedTensor) else tf.constant(column) for name, column in records.items()}
        count = int(next(iter(records.values())).shape[0])
    assert count is not None, "a stream has to say how many records it has"
    known = {
        name: Field(TensorSpec((None,)), (classes_of or {}).get(name), (kinds or {}).get(name, "value"))
        for name in {**(kinds or {}), **(classes_of or {})}
    }
    there = tuple(kind for kind in faulty if len(kind.records))
    return Examples(records, count, read, {}, tuple(classes), place or "record {}".format, stored, there).knowing(known)


def fields_of(spec: Mapping[str, Any], known: Mapping[str, Field], *, batched: bool) -> dict[str, Field]:
    """The fields of a data set's elements, with what is known of them by name."""

    def described(name: str, tensor: tf.TensorSpec) -> Field:
        sizes = tuple(tensor.shape.as_list())
        before = known.get(name, Field(TensorSpec((None,))))
        return replace(before, spec=TensorSpec((None, *(sizes[1:] if batched else sizes)), tensor.dtype.name))

    return {name: described(name, tensor) for name, tensor in spec.items()}


def as_floats(image: Any) -> Any:
    """An image from 0 to 1. Whole numbers, as files have them, are shares of their largest."""
    return tf.image.convert_image_dtype(image, tf.float32) if image.dtype.is_integer else image


def in_floats(example: Example, fields: Mapping[str, Field]) -> Example:
    """The example with its images from 0 to 1."""
    images = [name for name, field in fields.items() if field.kind == "image" and name in example]
    return {**example, **{name: as_floats(example[name]) for name in images}}


def _bytes(values: Any) -> bytes:
    """Values as bytes. NumPy keeps texts as objects, whose addresses would be hashed."""
    array = values.numpy() if hasattr(values, "numpy") else values
    return b"\0".join(map(bytes, array.ravel())) if array.dtype == object else bytes(array.tobytes())
