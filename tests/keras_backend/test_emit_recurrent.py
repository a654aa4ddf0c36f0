"""Recurrent layers, wrappers and attention: the emitted source run against what `build` makes, and both saved and loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from specc.keras_backend.build import Builder
from specc.language import loads
from specc.language.spec import Spec

SEQ2SEQ = """
specc: 1
name: translator
params: {width: 6, vocabulary: 9}
inputs:
  source: {shape: [7], dtype: int32}
  target: {shape: [5], dtype: int32}
layers:
  - embedding: {input_dim: =vocabulary, output_dim: =width, mask_zero: true}
    from: source
  - lstm: {units: =width, return_state: true}
    name: encoder
  - embedding: {input_dim: =vocabulary, output_dim: =width, mask_zero: true}
    from: target
    name: words
  - lstm: {units: =width, return_sequences: true}
    from: {sequences: words, initial_state: [encoder/state_h, encoder/state_c]}
    name: decoder
  - gru: {units: =width // 2, return_sequences: true}
heads:
  logits: {dense: =vocabulary}
"""

DIRECTIONS = """
specc: 1
name: directions
inputs: {sequence: [5, 4]}
layers:
  - bidirectional: {layer: {lstm: {units: 3, return_sequences: true}}, merge_mode: null}
    name: both
  - concatenate:
    from: both
  - bidirectional: {layer: {gru: {units: 3, return_sequences: true, return_state: true}}, merge_mode: null}
    name: more
  - simple_rnn: 3
    from: {sequences: more/1, initial_state: more/forward_state_h}
    name: last
  - bidirectional:
      layer: {lstm: {units: 2, return_state: true}}
      backward_layer: {lstm: {units: 2, return_state: true, go_backwards: true, activation: relu}}
      merge_mode: sum
    from: both/0
    name: summed
heads:
  a: {add: , from: [last, more/backward_state_h]}
  b: {concatenate: , from: [summed, summed/backward_state_c]}
"""

STEPS = """
specc: 1
name: steps
params: {filters: 2, kinds: [relu, tanh], learns: false}
defaults:
  conv2d: {padding: same, kernel_regularizer: {l2: {l2: 1e-4}}, use_bias: =filters > 5}
inputs: {video: [4, 6, 6, 3]}
blocks:
  per_step:
    params: {width: {type: integer}}
    layers:
      - time_distributed: {layer: {conv2d: {filters: =width * 2, kernel_size: [3, =width - 1]}}}
layers:
  - time_distributed: {layer: {conv2d: {filters: =filters, kernel_size: 3, activation: =kind}}}
    repeat: =kinds
    as: kind
  - per_step: 2
  - time_distributed: {layer: batch_normalization}
    trainable: =learns
  - time_distributed: {layer: {spectral_normalization: {layer: {conv2d: {filters: 3, kernel_size: 1}}}}}
  - conv_lstm2d: {filters: 2, kernel_size: 3, padding: same}
  - spectral_normalization: {layer: {conv2d: {filters: 2, kernel_size: 2}}, power_iterations: 2}
"""

SHARED = """
specc: 1
name: shared
params: {vocabulary: 9, width: 4}
inputs: {words: {shape: [6], dtype: int32}}
layers:
  - reversible_embedding: {input_dim: =vocabulary, output_dim: =width, mask_zero: true}
    name: tokens
  - rnn: {cell: [{lstm_cell: =width}, {stacked_rnn_cells: {cells: [{gru_cell: 3}, {gru_cell: =width}]}}], return_sequences: true}
heads:
  logits: {share: {step: tokens, reverse: true}}
"""

ATTENTION = """
specc: 1
name: attending
inputs:
  query: [5, 4]
  memory: [7, 4]
  present: {shape: [5], dtype: bool}
  known: {shape: [7], dtype: bool}
  pairs: {shape: [5, 7], dtype: bool}
layers:
  - additive_attention: {return_attention_scores: true}
    from: {inputs: [query, memory], mask: [present, known]}
    name: additive
  - attention: {use_scale: true, use_causal_mask: true}
    from: [additive, memory, memory]
  - multi_head_attention: {num_heads: 2, key_dim: 3}
    from: {query: x, value: memory, attention_mask: pairs}
  - group_query_attention: {head_dim: 3, num_query_heads: 4, num_key_value_heads: 2, return_attention_scores: true}
    from: {query: x, value: memory, value_mask: known}
    name: grouped
  - gru: 3
    from: {sequences: x, mask: present}
heads:
  out: {from: x}
  scores: {from: additive/attention_scores}
  heads: {from: grouped/attention_scores}
"""

SPECS = {"seq2seq": SEQ2SEQ, "directions": DIRECTIONS, "steps": STEPS, "shared": SHARED, "attention": ATTENTION}


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_source_and_build_make_the_same_model(text: str, same: Callable[..., str]) -> None:
    same(text)


def test_other_params_reach_the_layers_inside(same: Callable[..., str]) -> None:
    same(STEPS, {"filters": 7, "kinds": ["gelu"], "learns": True})
    same(SEQ2SEQ, {"width": 8})


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_a_saved_model_comes_back_without_specc(text: str, tmp_path: Path) -> None:
    """Seed 0; the same operations, so the outputs are equal."""
    keras.utils.clear_session()
    model = built(loads(text))
    path = tmp_path / "model.keras"
    model.save(path)
    again = keras.models.load_model(path)
    inputs = drawn(model)
    for one, other in zip(keras.tree.flatten(model(inputs)), keras.tree.flatten(again(inputs)), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in model.weights]


def test_weights_have_the_same_paths_whatever_was_made_before() -> None:
    spec = loads(STEPS)
    keras.utils.clear_session()
    first = [weight.path for weight in built(spec).weights]
    assert "time_distributed_2/spectral_normalization/conv2d/kernel" in first
    assert [weight.path for weight in built(spec).weights] == first


def test_states_are_handed_on_and_padding_is_passed_over() -> None:
    """A NumPy loop of the LSTM over the words that count; seed 0, tolerance 1e-5."""
    text = SEQ2SEQ.split("  - gru")[0] + "heads:\n  out: {from: decoder}\n"
    model = built(loads(text))
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    values = {weight.path: keras.ops.convert_to_numpy(weight) for weight in model.weights}
    source, target = np.array([[3, 5, 2, 0, 0, 0, 0]]), np.array([[1, 4, 6, 8, 7]])
    h = c = np.zeros(6)
    for word in source[0, :3]:
        h, c = lstm_step(values["embedding/embeddings"][word], h, c, values, "encoder")
    outputs = []
    for word in target[0]:
        h, c = lstm_step(values["words/embeddings"][word], h, c, values, "decoder")
        outputs.append(h)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model({"source": source, "target": target}))[0], outputs, rtol=1e-5, atol=1e-5)


def lstm_step(x: Any, h: Any, c: Any, values: dict[str, Any], layer: str) -> tuple[Any, Any]:
    """Hochreiter and Schmidhuber's cell with a forget gate; gates in Keras's order: input, forget, candidate, output."""
    kernel, recurrent, bias = (values[f"{layer}/lstm_cell/{name}"] for name in ("kernel", "recurrent_kernel", "bias"))
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def built(spec: Spec) -> keras.Model:
    return Builder().model(spec.graph())


def drawn(model: keras.Model) -> Any:
    rng = np.random.default_rng(0)

    def one(tensor: Any) -> Any:
        shape = (2, *tensor.shape[1:])
        return rng.normal(0, 1, shape).astype("float32") if tensor.dtype == "float32" else rng.integers(0, 2, shape).astype(tensor.dtype)

    values = {tensor.name: one(tensor) for tensor in model.inputs}
    return values if len(values) > 1 else next(iter(values.values()))
