"""Whole runs: what they leave behind, that they can be repeated, and that Ctrl-C leaves them usable."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.diagnostics import Diagnostic, SpecError
from specc.evaluation import evaluate, predict
from specc.training.progress import ProgressBar, Stretch, clock
from specc.training.run import train

SPEC = """
specc: 1
name: tiny
inputs: {image: [8, 8, 1]}
layers:
  - flatten
  - dense: {units: 16, activation: relu}
  - dropout: 0.1
heads:
  logits: {dense: 10}
  aside: {dense: 10, when: =training}
data:
  train: {source: digits, transforms: [{random_translation: [0.1, 0.1]}]}
  validation: {source: {digits: test}}
train:
  losses: {logits: softmax_cross_entropy, aside: {multiclass_hinge: {weight: 0.1}}}
  optimizer: {adam: 3e-3}
  schedule: {cosine: {warmup_epochs: 1}}
  epochs: 2
  batch_size: 128
"""
SPEC = SPEC.replace("[0.1, 0.1]", "{height_factor: 0.1, width_factor: 0.1}")


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    path = tmp_path_factory.mktemp("spec") / "tiny.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture(scope="module")
def run(spec, tmp_path_factory):
    return train(specc.load(spec), directory=tmp_path_factory.mktemp("runs") / "run", progress=False)


def test_a_run_leaves_everything_behind(run):
    assert {path.name for path in run.path.iterdir()} == {
        "spec.yaml",
        "metrics.jsonl",
        "curves.png",
        "model.keras",
        "run.json",
        "checkpoints",
        "lock.json",
    }
    records = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    assert records == run.history
    assert [record["epoch"] for record in records] == [1, 2]
    assert {"loss", "logits_loss", "logits_accuracy", "aside_loss", "aside_accuracy", "val_loss", "val_accuracy", "learning_rate"} <= set(
        records[0]
    )
    assert records[1]["logits_loss"] < records[0]["logits_loss"]
    total = records[0]["logits_loss"] + 0.1 * records[0]["aside_loss"]
    assert records[0]["loss"] == pytest.approx(total, abs=1e-5)
    status = json.loads((run.path / "run.json").read_text())
    assert (status["status"], status["epochs_done"], status["classes"]) == ("finished", 2, list("0123456789"))
    assert status["environment"]["cores"] == os.cpu_count()
    assert {"system", "processor", "gpus", "variables"} <= set(status["environment"])
    lock = json.loads((run.path / "lock.json").read_text())
    assert set(lock["versions"]) == {"specc", "tensorflow", "keras", "numpy", "python"}
    assert lock["seed"] == 0
    assert (lock["data"]["examples"], lock["data"]["fields"]) == (1437, {"image": "(?, 8, 8, 1)", "label": "(?,) int32"})
    assert (run.path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_model_is_the_one_for_use(run):
    loaded = keras.saving.load_model(run.path / "model.keras")
    images = np.random.default_rng(0).random((4, 8, 8, 1), dtype="float32")
    np.testing.assert_allclose(loaded(images), run.model(images), atol=1e-6)
    assert loaded.output_shape == (None, 10)


def test_one_seed_one_result(run, spec, tmp_path):
    again = train(specc.load(spec), directory=tmp_path / "again", progress=False)
    times = ("seconds", "examples_per_second")
    kept = [[{name: value for name, value in record.items() if name not in times} for record in each.history] for each in (run, again)]
    assert kept[0] == kept[1]
    for one, other in zip(run.model.get_weights(), again.model.get_weights()):
        np.testing.assert_array_equal(one, other)
    other = train(specc.load(spec, overrides={"train.seed": 1, "train.epochs": 1}), directory=tmp_path / "other", progress=False)
    assert other.history[0]["loss"] != run.history[0]["loss"]


def test_the_resolved_spec_gives_the_same_run(run, tmp_path):
    again = train(specc.load(run.path / "spec.yaml"), directory=tmp_path / "again", progress=False)
    assert again.history[-1]["val_loss"] == run.history[-1]["val_loss"]


def test_data_from_python(spec, tmp_path):
    random = np.random.default_rng(0)
    data = tf.data.Dataset.from_tensor_slices((random.random((40, 8, 8, 1), dtype="float32"), random.integers(0, 10, 40)))
    given = train(specc.load(spec), data={"train": data, "validation": data.batch(7)}, directory=tmp_path / "run", progress=False)
    assert given.history[0]["steps"] == 1
    assert "val_loss" in given.history[0]
    assert given.classes == ()


@pytest.mark.parametrize(
    ("overrides", "data", "code", "message"),
    [
        (
            {},
            {"train": tf.data.Dataset.from_tensors((np.zeros((2, 9, 9, 1), "float32"), np.zeros(2, "int32")))},
            "E0506",
            "`image` of the data is (?, 9, 9, 1)",
        ),
        (
            {},
            {"train": tf.data.Dataset.from_tensors((np.zeros((2, 8, 8, 1), "float32"), np.zeros((2, 4), "int32")))},
            "E0504",
            "cannot compare",
        ),
        ({}, {"train": tf.data.Dataset.from_tensors({"image": np.zeros((2, 8, 8, 1), "float32")})}, "E0503", "no field beside"),
        (
            {},
            {"train": tf.data.Dataset.from_tensors((np.zeros((2, 8, 8, 1), "float32"), np.full(2, 10, "int32")))},
            "E0511",
            "a label is 10, but the head gives scores for 10 classes, 0 to 9",
        ),
        ({"data": None}, None, "E0509", "`tiny` has no data to train on"),
    ],
)
def test_mistakes_are_told_without_a_traceback(spec, tmp_path, overrides, data, code, message):
    with pytest.raises(SpecError) as caught:
        train(specc.load(spec, overrides=overrides), data=data, directory=tmp_path / "run", progress=False)
    found = caught.value.diagnostics
    assert found[0].code == code
    assert message in found[0].message
    if code == "E0511":
        assert found[0].span is None  # the spec names none of these data


def test_faulty_options_are_told(spec, run, tmp_path):
    with pytest.raises(SpecError, match="no distribution is named `two`"):
        train(specc.load(spec), strategy="two", directory=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(SpecError, match="is not empty"):
        train(specc.load(spec), directory=run.path)


def test_runs_are_named_and_numbered(spec, tmp_path, monkeypatch):
    from specc.training import folder

    monkeypatch.chdir(tmp_path)
    first, second = folder.RunFolder.create("tiny", None), folder.RunFolder.create("tiny", None)
    assert re.fullmatch(r"runs/tiny-\d{8}-\d{6}", str(first.path))
    assert first.path != second.path


def test_ctrl_c_leaves_a_usable_run(spec, tmp_path):
    path = tmp_path / "run"
    code = f"import specc; print(specc.train({str(spec)!r}, directory={str(path)!r}).status)"
    command = [
        sys.executable,
        "-c",
        code.replace("specc.train(", "specc.train(specc.load(").replace(", directory", ", overrides={'train.epochs': 100000}), directory"),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    try:
        metrics, waited = path / "metrics.jsonl", time.monotonic()
        while not (metrics.exists() and metrics.read_text().count("\n") >= 2):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() - waited < 120
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, out
    assert "Traceback" not in out
    assert out.rstrip().endswith("interrupted")
    assert json.loads((path / "run.json").read_text())["status"] == "interrupted"
    records = [json.loads(line) for line in metrics.read_text().splitlines()]
    assert len(records) >= 2
    assert not any(record.get("interrupted") for record in records[:-1])
    assert (path / "curves.png").exists()
    found = evaluate(path)
    complete = [record for record in records if "val_loss" in record]
    if complete[-1] is records[-1]:
        assert found.metrics["accuracy"] == pytest.approx(records[-1]["val_accuracy"])
    assert found.examples == 360
    keras.utils.save_img(tmp_path / "zero.png", np.zeros((8, 8, 1)))
    assert len(predict(path, [tmp_path / "zero.png"])) == 1


def test_a_run_that_fails_says_so(spec, tmp_path):
    def fail(epoch, logs):
        raise RuntimeError("the disk is on fire")

    callback = keras.callbacks.LambdaCallback(on_epoch_end=fail)
    with pytest.raises(RuntimeError, match="on fire"):
        train(specc.load(spec), directory=tmp_path / "run", callbacks=[callback], progress=False)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"


@pytest.mark.parametrize(
    ("where", "overrides", "resume", "left"),
    [
        ("train_batch", {}, False, False),
        ("train_batch", {}, True, False),
        ("train_batch", {"train.checkpoint.steps": 1}, False, True),
        ("epoch", {}, False, True),
    ],
    ids=["before an epoch", "begun by resume", "a checkpoint", "an epoch"],
)
def test_what_the_spec_is_to_blame_for_leaves_no_folder_unless_something_was_learned(spec, tmp_path, where, overrides, resume, left):
    def fail(number, logs):
        if where == "epoch" or number == 2:
            raise SpecError((Diagnostic("E0511", "a step failed on the data"),))

    callback = keras.callbacks.LambdaCallback(**{f"on_{where}_end": fail})
    path = tmp_path / "runs" / "run"
    with pytest.raises(SpecError, match="E0511"):
        train(specc.load(spec, overrides=overrides), directory=path, callbacks=[callback], progress=False, resume=resume)
    assert path.parent.exists() == left
    if left:
        assert json.loads((path / "run.json").read_text())["status"] == "failed"
        with pytest.raises(SpecError, match="E0511"):
            train(specc.load(spec, overrides=overrides), directory=path, callbacks=[callback], progress=False, resume=True)
        assert (path / "spec.yaml").exists(), "a run that goes on is left alone"


def test_files_of_others_in_a_run_folder_stay(spec, tmp_path):
    def fail(batch, logs):
        (tmp_path / "run" / "notes.txt").write_text("mine")
        raise SpecError((Diagnostic("E0511", "a step failed on the data"),))

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=fail)
    with pytest.raises(SpecError, match="E0511"):
        train(specc.load(spec), directory=tmp_path / "run", callbacks=[callback], progress=False)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_normalization_takes_its_mean_from_the_training_data(tmp_path):
    path = tmp_path / "normal.yaml"
    lines = "inputs: {image: [8, 8, 1]}\nlayers:\n  - normalization: {axis: null}\n  - flatten\nheads: {logits: {dense: 10}}\n"
    path.write_text(
        f"specc: 1\n{lines}data: {{train: {{source: digits}}}}\ntrain: {{objective: softmax_cross_entropy, epochs: 1, batch_size: 256}}\n"
    )
    run = train(specc.load(path), directory=tmp_path / "run", progress=False)
    from specc.data.sources.embedded import scans

    images, _ = scans("train", 0.2, 0)
    mean, variance = (
        float(np.ravel(value)[0]) for value in (run.model.get_layer("normalization").mean, run.model.get_layer("normalization").variance)
    )
    assert (mean, variance) == pytest.approx((images.mean(), images.var()), abs=1e-4)


def test_the_bar_shows_metrics_rate_and_time_left(monkeypatch):
    from rich.console import Console

    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    console = Console(force_terminal=True, width=120, record=True)
    bar = ProgressBar([Stretch(3, 10, 640)], console=console)
    with bar:
        bar.epoch(0)
        bar.steps(1, {"loss": 2.0})
        now[0] = 2.0
        bar.steps(5, {"loss": 1.5, "accuracy": 0.5})
        assert bar._bar.tasks[0].fields["text"] == "5/10  loss 1.5000  accuracy 0.5000  128 examples/s  12 s left"
        bar.record(
            {"epoch": 1, "steps": 5, "loss": 1.5, "learning_rate": 0.1, "seconds": 4.0, "examples_per_second": 128.0, "interrupted": True}
        )
    assert "epoch 1/3  loss 1.5000  128 examples/s  4.0 s  interrupted" in console.export_text()
    assert [clock(seconds) for seconds in (0.84, 12.3, 185, 7385)] == ["0.8 s", "12 s", "3:05", "2:03:05"]


def test_where_there_is_no_terminal_each_epoch_is_a_plain_line():
    import io

    from rich.console import Console

    said = io.StringIO()
    bar = ProgressBar([Stretch(2, 10, 640), Stretch(3, 5, 640)], replicas=2, console=Console(file=said, width=40))
    record = {"steps": 5, "loss": 1.5, "learning_rate": 0.1, "seconds": 4.0, "examples_per_second": 128.0}
    with bar:
        bar.epoch(0)
        bar.steps(5, {"loss": 1.5})
        bar.record({"epoch": 1, **record})
        bar.stage(1, 1)  # the first stage was stopped early
        bar.epoch(1)
        bar.record({"epoch": 2, "stage": 2, **record})
    assert said.getvalue() == (
        "stage 1/2  epoch 1/5  loss 1.5000  128 examples/s on 2 replicas  4.0 s\n"
        "stage 2/2  epoch 2/4  loss 1.5000  128 examples/s on 2 replicas  4.0 s\n"
    )


def test_a_pair_handed_in_for_training_alone_is_named_as_the_specs_own_validation_data(tmp_path):
    spec = specc.load("mlp_digits", overrides={"train.epochs": 1})
    random = np.random.default_rng(0)
    images, labels = random.random((40, 8, 8, 1), dtype=np.float32), random.integers(0, 10, 40)
    pairs = tf.data.Dataset.from_tensor_slices((images, labels)).batch(16)
    run = specc.train(spec, data={"train": pairs}, directory=tmp_path / "run", progress=False)
    assert {"loss", "val_loss", "val_accuracy"} <= set(run.history[0])


def test_fields_named_otherwise_than_in_validation_are_told():
    spec = specc.load("mlp_digits", overrides={"train.epochs": 1})
    fields = {"image": np.zeros((20, 8, 8, 1), np.float32), "kind": np.zeros(20, np.int32)}
    with pytest.raises(specc.SpecError) as raised:
        specc.train(spec, data={"train": tf.data.Dataset.from_tensor_slices(fields)}, progress=False)
    assert [found.code for found in raised.value.diagnostics] == ["E0503"]


def test_data_that_are_no_mapping_are_told():
    dataset = tf.data.Dataset.from_tensor_slices((np.zeros((4, 8, 8, 1), np.float32), np.zeros(4, np.int32)))
    with pytest.raises(specc.SpecError) as raised:
        specc.train(specc.load("mlp_digits"), data=dataset, progress=False)
    assert [found.code for found in raised.value.diagnostics] == ["E0508"]


def test_a_run_that_diverges_ends_and_says_so(tmp_path):
    spec = specc.load("mlp_digits", overrides={"train.epochs": 5, "train.optimizer": {"sgd": {"learning_rate": 1e30}}})
    run = specc.train(spec, directory=tmp_path / "run", progress=False)
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    assert run.status == json.loads((run.path / "run.json").read_text())["status"] == "diverged"
    assert len(lines) < 5
    assert json.loads(lines[-1], parse_constant=pytest.fail)["loss"] is None


def test_the_digits_cnn_reads_98_of_100_held_out_digits(tmp_path):
    """Its own recipe, seed 0: 99.7% when it was written."""
    run = specc.train("cnn_digits", directory=tmp_path / "run", progress=False)
    assert evaluate(run.path).metrics["accuracy"] >= 0.98
