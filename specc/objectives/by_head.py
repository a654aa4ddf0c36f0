"""The objective of most tasks: a loss for each head, weighted and added."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from typing import Any

import tensorflow as tf

from specc.graph import Graph
from specc.keras_backend.build import resolve
from specc.keras_backend.network import Network
from specc.language.wiring import Wired
from specc.objectives.labels import aligned, one_hot_labels, per_example
from specc.objectives.objective import Batch, Objective, Terms
from specc.registry.entry import Choice, bind_value
from specc.registry.objectives.losses import loss_params
from specc.registry.types import ChoiceOf

NOT_ARGUMENTS = ("weight", "target", "sample_weight", "class_weight")  # they are ours, not the loss function's


class ByHead(Objective):
    """Losses by head.

    Args:
        wired: the losses with their heads and targets.
        metrics: what is reported beside; without any, what each loss names.
    """

    def __init__(self, wired: Sequence[Wired], metrics: Sequence[Choice] = ()) -> None:
        self._heads = [_Head(one, metrics) for one in wired]

    def names(self, network: Network, *, training: bool) -> tuple[str, ...]:
        heads = self._among(network.training_graph if training else network.inference_graph)
        return tuple(name for head in heads for name in head.names(prefixed=len(heads) > 1))

    def losses(self, network: Network, batch: Batch, state: Any) -> Terms:
        return self._terms(network, network.training_graph, batch, training=True)

    def measure(self, network: Network, batch: Batch) -> Terms:
        """Heads that are there only while learning do not count."""
        return self._terms(network, network.inference_graph, batch, training=False)

    def _terms(self, network: Network, graph: Graph, batch: Batch, *, training: bool) -> Terms:
        outputs = network.outputs(batch, training=training)
        heads = self._among(graph)
        total, reported = tf.constant(0.0), dict[str, Any]()
        for head in heads:
            loss, values = head(outputs[head.name], batch)
            total = total + head.weight * loss
            values = [loss, *values] if len(heads) > 1 else values
            reported.update(zip(head.names(prefixed=len(heads) > 1), values, strict=True))
        return Terms(total, reported)

    def _among(self, graph: Graph) -> list[_Head]:
        return [head for head in self._heads if head.name in graph.outputs]


class _Head:
    """A head's loss and metrics as functions of its output and its target."""

    def __init__(self, wired: Wired, metrics: Sequence[Choice]) -> None:
        params = loss_params(wired.loss)
        self.name, self.target, self.weight = wired.head, wired.target, params.weight
        self._classes = params.labels is not None
        self._sample_weight, self._class_weight = params.sample_weight, getattr(params, "class_weight", None)
        self._loss = loss_function(wired)
        chosen = list(metrics) or [bind_value(ChoiceOf("metric"), name) for name in params.metrics]
        logits, binary = wired.scores == "logits", params.labels == "binary"
        self._metrics = {
            choice.name: partial(resolve(choice.entry.target), from_logits=logits, binary=binary, **_arguments(choice)) for choice in chosen
        }

    def names(self, *, prefixed: bool) -> list[str]:
        """What is reported. The loss of an only head is the whole loss, and has its name."""
        return [f"{self.name}_{name}" for name in ("loss", *self._metrics)] if prefixed else list(self._metrics)

    def __call__(self, output: Any, batch: Batch) -> tuple[Any, list[Any]]:
        output, target = tf.cast(output, tf.float32), batch[self.target]
        if output.shape.rank == 1:
            output = output[:, None]
        if not self._classes:
            target = aligned(target, output)
        losses = self._loss(target, output)
        if self._class_weight is not None:
            losses *= tf.linalg.matvec(one_hot_labels(target, output), tf.constant(self._class_weight, tf.float32))
        if self._sample_weight is not None:
            weights = tf.cast(batch[self._sample_weight], tf.float32)
            losses *= tf.reshape(weights, tf.concat([tf.shape(weights), tf.ones(len(losses.shape) - len(weights.shape), tf.int32)], 0))
        values = [metric(target, tf.stop_gradient(output)) for metric in self._metrics.values()]
        return per_example(losses), values


def loss_function(wired: Wired) -> Any:
    """The loss as a function of targets and outputs, its arguments filled in."""
    entry = wired.loss.entry
    arguments = _arguments(wired.loss)
    if "from_logits" in inspect.signature(resolve(entry.target)).parameters:
        arguments["from_logits"] = wired.scores == "logits"
    return partial(resolve(entry.target), **arguments)


def _arguments(choice: Choice) -> dict[str, Any]:
    return {name: value for name, value in vars(choice.params).items() if name not in NOT_ARGUMENTS}
