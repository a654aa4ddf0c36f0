"""Files of TensorFlow's records."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError, Faulty, first_line
from specc.data.examples import Example, Examples, Record, examples_of
from specc.data.sources.features import Column
from specc.data.sources.framing import FRAME, Frames, frames
from specc.data.sources.opening import matching_files
from specc.keras_backend.build import resolve
from specc.registry.data.sources.classes import names_of
from specc.registry.data.sources.features import feature_params
from specc.registry.entry import Choice, nearest

SHOWN = 12  # features that a message names
KINDS = {tf.float32: ("float_list", "floats"), tf.int64: ("int64_list", "whole numbers"), tf.string: ("bytes_list", "bytes")}


def tfrecord(*, path: Sequence[str], features: Mapping[str, Choice], compression: str = "auto") -> Examples:
    """Records of `tf.train.Example`, in the order of the files and within each in its own."""
    columns = {name: resolve(feature.entry.target)(name, **vars(feature.params)) for name, feature in features.items()}
    asked = _asked(columns)
    _check_images(columns, features)
    paths = matching_files(path)
    packed = [compression == "gzip" or (compression == "auto" and file.suffix == ".gz") for file in paths]
    found = [frames(file, is_packed) for file, is_packed in zip(paths, packed)]
    starts = np.cumsum([0, *(len(file.offsets) for file in found)])
    if not starts[-1]:
        raise DataError(f"{', '.join(path)} has no records")
    faulty = _faulty(found, starts, asked)

    def place(index: int) -> str:
        file = int(np.searchsorted(starts, index, "right")) - 1
        return f"{found[file].path}, record {index - int(starts[file])}"

    records, stored = _packed_records(paths, packed) if any(packed) else _table(found)

    def read(record: Record) -> Example:
        return _made(columns, tf.io.parse_single_example(stored(record), asked))

    fields = {name: feature_params(feature).field() for name, feature in features.items()}
    names = {names_of(getattr(feature.params, "classes", None)) for feature in features.values()} - {()}
    return examples_of(
        records,
        int(starts[-1]),
        read,
        kinds={name: field.kind for name, field in fields.items() if field.kind != "value"},
        classes_of={name: field.classes for name, field in fields.items() if field.classes is not None},
        classes=next(iter(names)) if len(names) == 1 else (),
        place=place,
        faulty=faulty,
    )


Stored = Callable[[Record], Any]  # from a record of the table to its bytes


def _table(found: Sequence[Frames]) -> tuple[dict[str, Any], Stored]:
    """Where each record is, and how its bytes are had: any of them at once."""
    paths = tf.constant([str(file.path) for file in found])
    numbers = np.repeat(np.arange(len(found), dtype=np.int32), [len(file.offsets) for file in found])
    offsets, lengths = (np.concatenate([getattr(file, name) for file in found]) for name in ("offsets", "lengths"))

    def stored(record: Record) -> Any:
        # The function of tf.data has no place for the offset, which its operation takes.
        opened = tf.raw_ops.TFRecordDatasetV2(
            filenames=tf.gather(paths, record["file"])[None],
            compression_type="",
            buffer_size=record["length"] + FRAME,
            byte_offsets=record["offset"][None],
        )
        return tf.data.experimental.from_variant(opened, tf.TensorSpec((), tf.string)).take(1).get_single_element()

    return {"file": tf.constant(numbers), "offset": tf.constant(offsets), "length": tf.constant(lengths)}, stored


def _packed_records(paths: Sequence[Any], packed: Sequence[bool]) -> tuple[tf.data.Dataset, Stored]:
    """Records one after the other: what is compressed has to be read from its beginning."""
    kinds = ["GZIP" if is_packed else "" for is_packed in packed]
    files = tf.data.Dataset.from_tensor_slices(([str(path) for path in paths], kinds))
    records = files.flat_map(lambda path, kind: tf.data.TFRecordDataset(path, kind))
    return records.map(lambda data: {"data": data}), lambda record: record["data"]


# What is asked of a record, and made of it


def _asked(columns: Mapping[str, Column]) -> dict[str, Any]:
    """What all columns ask of the parser."""
    if not columns:
        raise DataError("`features` names nothing")
    asked: dict[str, Any] = {}
    for name, column in columns.items():
        for key, wanted in column.asked.items():
            if asked.setdefault(key, wanted) != wanted:
                raise DataError(f"`{name}` reads `{key}` of the records otherwise than another feature does")
    return asked


def _check_images(columns: Mapping[str, Column], features: Mapping[str, Choice]) -> None:
    """Raises DataError where a column needs an image that is none."""
    images = [name for name, feature in features.items() if feature_params(feature).field().kind == "image"]
    for name, column in columns.items():
        if column.image is not None and column.image not in images:
            help = f"say `image: {images[0]}`" if images else "take the image from the records too; `relative: false` is for pixels"
            raise DataError(f"`{name}` needs the image `{column.image}`, which is none of the images", help)


def _made(columns: Mapping[str, Column], parsed: Mapping[str, Any]) -> Example:
    """The fields, images first."""
    example: Example = {}
    for name in sorted(columns, key=lambda name: columns[name].image is not None):
        column = columns[name]
        example[name] = column.made(parsed, None if column.image is None else example[column.image])
    return {name: example[name] for name in columns}


def _faulty(files: Sequence[Frames], starts: np.ndarray, asked: Mapping[str, Any]) -> list[Faulty]:
    """The records that are not all there, and the first one where it has not what is asked for.

    Args:
        starts: the number of the first record of each file, and how many there are in all.
    """
    told = {int(end) - 1: file.truncated for file, end in zip(files, starts[1:]) if file.truncated is not None}
    faulty = [Faulty(list(told), lambda place: list(told.values())[place], "truncated files")]
    if 0 not in told:
        try:
            _check_first(next(file for file in files if len(file.offsets)), asked)
        except DataError as error:
            message = error.message
            faulty.append(Faulty([0], lambda place: message, "such records", error.help))
    return faulty


def _check_first(file: Frames, asked: Mapping[str, Any]) -> None:
    """Raises DataError where the first record has not what is asked for: mostly all are alike."""
    place = f"{file.path}, record 0"
    try:
        held = tf.train.Example.FromString(file.first).features.feature
    except Exception as error:  # the error is protobuf's, whose package has it under several names
        raise DataError(f"{place}: this is no `tf.train.Example`: {first_line(error)}") from error
    if not held:
        raise DataError(f"{place}: this is no `tf.train.Example`, or has no features")
    for key, wanted in asked.items():
        kind, words = KINDS[wanted.dtype]
        found = held[key].WhichOneof("kind") if key in held else None
        if found not in (None, kind):
            raise DataError(f"{place}: `{key}` has {dict(KINDS.values())[found]}, not {words}")
        if not isinstance(wanted, tf.io.FixedLenFeature):
            continue  # a list may be missing where it is empty
        if found is None:
            close = nearest(key, held)
            shown = ", ".join(f"`{each}`" for each in sorted(held)[:SHOWN]) + (", ..." if len(held) > SHOWN else "")
            raise DataError(f"{place} has no `{key}`", f"did you mean `{close}`?" if close else f"it has {shown}")
        count, expected = len(getattr(held[key], kind).value), math.prod(wanted.shape)
        if count != expected:
            help = "sizes that differ between records are null: `shape: [null]`"
            raise DataError(f"{place}: `{key}` has {count:,} values, but {expected:,} are asked for", help)
