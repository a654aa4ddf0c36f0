"""`expect`: what a spec says must hold of its network, verified."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from specc.diagnostics import Note, Sink
from specc.graph import Graph, Tensor
from specc.language.document import Document
from specc.language.documents import open_document
from specc.language.evaluation import Exhausted, Failed, has_expression
from specc.language.expand import Expander
from specc.language.schema import EXPECTATIONS
from specc.language.scope import Scope
from specc.language.syntax import Entry, MapNode, Node, plain_value
from specc.language.validation import check_values, validator_of
from specc.registry.entry import nearest

NOUNS = {"parameters": "parameters", "trainable_parameters": "trainable parameters", "macs": "multiply-adds"}


def check_expectations(document: Document, graph: Graph, sink: Sink, both: bool = False) -> None:
    """Reports what a graph at default params does not fulfil; `expect.training` is about the training graph.

    Args:
        both: whether the training graph is this one too.
    """
    expected: Node | None = document.expect
    if not isinstance(expected, MapNode):
        return
    if not graph.training:
        _check(expected, document, graph, sink)
    learning = expected.get("training")
    if isinstance(learning, MapNode) and (graph.training or both):
        _check(learning, document, graph, sink)


def _check(expected: MapNode, document: Document, graph: Graph, sink: Sink) -> None:
    for key, node in expected:
        if key not in NOUNS and key != "outputs":
            continue
        try:
            wanted = _value(key, node, document, graph.training, sink)
        except (Exhausted, Failed):
            continue
        if key in NOUNS:
            _check_count(key, wanted, node, graph, sink)
        else:
            _check_outputs(wanted, node, graph, sink)


def _value(key: str, node: Node, document: Document, training: bool, sink: Sink) -> Any:
    """What is expected, expressions over the params evaluated. Raises Failed where it is wrong."""
    if not has_expression(node):
        return plain_value(node)
    expander = Expander(training, sink)
    value = expander.evaluator.value(node, open_document(expander, document, Scope(""), {}))
    places = MapNode({key: Entry(node.span, node)}, node.span)
    if not check_values(validator_of(json.dumps({"properties": EXPECTATIONS})), {key: value}, places, sink, "expect"):
        raise Failed
    return value


def _check_count(key: str, wanted: int, node: Node, graph: Graph, sink: Sink) -> None:
    found = getattr(graph, key)
    if found == wanted:
        return
    noun = NOUNS[key]
    if found is None:
        sink.error("E0320", f"the number of {noun} is not known, because a size is not", node.span)
        return
    notes = [Note(f"the difference is {found - wanted:+,}")]
    sink.error("E0320", f"{wanted:,} {noun} are expected, but the network has {found:,}", node.span, notes=notes)


def _check_outputs(wanted: Mapping[str, Any], node: Node, graph: Graph, sink: Sink) -> None:
    shapes = {name: list(output.spec.shape[1:]) for name, output in graph.outputs.items() if isinstance(output, Tensor)}
    for name, shape in wanted.items():
        span = node.entries[name].value.span if isinstance(node, MapNode) else node.span
        if name not in shapes:
            close = nearest(name, graph.outputs)
            message = f"an output `{name}` is expected, but the outputs are {', '.join(f'`{each}`' for each in graph.outputs)}"
            sink.error("E0320", message, span, help=f"did you mean `{close}`?" if close else None)
        elif shapes[name] != shape:
            sink.error("E0320", f"`{name}` is expected to have the shape {shape}, but has {shapes[name]}", span)
