"""Rows: every vertex stands below what it depends on, and long edges are cut into segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from specc.drawing.layered.diagram import Edge, Key, Layers, Vertex

Ends = Sequence[Sequence[tuple[int, Key]]]  # for every vertex, where its segments lead


def in_rows(vertices: Sequence[Vertex], edges: Sequence[Edge]) -> Layers:
    """Vertices, which are given in an order in which edges lead forwards, in as few rows as possible."""
    _rank(vertices, edges)
    layers = Layers(list(vertices), [], [[] for _ in vertices], [[] for _ in vertices], [])
    bends: dict[tuple[int, Key], list[int]] = {}
    joined: set[tuple[int, int, Key]] = set()
    for edge in edges:
        line = bends.setdefault((edge.source, edge.key), [edge.source])
        first = vertices[edge.source].rank
        steps = vertices[edge.target].rank - first
        while len(line) < steps:
            layers.vertices.append(Vertex(0, 0, is_bend=True, rank=first + len(line)))
            layers.below.append([])
            layers.above.append([])
            line.append(len(layers.vertices) - 1)
        way = [*line[:steps], edge.target]
        layers.ways.append(way)
        for upper, lower in pairwise(way):
            if (upper, lower, edge.key) not in joined:
                joined.add((upper, lower, edge.key))
                layers.below[upper].append((lower, edge.key))
                layers.above[lower].append((upper, edge.key))
    layers.rows = _rows(layers.vertices, bends)
    layers.weak = _weak(layers, edges)
    return layers


def _rank(vertices: Sequence[Vertex], edges: Sequence[Edge]) -> None:
    sources: list[list[int]] = [[] for _ in vertices]
    targets: list[list[int]] = [[] for _ in vertices]
    for edge in edges:
        sources[edge.target].append(edge.source)
        targets[edge.source].append(edge.target)
    for position, vertex in enumerate(vertices):
        vertex.rank = max((vertices[source].rank + 1 for source in sources[position]), default=0)
    for position, vertex in enumerate(vertices):
        if not sources[position] and targets[position] and vertex.place != "top":
            vertex.rank = max(0, min(vertices[target].rank for target in targets[position]) - 1)  # close to where it is needed
    last = max((vertex.rank for vertex in vertices if vertex.place != "bottom"), default=0)
    for vertex in vertices:
        if vertex.place == "bottom":
            vertex.rank = last + 1


def _rows(vertices: Sequence[Vertex], bends: dict[tuple[int, Key], list[int]]) -> list[list[int]]:
    """Boxes from left to right as they come; right of them the long edges, those that began first outermost."""
    rows: list[list[int]] = [[] for _ in range(max((vertex.rank for vertex in vertices), default=-1) + 1)]
    for position, vertex in enumerate(vertices):
        if not vertex.is_bend:
            rows[vertex.rank].append(position)
    for _, line in sorted(bends.items(), key=lambda item: (-vertices[item[0][0]].rank, item[0][0])):
        for position in line[1:]:
            rows[vertices[position].rank].append(position)
    return rows


def _weak(layers: Layers, edges: Sequence[Edge]) -> set[tuple[int, int]]:
    """The segments that need not be straight where their ends have others: those of lines around, and of short side arms."""
    forks = Counter(edge.source for edge in edges)
    weak: set[tuple[int, int]] = set()
    for way, edge in zip(layers.ways, edges, strict=True):
        if len(way) > 2 and (forks[edge.source] > 1 or layers.vertices[edge.source].height == 0):
            weak.update(((way[0], way[1]), (way[-2], way[-1])))
    return weak | _side_arms(layers.below, layers.above, False) | _side_arms(layers.above, layers.below, True)


def _side_arms(onwards: Ends, back: Ends, turned: bool) -> set[tuple[int, int]]:
    """Where a line forks: its ways that only lead to an end, and sooner than the longest does."""
    length: dict[int, int] = {}
    arm: dict[int, bool] = {}
    weak: set[tuple[int, int]] = set()
    for position in _backwards(onwards):
        ends = {end for end, _ in onwards[position]}
        length[position] = max((length[end] + 1 for end in ends), default=0)
        arm[position] = len({end for end, _ in back[position]}) <= 1 and all(arm[end] for end in ends) and len(ends) <= 1
        for end in ends:
            if arm[end] and length[end] + 1 < length[position]:
                weak.add((end, position) if turned else (position, end))
    return weak


def _backwards(onwards: Ends) -> list[int]:
    """The vertices, each behind all that it leads to."""
    waiting = [len(ends) for ends in onwards]
    back: list[list[int]] = [[] for _ in onwards]
    for position, ends in enumerate(onwards):
        for end, _ in ends:
            back[end].append(position)
    order = [position for position, count in enumerate(waiting) if count == 0]
    for position in order:
        for other in back[position]:
            waiting[other] -= 1
            if waiting[other] == 0:
                order.append(other)
    return order
