"""A vote of the nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from specc.representations.features import Representation

QUERIES, KEYS = 1024, 65536  # how many are compared at a time: 256 MiB of similarities


def knn(representation: Representation, *, k: int, temperature: float) -> dict[str, float]:
    """`knn`: the share of held-out examples whose class is that of the vote."""
    bank, held_out = representation.features()
    votes = knn_votes(bank.vectors, bank.labels, held_out.vectors, k=k, temperature=temperature, classes=representation.data.classes)
    return {"knn": float(np.mean(votes.argmax(axis=1) == held_out.labels))}


def knn_votes(bank: np.ndarray, labels: np.ndarray, queries: np.ndarray, *, k: int, temperature: float, classes: int) -> np.ndarray:
    """What the nearest k of a bank say of each query, compared by cosine, shape (queries, classes).

    Formula: class c has the sum over its examples among the nearest k of exp(cosine / temperature)
    Reference: Wu et al., 2018, arXiv:1805.01978

    A block of queries is held against one block of the bank after the other, so that neither has to be small.

    Args:
        bank: vectors, shape (examples, dimensions).
        labels: their classes, shape (examples,).
        queries: vectors, shape (queries, dimensions).
        k: how many vote; at most as many as there are.
        temperature: how much more the nearest count.
        classes: how many there are.
    """
    k = min(k, len(bank))
    blocks = [(tf.constant(bank[at : at + KEYS]), tf.constant(labels[at : at + KEYS], tf.int32)) for at in range(0, len(bank), KEYS)]
    found = []
    for at in range(0, len(queries), QUERIES):
        rows = tf.constant(queries[at : at + QUERIES])
        best, owners = tf.zeros((len(rows), 0)), tf.zeros((len(rows), 0), tf.int32)
        for keys, classes_of in blocks:
            best, owners = _nearest(rows, keys, classes_of, best, owners, k)
        found.append(_votes(best, owners, temperature, classes).numpy())
    return np.concatenate(found)


@tf.function(reduce_retracing=True)
def _nearest(rows: Any, keys: Any, labels: Any, best: Any, owners: Any, k: int) -> tuple[Any, Any]:
    """The nearest k among those that were the nearest before, and a block of the bank: their similarities and classes."""
    similarities = tf.matmul(tf.math.l2_normalize(rows, axis=1), tf.math.l2_normalize(keys, axis=1), transpose_b=True)
    similarities = tf.concat([best, similarities], axis=1)
    owners = tf.concat([owners, tf.broadcast_to(labels, (tf.shape(rows)[0], tf.shape(labels)[0]))], axis=1)
    values, places = tf.math.top_k(similarities, tf.minimum(k, tf.shape(similarities)[1]))
    return values, tf.gather(owners, places, axis=1, batch_dims=1)


def _votes(similarities: Any, owners: Any, temperature: float, classes: int) -> Any:
    """The weights of each class, in relation to that of the nearest, so that no temperature is too small."""
    weights = tf.exp((similarities - similarities[:, :1]) / temperature)
    rows = tf.broadcast_to(tf.range(tf.shape(owners)[0])[:, None], tf.shape(owners))
    places = tf.reshape(tf.stack([rows, owners], axis=-1), (-1, 2))
    return tf.tensor_scatter_nd_add(tf.zeros((tf.shape(owners)[0], classes)), places, tf.reshape(weights, (-1,)))
