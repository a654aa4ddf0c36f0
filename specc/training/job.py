"""What the loop is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from specc.data.pipeline import Feed
from specc.keras_backend.network import Network
from specc.objectives.objective import Objective


@dataclass(frozen=True)
class Job:
    """What is trained, on what, and how. Everything was made under the strategy's scope.

    Args:
        optimizer: built on the training model's variables.
        jit_compile: whether XLA compiles a step.
        steps_per_execution: None adapts it.
        accumulate: parts that a batch is taken in, one after the other, before the weights are updated.
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
    callbacks: Sequence[keras.callbacks.Callback] = ()
    state: Any = field(default=None)
