"""Every script in `examples/` runs, and reaches what it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

# The least percentage that each line of a script has to print, far below what is reached and far above chance.
PROMISED = {
    "fit_a_built_model.py": [95, 95],
    "backbone_in_keras.py": [85],
    "fine_tuning.py": [60, 80, 60],
}


def test_every_script_is_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PROMISED)


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_example(name: str, tmp_path: Path) -> None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    script = [sys.executable, str(EXAMPLES / name)]
    done = subprocess.run(script, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    reached = [float(number) for number in re.findall(r"([\d.]+)%", done.stdout)]
    assert len(reached) == len(PROMISED[name]), done.stdout
    assert all(percent >= least for percent, least in zip(reached, PROMISED[name], strict=True)), done.stdout
