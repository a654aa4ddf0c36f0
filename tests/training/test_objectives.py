"""Objectives with state: a twin that is taught, saved, the same on every replica, and bit for bit after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import specc
from specc.keras_backend.network import build_network
from specc.language import loads
from specc.training.checkpoint import Checkpoints
from specc.training.run import train
from tests.training.breaking import Break, assert_same_weights

EXAMPLE = Path(__file__).parents[2] / "examples" / "objective"
PLUGIN, SPEC = EXAMPLE / "teacher_words.py", EXAMPLE / "taught_digits.yaml"

pytestmark = pytest.mark.usefixtures("mean_teacher")


def loaded(**overrides: Any) -> Any:
    return specc.load(SPEC, overrides={"train.epochs": 3, "train.checkpoint.steps": 5, "train.batch_size": 128, **overrides})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train(loaded(), directory=tmp_path_factory.mktemp("runs") / "whole", progress=False)


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    saved = Checkpoints(path / "checkpoints").newest()
    assert saved is not None
    return dict(saved.arrays)


def assert_same(path: Path, whole: Path) -> None:
    """All that is saved, the teacher and the steps that it counted included."""
    one, other = arrays_of(path), arrays_of(whole)
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert_same_weights(path / "model.keras", whole / "model.keras")


@pytest.mark.parametrize("after", [1, 12, 29])
def test_a_run_with_a_teacher_goes_on(whole: Any, tmp_path: Path, after: int) -> None:
    with pytest.raises(ZeroDivisionError):
        train(loaded(), directory=tmp_path / "run", progress=False, callbacks=[Break(after)])
    train(loaded(), directory=tmp_path / "run", progress=False, resume=True)
    assert_same(tmp_path / "run", whole.path)


def killed(path: Path, instants: list[float], *settings: str) -> tuple[int, int]:
    """Kills a run again and again, each time so many seconds after it has saved. Returns the kills, and the last exit code."""
    command = [
        sys.executable,
        "-m",
        "specc",
        "train",
        "--plugin",
        str(PLUGIN),
        str(SPEC),
        "--quiet",
        "--resume",
        "-o",
        str(path),
        *settings,
    ]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}

    def saved() -> set[str]:
        return {file.name for file in path.glob("checkpoints/step-*[1-9]*.npz")}

    hits = 0
    for seconds in [*instants, None]:
        before = saved()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        try:
            if seconds is None:
                return hits, process.wait(300)
            while process.poll() is None and not saved() - before:
                time.sleep(0.01)
            process.wait(seconds)
            return hits, process.returncode
        except subprocess.TimeoutExpired:
            hits += 1
        finally:
            process.kill()
            process.communicate()
    raise AssertionError


def settings_of(spec: Any) -> list[str]:
    return [part for name in ("epochs", "batch_size") for part in ("--set", f"train.{name}={getattr(spec.experiment.train, name)}")]


@pytest.mark.slow
def test_a_run_with_a_teacher_that_was_killed_goes_on(tmp_path: Path) -> None:
    spec = loaded(**{"train.epochs": 40})
    whole = train(spec, directory=tmp_path / "whole", progress=False)
    instants = list(np.random.default_rng(3).uniform(0, 0.2, 2))
    hits, code = killed(tmp_path / "run", instants, *settings_of(spec), "--set", "train.checkpoint.steps=5")
    assert (hits > 0, code) == (True, 0)
    assert_same(tmp_path / "run", whole.path)


@pytest.mark.slow
def test_a_run_with_a_teacher_that_was_killed_at_25_instants_goes_on(tmp_path: Path) -> None:
    spec = loaded(**{"train.epochs": 1200})
    whole = train(spec, directory=tmp_path / "whole", progress=False)
    instants = list(np.random.default_rng(4).uniform(0, 0.8, 25))
    assert killed(tmp_path / "run", instants, *settings_of(spec), "--set", "train.checkpoint.steps=5") == (25, 0)
    assert_same(tmp_path / "run", whole.path)


def test_two_replicas_have_the_state_of_one(tmp_path: Path) -> None:
    """In a process of its own: another multi-device strategy in this one could abort it."""
    script = [sys.executable, str(Path(__file__).parent / "two_replicas_taught.py"), str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=180, check=False, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["names"]
    assert found["steps"] == [5]
    assert found["objective"] == 1 + len(build_network(*[specc.load(SPEC).graph()] * 2).training.weights)
    assert found["apart"] < 1e-5
    assert found["metrics"] < 1e-5


def test_the_teacher_is_the_running_mean(tmp_path: Path) -> None:
    """w' = m w' + (1 - m) w behind each step, from the first weights on; and the loss is that of the formula."""
    weights: list[list[np.ndarray]] = []

    class Kept(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            weights.append(self.model.get_weights())

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            weights.append(self.model.get_weights())

    run = train(loaded(**{"train.epochs": 1}), directory=tmp_path / "run", progress=False, callbacks=[Kept()])
    arrays = arrays_of(run.path)
    saved = [value for name, value in arrays.items() if name.startswith("objective/") and not name.endswith("/step")]
    for number, weight in enumerate(run.model.weights):
        if not weight.trainable:
            continue
        mean = weights[0][number].astype("float64")
        for step in weights[1:]:
            mean = 0.95 * mean + 0.05 * step[number]
        np.testing.assert_allclose(saved[number], mean, atol=1e-5, err_msg=weight.path)
        if weight.name == "kernel":  # biases before a batch normalization do not move
            assert np.abs(saved[number] - weights[-1][number]).max() > 1e-3
    assert [int(value) for name, value in arrays.items() if name.endswith("/step")] == [12]


def test_a_twin_begins_equal_and_has_weights_of_its_own() -> None:
    spec = loads(
        "specc: 1\ninputs: {features: [4]}\nlayers: [{dense: 3}, batch_normalization, {dropout: 0.5}]\n"
        "heads: {out: {dense: 2}, aside: {dense: 1, when: =training}}"
    )
    network = build_network(spec.graph(training=True), spec.graph())
    random = np.random.default_rng(0)
    network.training.set_weights([random.uniform(0.5, 1.0, weight.shape) for weight in network.training.weights])
    twin = network.twin()
    assert len(twin.weights) == len(network.weights) == 10
    assert not {id(weight) for weight in twin.weights} & {id(weight) for weight in network.weights}
    batch = {"features": random.normal(size=(5, 4)).astype("float32")}
    for training in (False, True):
        one, other = (each.outputs(batch, training=training) for each in (network, twin))
        assert list(one) == list(other) == (["out", "aside"] if training else ["out"])
    np.testing.assert_array_equal(*(each.outputs(batch, training=False)["out"] for each in (network, network.twin())))
    for weight in network.weights:
        weight.assign(weight + 1)
    before = [np.asarray(weight) for weight in twin.weights]
    twin.follow(network, 0.75)
    for start, mine, led in zip(before, twin.weights, network.weights, strict=True):
        expected = 0.75 * start + 0.25 * np.asarray(led) if mine.trainable else start
        np.testing.assert_allclose(np.asarray(mine), expected, rtol=1e-6)


NORMALIZED = """
specc: 1
name: normalized
inputs: {image: [8, 8, 1]}
layers: [normalization, flatten]
heads: {logits: {dense: 10}}
data: {train: {source: digits}, validation: {source: {digits: test}}}
train: {objective: mean_teacher, optimizer: {sgd: 0.01}, epochs: 2, batch_size: 128}
"""


def test_a_twin_normalizes_as_the_network_does(tmp_path: Path) -> None:
    """Keras's normalization computes with copies of its weights, which have to follow."""
    network = build_network(*[loads(NORMALIZED).graph()] * 2)
    images = np.random.default_rng(0).random((6, 8, 8, 1), dtype="float32")
    network.training.get_layer("normalization").adapt(images)
    one, other = (each.outputs({"image": images}, training=True)["logits"] for each in (network, network.twin()))
    np.testing.assert_array_equal(one, other)
    assert np.abs(np.asarray(one)).max() > 0.1
    whole = train(loads(NORMALIZED), directory=tmp_path / "whole", progress=False)
    with pytest.raises(ZeroDivisionError):
        train(loads(NORMALIZED), directory=tmp_path / "run", progress=False, callbacks=[Break(15)])
    train(loads(NORMALIZED), directory=tmp_path / "run", progress=False, resume=True)
    assert_same(tmp_path / "run", whole.path)


def test_stages_carry_the_state_over_while_the_objective_stays(tmp_path: Path) -> None:
    stages = [{"epochs": 1}, {"epochs": 1, "optimizer": {"sgd": 0.01}}, {"epochs": 1, "objective": {"mean_teacher": {"momentum": 0.5}}}]
    steps = []
    for count in (1, 2, 3):
        run = train(loaded(**{"train.stages": stages[:count]}), directory=tmp_path / str(count), progress=False)
        steps += [int(value) for name, value in arrays_of(run.path).items() if name.endswith("/step")]
    assert steps == [12, 24, 12]


def test_it_is_measured(whole: Any) -> None:
    measured = specc.evaluate(whole)
    assert set(measured.metrics) == {"loss", "accuracy"}
    assert measured.metrics["loss"] == pytest.approx(whole.history[-1]["val_loss"], abs=1e-6)
    assert measured.metrics["accuracy"] == pytest.approx(whole.history[-1]["val_accuracy"], abs=1e-6)
