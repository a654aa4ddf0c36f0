"""What other replicas have of a batch. A loss that looks across the batch is that of one replica on all of it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def gathered(rows: Any) -> Any:
    """The rows of all replicas, one after the other, shape (batch, ...). Gradients flow back to where each row came from."""
    context = tf.distribute.get_replica_context()
    return rows if context is None or context.num_replicas_in_sync == 1 else context.all_gather(rows, axis=0)


def own_places(rows: Any) -> Any:
    """Which of the gathered rows are this replica's, shape (rows,), int32. Parts of a batch may differ in size."""
    count = tf.shape(rows)[0]
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tf.range(count)
    counts = context.all_gather(count[None], axis=0)
    before = tf.range(context.num_replicas_in_sync) < context.replica_id_in_sync_group
    return tf.reduce_sum(tf.where(before, counts, 0)) + tf.range(count)
