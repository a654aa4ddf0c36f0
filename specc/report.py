"""What a network costs, from its graph alone: as a table for people, as JSON for tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from specc.graph import Argument, Graph, Layer, Node, Tensor, TensorSpec

HEADINGS = ("node", "word", "output", "weights", "multiply-adds", "memory")


def as_text(graph: Graph) -> str:
    """Every node with its shape and costs, then the totals by top-level block and of the whole."""
    rows: list[tuple[str, ...]] = [(f"input {name}", "", str(tensor.spec), "", "", "") for name, tensor in graph.inputs.items()]
    seen: set[Layer] = set()
    for node in graph.nodes:
        rows.append(_row(node, shared=node.layer in seen))
        seen.add(node.layer)
    rows += [(f"output {name}", "", _shapes(tensors(value)), "", "", "") for name, value in graph.outputs.items()]
    parts = [_table(HEADINGS, rows)]
    blocks = by_block(graph)
    if 1 < len(blocks) < len(graph.nodes):
        parts.append(_table(("block", "nodes", "weights", "multiply-adds", "memory"), [_block_row(*block) for block in blocks.items()]))
    return "\n\n".join([*parts, totals(graph)])


def totals(graph: Graph) -> str:
    """Four lines that say what the whole network weighs and costs."""
    weights = f"{graph.parameters:,}"
    if graph.trainable_parameters != graph.parameters:
        weights += f", {graph.trainable_parameters:,} of them trainable"
    size = sum(weight.size * 4 for layer in graph.layers for weight in layer.weights)
    lines = [
        ("network", graph.name + (", as it is trained" if graph.training else "")),
        ("parameters", f"{weights} ({memory(size)} as float32)"),
        ("multiply-adds", f"{count(graph.macs)} for one example"),
        ("activations", f"{memory(graph.activation_bytes)} for one example"),
    ]
    return "\n".join(f"{name:<14} {text}" for name, text in lines)


def brief(graph: Graph) -> str:
    """`25,636,712 parameters, 3.86 G multiply-adds`; what is not known is left out."""
    macs = "" if graph.macs is None else f", {count(graph.macs)} multiply-adds"
    return f"{graph.parameters:,} parameters{macs}"


def tensors(argument: Argument) -> tuple[Tensor, ...]:
    """A tensor or a list of them, as a list."""
    return (argument,) if isinstance(argument, Tensor) else argument


def block_of(node: Node) -> str:
    """The top-level step that a node belongs to; the iterations of a repeat apart: `stage/0`."""
    first, _, rest = node.path.partition("/")
    second = rest.split("/", 1)[0]
    return f"{first}/{second}" if second.isdigit() else first


def by_block(graph: Graph) -> dict[str, list[Node]]:
    """The nodes of each top-level block, in order."""
    blocks: dict[str, list[Node]] = {}
    for node in graph.nodes:
        blocks.setdefault(block_of(node), []).append(node)
    return blocks


def count(number: int | None) -> str:
    """A large count with three digits or so: `3.86 G`."""
    if number is None:
        return "?"
    for power, prefix in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= power:
            scaled = number / power
            return f"{scaled:.{2 if scaled < 10 else 1 if scaled < 100 else 0}f}{prefix}"
    return str(number)


def memory(size: int | None) -> str:
    """A number of bytes in binary units: `97.8 MiB`."""
    if size is None:
        return "?"
    for power, unit in ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= power:
            return f"{size / power:.1f} {unit}"
    return f"{size} B"


def _row(node: Node, shared: bool) -> tuple[str, ...]:
    weights = "shared" if shared and node.layer.weights else f"{node.layer.parameters:,}" if node.layer.weights else ""
    macs = "" if node.macs == 0 else count(node.macs)
    return node.path, node.layer.word, _spec_shapes(node.outputs), weights, macs, memory(node.activation_bytes)


def _block_row(name: str, nodes: Sequence[Node]) -> tuple[str, ...]:
    parameters, macs, size = _costs(nodes)
    return name, str(len(nodes)), f"{parameters:,}", count(macs), memory(size)


def _costs(nodes: Sequence[Node]) -> tuple[int, int | None, int | None]:
    """Parameters, multiply-adds and bytes of some nodes; a layer counts where it is first used."""
    parameters = sum(layer.parameters for layer in {node.layer: None for node in nodes})
    return parameters, _sum(node.macs for node in nodes), _sum(node.activation_bytes for node in nodes)


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _shapes(values: Sequence[Tensor]) -> str:
    return _spec_shapes([tensor.spec for tensor in values])


def _spec_shapes(specs: Sequence[TensorSpec]) -> str:
    shown = ", ".join(str(spec) for spec in specs[:3])
    return shown if len(specs) <= 3 else f"{shown}, ... {len(specs)} in all"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart: text to the left, numbers to the right."""
    numeric = ("nodes", "weights", "multiply-adds", "memory")
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]

    def line(row: Sequence[str]) -> str:
        cells = zip(headings, row, widths, strict=True)
        return "  ".join(f"{cell:>{width}}" if heading in numeric else f"{cell:<{width}}" for heading, cell, width in cells).rstrip()

    return "\n".join([line(headings), "  ".join("-" * width for width in widths), *(line(row) for row in rows)])


def as_json(graph: Graph) -> dict[str, Any]:
    """The graph as JSON values. The form is stable; keys may be added. What is not known statically is null."""
    return {
        "version": 1,
        "name": graph.name,
        "training": graph.training,
        "parameters": graph.parameters,
        "trainable_parameters": graph.trainable_parameters,
        "multiply_adds": graph.macs,
        "activation_bytes": graph.activation_bytes,
        "inputs": {name: _tensor_as_json(tensor.spec) for name, tensor in graph.inputs.items()},
        "outputs": {name: _output_as_json(value) for name, value in graph.outputs.items()},
        "nodes": [_node_as_json(node) for node in graph.nodes],
        "blocks": [_block_as_json(name, nodes) for name, nodes in by_block(graph).items()],
    }


def _tensor_as_json(spec: TensorSpec) -> dict[str, Any]:
    return {"shape": list(spec.shape), "dtype": spec.dtype}


def _output_as_json(value: Argument) -> Any:
    return _tensor_as_json(value.spec) if isinstance(value, Tensor) else [_tensor_as_json(tensor.spec) for tensor in value]


def _node_as_json(node: Node) -> dict[str, Any]:
    weights = [{"name": weight.name, "shape": list(weight.shape), "trainable": weight.trainable} for weight in node.layer.weights]
    return {
        "path": node.path,
        "word": node.layer.word,
        "layer": node.layer.name,
        "inputs": [tensor.name if tensor.node is None else tensor.node.path for tensor in node.inputs],
        "outputs": [_tensor_as_json(spec) for spec in node.outputs],
        "weights": weights,
        "parameters": node.layer.parameters,
        "multiply_adds": node.macs,
        "activation_bytes": node.activation_bytes,
    }


def _block_as_json(name: str, nodes: Sequence[Node]) -> dict[str, Any]:
    parameters, macs, size = _costs(nodes)
    return {"name": name, "nodes": len(nodes), "parameters": parameters, "multiply_adds": macs, "activation_bytes": size}
