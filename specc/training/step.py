"""What one replica does with a batch. The gradients of all replicas are those of one on the whole batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from specc.objectives.objective import Terms
from specc.training.distribution import summed
from specc.training.job import Job


def training_step(job: Job, names: Sequence[str]) -> Callable[[Any], Any]:
    """One step of one replica: a batch goes in, the sums of what is reported come out."""
    network, objective, optimizer = job.network, job.objective, job.optimizer
    variables = network.training.trainable_variables
    replicas = job.strategy.num_replicas_in_sync

    def gradients_of(batch: Any, everywhere: Any, parts: Any) -> tuple[list[Any], Any]:
        with tf.GradientTape() as tape:
            terms = objective.losses(network, batch, job.state)
            # Parts of a batch may differ in size. The sum over all replicas is the mean over the whole batch.
            penalty = penalty_of(network.training)
            loss = optimizer.scale_loss(tf.reduce_sum(terms.loss) / everywhere + penalty / (replicas * parts))
        return tape.gradient(loss, variables), sums_of(terms, penalty, names)

    # XLA compiles neither the replicas' meeting in `summed` nor parts of changing size: there it compiles what is between.
    whole = replicas == 1 and job.accumulate == 1
    compiled = tf.function(gradients_of, jit_compile=True) if job.jit_compile and not whole else gradients_of

    def step(batch: Any) -> Any:
        size = tf.cast(size_of(batch), tf.float32)
        everywhere = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, size) if replicas > 1 else size
        if job.accumulate == 1:
            gradients, sums = compiled(batch, everywhere, 1.0)
        else:
            gradients, sums = accumulated(batch, job.accumulate, lambda part, parts: compiled(part, everywhere, parts))
        optimizer.apply(objective.learned(network, job.state, summed(gradients)), variables)
        objective.after_update(network, job.state)
        return sums

    return tf.function(step, jit_compile=True) if job.jit_compile and whole else step


def measuring_step(job: Job, names: Sequence[str]) -> Callable[[Any], Any]:
    """The same of held-out data: nothing is learned."""

    def step(batch: Any) -> Any:
        terms = job.objective.measure(job.network, batch)
        return sums_of(terms, penalty_of(job.network.inference), names)

    return step


def penalty_of(model: keras.Model) -> Any:
    """What regularizers add to the loss, once a batch."""
    return tf.add_n([tf.cast(loss, tf.float32) for loss in model.losses] or [tf.constant(0.0)])


def accumulated(batch: Any, parts: int, compute: Callable[[Any, Any], tuple[list[Any], Any]]) -> tuple[list[Any], Any]:
    """Gradients and sums of a batch, taken in parts one after the other, so that only one of them is in memory."""
    size = size_of(batch)
    parts = tf.minimum(parts, size)
    count = tf.cast(parts, tf.float32)

    def part(index: Any) -> Any:
        return tf.nest.map_structure(lambda value: value[size * index // parts : size * (index + 1) // parts], batch)

    first, sums = compute(part(0), count)
    learning = [place for place, gradient in enumerate(first) if gradient is not None]

    def add(index: Any, gradients: list[Any], sums: Any) -> tuple[Any, list[Any], Any]:
        further, more = compute(part(index), count)
        return index + 1, [total + further[place] for total, place in zip(gradients, learning, strict=True)], sums + more

    start = [1, [tf.convert_to_tensor(first[place]) for place in learning], sums]
    _, totals, sums = tf.while_loop(lambda index, *_: index < parts, add, start, parallel_iterations=1)
    gradients = list(first)
    for place, total in zip(learning, totals, strict=True):
        gradients[place] = total
    return gradients, sums


def size_of(batch: Any) -> Any:
    """Examples of a batch."""
    return tf.shape(tf.nest.flatten(batch)[0])[0]


def sums_of(terms: Terms, penalty: Any, names: Sequence[str]) -> Any:
    """Loss, what is reported, penalty and number of examples, added up over the examples."""
    size = tf.cast(tf.shape(terms.loss)[0], tf.float32)
    return tf.stack([tf.reduce_sum(terms.loss), *(tf.reduce_sum(terms.reported[name]) for name in names), penalty * size, size])
