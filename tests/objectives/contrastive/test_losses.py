"""Contrastive losses against loops that were written from the papers' formulas, values and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from specc.objectives.contrastive.dcl import dcl, von_mises_fisher
from specc.objectives.contrastive.info_nce import among_the_batch, info_nce
from specc.objectives.contrastive.simclr import nt_xent

BATCH, DIMENSIONS, TEMPERATURE = 5, 4, 0.3
RANDOM = np.random.default_rng(7)
FIRST, SECOND = RANDOM.normal(size=(2, BATCH, DIMENSIONS))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def by_loop(
    first: np.ndarray, second: np.ndarray, temperature: float, *, decoupled: bool = False, sigma: float | None = None
) -> np.ndarray:
    """The loss of each example, as the papers write it: all 2N views in one list, i's partner is N further on."""
    count = len(first)
    views = [*first, *second]
    weights = np.ones(count)
    if sigma is not None:
        exponentials = np.array([np.exp(cosine(a, b) / sigma) for a, b in zip(first, second, strict=True)])
        weights = 2 - exponentials / exponentials.mean()
    costs = []
    for i, view in enumerate(views):
        j = (i + count) % (2 * count)
        positive = cosine(view, views[j]) / temperature
        others = [k for k in range(2 * count) if k != i and not (decoupled and k == j)]
        total = sum(np.exp(cosine(view, views[k]) / temperature) for k in others)
        costs.append(-weights[i % count] * positive + np.log(total))
    return (np.array(costs[:count]) + np.array(costs[count:])) / 2


LOSSES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "simclr": (nt_xent, {}),
    "dcl": (dcl, {"decoupled": True}),
    "dclw": (lambda a, b, t: dcl(a, b, t, von_mises_fisher(0.5)), {"decoupled": True, "sigma": 0.5}),
}


@pytest.mark.parametrize("name", LOSSES)
def test_values_are_those_of_the_formula(name: str) -> None:
    loss, settings = LOSSES[name]
    found = loss(tf.constant(FIRST), tf.constant(SECOND), TEMPERATURE)
    np.testing.assert_allclose(found, by_loop(FIRST, SECOND, TEMPERATURE, **settings), atol=1e-5)


@pytest.mark.parametrize("name", ["simclr", "dcl"])
def test_gradients_are_those_of_the_formula(name: str) -> None:
    """Central differences of the loop, in float64, with steps of 1e-5."""
    loss, settings = LOSSES[name]
    first = tf.Variable(FIRST.astype("float32"))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(loss(first, tf.constant(SECOND, tf.float32), TEMPERATURE))
    found = tape.gradient(total, first).numpy()
    for place in np.ndindex(FIRST.shape):
        moved = []
        for step in (1e-5, -1e-5):
            changed = FIRST.copy()
            changed[place] += step
            moved.append(by_loop(changed, SECOND, TEMPERATURE, **settings).sum())
        assert found[place] == pytest.approx((moved[0] - moved[1]) / 2e-5, abs=1e-4)


@pytest.mark.parametrize("name", LOSSES)
def test_views_change_places_and_examples_their_order(name: str) -> None:
    loss, _ = LOSSES[name]
    straight = loss(FIRST, SECOND, TEMPERATURE).numpy()
    np.testing.assert_allclose(loss(SECOND, FIRST, TEMPERATURE), straight, atol=1e-5)
    order = np.array([3, 0, 4, 1, 2])
    np.testing.assert_allclose(loss(FIRST[order], SECOND[order], TEMPERATURE), straight[order], atol=1e-5)
    np.testing.assert_allclose(loss(FIRST * 7, SECOND * 0.1, TEMPERATURE), straight, atol=1e-5)  # lengths do not count


def test_at_a_high_temperature_all_are_alike() -> None:
    """Of 2N - 1 others each has the same share; without the partner there are 2N - 2."""
    assert nt_xent(FIRST, SECOND, 1e6).numpy() == pytest.approx(np.log(2 * BATCH - 1), abs=1e-4)
    assert dcl(FIRST, SECOND, 1e6).numpy() == pytest.approx(np.log(2 * BATCH - 2), abs=1e-4)


