"""The two models of a spec that is trained: as it learns, and as it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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

    def outputs(self, batch: Mapping[str, Any], *, training: bool) -> dict[str, Any]:
        """What the heads give for the fields of a batch: of the model as it learns, or as it is used."""
        model, graph = (self.training, self.training_graph) if training else (self.inference, self.inference_graph)
        return by_name(model(inputs_of(model, batch), training=training), tuple(graph.outputs))

    def twin(self) -> Network:
        """The same graph with weights of its own, which begin as copies of these: a teacher, an encoder of keys.

        Nothing is learned there by gradients; what is drawn at random is drawn anew.
        """
        made = build_network(self.training_graph, self.inference_graph)
        for copy, weight in zip(made.weights, self.weights, strict=True):
            copy.assign(weight)
        settle_normalization(made.training)
        settle_normalization(made.inference)
        return made

    @property
    def weights(self) -> list[keras.Variable]:
        """Those of both models, each once, in an order that is the twin's too."""
        found = {id(weight): weight for model in (self.training, self.inference) for weight in model.weights}
        return list(found.values())

    def follow(self, leader: Network, momentum: Any) -> None:
        """Moves the weights that learn towards those of the leader: w = momentum * w + (1 - momentum) * leader's w."""
        for weight, led in zip(self.weights, leader.weights, strict=True):
            if weight.trainable:
                weight.assign(momentum * weight + (1 - momentum) * led)


def settle_normalization(part: Any) -> None:
    """Has to be called when weights of a model, or a layer, were assigned: Keras's `Normalization` computes with copies of its own."""
    for layer in getattr(part, "layers", [part]):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def inputs_of(model: keras.Model, batch: Mapping[str, Any]) -> Any:
    """The fields of a batch that feed a model, as it takes them; of several views the first."""
    fed = {tensor.name: batch[tensor.name] for tensor in model.inputs}
    fed = {name: value[0] if isinstance(value, tuple) else value for name, value in fed.items()}
    named = {tensor.name: keras.ops.cast(fed[tensor.name], tensor.dtype) for tensor in model.inputs}
    return next(iter(named.values())) if len(named) == 1 else named


def by_name(outputs: Any, names: Sequence[str]) -> dict[str, Any]:
    """A model's outputs by the names of its heads; one output comes as itself."""
    return outputs if isinstance(outputs, dict) else {names[0]: outputs}


def build_network(training: Graph, inference: Graph) -> Network:
    """Both models of a spec. Pass one graph twice where they are equal."""
    builder = Builder()
    learning = builder.model(training)
    return Network(learning, learning if inference is training else builder.model(inference), training, inference)
