"""Schedules against closed forms, and optimizers against the arguments that Keras's take."""

import inspect
import math

import pytest

from specc.keras_backend.build import construct, resolve
from specc.registry.data.transforms.transform import Geometric
from specc.registry.entry import bind, bind_value, entries
from specc.registry.types import ChoiceOf
from specc.training.schedules import Length, learning_rate, rates_of

PEAK, LENGTH = 0.4, Length(steps=10, epochs=5)


def rates(schedule):
    rate = learning_rate(bind_value(ChoiceOf("schedule"), schedule), PEAK, LENGTH)
    return [float(rate(step)) if callable(rate) else rate for step in range(LENGTH.total)]


def test_constant_and_none():
    assert rates("constant") == [PEAK] * 50
    assert learning_rate(None, PEAK, LENGTH) == PEAK


def test_warmup_rises_evenly_from_the_first_step():
    found = rates({"constant": {"warmup_epochs": 0.5}})
    assert found == pytest.approx([PEAK * (step + 1) / 5 for step in range(5)] + [PEAK] * 45)
    assert rates({"constant": {"warmup_epochs": 3, "warmup_steps": 5}}) == pytest.approx(found)


@pytest.mark.parametrize(("alpha", "warmup"), [(0.0, 0), (0.1, 0), (0.1, 10)])
def test_cosine(alpha, warmup):
    def one(step):
        if step < warmup:
            return PEAK * (step + 1) / warmup
        done = (step - warmup) / (50 - warmup)
        return PEAK * (alpha + (1 - alpha) * (1 + math.cos(math.pi * done)) / 2)

    assert rates({"cosine": {"alpha": alpha, "warmup_steps": warmup}}) == pytest.approx([one(step) for step in range(50)], abs=1e-6)


def test_piecewise_falls_at_the_beginning_of_an_epoch():
    found = rates({"piecewise": {"epochs": [2, 4], "factor": 0.5}})
    assert found == pytest.approx([PEAK] * 20 + [PEAK / 2] * 20 + [PEAK / 4] * 10)
    warmed = rates({"piecewise": {"epochs": [2], "factor": 0.5, "warmup_epochs": 1}})
    assert warmed == pytest.approx([PEAK * (step + 1) / 10 for step in range(10)] + [PEAK] * 10 + [PEAK / 2] * 30)


def test_the_curve_of_a_schedule_is_its_values():
    schedule = bind_value(ChoiceOf("schedule"), {"cosine": {"warmup_steps": 10}})
    curve = rates_of(schedule, PEAK, LENGTH, 3)
    assert [place for place, _ in curve] == [step / 10 for step in range(30)]
    assert [rate for _, rate in curve] == pytest.approx(rates({"cosine": {"warmup_steps": 10}})[:30])
    assert len(rates_of(None, PEAK, Length(1000, 9), 9)) <= 201
    assert {rate for _, rate in rates_of(None, PEAK, Length(1000, 9), 9)} == {PEAK}


def test_piecewise_falls_at_steps():
    expected = [PEAK] * 5 + [PEAK / 2] * 15 + [PEAK / 4] * 30
    assert rates({"piecewise": {"steps": [5], "epochs": [2], "factor": 0.5}}) == pytest.approx(expected)
    assert rates({"piecewise": {"steps": [20, 5], "factor": 0.5}}) == pytest.approx(expected)


@pytest.mark.parametrize("warmup", [1, 8])
def test_inverse_square_root_is_vaswanis_formula(warmup):
    """Section 5.3: width^-0.5 min(n^-0.5, n warmup^-1.5), steps n counted from 1, whose peak is (width warmup)^-0.5."""
    width = 1 / (PEAK**2 * warmup)
    formula = [width**-0.5 * min(n**-0.5, n * warmup**-1.5) for n in range(1, 51)]
    assert rates({"inverse_square_root": {"warmup_steps": warmup}}) == pytest.approx(formula, rel=1e-5)


@pytest.mark.parametrize("name", sorted(name for name, entry in entries("optimizer").items() if not entry.pending))
def test_optimizers_have_the_arguments_and_defaults_of_keras(name):
    entry = entries("optimizer")[name]
    signature = inspect.signature(resolve(entry.target).__init__).parameters
    names = [argument for argument in signature if argument in entry.params.parameters]
    assert names == list(entry.params.parameters)
    for argument, parameter in entry.params.parameters.items():
        default = signature[argument].default
        assert parameter.default == (list(default) if isinstance(default, tuple) else default)
    for example in entry.examples:
        optimizer = construct(entry.call(bind(entry.params, example)))
        for argument, given in example.items():
            made = getattr(optimizer, "decay" if (name, argument) == ("lars", "weight_decay") else argument)
            assert made == given if isinstance(given, list) else float(made) == pytest.approx(float(given))


