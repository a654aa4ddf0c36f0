"""The format of MNIST: files written byte by byte here, and faults of every part of them."""

import gzip
import struct

import numpy as np
import pytest
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.faults import sound
from specc.data.sources.arrays import idx, read_idx
from specc.registry.entry import bind, entries

RNG = np.random.default_rng(2)
IMAGES = RNG.integers(0, 256, (3, 4, 5), dtype="uint8")
LABELS = np.array([1, 0, 2], "uint8")

# The code of a type, its size, and how `struct` calls it: from the description of the format.
TYPES = {
    "uint8": (0x08, "B"),
    "int8": (0x09, "b"),
    "int16": (0x0B, "h"),
    "int32": (0x0C, "i"),
    "float32": (0x0D, "f"),
    "float64": (0x0E, "d"),
}


def encoded(array):
    """An array in the format, number by number."""
    code, letter = TYPES[array.dtype.name]
    head = bytes([0, 0, code, array.ndim]) + b"".join(struct.pack(">I", size) for size in array.shape)
    return head + b"".join(struct.pack(">" + letter, value) for value in array.ravel().tolist())


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def written(name, content):
        (tmp_path / name).write_bytes(encoded(content) if isinstance(content, np.ndarray) else content)

    return written


def all_of(examples):
    return list(tf.data.Dataset.range(examples.count).map(lambda index: examples.read(examples.record(index))).as_numpy_iterator())


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_images_and_labels(write, packed):
    for name, array in {"images": IMAGES, "labels": LABELS}.items():
        write(name, gzip.compress(encoded(array)) if packed else array)
    examples = idx(images="images", labels="labels", classes=3)
    found = all_of(examples)
    np.testing.assert_allclose([example["image"] for example in found], IMAGES[..., None] / 255, atol=1e-6)
    assert [example["label"] for example in found] == [1, 0, 2]
    assert {name: str(field.spec) for name, field in examples.fields.items()} == {"image": "(?, 4, 5, 1)", "label": "(?,) int32"}
    declared = bind(entries("source")["idx"].params, {"images": "images", "labels": "labels", "classes": 3}).fields()
    assert {name: (field.kind, field.classes) for name, field in declared.items()} == {
        name: (field.kind, field.classes) for name, field in examples.fields.items()
    }
    assert examples.place(2) == "images, record 2"
    assert idx(images="images", labels="labels", classes=["a", "b", "c"]).classes == ("a", "b", "c")
    assert set(idx(images="images").fields) == {"image"}


@pytest.mark.parametrize("name", TYPES)
def test_all_types(write, name):
    values = np.array([[[-3.0, 2, 100], [0, 1, 7]]]).astype(name)
    write("a", values)
    found = read_idx("a")
    assert found.dtype == np.dtype(name)
    np.testing.assert_array_equal(found, values)
    (example,) = all_of(idx(images="a"))
    np.testing.assert_allclose(example["image"][..., 0], values[0] / 255 if name == "uint8" else values[0], atol=1e-6)


def test_channels_are_the_last_axis(write):
    colours = RNG.integers(0, 256, (2, 3, 4, 3), dtype="uint8")
    write("a", colours)
    np.testing.assert_allclose([example["image"] for example in all_of(idx(images="a"))], colours / 255, atol=1e-6)


def changed(array, place, value):
    data = bytearray(encoded(array))
    data[place] = value
    return bytes(data)


NAN = np.array([[[1.0, 2]], [[np.nan, 2]]], "float32")


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (b"", LABELS, "images is no IDX file: it is empty"),
        (b"\x89PNG....", LABELS, "images is no IDX file: it begins with 89 50 4e 47"),
        (changed(IMAGES, 2, 0x0A), LABELS, "images is no IDX file: it begins with 00 00 0a 03"),
        (changed(IMAGES, 3, 0), LABELS, "images is no IDX file: it begins with 00 00 08 00"),
        (encoded(IMAGES)[:10], LABELS, "images is truncated: 6 bytes of its header are missing"),
        (encoded(IMAGES)[:-7], LABELS, "images is truncated: of 60 bytes of values 7 are missing"),
        (gzip.compress(encoded(IMAGES)[:-7]), LABELS, "images is truncated: of 60 bytes of values 7 are missing"),
        (gzip.compress(encoded(IMAGES))[:-4], LABELS, "images is truncated: the end of the compressed data is missing"),
        (gzip.compress(encoded(IMAGES))[:12] + b"zzzz", LABELS, "images is"),
        (encoded(IMAGES) + b"abc", LABELS, "images has 3 bytes more than its header says"),
        (IMAGES, LABELS[:2], "images has 3 images, but labels has 2 labels"),
        (LABELS, IMAGES, "images has (3,) values, but images are (count, height, width)"),
        (IMAGES, IMAGES, "labels has (3, 4, 5) uint8, but labels are one whole number a record"),
        (IMAGES, LABELS.astype("float32"), "labels has (3,) float32, but labels are one whole number"),
        (IMAGES, np.array([0, 3, 9], "uint8"), "labels, record 1: `label` is 3, but there are 3 classes, 0 to 2 (2 such labels in all)"),
        (IMAGES, np.array([0, -1, 2], "int8"), "labels, record 1: `label` is -1, but classes are counted from 0"),
        (IMAGES[:0], LABELS[:0], "images has no images"),
        (NAN, LABELS[:2], "images, record 1: `image` has a value that is NaN or infinite"),
    ],
)
def test_faults_are_told(write, images, labels, message):
    write("images", images)
    write("labels", labels)
    with pytest.raises(DataError) as caught:
        sound(idx(images="images", labels="labels", classes=3))
    assert message in caught.value.message


def test_a_file_that_is_not_there(write):
    write("train-images.gz", IMAGES)
    with pytest.raises(DataError, match=r"there is no file train-image\.gz") as caught:
        idx(images="train-image.gz")
    assert caught.value.help == "did you mean `train-images.gz`?"
