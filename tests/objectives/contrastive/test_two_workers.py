"""Two processes on the loopback interface learn what one learns: queues, centres and what is gathered across machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from specc.training.checkpoint import Checkpoints
from tests.training.breaking import metrics
from tests.training.test_workers import cluster

HERE = Path(__file__).parent
CASES = {
    "simclr": ("small.yaml", {"simclr": {}}),
    "moco": ("small.yaml", {"moco": {"queue": 60, "momentum": 0.9}}),
    "dino": ("small_dino.yaml", {"dino": {"teacher_momentum": 0.9}}),
}


@pytest.mark.parametrize("name", [pytest.param("simclr", marks=pytest.mark.slow), "moco", pytest.param("dino", marks=pytest.mark.slow)])
def test_two_workers_are_one(name: str, tmp_path: Path) -> None:
    path, objective = CASES[name]
    settings = ["--quiet", "--set", f"train.objective={json.dumps(objective)}", "--set", "train.epochs=1"]
    command = [sys.executable, "-m", "specc", "train", str(HERE / path), *settings]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    places = cluster(2)
    started = [
        subprocess.Popen(
            [*command, "-o", str(tmp_path / "two")],
            env={**environment, "TF_CONFIG": json.dumps({"cluster": {"worker": places}, "task": {"type": "worker", "index": index}})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(2)
    ]
    try:
        for worker in started:
            _, said = worker.communicate(timeout=150)
            assert worker.returncode == 0, said
    finally:
        for worker in started:
            worker.kill()
    subprocess.run([*command, "-o", str(tmp_path / "one"), "--distribute", "one_device"], env=environment, check=True, timeout=150)
    for one, two in zip(metrics(tmp_path / "one"), metrics(tmp_path / "two"), strict=True):
        assert one == pytest.approx(two, abs=1e-5)
    one, two = (Checkpoints(tmp_path / each / "checkpoints").newest() for each in ("one", "two"))
    assert one is not None
    assert two is not None
    assert sorted(one.arrays) == sorted(two.arrays)
    for key, values in one.arrays.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(two.arrays[key], values, atol=1e-4, err_msg=key)
