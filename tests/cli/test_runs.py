"""`specc runs`: what was trained, in a table and a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

SPEC = """\
specc: 1
name: {name}
params: {{width: {width}}}
inputs: {{image: [8, 8, 1]}}
layers: [flatten, {{dense: =width}}]
train: {{objective: softmax_cross_entropy, optimizer: {{adam: {{learning_rate: {rate}}}}}, epochs: 3}}
"""


def made(
    path: Path, accuracies: Sequence[float | None], name: str = "tiny", width: int = 8, rate: float = 0.001, hour: int = 9, **status: Any
) -> None:
    path.mkdir(parents=True)
    (path / "spec.yaml").write_text(SPEC.format(name=name, width=width, rate=rate), encoding="utf-8")
    facts = {"status": "finished", "name": name, "started": f"2026-11-25T{hour:02}:30:00+00:00", "epochs": 3, **status}
    (path / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    records = [
        {"epoch": epoch, "steps": 5, "loss": 2.0 / epoch, "val_accuracy": accuracy, "learning_rate": rate, "seconds": 40.0}
        for epoch, accuracy in enumerate(accuracies, start=1)
    ]
    (path / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def test_runs_side_by_side(specc: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(Path("runs/b"), [0.5, 0.9, 0.8], rate=0.01, hour=10)
    made(Path("runs/a"), [0.5, 0.7], width=16, status="interrupted")
    assert specc("runs").out.splitlines() == [
        "run     status       epochs  best val_accuracy  in epoch  time  started            width  learning_rate",
        "------  -----------  ------  -----------------  --------  ----  -----------------  -----  -------------",
        "runs/a  interrupted     2/3             0.7000         2  1:20  25 Nov 2026 09:30  16     0.001",
        "runs/b  finished        3/3             0.9000         2  2:00  25 Nov 2026 10:30  8      0.01",
    ]


def test_the_metric_may_be_named(specc: Run, tmp_path: Path) -> None:
    made(tmp_path / "a", [0.5, 0.7])
    out = specc("runs", tmp_path / "a", "--metric", "loss").out
    assert "best loss" in out
    assert "1.0000         2" in out  # the smallest
    told = specc("runs", tmp_path / "a", "--metric", "val_acuracy")
    assert (told.code, told.err) == (2, "specc: no run has the metric `val_acuracy`; did you mean `val_accuracy`?\n")


def test_specs_of_several_names_have_a_column(specc: Run, tmp_path: Path) -> None:
    made(tmp_path / "a", [0.5], name="one")
    made(tmp_path / "b", [0.5], name="two")
    assert specc("runs", tmp_path).out.splitlines()[0].split()[:3] == ["run", "spec", "status"]


def test_what_is_missing_or_cut_off_is_left_out(specc: Run, tmp_path: Path) -> None:
    made(tmp_path / "a", [0.5, None, 0.7])
    with (tmp_path / "a" / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "val_acc')
    made(tmp_path / "b", [])
    (tmp_path / "b" / "spec.yaml").unlink()
    (tmp_path / "c").mkdir()
    lines = specc("runs", tmp_path).out.splitlines()
    assert len(lines) == 4
    assert "0.7000         3" in lines[2]
    assert " 0/3 " in lines[3]


def test_as_json(specc: Run, tmp_path: Path) -> None:
    made(tmp_path / "a", [0.5, 0.7])
    (found,) = json.loads(specc("runs", tmp_path, "--format", "json").out)
    assert found["best"] == {"value": 0.7, "epoch": 2}
    assert found["settings"]["train.optimizer.adam.learning_rate"] == 0.001


def test_a_picture(specc: Run, tmp_path: Path) -> None:
    made(tmp_path / "a", [0.5, 0.7])
    made(tmp_path / "b", [0.4, 0.8])
    result = specc("runs", tmp_path, "-o", tmp_path / "runs.png")
    assert result.out.endswith("runs.png: val_accuracy of 2 runs\n")
    assert (tmp_path / "runs.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("make", "told"), [(False, "there is no folder"), (True, "there are no runs in")])
def test_where_nothing_is(specc: Run, tmp_path: Path, make: bool, told: str) -> None:
    place = tmp_path / "none"
    if make:
        place.mkdir()
    result = specc("runs", place)
    assert result.code == 2
    assert told in result.err
