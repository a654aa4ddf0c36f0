"""Examples as the network gets them, after all transforms, in the order of an epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.feed import feed
from specc.data.inspection.findings import Finding
from specc.data.inspection.looks import range_of, readable_ones, some_of
from specc.data.objects import NO_OBJECT
from specc.data.pipeline import Opened
from specc.data.tokenizers import Tokenizer
from specc.registry.data.fields import BY_OBJECT, Field
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import Choice

SOUGHT = 4  # times as many examples as are shown, among which those that can be read are sought where some cannot

Example = Mapping[str, tuple[np.ndarray, ...]]


@dataclass(frozen=True)
class Sample:
    """Examples as the network gets them.

    Args:
        examples: of each the values by field, one for every view where views differ. Objects that only fill up are gone.
        fields: what is known of them; of views, of the first.
        classes: names of the classes; empty where the data have none.
        transforms: what every view has gone through, in order.
        tokenizers: what makes fields of tokens texts again.
    """

    examples: tuple[Example, ...]
    fields: Mapping[str, Field]
    classes: tuple[str, ...]
    transforms: tuple[tuple[Choice, ...], ...]
    tokenizers: Mapping[str, Tokenizer] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class FieldValues:
    """A field as the network gets it.

    Args:
        shapes: of an example, one for each kind of view; None for sizes that differ.
        low: the least value; of texts the least length. None where there is no value.
        high: the largest one.
        is_finite: whether all values are numbers.
    """

    name: str
    kind: str
    dtype: str
    shapes: tuple[tuple[int | None, ...], ...]
    low: float | None
    high: float | None
    is_finite: bool


def take_sample(
    opened: Opened, pipeline: Pipeline, count: int, *, batch_size: int, seed: int = 0, training: bool = False, epoch: int = 0
) -> Sample:
    """The first examples of an epoch.

    Args:
        pipeline: what was opened.
        batch_size: that of training; it matters where the examples of a batch are mixed.
        seed: where order and augmentation start from.
        training: whether the order is that of training.

    Raises:
        SpecError: no record can be read.
    """
    size = batch_size if opened.processing.mixing else min(batch_size, count)

    def batches(of: Opened) -> list[Any]:
        stream = feed(of, size, seed=seed, training=training).stream(epoch, epoch + 1)
        return list(stream.take(math.ceil(count / size)).as_numpy_iterator())

    try:
        found = batches(opened)
    except (tf.errors.OpError, DataError):
        found = batches(_readable(opened, count))
    examples = [_row(batch, row, opened.fields) for batch in found for row in range(_rows(batch))]
    kinds = [view.transforms for view in pipeline.views for _ in range(view.count)] or [[]]
    transforms = tuple((*pipeline.transforms, *own) for own in kinds)
    shifted = {target: opened.tokenizers[name] for name, target in pipeline.shift.items() if name in opened.tokenizers}
    return Sample(tuple(examples[:count]), opened.fields, opened.examples.classes, transforms, {**opened.tokenizers, **shifted})


def _readable(opened: Opened, count: int) -> Opened:
    """Some examples that can be read, where not all can."""
    numbers = some_of(opened.examples, SOUGHT * count)
    some = opened.examples.rows(numbers)
    key = tf.zeros((2,), tf.int32)
    good = [place for place, _ in readable_ones(some, lambda record: opened.processing.finished(some.read(record), key))]
    if not good:
        raise opened.fault() or DataError(f"none of {len(numbers):,} records can be read")
    return replace(opened, examples=opened.examples.rows(numbers[good]))


def _rows(batch: Mapping[str, Any]) -> int:
    first = next(iter(batch.values()))
    return len(first[0] if isinstance(first, tuple) else first)


def _row(batch: Mapping[str, Any], row: int, fields: Mapping[str, Field]) -> Example:
    """An example of a batch, without the objects that only fill up."""
    values = {name: tuple(np.asarray(each[row]) for each in _views(value)) for name, value in batch.items()}
    by_object = [name for name in values if fields[name].kind in BY_OBJECT]
    if not by_object:
        return values
    views = max(len(values[name]) for name in by_object)
    there = [objects_there({name: of_view(values[name], view) for name in by_object}, fields) for view in range(views)]
    kept = {name: tuple(of_view(values[name], view)[there[view]] for view in range(views)) for name in by_object}
    return {**values, **kept}


def _views(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple) else (value,)


def of_view(values: Sequence[Any], view: int) -> Any:
    """The value of a view; what all views have in common is there once."""
    return values[min(view, len(values) - 1)]


def objects_there(objects: Mapping[str, np.ndarray], fields: Mapping[str, Field]) -> np.ndarray:
    """Which rows are objects: those that fill up have no box, nothing in their mask, and the label -1."""
    there = np.ones(len(next(iter(objects.values()))), bool)
    for name, values in objects.items():
        if fields[name].kind == "boxes":
            there &= (values[:, 2:] > values[:, :2]).all(axis=1)
        elif fields[name].kind == "masks" and not any(fields[other].kind == "boxes" for other in objects):
            there &= values.any(axis=(1, 2))
        elif fields[name].kind == "object" and fields[name].classes is not None and values.ndim == 1:
            there &= values != NO_OBJECT
    return there


def field_values(sample: Sample) -> tuple[FieldValues, ...]:
    """Shapes and ranges of the fields."""
    return tuple(_described(name, known, [example[name] for example in sample.examples]) for name, known in sample.fields.items())


def _described(name: str, known: Field, values: Sequence[tuple[np.ndarray, ...]]) -> FieldValues:
    flat = [each for views in values for each in views]
    shapes = dict.fromkeys(_shape([of_view(views, view) for views in values]) for view in range(max(map(len, values), default=0)))
    if known.kind in BY_OBJECT:
        shapes = {(known.spec.shape[1], *shape[1:]): None for shape in shapes}  # with what fills up
    if known.is_text:
        lengths = [float(len(text.decode(errors="replace"))) for each in flat for text in np.ravel(each)]
        ranges = [(length, length) for length in lengths]
    else:
        ranges = [range_of(each) for each in flat if each.size]
    finite = [(low, high) for low, high in ranges if math.isfinite(low) and math.isfinite(high)]
    low, high = (min(low for low, _ in finite), max(high for _, high in finite)) if finite else (None, None)
    return FieldValues(name, known.kind, known.spec.dtype, tuple(shapes), low, high, len(finite) == len(ranges))


def _shape(values: Sequence[np.ndarray]) -> tuple[int | None, ...]:
    """The shape of values; None for sizes that differ."""
    sizes = zip(*(value.shape for value in values), strict=True)
    return tuple(found[0] if len(set(found)) == 1 else None for found in sizes)


def broken_fields(values: Sequence[FieldValues]) -> tuple[Finding, ...]:
    """Fields that are no numbers after the transforms."""
    message = "`{}` has values that are no numbers, or infinite, after the transforms"
    return tuple(Finding("not_finite", message.format(each.name)) for each in values if not each.is_finite)
