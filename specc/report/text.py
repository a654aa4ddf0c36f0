"""A network as a table: every node, or the outline down to a depth, then totals."""

from __future__ import annotations

from collections.abc import Sequence

from specc.graph import Graph, Layer, Node
from specc.report.outline import Part, outline
from specc.report.quantities import brief, count, memory, shapes, specs_of, weights_text
from specc.report.table import table

Row = tuple[str, ...]


def as_text(graph: Graph, *, depth: int | None = None, batch: int = 1, trained: Graph | None = None) -> str:
    """Every node with its shape and costs, then totals.

    Args:
        depth: names shown of a path, what is below them gathered; None shows every node, and totals by top-level block.
        batch: how many examples the memory of activations is for.
        trained: the graph that training runs, where it is another one.
    """
    if depth is not None:
        return "\n\n".join([_outline_table(graph, outline(graph, depth), batch), _totals(graph, batch, trained)])
    parts = [_node_table(graph, batch)]
    blocks = outline(graph, 1)
    if 1 < len(blocks) < len(graph.nodes):
        parts.append(_block_table(blocks, batch))
    return "\n\n".join([*parts, _totals(graph, batch, trained)])


def _node_table(graph: Graph, batch: int) -> str:
    rows: list[Row] = [("node", "word", "output", "weights", "multiply-adds", "memory")]
    rows += [(f"input {name}", "", str(tensor.spec), "", "", "") for name, tensor in graph.inputs.items()]
    seen: set[Layer] = set()
    for node in graph.nodes:
        weights = _node_weights(node, shared=node.layer in seen)
        rows.append((node.path, node.layer.word, shapes(node.outputs), weights, _macs(node.macs), _memory(node.activation_bytes, batch)))
        seen.add(node.layer)
    rows += [(f"output {name}", "", shapes(specs_of(value)), "", "", "") for name, value in graph.outputs.items()]
    return table(rows, numeric=(3, 4, 5))


def _outline_table(graph: Graph, parts: Sequence[Part], batch: int) -> str:
    rows: list[Row] = [("block", "nodes", "output", "weights", "multiply-adds", "memory")]
    rows += [(f"input {name}", "", str(tensor.spec), "", "", "") for name, tensor in graph.inputs.items()]
    for part in parts:
        nodes = "" if part.node else str(len(part.nodes))
        costs = (_part_weights(part), _macs(part.macs), _memory(part.activation_bytes, batch))
        rows.append(("  " * part.level + part.name, nodes, shapes(part.last.outputs), *costs))
    rows += [(f"output {name}", "", shapes(specs_of(value)), "", "", "") for name, value in graph.outputs.items()]
    return table(rows, numeric=(1, 3, 4, 5))


def _block_table(blocks: Sequence[Part], batch: int) -> str:
    rows: list[Row] = [("block", "nodes", "weights", "multiply-adds", "memory")]
    for part in blocks:
        rows.append((part.name, str(len(part.nodes)), f"{part.parameters:,}", count(part.macs), _memory(part.activation_bytes, batch)))
    return table(rows, numeric=(1, 2, 3, 4))


def _totals(graph: Graph, batch: int, trained: Graph | None) -> str:
    """A few lines that say what the whole network weighs and costs."""
    examples = "one example" if batch == 1 else f"a batch of {batch}"
    lines = [
        ("network", graph.name + (", as it is trained" if graph.training else "")),
        ("parameters", weights_text(graph)),
        ("multiply-adds", f"{count(graph.macs)} for one example"),
        ("activations", f"{_memory(graph.activation_bytes, batch)} for {examples}"),
    ]
    if trained is not None and brief(trained) != brief(graph):
        lines.append(("in training", brief(trained)))
    return "\n".join(f"{name:<14} {text}" for name, text in lines)


def _node_weights(node: Node, shared: bool) -> str:
    if not node.layer.weights:
        return ""
    return "shared" if shared else f"{node.layer.parameters:,}"


def _part_weights(part: Part) -> str:
    """The weights that a part owns; of one that only uses others' weights that they are shared."""
    if not any(node.layer.weights for node in part.nodes):
        return ""
    return f"{part.parameters:,}" if any(node.layer.weights for node in part.first_uses) else "shared"


def _macs(number: int | None) -> str:
    return "" if number == 0 else count(number)


def _memory(size: int | None, batch: int) -> str:
    return memory(None if size is None else size * batch)
