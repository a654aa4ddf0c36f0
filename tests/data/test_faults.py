"""Records that cannot be read: named, counted, and left out where that is asked for."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from specc.data.checks import checked
from specc.data.errors import DataError
from specc.data.examples import Examples, examples_of
from specc.data.faults import faults, natural, readable, told
from specc.data.feed import feed
from specc.data.pipeline import open_pipeline
from specc.data.sources.decoding import decoded
from specc.diagnostics import Diagnostic, SpecError
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import bind

GOOD = tf.io.encode_png(tf.zeros((4, 4, 1), tf.uint8)).numpy()


def files(bad: dict[int, bytes], count: int = 8, *, table: bool = True) -> Examples:
    records = {"bytes": np.array([bad.get(number, GOOD) for number in range(count)], object), "number": np.arange(count)}

    def read(record: dict[str, Any]) -> dict[str, Any]:
        return {"image": tf.io.decode_png(record["bytes"], 1), "number": record["number"]}

    given = records if table else tf.data.Dataset.from_tensor_slices({name: list(values) for name, values in records.items()})
    return examples_of(given, count, read, place="scans/{}.png".format)


@pytest.mark.parametrize("table", [True, False], ids=["table", "stream"])
@pytest.mark.parametrize("bad", [[2], [0, 7], [3, 4, 5]])
def test_faulty_records_are_named_and_left_out(table: bool, bad: list[int]) -> None:
    given = files(dict.fromkeys(bad, GOOD[:40]), table=table)
    found, count = faults(given)
    assert count == len(bad)
    assert [fault.place for fault in found] == [f"scans/{number}.png" for number in bad]
    assert all("PNG" in fault.reason for fault in found)
    good, again = readable(given)
    assert again == found
    left = [number for number in range(8) if number not in bad]
    assert good.tolist() == left
    kept = given.rows(good)
    assert kept.count == len(left)
    assert [int(example["number"]) for example in natural(kept)] == left
    assert [kept.place(index) for index in range(kept.count)] == [f"scans/{number}.png" for number in left]
    assert faults(kept) == ([], 0)


def test_good_records_stay() -> None:
    good, found = readable(files({}))
    assert good.tolist() == list(range(8))
    assert not found


def test_of_a_compressed_file_that_is_broken_the_records_before_stay(tmp_path: Path) -> None:
    """Ten records, of which the fourth has a flipped bit: the rest of the file cannot be had, and nobody goes there any more."""
    path = tmp_path / "numbers.tfrecord.gz"
    with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions(compression_type="GZIP")) as writer:
        for number in range(10):
            value = tf.train.Feature(float_list=tf.train.FloatList(value=[number]))
            writer.write(tf.train.Example(features=tf.train.Features(feature={"x": value})).SerializeToString())
    data = bytearray(gzip.decompress(path.read_bytes()))
    data[3 * len(data) // 10 + 20] ^= 1
    path.write_bytes(gzip.compress(bytes(data)))
    source = {"tfrecord": {"path": str(path), "features": {"x": {"float": {}}}}}
    opened = open_pipeline(bind(Pipeline, {"source": source, "on_error": "skip", "cache": "none"}))
    assert opened.examples.count == 3
    assert "left out 7 of 10 records of `tfrecord`" in opened.told[0]
    for _ in range(2):
        assert [batch["x"].tolist() for batch in feed(opened, 2).stream(0, 1).as_numpy_iterator()] == [[0, 1], [2]]


def faulty(pipeline: dict[str, Any]) -> Diagnostic:
    """What is told of a pipeline, when it is opened or when it is asked."""
    try:
        error = open_pipeline(bind(Pipeline, pipeline)).fault()
    except SpecError as raised:
        error = raised
    assert error is not None
    return error.diagnostics[0]


@pytest.mark.parametrize("transform", ["center_crop", "random_crop"])
def test_an_image_that_is_too_small_for_a_crop_is_left_out_too(tmp_path: Path, transform: str) -> None:
    for name, size in (("a/0.png", 8), ("a/1.png", 3), ("b/2.png", 9)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(tf.io.encode_png(tf.zeros((size, size, 3), tf.uint8)).numpy())
    pipeline = {"source": {"image_folder": {"path": str(tmp_path)}}, "transforms": [{transform: {"size": 6}}]}
    opened = open_pipeline(bind(Pipeline, {**pipeline, "on_error": "skip"}))
    assert opened.examples.count == 2
    assert f"left out 1 of 3 records of `image_folder`: {tmp_path}/a/1.png: an image has no part of 6 by 6, it is 3 by 3" in opened.told[0]
    assert sum(len(batch["label"]) for batch in feed(opened, 2).stream(0, 1)) == 2
    assert faulty(pipeline).code == "E0517"


def test_a_message_names_some_and_counts_all() -> None:
    found, count = faults(files(dict.fromkeys(range(7), b"no image")))
    assert count == 7
    line = told(found, count)
    assert line.startswith("scans/0.png: ")
    assert "scans/4.png" in line
    assert "scans/5.png" not in line
    assert line.endswith("; and 2 more")
    assert "{{" not in line
    assert "[Op:" not in line
    with pytest.raises(DataError, match=r"none of the 8 records can be read; scans/0\.png: "):
        readable(files(dict.fromkeys(range(8), b"no image")))


WHOLE = {
    "JPEG": tf.io.encode_jpeg(tf.zeros((16, 16, 3), tf.uint8)).numpy(),
    "PNG": tf.io.encode_png(tf.zeros((16, 16, 3), tf.uint8)).numpy(),
    "BMP": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54 + 12, 0, 0, 54, 40, 2, 2, 1, 24, 0, 12, 0, 0, 0, 0) + bytes(16),
    "GIF": b"GIF89a"
    + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0)
    + bytes(6)
    + b","
    + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
    + b"\x02\x02D\x01\0;",
}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        *[(data[: len(data) - 6], f"the {name} is faulty, or not all there") for name, data in WHOLE.items()],
        (b"this is no image", "the image has no known format"),
        (b"", "the image is empty"),
    ],
    ids=[*WHOLE, "other", "empty"],
)
def test_what_decoders_say_is_told_plainly(data: bytes, reason: str) -> None:
    given = examples_of({"bytes": np.array([*WHOLE.values(), data], object)}, None, lambda record: {"image": decoded(record["bytes"], 3)})
    (found,), count = faults(given)
    assert (count, found.index, found.reason) == (1, len(WHOLE), reason)


OBJECTS = {
    "picture": np.zeros((2, 2, 1)), "boxes": [[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 1.0, 1.0]], "labels": [0, 9], "label": 3, "weight": 0.5,
}  # fmt: skip
FLOATS = ("boxes", "picture", "weight")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("label", 10, "`label` is 10 but there are 10 classes, from 0"),
        ("label", -1, "`label` is -1 but there are 10 classes, from 0"),
        ("labels", [2, 12], "`labels` is 12 but there are 10 classes, from 0"),
        ("boxes", [[1.0, 2.0, 3.0, 4.0], [5.0, 5.0, 4.0, 9.0]], "a box of `boxes` has no positive size; left, top, right, bottom: 5 5 4 9"),
        ("boxes", [[1.0, 2.0, 3.0, 4.0], [0.0, np.nan, 4.0, 9.0]], "`boxes` has a value that is no number, or infinite"),
        ("picture", np.full((2, 2, 1), np.nan), "`picture` has a value that is no number, or infinite"),
        ("weight", np.inf, "`weight` has a value that is no number, or infinite"),
    ],
)
def test_values_that_cannot_be_are_told(name: str, value: Any, reason: str) -> None:
    rows = [OBJECTS, {**OBJECTS, name: value}]
    records = {key: np.array([row[key] for row in rows], "float32" if key in FLOATS else "int32") for key in OBJECTS}
    given = examples_of(records, kinds={"picture": "image", "boxes": "boxes", "labels": "object"}, classes_of={"labels": 10, "label": 10})
    known = given.fields
    (found,), count = faults(given.then(lambda example: checked(example, known)))
    assert count == 1
    assert found.place == "record 1"
    assert found.reason == reason


def test_examples_without_objects_are_not_at_fault() -> None:
    given = examples_of({"boxes": np.zeros((2, 0, 4), "float32"), "labels": np.zeros((2, 0), "int32")},
        kinds={"boxes": "boxes", "labels": "object"}, classes_of={"labels": 10})  # fmt: skip
    known = given.fields
    assert faults(given.then(lambda example: checked(example, known))) == ([], 0)
