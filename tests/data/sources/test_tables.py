"""Tables as text, and NumPy's archives: what is read, held to what was written, and how faults are told."""

import zipfile

import numpy as np
import pytest
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.faults import sound
from specc.data.sources.arrays import npz
from specc.data.sources.tables import csv, read_table
from specc.registry.entry import bind, entries

FLOWERS = "age,height,species\n1,0.5,rose\n2,1.5,tulip\n3,-2e-1,rose\n"


def all_of(examples):
    """The examples by field, read one after the other, and the same in a data set."""
    eager = [examples.read(examples.record(index)) for index in range(examples.count)]
    mapped = list(tf.data.Dataset.range(examples.count).map(lambda index: examples.read(examples.record(index))).as_numpy_iterator())
    assert all(np.array_equal(one[name], other[name]) for one, other in zip(eager, mapped, strict=True) for name in other)
    return {name: [example[name] for example in mapped] for name in mapped[0]}


def declared(**arguments):
    return bind(entries("source")["csv"].params, arguments).fields()


def known(fields):
    return {name: (field.kind, str(field.spec), field.classes) for name, field in fields.items()}


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Writes `t.csv`, or another file, into the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="t.csv", encoding="utf-8"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode(encoding))

    return write


def test_all_other_columns_are_features_and_texts_are_classes(table):
    table(FLOWERS)
    examples = csv(path="t.csv", label="species")
    found = all_of(examples)
    np.testing.assert_array_equal(found["features"], np.array([[1, 0.5], [2, 1.5], [3, -0.2]], "float32"))
    np.testing.assert_array_equal(found["label"], [0, 1, 0])
    assert known(examples.fields) == {"features": ("value", "(?, 2)", None), "label": ("value", "(?,) int32", 2)}
    assert examples.classes == ("rose", "tulip")
    assert examples.place(2) == "t.csv, line 4"
    assert declared(path="t.csv", label="species") is None


def test_columns_come_in_the_order_in_which_they_are_named(table):
    table(FLOWERS.replace("species", "colour"))
    found = all_of(csv(path="t.csv", features=["height", "age"]))
    np.testing.assert_array_equal(found["features"], np.array([[0.5, 1], [1.5, 2], [-0.2, 3]], "float32"))
    examples = csv(path="t.csv", features=["age"], target=["height"], text="colour")
    found = all_of(examples)
    np.testing.assert_array_equal(found["target"], np.array([0.5, 1.5, -0.2], "float32"))
    assert found["text"] == [b"rose", b"tulip", b"rose"]
    assert known(declared(path="t.csv", features=["age"], target=["height"], text="colour")) == known(examples.fields)
    two = csv(path="t.csv", text="colour", target=["height", "age"])
    assert known(two.fields) == known(declared(path="t.csv", text="colour", target=["height", "age"]))
    np.testing.assert_array_equal(all_of(two)["target"][0], [0.5, 1])


def test_files_without_names_of_columns_and_with_another_delimiter(table):
    table("4;7;0\n5;8;1\n")
    examples = csv(path="t.csv", columns=["a", "b", "c"], delimiter=";", label="c")
    found = all_of(examples)
    np.testing.assert_array_equal(found["features"], [[4, 7], [5, 8]])
    assert known(declared(path="t.csv", columns=["a", "b", "c"], label="c")) == known(examples.fields)
    assert examples.place(0) == "t.csv, line 1"


def test_whole_numbers_stay_as_they_are(table):
    table("x,y\n1,2\n1,0\n1,2.0\n")
    examples = csv(path="t.csv", label="y", classes=4)
    np.testing.assert_array_equal(all_of(examples)["label"], [2, 0, 2])
    assert examples.fields["label"].classes == 4
    assert csv(path="t.csv", label="y").fields["label"].classes is None
    named = csv(path="t.csv", label="y", classes=["low", "middle", "high"])
    np.testing.assert_array_equal(all_of(named)["label"], [2, 0, 2])
    assert named.classes == ("low", "middle", "high")


def test_numbers_can_be_names(table):
    table("x,y\n1,7\n1,3\n")
    np.testing.assert_array_equal(all_of(csv(path="t.csv", label="y", classes=["7", "3"]))["label"], [0, 1])


