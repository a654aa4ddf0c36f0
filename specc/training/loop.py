"""The training loop, for every task: read it from top to bottom."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from specc.data.pipeline import Feed
from specc.keras_backend.network import Network
from specc.objectives.objective import Objective, Terms
from specc.training.averages import averaged
from specc.training.distribution import iterate, reduce_once, summed
from specc.training.pace import Pace, pace_of

Record = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What is trained, on what, and how. Everything was made under the strategy's scope.

    Args:
        optimizer: built on the training model's variables.
        jit_compile: whether XLA compiles a step.
        steps_per_execution: None adapts it.
    """

    network: Network
    objective: Objective
    optimizer: keras.optimizers.Optimizer
    training: Feed
    validation: Feed | None
    strategy: tf.distribute.Strategy
    epochs: int
    steps_per_execution: int | None = None
    jit_compile: bool = False
    callbacks: Sequence[keras.callbacks.Callback] = ()
    state: Any = field(default=None)


@dataclass(frozen=True)
class Position:
    """Where a run is: so many epochs are complete, and so many steps of the next one, with the sums over these.

    `rate` is the learning rate at the beginning of that epoch.
    """

    epoch: int = 0
    done: int = 0
    totals: Any = None
    rate: float | None = None


class Watch:
    """Who looks at a run while it goes on."""

    @property
    def stopping(self) -> bool:
        """Whether the run is to end after the steps that are being done."""
        return False

    @property
    def room(self) -> int:
        """How many steps may be done before it has to be asked again."""
        return sys.maxsize

    def epoch(self, epoch: int) -> None:
        """An epoch begins, counted from 0, or goes on where it was broken off."""

    def steps(self, position: Position, means: Record) -> None:
        """Steps of the epoch are done, with these means over all of them."""

    def record(self, record: Record) -> None:
        """An epoch has ended, or was broken off."""

    def between(self, position: Position) -> None:
        """An epoch is complete and recorded, the next has not begun."""


def fit(job: Job, watch: Watch, start: Position = Position()) -> list[Record]:
    """Trains, and returns the metrics of every epoch. The weights are those of the models in `job.network`.

    Args:
        start: where the run goes on; its state has been restored.
    """
    reduce_once(job.optimizer)
    model = job.network.inference
    model.optimizer, model.stop_training = job.optimizer, False  # where Keras's callbacks look for them
    callbacks = keras.callbacks.CallbackList(list(job.callbacks), model=model, epochs=job.epochs, steps=job.training.steps, verbose=0)
    pace = pace_of(job.steps_per_execution, list(job.callbacks))
    names = job.objective.names(job.network, training=True)
    execute = executor(training_step(job, names), job.strategy)
    validate = validator(job)
    batches = iterate(job.training.stream(start.epoch, job.epochs, start.done), job.strategy, training=True)

    records: list[Record] = []
    callbacks.on_train_begin()
    for epoch in range(start.epoch, job.epochs):
        started = time.perf_counter()
        watch.epoch(epoch)
        callbacks.on_epoch_begin(epoch)
        begun = start if epoch == start.epoch else Position(epoch)
        rate = float(keras.ops.convert_to_numpy(job.optimizer.learning_rate)) if begun.rate is None else begun.rate
        done, totals = begun.done, tf.zeros((len(names) + 3,)) if begun.totals is None else tf.constant(begun.totals)
        seen = float(totals[-1])
        while done < job.training.steps and not watch.stopping:
            steps = pace.start(min(job.training.steps - done, watch.room))
            callbacks.on_train_batch_begin(done)
            totals = execute(batches, tf.constant(steps), totals)
            done += steps
            means = means_of(totals, names)
            pace.end(steps)
            callbacks.on_train_batch_end(done - 1, dict(means))
            watch.steps(Position(epoch, done, totals, rate), means)
        if done == begun.done < job.training.steps:
            break
        trained = time.perf_counter() - started
        logs = means_of(totals, names)
        complete = done == job.training.steps
        if complete and validate is not None:
            callbacks.on_test_begin()
            with averaged(job.optimizer):
                measured = validate()
            callbacks.on_test_end(measured)
            logs.update({f"val_{name}": value for name, value in measured.items()})
        record: Record = {"epoch": epoch + 1, "steps": done, **logs, "learning_rate": rate}
        record |= {"seconds": time.perf_counter() - started, "examples_per_second": (float(totals[-1]) - seen) / trained}
        if complete:
            callbacks.on_epoch_end(epoch, {**logs, "learning_rate": rate})
        else:
            record["interrupted"] = True
        records.append(record)
        watch.record(record)
        if complete:
            watch.between(Position(epoch + 1))
        if model.stop_training or watch.stopping:
            break
    callbacks.on_train_end({})
    del model.optimizer  # an artifact holds the model alone
    return records


