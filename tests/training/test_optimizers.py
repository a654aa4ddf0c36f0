"""Optimizers against plain loops in NumPy: LARS, groups of weights, what decays, and the running mean of weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest

import specc
from specc.language import loads
from specc.registry.entry import bind, entries
from specc.registry.experiment import Group
from specc.training.averages import averaged, settle
from specc.training.groups import Factors, factors_of, set_factors
from specc.training.optimizers.lars import LARS

SEED = 0


def weights(seed: int = SEED) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.normal(size=shape).astype("float32") for shape in ((4, 3), (3,), (3, 2), (2,))]


def variables() -> list[Any]:
    names = ("kernel", "bias", "kernel", "bias")
    return [keras.Variable(value, name=name) for value, name in zip(weights(), names, strict=True)]


def gradients(step: int) -> list[np.ndarray]:
    return weights(seed=100 + step)


def stepped(optimizer: Any, steps: int = 5, factors: list[Factors] | None = None) -> list[np.ndarray]:
    """The weights after some steps."""
    tensors = variables()
    optimizer.build(tensors)
    if factors is not None:
        set_factors(optimizer, factors)
    for step in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients(step)], tensors)
    return [np.asarray(tensor) for tensor in tensors]


def lars(
    nesterov: bool, decay: float, exclude: bool, rate: float = 0.5, momentum: float = 0.9, coefficient: float = 0.02
) -> list[np.ndarray]:
    """You et al., 2017, algorithm 1, variable by variable."""
    found = []
    for place, start in enumerate(weights()):
        w, v = start.astype("float64"), np.zeros(start.shape)
        for step in range(5):
            g = gradients(step)[place].astype("float64")
            trust, d = 1.0, 0.0
            if not (exclude and place % 2):
                norm, slope = np.sqrt((w**2).sum()), np.sqrt((g**2).sum())
                trust, d = coefficient * norm / (slope + decay * norm + 1e-8), decay
            change = rate * trust * (g + d * w)
            v = momentum * v + change
            w = w - (momentum * v + change if nesterov else v)
        found.append(w)
    return found


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("exclude", [["bias"], []])
def test_lars(nesterov: bool, decay: float, exclude: list[str]) -> None:
    optimizer = LARS(0.5, trust_coefficient=0.02, nesterov=nesterov, exclude=exclude, weight_decay=decay)
    for ours, expected in zip(stepped(optimizer), lars(nesterov, decay, bool(exclude)), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_lars_takes_plain_steps_where_a_norm_is_zero() -> None:
    variable = keras.Variable(np.zeros((2, 2), "float32"), name="kernel")
    optimizer = LARS(0.5, momentum=0.0)
    optimizer.build([variable])
    optimizer.apply([keras.ops.ones((2, 2))], [variable])
    np.testing.assert_allclose(variable, np.full((2, 2), -0.5))


def test_lars_is_restored_from_its_configuration() -> None:
    made = keras.optimizers.deserialize(
        keras.optimizers.serialize(LARS(0.3, momentum=0.8, weight_decay=1e-4, exclude=["bias"], nesterov=True))
    )
    assert isinstance(made, LARS)
    assert (made.decay, made.exclude, made.momentum, made.nesterov) == (1e-4, ["bias"], 0.8, True)


def adamw(factors: list[Factors], rate: float = 0.1, decay: float = 0.3) -> list[np.ndarray]:
    """Loshchilov and Hutter, 2017, variable by variable, the decay before the step as in Keras."""
    found = []
    for place, start in enumerate(weights()):
        w, m, s = start.astype("float64"), 0.0, 0.0
        each = factors[place]
        for step in range(5):
            g = gradients(step)[place].astype("float64")
            w = w - rate * each.rate * decay * each.decay * w
            m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
            size = np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
            w = w - rate * each.rate * size * m / (np.sqrt(s) + 1e-7)
        found.append(w)
    return found


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("factors", [[Factors()] * 4, [Factors(0.1, 1), Factors(0, 5), Factors(2, 0), Factors(1, 0.5)]])
def test_rates_and_decays_of_their_own(factors: list[Factors], scaled: bool) -> None:
    optimizer: Any = keras.optimizers.AdamW(0.1, weight_decay=0.3)
    if scaled:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=1.0, dynamic_growth_steps=100)
    for ours, expected in zip(stepped(optimizer, factors=factors), adamw(factors), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=5e-6)


NETWORK = """
specc: 1
inputs: {image: [8, 8, 3]}
layers:
  - layers:
      - conv2d: {filters: 4, kernel_size: 3}
      - batch_normalization
    repeat: 2
    name: stage
  - class_token:
    when: false
  - global_average_pooling2d
