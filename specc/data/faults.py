"""Records that cannot be read: which they are, and why."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.examples import Example, Examples, Read, Record
from specc.data.sources.decoding import require

SHOWN = 300  # characters of a reason
TOLD = 5  # records that a message names
WRONG = "what is wrong with the record"  # the name of a column; no field is called so
PATIENCE = 20.0  # seconds that are spent on looking for further faulty records, once there is one


@dataclass(frozen=True)
class Fault:
    """A record that cannot be read, and why."""

    index: int
    place: str
    reason: str

    def __str__(self) -> str:
        return self.reason if self.place in self.reason else f"{self.place}: {self.reason}"


def sound(examples: Examples) -> Examples:
    """The examples, where their source has found nothing wrong with any. Raises DataError about the first kind of faults else."""
    if examples.faulty:
        raise examples.faulty[0].error()
    return examples


def without_known(examples: Examples) -> tuple[Examples, list[Fault]]:
    """The examples without the records that their source knows to be none, and these in order.

    Raises:
        DataError: nothing is left.
    """
    found = known_faults(examples)
    if not found:
        return examples, found
    good = np.setdiff1d(np.arange(examples.count), [fault.index for fault in found])
    return replace(examples.rows(good), faulty=()), found


def failing(examples: Examples) -> Examples:
    """The examples, where to read a record that their source knows to be none fails with what it knows.

    Raises:
        DataError: there are only such records.
    """
    reasons = {fault.index: " ".join(fault.reason.split()) for fault in known_faults(examples)}
    if not reasons:
        return examples
    with tf.device("CPU:0"):
        column = tf.constant([reasons.get(number, "") for number in range(examples.count)])
    if isinstance(examples.records, tf.data.Dataset):
        beside = tf.data.Dataset.zip((examples.records, tf.data.Dataset.from_tensor_slices(column)))
        records: Any = beside.map(lambda record, reason: {**record, WRONG: reason})
    else:
        records = {**examples.records, WRONG: column}
    stored = None if examples.stored is None else _unless_wrong(examples.stored)
    return replace(examples, records=records, read=_unless_wrong(examples.read), stored=stored, faulty=())


def _unless_wrong(read: Read) -> Read:
    """The same function of records that have a reason beside them, which is empty where nothing is wrong."""

    def checked(record: Record) -> Example:
        reason = record[WRONG]
        with tf.control_dependencies([require(tf.equal(reason, ""), reason)]):
            made = read({name: value for name, value in record.items() if name != WRONG})
            return {name: tf.identity(value) for name, value in made.items()}

    return checked


def known_faults(examples: Examples) -> list[Fault]:
    """The records that the source knows to be none, in order. Raises DataError about the most frequent kind where these are all."""
    kinds = {int(number): (kind, place) for kind in reversed(examples.faulty) for place, number in reversed([*enumerate(kind.records)])}
    if len(kinds) == examples.count:
        raise max(examples.faulty, key=lambda kind: len(kind.records)).error()
    return [Fault(number, examples.place(number), kind.said(place)) for number, (kind, place) in sorted(kinds.items())]


def labels_beyond(examples: Examples, name: str, column: str, classes: int) -> list[Fault]:
    """The records whose label is none of so many classes, if labels are a column of a table; else none.

    Args:
        name: the field.
        column: what the source calls it. That the column is the field is made sure of by reading one of those records.
    """
    held: Any = None if isinstance(examples.records, tf.data.Dataset) else examples.records.get(column)
    if not isinstance(held, tf.Tensor) or held.shape.rank != 1 or held.dtype.name != examples.fields[name].spec.dtype:
        return []
    values = held.numpy()
    wrong = np.flatnonzero((values < 0) | (values >= classes))
    for index in wrong[:TOLD]:
        try:
            label = examples.read(examples.record(index))[name]
        except tf.errors.OpError:
            continue
        is_held = np.array_equal(label, values[index])
        return [Fault(int(each), examples.place(int(each)), f"`{name}` is {values[each]}") for each in wrong] if is_held else []
    return []


def faults(examples: Examples, patience: float = PATIENCE) -> tuple[list[Fault], int]:
    """The first faulty records with their reasons, and how many there are.

    Args:
        patience: seconds after which the search for further ones ends.

    Raises:
        DataError: the records themselves cannot be had from some place on.
    """
    bad, started = [], time.monotonic()
    for index in _unreadable(examples):
        bad.append(index)
        if time.monotonic() - started > patience:
            break
    return [_fault(examples, index) for index in bad[:TOLD]], len(bad)


def readable(examples: Examples) -> tuple[np.ndarray, list[Fault]]:
    """The numbers of the examples that can be read, and the first ones that cannot.

    Raises:
        DataError: there is none that can be read.
    """
    bad = list(_unreadable(examples))
    found = [_fault(examples, index) for index in bad[:TOLD]]
    if len(bad) == examples.count:
        raise DataError(f"none of the {examples.count:,} records can be read; {found[0]}")
    return np.setdiff1d(np.arange(examples.count), bad), found


def told(found: Sequence[Fault], count: int) -> str:
    """Faulty records in one line."""
    more = f"; and {count - len(found):,} more" if count > len(found) else ""
    return "; ".join(map(str, found)) + more


def natural(examples: Examples) -> tf.data.Dataset:
    """All examples in the source's order, images as floats."""
    read = examples.in_floats().read
    return _numbered(examples).map(lambda _, record: read(record), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def _numbered(examples: Examples) -> tf.data.Dataset:
    """Records with their numbers."""
    if isinstance(examples.records, tf.data.Dataset):
        return examples.records.enumerate()
    return tf.data.Dataset.range(examples.count).map(lambda index: (index, examples.record(index)))


def _unreadable(examples: Examples) -> Iterator[int]:
    """The numbers of the records that cannot be read, in order."""

    def read(index: Any, record: Any) -> Any:
        # TensorFlow leaves out whatever no value depends on, so the number is made to depend on what was read.
        sizes = [tf.strings.length(tf.io.serialize_tensor(value)) for value in tf.nest.flatten(examples.read(record))]
        return tf.where(tf.add_n(sizes) > 0, index, -1)

    good = _numbered(examples).map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).ignore_errors()
    expected = 0
    for index in good.as_numpy_iterator():
        yield from range(expected, int(index))
        expected = int(index) + 1
    yield from range(expected, examples.count)


