"""Iterations of a repeat that are alike, so that one drawing can stand for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from specc.graph import Graph, Tensor, TensorSpec

Iteration = tuple[str, int, int]  # its path, the position of its first node, the position after its last
Place = tuple[int, int] | str  # a tensor: the position of its node and which output it is; an input by its name


@dataclass(frozen=True, slots=True)
class Run:
    """Iterations that follow one another and are alike, by their positions; `varied` where numbers of channels differ."""

    first: int
    last: int
    varied: bool


class Consumers:
    """Where each tensor is needed."""

    def __init__(self, graph: Graph) -> None:
        self.positions = {node: position for position, node in enumerate(graph.nodes)}
        self.last_use: dict[Place, int] = {}
        for position, node in enumerate(graph.nodes):
            for tensor in node.inputs:
                self.last_use[self.place(tensor)] = position
        for value in graph.outputs.values():
            for tensor in value if isinstance(value, tuple) else (value,):
                self.last_use[self.place(tensor)] = len(graph.nodes)

    def place(self, tensor: Tensor) -> Place:
        return tensor.name if tensor.node is None else (self.positions[tensor.node], tensor.index)


@dataclass(frozen=True, slots=True)
class _Form:
    """What an iteration is, wherever it stands: its nodes, its wiring, and the tensors that it takes from outside."""

    nodes: list[Any]
    shapes: list[tuple[TensorSpec, ...]]
    needs: list[Place]


def runs(iterations: Sequence[Iteration], graph: Graph, consumers: Consumers) -> list[Run]:
    """The iterations, gathered where one drawing can stand for several.

    They are alike where layers, arguments and wiring are the same and every tensor has the same shape but for its
    channels; where each works on what the one before made; and where nobody else needs what is between them.
    """
    forms = [_form(iteration, graph, consumers) for iteration in iterations]
    found: list[Run] = []
    first, chain, varied = 0, None, False
    for position in range(1, len(iterations) + 1):
        link = None if position == len(iterations) else _link(position, iterations, forms, consumers)
        if link is not None and chain in (None, link):
            chain, varied = link, varied or _varied(forms[position - 1], forms[position])
            continue
        found.append(Run(first, position - 1, varied))
        first, chain, varied = position, None, False
    return found


def _form(iteration: Iteration, graph: Graph, consumers: Consumers) -> _Form:
    path, start, stop = iteration
    nodes, shapes = [], []
    needs: dict[Place, int] = {}
    for node in graph.nodes[start:stop]:
        wiring: list[tuple[Any, ...]] = []
        for name, argument in node.arguments.items():
            for tensor in argument if isinstance(argument, tuple) else (argument,):
                place = consumers.place(tensor)
                if isinstance(place, tuple) and place[0] >= start:
                    wiring.append((name, place[0] - start, place[1]))
                else:
                    wiring.append((name, needs.setdefault(place, len(needs))))
        shared = node.layer.path != node.path
        nodes.append((node.path[len(path) :], node.layer.word, node.layer.call, node.options, node.layer.trainable, shared, wiring))
        shapes.append(node.outputs)
    return _Form(nodes, shapes, list(needs))


def _link(position: int, iterations: Sequence[Iteration], forms: Sequence[_Form], consumers: Consumers) -> tuple[Any, ...] | None:
    """How an iteration takes its tensors, those of the one before by their relative places; None where it is not like it."""
    (_, start, stop), here, before = iterations[position - 1], forms[position], forms[position - 1]
    if iterations[position][1] != stop or len(here.needs) != len(before.needs) or here.nodes != before.nodes:
        return None
    if not all(_alike(mine, its) for mine, its in zip(here.shapes, before.shapes, strict=True)):
        return None
    link: list[tuple[Any, ...]] = []
    for mine, its in zip(here.needs, before.needs, strict=True):
        if isinstance(mine, tuple) and start <= mine[0] < stop:
            link.append(("made by the one before", mine[0] - start, mine[1]))
        elif mine == its:
            link.append(("the same for all", mine))
        else:
            return None
    # What an iteration makes is needed by something: if not later, then by the one that follows.
    return None if _needed_later(start, iterations[position][2], before, consumers) else tuple(link)


def _needed_later(start: int, stop: int, form: _Form, consumers: Consumers) -> bool:
    """Whether something from `stop` on needs what an iteration makes that begins at `start`."""
    places = ((start + offset, index) for offset, outputs in enumerate(form.shapes) for index in range(len(outputs)))
    return any(consumers.last_use.get(place, 0) >= stop for place in places)


def _alike(mine: tuple[TensorSpec, ...], its: tuple[TensorSpec, ...]) -> bool:
    """Whether shapes are the same but for the channels."""
    return len(mine) == len(its) and all(
        one.dtype == other.dtype and one.shape[:-1] == other.shape[:-1] for one, other in zip(mine, its, strict=True)
    )


def _varied(one: _Form, other: _Form) -> bool:
    return one.shapes != other.shapes
