"""Which part of every batch a worker needs, and how it is divided among its replicas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf


@dataclass(frozen=True)
class Share:
    """The parts of some replicas: every batch is divided evenly, parts differing by one example at most.

    Where there are fewer examples than replicas, training gives all of them to every replica: the mean, and so the
    gradient, is the same. Measuring counts each example once, and nobody minds an empty part.

    Args:
        first: the first replica whose part is wanted.
        count: of how many replicas.
        replicas: how many there are in all.
        training: whether parts may not be empty.
    """

    first: int
    count: int
    replicas: int
    training: bool

    def rows(self, size: int) -> tuple[int, int]:
        """The rows, first and last plus one, that the replicas need of a batch of that size."""
        if self.training and size < self.replicas:
            return 0, size
        return size * self.first // self.replicas, size * (self.first + self.count) // self.replicas

    def parts(self, batch: Any, start: Any = 0, size: Any = None) -> tf.data.Dataset:
        """The parts of the replicas in turn.

        Args:
            batch: rows of a batch, those of `rows` or all.
            start: which row of the whole batch is its first.
            size: rows of the whole batch; none: all are here.
        """
        size = tf.shape(tf.nest.flatten(batch)[0])[0] if size is None else size

        def part(replica: Any) -> Any:
            replica = tf.cast(replica, tf.int32)
            first, last = size * replica // self.replicas, size * (replica + 1) // self.replicas
            if self.training:
                first, last = tf.where(size < self.replicas, 0, first), tf.where(size < self.replicas, size, last)
            return tf.nest.map_structure(lambda value: value[first - start : last - start], batch)

        return tf.data.Dataset.range(self.first, self.first + self.count).map(part)
