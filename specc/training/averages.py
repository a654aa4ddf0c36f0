"""The running mean of the weights that an optimizer keeps: what is measured and kept, while training goes on with the weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf


@contextmanager
def averaged(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Within, the weights are their running means, if the optimizer keeps them."""
    pairs = _pairs(optimizer)
    kept = [tf.identity(variable.value) for variable, _ in pairs]
    settle(optimizer)
    try:
        yield
    finally:
        for (variable, _), value in zip(pairs, kept, strict=True):
            variable.assign(value)


def settle(optimizer: keras.optimizers.Optimizer) -> None:
    """The weights become their running means, if the optimizer keeps them and has made a step."""
    for variable, average in _pairs(optimizer):
        variable.assign(average)


def restart(optimizer: keras.optimizers.Optimizer) -> None:
    """The running means become the weights."""
    for variable, average in _pairs(optimizer):
        average.assign(variable)


def _pairs(optimizer: keras.optimizers.Optimizer) -> list[tuple[Any, Any]]:
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if not inner.use_ema or not int(keras.ops.convert_to_numpy(inner.iterations)):
        return []
    return list(zip(inner._trainable_variables, inner._model_variables_moving_average, strict=True))