def test_at_a_low_temperature_the_nearest_other_counts() -> None:
    """t * loss goes to the largest similarity with another view, less that with the partner, and not below 0."""
    temperature = 1e-3
    views = np.concatenate([FIRST, SECOND])
    expected = np.zeros(BATCH)
    for i in range(2 * BATCH):
        j = (i + BATCH) % (2 * BATCH)
        nearest = max(cosine(views[i], views[k]) for k in range(2 * BATCH) if k != i)
        expected[i % BATCH] += (nearest - cosine(views[i], views[j])) / 2
    np.testing.assert_allclose(temperature * nt_xent(FIRST, SECOND, temperature).numpy(), expected, atol=1e-2)


def test_the_decoupled_gradient_does_not_depend_on_how_easy_the_partner_is() -> None:
    """SimCLR's gradient at negatives is multiplied by the share that the partner leaves them; DCL's is not.

    Seen as functions of similarities: d loss / d s_k for a negative k is softmax_k over the negatives alone, whatever s+.
    """
    negatives = tf.Variable(RANDOM.normal(size=(1, 6)).astype("float32"))
    gradients = {}
    for similarity in (-1.0, 1.0):
        positive = tf.constant([similarity])
        with tf.GradientTape(persistent=True) as tape:
            coupled = info_nce(positive, negatives, 0.2)
            decoupled = -positive / 0.2 + tf.reduce_logsumexp(negatives / 0.2, axis=1)
        gradients[similarity] = (tape.gradient(coupled, negatives).numpy(), tape.gradient(decoupled, negatives).numpy())
    assert not np.allclose(gradients[-1.0][0], gradients[1.0][0], atol=1e-2)
    np.testing.assert_array_equal(gradients[-1.0][1], gradients[1.0][1])


def test_info_nce_is_the_formula() -> None:
    positive, negatives = RANDOM.normal(size=3), RANDOM.normal(size=(3, 6))
    expected = [-np.log(np.exp(s / 0.5) / (np.exp(s / 0.5) + np.exp(row / 0.5).sum())) for s, row in zip(positive, negatives, strict=True)]
    np.testing.assert_allclose(info_nce(tf.constant(positive), tf.constant(negatives), 0.5), expected, atol=1e-5)


def by_loop_over_keys(queries: np.ndarray, keys: np.ndarray, kind: str) -> np.ndarray:
    """InfoNCE of each query, whose own key is among those of all."""
    alike = {"cosine": cosine, "dot": lambda a, b: a @ b, "euclidean": lambda a, b: -np.sum((a - b) ** 2)}[kind]
    costs = []
    for place, query in enumerate(queries):
        scores = np.array([alike(query, key) / TEMPERATURE for key in keys])
        costs.append(-np.log(np.exp(scores[place]) / np.exp(scores).sum()))
    return np.array(costs)


@pytest.mark.parametrize("kind", ["cosine", "dot", "euclidean"])
def test_one_among_the_batch_values_and_gradients(kind: Any) -> None:
    first, second = tf.Variable(FIRST.astype("float32")), tf.Variable(SECOND.astype("float32"))
    with tf.GradientTape() as tape:
        losses = among_the_batch(first, second, TEMPERATURE, kind)
    np.testing.assert_allclose(losses, by_loop_over_keys(FIRST, SECOND, kind), rtol=1e-5, atol=1e-5)
    for which, found in enumerate(tape.gradient(losses, [first, second])):
        for place in np.ndindex(FIRST.shape):
            moved = []
            for step in (1e-5, -1e-5):
                changed = [FIRST.copy(), SECOND.copy()]
                changed[which][place] += step
                moved.append(by_loop_over_keys(*changed, kind).sum())
            assert found.numpy()[place] == pytest.approx((moved[0] - moved[1]) / 2e-5, rel=1e-4, abs=1e-4)


def test_half_precision_is_computed_in_float32() -> None:
    found = nt_xent(tf.constant(FIRST, tf.float16), tf.constant(SECOND, tf.float16), 0.01)
    assert found.dtype == tf.float32
    rounded = [np.asarray(part, "float16").astype("float64") for part in (FIRST, SECOND)]
    np.testing.assert_allclose(found, by_loop(*rounded, 0.01), rtol=1e-4, atol=1e-3)
