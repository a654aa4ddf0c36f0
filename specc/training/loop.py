"""The training loop, for every task: read it from top to bottom."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from specc.training.averages import averaged
from specc.training.callbacks import restore_states
from specc.training.distribution import Agreement, iterate, reduce_once
from specc.training.job import Job
from specc.training.pace import Pace, pace_of
from specc.training.step import measuring_step, training_step

Record = dict[str, Any]


@dataclass(frozen=True)
class Position:
    """Where a run is: so many epochs are complete, and so many steps of the next one, with the sums over these.

    `rate` is the learning rate at the beginning of that epoch, `callbacks` what callbacks have seen, and `stopped` whether one of
    them has ended the stage there.
    """

    epoch: int = 0
    done: int = 0
    totals: Any = None
    rate: float | None = None
    callbacks: Sequence[Any] = ()
    stopped: bool = False


class Watch:
    """Who looks at a run while it goes on."""

    def stage(self, job: Job, position: Position) -> None:
        """A stage begins, or goes on where it was broken off; callbacks know of it already."""

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

    def broken_off(self, position: Position) -> None:
        """The run ends here, since somebody asked for it."""

    def record(self, record: Record) -> None:
        """An epoch has ended, or was broken off."""

    def between(self, position: Position) -> None:
        """An epoch is complete and recorded, the next has not begun."""


def fit(job: Job, watch: Watch, start: Position = Position()) -> list[Record]:
    """Trains a stage, and returns the metrics of every epoch. The weights are those of the models in `job.network`.

    Where the loss is no number any more, the run ends at that step, and the last record has `diverged`.

    Args:
        start: where the run goes on; its state has been restored.
    """
    reduce_once(job.optimizer)
    model = job.network.inference
    model.optimizer, model.stop_training = job.optimizer, start.stopped  # where Keras's callbacks look for them
    callbacks = keras.callbacks.CallbackList(list(job.callbacks), model=model, epochs=job.epochs, steps=job.training.steps, verbose=0)
    agree = Agreement(job.strategy)
    pace = pace_of(job.steps_per_execution, list(job.callbacks))
    names = job.objective.names(job.network, training=True)
    execute = executor(training_step(job, names), job.strategy, stopping=job.terminate_on_nan)
    validate = validator(job, agree)
    batches = iterate(partial(job.training.stream, start.epoch, job.epochs, start.done), job.strategy, training=True)

    records: list[Record] = []
    callbacks.on_train_begin()
    restore_states(job.callbacks, start.callbacks)
    watch.stage(job, start)
    for epoch in range(start.epoch, job.epochs):
        if model.stop_training:
            break
        started = time.perf_counter()
        watch.epoch(epoch)
        callbacks.on_epoch_begin(epoch)
        begun = start if epoch == start.epoch else Position(epoch)
        rate = float(keras.ops.convert_to_numpy(job.optimizer.learning_rate)) if begun.rate is None else begun.rate
        if not begun.done:
            job.objective.before_epoch(job.network, job.state, epoch, partial(job.training.stream, epoch, epoch + 1))
        done, totals = begun.done, tf.zeros((len(names) + 3,)) if begun.totals is None else tf.constant(begun.totals)
        seen, finite = float(totals[-1]), True
        while done < job.training.steps and finite:
            steps, stopping = agree(pace.start(min(job.training.steps - done, watch.room)), watch.stopping)
            if stopping:
                watch.broken_off(Position(epoch, done, totals, rate))
                break
            callbacks.on_train_batch_begin(done)
            totals, made = execute(batches, tf.constant(steps), totals)
            done += int(made)
            means = means_of(totals, names)
            finite = math.isfinite(means["loss"]) or not job.terminate_on_nan
            pace.end(steps)
            callbacks.on_train_batch_end(done - 1, dict(means))
            watch.steps(Position(epoch, done, totals, rate), means)
        if done == begun.done < job.training.steps:
            break
        trained = time.perf_counter() - started
        logs = means_of(totals, names)
        complete = done == job.training.steps and finite
        if complete and validate is not None:
            callbacks.on_test_begin()
            with averaged(job.optimizer):
                measured = validate()
            callbacks.on_test_end(measured)
            logs.update({f"val_{name}": value for name, value in measured.items()})
        due = [look for look in job.looks if complete and look.is_due(epoch + 1)]
        if due:
            with averaged(job.optimizer):
                logs.update({name: value for look in due for name, value in look.measure(job.network.inference).items()})
        record: Record = {"epoch": epoch + 1, "steps": done, **logs, "learning_rate": rate}
        record |= {"seconds": time.perf_counter() - started, "examples_per_second": (float(totals[-1]) - seen) / trained}
        if not complete:
            record["interrupted" if finite else "diverged"] = True
        finding = job.objective.finding(job.network, logs) if finite else None
        if finding is not None:
            record["finding"] = finding
        records.append(record)
        watch.record(record)
        if not complete:
            break
        callbacks.on_epoch_end(epoch, {**logs, "learning_rate": rate})
        watch.between(Position(epoch + 1))
    callbacks.on_train_end({})
    del model.optimizer  # an artifact holds the model alone
    return records


def executor(
    step: Callable[[Any], Any], strategy: tf.distribute.Strategy, *, stopping: bool = True
) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    """Several steps in one call, their sums added to the totals one by one: Python is not asked between them.

    Gives the totals, and how many steps were made: with `stopping`, none behind one whose loss is no number.
    """
    step = tf.autograph.experimental.do_not_convert(step)

    @tf.function(reduce_retracing=True)
    def execute(batches: Any, steps: Any, totals: Any) -> Any:
        made = tf.constant(0)
        while made < steps and (not stopping or tf.math.is_finite(totals[0] + totals[-2])):
            totals += strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(step, args=(next(batches),)), axis=None)
            made += 1
        return totals, made

    return execute


def validator(job: Job, agree: Agreement) -> Callable[[], Record] | None:
    """A function that measures the inference model on the validation data."""
    feed = job.validation
    if feed is None:
        return None
    names = job.objective.names(job.network, training=False)

    execute, pace = executor(measuring_step(job, names), job.strategy), Pace()

    def validate() -> Record:
        batches, done, totals = iterate(partial(feed.stream, 0, 1, 0), job.strategy, training=False), 0, tf.zeros((len(names) + 3,))
        while done < feed.steps:
            steps, _ = agree(pace.start(feed.steps - done), stopping=False)
            totals, _ = execute(batches, tf.constant(steps), totals)
            done += steps  # what is no number stays so
            pace.end(steps)
        return means_of(totals, names)

    return validate


def means_of(totals: Any, names: Sequence[str]) -> Record:
    """Means over the examples; the loss includes the penalty, as in Keras."""
    loss, *reported, penalty, size = (float(total) for total in totals.numpy())
    return {"loss": (loss + penalty) / size, **{name: total / size for name, total in zip(names, reported, strict=True)}}
