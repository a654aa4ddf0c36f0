"""Groups of weights: how fast each variable learns, and how much it decays, beside the optimizer's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from specc.graph import Graph
from specc.language.step_paths import is_within
from specc.registry.experiment import Group


@dataclass(frozen=True)
class Factors:
    """What the learning rate and the weight decay of a variable are multiplied by."""

    rate: float = 1.0
    decay: float = 1.0


def factors_of(variables: Sequence[Any], graph: Graph, groups: Sequence[Group]) -> list[Factors]:
    """The factors of each variable: of the last group that matches it what that says, else 1.

    Without a word about it, what has one axis (a bias, the scale or the shift of a normalization) does not decay.
    """
    paths = {layer.name: layer.path for layer in graph.layers}
    found = []
    for variable in variables:
        layer, _, rest = variable.path.partition("/")
        path = f"{paths.get(layer, layer)}/{rest}"
        rate, decay = 1.0, float(len(variable.shape) > 1)
        for group in groups:
            if any(is_within(path, pattern) for pattern in group.match):
                rate = rate if group.learning_rate is None else group.learning_rate
                decay = decay if group.weight_decay is None else group.weight_decay
        found.append(Factors(rate, decay))
    return found


def set_factors(optimizer: keras.optimizers.Optimizer, factors: Sequence[Factors]) -> None:
    """Makes an optimizer, which is built, heed the factors of its variables.

    Keras knows one rate and one decay, and asks of each variable only whether it decays (keras 3.15,
    `TFOptimizer._apply_weight_decay`), so both methods are replaced.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if any(each.rate != 1 for each in factors):
        step = inner.update_step
        inner.update_step = lambda gradient, variable, rate: step(gradient, variable, rate * _of(factors, inner, variable).rate)
    if inner.weight_decay is not None:
        inner._apply_weight_decay = lambda variables: _decay(inner, factors, variables)


def _decay(optimizer: Any, factors: Sequence[Factors], variables: Sequence[Any]) -> None:
    """w = w - learning_rate * weight_decay * w, each with its factor."""

    def decay(variable: Any) -> None:
        each = _of(factors, optimizer, variable)
        if each.rate * each.decay:
            share = tf.cast(optimizer.learning_rate, variable.dtype) * optimizer.weight_decay * each.rate * each.decay
            variable.assign_sub(variable * share)

    def everywhere(distribution: Any, variables: Sequence[Any]) -> None:
        for variable in variables:
            distribution.extended.update(getattr(variable, "value", variable), decay, group=False)

    tf.__internal__.distribute.interim.maybe_merge_call(everywhere, optimizer._distribution_strategy, variables)


def _of(factors: Sequence[Factors], optimizer: Any, variable: Any) -> Factors:
    return factors[optimizer._get_variable_index(variable)]
