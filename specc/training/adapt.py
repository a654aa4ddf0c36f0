"""Normalization layers that were given no mean take it from the training data."""

from __future__ import annotations

from typing import Any

import keras

from specc.data.feed import Feed
from specc.keras_backend.network import inputs_of


def adapt_normalization(model: keras.Model, feed: Feed) -> None:
    """Sets mean and variance of each such layer to those of what reaches it, in the order in which the layers come."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None:
            before = keras.Model(model.inputs, layer.input)
            layer.adapt(feed.stream(0, 1).map(lambda batch, before=before: _reaching(before, batch)))


def _reaching(model: keras.Model, batch: Any) -> Any:
    return model(inputs_of(model, batch), training=False)
