"""Files of TensorFlow's records: TensorFlow writes them, and what is read is held to what was written."""

import gzip
import inspect
import struct

import numpy as np
import pytest
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.faults import sound
from specc.data.sources.framing import frames, masked_checksum
from specc.keras_backend.build import resolve
from specc.registry.data.sources.records import Tfrecord
from specc.registry.entry import bind, entries

RNG = np.random.default_rng(3)


def opened(path, features, **arguments):
    params = bind(Tfrecord, {"path": path, "features": features, **arguments})
    return resolve(entries("source")["tfrecord"].target)(**vars(params)), params.fields()


def all_of(examples):
    if not examples.is_table:
        return list(examples.records.map(examples.read).as_numpy_iterator())
    eager = examples.read(examples.record(0))
    mapped = list(tf.data.Dataset.range(examples.count).map(lambda index: examples.read(examples.record(index))).as_numpy_iterator())
    assert all(np.array_equal(eager[name], mapped[0][name]) for name in eager)
    return mapped


def example(**values):
    """A serialized `tf.train.Example`; a `__` in a name stands for a slash."""
    lists = {}
    for name, value in values.items():
        value = value if isinstance(value, (list, tuple, np.ndarray)) else [value]
        first = value[0] if len(value) else None
        if first is None:
            kind = {}
        elif isinstance(first, (bytes, str)):
            encoded = [each.encode() if isinstance(each, str) else each for each in value]
            kind = {"bytes_list": tf.train.BytesList(value=encoded)}
        elif isinstance(first, (int, np.integer)):
            kind = {"int64_list": tf.train.Int64List(value=value)}
        else:
            kind = {"float_list": tf.train.FloatList(value=value)}
        lists[name.replace("__", "/")] = tf.train.Feature(**kind)
    return tf.train.Example(features=tf.train.Features(feature=lists)).SerializeToString()


