"""Pipelines: what the digits are, that order and augmentation can be repeated, and what transforms compute."""

import numpy as np
import pytest
import tensorflow as tf

from specc.data import cache as module
from specc.data.examples import fields_of
from specc.data.feed import dataset, feed
from specc.data.pipeline import open_pipeline
from specc.diagnostics import SpecError
from specc.registry.entry import bind, entries
from specc.registry.experiment import Pipeline


def pipeline(source="digits", *transforms):
    return bind(Pipeline, {"source": source, "transforms": list(transforms)})


def whole(batches):
    parts = list(batches.as_numpy_iterator())
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def test_some_classes_of_the_digits_and_few_of_each():
    """Labels number the classes in the order in which they are asked for; the first examples of each are taken."""
    everything = whole(dataset(pipeline("digits"), 2000))
    some = open_pipeline(pipeline({"digits": {"classes": [7, 2], "per_class": 3}}))
    found = whole(feed(some, 10).stream(0, 1))
    assert some.examples.classes == ("7", "2")
    assert some.fields["label"].classes == 2
    assert sorted(found["label"]) == [0, 0, 0, 1, 1, 1]
    for number, digit in enumerate([7, 2]):
        np.testing.assert_array_equal(found["image"][found["label"] == number], everything["image"][everything["label"] == digit][:3])


def test_digits_are_stratified_and_whole():
    train, test = (whole(dataset(pipeline({"digits": {"split": split}}), 500)) for split in ("train", "test"))
    assert len(train["label"]) == 1437
    assert len(test["label"]) == 360
    both = np.concatenate([train["image"], test["image"]])
    assert len(np.unique(both.reshape(1797, -1), axis=0)) == len(
        np.unique(whole(dataset(pipeline({"digits": {"split": "all"}}), 500))["image"].reshape(1797, -1), axis=0)
    )
    for label in range(10):
        share = (train["label"] == label).sum() / ((train["label"] == label).sum() + (test["label"] == label).sum())
        assert share == pytest.approx(0.8, abs=0.01)
    assert both.min() == 0
    assert both.max() == 1
    assert both.dtype == np.float32


def test_the_split_is_a_matter_of_its_seed():
    first = whole(dataset(pipeline("digits"), 500))
    assert np.array_equal(first["image"], whole(dataset(pipeline("digits"), 500))["image"])
    assert not np.array_equal(first["image"], whole(dataset(pipeline({"digits": {"seed": 1}}), 500))["image"])


AUGMENTED = ({"random_translation": {"height_factor": 0.2, "width_factor": 0.2}}, "random_flip")


