"""What holds of every word and key of the sections about data and training. No TensorFlow."""

import pytest
from jsonschema import Draft202012Validator

from specc.language.schema import SchemaBuilder
from specc.language.spelling import spelled_value
from specc.language.vocabulary import EXPERIMENT
from specc.registry import MODULES
from specc.registry.data.pipeline import NamedField, Pipeline, View
from specc.registry.entry import Entry, Params, bind_value, entries
from specc.registry.experiment import SECTIONS, Data, Freeze, Stage, Train
from specc.registry.objectives.base import Objective
from specc.registry.types import ChoiceOf, Section

NETWORK = ("layer", "cell", "activation", "initializer", "regularizer", "constraint")
FAMILIES = [family for family in MODULES if family not in NETWORK]
WORDS = [pytest.param(entry, id=f"{family}-{name}") for family in FAMILIES for name, entry in entries(family).items()]


def valid(kind, value) -> bool:
    builder = SchemaBuilder()
    schema = builder.of(kind)
    return not list(Draft202012Validator({**schema, "$defs": builder.definitions.complete()}).iter_errors(value))


def test_the_sections_are_known_without_importing_them() -> None:
    assert tuple(SECTIONS) == EXPERIMENT


@pytest.mark.parametrize("entry", WORDS)
def test_every_word_is_documented(entry: Entry) -> None:
    assert entry.summary
    assert entry.examples
    for name, parameter in entry.params.parameters.items():
        assert parameter.doc.endswith("."), name


@pytest.mark.parametrize("section", [Data, Pipeline, View, NamedField, Train, Stage, Freeze])
def test_every_key_is_documented(section: type[Params]) -> None:
    assert section.__doc__
    for name, parameter in section.parameters.items():
        assert parameter.doc.endswith("."), name


@pytest.mark.parametrize("entry", WORDS)
def test_examples_and_defaults_are_valid_and_bind(entry: Entry) -> None:
    kind = ChoiceOf(entry.family)
    for example in entry.examples:
        value = spelled_value(kind, {entry.name: example})
        assert valid(kind, value)
        assert bind_value(kind, value).name == entry.name
        assert not valid(kind, {entry.name: {**example, "misspelt": 1}})
    for name, parameter in entry.params.parameters.items():
        if not parameter.required:
            assert valid(parameter.type, spelled_value(parameter.type, parameter.default)), name


@pytest.mark.parametrize("name", entries("objective"))
def test_objectives_say_in_words_what_they_need(name: str) -> None:
    entry = entries("objective")[name]
    assert issubclass(entry.params, Objective)
    assert entry.params.needs_outputs
    told = " ".join(base.__doc__ or "" for base in entry.params.__mro__ if issubclass(base, Objective))
    assert all(f"`{role}`" in told for role in (*entry.params.needs_outputs, *entry.params.needs_targets))


def test_a_loss_stands_where_an_objective_is_asked() -> None:
    kind = ChoiceOf("objective")
    assert bind_value(kind, {"softmax_cross_entropy": {}}).entry.family == "loss"
    assert bind_value(kind, {"simclr": {"temperature": 0.5}}).entry.family == "objective"
    assert not valid(ChoiceOf("loss"), {"simclr": {}})


def test_a_number_of_views_and_a_list_of_kinds() -> None:
    kind = Pipeline.parameters["views"].type
    (two,) = bind_value(kind, spelled_value(kind, 2))
    assert (two.count, two.transforms) == (2, [])
    large, small = bind_value(kind, spelled_value(kind, [{"count": 2}, {"count": 8, "transforms": "random_flip"}]))
    assert (large.count, small.count, small.transforms[0].name) == (2, 8, "random_flip")


def test_a_stage_is_a_part_of_train() -> None:
    assert set(Stage.parameters) < set(Train.parameters)
    assert all(Train.parameters[name] is parameter for name, parameter in Stage.parameters.items())
    assert valid(Section(Train), spelled_value(Section(Train), {"stages": [{"epochs": 3}, {"optimizer": "sgd"}]}))
    assert not valid(Section(Train), {"stages": [{"stages": []}]})


def test_the_command_line_knows_every_distribution() -> None:
    from specc.cli.train import DISTRIBUTIONS
    from specc.registry.entry import entries

    assert set(DISTRIBUTIONS) == set(entries("distribution"))
