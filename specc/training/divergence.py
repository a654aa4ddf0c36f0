"""Where a loss that is no number comes from: the run is taken up once more, and looked at where it went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from specc.keras_backend.network import inputs_of
from specc.training.checkpoint import Saved
from specc.training.distribution import iterate
from specc.training.job import Job
from specc.training.loop import Position, executor
from specc.training.saving import take_up
from specc.training.step import training_step

UNKNOWN = "where, could not be found out: once more, the same steps were right"


def first_bad(job: Job, saved: Saved, position: Position) -> str:
    """What is first no number in the last step before a position: `layer stage/0/conv2d`, or `the loss itself`.

    Goes from a checkpoint to that step again; then the job has the weights from before it.
    """
    start = take_up(job, saved)
    names = job.objective.names(job.network, training=True)
    batches = iterate(partial(job.training.stream, start.epoch, position.epoch + 1, start.done), job.strategy, training=True)
    before = (position.epoch - start.epoch) * job.training.steps + position.done - start.done - 1
    executor(training_step(job, names), job.strategy)(batches, tf.constant(before), tf.zeros((len(names) + 3,)))
    batch = next(batches)
    for part in _parts(batch, job.strategy):
        for found in _bad(job, part):
            return found
    return UNKNOWN


def _parts(batch: Mapping[str, Any], strategy: tf.distribute.Strategy) -> list[dict[str, Any]]:
    """The batch of each replica."""
    parts = [strategy.experimental_local_results(value) for value in tf.nest.flatten(batch)]
    return [tf.nest.pack_sequence_as(batch, values) for values in zip(*parts, strict=True)]


def _bad(job: Job, batch: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is no number, in the order in which a step comes upon it."""
    yield from (f"field `{name}` of the data" for name, value in batch.items() if not all(map(_is_finite, tf.nest.flatten(value))))
    paths = {layer.name: layer.path for layer in job.network.training_graph.layers}
    model = job.network.training
    for variable in model.trainable_variables:
        if not _is_finite(variable):
            yield f"weight `{_path(variable.path, paths)}`, which an update has made"
    yield from _bad_outputs(job, batch)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(job.objective.losses(job.network, batch, job.state).loss)
    if not _is_finite(loss):
        yield "the loss itself, of outputs that are numbers"
    gradients = tape.gradient(loss, model.trainable_variables)
    for variable, gradient in reversed(list(zip(model.trainable_variables, gradients, strict=True))):
        if gradient is not None and not _is_finite(gradient):
            yield f"the gradient of `{_path(variable.path, paths)}`"


def _bad_outputs(job: Job, batch: Mapping[str, Any]) -> Iterator[str]:
    model, graph = job.network.training, job.network.training_graph
    by_name = {layer.name: layer.path for layer in graph.layers}
    paths = {id(layer): by_name[layer.name] for layer in model.layers if layer.name in by_name}
    functions = [operation for operation in model.operations if not isinstance(operation, keras.layers.Layer)]
    paths |= zip(map(id, functions), (node.path for node in graph.nodes if node.layer.call.is_operation), strict=False)
    nodes = [node for depth in sorted(model._nodes_by_depth, reverse=True) for node in model._nodes_by_depth[depth] if node.arguments]
    nodes = [node for node in nodes if not isinstance(node.operation, keras.layers.InputLayer)]
    outputs = keras.Model(model.inputs, [node.output_tensors for node in nodes])(inputs_of(model, batch), training=True)
    for node, values in zip(nodes, outputs, strict=True):
        if not all(map(_is_finite, keras.tree.flatten(values))):
            yield f"the output of `{paths.get(id(node.operation), node.operation.name)}`"


def _path(path: str, paths: Mapping[str, str]) -> str:
    layer, _, rest = path.partition("/")
    return f"{paths.get(layer, layer)}/{rest}"


def _is_finite(value: Any) -> bool:
    value = tf.convert_to_tensor(value)
    return not value.dtype.is_floating or bool(tf.reduce_all(tf.math.is_finite(value)))