def png(pixels):
    return tf.io.encode_png(pixels).numpy()


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes records into a file of the working directory."""
    monkeypatch.chdir(tmp_path)

    def written(name, records, compression=""):
        with tf.io.TFRecordWriter(str(tmp_path / name), compression) as file:
            for record in records:
                file.write(record)

    return written


IMAGES = [RNG.integers(0, 256, (3 + number % 2, 4, 3), dtype="uint8") for number in range(5)]
PICTURES = [example(image=png(image), label=number % 3) for number, image in enumerate(IMAGES)]
FEATURES = {"image": "image", "label": {"label": {"classes": 3}}}


@pytest.mark.parametrize("compression", ["", "GZIP"], ids=["plain", "gzip"])
def test_images_and_labels_of_several_files(write, compression):
    """Files are in the order that people count in, and a record is called by its file and its number there."""
    suffix = ".gz" if compression else ""
    write(f"a-2{suffix}", PICTURES[:2], compression)
    write(f"a-10{suffix}", PICTURES[2:4], compression)
    write(f"a-11{suffix}", [], compression)
    write(f"b{suffix}", PICTURES[4:], compression)
    examples, declared = opened([f"a-*{suffix}", f"b{suffix}"], FEATURES)
    assert examples.is_table == (not compression)
    found = all_of(examples)
    assert examples.count == len(found) == 5
    for number, one in enumerate(found):
        np.testing.assert_allclose(one["image"], IMAGES[number] / 255, atol=1e-6)
        assert one["label"] == number % 3
        assert one["label"].dtype == np.int32
    assert declared == examples.fields
    places = [
        f"a-2{suffix}, record 0",
        f"a-2{suffix}, record 1",
        f"a-10{suffix}, record 0",
        f"a-10{suffix}, record 1",
        f"b{suffix}, record 0",
    ]
    assert [examples.place(number) for number in range(5)] == places


def test_any_record_can_be_had_at_once(write):
    write("a", PICTURES)
    examples, _ = opened("a", FEATURES)
    for number in (4, 0, 3):
        np.testing.assert_allclose(examples.read(examples.record(number))["image"], IMAGES[number] / 255, atol=1e-6)


def test_numbers_and_texts_of_fixed_and_of_different_length(write):
    tracks = [RNG.random((length, 2)).astype("float32") for length in (3, 0, 1)]
    tokens = [[5, 6], [], [2**40]]
    grid = [[1, 2, 3], [4, 5, 6]]
    fixed = [{"n": number, "w": [1.5, 2, number], "grid": np.ravel(grid), "title": f"t{number}"} for number in range(3)]
    others = [
        {"track": track.ravel(), "tokens": ids, "captions": ["a", "b"][:number]} for number, (track, ids) in enumerate(zip(tracks, tokens))
    ]
    write("a", [example(**one, **other) for one, other in zip(fixed, others)])
    features = {
        "weight": {"float": {"shape": [3], "key": "w"}},
        "track": {"float": {"shape": [None, 2]}},
        "tokens": {"integer": {"shape": [None]}},
        "n": "integer",
        "grid": {"integer": {"shape": [2, 3]}},
        "title": "text",
        "captions": {"text": {"shape": [None]}},
    }
    examples, declared = opened("a", features)
    found = all_of(examples)
    assert declared == examples.fields
    assert {name: str(field.spec) for name, field in declared.items()} == {
        "weight": "(?, 3)",
        "track": "(?, ?, 2)",
        "tokens": "(?, ?) int64",
        "n": "(?,) int64",
        "grid": "(?, 2, 3) int64",
        "title": "(?,) string",
        "captions": "(?, ?) string",
    }
    for number, one in enumerate(found):
        np.testing.assert_array_equal(one["weight"], [1.5, 2, number])
        np.testing.assert_array_equal(one["track"], tracks[number])
        np.testing.assert_array_equal(one["tokens"], tokens[number])
        np.testing.assert_array_equal(one["grid"], grid)
        assert (one["n"], one["title"]) == (number, f"t{number}".encode())
        assert list(one["captions"]) == [b"a", b"b"][:number]


def test_arrays_as_bytes(write):
    pixels = RNG.integers(0, 256, (2, 3, 3), dtype="uint8")
    points = RNG.normal(size=(4, 3))
    counts = np.array([-5, 300], "<i2")
    write(
        "a",
        [example(pixels=pixels.tobytes(), points=points.astype("<f8").tobytes(), counts=counts.tobytes(), ids=np.array([2**40]).tobytes())],
    )
    features = {
        "pixels": {"raw": {"dtype": "uint8", "shape": [2, 3, 3]}},
        "grey": {"raw": {"dtype": "uint8", "shape": [6, 3], "key": "pixels"}},
        "planes": {"raw": {"dtype": "uint8", "shape": [18], "key": "pixels"}},
        "points": {"raw": {"dtype": "float64", "shape": [None, 3]}},
        "counts": {"raw": {"dtype": "int16", "shape": [2]}},
        "ids": {"raw": {"dtype": "int64", "shape": [1]}},
    }
    examples, declared = opened("a", features)
    (found,) = all_of(examples)
    assert declared == examples.fields
    assert (declared["pixels"].kind, declared["grey"].kind, declared["planes"].kind) == ("image", "image", "value")
    np.testing.assert_allclose(found["pixels"], pixels / 255, atol=1e-6)
    np.testing.assert_allclose(found["grey"], pixels.reshape(6, 3, 1) / 255, atol=1e-6)
    np.testing.assert_array_equal(found["planes"], pixels.ravel())
    np.testing.assert_allclose(found["points"], points, rtol=1e-6)
    np.testing.assert_array_equal(found["counts"], counts)
    np.testing.assert_array_equal(found["ids"], [2**40])


def detection(height, width, boxes, labels, masks=(), **more):
    """A record in the form of TensorFlow's Object Detection API: boxes in shares of the image, labels counted from 1."""
    left, top, right, bottom = np.array(boxes, "float32").reshape(-1, 4).T
    columns = {"xmin": left / width, "ymin": top / height, "xmax": right / width, "ymax": bottom / height}
    image = np.full((height, width, 3), 7, "uint8")
    return example(
        **{f"image__object__bbox__{name}": values for name, values in columns.items()},
        image__encoded=png(image),
        image__object__class__label=[label + 1 for label in labels],
        image__object__mask=[png(mask[..., None] * 255) for mask in masks],
        **more,
    )


