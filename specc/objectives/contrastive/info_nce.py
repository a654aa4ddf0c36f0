"""InfoNCE: which of several candidates belongs to a query."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def info_nce(positive: Any, negatives: Any, temperature: float = 1.0) -> Any:
    """The cross-entropy of finding the positive among the negatives, shape (batch,).

    Formula: -log(exp(s+ / t) / (exp(s+ / t) + sum over k of exp(s_k / t)))
    Reference: van den Oord et al., Representation learning with contrastive predictive coding, 2018, arXiv:1807.03748

    Args:
        positive: similarity of each query with its positive, shape (batch,); any similarity.
        negatives: its similarities with the negatives, shape (batch, negatives).
        temperature: what similarities are divided by.
    """
    positive, negatives = tf.cast(positive, tf.float32) / temperature, tf.cast(negatives, tf.float32) / temperature
    return tf.reduce_logsumexp(tf.concat([positive[:, None], negatives], axis=1), axis=1) - positive


def cosine(rows: Any) -> Any:
    """Rows of length 1, in float32, so that products of them are cosines; rows of zeros stay."""
    return tf.math.l2_normalize(tf.cast(rows, tf.float32), axis=-1)
