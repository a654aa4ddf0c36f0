"""The zoo's networks with the weights of keras.applications poured in give the outputs of keras.applications.

Weights are random, and so are the batch statistics, so that no layer is the identity. They go over in Keras's own order.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import specc

SEED = 0

# Spec, class of keras.applications, params of the spec, arguments of the class. The quick ones are one of each family, at another
# size, some with other classes, of grey images, or without the classifier.
QUICK = [
    ("vgg16", "VGG16", {"size": 32, "classes": 10}, {"input_shape": (32, 32, 3), "classes": 10}),
    ("inception_v3", "InceptionV3", {"size": 75}, {"input_shape": (75, 75, 3)}),
    ("resnet50", "ResNet50", {"size": 64, "classes": 10, "channels": 1}, {"input_shape": (64, 64, 1), "classes": 10}),
    ("xception", "Xception", {"size": 71, "include_top": False}, {"input_shape": (71, 71, 3), "include_top": False}),
    ("densenet121", "DenseNet121", {"size": 64}, {"input_shape": (64, 64, 3)}),
    ("mobilenet", "MobileNet", {"alpha": 0.25, "size": 64}, {"alpha": 0.25, "input_shape": (64, 64, 3), "dropout": 0.0}),
    ("mobilenet_v2", "MobileNetV2", {"alpha": 0.35, "size": 96}, {"alpha": 0.35, "input_shape": (96, 96, 3)}),
]
SLOW = [
    ("vgg16", "VGG16", {}, {}),
    ("vgg19", "VGG19", {}, {}),
    ("inception_v3", "InceptionV3", {}, {}),
    ("resnet50", "ResNet50", {}, {}),
    ("resnet101", "ResNet101", {}, {}),
    ("resnet152", "ResNet152", {}, {}),
    ("xception", "Xception", {}, {}),
    ("densenet121", "DenseNet121", {}, {}),
    ("densenet169", "DenseNet169", {}, {}),
    ("densenet201", "DenseNet201", {}, {}),
    ("mobilenet", "MobileNet", {}, {}),
    ("mobilenet", "MobileNet", {"alpha": 0.5, "rho": 160 / 224}, {"alpha": 0.5, "input_shape": (160, 160, 3)}),
    ("mobilenet", "MobileNet", {"alpha": 0.75, "rho": 192 / 224}, {"alpha": 0.75, "input_shape": (192, 192, 3)}),
    ("mobilenet", "MobileNet", {"alpha": 0.25, "rho": 128 / 224}, {"alpha": 0.25, "input_shape": (128, 128, 3)}),
    *[("mobilenet_v2", "MobileNetV2", {"alpha": alpha}, {"alpha": alpha}) for alpha in (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)],
    # From 111 the sizes go over 56, 28, 14 and 7 to 4: the border at strides 2 is asymmetric for even ones.
    ("mobilenet_v2", "MobileNetV2", {"size": 111}, {"input_shape": (111, 111, 3)}),
    ("vgg16", "VGG16", {"size": 64, "include_top": False}, {"input_shape": (64, 64, 3), "include_top": False}),
]


def named(case: tuple[str, str, dict[str, Any], dict[str, Any]], **marks: Any) -> Any:
    name, _, params, _ = case
    return pytest.param(*case, id="-".join([name, *(f"{key}={value:.3g}" for key, value in params.items())]), **marks)


CASES = [*map(named, QUICK), *(named(case, marks=pytest.mark.slow) for case in SLOW)]


@pytest.fixture(autouse=True)
def one_big_model_at_a_time() -> Iterator[None]:
    yield
    keras.backend.clear_session()
    gc.collect()


def theirs_and_values(application: str, arguments: dict[str, Any]) -> tuple[keras.Model, list[np.ndarray]]:
    """The network of keras.applications with random weights and statistics, and these."""
    head = {} if arguments.get("include_top") is False else {"classifier_activation": None}
    theirs = getattr(keras.applications, application)(weights=None, **head, **arguments)
    random = np.random.default_rng(SEED)
    values = [_value(weight, random) for weight in theirs.weights]
    theirs.set_weights(values)
    return theirs, values


def _value(weight: Any, random: np.random.Generator) -> np.ndarray:
    if weight.name in ("gamma", "moving_variance"):
        return random.uniform(0.5, 1.5, weight.shape)
    if weight.name in ("beta", "moving_mean", "bias"):
        return random.normal(0, 0.1, weight.shape)
    return np.asarray(weight)


@pytest.mark.parametrize(("name", "application", "params", "arguments"), CASES)
def test_outputs_are_those_of_keras_applications(name: str, application: str, params: dict[str, Any], arguments: dict[str, Any]) -> None:
    theirs, values = theirs_and_values(application, arguments)
    images = np.random.default_rng(SEED).normal(size=(2, *theirs.input_shape[1:])).astype("float32")
    expected = np.asarray(theirs(images, training=False))
    # Dropout draws at random while learning; without it both modes are comparable.
    exact = all(layer.rate == 0 for layer in theirs.layers if isinstance(layer, keras.layers.Dropout))
    learning = np.asarray(theirs(images, training=True)) if exact else None
    shapes, after = [tuple(weight.shape) for weight in theirs.weights], theirs.get_weights()
    del theirs
    gc.collect()

    ours = specc.build(specc.load(name, params={**params, **({"dropout": 0.0} if "dropout" in arguments else {})}))
    assert [tuple(weight.shape) for weight in ours.weights] == shapes
    ours.set_weights(values)
    assert np.abs(expected).max() > 0.01
    # The same operations in the same order: equal to the last bit on one machine, but that is not promised.
    np.testing.assert_allclose(np.asarray(ours(images, training=False)).reshape(expected.shape), expected, rtol=1e-5, atol=1e-5)
    if learning is not None:
        np.testing.assert_allclose(np.asarray(ours(images, training=True)).reshape(expected.shape), learning, rtol=1e-4, atol=1e-4)
        for ours_now, theirs_then in zip(ours.get_weights(), after, strict=True):  # batch normalization has moved its averages
            np.testing.assert_allclose(ours_now, theirs_then, rtol=1e-4, atol=1e-4)


# Every network once; files of the others are as large as their weights.
FILES = [
    pytest.param(*case[1:], id=case[0], marks=() if case[0] == "mobilenet_v2" else pytest.mark.slow)
    for case in {
        name: (name, name, application, params, arguments)
        for name, application, params, arguments in [*SLOW, *QUICK]
        if "include_top" not in params
    }.values()
]


@pytest.mark.parametrize("suffix", ["weights.h5", "h5", "keras"])
@pytest.mark.parametrize(("name", "application", "params", "arguments"), FILES)
def test_weights_of_keras_applications_are_read_from_its_own_files(
    name: str, application: str, params: dict[str, Any], arguments: dict[str, Any], suffix: str, tmp_path: Path
) -> None:
    """By order: `.weights.h5` as Keras 3 writes it, and the older `.h5` in which keras.applications are published."""
    theirs, values = theirs_and_values(application, arguments)
    path = tmp_path / f"theirs.{suffix}"
    if suffix == "h5":
        write_older_weights(theirs, path)
    elif suffix == "weights.h5":
        theirs.save_weights(path)
    else:
        theirs.save(path)
    del theirs
    gc.collect()
    ours = specc.build(specc.load(name, params=params))
    ours.load_weights(path)
    path.unlink()
    for ours_now, value in zip(ours.get_weights(), values, strict=True):
        np.testing.assert_array_equal(ours_now, value.astype("float32"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "application", "params", "arguments"), [case for case in SLOW if not case[2]], ids=lambda value: str(value)
)
def test_the_emitted_source_gives_the_outputs_of_keras_applications(
    name: str, application: str, params: dict[str, Any], arguments: dict[str, Any]
) -> None:
    theirs, values = theirs_and_values(application, arguments)
    images = np.random.default_rng(SEED).normal(size=(1, *theirs.input_shape[1:])).astype("float32")
    expected = np.asarray(theirs(images, training=False))
    del theirs
    gc.collect()
    module: dict[str, Any] = {"__name__": name}
    exec(compile(specc.emit(name), f"{name}.py", "exec"), module)
    emitted = module[name]()
    emitted.set_weights(values)
    np.testing.assert_allclose(np.asarray(emitted(images, training=False)), expected, rtol=1e-5, atol=1e-5)


def write_older_weights(model: keras.Model, path: Path) -> None:
    """The format of Keras 2: a group a layer, its weights named in an attribute."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}".encode() for weight in layer.weights]
            group.attrs["weight_names"] = names
            for name, weight in zip(names, layer.weights, strict=True):
                group.create_dataset(name.decode(), data=np.asarray(weight))
