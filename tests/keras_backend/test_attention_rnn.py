"""The recurrence with attention: against loops in NumPy, masked, compiled, in half precision, saved, emitted."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from specc.keras_backend.layers.attention_rnn import AttentionRNN

UNITS, LENGTH, PLACES = 4, 5, 6


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def made(width: int = 3, **arguments: object) -> tuple[AttentionRNN, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """A layer with drawn weights, its inputs, and the weights by name."""
    layer = AttentionRNN(UNITS, name="made", **arguments)
    sequence, memory = random(2, LENGTH, 3), random(2, PLACES, width, seed=1)
    layer(sequence, memory)
    for number, weight in enumerate(layer.weights):
        weight.assign(random(*weight.shape, seed=number + 2))
    names = {weight.path.split("/")[-1]: keras.ops.convert_to_numpy(weight) for weight in layer.weights}
    return layer, sequence, memory, names


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def stepped(cell: str, x: np.ndarray, states: list[np.ndarray], w: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The states after one step; the first is the output. Gates in Keras's order."""
    if cell == "simple_rnn":
        return [np.tanh(x @ w["kernel"] + states[0] @ w["recurrent_kernel"] + w["bias"])]
    if cell == "lstm":
        i, f, g, o = np.split(x @ w["kernel"] + states[0] @ w["recurrent_kernel"] + w["bias"], 4)
        c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
        return [sigmoid(o) * np.tanh(c), c]
    xz, xr, xh = np.split(x @ w["kernel"] + w["bias"][0], 3)
    hz, hr, hh = np.split(states[0] @ w["recurrent_kernel"] + w["bias"][1], 3)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    return [z * states[0] + (1 - z) * np.tanh(xh + r * hh)]


