"""Schedules of the learning rate. Each function makes one for a run of known length, from the optimizer's rate on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import tensorflow as tf
from keras import ops

from specc.keras_backend.build import resolve
from specc.objectives.objective import Length
from specc.registry.entry import Choice
from specc.training.callbacks import ReduceOnPlateau

Rate: TypeAlias = Any  # a float, or a schedule of Keras's


class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """Rises evenly to the peak, then follows another schedule, whose steps count from there.

    Step k of the first `steps` has peak * (k + 1) / steps, so that no step is made with a rate of 0.
    """

    def __init__(self, peak: float, steps: int, after: Rate) -> None:
        self.peak, self.steps, self.after = peak, steps, after

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        later = self.after(step - self.steps) if callable(self.after) else self.after
        return ops.where(step < self.steps, self.peak * (step + 1) / self.steps, later)

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "steps": self.steps, "after": self.after}


class Later(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that begins behind steps that were made before."""

    def __init__(self, schedule: Rate, begun: int) -> None:
        self.schedule, self.begun = schedule, begun

    def __call__(self, step: Any) -> Any:
        return self.schedule(step - self.begun)

    def get_config(self) -> dict[str, Any]:
        return {"schedule": self.schedule, "begun": self.begun}


def learning_rate(schedule: Choice | None, peak: float, length: Length, begun: int = 0) -> Rate:
    """The learning rate of a stage: a number, or a schedule of the steps.

    Args:
        begun: steps that were made before, and do not count.
    """
    rate = peak if schedule is None else resolve(schedule.entry.target)(peak, length, **vars(schedule.params))
    return Later(rate, begun) if begun and callable(rate) else rate


def rates_of(schedule: Choice | None, peak: float, length: Length, epochs: int, most: int = 200) -> list[tuple[float, float]]:
    """The learning rate over the first epochs of a stage, as pairs of an epoch, fractions included, and its value there.

    Args:
        epochs: how many.
        most: points at most; of many steps every so-manieth is looked at.
    """
    rate = learning_rate(schedule, peak, length)
    steps = length.steps * epochs
    every = max(1, steps // most)
    return [(step / length.steps, float(rate(step)) if callable(rate) else rate) for step in range(0, steps, every)]


def constant(peak: float, length: Length, *, warmup_epochs: float = 0.0, warmup_steps: int | None = None) -> Rate:
    """The peak throughout, after the warm-up."""
    return _warmed(peak, peak, _warmup(length, warmup_epochs, warmup_steps))


def cosine(peak: float, length: Length, *, alpha: float = 0.0, warmup_epochs: float = 0.0, warmup_steps: int | None = None) -> Rate:
    """Half a cosine from the peak to `alpha * peak` (Loshchilov and Hutter, 2016, arXiv:1608.03983)."""
    warmup = _warmup(length, warmup_epochs, warmup_steps)
    after = keras.optimizers.schedules.CosineDecay(peak, max(length.total - warmup, 1), alpha=alpha)
    return _warmed(peak, after, warmup)


def piecewise(
    peak: float,
    length: Length,
    *,
    epochs: Sequence[float] = (),
    steps: Sequence[int] = (),
    factor: float = 0.1,
    warmup_epochs: float = 0.0,
    warmup_steps: int | None = None,
) -> Rate:
    """Falls by a factor at the beginning of each epoch, or step, named; they count from the start of the run, warm-up included."""
    warmup = _warmup(length, warmup_epochs, warmup_steps)
    # Keras changes the value after a boundary, we at it: step k is the (k + 1)th.
    falls = sorted([*(math.ceil(epoch * length.steps) for epoch in epochs), *steps])
    boundaries = [float(step - warmup - 1) for step in falls]
    if not boundaries:
        return _warmed(peak, peak, warmup)
    after = keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, [peak * factor**falls for falls in range(len(boundaries) + 1)])
    return _warmed(peak, after, warmup)


def linear(peak: float, length: Length, *, alpha: float = 0.0, warmup_epochs: float = 0.0, warmup_steps: int | None = None) -> Rate:
    """peak (alpha + (1 - alpha)(1 - t / T)) over the T steps behind the warm-up."""
    return polynomial(peak, length, power=1.0, alpha=alpha, warmup_epochs=warmup_epochs, warmup_steps=warmup_steps)


