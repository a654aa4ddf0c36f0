"""Stages: patches on `train`, what is carried over, what is frozen, and runs that are broken off between them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import specc
from specc.data.sources.embedded import scans
from specc.training.checkpoint import read
from specc.training.run import train
from tests.training.breaking import Break, assert_same

SPEC = """
specc: 1
name: staged
inputs: {image: [8, 8, 1]}
layers:
  - conv2d: {filters: 4, kernel_size: 3}
    name: body
  - batch_normalization
  - activation: relu
  - flatten
  - dropout: 0.2
heads:
  logits: {dense: 10}
data:
  train: {source: digits}
  validation: {source: {digits: test}}
train:
  objective: softmax_cross_entropy
  optimizer: {adam: 3e-3}
  schedule: {cosine: {warmup_steps: 3}}
  batch_size: 128
  checkpoint: {steps: 5}
  stages:
    - {epochs: 1, freeze: {all_but: logits}}
    - {epochs: 2, batch_size: 256}
    - {epochs: 1, batch_size: 256, optimizer: {adam: 1e-4}}
    - {epochs: 1, losses: {logits: multiclass_hinge}, optimizer: {sgd: {learning_rate: 1e-3, momentum: 0.9}}, schedule: null}
"""
# Steps of the epochs: 12, 6, 6, 6, 12.


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "staged.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


class Kept(keras.callbacks.Callback):
    """The weights at the beginning and after each epoch, and what the optimizer has gathered."""

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[dict[str, np.ndarray]] = []
        self.updates: list[int] = []
        self.moments: list[list[np.ndarray]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.updates.append(int(self.model.optimizer.iterations.numpy()))
        self.moments.append([np.asarray(each) for each in self.model.optimizer.variables if "momentum" in each.path])
        if not self.weights:
            self.on_epoch_end(-1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.weights.append({weight.path: np.asarray(weight).copy() for weight in self.model.weights})


@pytest.fixture(scope="module")
def whole(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    kept = Kept()
    run = train(specc.load(path), directory=tmp_path_factory.mktemp("runs") / "whole", progress=False, callbacks=[kept])
    return run, kept


def test_each_stage_is_a_patch(path: Path) -> None:
    stages = specc.load(path).experiment.stages
    assert [each.epochs for each in stages] == [1, 2, 1, 1]
    assert [each.batch_size for each in stages] == [128, 256, 256, 128]
    assert [each.optimizer.name for each in stages] == ["adam", "adam", "adam", "sgd"]
    assert [each.schedule and each.schedule.name for each in stages] == ["cosine", "cosine", "cosine", None]
    assert [sorted(each.losses) for each in stages] == [[], [], [], ["logits"]]
    assert stages[3].objective is None
    assert stages[0].objective is not None


@pytest.mark.parametrize(
    ("train", "patch", "learning_rate", "others"),
    [
        ({"adamw": {"weight_decay": 0.1}}, {"adamw": {"learning_rate": 0.5}}, 0.5, {"weight_decay": 0.1}),
        ({"adamw": {"weight_decay": 0.1}}, "adamw", 0.001, {"weight_decay": 0.1}),
        ({"sgd": {"momentum": 0.5}}, {"adamw": {"learning_rate": 0.5}}, 0.5, {"weight_decay": 0.004}),
        ({"sgd": {"clipnorm": 0.5, "learning_rate": 0.2}}, {"sgd": {"clipnorm": None}}, 0.2, {"clipnorm": None}),
    ],
)
def test_arguments_of_one_word_merge_and_another_word_replaces(
    path: Path, train: Any, patch: Any, learning_rate: float, others: dict[str, Any]
) -> None:
    overrides = {"train.optimizer": train, "train.stages": [{"optimizer": patch}]}
    (stage,) = specc.load(path, overrides=overrides).experiment.stages
    assert stage.optimizer.params.learning_rate == learning_rate
    assert {name: getattr(stage.optimizer.params, name) for name in others} == others


def test_records_are_of_one_run(whole: Any) -> None:
    run, _ = whole
    assert [(record["epoch"], record["stage"], record["steps"]) for record in run.history] == [
        (1, 1, 12), (2, 2, 6), (3, 2, 6), (4, 3, 6), (5, 4, 12),
    ]  # fmt: skip
    # The schedule begins anew with each stage: a third of the peak at its first step, (1 + cos(pi / 3)) / 2 a third of the way down.
    assert [record["learning_rate"] for record in run.history][::2] == pytest.approx([1e-3, 3e-3 * 0.75, 1e-3])
    assert run.history[3]["learning_rate"] == pytest.approx(1e-4 / 3)
    assert run.history[-1]["val_accuracy"] > run.history[0]["val_accuracy"]
    assert json.loads((run.path / "run.json").read_text())["epochs"] == 5


def test_frozen_weights_stay_bit_for_bit_batch_statistics_included(whole: Any) -> None:
    _, kept = whole
    before, after, later = kept.weights[:3]
    frozen = [name for name in before if not name.startswith("logits")]
    assert {name.split("/")[1] for name in frozen} >= {"kernel", "gamma", "moving_mean", "moving_variance"}
    for name in before:
        assert np.array_equal(before[name], after[name]) == (name in frozen), name
        assert not np.array_equal(after[name], later[name]), name


def test_frozen_batch_normalization_is_in_inference_mode(path: Path, tmp_path: Path) -> None:
    """With averages that are far from a batch's, the loss of training is that of inference; dropout is off."""
    overrides = {"train.freeze": {"only": ["batch_normalization"]}, "train.stages": [], "train.epochs": 1, "train.optimizer": {"sgd": 0.0}}
    text = specc.load(path, overrides={**overrides, "train.batch_size": 2000}).text.replace("rate: 0.2", "rate: 0.0")
    (tmp_path / "one.yaml").write_text(text, encoding="utf-8")
    run = train(specc.load(tmp_path / "one.yaml"), directory=tmp_path / "run", progress=False)
    images, labels = scans("train", 0.2, 0)
    logits = run.model(images)
    expected = float(np.mean(keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)))
    assert run.history[0]["loss"] == pytest.approx(expected, abs=1e-5)


