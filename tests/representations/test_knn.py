"""The vote of the nearest neighbours against a loop, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from specc.representations import knn as module
from specc.representations.knn import knn_votes

RANDOM = np.random.default_rng(4)
BANK, LABELS = RANDOM.normal(size=(40, 6)).astype("float32"), RANDOM.integers(0, 3, 40)
QUERIES = RANDOM.normal(size=(11, 6)).astype("float32")


def by_loop(k: int, temperature: float) -> np.ndarray:
    votes = np.zeros((len(QUERIES), 3))
    for row, query in enumerate(QUERIES.astype("float64")):
        cosines = [query @ other / np.sqrt((query @ query) * (other @ other)) for other in BANK.astype("float64")]
        for place in np.argsort(cosines)[::-1][:k]:
            votes[row, LABELS[place]] += np.exp(cosines[place] / temperature)
    return votes / votes.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("k", "temperature"), [(1, 0.1), (7, 0.1), (7, 5.0), (40, 0.5), (200, 0.5)])
def test_votes_are_those_of_the_formula(k: int, temperature: float) -> None:
    found = knn_votes(BANK, LABELS, QUERIES, k=k, temperature=temperature, classes=3)
    np.testing.assert_allclose(found / found.sum(axis=1, keepdims=True), by_loop(k, temperature), atol=1e-4)


@pytest.mark.parametrize(("queries", "keys"), [(3, 7), (11, 40), (1, 1), (4, 39)])
def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch, queries: int, keys: int) -> None:
    whole = knn_votes(BANK, LABELS, QUERIES, k=9, temperature=0.2, classes=3)
    monkeypatch.setattr(module, "QUERIES", queries)
    monkeypatch.setattr(module, "KEYS", keys)
    np.testing.assert_allclose(knn_votes(BANK, LABELS, QUERIES, k=9, temperature=0.2, classes=3), whole, rtol=1e-4)


def test_it_answers_as_scikit_learn_does() -> None:
    def weights(distances: np.ndarray) -> np.ndarray:
        return np.exp((1 - distances) / 0.3)

    reference = KNeighborsClassifier(5, metric="cosine", weights=weights, algorithm="brute").fit(BANK, LABELS)
    found = knn_votes(BANK, LABELS, QUERIES, k=5, temperature=0.3, classes=3)
    np.testing.assert_array_equal(found.argmax(axis=1), reference.predict(QUERIES))
    np.testing.assert_allclose(found / found.sum(axis=1, keepdims=True), reference.predict_proba(QUERIES), atol=1e-4)


def test_a_small_temperature_is_the_nearest_alone() -> None:
    found = knn_votes(BANK, LABELS, QUERIES, k=20, temperature=1e-4, classes=3)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found.argmax(axis=1), knn_votes(BANK, LABELS, QUERIES, k=1, temperature=1.0, classes=3).argmax(axis=1))