def polynomial(
    peak: float,
    length: Length,
    *,
    power: float = 2.0,
    alpha: float = 0.0,
    warmup_epochs: float = 0.0,
    warmup_steps: int | None = None,
) -> Rate:
    """peak (alpha + (1 - alpha)(1 - t / T)^power) over the T steps behind the warm-up."""
    warmup = _warmup(length, warmup_epochs, warmup_steps)
    left = max(length.total - warmup, 1)
    return _warmed(peak, keras.optimizers.schedules.PolynomialDecay(peak, left, alpha * peak, power), warmup)


def exponential(
    peak: float,
    length: Length,
    *,
    decay_rate: float = 0.96,
    decay_epochs: float = 1.0,
    decay_steps: int | None = None,
    staircase: bool = False,
    warmup_epochs: float = 0.0,
    warmup_steps: int | None = None,
) -> Rate:
    """peak decay_rate^(t / steps), the power rounded down for a staircase."""
    steps = decay_epochs * length.steps if decay_steps is None else decay_steps
    after = keras.optimizers.schedules.ExponentialDecay(peak, steps, decay_rate, staircase)
    return _warmed(peak, after, _warmup(length, warmup_epochs, warmup_steps))


def cosine_restarts(
    peak: float,
    length: Length,
    *,
    first_epochs: float = 10.0,
    first_steps: int | None = None,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
    warmup_epochs: float = 0.0,
    warmup_steps: int | None = None,
) -> Rate:
    """Half cosines that begin again (Loshchilov and Hutter, 2016, arXiv:1608.03983)."""
    warmup = _warmup(length, warmup_epochs, warmup_steps)
    steps = first_epochs * length.steps if first_steps is None else first_steps
    return _warmed(peak, keras.optimizers.schedules.CosineDecayRestarts(peak, steps, t_mul, m_mul, alpha), warmup)


class Plateau(keras.optimizers.schedules.LearningRateSchedule):
    """The peak times a factor, which a callback lowers."""

    def __init__(self, peak: float, watching: Mapping[str, Any]) -> None:
        self.peak, self.watching = peak, watching
        self.factor = tf.Variable(1.0, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA, name="plateau")

    def __call__(self, step: Any) -> Any:
        return self.peak * self.factor

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "watching": dict(self.watching)}

    def callback(self, mode: str) -> ReduceOnPlateau:
        """What lowers it."""
        return ReduceOnPlateau(self.factor, mode=mode, **self.watching)


def reduce_on_plateau(
    peak: float,
    length: Length,
    *,
    monitor: str = "val_loss",
    factor: float = 0.1,
    patience: int = 10,
    min_delta: float = 1e-4,
    cooldown: int = 0,
    mode: str = "auto",
    min_lr: float = 0.0,
    warmup_epochs: float = 0.0,
    warmup_steps: int | None = None,
) -> Rate:
    """The peak, after the warm-up, times a factor whenever the metric gets no better. What `mode` means, the callback is told."""
    watching = {
        "monitor": monitor,
        "by": factor,
        "patience": patience,
        "min_delta": min_delta,
        "cooldown": cooldown,
        "least": min_lr / peak,
    }
    return _warmed(peak, Plateau(peak, watching), _warmup(length, warmup_epochs, warmup_steps))


def plateau_of(rate: Rate) -> Plateau | None:
    """The plateau in a schedule, if it has one."""
    for name in ("schedule", "after"):
        rate = getattr(rate, name, rate)
    return rate if isinstance(rate, Plateau) else None


class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """peak * sqrt(warmup / (warmup + step + 1)): the fall behind a warm-up of so many steps, which are not counted."""

    def __init__(self, peak: float, warmup: int) -> None:
        self.peak, self.warmup = peak, warmup

    def __call__(self, step: Any) -> Any:
        # Before the warm-up's end, where `Warmup` asks too and leaves the answer out, there would be a root of what is negative.
        done = ops.maximum(ops.cast(step, "float32") + self.warmup + 1, 1.0)
        return self.peak * ops.sqrt(self.warmup / done)

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "warmup": self.warmup}


def inverse_square_root(peak: float, length: Length, *, warmup_steps: int, warmup_epochs: float = 0.0) -> Rate:
    """An even rise, then a fall with the root of the steps (Vaswani et al., 2017, arXiv:1706.03762)."""
    return _warmed(peak, InverseSquareRoot(peak, warmup_steps), warmup_steps)


def _warmup(length: Length, epochs: float, steps: int | None) -> int:
    return round(epochs * length.steps) if steps is None else steps


def _warmed(peak: float, after: Rate, warmup: int) -> Rate:
    return Warmup(peak, warmup, after) if warmup else after
