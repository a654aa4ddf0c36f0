"""The state of a run as arrays: everything that a step changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.diagnostics import fail
from specc.keras_backend.network import Network, settle_normalization
from specc.training.job import Job


def state_of(job: Job) -> dict[str, np.ndarray]:
    """The values of all variables of a run, each under a name of its own."""
    return {name: np.asarray(keras.ops.convert_to_numpy(variable)) for name, variable in _variables(job).items()}


def restore(job: Job, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Gives all variables of a run the values that they had.

    Args:
        source: where the arrays come from, for the message.

    Raises:
        SpecError: they are those of another network.
    """
    variables = _variables(job)
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    if shapes != {name: array.shape for name, array in arrays.items() if name in shapes} or not shapes.keys() <= arrays.keys():
        wrong = next(name for name, shape in shapes.items() if name not in arrays or arrays[name].shape != shape)
        found = f"{arrays[wrong].shape}" if wrong in arrays else "missing"
        message = f"{source} does not fit: `{wrong}` is {found} there, and {shapes[wrong]} in this run"
        raise fail("E0514", message, help="a run is resumed with the spec, and the version of specc, that began it")
    for name, variable in variables.items():
        variable.assign(arrays[name])
    for leaf in _leaves([job.network, job.state]):
        settle_normalization(leaf)


def _variables(job: Job) -> dict[str, Any]:
    found: dict[int, tuple[str, Any]] = {}
    for part, value in (("model", job.network), ("optimizer", list(job.optimizer.variables)), ("objective", job.state)):
        for leaf in _leaves(value):
            for variable in leaf.variables if isinstance(leaf, keras.layers.Layer) else [leaf]:
                # By position: in paths Keras numbers what was made before, such as seed generators.
                found.setdefault(id(variable), (f"{part}/{len(found):05}/{variable.name.partition(':')[0]}", variable))
    return dict(found.values())


def _leaves(value: Any) -> Iterator[Any]:
    """The variables, layers and models in a structure. Whatever else stands there has no state."""
    match value:
        case Network():
            yield from (value.training, value.inference)
        case keras.layers.Layer() | keras.Variable() | tf.Variable():  # a model is a layer
            yield value
        case Mapping():
            yield from _leaves(list(value.values()))
        case list() | tuple():
            for item in value:
                yield from _leaves(item)
        case _ if hasattr(value, "__dataclass_fields__"):
            yield from _leaves([getattr(value, name) for name in value.__dataclass_fields__])
