"""Examples as the network gets them, after all transforms, in the order of an epoch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.examples import Examples
from specc.data.faults import Fault, readable
from specc.data.feed import feed
from specc.data.inspection.findings import Finding
from specc.data.inspection.looks import Watch, range_of, readable_ones, some_of, unwatched
from specc.data.objects import NO_OBJECT
from specc.data.pipeline import Opened
from specc.data.tokenizers import Tokenizer
from specc.registry.data.fields import BY_OBJECT, Field
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import Choice

TOGETHER = 32  # examples that are looked at in a batch, unless those of a batch are mixed
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
        found = batches(_readable(opened, some_of(opened.examples, SOUGHT * count)))
    examples = tuple(_examples(found, opened.fields))
    kinds = [view.transforms for view in pipeline.views for _ in range(view.count)] or [[]]
    transforms = tuple((*pipeline.transforms, *own) for own in kinds)
    shifted = {target: opened.tokenizers[name] for name, target in pipeline.shift.items() if name in opened.tokenizers}
    return Sample(examples[:count], opened.fields, opened.examples.classes, transforms, {**opened.tokenizers, **shifted})


def values_of(
    opened: Opened,
    numbers: np.ndarray,
    *,
    batch_size: int,
    seed: int = 0,
    training: bool = False,
    epoch: int = 0,
    watch: Watch[Any] = unwatched,
) -> tuple[FieldValues, ...]:
    """Shapes and ranges of the fields over some examples, as an epoch has them; see `take_sample`.

    Args:
        numbers: the places of the examples, in order. Those that cannot be read are left out.

    Raises:
        SpecError: no record can be read.
    """
    size = batch_size if opened.processing.mixing else min(batch_size, TOGETHER)

    def values(of: Opened) -> tuple[FieldValues, ...]:
        batches = feed(of, size, seed=seed, training=training).stream(epoch, epoch + 1).as_numpy_iterator()
        return field_values(_examples(watch(batches, math.ceil(of.examples.count / size)), of.fields), of.fields)

    try:
        return values(opened if len(numbers) == opened.examples.count else _only(opened, numbers))
    except (tf.errors.OpError, DataError):
        return values(_readable(opened, numbers))


def without_faulty(opened: Opened) -> tuple[np.ndarray, list[Fault]]:
    """The places of the examples that can be read and transformed, which `on_error: skip` leaves, and the first faults of the others.

    Raises:
        DataError: there is none that can be read.
    """
    return readable(_finished(opened))


def _finished(opened: Opened) -> Examples:
    """Examples as they go into a batch, all drawn from one key: whether they can be made at all does not depend on it."""
    return opened.examples.reading(lambda example: opened.processing.finished(example, tf.zeros((2,), tf.int32)))


def _only(opened: Opened, numbers: np.ndarray) -> Opened:
    return replace(opened, examples=opened.examples.rows(numbers))


def _readable(opened: Opened, numbers: np.ndarray) -> Opened:
    """Those of some examples that can be read, where not all can."""
    some = _finished(_only(opened, numbers))
    good = [place for place, _ in readable_ones(some, some.read)]
    if not good:
        raise opened.fault() or DataError(f"none of {len(numbers):,} records can be read")
    return _only(opened, numbers[good])


def _examples(batches: Iterable[Mapping[str, Any]], fields: Mapping[str, Field]) -> Iterator[Example]:
    """The examples of batches, one after the other."""
    return (_row(batch, row, fields) for batch in batches for row in range(_rows(batch)))


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


def field_values(examples: Iterable[Example], fields: Mapping[str, Field]) -> tuple[FieldValues, ...]:
    """Shapes and ranges of the fields of some examples."""
    found = {name: _Extent(known) for name, known in fields.items()}
    for example in examples:
        for name, extent in found.items():
            extent.add(example[name])
    return tuple(extent.described(name) for name, extent in found.items())


class _Extent:
    """Shapes and range of a field, of one example after the other."""

    def __init__(self, known: Field) -> None:
        self.known = known
        self.shapes: list[tuple[int | None, ...]] = []
        self.low, self.high = math.inf, -math.inf
        self.is_finite = True

    def add(self, views: tuple[np.ndarray, ...]) -> None:
        """Takes the values of an example, one for every view where views differ."""
        shapes = [value.shape for value in views]
        self.shapes = [_common(*both) for both in zip(self.shapes or shapes, shapes, strict=True)]
        for value in views:
            for low, high in self._ranges(value):
                if math.isfinite(low) and math.isfinite(high):
                    self.low, self.high = min(self.low, low), max(self.high, high)
                else:
                    self.is_finite = False

    def _ranges(self, value: np.ndarray) -> list[tuple[float, float]]:
        if not self.known.is_text:
            return [range_of(value)] if value.size else []
        lengths = [float(len(text.decode(errors="replace"))) for text in np.ravel(value)]
        return [(length, length) for length in lengths]

    def described(self, name: str) -> FieldValues:
        """All that was taken."""
        known, shapes = self.known, self.shapes
        if known.kind in BY_OBJECT:
            shapes = [(known.spec.shape[1], *shape[1:]) for shape in shapes]  # with what fills up
        low, high = (self.low, self.high) if self.low <= self.high else (None, None)
        return FieldValues(name, known.kind, known.spec.dtype, tuple(dict.fromkeys(shapes)), low, high, self.is_finite)


def _common(one: Sequence[int | None], other: Sequence[int | None]) -> tuple[int | None, ...]:
    """The shape of both; None for sizes that differ."""
    return tuple(size if size == another else None for size, another in zip(one, other, strict=True))


def broken_fields(values: Sequence[FieldValues]) -> tuple[Finding, ...]:
    """Fields that are no numbers after the transforms."""
    message = "`{}` has values that are no numbers, or infinite, after the transforms"
    return tuple(Finding("not_finite", message.format(each.name)) for each in values if not each.is_finite)
