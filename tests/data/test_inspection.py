"""What is told of data: numbers against plain NumPy, and for each thing that may look wrong data that have it and data that have not."""

import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.data.checks import checked
from specc.data.examples import examples_of
from specc.data.inspection import ChannelStatistics, as_normalize, inspect, overview, statistics, take_sample
from specc.data.inspection.channels import Moments, before_normalize, channel_statistics
from specc.data.inspection.findings import findings, imbalance, missing_classes
from specc.data.inspection.looks import look_at, readable_ones, some_of
from specc.data.inspection.overview import as_seen
from specc.data.inspection.sample import broken_fields, field_values, objects_there, values_of, without_faulty
from specc.data.inspection.statistics import ClassCounts, class_counts, class_names, image_sizes, object_counts, totals
from specc.data.pipeline import open_pipeline
from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.entry import bind
from specc.registry.experiment import Pipeline


def pipeline(source="digits", *transforms, **settings):
    return bind(Pipeline, {"source": source, "transforms": list(transforms), **settings})


@pytest.fixture(scope="module")
def digits():
    return open_pipeline(pipeline()).examples


def examples(kinds=None, classes_of=None, classes=(), **columns):
    """A table whose rows are held to what every example must be, as the pipeline holds them."""
    found = examples_of(columns, kinds=kinds, classes_of=classes_of, classes=classes, place="row {}".format)
    return found.reading(lambda example: checked(example, found.fields))


def pictures(count, seed=0, size=4):
    return np.random.default_rng(seed).random((count, size, size, 3)).astype("float32")


def images(values, **more):
    return examples({"image": "image"}, image=values, **more)


def found_in(data, others=None, pad_to=None):
    """Messages by kind."""
    looked = look_at(data)
    beside = {part: look_at(other) for part, other in (others or {}).items()}
    return {finding.kind: finding.message for finding in findings(looked, class_counts(looked), beside, pad_to)}


# What examples are like


def test_classes_of_the_digits_are_counted(digits):
    labels = digits.records["label"].numpy()
    (counts,) = inspect(digits).classes
    assert counts.names == tuple("0123456789")
    assert list(counts.counts) == [int((labels == digit).sum()) for digit in range(10)]
    np.testing.assert_allclose(counts.shares, np.bincount(labels) / len(labels), rtol=1e-12)
    assert (counts.unit, counts.without, counts.is_whole) == ("examples", 0, True)


def test_all_labels_are_counted_where_only_some_examples_are_looked_at(digits):
    labels = digits.records["label"].numpy()
    found = inspect(digits, limit=50)
    assert (found.examples, found.looked_at, found.drawn) == (1437, 50, "random")
    assert list(found.classes[0].counts) == np.bincount(labels).tolist()
    assert found.classes[0].is_whole


def test_counting_all_labels_is_given_up_where_it_would_take_long(digits, monkeypatch):
    monkeypatch.setattr(statistics, "PATIENCE", 1e-9)
    assert totals(digits, ["label"]) is not None  # while it has not been tried for a while nothing is given up
    monkeypatch.setattr(statistics, "TRIED", 0.0)
    assert totals(digits, ["label"]) is None
    (counts,) = inspect(digits, limit=50).classes
    assert sum(counts.counts) == 50
    assert not counts.is_whole


def test_counting_labels_decodes_no_image():
    """A table of paths that lead nowhere: labels can be counted, images cannot be had."""
    table = examples_of(
        {"path": np.array(["nowhere.png"] * 5), "label": np.array([0, 1, 1, 2, 2], "int32")},
        read=lambda record: {"image": tf.io.decode_png(tf.io.read_file(record["path"]), 3), "label": record["label"]},
        kinds={"image": "image"},
        classes_of={"label": 3},
    )
    assert list(readable_ones(table, table.read)) == []
    assert totals(table, ["label"])["label"].tolist() == [0, 1, 2, 2]


