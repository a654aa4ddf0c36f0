"""Training on data as users bring them: files, scenes, texts; and what is told of those that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import specc
from specc.diagnostics import SpecError

LEAF = """
specc: 1
name: leaves
inputs: {{image: [16, 16, 3]}}
layers:
  - conv2d: {{filters: 8, kernel_size: 3, activation: relu}}
  - global_average_pooling2d
heads: {{logits: {{dense: 2}}}}
data:
  train: {{source: {{image_folder: {{path: {path}}}}}, transforms: [random_crop: 16, random_flip], on_error: {on_error}}}
train: {{objective: softmax_cross_entropy, optimizer: {{adam: {{learning_rate: 0.05}}}}, epochs: 3, batch_size: 8}}
"""


@pytest.fixture
def leaves(tmp_path: Path) -> Path:
    """Twenty photographs of 24 by 20 pixels in two classes: reddish and greenish ones."""
    random = np.random.default_rng(0)
    for number in range(20):
        label = number % 2
        image = random.integers(0, 120, (24, 20, 3))
        image[..., label] += 130
        path = tmp_path / "leaves" / ("red", "green")[label] / f"{number:02d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.astype("uint8")).save(path, quality=95)
    return tmp_path / "leaves"


def spec_of(text: str, path: Path, **values: Any) -> specc.Spec:
    file = path.parent / "spec.yaml"
    file.write_text(text.format(path=path, **values))
    return specc.load(file)


def test_an_image_folder_is_learned(leaves: Path, tmp_path: Path) -> None:
    run = specc.train(spec_of(LEAF, leaves, on_error="fail"), directory=tmp_path / "run", progress=False)
    assert run.history[-1]["accuracy"] == 1
    assert run.classes == ("green", "red")


def test_a_photograph_that_is_cut_off_is_named(leaves: Path, tmp_path: Path) -> None:
    broken = leaves / "red" / "04.jpg"
    broken.write_bytes(broken.read_bytes()[:400])
    with pytest.raises(SpecError) as caught:
        specc.train(spec_of(LEAF, leaves, on_error="fail"), directory=tmp_path / "run", progress=False)
    (found,) = caught.value.diagnostics
    assert found.code == "E0517"
    assert found.message.startswith(f"a record cannot be read: {broken}: ")
    assert found.span is not None
    assert found.span.line == 10


def test_photographs_that_cannot_be_read_are_left_out_where_asked(leaves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("red/04.jpg", "green/07.jpg"):
        (leaves / name).write_bytes(b"no photograph")
    run = specc.train(spec_of(LEAF, leaves, on_error="skip"), directory=tmp_path / "run")
    assert run.status == "finished"
    told = capsys.readouterr().err
    assert "left out 2 of 20 records of `image_folder`" in told
    assert str(leaves / "green/07.jpg") in told


SCENES = """
specc: 1
inputs: {image: [32, 32, 3]}
layers:
  - conv2d: {filters: 8, kernel_size: 3, padding: same, activation: relu}
    repeat: 2
heads: {mask: {conv2d: {filters: 11, kernel_size: 1}}}
data:
  train: {source: {digit_scenes: {size: 40, count: 48}}, transforms: [random_crop: 32, random_flip]}
  validation: {source: {digit_scenes: {size: 32, count: 16, split: validation}}}
train: {objective: softmax_cross_entropy, epochs: 2, batch_size: 16}
"""


def test_scenes_are_segmented(tmp_path: Path) -> None:
    """The mask is the head's target by its name; captions, boxes and masks of objects are not asked for."""
    (tmp_path / "spec.yaml").write_text(SCENES)
    run = specc.train(specc.load(tmp_path / "spec.yaml"), directory=tmp_path / "run", progress=False)
    assert run.history[-1]["val_loss"] < run.history[0]["val_loss"]


LANGUAGE = """
specc: 1
inputs: {{characters: {{shape: [16], dtype: int32}}}}
layers: [embedding: {{input_dim: 40, output_dim: 16}}, gru: {{units: 32, return_sequences: true}}]
heads: {{labels: {{dense: 40}}}}
data:
  train: {{source: {{text: {{path: {path}, part: [0, 0.8]}}}}, chunk: 16, shift: {{characters: labels}}}}
  validation: {{source: {{text: {{path: {path}, part: [0.8, 1]}}}}, chunk: 16, shift: {{characters: labels}}}}
train: {{objective: softmax_cross_entropy, optimizer: {{adam: {{learning_rate: 0.02}}}}, epochs: 4, batch_size: 16}}
"""


def test_a_text_is_learned_and_its_vocabulary_stays_with_the_run(tmp_path: Path) -> None:
    """The validation part lacks the letter that comes first in training: only with the training's vocabulary is it understood."""
    book = tmp_path / "book.txt"
    book.write_text("zzz zzz " * 40 + "the cat sat on the mat and the dog sat on the log. " * 120)
    run = specc.train(spec_of(LANGUAGE, book), directory=tmp_path / "run", progress=False)
    assert run.history[-1]["val_accuracy"] > 0.7
    assert (tmp_path / "run" / "tokenizers" / "characters.json").is_file()
    measured = specc.evaluate(tmp_path / "run")
    assert measured.metrics["accuracy"] == pytest.approx(run.history[-1]["val_accuracy"], abs=1e-6)


