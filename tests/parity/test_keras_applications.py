"""With the weights of `keras.applications` poured in, our models give its outputs, to the last bit.

The weights are random: drawn with seed 0 and spread so that every layer matters. No tolerance.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest

import specc

REFERENCES = {
    "resnet50": ("ResNet50", 224),
    "mobilenet_v2": ("MobileNetV2", 224),
    "densenet121": ("DenseNet121", 224),
    "inception_v3": ("InceptionV3", 299),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_outputs_are_those_of_keras_applications(name: str) -> None:
    keras.backend.clear_session()
    reference_name, size = REFERENCES[name]
    reference = getattr(keras.applications, reference_name)(weights=None, classifier_activation=None)
    model = specc.build(name)
    assert [tuple(weight.shape) for weight in model.weights] == [tuple(weight.shape) for weight in reference.weights]
    generator = np.random.default_rng(0)
    for ours, theirs in zip(model.weights, reference.weights, strict=True):
        theirs.assign(theirs.numpy() + generator.normal(0, 0.02, theirs.shape) ** 2)
        ours.assign(theirs)
    image = generator.normal(size=(1, size, size, 3)).astype("float32")
    expected = np.array(reference(image))
    assert np.ptp(expected) > 1e-3
    np.testing.assert_array_equal(np.array(model(image)), expected)
