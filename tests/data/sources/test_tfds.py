"""TensorFlow Datasets: sets written here in its format and read back to the last bit, and sets of its catalogue with made-up content."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as library

from specc.data.errors import DataError
from specc.data.sources.tfds import tfds
from specc.registry.data.sources.records import Tfds
from specc.registry.entry import bind

RNG = np.random.default_rng(4)
F = library.features


def all_of(examples):
    return list(examples.records.map(examples.read).as_numpy_iterator())


def kinds(examples):
    return {name: field.kind for name, field in examples.fields.items()}


def shapes(examples):
    return {name: str(field.spec) for name, field in examples.fields.items()}


# A set of detection, as one writes it in code

SIZES = [(8, 10), (6, 4), (5, 5), (7, 9)]
PIXELS = [RNG.integers(0, 256, (*size, 3), dtype="uint8") for size in SIZES]
BOXES = [[[1, 2, 5, 6], [0, 0, 10, 8]], [[0.5, 1, 4, 3.5]], [], [[2, 2, 4, 4]]]  # left, top, right, bottom in pixels
LABELS = [[1, 0], [2], [], [0]]
KEYPOINTS = [[[1, 2, 3], [4]], [[]], [], [[5, 6]]]
CAPTIONS = [["one", "two"], [], ["three"], ["four", "five", "six"]]


def stored(boxes, size):
    """Boxes as the library has them: top, left, bottom and right in shares of the image."""
    height, width = size
    return [F.BBox(ymin=top / height, xmin=left / width, ymax=bottom / height, xmax=right / width) for left, top, right, bottom in boxes]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder in which `specc_scenes` is prepared."""

    class SpeccScenes(library.core.GeneratorBasedBuilder):
        VERSION = library.core.Version("1.0.0")

        def _info(self):
            objects = {
                "bbox": F.BBoxFeature(),
                "label": F.ClassLabel(names=["cat", "dog", "fox"]),
                "points": F.Sequence(np.int32),
                "crowd": np.bool_,
            }
            features = {
                "meta": {"kind": F.ClassLabel(num_classes=4), "thumbnail": F.Image(shape=(2, 2, 1))},
                "image": F.Image(shape=(None, None, 3)),
                "number": np.int32,
                "objects": F.Sequence(objects),
                "captions": F.Sequence({"text": F.Text()}),
                "whole": F.BBoxFeature(),
                "clip": F.Video(shape=(None, 2, 3, 3)),
                "tags": F.Sequence(F.ClassLabel(num_classes=9)),
                "steps": F.Dataset({"value": np.float32}),
            }
            return library.core.DatasetInfo(builder=self, features=F.FeaturesDict(features), disable_shuffling=True)

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(range(4)), "test": self._generate_examples([1])}

        def _generate_examples(self, numbers):
            for number in numbers:
                of_objects = zip(stored(BOXES[number], SIZES[number]), LABELS[number], KEYPOINTS[number])
                yield (
                    number,
                    {
                        "image": PIXELS[number],
                        "number": number,
                        "objects": [
                            {"bbox": box, "label": label, "points": points, "crowd": label == 0} for box, label, points in of_objects
                        ],
                        "captions": [{"text": text} for text in CAPTIONS[number]],
                        "whole": F.BBox(0.0, 0.25, 0.5, 1.0) if number else F.BBox(0.0, 0.0, 0.0, 0.0),
                        "meta": {"kind": number, "thumbnail": np.full((2, 2, 1), 51 * number, "uint8")},
                        "clip": np.full((number + 1, 2, 3, 3), 255, "uint8"),
                        "tags": [number, 8],
                        "steps": [{"value": 1.0}],
                    },
                )

    folder = tmp_path_factory.mktemp("shelf")
    library.builder("specc_scenes", data_dir=folder).download_and_prepare()
    return str(folder)