def test_the_optimizer_is_carried_over_where_only_its_rate_changes(whole: Any) -> None:
    _, kept = whole
    # Other weights learn in the second stage, the third has another rate alone, the fourth another optimizer.
    assert kept.updates == [0, 0, 12, 0]
    assert all(np.any(moment) for moment in kept.moments[2])
    assert not any(np.any(moment) for moment in kept.moments[1])


@pytest.mark.parametrize("after", [4, 12, 19, 27, 41])
def test_a_run_that_crashed_in_a_stage_goes_on(path: Path, whole: Any, tmp_path: Path, after: int) -> None:
    with pytest.raises(ZeroDivisionError):
        train(specc.load(path), directory=tmp_path / "run", progress=False, callbacks=[Break(after)])
    run = train(specc.load(path), directory=tmp_path / "run", progress=False, resume=True)
    assert run.status == "finished"
    assert_same(tmp_path / "run", whole[0].path)


@pytest.mark.parametrize("step", [12, 24, 30])
def test_a_run_goes_on_from_the_end_of_a_stage(path: Path, whole: Any, tmp_path: Path, step: int) -> None:
    """Between the checkpoint behind a stage's last epoch and the one of the next stage's beginning, which takes its place."""

    class Gone(Break):
        def on_train_end(self, logs: Any = None) -> None:
            self.left -= 1
            if self.left == 0:
                raise ZeroDivisionError("a crash")

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            pass

    with pytest.raises(ZeroDivisionError):
        train(specc.load(path), directory=tmp_path / "run", progress=False, callbacks=[Gone({12: 1, 24: 2, 30: 3}[step])])
    newest = max((tmp_path / "run" / "checkpoints").iterdir())
    assert newest.name == f"step-{step:010}.npz"
    assert read(newest).facts["stage"]["number"] == {12: 0, 24: 1, 30: 2}[step]
    train(specc.load(path), directory=tmp_path / "run", progress=False, resume=True)
    assert_same(tmp_path / "run", whole[0].path)


