"""The order of the examples in each epoch, and their batches. All is a function of (seed, epoch, index), also in parallel."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from specc.data.examples import Example, Examples
from specc.data.mixing import Mixing
from specc.data.objects import NO_OBJECT, filling
from specc.data.processing import Processing, fields_after, fold
from specc.data.shares import Share
from specc.registry.data.fields import BY_OBJECT

PARALLEL = os.cpu_count() or 1  # TensorFlow's own tuning does not see through the grouping of rows, and begins with one
SHUFFLED = 10_000  # records among which the next one is drawn where they can only be had one after the other


@dataclass(frozen=True)
class Epochs:
    """Examples in batches, epoch after epoch.

    What is done to an example is one step of the pipeline for all epochs, so that none has to begin slowly.

    Args:
        examples: what the source gives, after the fixed transforms.
        processing: what is still to be done to each.
        seed: where order and augmentation start from.
        shuffled: whether the order is drawn anew in each epoch.
        wanted: the fields of a batch.
        whole: whether an epoch has whole batches only: the examples that are left over are others in each epoch.
    """

    examples: Examples
    processing: Processing
    seed: int
    shuffled: bool
    wanted: tuple[str, ...]
    whole: bool = False

    def steps(self, size: int) -> int:
        """Batches of an epoch."""
        return math.ceil(self._count(size) / size)

    def _count(self, size: int) -> int:
        """Examples of an epoch: all, or those of whole batches, if there is one."""
        count = self.examples.count
        return count // size * size or count if self.whole else count

    def batches(self, first: int, last: int, size: int, skip: int = 0, share: Share | None = None) -> tf.data.Dataset:
        """The batches of some epochs, `last` not included.

        Args:
            first: the first epoch.
            size: examples of a batch; the last one of an epoch may have fewer.
            skip: how many batches of the first epoch are left out; their examples are not read.
            share: the replicas whose parts are given instead of whole batches.
        """
        mixing = Mixing(self.processing, size)
        plan = Plan(self._count(size), size, share, mixing.partners, self.examples.is_table)
        epochs = tf.data.Dataset.range(first, last)

        def left_out(epoch: Any) -> Any:
            return tf.where(epoch == first, tf.constant(skip, tf.int64), 0)

        if self.examples.is_table and not self._work and not mixing.partners:
            rows = epochs.flat_map(lambda epoch: self._rows(epoch, left_out(epoch), plan))
            batches = plan.grouped(rows, lambda rows: rows.batch(size)).map(lambda group, indices: (group, self._gathered(indices)))
        else:
            make = self._rows if self.examples.is_table else self._records
            rows = epochs.flat_map(lambda epoch: make(epoch, left_out(epoch), plan))
            done = rows.map(self._one(plan, mixing), num_parallel_calls=PARALLEL, deterministic=True)
            batches = plan.grouped(done, lambda examples: _stacked(examples, plan.largest, self._fillings))
        if mixing.partners:

            def mixed(group: Any, batch: Example) -> tuple[Any, Example]:
                return group, self._picked(mixing(batch, plan.before))

            batches = batches.map(mixed, num_parallel_calls=PARALLEL, deterministic=True)
        return plan.divided(batches)

    def _rows(self, epoch: Any, left_out: Any, plan: Plan) -> tf.data.Dataset:
        """The rows of an epoch that are needed of a table, each the number of its batch and its index."""
        order = tf.range(self.examples.count)
        if self.shuffled:
            order = tf.random.experimental.stateless_shuffle(order, seed=tf.stack([self.seed, tf.cast(epoch, tf.int32)]))
        groups, places = [], []
        for start, number, size in plan.runs:
            within = tf.range(*plan.rows(size), dtype=tf.int64) % size
            group = tf.range(start, start + number, dtype=tf.int64)
            places.append(tf.reshape(start * plan.size + (group - start)[:, None] * size + within, (-1,)))
            groups.append(tf.repeat(group, tf.size(within)))
        group = tf.concat(groups, axis=0)
        wanted = group >= left_out
        indices = tf.gather(order, tf.boolean_mask(tf.concat(places, axis=0), wanted))
        return tf.data.Dataset.from_tensor_slices((epoch * plan.steps + tf.boolean_mask(group, wanted), indices))

    def _records(self, epoch: Any, left_out: Any, plan: Plan) -> tf.data.Dataset:
        """The records of an epoch that are needed of a stream; those of other rows are passed by, and not read."""
        records: Any = self.examples.records
        numbered = records.enumerate()
        if self.shuffled:
            # Inside this function the global seed is its graph's: the order depends on (seed, epoch) and nothing else.
            tf.random.set_seed(1)
            numbered = numbered.shuffle(SHUFFLED, seed=self.seed * 1_000_003 + epoch, reshuffle_each_iteration=False)
        placed = numbered.enumerate().skip(left_out * plan.size)
        needed = placed.filter(lambda place, _: plan.needs(place))
        return needed.map(lambda place, numbered: (epoch * plan.steps + place // plan.size, numbered[0], numbered[1]))

    @property
    def _work(self) -> bool:
        """Whether there is anything to do to the rows of a table."""
        dense = all(not isinstance(column, tf.RaggedTensor) for column in self.examples.records.values())
        return self.examples.read is not dict or not self.processing.is_done or not dense

    def _gathered(self, indices: Any) -> Example:
        """A batch of rows of a table, as they are."""
        return {name: tf.gather(self.examples.records[name], indices) for name in self.wanted}

    @property
    def _fillings(self) -> dict[str, Any]:
        """What stands for objects, and for labels, that an example has not."""
        known = fields_after(self.processing.fields, self.processing.transforms)
        labels = [name for name, field in known.items() if field.kind == "value" and field.is_integer and field.classes is not None]
        return {**{name: filling(field) for name, field in known.items() if field.kind in BY_OBJECT}, **dict.fromkeys(labels, NO_OBJECT)}

    def _picked(self, example: Example) -> Example:
        return {name: example[name] for name in self.wanted}

    def _one(self, plan: Plan, mixing: Mixing) -> Any:
        """From the number of a batch and an index, and a stream's record, to what goes into that batch."""

        def one(group: Any, index: Any, record: Any = None) -> tuple[Any, Example]:
            # Of the numbers below zero, so that it is not the key that the order is drawn from.
            key = fold(tf.stack([-1 - self.seed, tf.cast(group // plan.steps, tf.int32)]), index)
            record = self.examples.record(index) if self.examples.is_table else record
            example = self.processing.finished(self.examples.read(record), key)
            # Objects are mixed by what is known of all their parts, so that fields are picked behind it.
            return group, mixing.keyed(example if mixing.partners else self._picked(example), key)

        return one


@dataclass(frozen=True)
class Plan:
    """Which rows of which batches are read. Batches are numbered through all epochs.

    Args:
        count: examples of an epoch.
        size: of a batch.
        share: the replicas whose parts are wanted; none: all.
        partners: how many rows before it each is mixed with.
        is_table: whether single rows can be had that do not follow each other.
    """

    count: int
    size: int
    share: Share | None
    partners: int
    is_table: bool

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return math.ceil(self.count / self.size)

    @property
    def runs(self) -> list[tuple[int, int, int]]:
        """Batches of equal size in an epoch: the number of the first, how many they are, and their size."""
        full, rest = divmod(self.count, self.size)
        return [run for run in ((0, full, self.size), (full, 1, rest)) if run[1] and run[2]]

    @property
    def before(self) -> int:
        """Rows in front of those that are needed, for these to be mixed with; 0 where the whole batch is read."""
        return self.partners if self._parted and self.is_table else 0

    def rows(self, size: int) -> tuple[int, int]:
        """The first row, and the last plus one, that are read of a batch of that size. Those in front of row 0 are the last ones."""
        if self.share is None or not self._parted:
            return 0, size
        first, last = self.share.rows(size)
        return first - self.before, last

    @property
    def largest(self) -> int:
        """The most rows that are read of a batch."""
        return max(last - first for first, last in (self.rows(size) for _, _, size in self.runs))

    @property
    def _parted(self) -> bool:
        """Whether only a part of each batch is read: not where a part is empty, nor where a stream's rows are mixed."""
        if self.share is None or (self.partners and not self.is_table):
            return False
        return all(last - first > 0 for first, last in (self.share.rows(size) for _, _, size in self.runs))

    def needs(self, place: Any) -> Any:
        """Whether the example in a place of the order is in a row that is read."""
        first, last, _ = self._of(place // self.size)
        row = place % self.size
        return (row >= first) & (row < last) & (place < self.count)

    def grouped(self, rows: tf.data.Dataset, stack: Any) -> tf.data.Dataset:
        """Rows, each with the number of its batch, as batches with their numbers. `stack` makes a batch of rows in a data set."""

        def window(group: Any) -> Any:
            first, last, _ = self._of(group)
            return last - first

        # A data set that is made for each batch costs milliseconds by each of its steps, so that it has but one.
        grouped = rows.group_by_window(lambda group, _: group, lambda _, rows: stack(rows), window_size_func=window)
        return grouped.map(lambda groups, batch: (groups[0], batch))

    def divided(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """The parts of the share's replicas in turn; without a share the batches."""
        share = self.share
        if share is None:
            return batches.map(lambda group, batch: batch)

        def parts(group: Any, batch: Any) -> tf.data.Dataset:
            first, _, size = (tf.cast(value, tf.int32) for value in self._of(group))
            return share.parts(batch, first + self.before, size)

        return batches.flat_map(parts)

    def _of(self, group: Any) -> tuple[Any, Any, Any]:
        """Of a batch by its number, within an epoch or through all: the rows that are read, and its size."""
        known = {start + number - 1: (*self.rows(size), size) for start, number, size in self.runs}
        usual, last = known[min(known)], known[self.steps - 1]
        if usual == last:
            return tuple(tf.constant(value, tf.int64) for value in usual)
        is_last = group % self.steps == self.steps - 1
        return tuple(tf.where(is_last, tf.constant(b, tf.int64), a) for a, b in zip(usual, last, strict=True))


def _stacked(examples: tf.data.Dataset, size: int, fillings: Mapping[str, Any]) -> tf.data.Dataset:
    """Numbered examples in batches of that size; those that differ in size are filled up with zeros, or as `fillings` says by field."""
    groups, fields = examples.element_spec
    if all(tensor.shape.is_fully_defined() for tensor in tf.nest.flatten(fields)):
        return examples.batch(size)

    def filled(name: str) -> Any:
        return tf.nest.map_structure(
            lambda tensor: tf.constant(fillings.get(name, "" if tensor.dtype == tf.string else 0), tensor.dtype), fields[name]
        )

    return examples.padded_batch(size, padding_values=(tf.constant(0, groups.dtype), {name: filled(name) for name in fields}))