OBJECTS = {
    "image": {"image": {"key": "image/encoded"}},
    "boxes": "boxes",
    "labels": {"labels": {"classes": ["cat", "dog"], "first": 1, "key": "image/object/class/label"}},
    "masks": {"masks": {"key": "image/object/mask"}},
}


def test_objects_in_the_form_of_the_detection_api(write):
    boxes = [[[1, 2, 5, 6], [0, 0, 10, 8]], []]
    masks = [RNG.integers(0, 2, (2, 8, 10), dtype="uint8"), np.zeros((0, 6, 4), "uint8")]
    write("a", [
        detection(8, 10, boxes[0], [1, 0], masks[0], area=[16.0, 80.0], crowd=[0, 1]),
        detection(6, 4, boxes[1], []),
    ])  # fmt: skip
    more = {"area": {"float": {"shape": [None], "by_object": True}}, "crowd": {"integer": {"shape": [None], "by_object": True}}}
    examples, declared = opened("a", OBJECTS | more)
    found = all_of(examples)
    assert declared == examples.fields
    assert {name: field.kind for name, field in declared.items()} == {
        "image": "image", "boxes": "boxes", "labels": "object", "masks": "masks", "area": "object", "crowd": "object",
    }  # fmt: skip
    assert examples.classes == ("cat", "dog")
    np.testing.assert_allclose(found[0]["boxes"], boxes[0], atol=1e-5)
    np.testing.assert_array_equal(found[0]["labels"], [1, 0])
    np.testing.assert_array_equal(found[0]["masks"], masks[0])
    np.testing.assert_array_equal(found[0]["area"], [16, 80])
    assert [found[1][name].shape for name in ("boxes", "labels", "masks", "area")] == [(0, 4), (0,), (0, 6, 4), (0,)]


def test_boxes_in_pixels_need_no_image(write):
    write("a", [example(x0=[1.0, 2.0], y0=[3.0, 4.0], x1=[5.0, 6.0], y1=[7.0, 9.0])])
    examples, _ = opened("a", {"boxes": {"boxes": {"columns": ["x0", "y0", "x1", "y1"], "relative": False}}})
    np.testing.assert_array_equal(all_of(examples)[0]["boxes"], [[1, 3, 5, 7], [2, 4, 6, 9]])


def test_masks_of_pixels(write):
    numbers = np.array([[0, 1, 2], [20, 255, 3]], "uint8")
    write("a", [example(segmentation=png(numbers[..., None]))])
    examples, declared = opened("a", {"mask": {"mask": {"classes": 21, "key": "segmentation"}}})
    np.testing.assert_array_equal(all_of(examples)[0]["mask"], numbers)
    assert declared == examples.fields


def test_where_records_are(write, tmp_path):
    """Lengths, checksums and data in turn, as the description of the format has it."""
    data = [b"abc", b"", bytes(1000)]
    write("a", data)
    found = frames(tmp_path / "a")
    np.testing.assert_array_equal(found.lengths, [3, 0, 1000])
    np.testing.assert_array_equal(found.offsets, [0, 19, 35])
    assert found.first == b"abc"
    stored = (tmp_path / "a").read_bytes()
    for offset, one in zip(found.offsets, data):
        assert struct.unpack_from("<QI", stored, offset) == (len(one), masked_checksum(struct.pack("<Q", len(one))))
        assert struct.unpack_from("<I", stored, offset + 12 + len(one)) == (masked_checksum(one),)


