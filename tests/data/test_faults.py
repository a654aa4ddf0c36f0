"""Records that cannot be read: named, counted, and left out where that is asked for."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from specc.data.checks import checked
from specc.data.errors import DataError, Faulty
from specc.data.examples import Examples, examples_of
from specc.data.faults import failing, faults, labels_beyond, natural, readable, sound, told, without_known
from specc.data.feed import feed
from specc.data.pipeline import open_pipeline
from specc.data.sources.decoding import decoded
from specc.data.sources.framing import frames
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


def known(bad: dict[int, str], count: int = 6, *, table: bool = True) -> Examples:
    """Numbers, some of which their source knows to be no records."""
    records: dict[str, Any] = {"number": np.arange(count)}
    given = records if table else tf.data.Dataset.from_tensor_slices(records)
    reasons = list(bad.values())
    return examples_of(
        given, count, place="line {}".format, faulty=[Faulty(list(bad), lambda place: reasons[place], "such lines", "mend it")]
    )


@pytest.mark.parametrize("table", [True, False], ids=["table", "stream"])
def test_what_a_source_knows_to_be_no_record_is_refused_left_out_or_fails_when_it_is_read(table: bool) -> None:
    examples = known({4: "line 4: the cell is empty", 1: 'the line\'s "number" is `\\`'}, table=table)
    with pytest.raises(DataError) as caught:
        sound(examples)
    assert (caught.value.message, caught.value.help) == ("line 4: the cell is empty (2 such lines in all)", "mend it")
    left, found = without_known(examples)
    assert [str(fault) for fault in found] == ['line 1: the line\'s "number" is `\\`', "line 4: the cell is empty"]
    assert [int(example["number"]) for example in natural(left)] == [0, 2, 3, 5]
    assert left.place(3) == "line 5"
    assert sound(left) is left
    kept = failing(examples)
    assert (kept.count, list(kept.fields)) == (6, ["number"])
    assert faults(kept) == (found, 2)


def test_the_first_fault_of_a_record_is_told_of_it() -> None:
    kinds = [Faulty([2], "it is {} late".format, "late ones"), Faulty([0, 2], "it is {} early".format, "early ones")]
    _, found = without_known(examples_of({"number": np.arange(3)}, faulty=[Faulty([], str, "none"), *kinds]))
    assert [(fault.index, fault.reason) for fault in found] == [(0, "it is 0 early"), (2, "it is 0 late")]


def test_where_nothing_is_left_the_source_says_why() -> None:
    for leave_out in (without_known, failing):
        with pytest.raises(DataError, match=r"^a \(2 such lines in all\)$"):
            leave_out(known({0: "a", 1: "b"}, 2))
    assert sound(known({})).count == 6


def test_faults_move_with_what_is_made_of_records() -> None:
    moved = Faulty([3, 5, 3], "fault {}".format, "such ones").moved({3: [0, 1], 4: [2]})
    assert moved.records == [0, 1, 0, 1]
    assert [moved.said(place) for place in range(4)] == ["fault 0", "fault 0", "fault 2", "fault 2"]
    assert moved.error().message == "fault 0 (3 such ones in all)"


PNG = tf.io.encode_png(tf.zeros((4, 4, 3), tf.uint8)).numpy()


def written(folder: Path, files: dict[str, Any]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def voc_of(name: str = "dog", box: tuple[int, ...] = (1, 1, 3, 3)) -> str:
    sides = "".join(f"<{side}>{value}</{side}>" for side, value in zip(("xmin", "ymin", "xmax", "ymax"), box))
    size = "<size><width>4</width><height>4</height></size>"
    return f"<annotation>{size}<object><name>{name}</name><bndbox>{sides}</bndbox></object></annotation>"


IMAGES = [{"id": number, "file_name": f"{number}.png", "width": 4, "height": 4} for number in range(4)]
BOXES = [{"id": number, "image_id": number, "category_id": 1, "bbox": [1, 1, 2, 2]} for number in range(4)]
COCO = {"images": [*IMAGES, {**IMAGES[0], "id": 9, "file_name": "9.png"}], "categories": [{"id": 1, "name": "cat"}]}
WRONG_BOXES = {**COCO, "annotations": [BOXES[0], {**BOXES[1], "bbox": [3, 3, -2, 1]}, {**BOXES[2], "category_id": 7}, BOXES[3]]}
CAPTIONS = [
    {"id": number, "image_id": image, "caption": text} for number, (image, text) in enumerate([(0, "a"), (9, "b"), (2, " "), (3, "c")])
]
PICTURES = {f"images/{number}.png": PNG for number in range(4)}
RECORDS = [
    tf.train.Example(features=tf.train.Features(feature={"x": tf.train.Feature(float_list=tf.train.FloatList(value=values))}))
    for values in ([1.0], [1.0, 2.0], [3.0, 4.0], [5.0], [5.0, 6.0])
]  # fmt: skip


def sources(folder: Path) -> dict[str, tuple[Any, int, list[str], str]]:
    """Sources with faulty records: what names them, how many there are, what is said of those, and what is told where they fail."""
    lines = "x,y\n1,0\nnan,1\n3\n4,7\n5,\n6,2\n7,cat\n8,1\n9,0\n"
    written(folder, {**PICTURES, "t.csv": lines, "i.csv": "file,kind\nimages/0.png,a\nimages/8.png,b\nimages/3.png,b\n"})
    written(folder, {"masks/0.png": PNG[:], "masks/1.png": PNG, "masks/2.png": PNG, "masks/7.png": PNG})
    written(folder, {"o.json": json.dumps(WRONG_BOXES), "c.json": json.dumps({**COCO, "annotations": CAPTIONS})})
    written(folder, {f"VOC/JPEGImages/{number}.png": PNG for number in range(4)} | {"VOC/ImageSets/Main/train.txt": "0\n1\n2\n3\n8\n"})
    annotations = {0: voc_of(), 1: voc_of("dgo"), 2: voc_of(box=(3, 3, 2, 2)), 3: "<annotation>", 8: voc_of()}
    written(folder, {f"VOC/Annotations/{number}.xml": text for number, text in annotations.items()} | {"p.tsv": "a\tb\nc\n\td\ne\tf\n"})
    np.savez(folder / "a.npz", x=np.array([[1.0, 2], [np.nan, 1], [3, 4]]), y=np.array([0, 1, 5]))
    idx = bytes([0, 0, 8, 3]) + struct.pack(">III", 3, 2, 2) + bytes(12), bytes([0, 0, 8, 1]) + struct.pack(">I", 3) + bytes([0, 9, 1])
    written(folder, {"images.idx": idx[0], "labels.idx": idx[1]})
    with tf.io.TFRecordWriter(str(folder / "r")) as file:
        for record in RECORDS:
            file.write(record.SerializeToString())
    written(folder, {"r": (folder / "r").read_bytes()[:-3]})
    return {
        "csv": ({"path": "t.csv", "label": "y", "classes": 3}, 9, [
            "t.csv, line 3: `x` is `nan`, which is no finite number", "t.csv, line 4: one cell, but there are 2 columns",
            "t.csv, line 5: `y` is 7, but there are 3 classes, 0 to 2", "t.csv, line 6: `y` is empty",
            "t.csv, line 8: `y` is `cat`, which is no whole number",
        ], "t.csv, line 4: one cell, but there are 2 columns"),
        "csv of images": ({"path": "i.csv", "image": "file", "label": "kind"}, 3, ["i.csv, line 3: there is no file images/8.png"],
            "i.csv, line 3: there is no file images/8.png"),
        "npz": ({"path": "a.npz", "classes": {"y": 3}}, 3, [
            "a.npz, record 1: `x` has a value that is NaN or infinite", "a.npz, record 2: `y` is 5, but there are 3 classes, 0 to 2",
        ], "a.npz, record 1: `x` has a value that is NaN or infinite"),
        "idx": ({"images": "images.idx", "labels": "labels.idx", "classes": 2}, 3,
            ["images.idx, record 1: labels.idx, record 1: `label` is 9, but there are 2 classes, 0 to 1"],
            "labels.idx, record 1: `label` is 9, but there are 2 classes, 0 to 1"),
        "masks": ({"images": "images", "masks": "masks"}, 5, [
            "there is no mask masks/3.png for images/3.png", "there is no image images/7 of any format for masks/7.png",
        ], "there is no mask masks/3.png for images/3.png"),
        "coco": ({"annotations": "o.json", "images": "images"}, 5, [
            "annotation 1 of o.json (images/1.png) has a box of -2 by 1 pixels",
            "images/2.png: annotation 2 of o.json has the category 7, which the file does not list",
            "there is no image images/9.png, which o.json lists",
        ], "there is no image images/9.png, which o.json lists"),
        "coco_captions": ({"annotations": "c.json", "images": "images"}, 4, [
            "there is no image images/9.png, which c.json lists", "images/2.png: annotation 2 of c.json has no text as `caption`",
        ], "there is no image images/9.png, which c.json lists"),
        "voc": ({"path": "VOC", "classes": ["dog"]}, 5, [
            "VOC/JPEGImages/1.png: VOC/Annotations/1.xml: an object has the name `dgo`, which is no class",
            "VOC/JPEGImages/2.png: VOC/Annotations/2.xml: a `dog` has a box of 0 by 0 pixels",
            "VOC/JPEGImages/3.png: VOC/Annotations/3.xml is not XML: line 1, column 13: no element found",
            "there is no image VOC/JPEGImages/8.jpg, which VOC/ImageSets/Main/train.txt lists",
        ], "there is no image VOC/JPEGImages/8.jpg, which VOC/ImageSets/Main/train.txt lists"),
        "pairs": ({"path": "p.tsv"}, 4, ["p.tsv, line 2, has no tab between source and target", "p.tsv, line 3, has no source"],
            "p.tsv, line 2, has no tab between source and target"),
        "tfrecord": ({"path": "r", "features": {"x": {"float": {"shape": [2]}}}}, 5, [
            "r, record 0: `x` has 1 values, but 2 are asked for", "r, record 4: r is truncated: it ends within record 4",
            "r, record 3: Key: x.  Can't parse serialized Example",
        ], "r is truncated: it ends within record 4"),
    }  # fmt: skip


SOURCES = ["csv", "csv of images", "npz", "idx", "masks", "coco", "coco_captions", "voc", "pairs", "tfrecord"]


@pytest.mark.parametrize("name", SOURCES)
def test_faulty_records_of_every_source_are_left_out_where_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Each has faults of several kinds, some of which are found only when records are read."""
    monkeypatch.chdir(tmp_path)
    source, count, said, first = sources(tmp_path)[name]
    pipeline = {"source": {name.split()[0]: source}, "on_error": "skip"}
    opened = open_pipeline(bind(Pipeline, pipeline))
    (line,) = opened.told
    assert line.startswith(f"left out {len(said)} of {count} records of `{name.split()[0]}`: {'; '.join(said)}")
    assert opened.examples.count == count - len(said)
    assert opened.fault() is None
    batches = list(feed(opened, 1).stream(0, 1).as_numpy_iterator())
    assert len(batches) == count - len(said)
    diagnostic = faulty({**pipeline, "on_error": "fail"})
    assert diagnostic.code == "E0507"
    assert diagnostic.message.startswith(first)


