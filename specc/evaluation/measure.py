"""Metrics of a model on held-out data, and which classes it takes for which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.data.failures import telling
from specc.data.feed import Feed, feed
from specc.data.given import datasets, given_feed
from specc.data.pipeline import open_pipeline
from specc.data.tokens import wanted
from specc.diagnostics import fail
from specc.evaluation.pictures import draw_confusion
from specc.evaluation.trained import Trained, output_of, trained
from specc.graph import Graph, Tensor
from specc.keras_backend.network import Network, by_name, inputs_of
from specc.language.pending import require_measured
from specc.language.roles import listed, played
from specc.language.spec import Spec
from specc.language.wiring import Wired, check_feeding, is_whole, wire
from specc.objectives.choice import fields_needed, objective_of
from specc.objectives.labels import integer_labels
from specc.objectives.registered import try_losses
from specc.registry.experiment import Stage
from specc.registry.objectives.base import objective_params
from specc.registry.objectives.losses import loss_params
from specc.representations.looks import looks_of


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a model on held-out data.

    Args:
        metrics: values by name: `loss`, `accuracy`, ...
        examples: how many there were.
        classes: names of the classes; empty where the task has none.
        confusion: examples by (class, answer), shape (classes, classes); None where the task has no classes.
        pictures: the files that were written.
    """

    metrics: dict[str, float]
    examples: int
    classes: tuple[str, ...] = ()
    confusion: np.ndarray | None = None
    pictures: tuple[Path, ...] = ()


def evaluate(
    model: Any,
    *,
    spec: Spec | None = None,
    data: tf.data.Dataset | None = None,
    directory: str | Path | None = None,
    batch_size: int | None = None,
) -> Evaluation:
    """Measures a model on the spec's test data, or its validation data where it has no others, by the losses of the last stage.

    Args:
        model: a run, a run folder, a model, or a `.keras` file.
        spec: the spec that says data and losses; needed where `model` is no run.
        data: a data set that stands in for the spec's.
        directory: where pictures go; by default the run folder, without one nowhere.
        batch_size: by default the one of training.

    Raises:
        SpecError: there is no such run or model, or the data do not fit it.
    """
    found = trained(model)
    spec = spec or found.spec
    if spec is None:
        raise fail("E0512", "a model alone does not say on which data it is measured", help="name its run folder, or give `spec`")
    require_measured(spec.document)
    setting, looks = spec.experiment.stages[-1], looks_of(spec, spec.graph())
    beside = {name: value for look in looks for name, value in look.measure(found.model).items()}
    missing = _only_while_learning(setting, spec)
    if missing:
        if setting.objective is None or not looks:
            message = f"the heads {listed(missing)} are there only while learning, so that nothing is left to be measured"
            raise fail("E0509", message, spec.span_of("train"), help="`evaluate: knn` measures what the features are worth")
        return Evaluation(beside, looks[0].examples)
    held_out = _held_out(found, spec, setting, data, batch_size or setting.batch_size)
    wired = wire(spec.graph(training=True), setting, held_out.fields, span_of=spec.span_of)
    metrics, examples, confusion = _measured(found, spec, wired, held_out)
    classes = _names(held_out.classes or found.classes, confusion)
    folder = Path(directory) if directory is not None else found.path
    pictures: tuple[Path, ...] = ()
    if confusion is not None and folder is not None:
        pictures = (_written(folder, confusion, classes, spec.name),)
    return Evaluation({**metrics, **beside}, examples, classes, confusion, pictures)


def _only_while_learning(setting: Stage, spec: Spec) -> list[str]:
    """The heads that an objective over the whole model needs and that the model as it is used has not."""
    if setting.objective is None or not is_whole(setting):
        return []
    params = objective_params(setting.objective)
    roles = played(params.needs_outputs, params.outputs, list(spec.graph(training=True).outputs))
    return [head for head in roles.values() if head not in spec.graph().outputs]


def _held_out(found: Trained, spec: Spec, setting: Stage, data: tf.data.Dataset | None, batch_size: int) -> Feed:
    graph, part = spec.graph(), spec.experiment.data
    if data is not None:
        given = given_feed(datasets({"test": data})["test"], graph, setting, batch_size, "test")
        check_feeding(graph, given.fields)
        return given
    name = "test" if part.test is not None else "validation"
    pipeline = getattr(part, name)
    if pipeline is None:
        help = "add `data: {test: {source: ...}}`, or hand in `data` in Python"
        raise fail("E0509", f"`{spec.name}` has no held-out data: neither `test` nor `validation`", spec.span_of("data"), help=help)
    tokenizers = found.tokenizers()
    if tokenizers is None and part.train is not None and wanted(pipeline)[1]:
        tokenizers = open_pipeline(part.train, partial(spec.span_of, "data", "train")).tokenizers
    opened = open_pipeline(pipeline, partial(spec.span_of, "data", name), tokenizers)
    check_feeding(graph, opened.fields, span_of=spec.span_of, path=("data", name), strict=True)
    learning = spec.graph(training=True)
    wired = wire(learning, setting, opened.fields, span_of=spec.span_of)
    return feed(opened, batch_size, only=fields_needed(setting, wired, learning, opened.fields) & set(opened.fields))


