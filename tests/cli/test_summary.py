"""`specc summary`, and the report that it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import specc as library
from specc.report import count, memory

Run = Callable[..., Any]
Write = Callable[[str, str], Path]

SHARED = """\
specc: 1
name: shared
inputs: {a: [4], b: [4]}
layers:
  - dense: 3
    name: embed
    from: a
  - share: embed
    from: b
    name: again
  - add:
    from: [embed, again]
"""


def test_every_node_and_the_totals(specc: Run) -> None:
    out = specc("summary", "resnet50").out
    graph = library.analyze("resnet50")
    assert all(f"\n{node.path} " in out for node in graph.nodes)
    assert "25,636,712, 25,583,592 of them trainable (97.8 MiB as float32)" in out
    assert "(?, 1000)" in out


def test_totals_by_block_add_up() -> None:
    from specc.report import as_json

    report = as_json(library.analyze("resnet50"))
    assert sum(block["parameters"] for block in report["blocks"]) == report["parameters"] == 25_636_712
    assert sum(block["multiply_adds"] for block in report["blocks"]) == report["multiply_adds"]
    assert sum(block["nodes"] for block in report["blocks"]) == len(report["nodes"])
    assert [block["name"] for block in report["blocks"] if block["name"].startswith("stage")] == [f"stage/{i}" for i in range(4)]


def test_shared_weights_are_counted_once(specc: Run, write: Write) -> None:
    path = write("shared.yaml", SHARED)
    out = specc("summary", path).out
    assert "parameters     15 (" in out
    assert "shared" in next(line for line in out.splitlines() if line.startswith("again"))
    found = json.loads(specc("summary", path, "--format", "json").out)
    assert (found["parameters"], found["multiply_adds"]) == (15, 24)
    assert found["nodes"][0]["layer"] == found["nodes"][1]["layer"]


def test_the_training_graph(specc: Run) -> None:
    assert "13,378,280" in specc("summary", "googlenet", "--training").out
    assert "6,998,552" in specc("summary", "googlenet").out


def test_the_totals_mention_the_training_graph_where_it_is_another(specc: Run) -> None:
    assert "in training    13,378,280 parameters, 1.59 G multiply-adds" in specc("summary", "googlenet").out
    assert "in training" not in specc("summary", "resnet50").out


def test_an_outline_down_to_a_depth(specc: Run) -> None:
    lines = specc("summary", "resnet50", "--depth", "2").out.splitlines()
    stage = next(line for line in lines if line.startswith("stage/3"))
    assert stage.split()[1:] == ["32", "(?,", "7,", "7,", "2048)", "14,998,528", "732", "M", "7.1", "MiB"]
    units = lines[lines.index(stage) + 1 : lines.index(stage) + 4]
    assert [unit.split()[0] for unit in units] == ["unit/0", "unit/1", "unit/2"]
    assert all(unit.startswith("  unit") for unit in units)
    assert not any("unit" in line for line in specc("summary", "resnet50", "--depth", "1").out.splitlines())


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "inception_v3", "unet", "vit_b16"])
def test_every_level_of_an_outline_adds_up(name: str) -> None:
    from specc.report import as_json

    report = as_json(library.analyze(name), depth=9)
    blocks = report["blocks"]
    for position, block in enumerate(blocks):
        below = []
        for other in blocks[position + 1 :]:
            if other["level"] <= block["level"]:
                break
            if other["level"] == block["level"] + 1:
                below.append(other)
        for key in ("nodes", "parameters", "multiply_adds", "activation_bytes"):
            assert not below or sum(other[key] for other in below) == block[key]
    assert sum(block["parameters"] for block in blocks if block["level"] == 0) == report["parameters"]


def test_shared_weights_belong_to_the_block_that_uses_them_first(write: Write) -> None:
    from specc.report import as_json

    blocks = as_json(library.analyze(str(write("shared.yaml", SHARED))))["blocks"]
    assert [(block["name"], block["parameters"]) for block in blocks] == [("embed", 15), ("again", 0), ("add", 0)]


def test_memory_of_a_batch(specc: Run) -> None:
    one, many = (json.loads(specc("summary", "mlp_digits", "--format", "json", "--batch", batch).out) for batch in ("1", "256"))
    assert many["batch"] == 256
    assert many["activation_bytes"] == 256 * one["activation_bytes"]
    assert many["multiply_adds"] == one["multiply_adds"]
    assert "4.4 GiB for a batch of 32" in specc("summary", "resnet50", "--batch", "32").out
    assert specc("summary", "resnet50", "--batch", "0").code == 2


def test_two_specs_side_by_side(specc: Run) -> None:
    out = specc("summary", "resnet18", "resnet50").out
    assert "resnet18    resnet50  ratio" in out
    assert any(line.split() == ["parameters", "11,699,112", "25,636,712", "2.19"] for line in out.splitlines())
    out = specc("summary", "resnet18", "vgg16").out
    only = next(line for line in out.splitlines() if line.startswith("zero_padding2d "))
    assert only.split()[-1] == "-"
    both = json.loads(specc("summary", "resnet18", "resnet50", "--format", "json").out)
    assert [network["name"] for network in both] == ["resnet18", "resnet50"]


def test_specs_of_one_name_are_told_apart_by_what_was_typed(specc: Run, write: Write) -> None:
    path = write("mine.yaml", "specc: 1\nname: resnet18\nextends: resnet18\nparams: {classes: 10}\n")
    head = specc("summary", "resnet18", path).out.splitlines()[1]
    assert str(path) in head


def test_both_graphs_side_by_side(specc: Run) -> None:
    out = specc("summary", "googlenet", "--both").out
    assert any(line.split()[:3] == ["parameters", "6,998,552", "13,378,280"] for line in out.splitlines())
    both = json.loads(specc("summary", "googlenet", "--both", "--format", "json").out)
    assert [network["training"] for network in both] == [False, True]


@pytest.mark.parametrize(
    "arguments", [("resnet18", "resnet50", "unet"), ("resnet18", "resnet50", "--both"), ("resnet18", "--both", "--training"), ()]
)
def test_what_cannot_be_compared_is_said(specc: Run, arguments: tuple[str, ...]) -> None:
    result = specc("summary", *arguments)
    assert result.code == 2
    assert "Traceback" not in result.err


def test_unknown_sizes_are_unknown(specc: Run, write: Write) -> None:
    path = write("free.yaml", "specc: 1\nname: free\ninputs: {image: [null, null, 3]}\nlayers:\n  - conv2d: {filters: 2, kernel_size: 1}\n")
    assert "multiply-adds  ? for one example" in specc("summary", path).out
    assert json.loads(specc("summary", path, "--format", "json").out)["multiply_adds"] is None


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "?"), (0, "0"), (999, "999"), (1000, "1.00 k"), (25_640, "25.6 k"), (3_857_973_248, "3.86 G"), (999_999, "1000 k")],
)
def test_counts(number: int | None, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize(
    ("size", "text"), [(None, "?"), (1023, "1023 B"), (1024, "1.0 KiB"), (102_546_848, "97.8 MiB"), (3 << 30, "3.0 GiB")]
)
def test_memory(size: int | None, text: str) -> None:
    assert memory(size) == text
