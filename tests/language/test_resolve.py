"""From a reference to one document: bases, overrides, params."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc import language
from specc.diagnostics import Source, SpecError
from specc.language.resolve import merge, value_node
from specc.language.syntax import plain_value

Write = Callable[[str, str], Path]
Told = Callable[..., list[str]]

BASE = """\
specc: 1
name: base
summary: The base
params: {classes: 10, width: {type: integer, minimum: 4, default: 8}}
inputs: {image: [8, 8, 3]}
defaults: {dense: {activation: relu}}
layers:
  - flatten
  - dense: =width
heads:
  logits: {dense: {units: =classes, activation: null}}
  extra: {dense: 3}
expect: {parameters: 1}
train: {objective: softmax_cross_entropy, optimizer: {sgd: {momentum: 0.9}}, epochs: 7}
"""


@pytest.fixture
def extended(write: Write) -> Callable[[str], language.Spec]:
    """A spec that extends the base."""

    def loaded(text: str, **given: Any) -> language.Spec:
        write("base.yaml", BASE)
        return language.load(write("my.yaml", "specc: 1\nextends: base.yaml\n" + text), **given)

    return loaded


def codes(reference: Path, *assignments: tuple[str, str]) -> list[str]:
    return [f"{found.code} {found.span}" for found in language.check(reference, assignments)]


# Merging


def test_mappings_merge_and_anything_else_replaces(extended: Callable[..., language.Spec]) -> None:
    spec = extended("params: {classes: 5}\nlayers: [flatten]\nheads: {extra: null}\n")
    graph = spec.graph()
    assert list(graph.outputs) == ["logits"]
    assert graph.parameters == 192 * 5 + 5
    assert spec.document.params["width"].schema["minimum"] == 4


def test_what_a_spec_says_of_itself_is_not_inherited(extended: Callable[..., language.Spec]) -> None:
    spec = extended("params: {classes: 4}\n")
    assert (spec.name, spec.summary, spec.document.expect) == ("my", "", None)


def test_another_word_replaces_the_whole_choice(extended: Callable[..., language.Spec]) -> None:
    same = extended("heads: {extra: null}\ntrain: {optimizer: {sgd: {learning_rate: 1}}}\n").experiment.train.optimizer
    assert (same.name, same.params.momentum, same.params.learning_rate) == ("sgd", 0.9, 1.0)
    other = extended("heads: {extra: null}\ntrain: {optimizer: {adam: {learning_rate: 1}}}\n").experiment.train.optimizer
    assert (other.name, other.params.learning_rate) == ("adam", 1.0)
    word = extended("heads: {extra: null}\ntrain: {optimizer: adam}\n").experiment.train.optimizer
    assert word.name == "adam"


def test_a_head_with_another_word_replaces_the_head(extended: Callable[..., language.Spec]) -> None:
    graph = extended("heads: {extra: {activation: softmax}}\n").graph()
    assert [node.layer.word for node in graph.nodes if node.path == "extra"] == ["activation"]


def test_modifiers_of_an_inherited_head_can_be_changed(extended: Callable[..., language.Spec]) -> None:
    spec = extended("heads: {extra: {when: =training}, logits: {trainable: false}}\n")
    assert list(spec.graph().outputs) == ["logits"]
    assert list(spec.graph(training=True).outputs) == ["logits", "extra"]
    assert [layer.trainable for layer in spec.graph().layers if layer.path == "logits"] == [False]
    switched = language.loads(BASE, overrides={"heads.extra.when": False})
    assert list(switched.graph().outputs) == ["logits"]
    with pytest.raises(SpecError, match="a step needs a word"):
        extended("heads: {other: {when: =training}}\n")


def test_null_removes(extended: Callable[..., language.Spec]) -> None:
    spec = extended("defaults: {dense: null}\ntrain: {epochs: null}\nheads: {extra: null}\n")
    assert spec.document.defaults == {}
    assert spec.experiment.train.epochs == 10


def test_an_inherited_param_keeps_its_type(extended: Callable[..., language.Spec], write: Write) -> None:
    assert extended("params: {width: 16}\n").graph().parameters == 192 * 16 + 16 + 16 * 10 + 10 + 16 * 3 + 3
    write("base.yaml", BASE)
    assert codes(write("my.yaml", "specc: 1\nextends: base.yaml\nparams: {width: 2}\n")) == ["E0402 my.yaml:3:17"]
    assert codes(write("my.yaml", "specc: 1\nextends: base.yaml\nparams: {classes: ten}\n")) == ["E0402 my.yaml:3:19"]


def test_a_part_of_an_inherited_declaration_can_be_changed(extended: Callable[..., language.Spec]) -> None:
    spec = extended("params: {classes: {minimum: 2, description: Classes.}}\n")
    assert spec.document.params["classes"].schema == {"type": "integer", "minimum": 2}
    assert spec.graph().parameters == language.loads(BASE.replace("expect: {parameters: 1}\n", "")).graph().parameters


def test_bases_have_bases_and_paths_start_from_the_file_that_names_them(write: Write, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write("inner/root.yaml", BASE)
    write("inner/middle.yaml", "specc: 1\nextends: root.yaml\nparams: {classes: 3}\n")
    spec = language.load(write("my.yaml", "specc: 1\nextends: inner/middle.yaml\nparams: {width: 4}\n"))
    assert spec.graph().parameters == 192 * 4 + 4 + 2 * (4 * 3 + 3)


def test_a_spec_of_the_zoo_is_extended_by_name(write: Write) -> None:
    graph = language.load(write("my.yaml", "specc: 1\nextends: resnet50\nparams: {classes: 10}\n")).graph()
    assert graph.parameters == 23587712 + 2048 * 10 + 10


def test_blocks_of_a_base_can_be_used_and_replaced(write: Write) -> None:
    write("base.yaml", BASE.replace("layers:", "blocks: {unit: {layers: [{dense: 5}]}}\nlayers:", 1))
    text = "specc: 1\nextends: base.yaml\nlayers: [flatten, unit]\nheads: null\n"
    assert language.load(write("my.yaml", text)).graph().parameters == 192 * 5 + 5
    own = text + "blocks: {unit: {layers: [{dense: 6}]}}\n"
    assert language.load(write("my.yaml", own)).graph().parameters == 192 * 6 + 6


def test_circles_are_refused(write: Write) -> None:
    write("a.yaml", "specc: 1\nextends: b.yaml\n")
    write("b.yaml", "specc: 1\nextends: a.yaml\n")
    assert codes(Path("a.yaml")) == ["E0404 b.yaml:2:10"]
    assert codes(write("c.yaml", "specc: 1\nextends: c.yaml\n")) == ["E0404 c.yaml:2:10"]


def test_a_mistake_in_a_base_is_told_in_the_base(write: Write) -> None:
    write("base.yaml", BASE.replace("- flatten", "- flaten"))
    assert codes(write("my.yaml", "specc: 1\nextends: base.yaml\n")) == ["E0106 base.yaml:8:5"]


def test_an_unknown_base(write: Write) -> None:
    assert codes(write("my.yaml", "specc: 1\nextends: resnet5\n")) == ["E0405 my.yaml:2:10"]
    assert codes(write("my.yaml", "specc: 1\nextends: resnet5.yaml\n")) == ["E0001 my.yaml:2:10"]


def maps(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from("abc"), inner, max_size=3)


JSON = st.recursive(st.none() | st.integers(0, 3), lambda inner: st.lists(inner, max_size=2) | maps(inner), max_leaves=8)


def rfc_7396(target: Any, patch: Any) -> Any:
    """The algorithm of RFC 7396, section 2, but for one thing: in what the target does not have, null stays."""
    if not isinstance(patch, dict) or not isinstance(target, dict):
        return patch
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = rfc_7396(result.get(name), value)
    return result


@given(maps(JSON), maps(JSON))
def test_merging_is_json_merge_patch(base: Any, patch: Any) -> None:
    source = Source("json", "")
    assert plain_value(merge(value_node(base, source), value_node(patch, source))) == rfc_7396(base, patch)


# Overrides


def test_params_from_python() -> None:
    def parameters(**given: Any) -> int:
        return language.loads(BASE, "base.yaml", **given).graph().parameters

    with_defaults = 192 * 8 + 8 + 8 * 10 + 10 + 8 * 3 + 3
    assert language.loads(BASE.replace("parameters: 1}", f"parameters: {with_defaults}}}")).graph().parameters == with_defaults
    five = 192 * 8 + 8 + 8 * 5 + 5 + 8 * 3 + 3
    assert parameters(params={"classes": 5}) == five
    assert parameters(params={"classes": np.int64(5)}) == five
    assert parameters(params={"classes": "=2 + 3"}) == five
    assert parameters(overrides={"params.classes": 5}) == five
    assert parameters(assignments=[("--param", "classes=5")]) == five
    assert parameters(assignments=[("--set", "params.classes=5")]) == five


def test_overrides_from_python() -> None:
    spec = language.loads(BASE, overrides={"train.epochs": 3, "train.optimizer.sgd.momentum": 0.5, "heads.extra": None})
    train = spec.experiment.train
    assert (train.epochs, train.optimizer.params.momentum, list(spec.graph().outputs)) == (3, 0.5, ["logits"])
    assert language.loads(BASE, overrides={"train.optimizer": "adam"}).document.root.get("train") is not None
    deeper = language.loads(BASE, overrides={"inputs.image": [4, 4, 1]})
    assert deeper.graph().inputs["image"].spec.shape == (None, 4, 4, 1)


def test_expectations_hold_at_default_params_only() -> None:
    with pytest.raises(SpecError, match="E0320"):
        language.loads(BASE).graph()
    assert language.loads(BASE, params={"classes": 10}).graph().parameters


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        (("--param", "clases=3"), "E0401: the spec has no param `clases`"),
        (("--param", "classes=ten"), "E0402: the param `classes` must be an integer, not the string `ten`"),
        (("--param", "classes=2.5"), "E0402: the param `classes` must be an integer, not 2.5"),
        (("--param", "classes="), "E0402: the param `classes` must be an integer, not null"),
        (("--param", "width=2"), "E0402: the param `width` must be at least 4, not 2"),
        (("--param", "classes"), "E0402: `--param classes` assigns nothing"),
        (("--param", "classes=[1"), "E0002: this is not YAML: did not find expected ',' or ']'"),
        (("--set", "train.epoch=3"), "E0108: `train` has no `epoch`"),
        (("--set", "train.epochs=0"), "E0104: `epochs` of `train` must be at least 1, not 0"),
        (("--set", "heads.logit=flatten"), "E0401: the spec has no head `logit`"),
        (("--set", "inputs.picture=[3]"), "E0401: the spec has no input `picture`"),
        (("--set", "trian.epochs=3"), "E0101: unknown key `trian`"),
        (("--set", "layers.0=flatten"), "E0401: `layers` is a list, so it has no `0` to set"),
        (("--set", "params.classes.minimum=11"), "E0402: the param `classes` must be at least 11, not 10"),
        (("--set", "extends=lenet5"), "E0401: `extends` cannot be set from outside"),
        (("--set", "expect.parameters=3"), "E0401: `expect` cannot be set from outside"),
        (("--set", "params.width.minimum=9"), "E0402: the param `width` must be at least 9, not 8"),
    ],
)
def test_wrong_overrides(assignment: tuple[str, str], said: str) -> None:
    found = language.check("base.yaml", [assignment], text=BASE)
    assert [f"{diagnostic.code}: {diagnostic.message}" for diagnostic in found] == [said]
    assert all(str(diagnostic.span).startswith(("--param", "--set", "base.yaml")) for diagnostic in found)


def test_values_that_no_spec_can_have() -> None:
    for value in (object(), {1, 2}, b"bytes", 3 + 2j):
        with pytest.raises(SpecError, match="is not a value of a spec"):
            language.loads(BASE, params={"classes": value})


def test_arrays_are_lists() -> None:
    text = "specc: 1\nparams: {widths: [3]}\ninputs: {x1: [4]}\nlayers: [{dense: '=sum(widths)'}]\n"
    assert language.loads(text, params={"widths": np.array([1, 2, 4])}).graph().parameters == 4 * 7 + 7


# Params


@pytest.mark.parametrize(
    ("declared", "codes"),
    [
        ("3", []),
        ("{default: 3}", []),
        ("{type: integer, minimum: 1, maximum: 9, default: 3, description: Words.}", []),
        ("{type: [integer, 'null'], default: null}", []),
        ("{type: array, items: {type: integer}, minItems: 1, maxItems: 3, default: [1]}", []),
        ("{type: object, properties: {a: {type: integer}}, required: [a], default: {a: 3}}", []),
        ("{enum: [3, four], default: four}", []),
        ("{type: integer}", ["E0403"]),
        ("{}", ["E0403"]),
        ("{type: integer, default: four}", ["E0402"]),
        ("{type: array, items: {type: integer}, default: [four]}", ["E0402"]),
        ("{enum: [3, 4], default: 5}", ["E0402"]),
        ("{type: intger, default: 3}", ["E0103"]),
        ("{type: integer, minimum: none, default: 3}", ["E0103"]),
        ("{type: integer, minimun: 3, default: 3}", ["E0101"]),
        ("{$ref: 'http://localhost/schema', default: 3}", ["E0101"]),
        ("{items: {$ref: '#/x'}, default: [3]}", ["E0101"]),
        ("{properties: {a: {pattern: '(a+)+$'}}, default: {a: b}}", ["E0101"]),
        ("{a: 3, b: 4}", ["E0101"]),
        ("{type: integer, default: =1 / 0}", ["E0204"]),
    ],
)
def test_declarations(told: Told, declared: str, codes: list[str]) -> None:
    found = told(f"params:\n  p: {declared}\nlayers: [flatten, {{dense: 4, when: =p == 3}}]\n")
    assert [message.split(":")[0] for message in found] == codes


def test_a_default_can_use_earlier_params(told: Told, graph: Callable[..., Any]) -> None:
    text = "params: {{a: {first}, b: {second}}}\nlayers: [flatten, {{dense: =b}}]\n"
    assert graph(text.format(first="4", second="=2 * a")).outputs["output"].spec.channels == 8
    assert told(text.format(first="=2 * b", second="4")) == ["E0202: no param, variable or step is named `b` here"]


def test_names_of_params(told: Told) -> None:
    for name, code in (("Width", "E0109"), ("training", "E0213"), ("x", "E0213"), ("lambda", "E0213"), ("image", "E0212"), ("width", "")):
        found = told(f"params: {{{name}: 3}}\nlayers: [flatten]\n")
        assert [message.split(":")[0] for message in found] == [code] * bool(code), name