def test_objects_and_pixels_are_counted():
    random = np.random.default_rng(0)
    labels = [random.integers(0, 3, count) for count in (2, 0, 4, 1)]
    mask = random.integers(0, 4, (4, 6, 5))
    ragged = tf.RaggedTensor.from_row_lengths(np.concatenate(labels).astype("int32"), [len(each) for each in labels])
    kinds = {"labels": "object", "mask": "mask"}
    data = examples(kinds, {"labels": 3, "mask": 4}, ("a", "b", "c"), labels=ragged, mask=mask.astype("int32"))
    found = inspect(data)
    by_object, by_pixel = found.classes
    assert (by_object.field, by_object.unit, by_object.names) == ("labels", "objects", ("a", "b", "c"))
    assert list(by_object.counts) == np.bincount(np.concatenate(labels), minlength=3).tolist()
    assert (by_pixel.field, by_pixel.unit, by_pixel.names) == ("mask", "pixels", ("background", "a", "b", "c"))
    assert list(by_pixel.counts) == np.bincount(mask.ravel()).tolist()
    assert (found.objects.least, found.objects.mean, found.objects.most, found.objects.without) == (0, 7 / 4, 4, 1)


def test_pixels_and_objects_without_a_class_are_told_apart():
    mask = np.array([[[0, 1], [-1, -1]], [[2, 2], [2, -1]]], "int32")
    labels = np.array([[0, -1], [1, 1]], "int32")
    data = examples({"mask": "mask", "labels": "object"}, {"mask": 3, "labels": 2}, ("a", "b"), mask=mask, labels=labels)
    by_field = {counts.field: counts for counts in class_counts(look_at(data))}
    assert (by_field["mask"].counts, by_field["mask"].without) == ((1, 1, 3), 3)
    assert by_field["mask"].names == ("background", "a", "b")
    assert (by_field["labels"].counts, by_field["labels"].without) == ((1, 2), 1)
    assert totals(data, ["labels"])["labels"].tolist() == [1, 1, 2]


def test_names_of_classes():
    label, mask = (Field(TensorSpec((None,), "int32"), 2, kind) for kind in ("value", "mask"))
    assert class_names(label, ("cat", "dog"), 2) == ("cat", "dog")
    assert class_names(label, ("cat", "dog"), 3) == ("0", "1", "2")
    assert class_names(mask, ("cat", "dog"), 3) == ("background", "cat", "dog")
    assert class_names(mask, (), 1) == ("0",)


def test_sizes_of_images():
    shapes = [(3, 8), (5, 8), (4, 6), (9, 7)]
    data = examples_of(
        {"height": np.array([height for height, _ in shapes]), "width": np.array([width for _, width in shapes])},
        read=lambda record: {"image": tf.zeros((record["height"], record["width"], 3))},
        kinds={"image": "image"},
    )
    (sizes,) = image_sizes(look_at(data))
    assert sizes.heights == (3, np.median([height for height, _ in shapes]), 9)
    assert sizes.widths == (6, np.median([width for _, width in shapes]), 8)


def test_data_without_objects_and_images():
    looked = look_at(examples(x=np.zeros((3, 2), "float32")))
    assert object_counts(looked) is None
    assert image_sizes(looked) == ()
    assert class_counts(looked) == ()


# Which are looked at


def test_examples_of_a_table_are_drawn_at_random():
    """Every tenth would have one class only."""
    data = examples(classes_of={"label": 10}, label=np.arange(1000, dtype="int32") % 10)
    numbers = some_of(data, 100)
    assert len(set(numbers)) == 100
    assert list(numbers) == sorted(numbers)
    assert list(some_of(data, 100)) == list(numbers)
    assert np.bincount(numbers % 10, minlength=10).max() < 25
    assert numbers.max() > 900
    assert list(some_of(data, 5000)) == list(range(1000))


