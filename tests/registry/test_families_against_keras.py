"""Initializers, regularizers, constraints and activations: each of Keras's is a word, with its arguments, and makes what Keras makes."""

import inspect

import keras
import numpy as np
import pytest

from specc.graph import KerasCall
from specc.keras_backend.build import construct, resolve
from specc.registry.entry import Choice, Entry, bind, entries, find, lowered

# What Keras has that is no word, and why.
EXCLUDED = {
    "initializer": {
        "initializer": "the base class",
        "stft": "the kernel of a Fourier transform, which `stft_spectrogram` makes for itself",
    },
    "regularizer": {"regularizer": "the base class"},
    "constraint": {"constraint": "the base class"},
    "activation": {
        "glu": "halves an axis, so that the layer's output would have another shape: `- glu` is a step",
        "swish": "Keras's second name of silu",
        "hard_swish": "Keras's second name of hard_silu",
    },
}
FUNCTIONS_OF_THE_MODULE = {"get", "serialize", "deserialize"}
ACTIVATIONS = entries("activation")


def snake(name: str) -> str:
    """`HeNormal` as `he_normal`, as Keras's `get` does."""
    from keras.src.utils.naming import to_snake_case

    return to_snake_case(name)


@pytest.mark.parametrize("family", ["initializer", "regularizer", "constraint"])
def test_every_class_of_keras_is_a_word(family: str) -> None:
    module = getattr(keras, f"{family}s")
    classes = {each for name in dir(module) if inspect.isclass(each := getattr(module, name))}
    names = {name: each for each in classes for name in dir(module) if getattr(module, name) is each and name.islower()}
    bare = {snake(each.__name__): each for each in classes if not any(other is each for other in names.values())}
    registered = {resolve(entry.target) for entry in entries(family).values()}
    for name, each in {**names, **bare}.items():
        assert (each in registered) != (name in EXCLUDED[family]), name
        assert name in EXCLUDED[family] or name in entries(family), name
    assert set(EXCLUDED[family]) <= set(names) | set(bare)


def test_every_activation_of_keras_is_a_word() -> None:
    functions = {name for name in dir(keras.activations) if not name.startswith("_") and callable(getattr(keras.activations, name))}
    assert set(ACTIVATIONS) | set(EXCLUDED["activation"]) == functions - FUNCTIONS_OF_THE_MODULE
    assert not set(ACTIVATIONS) & set(EXCLUDED["activation"])


@pytest.mark.parametrize("entry", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_arguments_and_defaults_are_those_of_keras(entry: Entry) -> None:
    signature = list(inspect.signature(resolve(entry.target)).parameters.values())[1:]
    offered = {each.name: each.default for each in signature}
    declared = {name: each.default for name, each in entry.params.parameters.items() if not each.required}
    assert list(entry.params.parameters) == list(offered)
    assert declared == {name: default for name, default in offered.items() if default is not inspect.Parameter.empty}


CASES = [
    pytest.param(entry, arguments, id=f"{entry.name}-{number}")
    for entry in ACTIVATIONS.values()
    for number, arguments in enumerate(entry.examples)
]


@pytest.mark.parametrize(("entry", "arguments"), CASES)
def test_an_activation_computes_what_keras_computes_and_survives_a_file(entry: Entry, arguments: dict, tmp_path) -> None:
    """Seed 0; equal to the last bit, since it is the same function."""
    given = lowered(Choice(entry, bind(entry.params, arguments)))
    assert isinstance(given, str) == (not arguments)
    made = construct(given) if isinstance(given, KerasCall) else given
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, keras.layers.Dense(3, kernel_initializer="identity", activation=made)(inputs))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(0, 3, (2, 4, 3)).astype("float32")
    expected = resolve(entry.target)(keras.ops.convert_to_tensor(x), **arguments)
    np.testing.assert_allclose(model(x), expected, rtol=1e-6, atol=1e-6)
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), model(x))
    assert [weight.path for weight in again.weights] == [weight.path for weight in model.weights]


@pytest.mark.parametrize(
    ("word", "arguments", "call"),
    [
        ("relu", {"max_value": 6}, KerasCall("keras.layers.ReLU", (), {"max_value": 6.0})),
        ("leaky_relu", {"negative_slope": 0.3}, KerasCall("keras.layers.LeakyReLU", (), {"negative_slope": 0.3})),
        ("elu", {"alpha": 2}, KerasCall("keras.layers.ELU", (), {"alpha": 2.0})),
        ("softmax", {"axis": [1, 2]}, KerasCall("keras.layers.Softmax", (), {"axis": (1, 2)})),
        ("leaky_relu", {"negative_slope": 0.2}, "leaky_relu"),
        ("gelu", {"approximate": False}, "gelu"),
        ("softmax", {"axis": -1}, "softmax"),
    ],
)
def test_stock_layers_stand_for_functions_with_arguments_and_names_for_the_rest(word: str, arguments: dict, call: object) -> None:
    entry = find("activation", word)
    assert entry is not None
    assert lowered(Choice(entry, bind(entry.params, arguments))) == call


def test_half_precision_stays_half() -> None:
    entry = find("activation", "gelu")
    assert entry is not None
    keras.config.set_dtype_policy("mixed_float16")
    try:
        made = construct(Choice(entry, bind(entry.params, {"approximate": True})).call())
        result = keras.layers.Dense(2, activation=made)(np.ones((1, 3), "float32"))
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.backend.standardize_dtype(result.dtype) == "float16"
