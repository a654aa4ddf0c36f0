"""DeepCluster: which clusters there are, what is learned of them, and that a run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.keras_backend.network import Network, build_network
from specc.objectives.contrastive.deep_cluster import DeepCluster, clusters_of, features_of, nearest
from specc.objectives.contrastive.last_layer import last_layer
from specc.objectives.objective import Length
from specc.training.run import train
from tests.training.breaking import Break, assert_same

HERE = Path(__file__).parent
SETTING = {
    "heads": {"clusters": {"dense": 4, "when": "=training"}},
    "train.objective": {"deep_cluster": {"every": 2}},
    "train.optimizer": "adamw",
}


def loaded(**overrides: Any) -> Any:
    return specc.load(HERE / "small.yaml", overrides={**SETTING, **overrides})


@pytest.fixture
def network() -> Network:
    spec = loaded()
    keras.utils.set_random_seed(3)
    return build_network(spec.graph(training=True), spec.graph())


def batches(count: int = 4) -> list[dict[str, Any]]:
    random = np.random.default_rng(1)
    return [{"image": tuple(tf.constant(random.random((9, 8, 8, 1), dtype="float32")) for _ in range(2))} for _ in range(count)]


def test_clusters_are_found_among_all_first_views(network: Network) -> None:
    objective, given = DeepCluster({"clusters": "clusters"}, {}, 2), batches()
    state = objective.setup(network, Length(4, 4))
    for weight in network.weights:
        weight.assign(weight * 1.5)
    head = last_layer(network, "clusters")
    head.bias.assign(head.bias + 7)
    objective.before_epoch(network, state, 0, lambda: given)
    features = np.concatenate([features_of(network, {"image": batch["image"][0]}) for batch in given])
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)
    centers, sizes = clusters_of(features, 4, seed=0)
    np.testing.assert_allclose(state["centers"].numpy(), centers, atol=1e-5)
    np.testing.assert_allclose(state["weights"].numpy(), 36 / (4 * sizes), rtol=1e-5)
    assert (sizes * state["weights"].numpy()).sum() == pytest.approx(36)  # each cluster counts as much
    np.testing.assert_array_equal(head.bias.numpy(), 0)  # it begins anew
    for copied, weight in zip(state["assigner"].weights, network.weights, strict=True):
        if not weight.path.startswith("clusters"):
            np.testing.assert_array_equal(copied.numpy(), weight.numpy())


def test_what_is_learned_is_the_cluster_from_before_the_epoch(network: Network) -> None:
    objective, given = DeepCluster({"clusters": "clusters"}, {}, 2), batches()
    state = objective.setup(network, Length(4, 4))
    objective.before_epoch(network, state, 0, lambda: given)
    centers = state["centers"].numpy()
    features = np.asarray(features_of(state["assigner"], {"image": given[0]["image"][0]}))
    labels = np.array([np.argmin([np.sum((row - center) ** 2) for center in centers]) for row in features])
    np.testing.assert_array_equal(nearest(tf.constant(features), tf.constant(centers)), labels)
    for weight in network.training.trainable_weights:
        weight.assign(weight + 0.3)  # the assigner stays as it was
    with tf.GradientTape() as tape:
        terms = objective.losses(network, given[0], state)
    scores = np.asarray(network.training(given[0]["image"][1], training=True)["clusters"])
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(terms.loss, -state["weights"].numpy()[labels] * np.log(shares[np.arange(9), labels]), atol=1e-4)
    np.testing.assert_array_equal(terms.reported["accuracy"], scores.argmax(axis=1) == labels)
    assert all(gradient is None for gradient in tape.gradient(terms.loss, state["assigner"].training.trainable_variables))


def test_clusters_stay_for_some_epochs(network: Network) -> None:
    objective = DeepCluster({"clusters": "clusters"}, {}, 2)
    state = objective.setup(network, Length(4, 4))
    objective.before_epoch(network, state, 1, lambda: batches())
    np.testing.assert_array_equal(state["centers"].numpy(), 0)
    objective.before_epoch(network, state, 2, lambda: batches())
    assert np.any(state["centers"].numpy())


@pytest.mark.parametrize("after", [3, 8])
def test_a_run_goes_on(tmp_path: Path, after: int) -> None:
    spec = loaded(**{"train.epochs": 3})
    whole = train(spec, directory=tmp_path / "whole", progress=False)
    with pytest.raises(ZeroDivisionError):
        train(spec, directory=tmp_path / "run", progress=False, callbacks=[Break(after)])
    train(spec, directory=tmp_path / "run", progress=False, resume=True)
    assert_same(tmp_path / "run", whole.path)
