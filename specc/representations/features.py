"""What a network makes of examples, at one of its steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.data.failures import telling
from specc.data.feed import Feed
from specc.diagnostics import Span, fail
from specc.graph import Graph, Tensor
from specc.keras_backend.build import Builder
from specc.keras_backend.network import inputs_of, settle_normalization
from specc.language.step_paths import is_within
from specc.representations.labelled import LabelledData


@dataclass(frozen=True)
class Features:
    """Features of examples, and their classes.

    Args:
        vectors: shape (examples, dimensions), float32.
        labels: shape (examples,).
    """

    vectors: np.ndarray
    labels: np.ndarray


class Representation:
    """A network cut off at a step, and the labelled examples that it is held against.

    Args:
        graph: the network as it is used.
        data: the examples.
        step: the path of the step whose output is taken; of a block the last of its steps. None takes the network's only output.
        span: where the step is named.
    """

    def __init__(self, graph: Graph, data: LabelledData, step: str | None = None, span: Span | None = None) -> None:
        self.data = data
        self._model = Builder().model(replace(graph, name="features", outputs={"features": feature_tensor(graph, step, span)}))

    def take_over(self, model: keras.Model) -> None:
        """Takes the weights of the whole network."""
        for layer in self._model.layers:
            for own, weight in zip(layer.weights, model.get_layer(layer.name).weights if layer.weights else (), strict=True):
                own.assign(weight)
        settle_normalization(self._model)

    def features(self) -> tuple[Features, Features]:
        """Those of the bank, and those of the held-out examples."""
        return self._of(self.data.bank), self.held_out()

    def held_out(self) -> Features:
        """Those of the held-out examples."""
        return self._of(self.data.held_out)

    def _of(self, feed: Feed) -> Features:
        vectors, labels = [], []
        with telling(None, feed):
            for batch in feed.stream(0, 1):
                vectors.append(np.asarray(self._vectors(batch)))
                labels.append(np.asarray(batch[self.data.label]))
        return Features(np.concatenate(vectors), np.concatenate(labels))

    @tf.function(reduce_retracing=True)
    def _vectors(self, batch: Any) -> Any:
        found = tf.cast(self._model(inputs_of(self._model, batch), training=False), tf.float32)
        inner = list(range(1, found.shape.rank - 1))  # the places of a map, or of a sequence
        return tf.reduce_mean(found, axis=inner) if inner else found


def feature_tensor(graph: Graph, step: str | None, span: Span | None = None) -> Tensor:
    """The output of a step, or the network's only output. Raises SpecError where there is no such one."""
    if step is None:
        outputs = list(graph.outputs.values())
        if len(outputs) == 1 and isinstance(outputs[0], Tensor):
            return outputs[0]
        raise fail(
            "E0512", f"the network has {len(outputs)} outputs, so the step with its features has to be named", span, help="`features: ...`"
        )
    nodes = [node for node in graph.nodes if is_within(node.path, step)]
    if not nodes:
        raise fail("E0210", f"no step has the path `{step}`", span, help="`specc summary` shows the paths")
    return Tensor(nodes[-1].outputs[0], nodes[-1])
