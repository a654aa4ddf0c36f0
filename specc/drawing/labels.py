"""What is written in a drawing: in boxes, on edges, and in the notes that appear under the pointer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from specc.drawing.hierarchy import Part
from specc.graph import Graph, Group, KerasCall, Layer, Node, TensorSpec
from specc.registry.entry import find
from specc.report import count

SIGNS = {"add": "+", "subtract": "−", "multiply": "×", "concatenate": "cat", "average": "avg", "maximum": "max", "minimum": "min"}


class Caption(NamedTuple):
    """The text of a box: the name that its writer gave it, its word, and what matters of its arguments."""

    name: str
    word: str
    detail: str


def caption(part: Part, node: Node) -> Caption:
    """The text of a node."""
    word = node.layer.word
    arguments = named_arguments(node.layer)
    if word == "activation" and isinstance(arguments.get("activation"), str):
        word = arguments.pop("activation")
    automatic = rf"({re.escape(node.layer.word)}|parallel|skip|share)(_\d+)?(/.*)?"
    given = "" if re.fullmatch(automatic, part.label) else part.label
    shared = ["shared"] if node.layer.path != node.path and node.layer.weights else []
    return Caption(given, word, ", ".join([*filter(None, [_detail(word, arguments)]), *shared]))


def group_caption(part: Part) -> Caption:
    """The text of a step that others stand in."""
    assert part.group is not None
    word = part.group.word if part.group.kind in ("block", "model") else ""
    name, _, index = part.label.partition("/")
    if word and re.fullmatch(rf"{re.escape(word)}(_\d+)?", name):
        name, word = word, ""
    return Caption(f"{name}/{index}" if index else name, word, _group_detail(part.group))


def _group_detail(group: Group) -> str:
    """What tells a block from others of its kind, where that is a number: `3×3, 64, /2`."""
    return _detail("", {name: value for name, value in group.params.items() if isinstance(value, int) or name == "kernel_size"})


def named_arguments(layer: Layer) -> dict[str, Any]:
    """The arguments that a layer is made with, by name."""
    call = layer.call
    entry = find("layer", layer.word)
    names = [] if entry is None else [name for name, each in entry.params.parameters.items() if each.required and not each.call]
    if len(names) < len(call.args):
        names = [str(position) for position in range(len(call.args))]
    return {**dict(zip(names, call.args, strict=False)), **call.kwargs}


def _detail(word: str, arguments: Mapping[str, Any]) -> str:
    """What a figure says of a layer: `3×3, 64, /2, relu`."""
    dimensions = next((int(digit) for digit in re.findall(r"([123])d", word)), 2)
    parts = [_window(arguments[name], dimensions) for name in ("kernel_size", "pool_size") if name in arguments]
    parts += [str(arguments[name]) for name in ("filters", "units", "rate") if name in arguments]
    if "input_dim" in arguments and "output_dim" in arguments:
        parts.append(f"{arguments['input_dim']}×{arguments['output_dim']}")
    parts += [f"{arguments[name]} heads" for name in ("num_heads", "heads") if name in arguments]
    strides = arguments.get("strides", 1)
    if strides not in (1, (1, 1), [1, 1], None):
        parts.append(f"{'×' if 'transpose' in word else '/'}{_window(strides)}")
    if arguments.get("dilation_rate", 1) not in (1, (1, 1), [1, 1]):
        parts.append(f"dilation {_window(arguments['dilation_rate'])}")
    if arguments.get("groups", 1) != 1:
        parts.append(f"groups {arguments['groups']}")
    if isinstance(arguments.get("layer"), KerasCall):
        parts.append(arguments["layer"].target.rsplit(".", 1)[-1])
    activation = arguments.get("activation")
    if isinstance(activation, KerasCall):
        activation = activation.target.rsplit(".", 1)[-1]
    if activation is not None and activation != "linear":
        parts.append(str(activation))
    return ", ".join(parts)


def _window(value: Any, dimensions: int = 1) -> str:
    """`3×3` for a window of 3 in two dimensions, or of [3, 3]; a stride of [2, 2] is `2`."""
    if not isinstance(value, (tuple, list)):
        return "×".join([str(value)] * dimensions)
    return str(value[0]) if dimensions == 1 and len(set(value)) == 1 else "×".join(map(str, value))


def shape(spec: TensorSpec) -> str:
    """A shape without the batch: `56×56×256`."""
    sizes = spec.shape[1:] if spec.shape and spec.shape[0] is None else spec.shape
    text = "×".join("?" if size is None else str(size) for size in sizes) or "scalar"
    return text if spec.dtype == "float32" else f"{text} {spec.dtype}"


class Costs(NamedTuple):
    """Weights, and multiply-adds for one example, None where a size is unknown."""

    weights: int
    macs: int | None

    def __str__(self) -> str:
        return f"{count(self.weights)} weights, {count(self.macs)} multiply-adds"

    @property
    def short(self) -> str:
        """The same, as short as it can be said."""
        parts = [f"{count(self.weights).replace(' ', '')} weights"] if self.weights else []
        if self.macs != 0:
            parts.append(f"{count(self.macs).replace(' ', '')} mult-adds")
        return " · ".join(parts)


def costs_of(part: Part, graph: Graph) -> str:
    """The line in a folded box: of each iteration that it stands for, where they cost the same."""
    each, whole = costs(graph.nodes[part.start : part.stop]), costs(graph.nodes[part.start : part.end])
    if part.times > 1 and (each.weights * part.times, (each.macs or 0) * part.times) != (whole.weights, whole.macs or 0):
        return f"{whole.short} in all" if whole.short else ""
    return each.short


def costs(nodes: Sequence[Node]) -> Costs:
    """Costs of some nodes; a layer counts once."""
    weights = sum(layer.parameters for layer in {node.layer: None for node in nodes})
    macs = [node.macs for node in nodes]
    return Costs(weights, None if None in macs else sum(macs))  # type: ignore[arg-type]


def note(part: Part, graph: Graph) -> str:
    """What is shown under the pointer: path, word and arguments, shapes, costs."""
    nodes = graph.nodes[part.start : part.end]
    lines = [part.path if part.times == 1 else f"{part.path} and {part.times - 1} more like it"]
    if part.group is None:
        node = nodes[0]
        lines.append(f"{node.layer.word}({_listed(named_arguments(node.layer))})")
        inputs = ", ".join(str(tensor.spec) for tensor in node.inputs)
        lines.append(f"{inputs or 'no input'} → {', '.join(map(str, node.outputs))}")
        if node.layer.path != node.path:
            lines.append(f"with the weights of {node.layer.path}")
        if node.layer.parameters and not node.layer.trainable:
            lines.append("not trained")
    elif part.group.kind in ("block", "model"):
        lines.append(f"{part.group.word}({_listed(part.group.params)})")
    if part.varied:
        lines.append("their numbers of channels differ; the first is shown")
    spent = costs(nodes)
    return "\n".join([*lines, str(spent)] if spent.short else lines)


def _listed(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in arguments.items())


def _value(value: Any) -> str:
    if isinstance(value, KerasCall):
        given = [*map(_value, value.args), *([_listed(value.kwargs)] if value.kwargs else [])]
        return f"{value.target.rsplit('.', 1)[-1]}({', '.join(given)})"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