def test_a_finished_run_of_stages_is_given_back(path: Path, whole: Any) -> None:
    again = train(specc.load(path), directory=whole[0].path, progress=False, resume=True)
    assert again.status == "finished"
    assert [record["epoch"] for record in again.history] == [1, 2, 3, 4, 5]
    for one, other in zip(again.model.get_weights(), whole[0].model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_and_all_but_together(path: Path) -> None:
    from specc.language.step_paths import frozen_layers
    from specc.registry.experiment import Freeze

    graph = specc.load("resnet18").graph(training=True)
    inside = {layer.path for layer in graph.layers if layer.path.startswith("stage/") and not layer.path.startswith("stage/3")}
    assert frozen_layers(graph, Freeze(only=["stage"], all_but=["stage/3"])) == inside
    assert frozen_layers(graph, Freeze()) == frozen_layers(graph, None) == set()
    everything = {layer.path for layer in graph.layers}
    assert frozen_layers(graph, Freeze(all_but=["logits"])) == {each for each in everything if not each.startswith("logits/")}


@pytest.mark.parametrize("broken", [False, True])
def test_a_stage_leaves_the_mean_of_its_weights(path: Path, tmp_path: Path, broken: bool) -> None:
    """With a rate of 0 the second stage measures what the first has measured: the mean, also where a run goes on between them."""
    stages = [{"epochs": 1}, {"epochs": 1, "optimizer": {"sgd": 0.0}}]
    optimizer = {"adam": {"learning_rate": 3e-3, "use_ema": True, "ema_momentum": 0.7}}
    overrides = {"train.optimizer": optimizer, "train.freeze": {"only": "batch_normalization"}, "train.stages": stages}
    loaded = specc.load(path, overrides=overrides)
    if broken:
        with pytest.raises(ZeroDivisionError):
            train(loaded, directory=tmp_path / "run", progress=False, callbacks=[Break(14)])
    run = train(loaded, directory=tmp_path / "run", progress=False, resume=broken)
    first, second = run.history
    assert second["val_loss"] == pytest.approx(first["val_loss"], abs=1e-6)
    assert second["loss"] != pytest.approx(first["loss"], abs=1e-2)


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("after", [13, 14, 18])
def test_a_callback_of_python_is_the_same_behind_a_break_between_stages(path: Path, tmp_path: Path, after: int, resets: bool) -> None:
    class Counting(keras.callbacks.Callback):
        epochs = 0

        def on_train_begin(self, logs: Any = None) -> None:
            self.epochs = 0 if resets else self.epochs

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.epochs += 1

        def get_state(self) -> dict[str, Any]:
            return {"epochs": self.epochs}

        def set_state(self, state: Any) -> None:
            self.epochs = state["epochs"]

    loaded = specc.load(path, overrides={"train.stages": [{"epochs": 1}, {"epochs": 1}], "train.checkpoint": {"steps": 1000}})
    with pytest.raises(ZeroDivisionError):
        train(loaded, directory=tmp_path / "run", progress=False, callbacks=[Counting(), Break(after)])
    counting = Counting()
    train(loaded, directory=tmp_path / "run", progress=False, callbacks=[counting], resume=True)
    assert counting.epochs == (1 if resets else 2)


def test_each_epoch_tells_its_stage(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(specc.load(path), directory=tmp_path / "run")
    said = [line for line in capsys.readouterr().err.splitlines() if "epoch" in line]
    assert [re.sub("  loss.*", "", line) for line in said] == [
        "stage 1/4  epoch 1/5", "stage 2/4  epoch 2/5", "stage 2/4  epoch 3/5", "stage 3/4  epoch 4/5", "stage 4/4  epoch 5/5",
    ]  # fmt: skip
