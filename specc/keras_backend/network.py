"""The two models of a spec that is trained: as it learns, and as it is used."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from specc.graph import Graph
from specc.keras_backend.build import Builder


@dataclass(frozen=True)
class Network:
    """`training` and `inference` share the layers that have equal paths, and so the weights.

    Where no step depends on `training`, both are one model.
    """

    training: keras.Model
    inference: keras.Model
    training_graph: Graph
    inference_graph: Graph


def build_network(training: Graph, inference: Graph) -> Network:
    """Both models of a spec. Pass one graph twice where they are equal."""
    builder = Builder()
    learning = builder.model(training)
    return Network(learning, learning if inference is training else builder.model(inference), training, inference)
