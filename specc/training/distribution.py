"""Devices: which strategy runs a step, and how a batch is divided among replicas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from specc.diagnostics import fail

NAMES = ("auto", "one", "mirrored")


def choose_strategy(strategy: str | tf.distribute.Strategy = "auto") -> tf.distribute.Strategy:
    """The strategy of a run.

    Args:
        strategy: `auto` is `mirrored` where there are several GPUs, else `one`; `one` is TensorFlow's default device;
            `mirrored` are all local GPUs, or without any all logical CPUs; a strategy is itself.
    """
    if not isinstance(strategy, str):
        return strategy
    if strategy not in NAMES:
        raise fail("E0510", f"no strategy is named `{strategy}`", help="the strategies are `auto`, `one` and `mirrored`")
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [device.name for device in tf.config.list_logical_devices(kind)]
    if strategy == "mirrored" or (strategy == "auto" and kind == "GPU" and len(devices) > 1):
        return tf.distribute.MirroredStrategy(devices)
    return tf.distribute.get_strategy()


def on_gpu() -> bool:
    """Whether a GPU computes."""
    return bool(tf.config.list_logical_devices("GPU"))


def iterate(stream: tf.data.Dataset, strategy: tf.distribute.Strategy, *, training: bool) -> Iterator[Any]:
    """An iterator over the batches, each divided among the replicas."""
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return iter(stream)
    parts = stream.flat_map(lambda batch: _divided(batch, replicas, training))
    return iter(strategy.distribute_datasets_from_function(lambda _: parts.prefetch(2 * replicas)))


def _divided(batch: Mapping[str, Any], replicas: int, training: bool) -> tf.data.Dataset:
    """A batch in parts that differ by one example at most, one for each replica in turn.

    `experimental_distribute_dataset` fills the first replicas and leaves the last ones empty, which gives batch
    normalization nothing to normalize by. Where there are fewer examples than replicas, training gives all of them to
    every replica: the mean, and so the gradient, is the same. Measuring counts each example once, and nobody minds an
    empty part.
    """
    size = tf.shape(next(iter(batch.values())))[0]

    def part(index: Any) -> dict[str, Any]:
        index = tf.cast(index, tf.int32)
        first, last = size * index // replicas, size * (index + 1) // replicas
        if training:
            first, last = tf.where(size < replicas, 0, first), tf.where(size < replicas, size, last)
        return {name: value[first:last] for name, value in batch.items()}

    return tf.data.Dataset.range(replicas).map(part)


def reduce_once(optimizer: Any) -> None:
    """Leaves the adding up of the replicas' gradients to the loop.

    Keras's optimizer clips first and adds up after (keras 3.15, `TFOptimizer._backend_update_step`). Clipped parts do not
    add up to the clipped whole, and loss scaling looks for infinities in one part only. So the loop adds up first, and
    the optimizer's own addition is switched off.
    """
    getattr(optimizer, "inner_optimizer", optimizer)._all_reduce_sum_gradients = list


def summed(gradients: Sequence[Any]) -> list[Any]:
    """Gradients of one replica added up over all of them, None where a variable has none."""
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return list(gradients)
    totals = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, [gradient for gradient in gradients if gradient is not None]))
    return [None if gradient is None else next(totals) for gradient in gradients]
