"""SimCLR: two views of an example are to be alike, and unlike those of all others."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from specc.objectives.contrastive.gather import gathered, own_places
from specc.objectives.contrastive.similarity import NEVER, alike, cosine
from specc.objectives.contrastive.two_views import OfTwoViews


def nt_xent(first: Any, second: Any, temperature: float) -> Any:
    """Each of two views is to be told from the views of all other examples of the batch, as the partner of the other one.

    Formula: the mean over an example's views i, with partner j, of -log(exp(s_ij / t) / sum over k != i of exp(s_ik / t)),
        s the cosine, k all other views of the batch, on all replicas
    Reference: Chen et al., A simple framework for contrastive learning, 2020, arXiv:2002.05709

    Args:
        first: what the network says of the first view, shape (batch, dimensions).
        second: what it says of the second, likewise.
        temperature: what cosines are divided by.

    Returns:
        Shape (batch,).
    """
    positive = alike(first, second) / temperature
    return mean_of_views(first, second, temperature, partner=True) - positive


def mean_of_views(first: Any, second: Any, temperature: float, *, partner: bool) -> Any:
    """The logarithm of the sum of exp(s / t) over the other views of the batch, the mean of an example's two views, shape (batch,).

    Args:
        partner: whether the other view of the same example counts.
    """
    first, second = cosine(first), cosine(second)
    views, places = tf.concat([gathered(first), gathered(second)], axis=0), own_places(first)
    count = tf.shape(views)[0] // 2

    def of_view(view: Any, itself: Any, other: Any) -> Any:
        left_out = tf.one_hot(itself, 2 * count, on_value=True, off_value=False)
        if not partner:
            left_out |= tf.one_hot(other, 2 * count, on_value=True, off_value=False)
        return tf.reduce_logsumexp(tf.where(left_out, NEVER, tf.matmul(view, views, transpose_b=True) / temperature), axis=1)

    return (of_view(first, places, places + count) + of_view(second, places + count, places)) / 2


class SimCLR(OfTwoViews):
    """NT-Xent over two views."""

    def loss(self, first: Any, second: Any) -> Any:
        return nt_xent(first, second, self.temperature)