def test_classes_are_numbered_as_they_are_named(table):
    table(FLOWERS)
    examples = csv(path="t.csv", label="species", classes=["tulip", "lily", "rose"])
    np.testing.assert_array_equal(all_of(examples)["label"], [2, 0, 2])
    assert examples.fields["label"].classes == 3
    assert declared(path="t.csv", label="species", text="age", classes=["tulip", "lily", "rose"])["label"].classes == 3


def test_quotes_blank_lines_marks_and_line_ends(table):
    """Cells may have line breaks; a row is called by the line on which it begins, as editors count."""
    text = '\ufeffname , note,x\r\n"a","one\r\ntwo ""three"", four",1\r\n\r\nb,"",2\r\n'
    table(text)
    read = read_table("t.csv")
    assert list(read.columns) == ["name", "note", "x"]
    assert read.columns["note"] == ('one\r\ntwo "three", four', "")
    assert read.lines == [2, 5]
    assert csv(path="t.csv", text="note", features=["x"]).place(1) == "t.csv, line 5"


def test_a_column_without_a_name_is_left_out(table):
    """Pandas writes the numbers of rows so, which would be a feature that tells where a row was."""
    table(",x,y\n0,5,b\n1,6,a\n")
    found = all_of(csv(path="t.csv", label="y"))
    np.testing.assert_array_equal(found["features"], [[5], [6]])
    np.testing.assert_array_equal(found["label"], [1, 0])


def test_images_by_path(table, tmp_path):
    rng = np.random.default_rng(0)
    pixels = [rng.integers(0, 256, (4 + number, 5, 3), dtype="uint8") for number in range(2)]
    for number, image in enumerate(pixels):
        table(tf.io.encode_png(image).numpy(), f"pictures/{number}.png")
    table(f"file,kind\npictures/0.png,x\n{tmp_path}/pictures/1.png,y\n")
    examples = csv(path="t.csv", image="file", label="kind")
    for found, image in zip(all_of(examples)["image"], pixels, strict=True):
        np.testing.assert_allclose(found, image / 255, atol=1e-6)
    assert known(examples.fields) == {"image": ("image", "(?, ?, ?, 3)", None), "label": ("value", "(?,) int32", 2)}
    assert known(declared(path="t.csv", image="file")) == {"image": ("image", "(?, ?, ?, 3)", None)}
    table("file\n1.png\n", "lists/t.csv")
    grey = csv(path="lists/t.csv", image="file", root="pictures", color_mode="grayscale")
    np.testing.assert_allclose(all_of(grey)["image"][0][..., 0], pixels[1] @ [0.299, 0.587, 0.114] / 255, atol=1e-3)


