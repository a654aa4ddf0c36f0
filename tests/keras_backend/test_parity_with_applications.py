"""The zoo's networks with the weights of keras.applications poured in give the outputs of keras.applications."""

import keras
import numpy as np
import pytest

import specc

CASES = [
    pytest.param(
        "mobilenet_v2", "MobileNetV2", {"alpha": 0.35, "size": 96}, {"alpha": 0.35, "input_shape": (96, 96, 3)}, id="mobilenet_v2-0.35"
    ),
    # From 111 the sizes go over 56, 28, 14 and 7 to 4: the border at strides 2 is asymmetric for even ones.
    pytest.param(
        "mobilenet_v2", "MobileNetV2", {"size": 111}, {"input_shape": (111, 111, 3)}, id="mobilenet_v2-odd", marks=pytest.mark.slow
    ),
    pytest.param("resnet50", "ResNet50", {}, {}, id="resnet50", marks=pytest.mark.slow),
    pytest.param("densenet121", "DenseNet121", {}, {}, id="densenet121", marks=pytest.mark.slow),
    pytest.param("inception_v3", "InceptionV3", {}, {}, id="inception_v3", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "application", "params", "arguments"), CASES)
def test_outputs_are_those_of_keras_applications(name, application, params, arguments) -> None:
    """Weights go over in Keras's own order. They are random, and so are the batch statistics, so that no layer is the identity."""
    theirs = getattr(keras.applications, application)(weights=None, classifier_activation=None, **arguments)
    ours = specc.build(specc.load(name, params=params))
    assert ours.count_params() == theirs.count_params()
    random = np.random.default_rng(0)
    values = []
    for weight in theirs.weights:
        if weight.name in ("gamma", "moving_variance"):
            values.append(random.uniform(0.5, 1.5, weight.shape))
        elif weight.name in ("beta", "moving_mean", "bias"):
            values.append(random.normal(0, 0.1, weight.shape))
        else:
            values.append(np.asarray(weight))
    theirs.set_weights(values)
    ours.set_weights(values)
    x = random.normal(size=(2, *theirs.input_shape[1:])).astype("float32")
    expected = np.asarray(theirs(x))
    assert np.abs(expected).max() > 0.01
    # The same operations in the same order: equal to the last bit on one machine, but that is not promised.
    np.testing.assert_allclose(ours(x), expected, rtol=1e-5, atol=1e-6)
