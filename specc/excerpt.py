"""One step of a network as a network of its own: what it takes from outside are its inputs, what others take of it its outputs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from specc.graph import Argument, Graph, Layer, Node, Tensor

Place = tuple[Node | None, int, str]  # a tensor: its node and which output it is, or an input by its name


class NoSuchStep(LookupError):
    """A path at which nothing stands. The message says what was probably meant."""


def steps(graph: Graph) -> list[str]:
    """The paths that an excerpt can be made of."""
    found: dict[str, None] = {}
    for node in graph.nodes:
        names = node.path.split("/")
        above = ("/".join(names[:length]) for length in range(1, len(names)))
        found |= dict.fromkeys([*(path for path in above if path in graph.groups), node.path])
    return list(found)


def excerpt(graph: Graph, path: str) -> Graph:
    """The step at a path, with all that stands in it; paths are relative to it.

    Raises NoSuchStep where there is none.
    """
    inside = [node for node in graph.nodes if _is_under(node.path, path)]
    if not inside:
        raise NoSuchStep(_missing(graph, path))
    return _Excerpt(graph, path, inside).graph()


def _missing(graph: Graph, path: str) -> str:
    if path in graph.groups:
        return f"nothing stands in `{path}` of {graph.name}: what goes in comes out"
    close = difflib.get_close_matches(path, steps(graph), n=1)
    return f"{graph.name} has no step `{path}`" + (f"; did you mean `{close[0]}`?" if close else "")


def _is_under(inner: str, path: str) -> bool:
    return inner == path or inner.startswith(f"{path}/")


class _Excerpt:
    def __init__(self, whole: Graph, path: str, inside: list[Node]) -> None:
        self.whole, self.path, self.inside = whole, path, inside
        self.members = set(inside)
        self.nodes: dict[Node, Node] = {}
        self.layers: dict[Layer, Layer] = {}
        self.inputs = self._inputs()

    def graph(self) -> Graph:
        for node in self.inside:
            arguments = {name: self._argument(value) for name, value in node.arguments.items()}
            layer = self.layers.setdefault(node.layer, self._layer(node.layer))
            self.nodes[node] = replace(node, path=self._relative(node.path), layer=layer, arguments=arguments)
        groups = {
            self._relative(path): group for path, group in self.whole.groups.items() if path != self.path and _is_under(path, self.path)
        }
        name = f"{self.whole.name}: {self.path}"
        inputs = {tensor.name: tensor for tensor in self.inputs.values()}
        return Graph(name, inputs, tuple(self.nodes.values()), self._outputs(), self.whole.training, groups)

    def _inputs(self) -> dict[Place, Tensor]:
        """The tensors from outside. One is the input; several are called by the steps that make them."""
        found = {_place(tensor): tensor for node in self.inside for tensor in node.inputs if tensor.node not in self.members}
        called = _names([(tensor.name if tensor.node is None else tensor.node.path, tensor.index) for tensor in found.values()], "input")
        return {place: Tensor(tensor.spec, None, name=name) for (place, tensor), name in zip(found.items(), called, strict=True)}

    def _outputs(self) -> Mapping[str, Argument]:
        """The tensors that others take, or of the last step what it makes, where nobody takes anything."""
        outside = [tensor for node in self.whole.nodes if node not in self.members for tensor in node.inputs]
        outside += [tensor for value in self.whole.outputs.values() for tensor in _flat(value)]
        found = {_place(tensor): tensor for tensor in outside if tensor.node in self.members}
        if not found:
            last = Tensor(self.inside[-1].outputs[0], self.inside[-1])
            found = {_place(last): last}
        called = _names(
            [(self._relative(tensor.node.path), tensor.index) for tensor in found.values() if tensor.node is not None], "output"
        )
        return {name: self._tensor(tensor) for tensor, name in zip(found.values(), called, strict=True)}

    def _argument(self, value: Argument) -> Argument:
        return self._tensor(value) if isinstance(value, Tensor) else tuple(map(self._tensor, value))

    def _tensor(self, tensor: Tensor) -> Tensor:
        if tensor.node in self.members:
            return replace(tensor, node=self.nodes[tensor.node])
        return self.inputs[_place(tensor)]

    def _layer(self, layer: Layer) -> Layer:
        return replace(layer, path=self._relative(layer.path)) if _is_under(layer.path, self.path) else layer

    def _relative(self, path: str) -> str:
        return path[len(self.path) + 1 :] if path != self.path else path.rsplit("/", 1)[-1]


def _place(tensor: Tensor) -> Place:
    return tensor.node, tensor.index, tensor.name


def _flat(value: Argument) -> Iterator[Tensor]:
    yield from (value,) if isinstance(value, Tensor) else value


def _names(tensors: list[tuple[str, int]], only: str) -> list[str]:
    """Names for tensors by the path of their node and which output they are; a plain one where there is one tensor."""
    if len(tensors) == 1:
        return [only]
    paths = [path for path, _ in tensors]
    return [path if paths.count(path) == 1 else f"{path}[{index}]" for path, index in tensors]