def _is_of(model: keras.Model, graph: Graph) -> bool:
    """Whether a model has the inputs and outputs of a graph, by name and shape."""
    outputs = by_name(output_of(model), tuple(graph.outputs))
    inputs = {tensor.name: tuple(tensor.shape) for tensor in model.inputs}
    if inputs != {name: tensor.spec.shape for name, tensor in graph.inputs.items()} or set(outputs) != set(graph.outputs):
        return False
    described = {name: tensor.spec.shape for name, tensor in graph.outputs.items() if isinstance(tensor, Tensor)}
    return all(tuple(outputs[name].shape) == shape for name, shape in described.items())


def _measured(found: Trained, spec: Spec, wired: tuple[Wired, ...], held_out: Feed) -> tuple[dict[str, float], int, np.ndarray | None]:
    """Mean metrics, the number of examples, and the confusion of the first head of classes."""
    model, graph = found.model, spec.graph()
    if not _is_of(model, graph):
        raise fail("E0512", f"the model is not the one that `{spec.name}` describes", help="give the spec that it was compiled from")
    network = Network(model, model, graph, graph)
    try_losses(wired, graph, held_out.fields)
    objective = objective_of(spec.experiment.stages[-1], wired, spec.graph(training=True), held_out.fields)
    names = objective.names(network, training=False)
    head = next((one for one in wired if _size(spec, one) is not None), None)
    size = None if head is None else _size(spec, head)

    @tf.function(reduce_retracing=True)
    def step(batch: Any) -> tuple[Any, Any, Any, Any]:
        terms = objective.measure(network, batch)
        sums = tf.stack([tf.reduce_sum(terms.loss), *(tf.reduce_sum(terms.reported[name]) for name in names)])
        penalty = tf.add_n([tf.cast(loss, tf.float32) for loss in model.losses] or [tf.constant(0.0)])
        if head is None:
            return sums, penalty, tf.shape(terms.loss)[0], tf.constant(0)
        outputs = by_name(model(inputs_of(model, batch), training=False), tuple(graph.outputs))
        pairs = _pairs(tf.cast(outputs[head.head], tf.float32), batch[head.target], head)
        return sums, penalty, tf.shape(terms.loss)[0], tf.math.confusion_matrix(*pairs, num_classes=size)

    with telling(None, held_out):
        results = [[np.asarray(value) for value in step(batch)] for batch in held_out.stream(0, 1)]
    examples = int(sum(result[2] for result in results))
    sums = np.asarray([result[0] for result in results], np.float64)
    loss, *reported = (float(column.sum()) / examples for column in sums.T)
    metrics = {"loss": float(loss + results[0][1]), **{name: float(value) for name, value in zip(names, reported, strict=True)}}
    return metrics, examples, None if head is None else np.sum([result[3] for result in results], axis=0)


def _size(spec: Spec, wired: Wired) -> int | None:
    """Classes of a head that gives one answer an example; None for another one."""
    output = spec.graph().outputs.get(wired.head)
    kind = loss_params(wired.loss).labels
    if not isinstance(output, Tensor) or output.spec.rank != 2 or kind is None:
        return None
    units = output.spec.shape[1]
    return 2 if units == 1 else units if kind == "classes" else None


def _pairs(scores: Any, targets: Any, head: Wired) -> tuple[Any, Any]:
    """Labels and answers, shape (batch,)."""
    if scores.shape[-1] == 1:
        threshold = 0.0 if head.scores == "logits" else 0.5
        return tf.cast(tf.reshape(targets, [-1]) > 0, tf.int32), tf.cast(tf.reshape(scores, [-1]) > threshold, tf.int32)
    labels = integer_labels(targets, scores)
    return tf.argmax(targets, -1) if labels is None else labels, tf.argmax(scores, -1)


def _names(known: tuple[str, ...], confusion: np.ndarray | None) -> tuple[str, ...]:
    if confusion is None:
        return ()
    return known if len(known) == len(confusion) else tuple(str(number) for number in range(len(confusion)))


def _written(folder: Path, confusion: np.ndarray, classes: tuple[str, ...], name: str) -> Path:
    path = folder / "confusion.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draw_confusion(confusion, classes, path, name)
    except OSError as error:
        raise fail("E0512", f"{path} cannot be written: {error}") from error
    return path
