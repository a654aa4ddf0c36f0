"""Data sets handed in from Python."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.data.given import datasets, given_feed
from specc.diagnostics import SpecError
from specc.graph import Graph, Tensor, TensorSpec
from specc.registry.entry import bind
from specc.registry.experiment import Train

IMAGES, LABELS = np.zeros((10, 4, 4, 1), "float32"), np.arange(10)


def graph(*inputs):
    return Graph("g", {name: Tensor(TensorSpec((None, 4, 4, 1)), None, name=name) for name in inputs}, (), {})


def given(data, inputs=("image",), **train):
    return given_feed(data, graph(*inputs), bind(Train, train), 4)


def shapes(feed):
    return {name: field.spec.shape for name, field in feed.fields.items()}


@pytest.mark.parametrize("batched", [False, True])
def test_pairs_and_mappings_batched_or_not(batched):
    for elements in ((IMAGES, LABELS), {"image": IMAGES, "target": LABELS}, ({"image": IMAGES}, {"target": LABELS})):
        data = tf.data.Dataset.from_tensor_slices(elements)
        feed = given(data.batch(3) if batched else data)
        assert shapes(feed) == {"image": (None, 4, 4, 1), "target": (None,)}
        assert feed.steps == (4 if batched else 3)
        assert [len(batch["target"]) for batch in feed.stream(0, 2)] == ([3, 3, 3, 1] * 2 if batched else [4, 4, 2] * 2)


def test_a_target_without_a_name_is_called_as_the_losses_ask():
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
    assert "label" in given(data, objective={"softmax_cross_entropy": {"target": "label"}}).fields
    two = {"a": {"huber": {"target": "b"}}, "c": "huber"}
    assert "target" in given(data, losses=two).fields


def test_data_that_do_not_know_their_length_are_counted():
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).filter(lambda x, y: y % 2 == 0)
    assert given(data).steps == 2


def fail_on_read(x, y):
    with tf.control_dependencies([tf.debugging.assert_less(y, tf.constant(5, y.dtype))]):
        return tf.identity(x), y


@pytest.mark.parametrize(
    ("data", "inputs", "message"),
    [
        (tf.data.Dataset.from_tensors((IMAGES, LABELS)).repeat(), ("image",), "endless"),
        (tf.data.Dataset.from_tensors((IMAGES, LABELS)).take(0), ("image",), "empty"),
        (tf.data.Dataset.from_tensors(IMAGES), ("image",), "not one tensor"),
        (tf.data.Dataset.from_tensors((IMAGES, LABELS, LABELS)), ("image",), "not 3 parts"),
        (tf.data.Dataset.from_tensors((IMAGES, LABELS)), ("left", "right"), "the model takes `left` and `right`"),
        (tf.data.Dataset.from_tensors(({"image": IMAGES}, {"image": LABELS})), ("image",), "both have `image`"),
        (tf.data.Dataset.from_tensors({"image": {"deep": IMAGES}}), ("image",), "the field `image` of the train data is no tensor"),
        (tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).map(fail_on_read).filter(lambda x, y: True), ("image",), "cannot be read"),
    ],
)
def test_unusable_data_are_told(data, inputs, message):
    with pytest.raises(SpecError) as caught:
        given(data, inputs)
    (found,) = caught.value.diagnostics
    assert found.code == "E0508"
    assert message in found.message


def test_parts_are_known_by_name():
    with pytest.raises(SpecError, match="`data` has no part `valid`"):
        datasets({"valid": tf.data.Dataset.range(3)})
    with pytest.raises(SpecError, match="must be a tf\\.data\\.Dataset, or an iterable of examples or batches, not tuple"):
        datasets({"train": (IMAGES, LABELS)})


class Batches(keras.utils.PyDataset):
    """Keras's own kind of sequence, which has a length and no end."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return IMAGES[4 * index : 4 * index + 4], LABELS[4 * index : 4 * index + 4]


def test_other_iterables_are_data_sets_too():
    """Lists of examples, lists of batches of which the last is smaller, and Keras's sequences."""
    examples = [{"image": image, "label": label} for image, label in zip(IMAGES, LABELS, strict=True)]
    batches = [(IMAGES[:4], LABELS[:4]), (IMAGES[4:8], LABELS[4:8]), (IMAGES[8:], LABELS[8:])]
    for iterable, target in ((examples, "label"), (batches, "target"), (Batches(), "target")):
        feed = given(datasets({"train": iterable})["train"])
        assert feed.steps == 3
        assert feed.fields["image"].spec.shape == (None, 4, 4, 1)
        for _ in range(2):
            assert [batch[target].tolist() for batch in feed.stream(0, 1).as_numpy_iterator()] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def broken():
    raise OSError("the disk is gone")


class Broken:
    def __iter__(self):
        return (broken() for _ in range(2))


@pytest.mark.parametrize(
    ("iterable", "message"),
    [
        ((pair for pair in [(IMAGES, LABELS)]), "is generator, which can be gone through only once"),
        ([], "the train data are empty"),
        ([(IMAGES, LABELS), IMAGES], "the train data cannot be gone through: ValueError"),
        ([(IMAGES, LABELS), (IMAGES, LABELS.astype("float32"))], "one element has int64 (10,), another float32 (10,)"),
        (Broken(), "the train data cannot be gone through: OSError: the disk is gone"),
        (7, "or an iterable of examples or batches, not int"),
    ],
)
def test_iterables_that_cannot_be_used_are_told(iterable, message):
    with pytest.raises(SpecError) as caught:
        datasets({"train": iterable})
    (found,) = caught.value.diagnostics
    assert found.code == "E0508"
    assert message in found.message
