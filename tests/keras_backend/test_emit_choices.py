"""Activations and initializers with arguments, printed: as objects of Keras's, also where they come through params."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from specc.diagnostics import SpecError
from specc.keras_backend.emit import emit
from specc.language import loads

UNIT = """
blocks:
  unit:
    params: {activation: {type: [string, object], default: relu}, second: =activation}
    layers:
      - dense: {units: 3, activation: =activation}
      - dense: {units: 3, activation: =second if input.channels > 2 else null}
"""

SPECS = {
    "written": ("layers:\n  - dense: {units: 3, activation: {leaky_relu: 0.1}}\n  - activation: {softmax: {axis: -2}}\n", "[4, 3]"),
    "ours": ("layers:\n  - dense: {units: 3, activation: {gelu: {approximate: true}}}\n  - activation: {celu: 0.5}\n", "[4]"),
    "a param": ("params: {act: {default: {relu: {max_value: 3}}}}\nlayers: [{dense: {units: 3, activation: =act}}]\n", "[4]"),
    "an argument": ("params: {slope: 0.1}\nlayers: [{dense: {units: 3, activation: {leaky_relu: =slope}}}]\n", "[4]"),
    "a block's param": (
        UNIT + "layers: [unit, {unit: {activation: {leaky_relu: 0.3}}}, {unit: {second: {elu: 2}}}, {unit: tanh}]\n",
        "[4]",
    ),
    "through two functions": (
        "params: {act: {default: {elu: 0.5}}, init: {default: {constant: 0.1}}}\n"
        + UNIT
        + "layers:\n  - unit: {activation: =act}\n    repeat: 2\n  - dense: {units: 2, kernel_initializer: =init}\n",
        "[4]",
    ),
    "a block of specc's": ("layers: [{residual: {filters: 3, activation: {leaky_relu: 0.1}}}, {residual: {filters: 3}}]\n", "[8, 8, 3]"),
}


def text(name: str) -> str:
    layers, shape = SPECS[name]
    return f"specc: 1\nname: small\ninputs: {{image: {shape}}}\n{layers}"


@pytest.mark.parametrize("name", SPECS)
def test_the_source_makes_the_model_that_the_spec_makes(name: str, same: Callable[..., str]) -> None:
    source = same(text(name))
    assert "import specc" not in source


def test_an_object_is_made_where_it_is_handed_over() -> None:
    source = emit(loads(text("a block's param")))
    assert "x = unit(x, activation=layers.LeakyReLU(negative_slope=0.3), name=" in source
    assert "x = unit(x, second=layers.ELU(alpha=2.0), name=" in source
    assert 'x = unit(x, activation="tanh", name=' in source
    assert 'def unit(inputs, activation="relu", second=None, *, name):' in source


def test_our_own_function_travels_with_the_source() -> None:
    source = emit(loads(text("ours")))
    assert "class ActivationFunction(keras.layers.Layer)" in source
    assert 'activation=ActivationFunction("gelu", approximate=True)' in source
    assert "ActivationFunction" not in emit(loads(text("written")))


def test_what_varies_from_turn_to_turn_is_refused() -> None:
    spec = loads(
        "specc: 1\ninputs: {image: [4]}\nlayers:\n"
        "  - dense: {units: 3, activation: =act}\n    repeat: [relu, {leaky_relu: 0.1}]\n    as: act\n"
    )
    with pytest.raises(SpecError, match=r"E0601.*chooses the activation `leaky_relu`, which Keras does not know by its name"):
        emit(spec)
