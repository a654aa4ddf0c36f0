"""The callbacks that a spec names: against Keras's, against loops, and in runs that are broken off."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.diagnostics import SpecError
from specc.registry.entry import bind_value
from specc.registry.types import ChoiceOf
from specc.training.callbacks import ModelCheckpoint, ReduceOnPlateau, mode_of
from specc.training.run import train
from specc.training.schedules import Length, learning_rate, plateau_of
from tests.training.breaking import Break, assert_same, assert_same_weights

SPEC = """
specc: 1
name: watched
inputs: {image: [8, 8, 1]}
layers:
  - conv2d: {filters: 4, kernel_size: 3, activation: relu}
  - flatten
heads:
  logits: {dense: 10}
data:
  train: {source: digits}
  validation: {source: {digits: test}}
train:
  objective: softmax_cross_entropy
  optimizer: {adam: {learning_rate: 2e-2}}
  schedule: {reduce_on_plateau: {monitor: val_loss, patience: 1, factor: 0.3, min_delta: 0.01, cooldown: 1, warmup_steps: 4}}
  callbacks:
    - csv_logger
    - model_checkpoint: {monitor: val_accuracy}
    - early_stopping: {patience: 3, min_delta: 0.005, restore_best_weights: true}
  batch_size: 64
  epochs: 30
  checkpoint: {steps: 10}
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "watched.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train(specc.load(path), directory=tmp_path_factory.mktemp("runs") / "whole", progress=False)


def val_loss_of(path: Path) -> float:
    """The loss of a saved model on the held-out digits."""
    from specc.data.sources.embedded import scans

    images, labels = scans("test", 0.2, 0)
    losses = keras.losses.sparse_categorical_crossentropy(labels, keras.saving.load_model(path)(images), from_logits=True)
    return float(np.mean(losses))


def test_early_stopping_ends_the_run_and_keeps_the_best_weights(whole: Any) -> None:
    losses = [record["val_loss"] for record in whole.history]
    assert 4 < len(losses) < 30
    best, kept, wait = None, 0.0, 0
    for epoch, loss in enumerate(losses):  # as Keras counts
        if best is None or loss < best - 0.005:
            best, kept, wait = loss, loss, 0
        else:
            wait += 1
        assert (wait >= 3) == (epoch == len(losses) - 1)
    assert val_loss_of(whole.path / "model.keras") == pytest.approx(kept, abs=1e-5)
    assert kept != losses[-1]
    assert whole.status == "finished"


def test_the_best_model_is_kept_beside(whole: Any) -> None:
    best = max(whole.history, key=lambda record: record["val_accuracy"])  # the first of equals
    assert val_loss_of(whole.path / "best.keras") == pytest.approx(best["val_loss"], abs=1e-5)


def test_the_table_has_the_records(whole: Any) -> None:
    with (whole.path / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [{name: float(value) for name, value in row.items()} for row in rows] == whole.history


def test_the_rate_falls_on_a_plateau(whole: Any) -> None:
    """A loop that counts as `ReduceLROnPlateau` of Keras does."""
    best, wait, resting, rate, expected = None, 0, 0, 2e-2, []
    for record in whole.history:
        expected.append(rate)
        loss = record["val_loss"]
        if resting:
            resting, wait = resting - 1, 0
        if best is None or loss < best - 0.01:
            best, wait = loss, 0
        elif not resting:
            wait += 1
            if wait >= 1:
                rate, resting, wait = rate * 0.3, 1, 0
    expected[0] = 2e-2 / 4  # the first step of the warm-up
    assert [record["learning_rate"] for record in whole.history] == pytest.approx(expected, rel=1e-5)
    assert expected[-1] < 2e-2


def test_a_plateau_is_found_where_keras_finds_one() -> None:
    values = [1.0, 0.9, 0.95, 0.9001, 0.91, 0.5, 0.6, 0.55, 0.52, 0.7, 0.8, 0.45, 0.46, 0.47, 0.48, 0.49, 0.5]

    class Model:
        optimizer = keras.optimizers.SGD(1.0)

    keras_own = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=2, min_delta=1e-3, cooldown=2, mode="min", min_lr=0.1)
    keras_own.set_model(Model())
    keras_own.on_train_begin()
    factor = tf.Variable(1.0)
    ours = ReduceOnPlateau(factor, "val_loss", "min", by=0.5, patience=2, min_delta=1e-3, cooldown=2, least=0.1)
    seen = []
    for epoch, value in enumerate(values):
        logs = {"val_loss": value}
        keras_own.on_epoch_end(epoch, dict(logs))
        ours.on_epoch_end(epoch, logs)
        assert float(factor) == pytest.approx(float(Model.optimizer.learning_rate)), epoch
        seen.append(float(factor))
    assert len(set(seen)) > 2