FAULTY = [
    ("", {}, "t.csv is empty", None),
    ("a,b\n", {}, "t.csv has the names of columns, but no rows", None),
    ("a,b\n1,2\n1\n1,2,3\n", {}, "t.csv, line 3: one cell, but there are 2 columns (2 such rows in all)", None),
    ("a,b\n1,2,3\n", {}, "t.csv, line 2: 3 cells, but there are 2 columns", "double quotes"),
    ("a,a\n1,2\n", {}, "two columns with the name `a`", None),
    (FLOWERS, {"label": "specis"}, "t.csv has no column `specis`", "did you mean `species`?"),
    (FLOWERS, {"label": "zzz"}, "t.csv has no column `zzz`", "the columns are `age`, `height`, `species`"),
    (FLOWERS, {}, "t.csv, line 2: `species` is `rose`, which is no number (3 such cells in all)", "say `label: species`"),
    ("a,b\n1,2\n3,x\ny,4\n", {}, "t.csv, line 3: `b` is `x`, which is no number (2 such cells in all)", "leave the row out"),
    ("a,b\n1,2\n,4\n", {}, "t.csv, line 3: `a` is empty", "leave the row out"),
    ("a,b\n1,2\nnan,4\n", {}, "t.csv, line 3: `a` is `nan`, which is no finite number", None),
    ("a,b\n1,2\n3,1e39\n", {}, "t.csv, line 3: `b` is `1e39`, which is no finite number", None),
    ("a;b\n1,5;2\n", {"delimiter": ";"}, "t.csv, line 2: `a` is `1,5`, which is no number", "a decimal point"),
    ("a;b\n1;2\n", {}, "t.csv has one column only, `a;b`", '`delimiter: ";"`'),
    ("1,2\n3,4\n", {}, "the first row has numbers", "`columns`"),
    ('a,b\n"x\ny",1\n2,2\n', {}, "t.csv, line 2: `a` is `x\ny`, which is no number", None),
    ('a,b\n"x\ny",1\n2,q\n', {"features": ["b"]}, "t.csv, line 4: `b` is `q`", None),
    ('a,b\n1,2\n"3,4\n5,6\n', {}, "t.csv, line 3: unexpected end of data", "written twice"),
    ("a,y\n1,2\n1,-1\n", {"label": "y"}, "t.csv, line 3: `y` is -1, but classes are counted from 0", None),
    ("a,y\n1,0\n1,5\n1,3\n", {"label": "y", "classes": 3}, "t.csv, line 3: `y` is 5, but there are 3 classes, 0 to 2 (2 such labels", None),
    ("a,y\n1,0.5\n1,2\n", {"label": "y"}, "t.csv: `y` has numbers that are not whole", "say `target: y`"),
    ("a,y\n1,u\n1,\n", {"label": "y"}, "t.csv, line 3: `y` is empty", None),
    (
        FLOWERS,
        {"label": "species", "classes": ["tulip", "Rose"]},
        "line 2: `species` is `rose`, which is none of `classes` (2 such rows",
        "`Rose`",
    ),
    (FLOWERS, {"label": "species", "classes": 3}, "`species` has 2 different texts, not 3", "name the classes"),
    (FLOWERS, {"label": "species", "classes": ["rose", "rose", "tulip"]}, "`classes` has a name twice", None),
    (FLOWERS, {"label": "age", "features": ["age"]}, "the column `age` stands in `features` and in `label`", None),
    (FLOWERS, {"features": ["age", "age"]}, "the column `age` stands twice in `features`", None),
    ("y\n1\n", {"label": "y"}, "t.csv has no columns for `features`", None),
    (FLOWERS, {"image": "species"}, "t.csv, line 2: there is no file rose (3 such rows in all)", "`root`"),
    (FLOWERS, {"image": "species", "root": "picture"}, "there is no folder picture", "did you mean `pictures`?"),
    ("a,f\n1,\n", {"image": "f"}, "t.csv, line 2: `f` is empty", None),
]


@pytest.mark.parametrize(("text", "arguments", "message", "help"), FAULTY)
def test_faults_are_told_with_their_lines(table, tmp_path, text, arguments, message, help):
    (tmp_path / "pictures").mkdir()
    table(text)
    with pytest.raises(DataError) as caught:
        sound(csv(path="t.csv", **arguments))
    assert message in caught.value.message
    assert help is None or help in caught.value.help


def faulty_rows(examples):
    return sorted({row for kind in examples.faulty for row in kind.records})


def test_faulty_rows_tell_nothing_of_the_others(table):
    """Neither which texts are classes, nor that labels are numbers; zeros stand in their place."""
    table("x,y\n1,rose\n2\n3,\nz,lily\n5,tulip\n")
    examples = csv(path="t.csv", label="y")
    assert faulty_rows(examples) == [1, 2, 3]
    assert examples.classes == ("rose", "tulip")
    found = all_of(examples)
    np.testing.assert_array_equal(found["features"], [[1], [0], [3], [0], [5]])
    np.testing.assert_array_equal(found["label"], [0, 0, 0, 0, 1])
    table("x,y\n1,0\n2,2,two\n3,1\n")
    examples = csv(path="t.csv", label="y")
    assert faulty_rows(examples) == [1]
    np.testing.assert_array_equal(all_of(examples)["label"], [0, 0, 1])


@pytest.mark.parametrize(
    ("labels", "rows", "classes"),
    [("0,1,cat,2,1", [2], 3), ("0,1,1.5,2,1", [2], 3), ("0,1,x,1,0", [], 3), (f"0,1,2,{10**30}", [3], 3)],
    ids=["text", "half", "three names", "huge"],
)
def test_a_label_that_is_no_number_among_numbers_is_a_fault_unless_all_are_names(table, labels, rows, classes):
    table("x,y\n" + "".join(f"1,{label}\n" for label in labels.split(",")))
    examples = csv(path="t.csv", label="y", classes=classes)
    assert faulty_rows(examples) == rows
    assert examples.classes == (() if rows else ("0", "1", "x"))


