"""A graph as a tree of parts: the steps that others stand in, and in them the nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from specc.drawing.multiples import Consumers, runs
from specc.graph import Graph, Group, Node

LANE = 8  # a branch of so many parts is drawn as a lane without a box


@dataclass(eq=False)
class Part:
    """A node, or a step that nodes stand in.

    Args:
        path: its path.
        start: position in the graph of its first node.
        stop: the position after its last.
        group: what it is written as; None for a node.
        children: the parts in it.
        times: the iterations of a repeat that it stands for; `start` and `stop` are those of the first.
        end: the position after the last node of the last iteration.
        varied: whether those iterations differ in their numbers of channels.
        is_whole: whether it stands for all iterations of its repeat.
        levels: how many levels of boxes it is.
    """

    path: str
    start: int
    stop: int
    group: Group | None = None
    children: list[Part] = field(default_factory=list)
    times: int = 1
    end: int = 0
    varied: bool = False
    is_whole: bool = False
    levels: int = 1

    @property
    def label(self) -> str:
        """The last name of the path; of iterations of a repeat their numbers too, unless they are all: `stage/0`, `unit/1–5`."""
        *_, name, index = ["", *self.path.split("/")]
        if not index.isdigit():
            return index
        if self.is_whole:
            return name
        return f"{name}/{index}" if self.times == 1 else f"{name}/{index}–{int(index) + self.times - 1}"

    @property
    def size(self) -> int:
        """The nodes of one iteration."""
        return self.stop - self.start


def tree(graph: Graph) -> tuple[Part, list[int]]:
    """The parts of a graph, and for every node the position of the one that is drawn for it: iterations are drawn once."""
    root = _grown(graph)
    stand_in = list(range(len(graph.nodes)))
    _gather_repeats(root, graph, Consumers(graph), stand_in)
    for position, other in enumerate(stand_in):
        while stand_in[other] != other:
            other = stand_in[other]
        stand_in[position] = other
    root.children = [kept for child in root.children for kept in _flattened(child)]
    return root, stand_in


def _grown(graph: Graph) -> Part:
    """Every group as a part. A step's nodes follow one another, so that no part depends on what depends on it."""
    root = Part("", 0, len(graph.nodes), Group("network", graph.name))
    stack = [root]
    for position, node in enumerate(graph.nodes):
        above = [path for path in _prefixes(node.path) if path in graph.groups]
        common = 0
        while common < min(len(above), len(stack) - 1) and stack[common + 1].path == above[common]:
            common += 1
        del stack[common + 1 :]
        for path in above[common:]:
            part = Part(path, position, position, graph.groups[path])
            stack[-1].children.append(part)
            stack.append(part)
        stack[-1].children.append(Part(node.path, position, position, None))
        for part in (*stack[1:], stack[-1].children[-1]):
            part.stop = part.end = position + 1
    root.end = root.stop
    return root


def _prefixes(path: str) -> Iterator[str]:
    end = path.find("/")
    while end >= 0:
        yield path[:end]
        end = path.find("/", end + 1)
    yield path


def _gather_repeats(part: Part, graph: Graph, consumers: Consumers, stand_in: list[int]) -> None:
    """Draws like iterations of repeats once, innermost first."""
    for child in part.children:
        if child.children:
            _gather_repeats(child, graph, consumers, stand_in)
    if part.group is None or part.group.kind != "repeat" or len(part.children) < 2:
        return
    kept = []
    for run in runs([(child.path, child.start, child.stop) for child in part.children], graph, consumers):
        first, *others = part.children[run.first : run.last + 1]
        kept.append(first)
        first.times, first.varied = len(others) + 1, run.varied
        first.is_whole = len(part.children) == first.times
        for other in others:
            first.end = other.end
            for offset in range(first.size):
                stand_in[other.start + offset] = first.start + offset
    part.children = kept


def _flattened(part: Part) -> list[Part]:
    """The part as it is drawn: itself, or where a box would say nothing, what is in it."""
    if part.group is None:
        return [part]
    part.children = [kept for child in part.children for kept in _flattened(child)]
    kind = part.group.kind
    lane = kind == "branch" and len(part.children) <= LANE
    if part.times == 1 and (lane or kind in ("repeat", "each") or (kind == "parallel" and _unnamed(part))):
        return part.children
    if len(part.children) == 1:
        _absorb(part, part.children[0])
    return [part]


def _absorb(part: Part, only: Part) -> None:
    """Takes in the only part in it, where that is a box: two boxes around the same would say it twice."""
    assert part.group is not None
    if only.group is None or only.times > 1:
        return
    part.children = only.children
    if part.path.rsplit("/", 1)[-1].isdigit():
        part.levels += only.levels  # like its neighbours in the repeat, which have both boxes
    if part.group.kind != "block" and only.group.kind == "block":
        part.group = only.group


def _unnamed(part: Part) -> bool:
    return re.fullmatch(r"parallel(_\d+)?", part.path.rsplit("/", 1)[-1]) is not None


def is_merge(node: Node) -> bool:
    """Whether a node joins several tensors to one and has no weights: it is drawn as a small round."""
    return len(node.arguments) == 1 and isinstance(next(iter(node.arguments.values())), tuple) and not node.layer.weights