def test_what_is_drawn_for_an_example_depends_on_the_seed():
    opened = open_pipeline(pipeline("digits", {"random_brightness": {"factor": 0.5}}))
    one, again, other = (whole(feed(opened, 100, seed=seed).stream(0, 1)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one["image"], again["image"])
    np.testing.assert_array_equal(one["label"], other["label"])
    assert (one["image"] != other["image"]).any(axis=(1, 2, 3)).mean() > 0.9


@pytest.mark.parametrize("transforms", [(), AUGMENTED], ids=["plain", "augmented"])
@pytest.mark.parametrize("streamed", [False, True], ids=["memory", "streamed"])
def test_order_and_augmentation_are_functions_of_seed_and_epoch(transforms, streamed, monkeypatch):
    if streamed:
        monkeypatch.setattr(module, "IN_MEMORY", 0)
    tf.random.set_seed(0)
    opened = open_pipeline(pipeline("digits", *transforms))
    one = feed(opened, 100, seed=3, training=True)
    assert one.steps == 15
    assert one.examples == 1437
    epochs = [whole(one.stream(epoch, epoch + 1)) for epoch in range(2)]
    assert not np.array_equal(epochs[0]["label"], epochs[1]["label"])
    for epoch in epochs:
        assert sorted(epoch["label"]) == sorted(epochs[0]["label"])
    tf.random.set_seed(99)  # neither the global seed nor what ran before matters
    again = whole(feed(open_pipeline(pipeline("digits", *transforms)), 100, seed=3, training=True).stream(0, 2))
    for name in ("image", "label"):
        np.testing.assert_array_equal(again[name], np.concatenate([epoch[name] for epoch in epochs]))
    other = whole(feed(opened, 100, seed=4, training=True).stream(0, 1))
    assert not np.array_equal(other["label"], epochs[0]["label"])
    sizes = [len(batch["label"]) for batch in one.stream(0, 2)]
    assert sizes == ([100] * 14 + [37]) * 2


def test_augmentation_of_an_example_is_new_in_every_epoch():
    opened = open_pipeline(pipeline("digits", *AUGMENTED))
    one = feed(opened, 1437)  # not shuffled: the same examples in the same places
    first, second = (whole(one.stream(epoch, epoch + 1))["image"] for epoch in range(2))
    changed = (first != second).any(axis=(1, 2, 3))
    assert 0.95 < changed.mean() <= 1


@pytest.mark.parametrize("name", sorted(entries("transform")))
def test_declared_fields_are_what_a_transform_gives(name):
    for example in entries("transform")[name].examples:
        colours = ({"digit_scenes": {"count": 40, "size": 32}},) if name == "split_colors" else ("digits",)
        declared = pipeline(*colours, {name: example})
        opened = open_pipeline(declared)
        assert opened.fields == declared.known_fields()
        batches = feed(opened, 32, seed=1, training=True).stream(0, 1)
        given = {key: field.spec.shape for key, field in fields_of(batches.element_spec, {}, batched=True).items()}
        assert given == {key: field.spec.shape for key, field in opened.fields.items()}
        assert np.isfinite(next(iter(batches))["image"]).all()


@pytest.mark.parametrize(
    ("source", "transforms", "message"),
    [
        ({"tfds": {"name": "mnit"}}, (), "TensorFlow Datasets has no data set `mnit`"),
        ({"digits": {"classes": [1, 1]}}, (), "`classes` of digits are different digits from 0 to 9, not [1, 1]"),
        ({"digits": {"fraction": 0.001}}, (), "`fraction: 0.001` of digits leaves a part without examples of every class"),
        (
            "digits",
            ({"rescaling": {"scale": 2.0, "field": "picture"}},),
            "`rescaling` changes the field `picture`, but the data have `image`, `label`",
        ),
        ("digits", ({"center_crop": {"size": 9}},), "`center_crop` cuts 9 by 9 out of 8 by 8"),
        (
            "digits",
            ({"normalize": {"mean": [1, 2, 3], "std": [1, 2, 3]}},),
            "`normalize` has 3 values of `mean`, but `image` has 1 channel",
        ),
        ("digits", ({"resize": {"size": 4, "field": "label"}},), "`resize` moves pixels, but `label` is (?,) int32"),
        (
            {"digit_scenes": {"size": 32}},
            ({"rescaling": {"scale": 2.0, "field": "caption"}},),
            "`rescaling` changes numbers, but `caption` is a text",
        ),
        (
            "digits",
            ({"normalize": {"mean": [0.5], "std": [0.1]}}, {"random_brightness": {"factor": 0.3}}),
            "`random_brightness` takes an image from 0 to 1",
        ),
        ("digits", ({"one_hot": {"classes": 5}},), "`one_hot` makes vectors of 5, but `label` has 10 classes"),
        ("digits", ({"random_resized_crop": {"size": 4, "scale": [1.0, 0.1]}},), "`random_resized_crop` has a `scale` from 1 to 0.1"),
        ("digits", ({"mosaic": {"center": [0.6, 0.4]}},), "`mosaic` has a `center` from 0.6 to 0.4"),
        ({"digit_scenes": {"size": 32}}, ("cut_mix",), "`cut_mix` mixes images and their labels, but not"),
        ("digits", ("mix_up", "random_flip"), "`random_flip` looks at one example, but stands after `mix_up`, which mixes them"),
        (
            "digits",
            ({"random_crop": {"size": 7}}, {"center_crop": {"size": 8}}),
            "`center_crop` cuts 8 by 8 out of 7 by 7",
        ),
    ],
)
def test_faulty_pipelines_are_told(source, transforms, message):
    with pytest.raises(SpecError) as caught:
        open_pipeline(pipeline(source, *transforms))
    (found,) = caught.value.diagnostics
    assert found.code == "E0507"
    assert message in found.message


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder in which the data set `tiny_shapes` can be prepared: seven images of different sizes with texts."""
    import tensorflow_datasets as tfds

    class TinyShapes(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = {
                "image": tfds.features.Image(shape=(None, None, 3)),
                "label": tfds.features.ClassLabel(names=["round", "square"]),
                "name": tfds.features.Text(),
            }
            return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(7), "test": self._generate_examples(2)}

        def _generate_examples(self, count):
            for number in range(count):
                yield number, {"image": np.full((8, 5 + number, 3), 51 * (number % 6), "uint8"), "label": number % 2, "name": str(number)}

    return tmp_path_factory.mktemp("shelf")


def shapes(shelf, **arguments):
    return {"tfds": {"name": "tiny_shapes", "data_dir": str(shelf), **arguments}}


def test_tensorflow_datasets(shelf):
    opened = open_pipeline(pipeline(shapes(shelf), {"resize": {"size": 4}}))
    assert {name: str(field.spec) for name, field in opened.fields.items()} == {
        "image": "(?, 4, 4, 3)",
        "label": "(?,) int32",
        "name": "(?,) string",
    }
    assert opened.fields["label"].classes == 2
    assert opened.examples.classes == ("round", "square")
    one = feed(opened, 4)
    found = whole(one.stream(0, 1))
    assert (one.steps, one.examples) == (2, 7)
    order = np.argsort(found["image"][:, 0, 0, 0], kind="stable")
    np.testing.assert_allclose(found["image"][order, 0, 0, 0], np.array([0, 0, 1, 2, 3, 4, 5]) / 5, atol=1e-6)
    assert set(whole(feed(opened, 4, only=["image"]).stream(0, 1))) == {"image"}
    assert open_pipeline(pipeline(shapes(shelf, split="train[:3]"))).examples.count == 3


def test_images_of_different_sizes_are_streamed(shelf):
    opened = open_pipeline(pipeline(shapes(shelf), {"random_crop": {"size": 4}}))
    batches = feed(opened, 4, seed=1, training=True).stream(0, 1)
    assert [batch["image"].shape for batch in batches] == [(4, 4, 4, 3), (3, 4, 4, 3)]


@pytest.mark.parametrize("split", ["tain", "tain[:2]", "train[:2", "nothing+train"])
def test_a_faulty_split_is_told(shelf, split):
    with pytest.raises(SpecError, match="tiny_shapes") as caught:
        open_pipeline(pipeline(shapes(shelf, split=split)))
    assert caught.value.diagnostics[0].code == "E0507"
    if split == "tain":
        assert caught.value.diagnostics[0].help == "did you mean `train`?"


def test_a_data_set_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SpecError, match="the data set `tiny_shapes` cannot be read"):
        open_pipeline(pipeline(shapes(tmp_path, download=False)))
