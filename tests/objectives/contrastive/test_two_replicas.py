"""Two replicas learn what one learns on the same batch: loss, every gradient, and all state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """In a process of its own: another multi-device strategy in this one could abort it."""
    script = [sys.executable, str(Path(__file__).parent / "two_replicas.py"), str(tmp_path_factory.mktemp("runs"))]
    done = subprocess.run(script, capture_output=True, text=True, timeout=240, check=False, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", ["info_nce", "simclr", "dcl", "moco", "dino"])
def test_two_replicas_are_one(found: dict[str, Any], name: str) -> None:
    here = found[name]
    assert here["steps"] == 2
    assert here["gradient"] > 0.05
    first, *later = here["apart"][1:]
    assert first < 1e-5 * max(here["gradient"], 1)
    assert max(later) < 1e-4
    assert here["metrics"] < 1e-5
    assert (here["state"] > 0) == (name in ("moco", "dino"))


def test_without_gathering_they_are_not(found: dict[str, Any]) -> None:
    here = found["simclr without gathering"]
    assert here["apart"][1] > 0.1 * here["gradient"]
    assert here["metrics"] > 0.1
