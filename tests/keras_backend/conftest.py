"""Emitted source run, and its model held against the one that `specc.build` makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from specc.keras_backend.emission.naming import identifier
from specc.keras_backend.emit import emit
from specc.language import load, loads
from specc.language.spec import Spec


@pytest.fixture
def same() -> Callable[..., str]:
    """`same(spec, params, training=..., outputs=...)`: see `check_same`."""
    return check_same


@pytest.fixture
def run_source() -> Callable[..., Any]:
    """`run_source(source, name, **arguments)`: the model of an emitted module."""
    return run


def run(source: str, name: str, **arguments: Any) -> Any:
    """The model of an emitted module."""
    module: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source, f"{name}.py", "exec"), module)
    return module[identifier(name)](**arguments)


def check_same(spec: str | Spec, params: Mapping[str, Any] | None = None, training: bool = False, outputs: bool = True) -> str:
    """Asserts that the source of a spec, run with params, makes the model that the spec makes with them.

    Args:
        spec: a text, a loaded spec, or the name of one in the zoo.
        params: given to the emitted function, and to the spec; the source is that of the spec's defaults.
        training: the graph that is compared.
        outputs: whether to run both models.
    """
    import keras

    from specc.keras_backend.build import Builder

    original = spec if isinstance(spec, Spec) else _loaded(spec, {})
    source = emit(original)
    given = {**(params or {}), **({"training": True} if training and original.uses_training else {})}
    keras.utils.clear_session()
    emitted = run(source, original.name, **given)
    keras.utils.clear_session()
    other = original if not params else _loaded(spec, params)
    built = Builder().model(other.graph(training=training))
    assert _config(emitted) == _config(built)
    assert [(weight.path, weight.shape) for weight in emitted.weights] == [(weight.path, weight.shape) for weight in built.weights]
    assert [weight.path for weight in emitted.trainable_weights] == [weight.path for weight in built.trainable_weights]
    if outputs:
        check_same_outputs(emitted, built)
    return source


def _loaded(spec: str | Spec, params: Mapping[str, Any]) -> Spec:
    assert isinstance(spec, str)
    return loads(spec, params=params) if "\n" in spec else load(spec, params=params)


def check_same_outputs(emitted: Any, built: Any) -> None:
    """Seed 0, tolerance 1e-5: the same operations in the same order differ by nothing but threads."""
    import keras
    import numpy as np

    rng = np.random.default_rng(0)
    drawn = [weight for weight in built.weights if "variance" not in weight.path]
    for weight in drawn:
        weight.assign(rng.normal(0, 0.1, weight.shape))
    weights = built.get_weights()
    emitted.set_weights(weights)
    inputs = [_sample(tensor, rng) for tensor in built.inputs]
    found, expected = ([np.asarray(each) for each in keras.tree.flatten(model(_structured(model, inputs)))] for model in (emitted, built))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def _structured(model: Any, inputs: list[Any]) -> Any:
    return inputs[0] if len(inputs) == 1 else {tensor.name: value for tensor, value in zip(model.inputs, inputs, strict=True)}


def _sample(tensor: Any, rng: Any) -> Any:
    unknown = 32 if len(tensor.shape) == 4 else 4  # images hold some patches
    shape = [2, *(size or unknown for size in tensor.shape[1:])]
    if tensor.dtype == "bool":
        return rng.integers(0, 2, shape).astype("bool")
    return rng.integers(0, 5, shape).astype("int32") if "int" in tensor.dtype else rng.normal(0, 1, shape).astype("float32")


def _config(model: Any) -> Any:
    """The whole functional config: names, classes, arguments, topology, inputs, outputs.

    Left out: the modules of our own layers, which the source holds itself, call arguments that have their default, and the
    names that Keras numbers: those of layers that are activations, of which a function may be given one for several layers.
    """
    return _cleaned(model.get_config())


def _cleaned(value: Any) -> Any:
    match value:
        case dict():
            kept = {key: item for key, item in value.items() if key != "module" and (key, item) != ("use_causal_mask", False)}
            return {key: _cleaned(_nameless(item) if key == "activation" else item) for key, item in kept.items()}
        case list() | tuple():
            return [_cleaned(item) for item in value]
    return value


def _nameless(activation: Any) -> Any:
    if not isinstance(activation, dict) or "config" not in activation or not isinstance(activation["config"], dict):
        return activation
    return {**activation, "config": {key: item for key, item in activation["config"].items() if key != "name"}}
