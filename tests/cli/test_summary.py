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
