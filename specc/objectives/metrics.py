"""Metrics: functions of targets and scores that give a value for each example.

Args of all:
    targets, scores: as in `specc.objectives.classification`.
    from_logits: whether scores are logits.
    binary: whether each score is a yes or no of its own.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from specc.objectives.labels import aligned, integer_labels, per_example


def accuracy(targets: Any, scores: Any, *, from_logits: bool = True, binary: bool = False) -> Any:
    """1 where the answer is right; for dense labels the share of right positions."""
    if scores.shape[-1] == 1 or (binary and integer_labels(targets, scores) is None):
        answers = scores > (0.0 if from_logits else 0.5)
        return per_example(tf.cast(answers == (aligned(targets, scores) > 0.5), tf.float32))
    return per_example(tf.cast(tf.argmax(scores, -1, output_type=tf.int32) == _classes(targets, scores), tf.float32))


def top_k_accuracy(targets: Any, scores: Any, *, from_logits: bool = True, binary: bool = False, k: int = 5) -> Any:
    """1 where fewer than k other classes score as high as the label."""
    labels = _classes(targets, scores)
    own = tf.gather(scores, labels, axis=-1, batch_dims=labels.shape.rank)
    higher = tf.reduce_sum(tf.cast(scores >= own[..., None], tf.int32), axis=-1) - 1
    return per_example(tf.cast(higher < k, tf.float32))


def mean_absolute_error(targets: Any, scores: Any, *, from_logits: bool = True, binary: bool = False) -> Any:
    """mean of |t - y|."""
    return per_example(tf.abs(aligned(targets, scores) - scores))


def mean_squared_error(targets: Any, scores: Any, *, from_logits: bool = True, binary: bool = False) -> Any:
    """mean of (t - y)^2."""
    return per_example(tf.square(aligned(targets, scores) - scores))


def _classes(targets: Any, scores: Any) -> Any:
    labels = integer_labels(targets, scores)
    return tf.argmax(targets, -1, output_type=tf.int32) if labels is None else labels
