"""Runs that compare views go on bit for bit: queues, centres, keys' encoders and teachers are part of what is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import specc
from specc.training.checkpoint import Checkpoints
from specc.training.run import train
from tests.training.breaking import Break, assert_same

HERE = Path(__file__).parent
CASES = {
    "simclr": ("small.yaml", {"simclr": {}}),
    "moco": ("small.yaml", {"moco": {"queue": 60, "momentum": 0.9}}),
    "dino": ("small_dino.yaml", {"dino": {"teacher_momentum": 0.9}}),
}


def loaded(name: str) -> Any:
    path, objective = CASES[name]
    return specc.load(HERE / path, overrides={"train.objective": objective, "train.optimizer": {"adamw": {"learning_rate": 1e-2}}})


@pytest.mark.parametrize("name", CASES)
def test_a_run_goes_on(name: str, tmp_path: Path) -> None:
    whole = train(loaded(name), directory=tmp_path / "whole", progress=False)
    with pytest.raises(ZeroDivisionError):
        train(loaded(name), directory=tmp_path / "run", progress=False, callbacks=[Break(4)])
    train(loaded(name), directory=tmp_path / "run", progress=False, resume=True)
    assert_same(tmp_path / "run", whole.path)
    one, other = (Checkpoints(path / "checkpoints").newest() for path in (tmp_path / "run", whole.path))
    assert one is not None
    assert other is not None
    assert list(one.arrays) == list(other.arrays)
    for key, values in one.arrays.items():
        np.testing.assert_array_equal(values, other.arrays[key], err_msg=key)
