"""Transforms of values, whatever they stand for."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def rescaling(x: Any, *, scale: float, offset: float = 0.0) -> Any:
    """x * scale + offset."""
    return tf.cast(x, tf.float32) * scale + offset


def normalize(x: Any, *, mean: list[float], std: list[float]) -> Any:
    """(x - mean) / std by channel."""
    return (tf.cast(x, tf.float32) - tf.constant(mean, tf.float32)) / tf.constant(std, tf.float32)


def one_hot(labels: Any, *, classes: int) -> Any:
    """Integers as vectors."""
    return tf.one_hot(tf.cast(labels, tf.int32), classes)
