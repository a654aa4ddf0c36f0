"""Losses of classes. Each is a function of targets and scores that gives a value for each example (or position).

Args of all:
    targets: integers (batch, ...) or one value for each score (batch, ..., classes).
    scores: (batch, ..., classes).
    from_logits: whether scores are logits; else they are probabilities. Functions without it take scores as they are.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from specc.objectives.labels import binary_labels, integer_labels, one_hot_labels


def softmax_cross_entropy(targets: Any, scores: Any, *, from_logits: bool = True, label_smoothing: float = 0.0) -> Any:
    """-sum_j t_j log p_j with p the softmax of the logits."""
    labels = integer_labels(targets, scores)
    if labels is not None and not label_smoothing:
        return keras.losses.sparse_categorical_crossentropy(labels, scores, from_logits=from_logits)
    return keras.losses.categorical_crossentropy(
        one_hot_labels(targets, scores), scores, from_logits=from_logits, label_smoothing=label_smoothing
    )


def sigmoid_cross_entropy(targets: Any, scores: Any, *, from_logits: bool = True, label_smoothing: float = 0.0) -> Any:
    """mean_j of -t_j log p_j - (1 - t_j) log(1 - p_j) with p the sigmoid of the logits."""
    return keras.losses.binary_crossentropy(
        binary_labels(targets, scores), scores, from_logits=from_logits, label_smoothing=label_smoothing
    )


def categorical_focal_crossentropy(
    targets: Any, scores: Any, *, from_logits: bool = True, alpha: float = 0.25, gamma: float = 2.0, label_smoothing: float = 0.0
) -> Any:
    """-alpha sum_j (1 - p_j)^gamma t_j log p_j (Lin et al., 2017, arXiv:1708.02002)."""
    return keras.losses.categorical_focal_crossentropy(
        one_hot_labels(targets, scores), scores, alpha=alpha, gamma=gamma, from_logits=from_logits, label_smoothing=label_smoothing
    )


def categorical_generalized_cross_entropy(targets: Any, scores: Any, *, from_logits: bool = True, q: float = 0.5) -> Any:
    """(1 - p_y^q) / q, p_y the probability of the label's class (Zhang and Sabuncu, 2018, arXiv:1805.07836).

    Args:
        targets: integers (batch, ...) or one-hot (batch, ..., classes).
        scores: (batch, ..., classes).
        q: between 0 (cross-entropy) and 1 (absolute error).
    """
    shares = keras.ops.softmax(scores) if from_logits else scores
    # A probability of exactly 0 has an infinite slope.
    right = keras.ops.sum(one_hot_labels(targets, scores) * keras.ops.maximum(shares, keras.config.epsilon()), axis=-1)
    return (1 - keras.ops.power(right, q)) / q


def binary_focal_crossentropy(
    targets: Any,
    scores: Any,
    *,
    from_logits: bool = True,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    label_smoothing: float = 0.0,
) -> Any:
    """-(1 - p_t)^gamma log p_t, p_t the probability of the right answer (Lin et al., 2017, arXiv:1708.02002)."""
    return keras.losses.binary_focal_crossentropy(
        binary_labels(targets, scores),
        scores,
        apply_class_balancing=apply_class_balancing,
        alpha=alpha,
        gamma=gamma,
        from_logits=from_logits,
        label_smoothing=label_smoothing,
    )


def multiclass_hinge(targets: Any, scores: Any, *, margin: float = 1.0) -> Any:
    """sum over j != y of max(0, s_j - s_y + margin) (Weston and Watkins, 1999).

    2.9 for scores 3.2, 5.1, -1.7 and y = 0.
    """
    labels = one_hot_labels(targets, scores)
    right = tf.reduce_sum(labels * scores, axis=-1, keepdims=True)
    return tf.reduce_sum((1 - labels) * tf.nn.relu(scores - right + margin), axis=-1)


def categorical_hinge(targets: Any, scores: Any) -> Any:
    """max(0, max_j (1 - t_j) s_j - sum_j t_j s_j + 1)."""
    return keras.losses.categorical_hinge(one_hot_labels(targets, scores), scores)


def hinge(targets: Any, scores: Any) -> Any:
    """mean_j of max(0, 1 - t_j s_j), t from {-1, 1} or {0, 1}."""
    return tf.reduce_mean(tf.nn.relu(1 - _signs(targets, scores) * scores), axis=-1)


def squared_hinge(targets: Any, scores: Any) -> Any:
    """mean_j of max(0, 1 - t_j s_j)^2, t from {-1, 1} or {0, 1}."""
    return tf.reduce_mean(tf.square(tf.nn.relu(1 - _signs(targets, scores) * scores)), axis=-1)


def _signs(targets: Any, scores: Any) -> Any:
    """Targets as -1 and 1. Keras looks at the whole batch to tell {0, 1} from {-1, 1}, which parts of a batch may not agree on."""
    return tf.where(binary_labels(targets, scores) > 0, tf.ones_like(scores), -tf.ones_like(scores))


def kl_divergence(targets: Any, scores: Any, *, from_logits: bool = True) -> Any:
    """sum_j t_j log(t_j / p_j) with p the softmax of the logits."""
    probabilities = tf.nn.softmax(scores) if from_logits else scores
    return keras.losses.kl_divergence(one_hot_labels(targets, scores), probabilities)
