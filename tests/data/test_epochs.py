"""Order, parts and places: which examples are in which batch, whoever asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from specc.data.epochs import Epochs
from specc.data.examples import examples_of
from specc.data.processing import processing_of
from specc.data.shares import Share
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import bind
from tests.data.conftest import ramp

COUNT, SIZE = 23, 5


def epochs(*transforms: Any, table: bool = True, shuffled: bool = True, seed: int = 3) -> Epochs:
    examples = ramp(COUNT, table=table)
    made = bind(Pipeline, {"source": "digits", "transforms": list(transforms)})
    return Epochs(examples, processing_of(made, examples.fields), seed, shuffled, ("image", "label"))


def labels(batches: tf.data.Dataset) -> list[list[int]]:
    found = []
    for batch in batches:
        label = batch["label"].numpy()
        if label.ndim == 1:
            np.testing.assert_array_equal(batch["image"].numpy()[:, 0, 0, 0], label)
        found.append(label.tolist())
    return found


def flat(batches: list[list[int]]) -> list[int]:
    return [label for batch in batches for label in batch]


@pytest.mark.parametrize("table", [True, False], ids=["table", "stream"])
def test_every_example_is_there_once(table: bool) -> None:
    one = epochs(table=table)
    first, second = (labels(one.batches(epoch, epoch + 1, SIZE)) for epoch in (0, 1))
    assert [len(batch) for batch in first] == [5, 5, 5, 5, 3]
    assert sorted(flat(first)) == sorted(flat(second)) == list(range(COUNT))
    assert first != second
    assert first == labels(epochs(table=table).batches(0, 1, SIZE))
    assert first != labels(epochs(table=table, seed=4).batches(0, 1, SIZE))
    assert labels(epochs(table=table, shuffled=False).batches(7, 8, SIZE)) == [list(range(i, min(i + 5, 23))) for i in range(0, 23, 5)]


@pytest.mark.parametrize("table", [True, False], ids=["table", "stream"])
def test_an_epoch_may_have_whole_batches_alone(table: bool) -> None:
    """What is left over differs from epoch to epoch; workers read the same; data of less than a batch are one."""
    one = replace(epochs(table=table), whole=True)
    assert (one.steps(SIZE), one.steps(23), one.steps(24)) == (4, 1, 1)
    first, second = (labels(one.batches(epoch, epoch + 1, SIZE)) for epoch in (0, 1))
    assert [len(batch) for batch in first + second] == [SIZE] * 8
    assert labels(one.batches(0, 2, SIZE, 3)) == first[3:] + second
    assert set(flat(first)) != set(flat(second))
    assert [len(batch) for batch in labels(one.batches(0, 1, 24))] == [23]
    parts = [labels(one.batches(0, 1, SIZE, 0, Share(number, 1, 2, True))) for number in (0, 1)]
    assert [a + b for a, b in zip(*parts, strict=True)] == first


@pytest.mark.parametrize("table", [True, False], ids=["table", "stream"])
@pytest.mark.parametrize("left_out", [0, 1, 4, 5])
def test_an_epoch_goes_on_anywhere(table: bool, left_out: int) -> None:
    one = epochs("random_flip", table=table)
    whole = list(one.batches(2, 3, SIZE, 0).as_numpy_iterator())
    rest = list(one.batches(2, 3, SIZE, left_out).as_numpy_iterator())
    assert len(rest) == len(whole) - left_out
    for found, expected in zip(rest, whole[left_out:], strict=True):
        np.testing.assert_array_equal(found["image"], expected["image"])
        np.testing.assert_array_equal(found["label"], expected["label"])


MIXUP = {"mix_up": {"alpha": 1.0}}


@pytest.mark.parametrize("table", [True, False], ids=["table", "stream"])
@pytest.mark.parametrize("transforms", [(), ("random_flip",), ("random_flip", MIXUP)], ids=["plain", "random", "mixed"])
@pytest.mark.parametrize(
    ("size", "replicas", "here", "training"), [(5, 2, 1, True), (6, 4, 2, False), (9, 6, 1, True), (2, 3, 1, True), (2, 3, 1, False)]
)
def test_parts_of_workers_make_up_the_batch(
    table: bool, transforms: tuple[Any, ...], size: int, replicas: int, here: int, training: bool
) -> None:
    """However many replicas and workers there are, each batch is the same, row by row; and so are its random numbers."""
    one = epochs(*transforms, table=table)
    whole = list(one.batches(1, 2, size, 1).as_numpy_iterator())
    workers = [
        list(one.batches(1, 2, size, 1, Share(first, here, replicas, training)).as_numpy_iterator()) for first in range(0, replicas, here)
    ]
    assert [len(parts) for parts in workers] == [here * len(whole)] * (replicas // here)
    for number, batch in enumerate(whole):
        parts = [part for parts in workers for part in parts[number * here : (number + 1) * here]]
        sizes = [len(part["label"]) for part in parts]
        if training and len(batch["label"]) < replicas:
            assert all(np.array_equal(part["image"], batch["image"]) for part in parts)
            continue
        assert max(sizes) - min(sizes) <= 1
        for name in ("image", "label"):
            np.testing.assert_array_equal(np.concatenate([part[name] for part in parts]), batch[name])


@pytest.mark.parametrize("table", [True, False], ids=["table", "stream"])
def test_a_worker_reads_only_its_own_part(table: bool) -> None:
    """What is read counts itself, outside of TensorFlow's graph."""
    seen: list[int] = []
    one = epochs("random_flip", table=table)
    read = one.examples.read

    def counted(record: Any) -> Any:
        number = tf.py_function(lambda value: (seen.append(int(value)), value)[1], [record["number"]], tf.int32)
        return read({"number": tf.ensure_shape(number, ())})

    object.__setattr__(one.examples, "read", counted)
    mine = flat(labels(one.batches(0, 1, SIZE, 0, Share(1, 1, 2, True))))
    assert sorted(seen) == sorted(mine)
    assert len(mine) == 14  # of 5 rows the last 3, four times, and of 3 the last 2


def test_the_order_does_not_depend_on_how_many_read_at_a_time() -> None:
    """One thread gives what many give."""
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    one = epochs("random_flip", {"random_rotation": {"factor": 0.1}})
    batches = one.batches(0, 1, SIZE, 0)
    many, single = (list(each.as_numpy_iterator()) for each in (batches, batches.with_options(options)))
    for found, expected in zip(many, single, strict=True):
        np.testing.assert_array_equal(found["image"], expected["image"])


def test_labels_of_which_an_example_has_fewer_are_filled_up_with_none() -> None:
    """Zero would be the first class."""
    labels = tf.ragged.constant([[3], [1, 2], []], dtype=tf.int32)
    examples = examples_of({"label": labels, "weight": tf.ragged.constant([[0.5], [1.0, 2.0], []])}, classes_of={"label": 4})
    made = bind(Pipeline, {"source": "digits"})
    one = Epochs(examples, processing_of(made, examples.fields), 0, False, ("label", "weight"))
    (batch,) = one.batches(0, 1, 3).as_numpy_iterator()
    assert batch["label"].tolist() == [[3, -1], [1, 2], [-1, -1]]
    assert batch["weight"].tolist() == [[0.5, 0], [1, 2], [0, 0]]