def test_files_that_are_no_records_or_end_too_early(write, tmp_path):
    path = tmp_path / "a"
    write("a", PICTURES)
    stored = path.read_bytes()
    starts = frames(path).offsets

    def message():
        with pytest.raises(DataError) as caught:
            sound(opened("a", FEATURES)[0])
        return caught.value.message

    for end in (starts[2] + 5, starts[2] + 14, starts[3] - 1):  # within a length, the data, the last checksum
        path.write_bytes(stored[:end])
        assert message() == "a is truncated: it ends within record 2"
    path.write_bytes(stored[: starts[1]] + b"\xff" * 8 + stored[starts[1] + 8 :])
    assert message() == f"a is corrupted at byte {starts[1]:,}, where record 1 should begin"
    path.write_bytes(b"some text that is longer than the head of a record")
    assert message() == "a is no TFRecord file: it does not begin with a record"
    path.write_bytes(b"short")
    assert message() == "a is no TFRecord file: it does not begin with a record"
    path.write_bytes(b"")
    assert message() == "a has no records"


def test_a_record_that_is_cut_off_keeps_its_number(write, tmp_path):
    write("a-1", PICTURES[:3])
    write("a-2", PICTURES[3:])
    stored = (tmp_path / "a-1").read_bytes()
    (tmp_path / "a-1").write_bytes(stored[:-1])
    examples, _ = opened("a-*", FEATURES)
    assert (examples.count, examples.place(2), examples.place(3)) == (5, "a-1, record 2", "a-2, record 0")
    assert [(kind.records, kind.said(0)) for kind in examples.faulty] == [([2], "a-1 is truncated: it ends within record 2")]
    np.testing.assert_allclose(examples.read(examples.record(3))["image"], IMAGES[3] / 255, atol=1e-6)


def test_compressed_files_that_are_none_or_end_too_early(write, tmp_path):
    write("a", PICTURES, "GZIP")
    with pytest.raises(DataError, match="a is no TFRecord file") as caught:
        opened("a", FEATURES)
    assert caught.value.help == "`compression: gzip` unpacks it"
    assert opened("a", FEATURES, compression="gzip")[0].count == 5
    stored = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(stored[:-30])
    with pytest.raises(DataError, match="a is truncated"):
        opened("a", FEATURES, compression="gzip")
    (tmp_path / "a").write_bytes(gzip.compress(gzip.decompress(stored)[:-20]))
    with pytest.raises(DataError, match="a is truncated: it ends within record 4"):
        opened("a", FEATURES, compression="gzip")
    write("b.gz", PICTURES)
    with pytest.raises(DataError, match=r"b\.gz is not compressed by gzip"):
        opened("b.gz", FEATURES)


def test_corrupted_data_are_told_when_they_are_read(write, tmp_path):
    write("a", PICTURES)
    stored = bytearray((tmp_path / "a").read_bytes())
    stored[frames(tmp_path / "a").offsets[1] + 40] ^= 1
    (tmp_path / "a").write_bytes(stored)
    examples, _ = opened("a", FEATURES)
    examples.read(examples.record(0))
    with pytest.raises(tf.errors.DataLossError, match="corrupted record"):
        examples.read(examples.record(1))


