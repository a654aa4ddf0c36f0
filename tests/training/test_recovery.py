"""Runs that are killed, interrupted or damaged go on to the very numbers of a run without a break."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import specc
from specc.diagnostics import SpecError
from specc.language import loads
from specc.training.checkpoint import Checkpoints, read
from specc.training.run import train
from tests.training.breaking import Break, assert_same

SPEC = """
specc: 1
name: tiny
inputs: {image: [8, 8, 1]}
layers:
  - conv2d: {filters: 4, kernel_size: 3}
  - batch_normalization
  - activation: relu
  - flatten
  - dropout: 0.3
heads:
  logits: {dense: 10}
data:
  train: {source: digits, transforms: [{random_translation: {height_factor: 0.1, width_factor: 0.1}}]}
  validation: {source: {digits: test}}
train:
  objective: softmax_cross_entropy
  optimizer: {adam: 3e-3}
  schedule: {cosine: {warmup_epochs: 1}}
  epochs: 4
  batch_size: 32
  checkpoint: {steps: 7}
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "tiny.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The run without a break."""
    return train(specc.load(spec), directory=tmp_path_factory.mktemp("runs") / "whole", progress=False)


@pytest.mark.parametrize("after", [1, 7, 20, 44, 45, 46, 100, 179])
def test_a_run_that_crashed_goes_on(spec: Path, whole: Any, tmp_path: Path, after: int) -> None:
    """An epoch has 45 steps, a checkpoint comes after every 7th and at the end."""
    with pytest.raises(ZeroDivisionError):
        train(specc.load(spec), directory=tmp_path / "run", progress=False, callbacks=[Break(after)])
    train(specc.load(spec), directory=tmp_path / "run", progress=False, resume=True)
    assert_same(tmp_path / "run", whole.path)