def test_features_inside_of_others_are_fields_by_their_paths(shelf):
    examples = tfds(name="specc_scenes", data_dir=shelf, download=False)
    assert {name: (field.kind, str(field.spec)) for name, field in examples.fields.items()} == {
        "image": ("image", "(?, ?, ?, 3)"),
        "number": ("value", "(?,) int32"),
        "objects/bbox": ("boxes", "(?, ?, 4)"),
        "objects/label": ("object", "(?, ?) int32"),
        "objects/points": ("object", "(?, ?, ?) int32"),
        "objects/crowd": ("object", "(?, ?) bool"),
        "captions/text": ("value", "(?, ?) string"),
        "whole": ("boxes", "(?, ?, 4)"),
        "meta/kind": ("value", "(?,) int32"),
        "meta/thumbnail": ("image", "(?, 2, 2, 1)"),
        "clip": ("value", "(?, ?, 2, 3, 3)"),
        "tags": ("value", "(?, ?) int32"),
    }
    assert {name: field.classes for name, field in examples.fields.items() if field.classes} == {
        "objects/label": 3,
        "meta/kind": 4,
        "tags": 9,
    }
    assert examples.classes == ("cat", "dog", "fox")


def test_values_are_those_that_were_written(shelf):
    examples = tfds(name="specc_scenes", data_dir=shelf)
    found = all_of(examples)
    assert examples.count == len(found) == 4
    for number, one in enumerate(found):
        np.testing.assert_allclose(one["image"], PIXELS[number] / 255, atol=1e-6)
        np.testing.assert_allclose(one["objects/bbox"], np.reshape(BOXES[number], (-1, 4)), atol=1e-5)
        np.testing.assert_array_equal(one["objects/label"], LABELS[number])
        np.testing.assert_array_equal(one["objects/crowd"], np.equal(LABELS[number], 0))
        assert list(one["captions/text"]) == [text.encode() for text in CAPTIONS[number]]
        height, width = SIZES[number]
        whole = [[width / 4, 0, width, height / 2]] if number else np.zeros((0, 4))  # a box without a size is none
        np.testing.assert_allclose(one["whole"], whole, atol=1e-5)
        np.testing.assert_allclose(one["meta/thumbnail"], np.full((2, 2, 1), number / 5), atol=1e-6)
        np.testing.assert_array_equal(one["clip"], np.ones((number + 1, 2, 3, 3)))
        assert (one["meta/kind"], list(one["tags"])) == (number, [number, 8])
    np.testing.assert_array_equal(found[0]["objects/points"], [[1, 2, 3], [4, 0, 0]])
    assert examples.place(2) == "record 2 of specc_scenes, train"


def test_images_stay_encoded_until_they_are_read(shelf):
    spec = tfds(name="specc_scenes", data_dir=shelf).records.element_spec
    assert spec["image"] == spec["meta/thumbnail"] == tf.TensorSpec((), tf.string)


@pytest.mark.parametrize(
    ("split", "numbers"),
    [("train[:50%]", [0, 1]), ("train[3:]", [3]), ("train[1:-1]", [1, 2]), ("test", [1]), ("test+train[:1]", [1, 0])],
)
def test_slices_of_splits(shelf, split, numbers):
    examples = tfds(name="specc_scenes", data_dir=shelf, split=split)
    assert examples.count == len(numbers)
    assert [one["number"] for one in all_of(examples)] == numbers


def test_a_bad_image_is_told_when_it_is_read(tmp_path):
    """Its record is there, and those around it can be read."""
    good = library.core.features.image_feature._ENCODE_FN["png"]()(PIXELS[0]).numpy()
    images = tf.data.Dataset.from_tensor_slices({"image": [good, b"no image", good]})
    features = F.FeaturesDict({"image": F.Image(shape=(None, None, 3))})
    library.dataset_builders.store_as_tfds_dataset(
        "specc_broken", "1.0.0", features, {"train": images}, data_dir=tmp_path, disable_shuffling=True
    )
    examples = tfds(name="specc_broken", data_dir=str(tmp_path))
    records = list(examples.records)
    for number in (0, 2):
        np.testing.assert_allclose(examples.read(records[number])["image"], PIXELS[0] / 255, atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError):
        examples.read(records[1])