@pytest.mark.parametrize(
    ("features", "message", "help"),
    [
        ({}, "`features` names nothing", None),
        ({"image": {"image": {"key": "imgae"}}}, "a, record 0 has no `imgae`", "did you mean `image`?"),
        ({"z": "label"}, "a, record 0 has no `z`", "it has `image`, `label`"),
        ({"label": "float"}, "a, record 0: `label` has whole numbers, not floats", None),
        ({"label": {"integer": {"shape": [2]}}}, "a, record 0: `label` has 1 values, but 2 are asked for", "`shape: [null]`"),
        ({"label": "image"}, "a, record 0: `label` has whole numbers, not bytes", None),
        ({"image": {"integer": {"shape": [None]}}}, "a, record 0: `image` has bytes, not whole numbers", None),
        (
            {"x": {"float": {"shape": [2, None], "key": "label"}}},
            "the shape of `x` is [2, None], but only the first size may be null",
            None,
        ),
        ({"label": "label", "twice": {"labels": {"key": "label"}}}, "`twice` reads `label` of the records otherwise than another", None),
        ({"boxes": "boxes", "picture": {"image": {"key": "image"}}}, "`boxes` needs the image `image`", "`image: picture`"),
        ({"boxes": "boxes"}, "`boxes` needs the image `image`", "`relative: false`"),
    ],
)
def test_features_that_do_not_fit_are_told(write, features, message, help):
    write("a", PICTURES)
    with pytest.raises(DataError) as caught:
        sound(opened("a", features)[0])
    assert message in caught.value.message
    assert help is None or help in caught.value.help


def test_records_of_another_kind_are_told(write):
    for data in (b"no example", b""):
        write("a", [data])
        with pytest.raises(DataError, match=r"a, record 0: this is no `tf\.train\.Example`"):
            sound(opened("a", FEATURES)[0])
    with pytest.raises(DataError, match=r"no file matches b-\*"):
        opened("b-*", FEATURES)
    with pytest.raises(DataError, match="there is no file b"):
        opened(["a", "b"], FEATURES)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            detection(4, 4, [[0, 0, 1, 1]], [0], [np.ones((4, 5), "uint8")]),
            "a mask of `masks` must be as large as the image, 4x4 pixels, not 5x4",
        ),
        (example(image__encoded=b"no image"), "Unknown image file format"),
        (example(image__encoded=[b"a", b"b"]), "Key: image/encoded. .* Parsing bytes_list failed"),
        (example(image__encoded=1), "Key: image/encoded.  Data types don't match"),
        (example(image=b"a"), r"image/encoded \(data type: string\) is required but could not be found"),
    ],
)
def test_what_only_a_record_shows_is_told_when_it_is_read(write, record, message):
    write("a", [detection(4, 4, [], []), record])
    examples, _ = opened("a", OBJECTS)
    examples.read(examples.record(0))
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        list(tf.data.Dataset.range(2).map(lambda index: examples.read(examples.record(index))))


def test_columns_of_boxes_that_differ_in_length(write):
    write("a", [example(x0=[1.0], y0=[3.0, 4.0], x1=[5.0], y1=[7.0])])
    examples, _ = opened("a", {"boxes": {"boxes": {"columns": ["x0", "y0", "x1", "y1"], "relative": False}}})
    with pytest.raises(tf.errors.InvalidArgumentError, match="the columns of `boxes` differ in length: 1, 2, 1, 1"):
        examples.read(examples.record(0))


def test_bytes_that_are_no_array_of_the_shape(write):
    write("a", [example(x=bytes(10))])
    for shape, message in (([3, 4], "`x` has 10 bytes, but 12 are asked for"), ([None, 3], "10 bytes, but a multiple of 3 are")):
        examples, _ = opened("a", {"x": {"raw": {"dtype": "uint8", "shape": shape}}})
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            examples.read(examples.record(0))


@pytest.mark.parametrize("name", entries("feature"))
def test_features_take_the_declared_parameters(name):
    entry = entries("feature")[name]
    taken = {key: one for key, one in inspect.signature(resolve(entry.target)).parameters.items() if one.kind is one.KEYWORD_ONLY}
    assert set(taken) == set(entry.params.parameters)
    for key, parameter in entry.params.parameters.items():
        default = taken[key].default
        assert parameter.required == (default is inspect.Parameter.empty)
        assert parameter.required or parameter.default == (list(default) if isinstance(default, tuple) else default)
    for use in entry.examples:
        bind(entry.params, use).field()
