"""What the examples of a part are like: classes, objects, sizes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.examples import Example, Examples
from specc.data.faults import natural
from specc.data.inspection.looks import CLASSES, Looked, added, counted
from specc.registry.data.fields import Field

PATIENCE = 20.0  # seconds that reading the labels of all examples may take
TRIED = 1.0  # seconds after which it is known how long that will be
TOGETHER = 1_024  # examples whose labels are counted at a time


@dataclass(frozen=True)
class ClassCounts:
    """How often each class of a field comes.

    Args:
        field: its name.
        unit: what is counted: `examples`, `objects` or `pixels`.
        names: of the classes; their numbers where they have none.
        counts: by class.
        without: how many have no class, as pixels that are ignored.
        is_whole: whether all examples were counted, not only those looked at.
    """

    field: str
    unit: str
    names: tuple[str, ...]
    counts: tuple[int, ...]
    without: int = 0
    is_whole: bool = True

    @property
    def shares(self) -> tuple[float, ...]:
        """Of all that have a class."""
        total = max(sum(self.counts), 1)
        return tuple(count / total for count in self.counts)


@dataclass(frozen=True)
class Objects:
    """Objects of an example: least, mean and most; and how many examples have none."""

    least: int
    mean: float
    most: int
    without: int


@dataclass(frozen=True)
class Sizes:
    """Heights and widths of the images of a field, in pixels: least, median and most."""

    field: str
    heights: tuple[int, float, int]
    widths: tuple[int, float, int]


def class_counts(looked: Looked) -> tuple[ClassCounts, ...]:
    """The classes of all fields that have some; of a table those of all examples, where labels can be read by themselves in time."""
    fields = looked.examples.fields
    units = counted(fields)
    everything = None
    if not looked.is_whole and looked.examples.is_table:
        everything = totals(looked.examples, [name for name, unit in units.items() if unit != "pixels"])
    found = []
    for name, unit in units.items():
        by_example = [look.counts[name] for look in looked.looks if name in look.counts]
        is_whole = everything is not None and name in everything
        counts = everything[name] if everything is not None and is_whole else added(by_example, fields[name].classes)
        names = class_names(fields[name], looked.examples.classes, len(counts) - 1)
        numbers = tuple(int(count) for count in counts)
        found.append(ClassCounts(name, unit, names, numbers[1:], numbers[0], is_whole or looked.is_whole))
    return tuple(found)


def class_names(field: Field, classes: Sequence[str], count: int) -> tuple[str, ...]:
    """Names of the classes of a field; their numbers where there are none.

    Args:
        classes: the names that the data have. A mask may have the background besides, as class 0.
    """
    if len(classes) == count:
        return tuple(classes)
    if field.kind == "mask" and len(classes) == count - 1 and classes:
        return ("background", *classes)
    return tuple(map(str, range(count)))


def totals(examples: Examples, names: Sequence[str]) -> dict[str, np.ndarray] | None:
    """How often each class comes in all examples, by field, as `Look.counts` has it; None where that would take too long.

    Nothing but these fields is computed: TensorFlow leaves out what they do not need, like the decoding of images.
    """
    if not names:
        return {}
    fields, kept = examples.fields, examples.only(names)

    def labels(example: Example) -> Example:
        return {name: _classes(tf.cast(example[name], tf.int64)) for name in names}

    padding = {name: tf.constant(-2, tf.int64) for name in names}  # -1 stands for an object without a class
    batches = natural(kept).map(labels, num_parallel_calls=tf.data.AUTOTUNE).ignore_errors().padded_batch(TOGETHER, padding_values=padding)
    found = {name: added([], fields[name].classes) for name in names}
    started = time.monotonic()
    for number, batch in enumerate(batches.prefetch(2).as_numpy_iterator(), start=1):
        for name in names:
            counts = np.bincount(batch[name].ravel() + 2)[1:]
            found[name] = added([found[name], counts], fields[name].classes)
        taken = time.monotonic() - started
        if taken > TRIED and taken * examples.count > PATIENCE * number * TOGETHER:
            return None
    return found


def _classes(labels: Any) -> Any:
    """Labels, -2 in place of those that can be no class."""
    return tf.where((labels >= -1) & (labels < CLASSES), labels, -2)


def object_counts(looked: Looked) -> Objects | None:
    """Objects of the examples; None where the data have none."""
    counts = [look.objects for look in looked.looks if look.objects is not None]
    if not counts:
        return None
    return Objects(min(counts), sum(counts) / len(counts), max(counts), counts.count(0))


def image_sizes(looked: Looked) -> tuple[Sizes, ...]:
    """Sizes of the stored images, by field."""
    found = []
    for name, field in looked.examples.fields.items():
        shapes = [look.shapes[name] for look in looked.looks]
        if field.kind == "image" and shapes:
            found.append(Sizes(name, _middle(shape[0] for shape in shapes), _middle(shape[1] for shape in shapes)))
    return tuple(found)


def _middle(sizes: Iterable[int]) -> tuple[int, float, int]:
    ordered = np.array(list(sizes))
    return int(ordered.min()), float(np.median(ordered)), int(ordered.max())
