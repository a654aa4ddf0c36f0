"""Metrics, confusion and predictions of models whose answers are known. Seeds stand at each draw."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.diagnostics import SpecError
from specc.evaluation import evaluate, predict
from specc.evaluation.pictures import draw_confusion, draw_predictions

SPEC = """
specc: 1
name: known
inputs: {{image: [2, 2, {channels}]}}
layers: [flatten]
heads: {{scores: {{dense: {{units: {units}{activation}}}}}}}
{data}
train: {{objective: {loss}}}
"""


def load(tmp_path, units=4, loss="softmax_cross_entropy", activation="", data="", channels=1):
    path = tmp_path / "known.yaml"
    path.write_text(SPEC.format(units=units, loss=loss, activation=activation, data=data, channels=channels))
    return specc.load(path)


def identity(spec):
    """The model whose scores are 9 times its pixels: the brightest pixel is the answer."""
    model = specc.build(spec)
    kernel, bias = model.get_weights()
    model.set_weights([9 * np.eye(*kernel.shape, dtype="float32"), np.zeros_like(bias)])
    return model


def pixels(answers):
    return np.eye(4, dtype="float32")[answers].reshape(-1, 2, 2, 1)


LABELS = np.array([0, 0, 1, 2, 3, 3, 3])
ANSWERS = np.array([0, 1, 1, 2, 3, 3, 0])


@pytest.mark.parametrize("form", ["integers", "one-hot"])
@pytest.mark.parametrize("activation", ["", ", activation: softmax"])
def test_metrics_and_confusion(tmp_path, form, activation):
    spec = load(tmp_path, activation=activation)
    labels = LABELS if form == "integers" else np.eye(4, dtype="float32")[LABELS]
    data = tf.data.Dataset.from_tensor_slices((pixels(ANSWERS), labels)).batch(3)
    found = evaluate(identity(spec), spec=spec, data=data, directory=tmp_path / "out")
    assert found.examples == 7
    assert found.metrics["accuracy"] == pytest.approx(5 / 7)
    right, wrong = -np.log(np.exp(9) / (np.exp(9) + 3)), -np.log(1 / (np.exp(9) + 3))
    assert found.metrics["loss"] == pytest.approx((5 * right + 2 * wrong) / 7, rel=1e-4)
    expected = np.zeros((4, 4), int)
    for label, answer in zip(LABELS, ANSWERS):
        expected[label, answer] += 1
    np.testing.assert_array_equal(found.confusion, expected)
    assert found.classes == ("0", "1", "2", "3")
    assert [path.name for path in found.pictures] == ["confusion.png"]
    assert found.pictures[0].exists()


def test_one_score_for_two_classes(tmp_path):
    spec = load(tmp_path, units=1, loss="sigmoid_cross_entropy")
    model = specc.build(spec)
    model.set_weights([np.array([[9], [0], [0], [0]], "float32"), np.array([-4], "float32")])
    data = tf.data.Dataset.from_tensor_slices((pixels(np.array([0, 0, 1, 2])), np.array([1, 0, 0, 0]))).batch(2)
    found = evaluate(model, spec=spec, data=data)
    np.testing.assert_array_equal(found.confusion, [[2, 1], [0, 1]])
    assert found.metrics["accuracy"] == 0.75
    assert found.pictures == ()


def test_values_have_no_confusion(tmp_path):
    spec = load(tmp_path, loss="mean_squared_error")
    data = tf.data.Dataset.from_tensor_slices((pixels(ANSWERS), 9 * np.eye(4, dtype="float32")[ANSWERS] + 0.5)).batch(4)
    found = evaluate(identity(spec), spec=spec, data=data, directory=tmp_path / "out")
    assert found.metrics == pytest.approx({"loss": 0.25, "mean_absolute_error": 0.5}, rel=1e-5)
    assert (found.confusion, found.classes, found.pictures) == (None, (), ())


def test_what_cannot_be_measured_is_told(tmp_path):
    spec = load(tmp_path)
    model = identity(spec)
    data = tf.data.Dataset.from_tensor_slices((pixels(ANSWERS), np.full(7, 4))).batch(3)
    for arguments, code in (({"data": data}, "E0511"), ({}, "E0509")):
        with pytest.raises(SpecError) as caught:
            evaluate(model, spec=spec, **arguments)
        assert caught.value.diagnostics[0].code == code
    other = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    for given, message in ((other, "the model is not the one"), (tmp_path / "no", "there is no run"), (tmp_path, "holds no model.keras")):
        with pytest.raises(SpecError, match=message):
            evaluate(given, spec=spec, data=data)
    with pytest.raises(SpecError, match="a model alone does not say"):
        evaluate(model, data=data)


def test_a_run_is_called_by_its_name(tmp_path):
    """Its spec may have none, and would be called as its file is."""
    spec = load(tmp_path)
    run = tmp_path / "run"
    run.mkdir()
    identity(spec).save(run / "model.keras")
    (run / "spec.yaml").write_text(spec.text.replace("name: known\n", ""), encoding="utf-8")
    for notes, name in (('{"name": "small"}', "small"), ("{}", "spec")):
        (run / "run.json").write_text(notes, encoding="utf-8")
        with pytest.raises(SpecError) as caught:
            evaluate(run)
        assert caught.value.diagnostics[0].message == f"`{name}` has no held-out data: neither `test` nor `validation`"


def save(path, array):
    keras.utils.save_img(path, array, scale=False)
    return path


def test_predictions_of_files(tmp_path):
    spec = load(tmp_path)
    model = identity(spec)
    small = [save(tmp_path / f"{answer}.png", 255 * pixels([answer])[0]) for answer in range(4)]
    large = save(tmp_path / "large.png", np.kron(255 * pixels([2])[0, ..., 0], np.ones((10, 10)))[..., None])
    colour = save(tmp_path / "colour.png", np.repeat(255 * pixels([3])[0], 3, axis=-1))
    found = predict(model, [*small, large, colour], picture=tmp_path / "out" / "answers.png", top=2)
    assert [one.classes[0] for one in found] == ["0", "1", "2", "3", "2", "3"]
    assert all(len(one.classes) == 2 for one in found)
    for one in found:
        assert one.probabilities[0] == pytest.approx(np.exp(9) / (np.exp(9) + 3), abs=1e-5)
    assert (tmp_path / "out" / "answers.png").exists()
    model.save(tmp_path / "model.keras")
    assert predict(tmp_path / "model.keras", small[1:2])[0].probabilities == pytest.approx(
        found[1].probabilities + predict(model, small[1:2])[0].probabilities[2:]
    )


def test_probabilities_are_taken_as_they_are(tmp_path):
    spec = load(tmp_path, activation=", activation: softmax")
    (found,) = predict(identity(spec), [save(tmp_path / "a.png", 255 * pixels([1])[0])])
    assert found.classes[0] == "1"
    assert found.probabilities[0] == pytest.approx(np.exp(9) / (np.exp(9) + 3), abs=1e-5)
    spec = load(tmp_path, units=1, activation=", activation: sigmoid")
    (found,) = predict(identity(spec), [save(tmp_path / "a.png", 255 * pixels([0])[0])])
    assert found.classes == ("1", "0")
    assert found.probabilities[0] == pytest.approx(1 / (1 + np.exp(-9)), abs=1e-5)


def test_what_cannot_be_predicted_is_told(tmp_path):
    model = identity(load(tmp_path))
    text = tmp_path / "text.png"
    text.write_text("no image")
    torn = tmp_path / "torn.png"
    torn.write_bytes(save(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 256, (40, 40, 1))).read_bytes()[:900])
    vector = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    masks = keras.Sequential([keras.layers.Input((2, 2, 1)), keras.layers.Conv2D(2, 1)])
    good = save(tmp_path / "good.png", 255 * pixels([1])[0])
    for given, image, message in (
        (model, text, "text.png is no image that can be read: the image has no known format\n"),
        (model, torn, "torn.png is no image that can be read: the PNG is faulty, or not all there\n"),
        (model, tmp_path / "no.png", "there is no image"),
        (model, tmp_path, "is no image that can be read: it is a folder\n"),
        (vector, good, "the model does not take one image"),
        (keras.Sequential([keras.layers.Dense(2)]), good, "does not tell its inputs"),
        (masks, good, "the model gives no scores of classes"),
        (text, good, "cannot be loaded as a Keras model"),
    ):
        with pytest.raises(SpecError, match=message) as caught:
            predict(given, [image])
        assert caught.value.diagnostics[0].code == "E0512"
    with pytest.raises(SpecError, match="cannot be written"):
        predict(model, [good], picture=good / "below.png")


def test_pictures_of_many_classes_are_drawn(tmp_path):
    random = np.random.default_rng(0)
    for count in (2, 30, 100):
        draw_confusion(
            random.integers(0, 9, (count, count)), [f"class {number}" for number in range(count)], tmp_path / f"{count}.png", "many"
        )
    images = [random.random((4, 4, channels)) for channels in (1, 3, 4, 3)]
    draw_predictions(images, ["a" * 50, "b", "c", "d"], [[("x", 0.9), ("y", 0.1)]] * 4, tmp_path / "p.png")
    assert len(list(tmp_path.glob("*.png"))) == 4


def test_a_model_of_another_spec_is_told_before_anything_runs(tmp_path):
    path = tmp_path / "lenet5.keras"
    specc.build("lenet5").save(path)
    with pytest.raises(specc.SpecError) as raised:
        evaluate(path, spec=specc.load("mlp_digits"))
    assert [found.code for found in raised.value.diagnostics] == ["E0512"]