def start(path: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "specc", "train", *map(str, arguments), "--quiet", "--resume", "-o", str(path)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def saved(path: Path) -> set[str]:
    """The checkpoints behind the first step."""
    return {file.name for file in path.glob("checkpoints/step-*[1-9]*.npz")}


def wait_for(process: subprocess.Popen[str], path: Path, before: frozenset[str] = frozenset()) -> None:
    """Until the process has written a checkpoint beside those that were there."""
    started = time.monotonic()
    while not saved(path) - before:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() - started < 120
        time.sleep(0.01)


def killed(spec: Path, path: Path, instants: list[float]) -> int:
    """Starts a run again and again, and kills it each time so many seconds after it has begun to save. Returns the kills that hit it."""
    hits = 0
    for seconds in instants:
        before, process = frozenset(saved(path)), start(path, spec)
        try:
            wait_for(process, path, before)
            process.wait(seconds)
            break  # it was finished before
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            hits += 1
        finally:
            process.kill()
            process.communicate()
    return hits


def test_a_run_that_was_killed_goes_on(spec: Path, whole: Any, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    assert killed(spec, tmp_path / "run", list(random.uniform(0, 0.4, 3))) > 0
    last = start(tmp_path / "run", spec)
    said, _ = last.communicate(timeout=120)
    assert last.returncode == 0, said
    assert_same(tmp_path / "run", whole.path)


@pytest.mark.slow
def test_a_run_that_was_killed_at_25_instants_goes_on(tmp_path: Path) -> None:
    """Of a run so long that there is something left to kill."""
    path = tmp_path / "long.yaml"
    path.write_text(SPEC.replace("epochs: 4", "epochs: 300"), encoding="utf-8")
    whole = train(specc.load(path), directory=tmp_path / "whole", progress=False)
    random = np.random.default_rng(1)
    assert killed(path, tmp_path / "run", list(random.uniform(0, 1.0, 25))) == 25
    assert start(tmp_path / "run", path).wait(500) == 0
    assert_same(tmp_path / "run", whole.path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_run(spec: Path, whole: Any, tmp_path: Path, number: int, code: int) -> None:
    path = tmp_path / "run"
    process = start(path, spec, "--set", "train.epochs=100000")
    wait_for(process, path)
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert json.loads((path / "run.json").read_text())["status"] == "interrupted"
    done = read(Checkpoints(path / "checkpoints").paths()[-1]).facts
    record = json.loads((path / "metrics.jsonl").read_text().splitlines()[-1])
    assert (record["epoch"], record["steps"]) in {(done["epoch"] + 1, done["done"]), (done["epoch"], 45)}
    assert keras.saving.load_model(path / "model.keras").count_params() == whole.model.count_params()


def test_another_process_is_kept_out(spec: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    process = start(path, spec, "--set", "train.epochs=100000")
    try:
        wait_for(process, path)
        for resume in (True, False):
            with pytest.raises(SpecError, match=r"another process is training in|is not empty") as caught:
                train(specc.load(spec), directory=path, progress=False, resume=resume)
            assert [found.code for found in caught.value.diagnostics] == ["E0510"]
    finally:
        process.kill()
        process.communicate()


def test_a_damaged_checkpoint_falls_back_to_the_one_before(spec: Path, whole: Any, tmp_path: Path) -> None:
    path = tmp_path / "run"
    with pytest.raises(ZeroDivisionError):
        train(specc.load(spec), directory=path, progress=False, callbacks=[Break(60)])
    first, second = Checkpoints(path / "checkpoints").paths()
    for damage in (lambda data: data[:1000], lambda data: data[:2000] + bytes([data[2000] ^ 1]) + data[2001:], lambda data: b""):
        whole_file = second.read_bytes()
        second.write_bytes(damage(whole_file))
        with pytest.warns(UserWarning, match=f"{second.name} is damaged"):
            newest = Checkpoints(path / "checkpoints").newest()
        assert newest is not None
        assert newest.path == first
        second.write_bytes(whole_file)
    second.write_bytes(second.read_bytes()[:1000])
    with pytest.warns(UserWarning, match="the one before it is taken"):
        train(specc.load(spec), directory=path, progress=False, resume=True)
    assert_same(path, whole.path)


def test_another_spec_is_not_resumed(spec: Path, whole: Any, tmp_path: Path) -> None:
    path = tmp_path / "run"
    train(specc.load(spec, overrides={"train.epochs": 1}), directory=path, progress=False)
    with pytest.raises(SpecError, match="holds a run of another spec") as caught:
        train(specc.load(spec), directory=path, progress=False, resume=True)
    assert [found.code for found in caught.value.diagnostics] == ["E0514"]


def test_other_data_or_versions_are_told(spec: Path, tmp_path: Path) -> None:
    """The lock stands in for the data and the versions that were there when the run was begun."""
    loaded, path = specc.load(spec, overrides={"train.epochs": 1}), tmp_path / "run" / "lock.json"
    train(loaded, directory=tmp_path / "run", progress=False)
    lock = json.loads(path.read_text())
    path.write_text(json.dumps({**lock, "versions": {**lock["versions"], "keras": "3.0.0"}}))
    with pytest.warns(UserWarning, match=r"the run goes on with keras [\d.]+ in place of 3\.0\.0"):
        train(loaded, directory=tmp_path / "run", progress=False, resume=True)
    for changed, told in (({"data": {**lock["data"], "values": "0"}}, "the data are others"), ({"graph": "0"}, "the network is compiled")):
        path.write_text(json.dumps({**lock, **changed}))
        with pytest.raises(SpecError, match=told) as caught:
            train(loaded, directory=tmp_path / "run", progress=False, resume=True)
        assert [found.code for found in caught.value.diagnostics] == ["E0514"]


def test_a_finished_run_is_given_back(spec: Path, tmp_path: Path) -> None:
    loaded = specc.load(spec, overrides={"train.epochs": 1})
    first = train(loaded, directory=tmp_path / "run", progress=False)
    again = train(loaded, directory=tmp_path / "run", progress=False, resume=True)
    assert again.history == first.history
    for one, other in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_finished_model_is_never_lost(tmp_path: Path) -> None:
    loaded, path = loads(SPEC.replace("{steps: 7}", "null").replace("epochs: 4", "epochs: 1")), tmp_path / "run"
    first = train(loaded, directory=path, progress=False)
    with pytest.raises(SpecError, match="is finished, and has no checkpoint") as caught:
        train(loaded, directory=path, progress=False, resume=True)
    assert [found.code for found in caught.value.diagnostics] == ["E0514"]
    for one, other in zip(keras.saving.load_model(path / "model.keras").get_weights(), first.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_whose_checkpoints_are_gone_begins_again(spec: Path, whole: Any, tmp_path: Path) -> None:
    path = tmp_path / "run"
    with pytest.raises(ZeroDivisionError):
        train(specc.load(spec), directory=path, progress=False, callbacks=[Break(100)])
    for file in (path / "checkpoints").iterdir():
        file.unlink()
    train(specc.load(spec), directory=path, progress=False, resume=True)
    assert_same(path, whole.path)


class Enough(keras.callbacks.Callback):
    """Stops a run after its second epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = epoch == 1


def test_a_run_that_was_stopped_is_finished(spec: Path, tmp_path: Path) -> None:
    first = train(specc.load(spec), directory=tmp_path / "run", progress=False, callbacks=[Enough()])
    again = train(specc.load(spec), directory=tmp_path / "run", progress=False, resume=True)
    assert len(first.history) == len(again.history) == 2
    for one, other in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("left", [["spec.yaml.aside"], ["spec.yaml"], ["spec.yaml", "lock.json.aside"], []])
def test_a_run_that_was_killed_while_it_was_set_up_begins(spec: Path, tmp_path: Path, left: list[str]) -> None:
    loaded, path = specc.load(spec, overrides={"train.epochs": 1}), tmp_path / "run"
    path.mkdir()
    for name in left:
        (path / name).write_text(loaded.text if name == "spec.yaml" else "{ha", encoding="utf-8")
    assert train(loaded, directory=path, progress=False, resume=True).status == "finished"


def test_a_folder_is_all_that_is_needed(specc: Any, spec: Path, whole: Any, tmp_path: Path) -> None:
    import specc as library

    path = tmp_path / "run"
    with pytest.raises(ZeroDivisionError):
        train(library.load(spec), directory=path, progress=False, callbacks=[Break(100)])
    result = specc("train", path, "--resume", "--quiet")
    assert (result.code, result.out) == (0, f"{path}\n"), result.err
    assert_same(path, whole.path)
    assert "needs to know the run" in specc("train", spec, "--resume").err


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=2)
    kept = checkpoints.save(1, {"a": np.arange(3)}, {"epoch": 0})
    monkeypatch.setattr("specc.training.checkpoint.os.fsync", _full)
    with pytest.raises(SpecError, match="the checkpoint of step 2 cannot be written: No space left on device") as caught:
        checkpoints.save(2, {"a": np.arange(3)}, {"epoch": 1})
    (found,) = caught.value.diagnostics
    assert found.help == f"the one before is intact: {kept}"
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == [kept.name]
    newest = checkpoints.newest()
    assert newest is not None
    np.testing.assert_array_equal(newest.arrays["a"], np.arange(3))


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "bool", "uint8", "bfloat16"])
def test_arrays_come_back_as_they_were(tmp_path: Path, dtype: str) -> None:
    import ml_dtypes

    kind = np.dtype(getattr(ml_dtypes, dtype)) if dtype == "bfloat16" else np.dtype(dtype)
    arrays = {"model/00001/a/kernel": np.arange(6).reshape(2, 3).astype(kind), "scalar": np.asarray(3).astype(kind)}
    saved = read(Checkpoints(tmp_path).save(7, arrays, {"epoch": 3, "name": "größe"}))
    assert saved.facts == {"epoch": 3, "name": "größe"}
    assert saved.path.name == "step-0000000007.npz"
    for name, array in arrays.items():
        assert saved.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(saved.arrays[name], array)


def test_the_newest_few_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=3)
    for step in (1, 5, 20, 100, 3):
        checkpoints.save(step, {}, {})
    assert [path.name for path in checkpoints.paths()] == [f"step-{step:010}.npz" for step in (5, 20, 100)]
