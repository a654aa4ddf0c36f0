"""How alike two vectors are: what every contrastive loss compares."""

from __future__ import annotations

from typing import Any, Literal

import tensorflow as tf

Similarity = Literal["cosine", "dot", "euclidean"]
NEVER = -1e9  # a similarity, divided by any temperature, that no exponential notices


def cosine(rows: Any) -> Any:
    """Rows of length 1, in float32, so that products of them are cosines; rows of zeros stay."""
    return tf.math.l2_normalize(tf.cast(rows, tf.float32), axis=-1)


def similarities(queries: Any, keys: Any, kind: Similarity = "cosine") -> Any:
    """How alike each query and each key are, shape (queries, keys), float32.

    Args:
        queries: shape (queries, dimensions).
        keys: shape (keys, dimensions).
        kind: `cosine` of the angle, `dot` product, or `euclidean`: the squared distance, negative.
    """
    if kind == "cosine":
        return tf.matmul(cosine(queries), cosine(keys), transpose_b=True)
    queries, keys = tf.cast(queries, tf.float32), tf.cast(keys, tf.float32)
    products = tf.matmul(queries, keys, transpose_b=True)
    if kind == "dot":
        return products
    return 2 * products - tf.reduce_sum(queries**2, axis=1)[:, None] - tf.reduce_sum(keys**2, axis=1)


def alike(first: Any, second: Any) -> Any:
    """The cosine of each row of one with that of the other, shape (rows,)."""
    return tf.reduce_sum(cosine(first) * cosine(second), axis=1)
