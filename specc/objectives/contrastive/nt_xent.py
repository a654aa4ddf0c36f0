"""NT-Xent, the loss of SimCLR, and its decoupled forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from specc.objectives.contrastive.gather import gathered, own_places
from specc.objectives.contrastive.info_nce import cosine

NEVER = -1e9  # a similarity, divided by any temperature, that no exponential notices

Weigh = Callable[[Any], Any]  # from the cosines of views and their partners, (batch,), to weights of the same shape


def nt_xent(first: Any, second: Any, temperature: float) -> Any:
    """Each of two views is to be told from the views of all other examples of the batch, as the partner of the other one; shape (batch,).

    Formula: the mean over an example's views i, with partner j, of -log(exp(s_ij / t) / sum over k != i of exp(s_ik / t)),
        s the cosine, k all other views of the batch, on all replicas
    Reference: Chen et al., A simple framework for contrastive learning, 2020, arXiv:2002.05709

    Args:
        first: what the network says of the first view, shape (batch, dimensions).
        second: what it says of the second, likewise.
        temperature: what cosines are divided by.
    """
    return _mean_of_views(first, second, temperature, decoupled=False, weigh=tf.ones_like)


def dcl(first: Any, second: Any, temperature: float, weigh: Weigh = tf.ones_like) -> Any:
    """The same with the partner left out of the denominator, so that an easy partner does not make negatives count less; shape (batch,).

    Formula: the mean over an example's views of -w s_ij / t + log(sum over k other than i and j of exp(s_ik / t)); w is 1, or
        what `weigh` gives, without a gradient
    Reference: Yeh et al., Decoupled contrastive learning, 2021, arXiv:2110.06848
    """
    return _mean_of_views(first, second, temperature, decoupled=True, weigh=weigh)


def von_mises_fisher(sigma: float) -> Weigh:
    """Weights of positives by which partners that are unlike count more; their mean over the batch is 1.

    Formula: 2 - exp(s / sigma) / mean over the batch of exp(s / sigma)
    Reference: Yeh et al., 2021, equation 6
    """

    def weigh(cosines: Any) -> Any:
        everywhere = gathered(cosines)
        return 2 - tf.exp(cosines / sigma) / tf.reduce_mean(tf.exp(everywhere / sigma))

    return weigh


def _mean_of_views(first: Any, second: Any, temperature: float, *, decoupled: bool, weigh: Weigh) -> Any:
    first, second = cosine(first), cosine(second)
    views, places = tf.concat([gathered(first), gathered(second)], axis=0), own_places(first)
    count = tf.shape(views)[0] // 2
    positive = tf.reduce_sum(first * second, axis=1)
    weight = tf.stop_gradient(weigh(positive))

    def of_view(view: Any, itself: Any, partner: Any) -> Any:
        similarities = tf.matmul(view, views, transpose_b=True) / temperature
        left_out = tf.one_hot(itself, 2 * count, on_value=True, off_value=False)
        if decoupled:
            left_out |= tf.one_hot(partner, 2 * count, on_value=True, off_value=False)
        return tf.reduce_logsumexp(tf.where(left_out, NEVER, similarities), axis=1) - weight * positive / temperature

    return (of_view(first, places, places + count) + of_view(second, places + count, places)) / 2