def test_files_that_cannot_be_opened(table, tmp_path):
    table(FLOWERS, "train.csv")
    with pytest.raises(DataError, match=r"there is no file trian\.csv") as caught:
        csv(path="trian.csv")
    assert caught.value.help == "did you mean `train.csv`?"
    with pytest.raises(DataError, match="is a folder, not a file"):
        csv(path=str(tmp_path))
    table("a,b\n1,2\n3,\u00e9\n", encoding="latin-1")
    with pytest.raises(DataError, match=r"t\.csv, line 3: the byte 0xe9 is no UTF-8"):
        csv(path="t.csv")


def test_an_image_that_cannot_be_decoded_is_told_when_it_is_read(table):
    table("no image", "a.png")
    table("f\na.png\n")
    examples = csv(path="t.csv", image="f")
    with pytest.raises(tf.errors.InvalidArgumentError):
        examples.read(examples.record(0))


# NumPy's archives

RNG = np.random.default_rng(1)
MNIST = {
    "x_train": RNG.integers(0, 256, (5, 4, 6), dtype="uint8"),
    "y_train": np.array([3, 0, 9, 1, 1], "uint8"),
    "x_test": RNG.integers(0, 256, (2, 4, 6), dtype="uint8"),
    "y_test": np.array([1, 2], "uint8"),
}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Writes `a.npz` into the working directory."""
    monkeypatch.chdir(tmp_path)
    return lambda **arrays: np.savez(tmp_path / "a.npz", **arrays)


def test_arrays_that_belong_together(archive):
    archive(**MNIST)
    examples = npz(path="a.npz", arrays=["x_train", "y_train"], classes={"y_train": 10})
    found = all_of(examples)
    np.testing.assert_allclose(found["x_train"], MNIST["x_train"][..., None] / 255, atol=1e-6)
    np.testing.assert_array_equal(found["y_train"], MNIST["y_train"])
    assert known(examples.fields) == {"x_train": ("image", "(?, 4, 6, 1)", None), "y_train": ("value", "(?,) int32", 10)}
    assert examples.place(3) == "a.npz, record 3"
    named = npz(path="a.npz", arrays=["y_test"], classes={"y_test": ["a", "b", "c"]})
    assert named.classes == ("a", "b", "c")


def test_what_an_array_is_follows_from_its_type_and_shape(archive):
    floats = RNG.random((2, 3, 4, 3))
    arrays = {
        "rgb": RNG.integers(0, 256, (2, 3, 4, 3), dtype="uint8"),
        "planes": RNG.integers(0, 256, (2, 3, 4, 5), dtype="uint8"),
        "floats": floats,
        "standardized": floats - 0.5,
        "mask": np.arange(24, dtype="uint8").reshape(2, 3, 4),
        "column": np.array([[4], [7]]),
        "tokens": np.array([[1, 2, 3], [4, 5, 6]], "int64"),
        "long": np.array([2**40, 1]),
        "big_endian": np.array([1.5, 2.5], ">f8"),
        "flag": np.array([True, False]),
        "text": np.array(["b\u00e4r", "dog"]),
    }
    archive(**arrays)
    examples = npz(path="a.npz")
    assert known(examples.fields) == {
        "rgb": ("image", "(?, 3, 4, 3)", None),
        "planes": ("value", "(?, 3, 4, 5) int32", None),
        "floats": ("image", "(?, 3, 4, 3)", None),
        "standardized": ("value", "(?, 3, 4, 3)", None),
        "mask": ("mask", "(?, 3, 4) int32", None),
        "column": ("value", "(?,) int32", None),
        "tokens": ("value", "(?, 3) int32", None),
        "long": ("value", "(?,) int64", None),
        "big_endian": ("value", "(?,)", None),
        "flag": ("value", "(?,) bool", None),
        "text": ("value", "(?,) string", None),
    }
    found = all_of(examples)
    assert found.pop("text") == ["b\u00e4r".encode(), b"dog"]
    scaled = {**arrays, "rgb": arrays["rgb"] / 255, "column": arrays["column"][:, 0]}
    for name, values in found.items():
        np.testing.assert_allclose(values, scaled[name], rtol=1e-6, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("arrays", "arguments", "message", "help"),
    [
        (MNIST, {}, "the arrays differ in length, `x_train` has 5, `y_train` has 5, `x_test` has 2", "`arrays: [x_train, y_train]`"),
        (MNIST, {"arrays": ["x_trian"]}, "a.npz has no array `x_trian`", "did you mean `x_train`?"),
        (MNIST, {"arrays": ["zz"]}, "a.npz has no array `zz`", "`x_train`, `y_train`, `x_test`, `y_test`"),
        (MNIST, {"arrays": ["y_test"], "classes": {"y_tset": 2}}, "`classes` names `y_tset`", "did you mean `y_test`?"),
        (
            MNIST,
            {"arrays": ["y_train"], "classes": {"y_train": 3}},
            "a.npz, record 0: `y_train` is 3, but there are 3 classes, 0 to 2 (2",
            None,
        ),
        ({"y": np.array([0, -1])}, {"classes": {"y": 3}}, "a.npz, record 1: `y` is -1, but classes are counted from 0", None),
        ({"y": np.zeros((2, 3), int)}, {"classes": {"y": 3}}, "`y` is (2, 3) int64, but labels are one whole number a record", None),
        ({"x": np.array([[1, 2], [1, np.nan], [np.inf, 1]])}, {}, "a.npz, record 1: `x` has a value that is NaN or infinite (2 such", None),
        ({"x": np.array([1.0, 1e39])}, {}, "a.npz, record 1: `x` has a value that is NaN or infinite", None),
        ({"x": np.array([{}, {}])}, {}, "the array `x` has Python objects, which are not read", "`arrays`"),
        ({"x": np.array([1j])}, {}, "`x` holds complex128, which is neither numbers nor texts", "`arrays`"),
        ({"x": np.array([2**63], "uint64")}, {}, "`x` has numbers that are too large for int64", None),
        ({"x": np.array(3)}, {}, "`x` is one value, not one for each record", "`arrays`"),
        ({"x": np.zeros((0, 3))}, {}, "a.npz has no records", None),
        ({}, {}, "a.npz has no arrays", None),
    ],
)
def test_faults_of_archives(archive, arrays, arguments, message, help):
    archive(**arrays)
    with pytest.raises(DataError) as caught:
        sound(npz(path="a.npz", **arguments))
    assert message in caught.value.message
    assert help is None or help in caught.value.help


def test_faulty_records_have_zeros_in_their_place(archive):
    """So that what an array is follows from the others: images here, since all other values are from 0 to 1."""
    images = RNG.random((4, 2, 2, 1))
    images[1, 0, 0] = np.nan
    archive(x=images, y=np.array([0, 1, 7, 1]), z=np.array([1.0, 2.0, 3.0, np.inf]))
    examples = npz(path="a.npz", classes={"y": 2})
    assert [(kind.records, kind.what) for kind in examples.faulty] == [([1], "such records"), ([2], "such labels"), ([3], "such records")]
    assert examples.fields["x"].kind == "image"
    found = all_of(examples)
    np.testing.assert_array_equal(found["x"][1], np.zeros((2, 2, 1)))
    np.testing.assert_array_equal(found["y"], [0, 1, 0, 1])
    np.testing.assert_array_equal(found["z"], [1, 2, 3, 0])


def test_files_that_are_no_archives(archive, tmp_path):
    (tmp_path / "a.npz").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"a\.npz is no NumPy archive, or is truncated"):
        npz(path="a.npz")
    archive(**MNIST)
    data = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(data[:-40])
    with pytest.raises(DataError, match="is no NumPy archive, or is truncated"):
        npz(path="a.npz")
    (tmp_path / "a.npz").write_bytes(data[:200] + bytes([data[200] ^ 1]) + data[201:])
    with pytest.raises(DataError, match=r"a\.npz is corrupted: Bad CRC-32"):
        npz(path="a.npz", arrays=["x_train"])
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("notes.txt", "none")
    with pytest.raises(DataError, match=r"`notes\.txt` is no array"):
        npz(path="a.npz")
    with pytest.raises(DataError, match=r"there is no file b\.npz"):
        npz(path="b.npz")
