"""Metrics against counting by hand, and against Keras's. Seeds stand at each draw."""

import keras
import numpy as np
import pytest

from specc.objectives.metrics import accuracy, mean_absolute_error, mean_squared_error, top_k_accuracy

RANDOM = np.random.default_rng(4)
SCORES = RANDOM.normal(size=(50, 6)).astype("float32")
LABELS = RANDOM.integers(0, 6, 50).astype("int32")
ONE_HOT = np.eye(6, dtype="float32")[LABELS]


def tensor(values):
    return keras.ops.convert_to_tensor(values)


@pytest.mark.parametrize("targets", [LABELS, LABELS[:, None], ONE_HOT], ids=["integers", "column", "one-hot"])
def test_accuracy_of_classes(targets):
    found = np.asarray(accuracy(tensor(targets), tensor(SCORES)))
    assert found.tolist() == [float(max(range(6), key=lambda j: row[j]) == label) for row, label in zip(SCORES, LABELS)]


def test_accuracy_of_yes_and_no():
    scores, targets = SCORES[:, :1], LABELS % 2
    assert np.asarray(accuracy(tensor(targets), tensor(scores))).mean() == pytest.approx(np.mean((scores[:, 0] > 0) == targets))
    shares = 1 / (1 + np.exp(-scores))
    assert np.asarray(accuracy(tensor(targets), tensor(shares), from_logits=False)).mean() == pytest.approx(
        np.mean((scores[:, 0] > 0) == targets)
    )
    many = RANDOM.integers(0, 2, (50, 6))
    assert np.asarray(accuracy(tensor(many), tensor(SCORES), binary=True)).mean() == pytest.approx(np.mean((SCORES > 0) == many))


def test_accuracy_of_dense_labels_counts_positions():
    scores, labels = SCORES.reshape(2, 5, 5, 6), LABELS.reshape(2, 5, 5)
    found = np.asarray(accuracy(tensor(labels), tensor(scores)))
    np.testing.assert_allclose(found, (scores.argmax(-1) == labels).mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize("k", [1, 3, 6])
def test_top_k_accuracy_is_that_of_keras(k):
    metric = keras.metrics.SparseTopKCategoricalAccuracy(k)
    metric.update_state(LABELS, SCORES)
    for targets in (LABELS, ONE_HOT):
        assert np.asarray(top_k_accuracy(tensor(targets), tensor(SCORES), k=k)).mean() == pytest.approx(float(metric.result()))


def test_errors_of_values():
    targets = RANDOM.normal(size=50).astype("float32")
    outputs = SCORES[:, :1]
    assert np.asarray(mean_absolute_error(tensor(targets), tensor(outputs))).mean() == pytest.approx(np.abs(targets - outputs[:, 0]).mean())
    assert np.asarray(mean_squared_error(tensor(targets), tensor(outputs))).mean() == pytest.approx(((targets - outputs[:, 0]) ** 2).mean())