def training_step(job: Job, names: Sequence[str]) -> Callable[[Any], Any]:
    """One step of one replica: a batch goes in, the sums of what is reported come out."""
    network, objective, optimizer = job.network, job.objective, job.optimizer
    variables = network.training.trainable_variables
    replicas = job.strategy.num_replicas_in_sync

    def gradients_of(batch: Any, everywhere: Any) -> tuple[list[Any], Any]:
        with tf.GradientTape() as tape:
            terms = objective.losses(network, batch, job.state)
            # Parts of a batch may differ in size. The sum over all replicas is the mean over the whole batch.
            penalty = tf.add_n([tf.cast(loss, tf.float32) for loss in network.training.losses] or [tf.constant(0.0)])
            loss = optimizer.scale_loss(tf.reduce_sum(terms.loss) / everywhere + penalty / replicas)
        return tape.gradient(loss, variables), sums_of(terms, penalty, names)

    # The replicas meet in `summed`, which XLA cannot compile: with several of them it compiles up to there.
    compiled = tf.function(gradients_of, jit_compile=True) if job.jit_compile and replicas > 1 else gradients_of

    def step(batch: Any) -> Any:
        size = tf.cast(tf.shape(next(iter(batch.values())))[0], tf.float32)
        everywhere = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, size) if replicas > 1 else size
        gradients, sums = compiled(batch, everywhere)
        optimizer.apply(summed(gradients), variables)
        objective.after_update(network, job.state)
        return sums

    return tf.function(step, jit_compile=True) if job.jit_compile and replicas == 1 else step


def executor(step: Callable[[Any], Any], strategy: tf.distribute.Strategy) -> Callable[[Any, Any, Any], Any]:
    """Several steps in one call, their sums added to the totals one by one: Python is not asked between them."""
    step = tf.autograph.experimental.do_not_convert(step)

    @tf.function(reduce_retracing=True)
    def execute(batches: Any, steps: Any, totals: Any) -> Any:
        for _ in tf.range(steps):
            totals += strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(step, args=(next(batches),)), axis=None)
        return totals

    return execute


def validator(job: Job) -> Callable[[], Record] | None:
    """A function that measures the inference model on the validation data."""
    feed = job.validation
    if feed is None:
        return None
    names = job.objective.names(job.network, training=False)

    def step(batch: Any) -> Any:
        terms = job.objective.measure(job.network, batch)
        penalty = tf.add_n([tf.cast(loss, tf.float32) for loss in job.network.inference.losses] or [tf.constant(0.0)])
        return sums_of(terms, penalty, names)

    execute, pace = executor(step, job.strategy), Pace()

    def validate() -> Record:
        batches, done, totals = iterate(feed.stream(0, 1), job.strategy, training=False), 0, tf.zeros((len(names) + 3,))
        while done < feed.steps:
            steps = pace.start(feed.steps - done)
            totals = execute(batches, tf.constant(steps), totals)
            done += steps
            pace.end(steps)
        return means_of(totals, names)

    return validate


def sums_of(terms: Terms, penalty: Any, names: Sequence[str]) -> Any:
    """Loss, what is reported, penalty and number of examples, added up over the examples."""
    size = tf.cast(tf.shape(terms.loss)[0], tf.float32)
    return tf.stack([tf.reduce_sum(terms.loss), *(tf.reduce_sum(terms.reported[name]) for name in names), penalty * size, size])


def means_of(totals: Any, names: Sequence[str]) -> Record:
    """Means over the examples; the loss includes the penalty, as in Keras."""
    loss, *reported, penalty, size = (float(total) for total in totals.numpy())
    return {"loss": (loss + penalty) / size, **{name: total / size for name, total in zip(names, reported, strict=True)}}
