"""MoCo's queue, its pointer, and the encoder that follows, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.keras_backend.network import Network, build_network
from specc.objectives.contrastive.moco import MoCo, enqueue
from specc.objectives.contrastive.similarity import cosine
from specc.objectives.contrastive.views import outputs_of_views
from specc.objectives.objective import Length

HERE = Path(__file__).parent
QUEUE, BATCH, MOMENTUM, TEMPERATURE = 7, 3, 0.8, 0.2


@pytest.fixture
def network() -> Network:
    spec = specc.load(HERE / "small.yaml")
    keras.utils.set_random_seed(3)
    return build_network(spec.graph(training=True), spec.graph())


def moco() -> MoCo:
    return MoCo({"projection": "projection"}, {}, QUEUE, MOMENTUM, TEMPERATURE, shuffle=True)


def batch(seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {"image": tuple(tf.constant(random.random((BATCH, 8, 8, 1), dtype="float32")) for _ in range(2))}


def test_the_queue_holds_the_last_keys_in_order_and_the_encoder_is_the_running_mean(network: Network) -> None:
    objective, random = moco(), np.random.default_rng(5)
    state = objective.setup(network, Length(5, 1))
    begun = state["queue"].numpy()
    np.testing.assert_allclose(np.linalg.norm(begun, axis=1), 1, atol=1e-6)
    mean = [weight.numpy().astype("float64") for weight in network.weights]
    history = list(begun)
    for step in range(5):
        queue, views = state["queue"].numpy(), batch(step)
        query, key = (
            cosine(*outputs_of_views(each, "projection", [{"image": view}], training=True)).numpy()
            for each, view in zip((network, state["encoder"]), views["image"], strict=True)
        )
        with tf.GradientTape() as tape:
            terms = objective.losses(network, views, state)
        learned, followed = tape.gradient(terms.loss, [network.training.trainable_variables, state["encoder"].training.trainable_variables])
        assert all(gradient is not None for gradient in learned)
        assert all(gradient is None for gradient in followed)
        expected = [
            -np.log(np.exp(q @ k / TEMPERATURE) / (np.exp(q @ k / TEMPERATURE) + np.exp(queue @ q / TEMPERATURE).sum()))
            for q, k in zip(query, key, strict=True)
        ]
        np.testing.assert_allclose(terms.loss, expected, atol=1e-5)
        np.testing.assert_allclose(terms.reported["accuracy"], [q @ k > (queue @ q).max() for q, k in zip(query, key, strict=True)])
        history += list(key)
        for place in range(QUEUE):  # written round by round: a place has the newest key that was put there
            newest = max(number for number in range(len(history)) if number % QUEUE == place)
            np.testing.assert_allclose(state["queue"].numpy()[place], history[newest], atol=1e-6)
        assert int(state["pointer"].numpy()) == 3 * (step + 1) % QUEUE
        for weight in network.weights:
            weight.assign(weight + random.normal(size=weight.shape, scale=0.1))
        objective.after_update(network, state)
        mean = [MOMENTUM * old + (1 - MOMENTUM) * weight.numpy() for old, weight in zip(mean, network.weights, strict=True)]
        for expected_weight, weight in zip(mean, state["encoder"].weights, strict=True):
            if weight.trainable:
                np.testing.assert_allclose(weight.numpy(), expected_weight, atol=1e-5)
    assert int(state["step"].numpy()) == 5


def test_the_pointer_wraps_within_a_batch() -> None:
    queue, pointer = keras.Variable(np.zeros((4, 2), "float32"), trainable=False), keras.Variable(3, dtype="int32", trainable=False)
    enqueue(queue, pointer, tf.constant([[1.0, 1], [2, 2], [3, 3]]))
    np.testing.assert_array_equal(queue.numpy()[:, 0], [2, 3, 0, 1])
    assert int(pointer.numpy()) == 2


def test_it_is_measured_against_the_batch(network: Network) -> None:
    terms = moco().measure(network, batch(0))
    first, second = (
        rows.numpy() for rows in outputs_of_views(network, "projection", [{"image": view} for view in batch(0)["image"]], training=False)
    )
    first, second = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (first, second))
    scores = first @ second.T / TEMPERATURE
    np.testing.assert_allclose(terms.loss, np.log(np.exp(scores).sum(axis=1)) - np.diag(scores), atol=1e-5)
