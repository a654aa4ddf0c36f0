"""What a representation is worth: which examples it is held against, the probes' own runs, and what is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import specc
from specc.diagnostics import SpecError
from specc.language import loads
from specc.probing.derived import Task, derived
from specc.representations.features import Representation, feature_tensor
from specc.representations.labelled import labelled_data
from specc.training.run import Run, train

TEXT = """
specc: 1
name: small
inputs: {image: [8, 8, 1]}
layers:
  - conv2d_bn: {filters: 12, kernel_size: 3}
    name: map
  - conv2d_bn: {filters: 16, kernel_size: 3, strides: 2}
  - global_average_pooling2d:
    name: features
heads:
  projection: {projection_mlp: {units: 8}, when: =training}
data:
  train: {source: digits, transforms: [random_color_jitter: {brightness_factor: 0.5}], views: 2}
  test: {source: {digits: {split: test}}}
train: {objective: simclr, epochs: 2, batch_size: 256}
evaluate:
  - knn: {k: 20, every: 2}
"""
QUICK = [{"knn": {"k": 20}}, {"linear_probe": {"epochs": 3, "per_class": [2], "shares": [0.5, 1.0]}}]


def small(**overrides: Any) -> Any:
    return loads(TEXT, overrides=overrides)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(small(), directory=tmp_path_factory.mktemp("runs") / "run", progress=False)


def test_it_is_measured_while_it_learns(run: Run) -> None:
    assert ["knn" in record for record in run.history] == [False, True]
    assert 0.5 < run.history[1]["knn"] <= 1
    assert specc.evaluate(run).metrics == pytest.approx({"knn": run.history[1]["knn"]})  # the heads are there only while learning
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    assert lines[1]["knn"] == run.history[1]["knn"]


def test_features_are_those_of_the_model(run: Run) -> None:
    spec = small()
    data = labelled_data(spec, spec.graph())
    assert (data.label, data.classes, data.bank.examples, data.held_out.examples) == ("label", 10, 1437, 360)
    (batch,) = data.held_out.stream(0, 1).take(1).as_numpy_iterator()
    for step, expected in ((None, run.model(batch["image"])), ("features", run.model(batch["image"]))):
        representation = Representation(spec.graph(), data, step)
        representation.take_over(run.model)
        np.testing.assert_allclose(representation.held_out().vectors[: len(batch["image"])], expected, atol=1e-5)
    saved = keras.saving.load_model(run.path / "model.keras")
    inner = keras.Model(saved.inputs, saved.get_layer("map-activation").output)
    representation = Representation(spec.graph(), data, "map")
    representation.take_over(run.model)
    found = representation.held_out()
    np.testing.assert_allclose(found.vectors[: len(batch["image"])], np.mean(inner(batch["image"]), axis=(1, 2)), atol=1e-5)
    np.testing.assert_array_equal(found.labels[: len(batch["label"])], batch["label"])


def test_a_probe_is_a_spec(run: Run) -> None:
    task = Task("linear_probe", 10, "label", "map", {"per_class": 2}, {"epochs": 3}, [{"layer_normalization": {}}])
    spec = derived(small(), task)
    assert (spec.name, list(spec.graph().outputs)) == ("small_linear_probe", ["probe"])
    assert spec.graph().outputs["probe"].spec.shape == (None, 10)
    words = [node.layer.word for node in spec.graph().nodes if node.path.startswith("probe/")]
    assert words == ["global_average_pooling2d", "layer_normalization", "dense"]
    data = spec.experiment.data
    assert (data.train.views, data.train.transforms, data.train.subset.per_class, data.test) == ([], [], 2, None)
    assert data.validation is not None
    assert spec.experiment.evaluate == []


def test_everything_is_in_the_folder(run: Run) -> None:
    told: dict[str, float] = {}
    spec = small(evaluate=QUICK)
    before = [weight.numpy() for weight in run.model.weights]
    found = specc.probe(run, spec=spec, told=told.__setitem__)
    assert found.metrics == told
    assert list(told) == ["knn", "linear_probe_50_percent", "linear_probe", "linear_probe_2_per_class"]
    assert all(0.1 < value <= 1 for value in told.values())
    assert found.examples == 360
    assert found.folder == run.path / "probes"
    assert json.loads((found.folder / "probes.json").read_text()) == told
    assert found.picture.stat().st_size > 10_000
    for name, examples in (("linear_probe_50_percent", 719), ("linear_probe", 1437), ("linear_probe_2_per_class", 20)):
        made = keras.saving.load_model(found.folder / name / "model.keras")
        for layer in run.model.layers:  # what was frozen is as it was, running means included
            for old, new in zip(layer.get_weights(), made.get_layer(layer.name).get_weights(), strict=True):
                np.testing.assert_array_equal(old, new)
        assert json.loads((found.folder / name / "lock.json").read_text())["data"]["examples"] == pytest.approx(examples, abs=5)
    for old, weight in zip(before, run.model.weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())


def test_fine_tuning_moves_the_whole_network(run: Run, tmp_path: Path) -> None:
    spec = small(evaluate=[{"fine_tuning": {"epochs": 1}}])
    found = specc.probe(run, spec=spec)
    made = keras.saving.load_model(found.folder / "fine_tuning" / "model.keras")
    moved = [np.abs(old - new).max() for old, new in zip(run.model.get_weights(), made.get_weights(), strict=False)]
    assert max(moved) > 1e-3


@pytest.mark.parametrize(
    ("overrides", "evaluations", "message"),
    [
        ({}, ["knm"], "no evaluation is named `knm`"),
        ({"data.test": None}, ["knn"], "has no held-out data to measure a representation on"),
        ({"data.test.fields": {"image": "image"}}, ["knn"], "the data have no field with one class for each example"),
        ({"evaluate": [{"knn": {"features": "featres"}}]}, None, "no step has the path `featres`"),
    ],
)
def test_what_is_missing_is_told(run: Run, overrides: dict[str, Any], evaluations: list[str] | None, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        specc.probe(run, evaluations, spec=small(**overrides))


def test_a_model_alone_has_no_folder(run: Run) -> None:
    with pytest.raises(SpecError, match="a representation is probed in the folder of its run"):
        specc.probe(run.model)


def test_several_outputs_need_a_name() -> None:
    spec = loads("specc: 1\ninputs: {a: [2]}\nlayers: [dense: 3]\nheads: {one: {dense: 1}, two: {dense: 1}}")
    with pytest.raises(SpecError, match="the network has 2 outputs, so the step with its features has to be named"):
        feature_tensor(spec.graph(), None)


def test_the_command(run: Run, specc: Any) -> None:
    done = specc("probe", run.path, "-e", "knn")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"knn  {run.history[1]['knn']:.4f}\non 360 examples\n{run.path / 'probes' / 'map.png'}\n"
    found = json.loads(specc("probe", run.path, "-e", "knn", "--format", "json").out)
    assert found["metrics"] == pytest.approx({"knn": run.history[1]["knn"]})
    assert specc("probe", run.path / "no").code == 2
