"""What is told when TensorFlow stops in the middle of a step."""

from __future__ import annotations

import pytest
import tensorflow as tf

from specc.data.failures import step_failed


@tf.function
def cross_entropy(labels: tf.Tensor) -> tf.Tensor:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.zeros((2, 10)))


@tf.function
def look_up(indices: tf.Tensor) -> tf.Tensor:
    return tf.gather(tf.zeros((10, 3)), indices)


@tf.function
def add(rows: tf.Tensor) -> tf.Tensor:
    return tf.zeros((3, 4)) + tf.zeros((rows, 4))


@pytest.mark.parametrize(
    ("step", "value", "said"),
    [
        (cross_entropy, [12, 0], "a label is 12, but the head gives scores for 10 classes, 0 to 9"),
        (cross_entropy, [-1, 0], "a label is -1, but the head gives scores for 10 classes, 0 to 9"),
        (look_up, [11, 0], "the data have the number 11, where a layer has entries for 0 to 9"),
        (add, 2, "a step failed on the data: "),
    ],
)
def test_what_is_wrong_is_told_not_where_in_tensorflow(step, value, said):
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("a GPU computes not-a-number instead")
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        step(tf.constant(value))
    (found,) = step_failed(caught.value).diagnostics
    assert found.message.startswith(said)
    assert found.span is None
    assert "Graph execution error" not in found.message
    assert "{{" not in found.message


def test_a_record_that_is_found_is_told_in_place_of_its_label_alone():
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("a GPU computes not-a-number instead")
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        cross_entropy(tf.constant([12, 0]))
    found = ValueError("labels.npz, record 3: `label` is 12")
    assert step_failed(caught.value, None, lambda: None, lambda: found) is found
    assert step_failed(caught.value, None, lambda: None).diagnostics[0].message.startswith("a label is 12, but the head")