@pytest.mark.parametrize("streamed", [False, True])
def test_some_examples_keep_their_places(streamed):
    records = {"x": np.arange(20, dtype="int32")}
    made = examples_of(tf.data.Dataset.from_tensor_slices(records) if streamed else records, 20, place="row {}".format)
    some = made.rows(np.array([2, 3, 11]))
    assert [int(example["x"]) for _, example in readable_ones(some, some.read)] == [2, 3, 11]
    assert (some.count, [some.place(number) for number in range(3)]) == (3, ["row 2", "row 3", "row 11"])
    assert list(some_of(made, 3)) == ([0, 1, 2] if streamed else list(some_of(made, 3)))
    found = inspect(made, limit=3)
    assert (found.looked_at, found.drawn) == (3, "first" if streamed else "random")


# What looks wrong


def test_good_data_have_no_findings():
    labels = np.arange(6, dtype="int32") % 3
    data = examples({"image": "image"}, {"label": 3}, image=pictures(6), label=labels, x=np.random.default_rng(1).random((6, 2)))
    assert found_in(data, {"validation": images(pictures(4, seed=9))}, pad_to=2) == {}


def test_labels_out_of_range_are_named():
    found = inspect(examples(classes_of={"label": 3}, label=np.array([0, 1, 2, 0, 7, 1, -2], "int32")))
    (wrong,) = found.findings
    assert wrong.kind == "unreadable"
    assert wrong.records == ("row 4", "row 6")
    assert wrong.message.startswith("2 records cannot be read: row 4: `label` is 7")
    assert "; row 6: `label` is -2" in wrong.message
    assert found.classes[0].counts == (2, 2, 1)


def boxed(*boxes):
    """A row for each list of boxes, on images of 10 by 20 pixels."""
    filled = [np.array(each, "float32").reshape(-1, 4) for each in boxes]
    ragged = tf.RaggedTensor.from_row_lengths(np.concatenate(filled), [len(each) for each in filled])
    values = np.random.default_rng(0).random((len(boxes), 10, 20, 1)).astype("float32")
    return examples({"image": "image", "boxes": "boxes"}, image=values, boxes=ragged)


def test_boxes_without_a_size_are_named():
    (wrong,) = inspect(boxed([[1, 1, 5, 5]], [[1, 1, 5, 5], [4, 3, 4, 8]])).findings
    assert wrong.kind == "unreadable"
    assert wrong.message.startswith("1 record cannot be read: row 1: ")
    assert "no positive size" in wrong.message


def test_boxes_outside_the_image():
    found = found_in(boxed([[1, 1, 5, 5]], [[-3, 1, 5, 5], [1, 1, 22.5, 9]], [[0, 0, 20.9, 10.9]]))
    assert found == {"outside": "2 boxes of 1 example reach out of the image, by up to 3 pixels: row 1"}
    assert found_in(boxed([[0, 0, 20, 10]], [])) == {}


def test_images_of_one_colour():
    values = pictures(4)
    values[2] = values[2, 0, 0]
    assert found_in(images(values)) == {"plain": "1 image of `image` is all of one colour: row 2"}
    values[2, 3, 3] = 0  # but for the last pixel
    assert found_in(images(values)) == {}


def test_images_that_are_there_twice():
    values = pictures(6)
    values[[3, 5]] = values[1]
    assert found_in(images(values)) == {"duplicate": "1 image is there more than once: row 1 = row 3 = row 5"}
    values[[3, 5], 0, 0, 0] += [1e-4, 2e-4]
    assert found_in(images(values)) == {}


def test_images_that_another_part_has_too():
    mine, theirs = pictures(5), pictures(4, seed=1)
    theirs[[0, 3]] = mine[[4, 2]]
    found = found_in(images(mine), {"validation": images(theirs)})
    assert found == {"shared": "2 images are in `validation` too: row 2 = row 3; row 4 = row 0"}
    assert found_in(images(mine), {"validation": images(pictures(4, seed=2))}) == {}


def test_texts_that_are_there_twice():
    texts = np.array(["one", "two", "one"])
    assert found_in(examples(text=texts, label=np.array([1, 2, 3]))) == {"duplicate": "1 example is there more than once: row 0 = row 2"}
    assert found_in(examples(text=np.array(["one", "two", "on"]))) == {}


