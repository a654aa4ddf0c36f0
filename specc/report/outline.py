"""A network as an outline: its nodes gathered under the names that stand above them, down to a depth.

A level is one name of a path; the iterations of a repeat belong to its name: `stage/0/unit/2/conv2d` has three.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from specc.graph import Graph, Node


@dataclass(frozen=True)
class Part:
    """A node, or all nodes under one name.

    Args:
        path: the names that lead there.
        name: the last of them.
        level: how many stand above.
        nodes: what belongs to it, in order.
        first_uses: those of the nodes that use their layer for the first time, and so own its weights.
    """

    path: str
    name: str
    level: int
    nodes: tuple[Node, ...]
    first_uses: tuple[Node, ...]

    @property
    def node(self) -> Node | None:
        """The node itself, where the part is one."""
        return self.nodes[0] if len(self.nodes) == 1 and self.nodes[0].path == self.path else None

    @property
    def last(self) -> Node:
        return self.nodes[-1]

    @cached_property
    def parameters(self) -> int:
        return sum(node.layer.parameters for node in self.first_uses)

    @cached_property
    def macs(self) -> int | None:
        """Multiply-adds for one example; None where a size is unknown."""
        return total(node.macs for node in self.nodes)

    @cached_property
    def activation_bytes(self) -> int | None:
        """Memory of the outputs for one example; None where a size is unknown."""
        return total(node.activation_bytes for node in self.nodes)


def outline(graph: Graph, depth: int) -> list[Part]:
    """The parts of a network down to a depth, each followed by what it consists of."""
    owners = {node.layer: node for node in reversed(graph.nodes)}
    return _parts([(levels_of(node), node) for node in graph.nodes], set(owners.values()), 0, depth)


def levels_of(node: Node) -> list[str]:
    """The path of a node by levels: `["stage/0", "unit/2", "conv2d"]`."""
    levels: list[str] = []
    for name in node.path.split("/"):
        if name.isdigit() and levels:
            levels[-1] += f"/{name}"
        else:
            levels.append(name)
    return levels


def _parts(nodes: Sequence[tuple[list[str], Node]], owners: set[Node], level: int, depth: int) -> list[Part]:
    groups: dict[tuple[str, Node | None], list[tuple[list[str], Node]]] = {}
    for levels, node in nodes:
        # The node that a structure ends with, the sum of its branches, has the structure's own path.
        key = (levels[level], None) if level < len(levels) else (node.layer.word, node)
        groups.setdefault(key, []).append((levels, node))
    parts = []
    for (name, alone), members in groups.items():
        path = members[0][1].path if alone else "/".join(members[0][0][: level + 1])
        inside = tuple(node for _, node in members)
        part = Part(path, name, level, inside, tuple(node for node in inside if node in owners))
        parts.append(part)
        if depth > 1 and part.node is None:
            parts += _parts(members, owners, level + 1, depth - 1)
    return parts


def total(values: Iterable[int | None]) -> int | None:
    """The sum; None where a term is unknown."""
    result = 0
    for value in values:
        if value is None:
            return None
        result += value
    return result
