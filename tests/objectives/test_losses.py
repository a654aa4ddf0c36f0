"""Every loss against NumPy loops written from its formula, and against Keras's own classes. Seeds stand at each draw."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.graph import Graph, Tensor, TensorSpec
from specc.keras_backend.build import resolve
from specc.keras_backend.network import Network
from specc.language.wiring import Wired
from specc.objectives.by_head import ByHead, loss_function
from specc.objectives.labels import per_example
from specc.registry.entry import bind_value, entries
from specc.registry.types import ChoiceOf

RANDOM = np.random.default_rng(11)
SCORES = RANDOM.normal(size=(6, 4)).astype("float32") * 2
LABELS = RANDOM.integers(0, 4, 6).astype("int32")
ONE_HOT = np.eye(4, dtype="float32")[LABELS]
BINARY = RANDOM.integers(0, 2, (6, 4)).astype("int32")
TOLERANCE = 2e-6


def value(name, targets, outputs, scores="logits", **arguments):
    loss = bind_value(ChoiceOf("loss"), {name: arguments})
    found = loss_function(Wired("head", "label", scores, loss))(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(outputs))
    return np.asarray(per_example(found))


def softmax(scores):
    shares = np.exp(scores.astype("float64") - scores.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def sigmoid(scores):
    return 1 / (1 + np.exp(-scores.astype("float64")))


def loop(one):
    return np.array([one(example) for example in range(len(SCORES))])


def test_multiclass_hinge_of_the_textbook():
    scores = np.array([[3.2, 5.1, -1.7]], "float32")
    assert value("multiclass_hinge", np.array([0], "int32"), scores) == pytest.approx([2.9], abs=1e-6)
    assert value("multiclass_hinge", np.array([[1.0, 0.0, 0.0]], "float32"), scores) == pytest.approx([2.9], abs=1e-6)


@pytest.mark.parametrize("margin", [1.0, 0.3])
def test_multiclass_hinge(margin):
    def one(i):
        total = 0.0
        for j in range(4):
            if j != LABELS[i]:
                total += max(0.0, float(SCORES[i, j]) - float(SCORES[i, LABELS[i]]) + margin)
        return total

    for targets in (LABELS, LABELS[:, None], ONE_HOT):
        np.testing.assert_allclose(value("multiclass_hinge", targets, SCORES, margin=margin), loop(one), atol=TOLERANCE)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_softmax_cross_entropy(smoothing):
    shares = softmax(SCORES)

    def one(i):
        return -sum(((1 - smoothing) * (j == LABELS[i]) + smoothing / 4) * np.log(shares[i, j]) for j in range(4))

    for targets in (LABELS, LABELS[:, None], ONE_HOT):
        np.testing.assert_allclose(value("softmax_cross_entropy", targets, SCORES, label_smoothing=smoothing), loop(one), atol=TOLERANCE)
        probabilities = shares.astype("float32")
        found = value("softmax_cross_entropy", targets, probabilities, "softmax", label_smoothing=smoothing)
        np.testing.assert_allclose(found, loop(one), atol=2e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_sigmoid_cross_entropy(smoothing):
    shares = sigmoid(SCORES)

    def one(i, targets=BINARY):
        total = 0.0
        for j in range(4):
            t = (1 - smoothing) * targets[i, j] + smoothing / 2
            total -= t * np.log(shares[i, j]) + (1 - t) * np.log(1 - shares[i, j])
        return total / 4

    np.testing.assert_allclose(value("sigmoid_cross_entropy", BINARY, SCORES, label_smoothing=smoothing), loop(one), atol=TOLERANCE)
    one_of_many = loop(lambda i: one(i, ONE_HOT))
    np.testing.assert_allclose(value("sigmoid_cross_entropy", LABELS, SCORES, label_smoothing=smoothing), one_of_many, atol=TOLERANCE)
    found = value("sigmoid_cross_entropy", BINARY, shares.astype("float32"), "sigmoid", label_smoothing=smoothing)
    np.testing.assert_allclose(found, loop(one), atol=2e-5)


def test_one_score_for_two_classes():
    targets = BINARY[:, 0]
    shares = sigmoid(SCORES[:, 0])
    expected = loop(lambda i: -np.log(shares[i] if targets[i] else 1 - shares[i]))
    for form in (targets, targets[:, None]):
        np.testing.assert_allclose(value("sigmoid_cross_entropy", form, SCORES[:, :1]), expected, atol=TOLERANCE)


@pytest.mark.parametrize("signed", [False, True])
def test_hinges_of_signs(signed):
    signs = 2 * BINARY - 1
    margins = np.maximum(0, 1 - signs * SCORES.astype("float64"))
    targets = signs if signed else BINARY
    np.testing.assert_allclose(value("hinge", targets, SCORES), loop(lambda i: sum(margins[i]) / 4), atol=TOLERANCE)
    np.testing.assert_allclose(value("squared_hinge", targets, SCORES), loop(lambda i: sum(margins[i] ** 2) / 4), atol=1e-5)


def test_categorical_hinge():
    def one(i):
        wrong = max(float((1 - ONE_HOT[i, j]) * SCORES[i, j]) for j in range(4))
        return max(0.0, wrong - float(SCORES[i, LABELS[i]]) + 1)

    np.testing.assert_allclose(value("categorical_hinge", LABELS, SCORES), loop(one), atol=TOLERANCE)


def test_focal_losses():
    shares, yes = softmax(SCORES), sigmoid(SCORES)

    def many(i):
        p = shares[i, LABELS[i]]
        return -0.25 * (1 - p) ** 1.5 * np.log(p)

    np.testing.assert_allclose(value("categorical_focal_crossentropy", LABELS, SCORES, gamma=1.5), loop(many), atol=TOLERANCE)

    def each(i):
        total = 0.0
        for j in range(4):
            p = yes[i, j] if BINARY[i, j] else 1 - yes[i, j]
            total -= (0.4 if BINARY[i, j] else 0.6) * (1 - p) ** 1.5 * np.log(p)
        return total / 4

    found = value("binary_focal_crossentropy", BINARY, SCORES, gamma=1.5, alpha=0.4, apply_class_balancing=True)
    np.testing.assert_allclose(found, loop(each), atol=TOLERANCE)


@pytest.mark.parametrize("q", [0.5, 0.7])
def test_generalized_cross_entropy(q):
    shares = softmax(SCORES)
    expected = loop(lambda i: (1 - shares[i, LABELS[i]] ** q) / q)
    for targets in (LABELS, ONE_HOT):
        np.testing.assert_allclose(value("categorical_generalized_cross_entropy", targets, SCORES, q=q), expected, atol=TOLERANCE)
    probabilities = shares.astype("float32")
    theirs = keras.losses.categorical_generalized_cross_entropy(LABELS, probabilities, q)
    np.testing.assert_allclose(
        value("categorical_generalized_cross_entropy", LABELS, probabilities, "softmax", q=q), np.asarray(theirs), atol=TOLERANCE
    )


def test_kl_divergence():
    targets = softmax(RANDOM.normal(size=(6, 4))).astype("float32")
    shares = softmax(SCORES)
    expected = loop(lambda i: sum(targets[i, j] * np.log(targets[i, j] / shares[i, j]) for j in range(4)))
    np.testing.assert_allclose(value("kl_divergence", targets, SCORES), expected, atol=TOLERANCE)
    np.testing.assert_allclose(value("kl_divergence", targets, shares.astype("float32"), "softmax"), expected, atol=TOLERANCE)


def test_overlap_of_masks_is_of_each_example():
    random = np.random.default_rng(5)
    masks = random.integers(0, 2, (3, 5, 5, 1)).astype("int32")
    scores = random.normal(size=(3, 5, 5, 1)).astype("float32")
    shares = sigmoid(scores)
    for i in range(3):
        t, p = masks[i].astype("float64"), shares[i]
        both = (t * p).sum()
        assert value("dice", masks, scores)[i] == pytest.approx(1 - 2 * both / (t.sum() + p.sum()), abs=1e-5)
        beside = both / (both + 0.3 * ((1 - t) * p).sum() + 0.7 * (t * (1 - p)).sum())
        assert value("tversky", masks, scores, alpha=0.3, beta=0.7)[i] == pytest.approx(1 - beside, abs=1e-5)
    np.testing.assert_allclose(value("dice", masks[1:2], scores[1:2]), value("dice", masks, scores)[1:2], atol=1e-6)
    np.testing.assert_allclose(value("dice", masks[..., 0], scores), value("dice", masks, scores), atol=1e-6)


CLASSES = {
    "mean_squared_error": keras.losses.MeanSquaredError, "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "mean_absolute_percentage_error": keras.losses.MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": keras.losses.MeanSquaredLogarithmicError, "huber": keras.losses.Huber,
    "log_cosh": keras.losses.LogCosh, "poisson": keras.losses.Poisson, "cosine_similarity": keras.losses.CosineSimilarity,
    "hinge": keras.losses.Hinge, "squared_hinge": keras.losses.SquaredHinge, "categorical_hinge": keras.losses.CategoricalHinge,
    "kl_divergence": keras.losses.KLDivergence, "categorical_focal_crossentropy": keras.losses.CategoricalFocalCrossentropy,
    "binary_focal_crossentropy": keras.losses.BinaryFocalCrossentropy, "softmax_cross_entropy": keras.losses.CategoricalCrossentropy,
    "sigmoid_cross_entropy": keras.losses.BinaryCrossentropy,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_the_mean_is_that_of_the_class_in_keras(name):
    random = np.random.default_rng(2)
    outputs = softmax(random.normal(size=(5, 3))).astype("float32")
    binary = entries("loss")[name].params.labels == "binary"
    targets = random.integers(0, 2, (5, 3)).astype("float32") if binary else np.eye(3, dtype="float32")[random.integers(0, 3, 5)]
    for arguments in entries("loss")[name].examples:
        expected = float(CLASSES[name](**arguments)(targets, outputs))
        assert value(name, targets, outputs, "softmax", **arguments).mean() == pytest.approx(expected, rel=1e-5)


VALUES = {
    "mean_squared_error": lambda t, y: (t - y) ** 2,
    "mean_absolute_error": lambda t, y: abs(t - y),
    "mean_absolute_percentage_error": lambda t, y: 100 * abs(t - y) / abs(t),
    "mean_squared_logarithmic_error": lambda t, y: (math.log(1 + t) - math.log(1 + y)) ** 2,
    "huber": lambda t, y: (t - y) ** 2 / 2 if abs(t - y) <= 1 else abs(t - y) - 0.5,
    "log_cosh": lambda t, y: math.log(math.cosh(y - t)),
    "poisson": lambda t, y: y - t * math.log(y),
}


@pytest.mark.parametrize("name", sorted(VALUES))
def test_losses_of_values(name):
    random = np.random.default_rng(8)
    targets, outputs = (random.uniform(0.2, 4, (6, 3)).astype("float32") for _ in range(2))
    expected = [sum(VALUES[name](float(targets[i, j]), float(outputs[i, j])) for j in range(3)) / 3 for i in range(6)]
    np.testing.assert_allclose(value(name, targets, outputs), expected, rtol=1e-5)


def test_cosine_similarity():
    random = np.random.default_rng(9)
    targets, outputs = (random.normal(size=(4, 5)).astype("float32") for _ in range(2))

    def one(i):
        dot, lengths = 0.0, [0.0, 0.0]
        for j in range(5):
            t, y = float(targets[i, j]), float(outputs[i, j])
            dot, lengths = dot + t * y, [lengths[0] + t * t, lengths[1] + y * y]
        return -dot / math.sqrt(lengths[0] * lengths[1])

    np.testing.assert_allclose(value("cosine_similarity", targets, outputs), [one(i) for i in range(4)], atol=TOLERANCE)


def weighed(name, targets, outputs, **arguments):
    """The loss of each example as the loop takes it, with weights from a field of the batch."""
    graph = Graph("one", {}, (), {"head": Tensor(TensorSpec((None, *outputs.shape[1:])), None)})
    x = keras.Input(outputs.shape[1:], name="x")
    network = keras.Model(x, keras.layers.Identity()(x))
    loss = bind_value(ChoiceOf("loss"), {name: arguments})
    objective = ByHead([Wired("head", "label", "logits", loss)])
    batch = {"label": tf.constant(targets), "x": tf.constant(outputs), **{name: tf.constant(field) for name, field in FIELDS.items()}}
    return np.asarray(objective.measure(Network(network, network, graph, graph), batch).loss)


FIELDS = {
    "weight": np.array([0.5, 1, 2, 0, 3, 1], "float32"),
    "area": np.random.default_rng(6).uniform(0, 2, (6, 5)).astype("float32"),
}
CLASS_WEIGHT = [1.0, 0.5, 3.0, 0.0]


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "multiclass_hinge", "categorical_focal_crossentropy"])
@pytest.mark.parametrize("targets", [LABELS, ONE_HOT])
def test_classes_and_examples_weigh(name, targets):
    plain = value(name, targets, SCORES)
    np.testing.assert_allclose(weighed(name, targets, SCORES, sample_weight="weight"), plain * FIELDS["weight"], rtol=1e-6)
    by_class = [plain[i] * CLASS_WEIGHT[LABELS[i]] for i in range(6)]
    np.testing.assert_allclose(weighed(name, targets, SCORES, class_weight=CLASS_WEIGHT), by_class, rtol=1e-6)
    both = weighed(name, targets, SCORES, class_weight=CLASS_WEIGHT, sample_weight="weight")
    np.testing.assert_allclose(both, by_class * FIELDS["weight"], rtol=1e-6)


def test_positions_weigh():
    random = np.random.default_rng(4)
    scores, labels = random.normal(size=(6, 5, 4)).astype("float32"), random.integers(0, 4, (6, 5)).astype("int32")
    expected = np.zeros(6)
    for i in range(6):
        for j in range(5):
            loss = -math.log(softmax(scores[i, j][None])[0, labels[i, j]])
            expected[i] += loss * CLASS_WEIGHT[labels[i, j]] * float(FIELDS["area"][i, j]) / 5
    found = weighed("softmax_cross_entropy", labels, scores, class_weight=CLASS_WEIGHT, sample_weight="area")
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    plain = value("softmax_cross_entropy", labels, scores)
    np.testing.assert_allclose(
        weighed("softmax_cross_entropy", labels, scores, sample_weight="weight"), plain * FIELDS["weight"], rtol=1e-5
    )


def test_keras_weighs_alike():
    """`fit` divides by the number of examples too, not by the sum of their weights."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = float(loss(LABELS, SCORES, sample_weight=FIELDS["weight"]))
    assert weighed("softmax_cross_entropy", LABELS, SCORES, sample_weight="weight").mean() == pytest.approx(expected, rel=1e-6)


def test_no_loss_is_left_out():
    ours = {"multiclass_hinge", "dice", "tversky", "categorical_generalized_cross_entropy"}
    assert set(CLASSES) | ours == set(entries("loss"))
    for entry in entries("loss").values():
        assert callable(resolve(entry.target))