heads:
  logits: {dense: 10}
"""


def factors_by_path(*groups: dict[str, Any]) -> dict[str, tuple[float, float]]:
    keras.backend.clear_session()
    spec = loads(NETWORK)
    found = specc.build(spec).trainable_variables
    bound = [bind(Group, group) for group in groups]
    return {variable.path: (each.rate, each.decay) for variable, each in zip(found, factors_of(found, spec.graph(), bound), strict=True)}


def test_biases_and_normalizations_do_not_decay() -> None:
    found = factors_by_path()
    assert {path.rsplit("/")[-1]: factors for path, factors in found.items()} == {
        "kernel": (1.0, 1.0), "bias": (1.0, 0.0), "gamma": (1.0, 0.0), "beta": (1.0, 0.0),
    }  # fmt: skip


def test_groups_by_path() -> None:
    found = factors_by_path({"match": ["stage/*"], "learning_rate": 0.1}, {"match": ["stage/1", "*/bias"], "weight_decay": 2.0})
    assert found["stage-0-conv2d/kernel"] == (0.1, 1.0)
    assert found["stage-0-conv2d/bias"] == (0.1, 2.0)
    assert found["stage-1-batch_normalization/gamma"] == (0.1, 2.0)
    assert found["logits/kernel"] == (1.0, 1.0)
    assert found["logits/bias"] == (1.0, 2.0)
    last = factors_by_path({"match": ["stage"], "learning_rate": 0.1}, {"match": ["stage/1"], "learning_rate": 0.5})
    assert (last["stage-0-conv2d/kernel"][0], last["stage-1-conv2d/kernel"][0]) == (0.1, 0.5)


def test_the_running_mean_of_the_weights() -> None:
    """mean = momentum * mean + (1 - momentum) * w after each step, the first of them the weights themselves."""
    tensors = variables()
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.7)
    optimizer.build(tensors)
    ws, means = [weight.astype("float64") for weight in weights()], [np.zeros(weight.shape) for weight in weights()]
    for step in range(4):
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients(step)], tensors)
        ws = [w - 0.1 * g for w, g in zip(ws, gradients(step), strict=True)]
        means = [w if step == 0 else 0.7 * mean + 0.3 * w for mean, w in zip(means, ws, strict=True)]
    with averaged(optimizer):
        for tensor, mean in zip(tensors, means, strict=True):
            np.testing.assert_allclose(tensor, mean, rtol=1e-5, atol=1e-6)
    for tensor, w in zip(tensors, ws, strict=True):
        np.testing.assert_allclose(tensor, w, rtol=1e-5, atol=1e-6)
    settle(optimizer)
    for tensor, mean in zip(tensors, means, strict=True):
        np.testing.assert_allclose(tensor, mean, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [name for name, entry in entries("optimizer").items() if not entry.pending])
def test_every_optimizer_goes_downhill(name: str) -> None:
    """|w|^2 / 2, whose gradient is w, for 60 steps."""
    entry = entries("optimizer")[name]
    from specc.keras_backend.build import construct

    arguments = {"learning_rate": {"adadelta": 1.0, "sgd": 0.1, "lars": 1.0}.get(name, 0.02)}
    optimizer = construct(entry.call(bind(entry.params, arguments)))
    tensors = variables()
    optimizer.build(tensors)
    before = sum(float(keras.ops.sum(tensor**2)) for tensor in tensors)
    for _ in range(60):
        optimizer.apply([keras.ops.convert_to_tensor(tensor) for tensor in tensors], tensors)
    assert sum(float(keras.ops.sum(tensor**2)) for tensor in tensors) < 0.9 * before


def comparison() -> ModuleType:
    """The script that compares the optimizers for the documents."""
    path = Path(__file__).parents[2] / "benchmarks" / "optimizers.py"
    location = importlib.util.spec_from_file_location("compare_optimizers", path)
    assert location is not None
    assert location.loader is not None
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module


QUICK = ("adamw", "lars")  # the default, and our own


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in comparison().OPTIMIZERS])
def test_every_optimizer_learns_the_digits(name: str, tmp_path: Path) -> None:
    assert comparison().records_of(name, 3, tmp_path)[-1]["val_accuracy"] > 0.9


def test_the_comparison_has_every_optimizer() -> None:
    assert {name.partition(",")[0] for name in comparison().OPTIMIZERS} == set(entries("optimizer"))
