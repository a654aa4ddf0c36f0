"""The layer that a head ends with."""

from __future__ import annotations

import keras

from specc.graph import Tensor
from specc.keras_backend.network import Network


def last_layer(network: Network, head: str) -> keras.layers.Layer:
    """The last layer with weights before a head of the network as it learns."""
    output = network.training_graph.outputs[head]
    assert isinstance(output, Tensor)
    node = output.node
    while node is not None and not node.layer.weights:
        node = next(node.inputs).node
    assert node is not None
    return network.training.get_layer(node.layer.name)
