"""What other replicas have of a batch. A loss that looks across the batch is that of one replica on all of it."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def replicas() -> int:
    """How many there are."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else int(context.num_replicas_in_sync)


def gathered(rows: Any) -> Any:
    """The rows of all replicas, one after the other, shape (batch, ...). Gradients flow back to where each row came from."""
    # What comes straight from the data has no device yet, and workers are found by it.
    return rows if replicas() == 1 else tf.distribute.get_replica_context().all_gather(tf.identity(rows), axis=0)


def own_places(rows: Any) -> Any:
    """Which of the gathered rows are this replica's, shape (rows,), int32. Parts of a batch may differ in size."""
    count = tf.shape(rows)[0]
    if replicas() == 1:
        return tf.range(count)
    context = tf.distribute.get_replica_context()
    counts = gathered(count[None])
    before = tf.range(context.num_replicas_in_sync) < context.replica_id_in_sync_group
    return tf.reduce_sum(tf.where(before, counts, 0)) + tf.range(count)


def mean_everywhere(rows: Any) -> Any:
    """The mean of the rows of all replicas, shape of one row."""
    if replicas() == 1:
        return tf.reduce_mean(rows, axis=0)
    sums = [tf.reduce_sum(rows, axis=0), tf.cast(tf.shape(rows)[0], rows.dtype)]
    total, count = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, sums)
    return total / count


def shared(value: Any, name: str, dtype: str) -> keras.Variable:
    """A variable of an objective's state, whose new values all replicas compute alike: each keeps its own, and nothing is sent."""
    return keras.Variable(value, dtype=dtype, trainable=False, synchronization="on_read", aggregation="only_first_replica", name=name)