def looped(
    cell: str, attention: str, sequence: np.ndarray, memory: np.ndarray, w: dict[str, np.ndarray], states: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and scores of one example, step by step: section 3 of Bahdanau et al., section 3.1.2 of Xu et al."""
    outputs, weights = [], []
    for x in sequence:
        compared = []
        for place in memory:
            s, m = (states[0] @ w["query_kernel"], place @ w["memory_kernel"]) if "query_kernel" in w else (states[0], place)
            additive = attention == "additive"
            value = np.tanh(s + m) @ w["score_kernel"][:, 0] if additive else s @ m / (len(s) ** 0.5 if attention == "scaled_dot" else 1)
            compared.append(value)
        scores = np.exp(compared) / np.sum(np.exp(compared))
        context = sum(score * place for score, place in zip(scores, memory, strict=True))
        states = stepped(cell, np.concatenate([x, context]), states, w)
        outputs.append(states[0])
        weights.append(scores)
    return np.array(outputs), np.array(weights)


@pytest.mark.parametrize("cell", ["simple_rnn", "lstm", "gru"])
@pytest.mark.parametrize(("attention", "width", "compared"), [("additive", 3, None), ("dot", UNITS, None), ("scaled_dot", 3, 7)])
def test_every_step_is_the_formula(cell: str, attention: str, width: int, compared: int | None) -> None:
    """Seeds 0 to 9, tolerance 1e-5."""
    layer, sequence, memory, weights = made(
        width, cell=cell, attention=attention, attention_units=compared, return_sequences=True, return_attention_scores=True
    )
    outputs, scores = layer(sequence, memory)
    for example in range(2):
        zeros = [np.zeros(UNITS)] * 2
        expected, shares = looped(cell, attention, sequence[example], memory[example], weights, zeros)
        np.testing.assert_allclose(outputs[example], expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(scores[example], shares, rtol=1e-4, atol=1e-5)


def test_it_starts_from_a_state_and_ends_in_one() -> None:
    layer, sequence, memory, weights = made(return_state=True, return_attention_scores=True)
    h, c = random(2, UNITS, seed=20), random(2, UNITS, seed=21)
    output, state_h, _, scores = layer(sequence, memory, initial_state=[h, c])
    expected, _ = looped("lstm", "additive", sequence[0], memory[0], weights, [h[0], c[0]])
    np.testing.assert_allclose(output[0], expected[-1], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(output, state_h)
    assert scores.shape == (2, LENGTH, PLACES)


def test_places_and_steps_that_are_masked_do_not_count() -> None:
    layer, sequence, memory, weights = made(return_sequences=True)
    steps, places = np.array([[True] * 3 + [False] * 2] * 2), np.array([[False, True, True, False, True, True]] * 2)
    outputs = keras.ops.convert_to_numpy(layer(sequence, memory, sequence_mask=steps, memory_mask=places))
    expected, _ = looped("lstm", "additive", sequence[0, :3], memory[0, places[0]], weights, [np.zeros(UNITS)] * 2)
    np.testing.assert_allclose(outputs[0, :3], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(outputs[0, 3:], outputs[0, [2, 2]])


def test_the_mask_of_an_embedding_reaches_it_by_itself() -> None:
    tokens, memory = keras.Input((None,), dtype="int32"), keras.Input((PLACES, 3))
    model = keras.Model([tokens, memory], AttentionRNN(UNITS)(keras.layers.Embedding(9, 3, mask_zero=True)(tokens), memory))
    x = random(1, PLACES, 3)
    padded, short, other = (model([np.array([row]), x]) for row in ([4, 2, 0, 0], [4, 2], [4, 2, 7, 7]))
    np.testing.assert_allclose(padded, short, rtol=1e-6)
    assert np.any(np.asarray(padded) != np.asarray(other))


def test_gradients_reach_inputs_and_weights_when_compiled() -> None:
    import tensorflow as tf

    layer, sequence, memory, _ = made(return_sequences=True)
    x, m = tf.constant(sequence), tf.constant(memory)

    @tf.function(jit_compile=True)
    def step():
        with tf.GradientTape() as tape:
            tape.watch([x, m])
            loss = tf.reduce_sum(layer(x, m) ** 2)
        return tape.gradient(loss, [x, m, *layer.trainable_variables])

    for gradient in step():
        assert np.all(np.isfinite(gradient))
        assert np.any(np.asarray(gradient) != 0)


def test_mixed_precision_computes_in_half_and_stores_in_full() -> None:
    """Half precision has 11 significant bits; a recurrence of 5 steps loses a few."""
    layer, sequence, memory, _ = made(return_sequences=True)
    half = AttentionRNN(UNITS, return_sequences=True, dtype="mixed_float16")
    half(sequence, memory)
    half.set_weights(layer.get_weights())
    result = half(sequence, memory)
    assert keras.backend.standardize_dtype(result.dtype) == "float16"
    assert all(weight.dtype == "float32" for weight in half.weights)
    np.testing.assert_allclose(np.asarray(result, "float32"), layer(sequence, memory), rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize(
    ("arguments", "message"), [({"cell": "lst"}, "Received: cell=lst"), ({"attention": "sum"}, "Received: attention=sum")]
)
def test_what_it_does_not_know_is_refused(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AttentionRNN(4, **arguments)
    with pytest.raises(ValueError, match="memory of 4 channels"):
        AttentionRNN(4, attention="dot")(random(1, 5, 3), random(1, 6, 3))


CAPTIONS = """
specc: 1
name: captions
params: {width: 6, vocabulary: 9}
inputs:
  places: [7, 5]
  tokens: {shape: [4], dtype: int32}
layers:
  - embedding: {input_dim: =vocabulary, output_dim: =width, mask_zero: true}
    from: tokens
    name: words
  - attention_rnn: {cell: gru, units: =width, attention_units: =width // 2, return_sequences: true, return_attention_scores: true}
    from: {sequence: words, memory: places}
    name: decoder
  - attention_rnn: {cell: lstm, units: =width, attention: dot, return_state: true}
    from: {sequence: words, memory: decoder}
    name: reader
heads:
  logits: {dense: =vocabulary, from: decoder}
  shares: {from: decoder/attention_scores}
  carried: {from: reader/state_c}
"""


def test_source_and_a_saved_model_are_the_same(same: Callable[..., str], tmp_path) -> None:
    source = same(CAPTIONS)
    assert "class AttentionRNN(keras.layers.RNN)" in source
    assert "import specc" not in source

    from specc.keras_backend.build import Builder
    from specc.language import loads

    model = Builder().model(loads(CAPTIONS).graph())
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    inputs = {"places": random(2, 7, 5), "tokens": np.array([[1, 2, 3, 0], [4, 5, 0, 0]])}
    for name, value in model(inputs).items():
        np.testing.assert_array_equal(value, again(inputs)[name])
