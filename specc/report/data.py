"""A network as JSON values, for tools. The form is stable; keys may be added. What is not known statically is null."""

from __future__ import annotations

from typing import Any

from specc.graph import Argument, Graph, Node, Tensor, TensorSpec
from specc.report.outline import Part, outline

VERSION = 1


def as_json(graph: Graph, *, depth: int = 1, batch: int = 1) -> dict[str, Any]:
    """The graph with every node, and its blocks as an outline.

    Args:
        depth: levels of names in `blocks`; deeper ones follow the one that they belong to, with their `level`.
        batch: how many examples the `activation_bytes` are for.
    """
    return {
        "version": VERSION,
        "name": graph.name,
        "training": graph.training,
        "batch": batch,
        "parameters": graph.parameters,
        "trainable_parameters": graph.trainable_parameters,
        "multiply_adds": graph.macs,
        "activation_bytes": _times(graph.activation_bytes, batch),
        "inputs": {name: _tensor(tensor.spec) for name, tensor in graph.inputs.items()},
        "outputs": {name: _output(value) for name, value in graph.outputs.items()},
        "nodes": [_node(node, batch) for node in graph.nodes],
        "blocks": [_block(part, batch) for part in outline(graph, depth)],
    }


def _tensor(spec: TensorSpec) -> dict[str, Any]:
    return {"shape": list(spec.shape), "dtype": spec.dtype}


def _output(value: Argument) -> Any:
    return _tensor(value.spec) if isinstance(value, Tensor) else [_tensor(tensor.spec) for tensor in value]


def _node(node: Node, batch: int) -> dict[str, Any]:
    weights = [{"name": weight.name, "shape": list(weight.shape), "trainable": weight.trainable} for weight in node.layer.weights]
    return {
        "path": node.path,
        "word": node.layer.word,
        "layer": node.layer.name,
        "inputs": [tensor.name if tensor.node is None else tensor.node.path for tensor in node.inputs],
        "outputs": [_tensor(spec) for spec in node.outputs],
        "weights": weights,
        "parameters": node.layer.parameters,
        "multiply_adds": node.macs,
        "activation_bytes": _times(node.activation_bytes, batch),
    }


def _block(part: Part, batch: int) -> dict[str, Any]:
    return {
        "name": part.path,
        "level": part.level,
        "nodes": len(part.nodes),
        "parameters": part.parameters,
        "multiply_adds": part.macs,
        "activation_bytes": _times(part.activation_bytes, batch),
    }


def _times(size: int | None, batch: int) -> int | None:
    return None if size is None else size * batch
