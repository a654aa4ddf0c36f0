"""`specc graph`, and `specc.draw`."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import specc as library

Run = Callable[..., Any]
Write = Callable[[str, str], Path]

SMALL = """\
specc: 1
name: small
summary: Two layers, of which one is there while learning
params: {width: 8}
inputs: {image: [4]}
layers:
  - dense: =width
  - dropout: 0.5
    when: =training
"""
FAULTY = SMALL.replace("dense", "dens")


def test_a_file_named_like_the_spec(specc: Run, write: Write) -> None:
    result = specc("graph", write("my.yaml", SMALL))
    assert (result.code, result.out, result.err) == (0, "small.svg: 1 node drawn\n", "")
    assert Path("small.svg").read_text(encoding="utf-8") == library.draw("my.yaml")
    assert sorted(path.name for path in Path().iterdir()) == ["my.yaml", "small.svg"]


def test_printed(specc: Run, write: Write) -> None:
    result = specc("graph", write("my.yaml", SMALL), "-o", "-")
    assert result.out == library.draw("my.yaml")
    description = ET.fromstring(result.out)[1].text
    assert description is not None
    assert description.endswith("Two layers, of which one is there while learning")
    assert [path.name for path in Path().iterdir()] == ["my.yaml"]


def test_the_training_graph(specc: Run, write: Write) -> None:
    path = write("my.yaml", SMALL)
    assert "dropout" not in specc("graph", path, "-o", "-").out
    assert "dropout" in specc("graph", path, "-o", "-", "--training").out
    assert specc("graph", path, "-o", "trained.svg", "--training").out == "trained.svg: 2 nodes drawn\n"
    assert Path("trained.svg").read_text(encoding="utf-8") == library.draw("my.yaml", training=True)


def test_params_and_settings(specc: Run, write: Write) -> None:
    path = write("my.yaml", SMALL)
    assert 'dense</tspan><tspan fill="#5f6c7b">  16' in specc("graph", path, "-o", "-", "--param", "width=16").out
    assert "<title>other</title>" in specc("graph", path, "-o", "-", "--set", "name=other").out
    assert library.draw("my.yaml", width=16) == specc("graph", path, "-o", "-", "--param", "width=16").out


def test_depth(specc: Run) -> None:
    folded, opened = (specc("graph", "resnet18", "-o", "-", "--depth", depth).out for depth in (1, 3))
    assert folded.count("<g>") < 20 < opened.count("<g>")
    assert library.draw("resnet18", depth=3) == opened
    assert specc("graph", "resnet18", "--depth", 0).code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["faulty.yaml"], 1, "error[E0106]"),
        (["missing.yaml"], 2, "no such file"),
        (["my.yaml", "-o", "nowhere/drawing.svg"], 2, "nowhere: no such directory"),
        (["my.yaml", "-o", "."], 2, "is a directory"),
        (["my.yaml", "--param", "width"], 2, "write a name"),
    ],
)
def test_mistakes(specc: Run, write: Write, arguments: list[str], code: int, said: str) -> None:
    write("my.yaml", SMALL)
    write("faulty.yaml", FAULTY)
    result = specc("graph", *arguments)
    assert result.code == code
    assert said in result.err
    assert not list(Path().glob("**/*.svg"))


def test_a_failure_leaves_the_old_file(specc: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("my.yaml", SMALL)
    write("small.svg", "old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert specc("graph", path).code == 2
    assert Path("small.svg").read_bytes() == b"old"
    assert sorted(each.name for each in Path().iterdir()) == ["my.yaml", "small.svg"]


def test_the_same_each_time(specc_process: Run) -> None:
    """Whatever the order in which sets come."""
    first, second = (specc_process("graph", "googlenet", "-o", "-", "--depth", 2, PYTHONHASHSEED=seed).out for seed in ("1", "2"))
    assert first == second
