"""Every script in `examples/` runs, and reaches what it promises."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

# The least percentage that each line of a script has to print, far below what is reached and far above chance.
PROMISED = {
    "fit_a_built_model.py": [95, 95],
    "backbone_in_keras.py": [85],
    "fine_tuning.py": [60, 80, 60],
    "weights_of_keras_applications.py": [100, 100],
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


def test_two_workers(tmp_path: Path) -> None:
    script = [sys.executable, str(EXAMPLES / "multi_worker" / "train.py"), str(tmp_path / "run")]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(script, capture_output=True, text=True, env=environment, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 workers, of which this is worker 0, the chief" in done.stderr
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["val_accuracy"] > 0.75


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [["1"], []], ids=["one-seed", "three-seeds"])
def test_fine_tuning_is_better_than_beginning_anew(seeds: list[str], tmp_path: Path) -> None:
    script = [sys.executable, str(EXAMPLES / "transfer" / "compare.py"), *seeds]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(script, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"^(\w+): ([\d.]+)% \+- ([\d.]+) \(seeds: ([\d., ]+)\)$", done.stdout, re.MULTILINE)
    assert [name for name, *_ in found] == ["from_scratch", "fine_tuned"]
    (_, scratch, _, each), (_, tuned, _, other) = found
    assert float(tuned) > float(scratch) + 5
    assert all(float(one) < float(two) for one, two in zip(each.split(", "), other.split(", "), strict=True))


def run_page(name: str, tmp_path: Path) -> list[str]:
    """Runs every command and every piece of Python on an example's page, in order, in a copy of its folder. Gives what commands said."""
    page = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": "."}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, cwd=folder, env=environment, timeout=180, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    said = []
    for kind, body in re.findall(r"^```(console|python)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if kind == "python":
            run("-c", body)
            continue
        for line in body.splitlines():
            written, _, file = line.removeprefix("$ ").partition(" > ")
            command, *arguments = shlex.split(written)
            said.append(run(*(["-m", "specc"] if command == "specc" else []), *arguments))
            if file:
                (folder / file).write_text(said.pop(), encoding="utf-8")
    return said


def accuracy_of(evaluated: str) -> float:
    accuracy = re.search(r"^accuracy +([\d.]+)$", evaluated, re.MULTILINE)
    assert accuracy is not None
    return float(accuracy[1])


def test_the_objectives_page(tmp_path: Path) -> None:
    checked, trained, evaluated = run_page("objective", tmp_path)
    assert checked == "taught_digits.yaml: no errors\n"
    assert trained == "run\n"
    assert accuracy_of(evaluated) > 0.7


def test_the_plugins_page(tmp_path: Path) -> None:
    checked, _, explained, built, emitted, _, evaluated = run_page("plugin", tmp_path)
    assert checked == "gated_digits.yaml: no errors\n"
    assert explained.startswith("squeeze_excitation: layer, digit_keras.SqueezeExcitation")
    assert "lines of Keras" in built
    assert "SqueezeExcitation" in emitted
    assert accuracy_of(evaluated) > 0.85


def test_the_plugins_loss_is_the_papers() -> None:
    """Wang et al., 2019, equation 7, summed class by class; log 0 is A = -4."""
    location = importlib.util.spec_from_file_location("digit_keras", EXAMPLES / "plugin" / "digit_keras.py")
    assert location is not None
    assert location.loader is not None
    digit_keras = importlib.util.module_from_spec(location)
    location.loader.exec_module(digit_keras)
    scores = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    labels = [0, 3, 1, 1, 2]
    expected = []
    for row, label in zip(scores, labels):
        p = [np.exp(score) / sum(np.exp(other) for other in row) for score in row]
        q = [float(number == label) for number in range(4)]
        forward = -sum(q[k] * np.log(p[k]) for k in range(4))
        backward = -sum(p[k] * (np.log(q[k]) if q[k] else -4.0) for k in range(4))
        expected.append(0.3 * forward + 0.7 * backward)
    computed = digit_keras.symmetric_cross_entropy(np.array(labels), scores, alpha=0.3, beta=0.7)
    np.testing.assert_allclose(np.asarray(computed), expected, rtol=1e-5)