def test_a_prepared_set_needs_no_code(tmp_path):
    """Its kinds are in its files: a mask is one by what is said of it, or by its name."""
    masks = RNG.integers(1, 4, (3, 4, 5, 1), dtype="uint8")
    columns = {
        "image": RNG.integers(0, 65536, (3, 4, 5, 3), dtype="uint16"),
        "label": [2, 0, 1],
        "seen": masks,
        "segmentation_mask": masks,
        "depth": masks,
    }
    features = {
        "image": F.Image(shape=(4, 5, 3), dtype=np.uint16),
        "label": F.ClassLabel(names=["a", "b", "c"]),
        "seen": F.LabeledImage(labels=5, shape=(4, 5, 1)),
        "segmentation_mask": F.Image(shape=(4, 5, 1)),
        "depth": F.Image(shape=(4, 5, 1)),
    }
    data = tf.data.Dataset.from_tensor_slices(columns)
    library.dataset_builders.store_as_tfds_dataset(
        "specc_plain", "1.0.0", F.FeaturesDict(features), {"train": data}, data_dir=tmp_path, disable_shuffling=True
    )
    examples = tfds(name="specc_plain", data_dir=str(tmp_path))
    assert kinds(examples) == {"image": "image", "label": "value", "seen": "mask", "segmentation_mask": "mask", "depth": "image"}
    assert (examples.classes, examples.fields["label"].classes, examples.fields["seen"].classes) == (("a", "b", "c"), 3, 5)
    for number, one in enumerate(all_of(examples)):
        np.testing.assert_allclose(one["image"], columns["image"][number] / 65535, atol=1e-6)
        np.testing.assert_array_equal(one["seen"], masks[number, ..., 0])
        np.testing.assert_array_equal(one["segmentation_mask"], masks[number, ..., 0])
        np.testing.assert_allclose(one["depth"], masks[number] / 255, atol=1e-6)
        assert one["label"] == columns["label"][number]
        assert one["seen"].dtype == one["label"].dtype == np.int32


def test_boxes_in_pixels_and_boxes_without_an_image(tmp_path):
    features = {"box": F.BBoxFeature(bbox_format="YXYX"), "other": F.BBoxFeature(bbox_format="XYWH"), "image": F.Image(shape=(4, 5, 1))}
    columns = {"box": [[1.0, 2, 3, 4]], "other": [[1.0, 2, 3, 4]], "image": np.zeros((1, 4, 5, 1), "uint8")}
    for name, keys, kind in (("specc_pixels", ["box", "other", "image"], "boxes"), ("specc_blind", ["box", "other"], "value")):
        data = tf.data.Dataset.from_tensor_slices({key: columns[key] for key in keys})
        described = F.FeaturesDict({key: features[key] for key in keys})
        library.dataset_builders.store_as_tfds_dataset(name, "1.0.0", described, {"train": data}, data_dir=tmp_path)
        examples = tfds(name=name, data_dir=str(tmp_path))
        (found,) = all_of(examples)
        assert (examples.fields["box"].kind, examples.fields["other"].kind) == (kind, "value")
        np.testing.assert_array_equal(found["box"], [[2, 1, 4, 3]] if kind == "boxes" else [1, 2, 3, 4])
        np.testing.assert_array_equal(found["other"], [1, 2, 3, 4])


# The catalogue


def test_cifar10_as_it_is_described():
    with library.testing.mock_data(num_examples=3):
        examples = tfds(name="cifar10")
        found = all_of(examples)
    assert kinds(examples) == {"id": "value", "image": "image", "label": "value"}
    assert shapes(examples) == {"id": "(?,) string", "image": "(?, 32, 32, 3)", "label": "(?,) int32"}
    assert (examples.count, examples.fields["label"].classes) == (3, 10)
    assert all(0 <= one["image"].min() < one["image"].max() <= 1 for one in found)


def catalogue(name, examples):
    """A set of the catalogue with these examples, decoded, and what is read of them."""

    def as_dataset(self, *args, **kwargs):
        spec = tf.nest.map_structure(lambda each: tf.TensorSpec(each.shape, each.dtype), self.info.features.get_tensor_info())
        made_up = tf.data.Dataset.from_generator(lambda: examples, output_signature=spec)
        return made_up.apply(tf.data.experimental.assert_cardinality(len(examples)))

    with library.testing.mock_data(as_dataset_fn=as_dataset):
        opened = tfds(name=name)
        return opened, all_of(opened)


