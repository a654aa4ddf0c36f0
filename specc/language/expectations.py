"""`expect`: what a spec says must hold of its network, verified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.diagnostics import Note, Sink
from specc.graph import Graph, Tensor
from specc.language.document import Document
from specc.language.syntax import MapNode, Node, plain_value

NOUNS = {"parameters": "parameters", "trainable_parameters": "trainable parameters", "macs": "multiply-adds"}


def check_expectations(document: Document, graph: Graph, sink: Sink) -> None:
    """Reports what a graph at default params does not fulfil; `expect.training` is about the training graph."""
    expected: Node | None = document.expect
    if document.overridden or not isinstance(expected, MapNode):
        return
    if graph.training:
        expected = expected.get("training")
    if not isinstance(expected, MapNode):
        return
    for key, node in expected:
        if key in NOUNS:
            _check_count(key, node, graph, sink)
        elif key == "outputs":
            _check_outputs(node, graph, sink)


def _check_count(key: str, node: Node, graph: Graph, sink: Sink) -> None:
    wanted, found = plain_value(node), getattr(graph, key)
    if found == wanted:
        return
    noun = NOUNS[key]
    if found is None:
        sink.error("E0320", f"the number of {noun} is not known, because a size is not", node.span)
        return
    notes = [Note(f"the difference is {found - wanted:+,}")]
    sink.error("E0320", f"{wanted:,} {noun} are expected, but the network has {found:,}", node.span, notes=notes)


def _check_outputs(node: Node, graph: Graph, sink: Sink) -> None:
    wanted: Mapping[str, Any] = plain_value(node)
    shapes = {name: list(output.spec.shape[1:]) for name, output in graph.outputs.items() if isinstance(output, Tensor)}
    for name, shape in wanted.items():
        span = node.entries[name].value.span if isinstance(node, MapNode) else node.span
        if name not in shapes:
            sink.error(
                "E0320", f"an output `{name}` is expected, but the outputs are {', '.join(f'`{each}`' for each in graph.outputs)}", span
            )
        elif shapes[name] != shape:
            sink.error("E0320", f"`{name}` is expected to have the shape {shape}, but has {shapes[name]}", span)