def test_what_is_left_out_are_the_faulty_records_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source, *_ = sources(tmp_path)["csv"]
    opened = open_pipeline(bind(Pipeline, {"source": {"csv": source}, "on_error": "skip"}))
    (batch,) = feed(opened, 9).stream(0, 1).as_numpy_iterator()
    np.testing.assert_array_equal(batch["features"], [[1], [6], [8], [9]])
    np.testing.assert_array_equal(batch["label"], [0, 2, 1, 0])
    assert [opened.examples.place(row) for row in range(4)] == [f"t.csv, line {line}" for line in (2, 7, 9, 10)]


@pytest.mark.parametrize("name", ["npz", "masks", "coco", "tfrecord"])
def test_who_looks_at_data_finds_their_faulty_records_among_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    source, count, said, _ = sources(tmp_path)[name]
    for on_error in ("fail", "skip"):
        pipeline = bind(Pipeline, {"source": {name: source}, "on_error": "fail", "cache": "none"})
        opened = open_pipeline(pipeline, keep_faulty=True)
        assert (opened.examples.count, opened.told) == (count, ()), on_error
        found, number = faults(opened.examples)
        assert number == len(said)
        assert {str(fault)[:50] for fault in found} == {each[:50] for each in said}


def test_faults_of_a_whole_source_are_errors_for_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sources(tmp_path)
    wrong = {
        "there is no file u.csv": {"csv": {"path": "u.csv"}},
        "t.csv has no column `z`": {"csv": {"path": "t.csv", "label": "z"}},
        "none of the 5 records can be read; r, record 0 has no `y`": {"tfrecord": {"path": "r", "features": {"y": "label"}}},
        "t.csv is not JSON": {"coco": {"annotations": "t.csv", "images": "images"}},
        "t.csv, line 2: there is no file 1": {"csv": {"path": "t.csv", "image": "x"}},
    }
    for message, source in wrong.items():
        with pytest.raises(SpecError) as caught:
            open_pipeline(bind(Pipeline, {"source": source, "on_error": "skip"}))
        (found,) = caught.value.diagnostics
        assert found.code == "E0507"
        assert found.message.startswith(message)