def test_what_is_no_number_is_never_better(tmp_path: Path) -> None:
    factor = tf.Variable(1.0)
    plateau = ReduceOnPlateau(factor, "loss", "min", by=0.5, patience=2, min_delta=0.0, cooldown=0, least=0.0)
    best = ModelCheckpoint(tmp_path, "loss", "max")
    best.set_model(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    best.model.optimizer = keras.optimizers.SGD()
    for epoch, loss in enumerate([np.nan, 1.0, np.nan, np.nan]):
        plateau.on_epoch_end(epoch, {"loss": loss})
        best.on_epoch_end(epoch, {"loss": loss})
        assert (tmp_path / "best.keras").exists() == (epoch > 0)
    assert (best.best, plateau.best, float(factor)) == (1.0, -1.0, 0.5)


@pytest.mark.parametrize("share", [0.4, 0.97])
def test_a_run_with_callbacks_goes_on(path: Path, whole: Any, tmp_path: Path, share: float) -> None:
    steps = sum(record["steps"] for record in whole.history)
    with pytest.raises(ZeroDivisionError):
        train(specc.load(path), directory=tmp_path / "run", progress=False, callbacks=[Break(round(share * steps))])
    run = train(specc.load(path), directory=tmp_path / "run", progress=False, resume=True)
    assert_same(run.path, whole.path)
    assert_same_weights(run.path / "best.keras", whole.path / "best.keras")
    assert (run.path / "metrics.csv").read_text().splitlines()[0] == (whole.path / "metrics.csv").read_text().splitlines()[0]


def test_a_run_that_was_stopped_early_is_given_back(path: Path, whole: Any) -> None:
    again = train(specc.load(path), directory=whole.path, progress=False, resume=True)
    assert len(again.history) == len(whole.history)
    for one, other in zip(again.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_early_stopping_ends_a_stage_and_the_next_one_begins(path: Path, tmp_path: Path) -> None:
    stages = [{"epochs": 9, "callbacks": [{"early_stopping": {"monitor": "loss", "min_delta": 9}}]}, {"epochs": 2, "callbacks": []}]
    run = train(specc.load(path, overrides={"train.stages": stages}), directory=tmp_path / "run", progress=False)
    assert [(record["epoch"], record["stage"]) for record in run.history] == [(1, 1), (2, 1), (3, 2), (4, 2)]


@pytest.mark.parametrize("resumed", [False, True])
def test_the_best_of_averaged_weights_are_averages(path: Path, tmp_path: Path, resumed: bool) -> None:
    """Measured are the means of the weights: so `best.keras` and the restored weights have to be means too."""
    overrides = {
        "train.optimizer": {"adam": {"learning_rate": 2e-2, "use_ema": True, "ema_momentum": 0.8}},
        "train.schedule": None,
        "train.epochs": 8,
        "train.callbacks": [{"early_stopping": {"patience": 1, "min_delta": 0.2, "restore_best_weights": True}}, "model_checkpoint"],
    }
    run = train(specc.load(path, overrides=overrides), directory=tmp_path / "run", progress=False)
    if resumed:
        (tmp_path / "run" / "model.keras").unlink()
        train(specc.load(path, overrides=overrides), directory=tmp_path / "run", progress=False, resume=True)
    losses = [record["val_loss"] for record in run.history]
    assert len(losses) < 8
    assert val_loss_of(run.path / "best.keras") == pytest.approx(min(losses), abs=1e-5)
    assert val_loss_of(run.path / "model.keras") == pytest.approx(losses[-2], abs=1e-5)


def test_a_stop_is_remembered_whoever_asked_for_it(path: Path, tmp_path: Path) -> None:
    """A callback of Python's ends the run, which breaks before it has ended, and goes on without that callback."""

    class Enough(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = epoch == 1

        def on_train_end(self, logs: Any = None) -> None:
            raise ZeroDivisionError("a crash")

    loaded = specc.load(path, overrides={"train.callbacks": []})
    with pytest.raises(ZeroDivisionError):
        train(loaded, directory=tmp_path / "run", progress=False, callbacks=[Enough()])
    assert [record["epoch"] for record in train(loaded, directory=tmp_path / "run", progress=False, resume=True).history] == [1, 2]


def test_tensor_board_has_the_metrics(path: Path, tmp_path: Path) -> None:
    overrides = {"train.callbacks": [{"tensor_board": {"histogram_freq": 1}}], "train.epochs": 2}
    run = train(specc.load(path, overrides=overrides), directory=tmp_path / "run", progress=False)
    found = {}
    for file in (run.path / "tensorboard").rglob("events*"):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name == "scalars":
                    found[file.parent.name, value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    for record in run.history:
        assert found["train", "epoch_loss", record["epoch"] - 1] == pytest.approx(record["loss"])
        assert found["validation", "epoch_accuracy", record["epoch"] - 1] == pytest.approx(record["val_accuracy"])


def test_tensor_board_that_is_not_installed_is_told(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.training.callbacks.find_spec", lambda name: None)
    with pytest.raises(SpecError, match="needs the package tensorboard"):
        train(specc.load(path, overrides={"train.callbacks": ["tensor_board"]}), directory=tmp_path / "run", progress=False)


@pytest.mark.parametrize(
    ("monitor", "mode", "expected"),
    [("val_loss", "auto", "min"), ("val_accuracy", "auto", "max"), ("mean_squared_error", "auto", "min"), ("val_accuracy", "min", "min")],
)
def test_whether_less_or_more_is_better(monitor: str, mode: str, expected: str) -> None:
    choice = bind_value(ChoiceOf("callback"), {"model_checkpoint": {"monitor": monitor, "mode": mode}})
    assert mode_of(choice, ["val_loss", "val_accuracy", "mean_squared_error"]) == expected


def test_a_metric_that_nobody_reports_is_told(path: Path, tmp_path: Path) -> None:
    def told(**overrides: Any) -> Any:
        with pytest.raises(SpecError) as error:
            train(specc.load(path, overrides=overrides), directory=tmp_path / "run", progress=False)
        return error.value.diagnostics[0]

    assert told(**{"train.callbacks": [{"early_stopping": {"monitor": "val_acc"}}]}).help == "did you mean `val_accuracy`?"
    found = told(**{"data.validation": None})
    assert found.code == "E0515"
    assert found.help.startswith("there are no validation data")


def test_a_schedule_without_a_plateau_has_no_callback() -> None:
    for schedule in ("constant", {"cosine": {"warmup_steps": 3}}):
        assert plateau_of(learning_rate(bind_value(ChoiceOf("schedule"), schedule), 0.1, Length(3, 4))) is None
    for begun in (0, 7):
        schedule = {"reduce_on_plateau": {"warmup_steps": 3}}
        assert plateau_of(learning_rate(bind_value(ChoiceOf("schedule"), schedule), 0.1, Length(3, 4), begun)) is not None


def test_callbacks_with_a_state_of_their_own_are_saved(path: Path, tmp_path: Path) -> None:
    """Those of Python's too, where they can tell it."""

    class Counting(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.epochs, self.sums = 0, [np.zeros(3)]

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.epochs, self.sums = self.epochs + 1, [self.sums[0] + epoch]
            if self.epochs == 2 and not resumed:
                raise ZeroDivisionError("a crash")

        def get_state(self) -> dict[str, Any]:
            return {"epochs": self.epochs, "sums": self.sums}

        def set_state(self, state: Any) -> None:
            self.epochs, self.sums = state["epochs"], state["sums"]

    overrides = {"train.callbacks": [], "train.epochs": 4}
    resumed = False
    with pytest.raises(ZeroDivisionError):
        train(specc.load(path, overrides=overrides), directory=tmp_path / "run", progress=False, callbacks=[Counting()])
    resumed, counting = True, Counting()
    train(specc.load(path, overrides=overrides), directory=tmp_path / "run", progress=False, callbacks=[counting], resume=True)
    assert counting.epochs == 4
    np.testing.assert_array_equal(counting.sums[0], np.full(3, 0 + 1 + 2 + 3.0))
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"