def test_numbers_alone_are_no_duplicates():
    assert found_in(examples(age=np.array([3, 3, 4]))) == {}


def test_fields_that_are_the_same_everywhere():
    random = np.random.default_rng(0)
    features = random.random((5, 4)).astype("float32")
    features[:, [1, 3]] = features[0, [1, 3]]
    assert found_in(examples(age=np.full(5, 30), features=features)) == {
        "constant": "2 of 4 values of `features` are the same in all examples: 1, 3, counted from 0"
    }
    kinds = [finding.message for finding in inspect(examples(age=np.full(5, 30), features=features)).findings]
    assert kinds[0] == "`age` is the same in all examples: 30"
    assert found_in(examples(age=np.arange(5), features=random.random((5, 4)))) == {}
    assert found_in(examples(age=np.arange(1), features=features[:1])) == {}  # of one example nothing can be said


def test_values_that_are_no_numbers():
    values = pictures(4)
    values[1, 0, 0, 0], values[3, 2, 1, 0] = np.nan, np.inf
    (found,) = inspect(images(values)).findings
    assert (found.kind, found.records) == ("unreadable", ("row 1", "row 3"))
    assert "`image` has a value that is no number, or infinite" in found.message
    (other,) = inspect(examples(x=np.array([[1, 2], [np.nan, 1]], "float32"))).findings
    assert other.kind == "unreadable"
    assert other.records == ("row 1",)


def test_images_that_are_not_from_0_to_1():
    values = pictures(3)
    values[1] *= 255
    least, most = values[1].min(), values[1].max()
    assert found_in(images(values)) == {
        "out_of_range": f"1 image of `image` has values from {least:.4g} to {most:.4g}, not from 0 to 1: row 1"
    }


def test_classes_without_examples():
    counts = ClassCounts("label", "examples", ("cat", "dog", "fox"), (3, 0, 1))
    assert [each.message for each in missing_classes(counts)] == ["1 of 3 classes of `label` has no example: `dog`"]
    assert list(missing_classes(ClassCounts("label", "examples", ("cat", "dog"), (3, 1)))) == []
    some = ClassCounts("mask", "pixels", tuple(map(str, range(20))), (1, *[0] * 19), is_whole=False)
    (told,) = missing_classes(some)
    assert told.message.startswith("19 of 20 classes of `mask` have no pixel among those looked at: `1`, `2`")
    assert told.message.endswith("`12`, and 7 more")


def test_classes_that_come_much_more_often_than_others():
    (told,) = imbalance(ClassCounts("label", "examples", ("cat", "dog", "fox"), (50, 1000, 60)))
    assert told.message == "`label`: class `dog` has 20 times as many examples as `cat`: 1,000 and 50"
    assert list(imbalance(ClassCounts("label", "examples", ("cat", "dog", "fox"), (51, 1000, 60)))) == []
    assert list(imbalance(ClassCounts("mask", "pixels", ("a", "b"), (50, 1000)))) == []  # backgrounds are large
    assert list(imbalance(ClassCounts("label", "examples", ("cat", "dog"), (0, 1000)))) == []  # told as a class without examples


def test_objects_that_a_batch_has_no_room_for():
    data = boxed([[1, 1, 5, 5]] * 3, [[1, 1, 5, 5]], [], [[1, 1, 5, 5]] * 4)
    assert found_in(data, pad_to=2) == {
        "cut_objects": "`objects.pad_to: 2` takes 3 of 8 objects away, from 2 of 4 examples, which have up to 4: row 0; row 3"
    }
    assert found_in(data, pad_to=4) == found_in(data) == {}


# What the network gets


def test_a_sample_is_what_training_begins_with():
    from specc.data.feed import feed

    declared = pipeline("digits", {"random_translation": {"height_factor": 0.2, "width_factor": 0.2}})
    opened = open_pipeline(declared)
    sample = take_sample(opened, declared, 10, batch_size=64, seed=3, training=True, epoch=2)
    (batch,) = feed(opened, 64, seed=3, training=True).stream(2, 3).take(1).as_numpy_iterator()
    assert len(sample.examples) == 10
    for row, example in enumerate(sample.examples):
        np.testing.assert_array_equal(example["image"][0], batch["image"][row])
        assert example["label"][0] == batch["label"][row]


