"""A loss that is no number: the step, what it came from, the last checkpoint, and weights that are still numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from specc.language import loads
from specc.training.run import train

SPEC = """
specc: 1
name: tiny
inputs: {image: [8, 8, 1]}
layers:
  - flatten
  - dense: {units: 4, kernel_initializer: he_normal}
    name: first
LAYERS
heads:
  logits: {dense: 10}
data:
  train: {source: digits}
train: {objective: softmax_cross_entropy, optimizer: {sgd: RATE}, epochs: 3, checkpoint: {steps: 5}}
"""


def run_of(tmp_path: Path, layers: str = "", rate: str = "0.1", data: Any = None) -> Any:
    spec = loads(SPEC.replace("LAYERS", layers).replace("RATE", rate))
    return train(spec, directory=tmp_path / "run", progress=False, data=data)


def images(poisoned: int | None = None, value: float = np.nan) -> dict[str, tf.data.Dataset]:
    """320 images in batches of 32, in their order."""
    random = np.random.default_rng(0)
    pictures = random.random((320, 8, 8, 1), dtype="float32")
    if poisoned is not None:
        pictures[poisoned] = value
    return {"train": tf.data.Dataset.from_tensor_slices((pictures, random.integers(0, 10, 320))).batch(32)}


@pytest.mark.parametrize(
    ("layers", "rate", "data", "place", "cause", "checkpoint"),
    [
        # Example 200 is in the 7th batch of the first epoch, behind the checkpoint after the 5th.
        ("", "0.1", lambda: images(200), "step 7 of epoch 1", "field `image` of the data", 5),
        ("", "1e38", images, r"step \d+ of epoch 1", "(the output of `first`|weight `first/kernel`.*|the output of `logits`)", 0),
        ("  - layers: [{multiply: , from: [x, x]}, exp]\n    repeat: 3\n    name: stage", "3.0", images, r"step \d+ of epoch 1",
         r"the output of `stage/[012]/(exp|multiply)`", None),
        # The root of zero has an infinite slope, and the next weights are no numbers.
        ("  - multiply:\n    from: [x, x]\n  - sqrt", "0.1", lambda: images(0, 0.0), "step 2 of epoch 1",
         "weight `first/(kernel|bias)`, which an update has made", 0),
    ],
    ids=["data", "rate", "function", "slope"],
)  # fmt: skip
def test_what_is_no_number_is_named(
    tmp_path: Path, layers: str, rate: str, data: Callable[[], Any], place: str, cause: str, checkpoint: int | None
) -> None:
    run = run_of(tmp_path, layers, rate, data())
    assert run.status == json.loads((run.path / "run.json").read_text())["status"] == "diverged"
    wanted = rf"the loss is no number since {place}; first {cause}; the last good checkpoint is (.*)"
    found = re.fullmatch(wanted, run.reason)
    assert found is not None, run.reason
    assert Path(found.groups()[-1]).is_file()
    if checkpoint is not None:
        assert found.groups()[-1].endswith(f"step-{checkpoint:010}.npz")
    assert (run.history[-1]["diverged"], "val_loss" in run.history[-1]) == (True, False)


def test_the_weights_are_those_from_before(tmp_path: Path) -> None:
    run = run_of(tmp_path, data=images(200))
    assert all(np.isfinite(weight).all() for weight in run.model.get_weights())
    whole = train(
        loads(SPEC.replace("LAYERS", "").replace("RATE", "0.1").replace("epochs: 3", "epochs: 1")),
        directory=tmp_path / "six",
        progress=False,
        data={"train": images()["train"].take(6)},
    )
    for one, other in zip(run.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_command_says_so(specc: Any, tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(SPEC.replace("LAYERS", "").replace("RATE", "1e38"), encoding="utf-8")
    result = specc("train", path, "-o", tmp_path / "run", "--quiet")
    assert result.code == 1
    assert result.out == f"{tmp_path / 'run'}\n"
    assert "the loss is no number since step" in result.err
    assert "try a smaller learning rate, a warm-up, or `clipnorm` of the optimizer" in result.err


def test_a_run_may_go_on_without_a_number(tmp_path: Path) -> None:
    spec = loads(SPEC.replace("LAYERS", "").replace("RATE", "0.1"), overrides={"train.terminate_on_nan": False})
    run = train(spec, directory=tmp_path / "run", progress=False, data=images(200))
    assert (run.status, len(run.history)) == ("finished", 3)
    assert [record["steps"] for record in run.history] == [10, 10, 10]
    assert all(np.isnan(record["loss"]) for record in run.history)
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["loss"] for line in lines] == [None, None, None]


def test_a_stage_that_diverges_at_once_is_taken_up_from_its_beginning(tmp_path: Path) -> None:
    """The checkpoint behind the stage before has the state of that stage's optimizer, and would not fit."""
    stages = [{"epochs": 1}, {"epochs": 1, "optimizer": {"adam": 1e38}}]
    spec = loads(SPEC.replace("LAYERS", "").replace("RATE", "0.1"), overrides={"train.stages": stages, "train.checkpoint": {"steps": 1000}})
    run = train(spec, directory=tmp_path / "run", progress=False, data=images())
    assert run.status == "diverged"
    assert re.search(
        r"since step \d+ of epoch 2; first (weight|the output of) .*; the last good checkpoint is .*step-0000000010.npz", run.reason
    )
