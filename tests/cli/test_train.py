"""`specc train`, `evaluate` and `predict`, one after the other; what they compute is tested where it is computed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def run(specc: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of two epochs of the spec that `specc new` writes."""
    monkeypatch.chdir(tmp_path)
    specc("new", "mine")
    done = specc("train", "mine.yaml", "--output", "run", "--quiet", "--set", "train.epochs=2", "--param", "filters=8")
    assert done.code == 0, done.err
    assert done.out == "run\n"
    return Path("run")


def test_from_a_new_spec_to_predictions(specc: Run, run: Path) -> None:
    from PIL import Image

    assert {"model.keras", "spec.yaml", "metrics.jsonl", "curves.png"} <= {path.name for path in run.iterdir()}
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 2
    assert specc("check", run / "spec.yaml").code == 0

    found = json.loads(specc("evaluate", run, "--format", "json").out)
    assert found["examples"] == 360
    assert sum(map(sum, found["confusion"])) == 360
    assert f"accuracy  {found['metrics']['accuracy']:.4f}\n" in specc("evaluate", run).out
    assert specc("evaluate", run / "model.keras", "--spec", "mine.yaml", "--format", "json").code == 0

    Image.new("L", (8, 8)).save("black.png")
    text = specc("predict", run, "black.png", "--top", "2", "--output", "answers.png")
    assert text.code == 0, text.err
    assert text.out.startswith("black.png: ")
    assert text.out.count("%") == 2
    assert Path("answers.png").exists()
    (answer,) = json.loads(specc("predict", run / "model.keras", "black.png", "--format", "json").out)
    assert len(answer["classes"]) == len(answer["probabilities"]) == 3

    Path("text.png").write_text("no picture")
    Path("alone.keras").write_bytes((run / "model.keras").read_bytes())
    for arguments in (
        ["predict", run, "text.png"],
        ["predict", run, "nothing.png"],
        ["predict", run, "black.png", "--output", "nowhere/a.png"],
        ["predict", run, "black.png", "--top", "0"],
        ["predict", "text.png", "black.png"],
        ["evaluate", "nothing"],
        ["evaluate", "text.png"],
        ["evaluate", "alone.keras"],
        ["evaluate", run, "--set", "train.epochs=3"],
        ["train", "mine.yaml", "--output", run],
        ["train", "mine.yaml", "--distribute", "magic"],
        ["train", "resnet50"],
    ):
        result = specc(*arguments)
        assert result.code == (1 if arguments == ["train", "resnet50"] else 2), (arguments, result)
        assert result.err, arguments


def test_a_faulty_spec_is_told_before_tensorflow_is_loaded(specc_process: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("specc: 1\nname: a\ninputs: {image: [8]}\nlayers:\n  - dens: 3\n")
    program = tmp_path / "sitecustomize.py"
    program.write_text("import sys\nsys.modules['tensorflow'] = None\nsys.modules['keras'] = None\n")
    result = specc_process("train", "a.yaml", PYTHONPATH=str(tmp_path))
    assert result.code == 1
    assert "unknown layer or block `dens`" in result.err