def test_objects_that_fill_up_are_left_out_of_a_sample():
    declared = pipeline({"digit_scenes": {"count": 6, "objects": [0, 3], "size": 48}}, objects={"pad_to": 5})
    opened = open_pipeline(declared)
    sample = take_sample(opened, declared, 6, batch_size=6)
    for number, example in enumerate(sample.examples):
        stored = opened.examples.read(opened.examples.record(number))
        for name in ("boxes", "labels", "masks"):
            np.testing.assert_array_equal(example[name][0], stored[name])
    values = {each.name: each for each in field_values(sample.examples, sample.fields)}
    assert values["boxes"].shapes == ((5, 4),)
    assert values["masks"].shapes == ((5, 48, 48),)
    lengths = [len(bytes(example["caption"][0][()])) for example in sample.examples]
    assert (values["caption"].low, values["caption"].high) == (min(lengths), max(lengths))


@pytest.mark.parametrize("name", ["boxes", "labels", "masks"])
def test_what_fills_up_is_known_by_any_of_its_fields(name):
    kinds = {
        "boxes": ("boxes", "float32", None),
        "labels": ("object", "int32", 9),
        "masks": ("masks", "uint8", None),
        "area": ("object", "float32", None),
    }
    fields = {key: Field(TensorSpec((None, 3), dtype), classes, kind) for key, (kind, dtype, classes) in kinds.items()}
    masks = np.zeros((3, 2, 2), "uint8")
    masks[:2, 0, 0] = 1
    values = {"boxes": np.array([[0, 0, 1, 1], [2, 2, 5, 3], [0, 0, 0, 0]]), "labels": np.array([0, 4, -1]), "masks": masks}
    there = objects_there({name: values[name], "area": np.array([1.0, 0.0, 0.0])}, fields)
    assert there.tolist() == [True, True, False]


def test_views_are_kept_apart():
    views = [{"count": 2, "transforms": [{"random_crop": {"size": 6}}]}, {"count": 1, "transforms": [{"resize": {"size": 4}}]}]
    declared = pipeline("digits", views=views)
    sample = take_sample(open_pipeline(declared), declared, 3, batch_size=8, training=True)
    assert [value.shape for value in sample.examples[0]["image"]] == [(6, 6, 1), (6, 6, 1), (4, 4, 1)]
    assert len(sample.examples[0]["label"]) == 1
    assert [len(transforms) for transforms in sample.transforms] == [1, 1, 1]
    assert {each.name: each.shapes for each in field_values(sample.examples, sample.fields)}["image"] == ((6, 6, 1), (4, 4, 1))


def test_a_sample_without_random_transforms():
    declared = pipeline("digits", "random_flip", {"resize": {"size": 4}}, {"mix_up": {}})
    seen = as_seen(declared, augment=False)
    assert [choice.name for choice in seen.transforms] == ["resize"]
    assert [choice.name for choice in as_seen(declared).transforms] == ["random_flip", "resize", "mix_up"]


def test_values_that_are_no_numbers_after_the_transforms():
    declared = pipeline("digits", {"normalize": {"mean": [0.5], "std": [0.0]}})
    sample = take_sample(open_pipeline(declared), declared, 4, batch_size=4)
    (told,) = broken_fields(field_values(sample.examples, sample.fields))
    assert told.message == "`image` has values that are no numbers, or infinite, after the transforms"
    good = pipeline("digits", {"normalize": {"mean": [0.5], "std": [0.5]}})
    sample = take_sample(open_pipeline(good), good, 4, batch_size=4)
    assert broken_fields(field_values(sample.examples, sample.fields)) == ()


