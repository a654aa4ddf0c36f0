"""A step of a network as a network of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc import language
from specc.excerpt import NoSuchStep, excerpt, steps
from specc.graph import Graph
from specc.zoo import zoo

Run = Callable[..., Any]

TWO = """
specc: 1
inputs: {left: [4], right: [4]}
layers:
  - dense: 3
    from: left
    name: first
  - dense: 3
    from: right
    name: second
  - layers:
      - add:
        from: [first, second]
      - dense: 5
        name: wide
      - dense: 2
        name: narrow
    name: group
  - concatenate:
    from: [group/wide, x]
"""


def graph_of(name: str, training: bool = False, **params: Any) -> Graph:
    return language.load(name, params=params).graph(training)


def test_a_unit_of_a_residual_network() -> None:
    """By hand: three kernels with biases, three batch normalizations; 56x56 places."""
    part = excerpt(graph_of("resnet50"), "stage/0/unit/1")
    assert part.name == "resnet50: stage/0/unit/1"
    assert {name: tensor.spec.shape for name, tensor in part.inputs.items()} == {"input": (None, 56, 56, 256)}
    assert {name: tensor.spec.shape for name, tensor in part.outputs.items()} == {"output": (None, 56, 56, 256)}  # type: ignore[union-attr]
    assert part.parameters == (256 * 64 + 64) + (9 * 64 * 64 + 64) + (64 * 256 + 256) + 4 * (64 + 64 + 256)
    assert part.macs == 56 * 56 * (256 * 64 + 9 * 64 * 64 + 64 * 256)
    assert [node.path for node in part.nodes][:2] == ["parallel/body/conv2d", "parallel/body/batch_normalization"]
    assert [layer.path for layer in part.layers][:2] == ["parallel/body/conv2d", "parallel/body/batch_normalization"]
    assert "parallel/body" in part.groups
    assert not any(path.startswith("stage") for path in part.groups)


def test_every_tensor_of_an_excerpt_is_made_in_it_or_goes_in() -> None:
    for name in ("unet", "googlenet", "vit_b16", "resnet18", "densenet121"):
        graph = graph_of(name, training=True)
        for path in steps(graph):
            part = excerpt(graph, path)
            nodes, inputs = set(part.nodes), set(part.inputs.values())
            for node in part.nodes:
                assert all(tensor in inputs if tensor.node is None else tensor.node in nodes for tensor in node.inputs), (name, path)
            assert part.outputs


@pytest.mark.parametrize("name", zoo())
def test_the_parts_make_up_the_whole(name: str) -> None:
    graph = graph_of(name)
    parts = [excerpt(graph, path) for path in dict.fromkeys(node.path.split("/")[0] for node in graph.nodes)]
    assert sum(part.parameters for part in parts) == graph.parameters
    known = None if any(part.macs is None for part in parts) else sum(part.macs for part in parts if part.macs)
    assert known == graph.macs


def test_several_inputs_and_outputs_are_called_by_what_makes_them() -> None:
    graph = language.loads(TWO).graph()
    part = excerpt(graph, "group")
    assert list(part.inputs) == ["first", "second"]
    assert list(part.outputs) == ["wide", "narrow"]


def test_a_single_node() -> None:
    part = excerpt(graph_of("vgg16"), "stage/0/conv2d/0")
    assert [node.path for node in part.nodes] == ["0"]
    assert list(part.inputs) == ["input"]


def test_there_must_be_such_a_step() -> None:
    with pytest.raises(NoSuchStep, match=r"resnet18 has no step `stage/9`; did you mean `stage/3`\?"):
        excerpt(graph_of("resnet18"), "stage/9")
    with pytest.raises(LookupError, match="resnet18 has no step `stag`"):
        excerpt(graph_of("resnet18"), "stag")
    for nothing in ("", "/", "stage/", "stage/0/"):
        with pytest.raises(LookupError):
            excerpt(graph_of("resnet18"), nothing)
    with pytest.raises(LookupError, match="nothing stands in `stage/0/unit/0/parallel/shortcut` of resnet18: what goes in comes out"):
        excerpt(graph_of("resnet18"), "stage/0/unit/0/parallel/shortcut")


def test_commands_take_a_path(specc: Run, tmp_path: Path) -> None:
    out = specc("summary", "resnet50", "--only", "stage/1").out
    assert "resnet50: stage/1" in out
    assert "unit/3/parallel/body/conv2d_2" in out
    drawn = specc("graph", "resnet50", "--only", "stage/0/unit/0", "-o", tmp_path / "unit.svg")
    assert drawn.out.endswith("unit.svg: 12 nodes drawn\n")
    assert "<title>resnet50: stage/0/unit/0</title>" in (tmp_path / "unit.svg").read_text(encoding="utf-8")
    both = specc("summary", "googlenet", "--only", "inception_3a", "--both").out
    assert re.search(r"^parameters +163,696 +163,696 +1.00$", both, re.MULTILINE)
    wrong = specc("graph", "resnet50", "--only", "stage/9", "-o", tmp_path / "none.svg")
    assert (wrong.code, wrong.err) == (2, "specc: resnet50 has no step `stage/9`; did you mean `stage/3`?\n")
    assert not (tmp_path / "none.svg").exists()


def test_a_step_of_the_other_graph_is_told(specc: Run, write: Callable[[str, str], Path]) -> None:
    told = specc("summary", "googlenet", "--only", "auxiliary_4a")
    assert (told.code, told.err) == (
        2,
        "specc: googlenet has no step `auxiliary_4a` in this graph; it is there while training: add --training\n",
    )
    assert "auxiliary_4a" in specc("summary", "googlenet", "--only", "auxiliary_4a", "--training").out
    path = write("my.yaml", "specc: 1\ninputs: {a: [4]}\nlayers: [{dense: 2, name: used, when: =not training}, {dense: 3, name: last}]\n")
    assert specc("summary", path, "--only", "used").code == 0
    assert "leave --training out" in specc("summary", path, "--only", "used", "--training").err


def test_states_are_called_by_which_output_they_are() -> None:
    text = """
specc: 1
inputs: {words: [5, 3]}
layers:
  - lstm: {units: 4, return_state: true}
    name: reader
  - concatenate:
    from: [reader/state_h, reader/state_c]
"""
    part = excerpt(language.loads(text).graph(), "reader")
    assert list(part.outputs) == ["reader[1]", "reader[2]"]
