"""The resolved spec as text: reading it again gives the same spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc import language
from specc.diagnostics import Source
from specc.graph import Argument, Graph, Node
from specc.language.dump import dump
from specc.language.resolve import value_node
from specc.language.syntax import parse, plain_value
from specc.zoo import zoo


def described(graph: Graph) -> list[Any]:
    """All of a graph, places in the text left out."""
    return [_inputs(graph), *map(_node, graph.nodes), {name: _argument(value) for name, value in graph.outputs.items()}]


def _inputs(graph: Graph) -> list[tuple[str, str]]:
    return [(name, str(tensor.spec)) for name, tensor in graph.inputs.items()]


def _node(node: Node) -> Any:
    arguments = {name: _argument(value) for name, value in node.arguments.items()}
    layer = (node.layer.path, node.layer.word, repr(node.layer.call), node.layer.weights, node.layer.trainable)
    return node.path, layer, arguments, dict(node.options), node.outputs, node.macs


def _argument(value: Argument) -> Any:
    tensors = value if isinstance(value, tuple) else (value,)
    return [(tensor.node.path if tensor.node is not None else tensor.name, tensor.index, str(tensor.spec)) for tensor in tensors]


@pytest.mark.parametrize("name", zoo())
def test_a_spec_of_the_zoo_comes_back(name: str) -> None:
    spec = language.load(name)
    again = language.loads(spec.text, f"{name}.yaml")
    for training in {False, spec.uses_training}:
        assert described(again.graph(training)) == described(spec.graph(training))
    assert again.text == spec.text
    assert (again.name, again.summary, again.section("train")) == (spec.name, spec.summary, spec.section("train"))


def test_overrides_and_bases_are_in_it(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("specc: 1\nname: mine\nextends: resnet18\nparams: {classes: 7}\n", encoding="utf-8")
    spec = language.load(path)
    assert "extends" not in spec.text
    assert described(language.loads(spec.text).graph()) == described(spec.graph())
    expecting = language.load("resnet18", params={"classes": 5})
    assert language.loads(expecting.text).graph().parameters == expecting.graph().parameters
    overridden = language.load(path, params={"classes": 5})
    again = language.loads(overridden.text)
    assert described(again.graph()) == described(overridden.graph())
    assert again.graph().outputs["logits"].spec.channels == 5  # type: ignore[union-attr]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.text(alphabet="abc019 .:-=#&*!|>'\"[]{},%@`~\n\t\\", max_size=20),
    st.sampled_from(["no", "true", "null", "1e5", "0x1f", "-", "?", "- a", "a: b", " a", "a ", "=a + b", "=f(a, b)", ".inf", "~", "<<"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=6).filter(lambda key: key != "<<"), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True), VALUES, max_size=4))
@settings(max_examples=150)
def test_every_value_comes_back(value: dict[str, Any]) -> None:
    text = dump(value_node(value, Source("json", "")))
    found = plain_value(parse(Source("my.yaml", text)))
    assert found == value
    assert repr(found) == repr(value)
