"""The sections about data and training, bound to their classes and checked against the network."""

from __future__ import annotations

from typing import Any

from specc.diagnostics import Sink
from specc.graph import Graph
from specc.language.comparing import check_comparing
from specc.language.document import Document
from specc.language.documents import open_document
from specc.language.evaluation import Evaluator, Exhausted, Failed
from specc.language.expand import Expander
from specc.language.schema import SchemaBuilder
from specc.language.scope import Scope
from specc.language.spelling import spelled_value
from specc.language.stages import staged
from specc.language.step_paths import check_step_paths
from specc.language.validation import Validator, check_values
from specc.language.wiring import check_wiring
from specc.registry.data.mismatches import mismatches, unknown_names, unusable_cache
from specc.registry.entry import bind_value
from specc.registry.experiment import SECTIONS, Data, Experiment
from specc.registry.types import Section


def bind_experiment(document: Document) -> Experiment:
    """The sections of a document about data and training, expressions over its params evaluated. Raises SpecError."""
    sink = Sink()
    experiment = _bound(document, sink)
    sink.raise_errors()
    assert experiment is not None
    return experiment


def check_experiment(document: Document, graph: Graph, used: Graph, sink: Sink) -> None:
    """Reports what is wrong with data and training, and where they do not fit the network.

    Args:
        graph: the training graph.
        used: the one that is used after training.
    """
    experiment = _bound(document, sink)
    if experiment is None:
        return
    check_step_paths(document, graph, used, experiment, sink)
    if check_transforms(document, experiment, sink) and "train" in document.root:
        check_wiring(document, graph, experiment, sink)
        check_comparing(document, experiment, sink)


def check_transforms(document: Document, experiment: Experiment, sink: Sink) -> bool:
    """Reports names and transforms that do not fit the data, where the source tells what they are without being read. Whether all fit."""
    fits = True
    for part in Data.parameters:
        pipeline = getattr(experiment.data, part)
        if pipeline is None:
            continue
        known = pipeline.given_fields()
        fitting = mismatches(pipeline, known) if known is not None else ()
        for path, message, help in (*unknown_names(pipeline), *unusable_cache(pipeline), *fitting):
            sink.error("E0507", message, document.span_of("data", part, *path), help=help)
            fits = False
    return fits


def _bound(document: Document, sink: Sink) -> Experiment | None:
    expander = Expander(True, sink)
    try:
        frame = open_document(expander, document, Scope(""), {})
    except Exhausted:
        return None
    found: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        node = document.root.get(name)
        if node is None:
            found[name] = bind_value(kind, {} if isinstance(kind, Section) else None)
            continue
        try:
            values = spelled_value(kind, Evaluator(sink, True).value(node, frame))
        except (Exhausted, Failed):
            return None
        builder = SchemaBuilder()
        schema = builder.of(kind)
        if not check_values(Validator({**schema, "$defs": builder.definitions}), values, node, sink, name):
            return None
        found[name] = bind_value(kind, staged(values) if name == "train" else values)
    return Experiment(**found)