def test_values_are_those_of_all_that_are_looked_at(digits):
    opened = open_pipeline(pipeline("digits", {"rescaling": {"scale": 100.0}}))
    images, labels = 100 * digits.records["image"].numpy(), digits.records["label"].numpy()
    for numbers in (np.arange(digits.count), np.flatnonzero((labels > 2) & (labels < 7))):
        found = {each.name: each for each in values_of(opened, numbers, batch_size=50, training=True)}
        assert (found["label"].low, found["label"].high) == (labels[numbers].min(), labels[numbers].max())
        assert found["image"].low == images[numbers].min()
        assert found["image"].high == pytest.approx(images[numbers].max(), rel=1e-6)
        assert found["image"].shapes == ((8, 8, 1),)


def test_values_of_what_differs_in_size_and_cannot_all_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, width in enumerate((3, 5, 5, 4)):
        folder = tmp_path / "shelf" / "book"
        folder.mkdir(parents=True, exist_ok=True)
        tf.io.write_file(str(folder / f"{number}.png"), tf.io.encode_png(np.full((2, width, 3), 50 + number, "uint8")))
    (folder / "1.png").write_bytes(b"no image")
    image, label = values_of(open_pipeline(pipeline({"image_folder": {"path": "shelf"}})), np.arange(4), batch_size=1)
    assert (image.shapes, image.low, image.high) == (((2, None, 3),), pytest.approx(50 / 255), pytest.approx(53 / 255))
    assert (label.low, label.high, label.is_finite) == (0, 0, True)


def test_records_that_are_left_out(tmp_path):
    folder = tmp_path / "shelf" / "book"
    folder.mkdir(parents=True)
    for number in range(3):
        tf.io.write_file(str(folder / f"{number}.png"), tf.io.encode_png(np.full((2 + number, 4, 3), 50, "uint8")))
    (folder / "1.png").write_bytes(b"no image")
    source = {"image_folder": {"path": str(tmp_path / "shelf")}}
    good, (fault,) = without_faulty(open_pipeline(pipeline(source)))
    assert (good.tolist(), fault.place) == ([0, 2], str(folder / "1.png"))
    good, found = without_faulty(open_pipeline(pipeline(source, {"random_crop": {"size": 3}})))  # a crop that the first has no room for
    assert (good.tolist(), [fault.index for fault in found]) == ([2], [0, 1])


# Channels