def test_pets_have_masks():
    """Trimaps number pet, background and border from 1; test images have no box of the head."""
    mask = RNG.integers(1, 4, (8, 10, 1), dtype="uint8")
    box = np.array([0.25, 0.1, 0.75, 0.5], "float32")
    common = {"image": PIXELS[0], "label": 3, "species": 0, "file_name": "a", "segmentation_mask": mask}
    examples, found = catalogue("oxford_iiit_pet", [common | {"head_bbox": box}, common | {"head_bbox": 0 * box}])
    assert (examples.fields["segmentation_mask"].kind, str(examples.fields["segmentation_mask"].spec)) == ("mask", "(?, ?, ?) int32")
    assert examples.fields["label"].classes == 37
    np.testing.assert_array_equal(found[0]["segmentation_mask"], mask[..., 0])
    np.testing.assert_allclose(found[0]["head_bbox"], [[1, 2, 5, 6]], atol=1e-5)
    assert found[1]["head_bbox"].shape == (0, 4)


OF_VOC = {"pose": np.int64, "is_truncated": bool, "is_difficult": bool}
OF_COCO = {"area": np.int64, "id": np.int64, "is_crowd": bool}


@pytest.mark.parametrize(("name", "more", "classes"), [("voc/2007", OF_VOC, 20), ("coco/2017", OF_COCO, 80)])
def test_sets_of_detection(name, more, classes):
    """Boxes of the catalogue are top, left, bottom and right in shares of the image."""
    shares = [[[0.25, 0.1, 0.75, 0.5]], [[0, 0, 1, 1], [0.5, 0.25, 1, 0.75]]]
    labels = [[3], [0, 5]]

    def example(number):
        objects = {"bbox": np.array(shares[number], "float32"), "label": labels[number]}
        objects |= {key: np.zeros(len(labels[number]), kind) for key, kind in more.items()}
        whole = {"image/id": 7} if more is OF_COCO else {"labels": labels[number], "labels_no_difficult": []}
        return {"image": PIXELS[number], "image/filename": "a.jpg", "objects": objects, **whole}

    examples, found = catalogue(name, [example(0), example(1)])
    assert {key: kinds(examples)[f"objects/{key}"] for key in ("bbox", "label", *more)} == dict.fromkeys(("label", *more), "object") | {
        "bbox": "boxes"
    }
    assert examples.fields["objects/label"].classes == len(examples.classes) == classes
    for number, one in enumerate(found):
        height, width = SIZES[number]
        wanted = [[left * width, top * height, right * width, bottom * height] for top, left, bottom, right in shares[number]]
        np.testing.assert_allclose(one["objects/bbox"], wanted, atol=1e-5)
        np.testing.assert_allclose(one["image"], PIXELS[number] / 255, atol=1e-6)
        np.testing.assert_array_equal(one["objects/label"], labels[number])


# Faults


@pytest.mark.parametrize(
    ("arguments", "message", "help"),
    [
        ({"name": "specc_scene"}, "TensorFlow Datasets has no data set `specc_scene`", "did you mean `specc_scenes`?"),
        ({"name": "cifer10"}, "TensorFlow Datasets has no data set `cifer10`", "did you mean `cifar10`?"),
        ({"name": "specc_scenes", "split": "tain"}, "the data set `specc_scenes` has no split `tain`", "did you mean `train`?"),
        ({"name": "specc_scenes", "split": "zz"}, "the data set `specc_scenes` has no split `zz`", "its splits are train, test"),
        ({"name": "specc_scenes", "split": "train[4:]"}, "the split `train[4:]` of the data set `specc_scenes` has no examples", None),
        ({"name": "specc_scenes", "split": "train[:2"}, "the data set `specc_scenes`", None),
        ({"name": "mnist", "download": False}, "the data set `mnist` cannot be read", "`data_dir` names another folder"),
    ],
)
def test_faults_are_told(shelf, arguments, message, help):
    params = bind(Tfds, {"data_dir": shelf, **arguments})
    with pytest.raises(DataError) as caught:
        tfds(**vars(params))
    assert message in caught.value.message
    assert help is None or help in caught.value.help
