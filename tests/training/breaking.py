"""What breaks a run off, and what it is held to when it has gone on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

TIMES = ("seconds", "examples_per_second")


class Break(keras.callbacks.Callback):
    """Ends a run from inside after so many steps, as a crash would."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if not self.left:
            raise ZeroDivisionError("a crash")


def metrics(path: Path) -> list[dict[str, Any]]:
    """The records of a run's folder without what the clock says."""
    lines = (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [{name: value for name, value in json.loads(line).items() if name not in TIMES} for line in lines]


def assert_same_weights(path: Path, other: Path) -> None:
    """Two saved models, bit for bit."""
    for one, two in zip(*(keras.saving.load_model(each).get_weights() for each in (path, other)), strict=True):
        np.testing.assert_array_equal(one, two)


def assert_same(path: Path, whole: Path) -> None:
    """Two finished runs, bit for bit: metrics and weights."""
    assert metrics(path) == metrics(whole)
    assert_same_weights(path / "model.keras", whole / "model.keras")
    assert json.loads((path / "run.json").read_text())["status"] == "finished"
