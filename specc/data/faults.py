"""Records that cannot be read: which they are, and why."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.examples import Examples

SHOWN = 300  # characters of a reason
TOLD = 5  # records that a message names
PATIENCE = 20.0  # seconds that are spent on looking for further faulty records, once there is one


@dataclass(frozen=True)
class Fault:
    """A record that cannot be read, and why."""

    index: int
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


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


def told(found: list[Fault], count: int) -> str:
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
        text = re.sub(r"\bb'([^']*)'", r"\1", text)
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