MIXING = ["own", "others", "keys"]  # what transforms of batches are given by position


@pytest.mark.parametrize("family", ["schedule", "loss", "metric", "source", "transform"])
def test_targets_take_the_declared_parameters(family):
    supplied = {"loss": {"weight", "target", "sample_weight", "class_weight"}, "transform": {"field", "into"}}.get(family, set())
    beside = {"field", "fields", "objects"} if family == "transform" else {"from_logits", "binary"}
    for name, entry in entries(family).items():
        assert entry.summary, name
        if entry.pending:
            continue
        taken = inspect.signature(resolve(entry.target)).parameters
        wanted = set(entry.params.parameters) - supplied
        assert wanted <= set(taken), name
        if not entry.target.startswith("keras."):
            keywords = {key for key, one in taken.items() if one.kind is one.KEYWORD_ONLY}
            assert keywords - beside == wanted, name
            for key in wanted:
                parameter, default = entry.params.parameters[key], taken[key].default
                assert parameter.required == (default is inspect.Parameter.empty), (name, key)
                default = list(default) if isinstance(default, tuple) else default
                assert parameter.required or parameter.default == default, (name, key)
        for example in entry.examples:
            bind(entry.params, example)


@pytest.mark.parametrize("name", entries("transform"))
def test_transforms_take_what_their_kind_is_given(name):
    entry = entries("transform")[name]
    taken = inspect.signature(resolve(entry.target)).parameters
    first, *others = [key for key, one in taken.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
    for example in entry.examples:
        params = bind(entry.params, example)
        if params.partners:
            assert [first, *others] == MIXING
            assert set(taken) - set(MIXING) - set(entry.params.parameters) == {"fields", "objects"}
        else:
            assert (first == "sizes") == isinstance(params, Geometric)
            assert others == ["key"] if params.random else others in ([], ["key"])


def done(step, warmup=0):
    return (step - warmup) / (50 - warmup)


@pytest.mark.parametrize(("alpha", "warmup"), [(0.0, 0), (0.2, 0), (0.2, 10)])
def test_linear_and_polynomial(alpha, warmup):
    def one(step, power):
        return PEAK * ((step + 1) / warmup if step < warmup else alpha + (1 - alpha) * (1 - done(step, warmup)) ** power)

    linear = rates({"linear": {"alpha": alpha, "warmup_steps": warmup}})
    assert linear == pytest.approx([one(step, 1) for step in range(50)], abs=1e-6)
    curved = rates({"polynomial": {"alpha": alpha, "power": 0.9, "warmup_steps": warmup}})
    assert curved == pytest.approx([one(step, 0.9) for step in range(50)], abs=1e-6)


@pytest.mark.parametrize("staircase", [False, True])
@pytest.mark.parametrize(("arguments", "steps"), [({"decay_epochs": 1.5}, 15), ({"decay_steps": 7}, 7), ({}, 10)])
def test_exponential(arguments, steps, staircase):
    found = rates({"exponential": {"decay_rate": 0.8, "staircase": staircase, **arguments}})
    powers = [step // steps if staircase else step / steps for step in range(50)]
    assert found == pytest.approx([PEAK * 0.8**power for power in powers], abs=1e-6)


@pytest.mark.parametrize(("first", "t_mul", "m_mul", "warmup"), [(5, 2.0, 1.0, 0), (7, 1.0, 0.5, 3), (4, 1.5, 0.9, 0), (100, 2.0, 1.0, 0)])
def test_cosine_restarts(first, t_mul, m_mul, warmup):
    """Each step is looked up in a list of the periods' ends, as exact numbers."""

    def one(step):
        if step < warmup:
            return PEAK * (step + 1) / warmup
        start, length, share = 0.0, float(first), 1.0
        while step - warmup >= start + length:
            start, length, share = start + length, length * t_mul, share * m_mul
        return PEAK * (0.1 + 0.9 * share * (1 + math.cos(math.pi * (step - warmup - start) / length)) / 2)

    found = rates({"cosine_restarts": {"first_steps": first, "t_mul": t_mul, "m_mul": m_mul, "alpha": 0.1, "warmup_steps": warmup}})
    assert found == pytest.approx([one(step) for step in range(50)], abs=1e-6)


def test_lengths_of_an_epoch_count_in_parts():
    by_epochs, by_steps = rates({"cosine_restarts": {"first_epochs": 0.5}}), rates({"cosine_restarts": {"first_steps": 5}})
    assert by_epochs == by_steps