def test_channels_of_the_digits(digits):
    values = digits.records["image"].numpy().astype(np.float64)
    (found,) = channel_statistics(digits)
    np.testing.assert_allclose(found.mean, values.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(found.std, values.std(axis=(0, 1, 2)), rtol=1e-12)
    assert (found.images, found.pixels, found.low, found.high) == (1437, 1437 * 64, 0, 1)
    assert found.is_whole
    assert as_normalize(found) == "normalize: {mean: [0.3054], std: [0.3761]}"


def test_images_in_whole_numbers_are_shares_of_their_largest():
    values = np.random.default_rng(0).integers(0, 256, (4, 3, 5, 3)).astype("uint8")
    data = images(values)
    (found,) = channel_statistics(data)
    np.testing.assert_allclose(found.mean, (values / 255).mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(found.std, (values / 255).std(axis=(0, 1, 2)), rtol=1e-6)
    assert found_in(data) == {}


def test_moments_of_images_of_several_sizes():
    """Far from 0, where sums of squares would lose all digits in float32."""
    random = np.random.default_rng(0)
    many = [(1000 + random.normal(size=(*random.integers(1, 9, 2), 3)) * [0.01, 1, 3]).astype("float32") for _ in range(20)]
    moments = Moments()
    for image in [*many, np.zeros((0, 4, 3), "float32")]:
        moments.add(image)
    pixels = np.concatenate([image.reshape(-1, 3) for image in many]).astype(np.float64)
    assert (moments.images, moments.pixels) == (20, len(pixels))
    np.testing.assert_allclose(moments.mean, pixels.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(np.sqrt(moments.squares / moments.pixels), pixels.std(axis=0), rtol=1e-9)
    assert (moments.low, moments.high) == (pixels.min(), pixels.max())


def test_normalize_and_random_transforms_are_left_out():
    declared = pipeline(
        "digits",
        "random_flip",
        {"resize": {"size": 4}},
        {"rescaling": {"scale": 255.0}},
        {"normalize": {"mean": [1], "std": [2]}},
        {"resize": {"size": 2}},
    )
    assert [choice.name for choice in before_normalize(declared).transforms] == ["resize", "rescaling"]
    views = pipeline("digits", {"resize": {"size": 4}}, views=[{"transforms": ["random_flip", {"rescaling": {"scale": 255.0}}]}])
    assert [choice.name for choice in before_normalize(views).transforms] == ["resize", "rescaling"]
    (found,) = channel_statistics(open_pipeline(before_normalize(declared)).examples)
    assert found.pixels == 1437 * 16
    assert found.high > 200


def test_normalize_by_what_is_printed(digits):
    import yaml

    (found,) = channel_statistics(digits)
    written = yaml.safe_load(as_normalize(found))
    (again,) = channel_statistics(open_pipeline(pipeline("digits", written)).examples)
    assert again.mean == pytest.approx([0], abs=1e-3)
    assert again.std == pytest.approx([1], abs=1e-3)


def test_small_and_flat_channels_are_written_as_yaml_reads_them():
    import yaml

    data = images(np.full((3, 5, 7, 2), 0.3, "float32") * np.array([1e-5, 1], "float32") + np.eye(7, 2, dtype="float32") * [1e-5, 0])
    (found,) = channel_statistics(data)
    assert found.flat == (1,)
    (written,) = yaml.safe_load(as_normalize(found)).values()
    assert written["mean"] == pytest.approx(found.mean, rel=1e-3)
    assert written["std"] == [pytest.approx(found.std[0], rel=1e-3), 1.0]
    other = ChannelStatistics("picture", (0.5,), (0.25,), 1, 1, 1, 0, 1)
    assert as_normalize(other) == "normalize: {mean: [0.5], std: [0.25], field: picture}"


def test_some_images_are_enough(digits):
    (found,) = channel_statistics(digits, limit=100)
    assert (found.images, found.examples, found.is_whole) == (100, 1437, False)


def test_images_that_cannot_be_read_are_left_out():
    good = tf.io.encode_png(np.arange(12, dtype="uint8").reshape(2, 2, 3)).numpy()
    data = examples_of(
        {"file": np.array([good, b"no image", good])},
        read=lambda record: {"image": tf.cast(tf.io.decode_png(record["file"], 3), tf.float32)},
        kinds={"image": "image"},
    )
    (found,) = channel_statistics(data)
    assert (found.images, found.unreadable, found.is_whole) == (2, 1, True)
    assert found.mean == (4.5, 5.5, 6.5)
    assert channel_statistics(examples(x=np.zeros(3))) == ()


@pytest.mark.parametrize("on_error", ["fail", "skip"])
def test_records_that_their_source_finds_faulty_are_told_with_the_others(tmp_path, on_error):
    """Data are looked at to find them: they are no reason to look at nothing."""
    np.savez(tmp_path / "a.npz", features=np.array([[1.0, 2], [np.nan, 1], [3, 5]]), y=np.array([0, 1, 7]))
    source = f"{{npz: {{path: {tmp_path}/a.npz, classes: {{y: 2}}}}}}"
    (tmp_path / "my.yaml").write_text(
        f"specc: 1\ninputs: {{features: [2]}}\nlayers: [{{dense: 2}}]\ndata: {{train: {{source: {source}, on_error: {on_error}}}}}\n"
    )
    found = overview(specc.load(tmp_path / "my.yaml"))
    told = [*(each.message for each in found.stored.findings), *found.left_out]
    wrong = f"{tmp_path}/a.npz, record 1: `features` has a value that is NaN or infinite; {tmp_path}/a.npz, record 2: `y` is 7"
    assert any(wrong in message for message in told)
    assert len(found.sample.examples) == 1
