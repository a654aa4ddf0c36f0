"""What the loop is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from specc.data.feed import Feed
from specc.keras_backend.network import Network
from specc.objectives.objective import Objective
from specc.registry.experiment import Stage
from specc.representations.looks import Look


@dataclass(frozen=True)
class Beginning:
    """Where a stage begins.

    Args:
        number: the stage's, counted from 0.
        epoch: epochs before.
        step: steps before.
        updates: those that its optimizer has made before.
    """

    number: int = 0
    epoch: int = 0
    step: int = 0
    updates: int = 0


@dataclass(frozen=True)
class Job:
    """What is trained, on what, and how: a stage of a run. Everything was made under the strategy's scope.

    Args:
        optimizer: built on the training model's variables.
        epochs: those that are done when it ends, stages before it included.
        jit_compile: whether XLA compiles a step.
        steps_per_execution: None adapts it.
        accumulate: parts that a batch is taken in, one after the other, before the weights are updated.
        terminate_on_nan: whether a loss that is no number ends the run.
        state: the objective's.
        looks: what is measured beside the objective, between epochs.
        setting: what the spec says of the stage.
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
    accumulate: int = 1
    terminate_on_nan: bool = True
    callbacks: Sequence[keras.callbacks.Callback] = ()
    state: Any = None
    beginning: Beginning = Beginning()
    looks: Sequence[Look] = ()
    setting: Stage = field(default_factory=Stage)

    def steps_until(self, epoch: int, done: int = 0) -> int:
        """Steps of the run until so many epochs, and steps of the next, are done."""
        return self.beginning.step + (epoch - self.beginning.epoch) * self.training.steps + done
