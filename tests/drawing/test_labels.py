"""What is said of a layer, as the figures of papers say it, and its colour."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from specc.drawing import palette
from specc.drawing.labels import shape
from specc.drawing.layout import Figure
from specc.graph import KerasCall, Layer, TensorSpec

Lay = Callable[..., Figure]


@pytest.mark.parametrize(
    ("step", "caption"),
    [
        ("conv2d: {filters: 64, kernel_size: 7, strides: 2, activation: relu, padding: same}", "conv2d  7×7, 64, /2, relu"),
        ("conv2d: {filters: 8, kernel_size: [1, 3]}", "conv2d  1×3, 8"),
        ("conv2d: {filters: 8, kernel_size: 3, dilation_rate: 2, groups: 4}", "conv2d  3×3, 8, dilation 2, groups 4"),
        ("conv2d_transpose: {filters: 2, kernel_size: 2, strides: 2}", "conv2d_transpose  2×2, 2, ×2"),
        ("dense: {units: 10, activation: softmax}", "dense  10, softmax"),
        ("activation: gelu", "gelu"),
        ("dropout: 0.5", "dropout  0.5"),
        ("batch_normalization:", "batch_normalization"),
        ("dense: 3\n  name: gate", "gate  dense  3"),
        ("layers:\n    - dense: 3\n  name: group", "dense  3"),
    ],
)
def test_captions(lay: Lay, step: str, caption: str) -> None:
    (drawn,) = [inner for figure in lay(f"- {step}").opened() for inner in figure.inside if inner.shape == "node"]
    assert "".join(text for text, _, _ in drawn.texts[0].parts) == caption


def test_shared_weights_are_told(lay: Lay) -> None:
    figure = lay("- dense: 4\n  name: first\n- share: first\n- share: first\n  name: third")
    texts = ["".join(text for text, _, _ in inner.texts[0].parts) for inner in figure.inside if inner.shape == "node"]
    assert texts == ["first  dense  4", "dense  4, shared", "third  dense  4, shared"]


def test_merges_are_small_and_round(lay: Lay) -> None:
    figure = lay("- dense: 4\n  name: a\n- dense: 4\n  name: b\n- add:\n  from: [a, b]\n- concatenate:\n  from: [a, x]")
    assert [inner.texts[0].parts[0][0] for inner in figure.inside if inner.shape == "circle"] == ["+", "cat"]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (TensorSpec((None, 56, 56, 64)), "56×56×64"),
        (TensorSpec((None, None, 8), "int32"), "?×8 int32"),
        (TensorSpec((10, 4)), "10×4"),
        (TensorSpec((None,)), "scalar"),
    ],
)
def test_shapes_are_without_the_batch(spec: TensorSpec, text: str) -> None:
    assert shape(spec) == text


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("separable_conv2d", "convolution"),
        ("multi_head_attention", "attention"),
        ("global_max_pooling2d", "pooling"),
        ("layer_normalization", "normalization"),
        ("leaky_relu", "activation"),
        ("softmax", "activation"),
        ("lstm", "recurrent"),
        ("embedding", "embedding"),
        ("spatial_dropout2d", "regularization"),
        ("dense", "dense"),
        ("reshape", "tensor operation"),
    ],
)
def test_families(word: str, name: str) -> None:
    assert palette.family(Layer(word, word, KerasCall("keras.layers.X"), ())).name == name


def test_the_family_of_a_layer_around_another() -> None:
    inner = KerasCall("keras.layers.Conv2D", (8, 3), {"kernel_initializer": KerasCall("keras.initializers.HeNormal")})
    layer = Layer("each", "time_distributed", KerasCall("keras.layers.TimeDistributed", (inner,)), ())
    assert palette.family(layer).name == "convolution"
