"""Labels in the form that a loss needs: integers or one-hot is read from the shapes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def integer_labels(targets: Any, scores: Any) -> Any | None:
    """Labels (batch, ...) as integers; None where the targets have a value for each score."""
    if targets.shape.rank == scores.shape.rank and targets.shape[-1] == 1 and scores.shape[-1] != 1:
        targets = tf.squeeze(targets, -1)
    return tf.cast(targets, tf.int32) if targets.shape.rank == scores.shape.rank - 1 else None


def one_hot_labels(targets: Any, scores: Any) -> Any:
    """Labels (batch, ..., classes), of the scores' type."""
    labels = integer_labels(targets, scores)
    return tf.cast(targets, scores.dtype) if labels is None else tf.one_hot(labels, tf.shape(scores)[-1], dtype=scores.dtype)


def binary_labels(targets: Any, scores: Any) -> Any:
    """A yes or no for each score: (batch,) becomes (batch, 1), integers among several classes become one-hot."""
    return aligned(targets, scores) if scores.shape[-1] == 1 else one_hot_labels(targets, scores)


def aligned(targets: Any, outputs: Any) -> Any:
    """Targets of the outputs' type and rank; a last axis of 1 that they lack is added."""
    targets = tf.cast(targets, outputs.dtype)
    return tf.expand_dims(targets, -1) if targets.shape.rank == outputs.shape.rank - 1 else targets


def per_example(values: Any) -> Any:
    """The mean over all axes but the first: (batch, ...) becomes (batch,)."""
    return values if values.shape.rank == 1 else tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))
