"""InfoNCE: which of several candidates belongs to a query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from specc.objectives.contrastive.gather import gathered, own_places
from specc.objectives.contrastive.similarity import Similarity, similarities
from specc.objectives.contrastive.two_views import OfTwoViews


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


def among_the_batch(queries: Any, keys: Any, temperature: float, kind: Similarity = "cosine") -> Any:
    """InfoNCE where a query's positive is its own key, and its negatives are the keys of all other examples, on all replicas.

    Args:
        queries: shape (batch, dimensions).
        keys: likewise.

    Returns:
        Shape (batch,).
    """
    scores = similarities(queries, gathered(keys), kind) / temperature
    return tf.reduce_logsumexp(scores, axis=1) - tf.gather(scores, own_places(keys), axis=1, batch_dims=1)


class InfoNCE(OfTwoViews):
    """The first view of an example is to find the second among those of the whole batch: one positive, N - 1 negatives.

    Args:
        similarity: how vectors are compared.
    """

    def __init__(self, outputs: Mapping[str, str], targets: Mapping[str, str], temperature: float, similarity: Similarity) -> None:
        super().__init__(outputs, targets, temperature)
        self.kind = similarity

    def loss(self, first: Any, second: Any) -> Any:
        return among_the_batch(first, second, self.temperature, self.kind)