LABELS = """
specc: 1
name: labels
inputs: {{features: [2]}}
heads: {{logits: {{dense: 3}}}}
data:
  train: {{source: {{npz: {{path: {path}/train.npz}}}}}}
  validation: {{source: {{npz: {{path: {path}/validation.npz}}}}}}
train: {{objective: softmax_cross_entropy, epochs: 2, batch_size: 4}}
"""


def archives(path: Path, **labels: list[int]) -> None:
    for part in ("train", "validation"):
        found = labels.get(part, [0, 1, 2, 0, 1, 2])
        np.savez(path / f"{part}.npz", features=np.arange(2.0 * len(found)).reshape(-1, 2), label=np.array(found))


@pytest.mark.parametrize("part", ["train", "validation"])
@pytest.mark.parametrize(("wrong", "more"), [([5], ""), ([-1, 3], " (2 such labels in all)")])
def test_a_label_that_the_head_does_not_know_is_told_before_a_run_begins(tmp_path: Path, part: str, wrong: list[int], more: str) -> None:
    """Nobody has said how many classes there are."""
    archives(tmp_path, **{part: [0, 1, 2, *wrong]})
    with pytest.raises(SpecError) as caught:
        specc.train(spec_of(LABELS, tmp_path), directory=tmp_path / "run", progress=False)
    (found,) = caught.value.diagnostics
    assert found.code == "E0504"
    place = f"{tmp_path}/{part}.npz, record 3"
    assert found.message == f"{place}: `label` is {wrong[0]}, but head `logits` gives scores for 3 classes, 0 to 2{more}"
    assert found.span is not None
    assert found.span.line == (7 if part == "train" else 8)
    assert not (tmp_path / "run").exists()


def test_labels_that_the_head_knows_are_learned(tmp_path: Path) -> None:
    archives(tmp_path)
    assert specc.train(spec_of(LABELS, tmp_path), directory=tmp_path / "run", progress=False).status == "finished"


RECORDS = """
specc: 1
name: records
inputs: {{value: [1]}}
heads: {{logits: {{dense: 3}}}}
data:
  train: {{source: {{tfrecord: {{path: {path}, features: {{value: {{float: {{shape: [1]}}}}, label: label}}}}}}, cache: none}}
train: {{objective: softmax_cross_entropy, epochs: 2, batch_size: 4, callbacks: [tensor_board]}}
"""


def numbers(path: Path, labels: list[int]) -> Path:
    with tf.io.TFRecordWriter(str(path)) as file:
        for label in labels:
            value = tf.train.Feature(float_list=tf.train.FloatList(value=[label]))
            number = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
            file.write(tf.train.Example(features=tf.train.Features(feature={"value": value, "label": number})).SerializeToString())
    return path


@pytest.mark.parametrize("before", [False, True], ids=["new", "empty"])
def test_a_record_whose_label_stops_a_step_is_looked_for_and_the_folder_left_as_it_was(tmp_path: Path, before: bool) -> None:
    """Labels in files of records are not held, so that only the step tells of them; the corrected spec takes the same folder."""
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("a GPU computes not-a-number instead")
    path, run = numbers(tmp_path / "r", [0, 1, 2, 0, 1, 2, 4, 0, 5]), tmp_path / "runs" / "one"
    if before:
        run.mkdir(parents=True)
    with pytest.raises(SpecError) as caught:
        specc.train(spec_of(RECORDS, path), directory=run, progress=False)
    (found,) = caught.value.diagnostics
    assert found.code == "E0511"
    assert found.message == f"{path}, record 6: `label` is 4, but head `logits` gives scores for 3 classes, 0 to 2 (2 such labels in all)"
    assert found.span is not None
    assert found.span.line == 7
    assert (list(run.iterdir()) == []) if before else not run.parent.exists()
    numbers(path, [0, 1, 2, 0])
    assert specc.train(spec_of(RECORDS, path), directory=run, progress=False).status == "finished"


def test_faulty_rows_are_left_out_of_a_run_where_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archives(tmp_path)
    np.savez(tmp_path / "train.npz", features=np.array([[0, 1], [np.nan, 1], [2, 3]]), label=np.array([0, 1, 2]))
    text = LABELS.replace("train.npz}}}}}}", "train.npz}}}}, on_error: skip}}")
    run = specc.train(spec_of(text, tmp_path), directory=tmp_path / "run")
    assert run.history[0]["steps"] == 1
    told = f"left out 1 of 3 records of `npz`: {tmp_path}/train.npz, record 1: `features` has a value that is NaN or infinite"
    assert told in capsys.readouterr().err
