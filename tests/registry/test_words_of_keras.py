"""Every class of `keras.layers` is a word, or is left out with a reason.

What each word takes is compared in `test_layers_against_keras.py`, which walks the words.
"""

import re

import keras
import pytest

from specc.keras_backend.build import resolve
from specc.registry.entry import Entry, entries

CODE = "wraps code, and a spec never names code"
STRINGS = "reads strings, and the tensors of a spec are numbers"
DATA = "changes a dictionary of images and labels or boxes: a transform of data, not a layer between tensors"
LEFT_OUT = {
    "Layer": "what layers are made of",
    "InputSpec": "no layer: what a layer expects of its input",
    "InputLayer": "`inputs` says it",
    "Wrapper": "what wrappers are made of; it does nothing itself",
    "Lambda": CODE,
    "Pipeline": "a list of steps is a list of steps",
    "FlaxLayer": CODE,
    "JaxLayer": CODE,
    "TorchModuleWrapper": CODE,
    "TFSMLayer": "wraps a saved model, which is code and no longer a description",
    "StringLookup": STRINGS,
    "TextVectorization": STRINGS,
    "CutMix": DATA,
    "MixUp": DATA,
    "MaxNumBoundingBoxes": DATA,
}

# Keras's classes by the names that it exports them by; an alias (`AvgPool2D`) is the same class once more.
EXPORTED: dict[type, list[str]] = {}
for exported in sorted(vars(keras.layers)):
    if isinstance(found := getattr(keras.layers, exported), type):
        EXPORTED.setdefault(found, []).append(exported)

REGISTERED: dict[str, Entry] = {**entries("cell"), **entries("layer")}


def name_of(layer: type) -> str:
    """The class's own name, where Keras exports it under that."""
    names = EXPORTED[layer]
    return layer.__name__ if layer.__name__ in names else names[0]


def word_of(name: str) -> str:
    """The word for a class of Keras: `Conv1DTranspose` is `conv1d_transpose`, `PReLU` is `prelu`, `STFTSpectrogram` `stft_spectrogram`."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", name.replace("PReLU", "Prelu").replace("ReLU", "Relu"))
    return parts.lower()


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Dense", "dense"),
        ("Conv1DTranspose", "conv1d_transpose"),
        ("MaxPooling3D", "max_pooling3d"),
        ("UpSampling2D", "up_sampling2d"),
        ("ConvLSTM2D", "conv_lstm2d"),
        ("PReLU", "prelu"),
        ("LeakyReLU", "leaky_relu"),
        ("RMSNormalization", "rms_normalization"),
        ("STFTSpectrogram", "stft_spectrogram"),
        ("StackedRNNCells", "stacked_rnn_cells"),
        ("SimpleRNN", "simple_rnn"),
    ],
)
def test_words_are_the_classes_names_in_snake_case(name: str, word: str) -> None:
    assert word_of(name) == word


@pytest.mark.parametrize("layer", EXPORTED, ids=name_of)
def test_every_class_is_a_word_or_left_out_with_a_reason(layer: type) -> None:
    name = name_of(layer)
    entry = REGISTERED.get(word_of(name))
    assert (entry is None) == (name in LEFT_OUT)
    if entry is not None:
        assert not entry.pending
        # A class of ours may mend Keras's.
        assert issubclass(resolve(entry.target), layer)
        assert resolve(entry.target) is layer or entry.target.startswith("specc.")


def test_what_is_left_out_is_there_in_keras() -> None:
    assert set(LEFT_OUT) <= {name_of(layer) for layer in EXPORTED}


@pytest.mark.parametrize(
    "entry", [entry for entry in REGISTERED.values() if entry.target.startswith("keras.layers.")], ids=lambda e: e.name
)
def test_a_layer_of_keras_is_called_as_there(entry: Entry) -> None:
    assert entry.name == word_of(name_of(resolve(entry.target)))