def test_records_are_counted_before_and_after_some_are_chosen(tmp_path: Path) -> None:
    """One of nine files is not there; of the others two of each class are taken, and those of one class are too small."""
    small = tf.io.encode_png(tf.zeros((3, 3, 3), tf.uint8)).numpy()
    written(tmp_path, {f"{number}.png": PNG if number % 2 else small for number in range(8)})
    written(
        tmp_path, {"t.csv": "file,kind\n9.png,even\n" + "".join(f"{number}.png,{('even', 'odd')[number % 2]}\n" for number in range(8))}
    )
    source = {"csv": {"path": str(tmp_path / "t.csv"), "image": "file", "label": "kind"}}
    pipeline = {"source": source, "subset": {"per_class": 2}, "transforms": [{"random_crop": {"size": 4}}], "on_error": "skip"}
    opened = open_pipeline(bind(Pipeline, pipeline))
    assert opened.examples.count == 2
    assert [line.partition(":")[0] for line in opened.told] == ["left out 1 of 9 records of `csv`", "left out 2 of 4 records of `csv`"]


def texts(path: Path, *values: bytes) -> dict[str, Any]:
    """Texts with labels; the label of the last one is none of two classes."""
    with tf.io.TFRecordWriter(str(path)) as file:
        for number, value in enumerate(values):
            label = 5 if number == len(values) - 1 else number % 2
            features = {
                "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            file.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    return {"tfrecord": {"path": str(path), "features": {"text": "text", "label": {"label": {"classes": 2}}}}}


def test_texts_that_are_none_are_left_out_before_tokens_are_made(tmp_path: Path) -> None:
    fields = {"label": {"feature": "label"}, "words": {"feature": "text", "tokenizer": {"words": {}}}}
    pipeline = {"source": texts(tmp_path / "t", b"one", b"tw\xff", b"three", b"four"), "fields": fields}
    assert faulty(pipeline).message == f"{tmp_path}/t, record 1: `words` is not UTF-8: byte 3 is 0xff"
    opened = open_pipeline(bind(Pipeline, {**pipeline, "on_error": "skip"}))
    (line,) = opened.told
    assert line.startswith(f"left out 2 of 4 records of `tfrecord`: {tmp_path}/t, record 1: `words` is not UTF-8; {tmp_path}/t, record 3")
    assert opened.examples.count == 2
    assert opened.tokenizers["words"].encode(["three", "four"])[0].tolist() != opened.tokenizers["words"].encode(["four"])[0].tolist()


def test_a_subset_of_data_that_cannot_be_read_is_told_or_taken_of_the_rest(tmp_path: Path) -> None:
    pipeline = {"source": texts(tmp_path / "t", *(b"long enough to be hit" for _ in range(9))), "subset": {"per_class": 2}}
    begins = frames(tmp_path / "t").offsets[4]
    stored = bytearray((tmp_path / "t").read_bytes())
    stored[begins + 20] ^= 1
    (tmp_path / "t").write_bytes(stored)
    assert faulty(pipeline).message == f"a record cannot be read: {tmp_path}/t, record 4: corrupted record at {begins + 12}"
    opened = open_pipeline(bind(Pipeline, {**pipeline, "on_error": "skip"}))
    assert opened.examples.count == 4
    assert opened.told[0].startswith("left out 2 of 9 records of `tfrecord`: ")


def test_labels_that_a_head_does_not_know_are_found_where_they_are_held() -> None:
    labels = np.array([0, 2, -1, 5, 1], "int32")
    held = examples_of({"y": labels, "x": np.zeros(5)}, place="line {}".format)
    found = labels_beyond(held, "y", "y", 2)
    assert [str(fault) for fault in found] == ["line 1: `y` is 2", "line 2: `y` is -1", "line 3: `y` is 5"]
    assert [fault.index for fault in labels_beyond(held, "y", "y", 3)] == [2, 3]
    assert not labels_beyond(held, "x", "x", 1)
    changed = held.then(lambda example: {**example, "y": example["y"] % 2})
    assert not labels_beyond(changed, "y", "y", 2)
    streamed = examples_of(tf.data.Dataset.from_tensor_slices({"y": labels}), 5)
    assert not labels_beyond(streamed, "y", "y", 2)


@pytest.mark.parametrize("transforms", [[], [{"one_hot": {"classes": 9}}]], ids=["plain", "changed"])
def test_labels_are_looked_at_by_the_fields_names_and_before_transforms(tmp_path: Path, transforms: list[Any]) -> None:
    np.savez(tmp_path / "a.npz", y=np.array([0, 4, 1]), x=np.zeros((3, 2)))
    fields = {"label": {"feature": "y"}, "x": {"feature": "x"}}
    pipeline = {"source": {"npz": str(tmp_path / "a.npz")}, "fields": fields, "transforms": transforms}
    opened = open_pipeline(bind(Pipeline, {**pipeline, "source": {"npz": {"path": str(tmp_path / "a.npz")}}}))
    assert [fault.index for fault in opened.labels("label", 3)] == ([] if transforms else [1])
    if not transforms:
        found, count = opened.beyond("label", 3)
        assert (count, str(found[0])) == (1, f"{tmp_path}/a.npz, record 1: `label` is 4")
        assert opened.beyond("label", 5) == ([], 0)
