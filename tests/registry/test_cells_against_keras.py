"""Every declared cell, one step of it, against what Keras builds and computes; and each inside `rnn`."""

import inspect

import keras
import pytest

from specc.graph import TensorSpec
from specc.keras_backend.build import construct, resolve
from specc.registry.entry import Entry, bind, entries, find

CELLS = entries("cell")
CASES = [pytest.param(entry, use, id=f"{name}-{number}") for name, entry in CELLS.items() for number, use in enumerate(entry.examples)]


@pytest.mark.parametrize(("entry", "use"), CASES)
def test_facts_of_a_step_are_those_of_keras(entry: Entry, use) -> None:
    params = bind(entry.params, use.arguments)
    facts = entry.infer(params, *use.inputs.values())
    cell = construct(entry.call(params), name="made")
    output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(batch_size=2))
    assert output.shape == (2, *facts.output.shape[1:])
    assert [state.shape for state in keras.tree.flatten(states)] == [(2, *spec.shape[1:]) for spec in facts.extras.values()]
    built = [(weight.path.removeprefix("made/"), tuple(weight.shape), weight.trainable) for weight in cell.weights]
    assert [(weight.name, weight.shape, weight.trainable) for weight in facts.weights] == built
    assert facts.macs == sum(weight.size for weight in facts.weights if "kernel" in weight.name)


@pytest.mark.parametrize("entry", CELLS.values(), ids=CELLS.keys())
def test_arguments_and_defaults_are_those_of_keras(entry: Entry) -> None:
    signature = [*inspect.signature(resolve(entry.target).__init__).parameters.values()][1:]
    offered = {each.name: each.default for each in signature if each.kind is each.POSITIONAL_OR_KEYWORD}
    assert list(entry.params.parameters) == list(offered)
    for name, parameter in entry.params.parameters.items():
        assert parameter.required if offered[name] is inspect.Parameter.empty else parameter.default == offered[name], name


@pytest.mark.parametrize(("entry", "use"), CASES)
def test_the_multiply_adds_of_a_sequence_are_those_of_its_steps(entry: Entry, use) -> None:
    rnn = find("layer", "rnn")
    facts = rnn.infer(bind(rnn.params, {"cell": [{entry.name: use.arguments}]}), TensorSpec((None, 7, 3)))
    assert facts.macs == 7 * entry.infer(bind(entry.params, use.arguments), TensorSpec((None, 3))).macs
