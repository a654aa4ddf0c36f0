"""The sections about data and training, bound to their classes and checked against the network."""

from __future__ import annotations

from typing import Any

from specc.diagnostics import Sink
from specc.graph import Graph
from specc.language.document import Document
from specc.language.documents import open_document
from specc.language.evaluation import Evaluator, Failed
from specc.language.expand import Expander
from specc.language.schema import SchemaBuilder
from specc.language.scope import Scope
from specc.language.syntax import MapNode
from specc.language.validation import Validator, check_values
from specc.language.wiring import check_wiring
from specc.registry.entry import bind
from specc.registry.experiment import Data, Experiment, Train


def bind_experiment(document: Document) -> Experiment:
    """Data and training of a document, expressions over its params evaluated. Raises SpecError."""
    sink = Sink()
    experiment = _bound(document, sink)
    sink.raise_errors()
    assert experiment is not None
    return experiment


def check_experiment(document: Document, graph: Graph, sink: Sink) -> None:
    """Reports what is wrong with data and training, and where losses do not fit the network's outputs."""
    experiment = _bound(document, sink)
    if experiment is None or "train" not in document.root:
        return
    check_wiring(document, graph, experiment, sink)


def _bound(document: Document, sink: Sink) -> Experiment | None:
    expander = Expander(True, sink)
    frame = open_document(expander, document, Scope(""), {})
    found: dict[str, Any] = {}
    for name, params in (("data", Data), ("train", Train)):
        node = document.root.get(name)
        if not isinstance(node, MapNode):
            found[name] = params()
            continue
        try:
            values = Evaluator(sink, True).value(node, frame)
        except Failed:
            return None
        builder = SchemaBuilder()
        schema = builder.section(params)
        if not check_values(Validator({**schema, "$defs": builder.definitions}), values, node, sink, name):
            return None
        found[name] = bind(params, values)
    return Experiment(found["data"], found["train"])
