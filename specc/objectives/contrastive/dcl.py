"""Decoupled contrastive learning: SimCLR without the partner among those that a view is told from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from specc.objectives.contrastive.gather import gathered
from specc.objectives.contrastive.simclr import mean_of_views
from specc.objectives.contrastive.similarity import alike
from specc.objectives.contrastive.two_views import OfTwoViews

Weigh = Callable[[Any], Any]  # from the cosines of views and their partners, (batch,), to weights of the same shape


def dcl(first: Any, second: Any, temperature: float, weigh: Weigh = tf.ones_like) -> Any:
    """NT-Xent with the partner left out of the denominator, so that an easy partner does not make negatives count less.

    Formula: the mean over an example's views of -w s_ij / t + log(sum over k other than i and j of exp(s_ik / t)); w is 1, or
        what `weigh` gives, without a gradient
    Reference: Yeh et al., Decoupled contrastive learning, 2021, arXiv:2110.06848

    Args: as of `nt_xent`.

    Returns:
        Shape (batch,).
    """
    cosines = alike(first, second)
    return mean_of_views(first, second, temperature, partner=False) - tf.stop_gradient(weigh(cosines)) * cosines / temperature


def von_mises_fisher(sigma: float) -> Weigh:
    """Weights of positives by which partners that are unlike count more; their mean over the batch is 1.

    Formula: 2 - exp(s / sigma) / mean over the batch of exp(s / sigma)
    Reference: Yeh et al., 2021, equation 6
    """

    def weigh(cosines: Any) -> Any:
        return 2 - tf.exp(cosines / sigma) / tf.reduce_mean(tf.exp(gathered(cosines) / sigma))

    return weigh


class DCL(OfTwoViews):
    """The decoupled loss over two views.

    Args:
        sigma: how much partners that are unlike count more than others; none: all count alike.
    """

    def __init__(self, outputs: Mapping[str, str], targets: Mapping[str, str], temperature: float, sigma: float | None) -> None:
        super().__init__(outputs, targets, temperature)
        self.weigh: Weigh = tf.ones_like if sigma is None else von_mises_fisher(sigma)

    def loss(self, first: Any, second: Any) -> Any:
        return dcl(first, second, self.temperature, self.weigh)
