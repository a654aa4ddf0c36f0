"""Losses of masks. Overlap is measured for each example, so that it is the same however a batch is divided.

Args of all: as in `specc.objectives.classification`.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from specc.objectives.labels import binary_labels, integer_labels


def dice(targets: Any, scores: Any, *, from_logits: bool = True) -> Any:
    """1 - 2 sum(t p) / (sum(t) + sum(p)) of each example (Milletari et al., 2016, arXiv:1606.04797)."""
    return keras.losses.dice(binary_labels(targets, scores), _probabilities(targets, scores, from_logits), axis=_inner(scores))


def tversky(targets: Any, scores: Any, *, from_logits: bool = True, alpha: float = 0.5, beta: float = 0.5) -> Any:
    """1 - tp / (tp + alpha fp + beta fn) of each example (Salehi et al., 2017, arXiv:1706.05721).

    `keras.losses.tversky` (3.15) takes what is missed for what is wrongly there, so that its alpha is the paper's beta.
    """
    p, t, axes = _probabilities(targets, scores, from_logits), binary_labels(targets, scores), _inner(scores)
    both = tf.reduce_sum(t * p, axes)
    beside = alpha * tf.reduce_sum((1 - t) * p, axes) + beta * tf.reduce_sum(t * (1 - p), axes)
    return 1 - both / (both + beside + keras.config.epsilon())


def _probabilities(targets: Any, scores: Any, from_logits: bool) -> Any:
    """Classes exclude each other where labels are integers among several: then softmax, else sigmoid."""
    if not from_logits:
        return scores
    exclusive = scores.shape[-1] != 1 and integer_labels(targets, scores) is not None
    return tf.nn.softmax(scores) if exclusive else tf.nn.sigmoid(scores)


def _inner(scores: Any) -> tuple[int, ...]:
    return tuple(range(1, scores.shape.rank))