def _fault(examples: Examples, index: int) -> Fault:
    return Fault(index, examples.place(index), _reason(examples, index))


def _reason(examples: Examples, index: int) -> str:
    """Why a record cannot be read."""
    one = _numbered(examples).skip(index).take(1).map(lambda _, record: examples.read(record))
    try:
        return "it cannot be read" if list(one) else "the data end before it"
    except tf.errors.OpError as error:
        return reason_of(error)


def reason_of(error: BaseException) -> str:
    """What TensorFlow says of a failed operation, in the words of a sentence."""
    text = telling_line(str(error)) or type(error).__name__
    text = re.sub(NOISE, "", text).strip()
    for said, plain in OF_DECODERS:
        text = said.sub(plain, text)
    if text.startswith("assertion failed: "):
        text = " ".join(part.strip("'\"") for part in re.findall(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]", text))
        text = re.sub(r"\bb'([^']*)'", r"\1", re.sub(r"\\(['\"\\])", r"\1", text))
    return text[:SHOWN].rstrip(".")


# What TensorFlow puts around a message: who ran it.
NOISE = re.compile(r"^\{\{[^}]*\}\} *|Error in user-defined function passed to .*? transformation with iterator: \S+ |\s*\[Op:\w+\].*$")

# What its decoders say of an image that is none, or not all of one, and how that is told.
OF_DECODERS = (
    (re.compile(r"jpeg::Uncompress failed\. .*"), "the JPEG is faulty, or not all there"),
    (re.compile(r"Invalid (PNG|GIF)\b.*"), r"the \1 is faulty, or not all there"),
    (re.compile(r"Input size should match \(header_size .*"), "the BMP is faulty, or not all there"),
    (re.compile(r"Unknown image file format\..*"), "the image has no known format"),
    (re.compile(r"Input is empty.*"), "the image is empty"),
)

# Lines about where in TensorFlow something happened, not what.
ELSEWHERE = re.compile(
    r"Graph execution error|Detected at node|File \"|\[\[|\(\d+\) |<stack traces|\d+ root error|\d+ (successful|derived)"
)


def telling_line(text: str) -> str:
    """The line of TensorFlow's message that says what is wrong: the last one that does not say where."""
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in reversed(lines) if line and not ELSEWHERE.match(line)), "")
