"""The order within rows, so that few edges cross: Sugiyama, Tagawa and Toda (1981), by barycenters in alternating sweeps."""

from __future__ import annotations

from bisect import bisect_right, insort

from specc.drawing.layered.diagram import Key, Layers, Vertex

SWEEPS = 12
LARGE = 4000  # vertices; above it fewer sweeps


def untangle(layers: Layers) -> None:
    """Reorders rows where that makes fewer crossings, and spreads the ports of boxes in the order in which edges arrive."""
    best, fewest = [list(row) for row in layers.rows], crossings(layers)
    for sweep in range(SWEEPS if len(layers.vertices) < LARGE else 2):
        if fewest == 0:
            break
        _sweep(layers, downwards=sweep % 2 == 0)
        found = crossings(layers)
        if found < fewest:
            best, fewest = [list(row) for row in layers.rows], found
    layers.rows = best
    _spread_ports(layers)


def crossings(layers: Layers) -> int:
    """How often segments cross."""
    total = 0
    for row, following in zip(layers.rows, layers.rows[1:], strict=False):
        if len(row) == len(following) == 1:
            continue
        place = _places(following)
        segments = sorted(
            (position + _exit(layers.vertices[upper], key), place[lower] + _entry(layers.vertices[lower], key))
            for position, upper in enumerate(row)
            for lower, key in layers.below[upper]
        )
        seen: list[float] = []
        for _, end in segments:
            total += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return total


def _sweep(layers: Layers, downwards: bool) -> None:
    rows = layers.rows
    for index in range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1):
        if len(rows[index]) < 2:
            continue
        place = _places(rows[index - 1 if downwards else index + 1])
        own = _places(rows[index])
        weights = {position: _barycenter(layers, position, place, downwards) for position in rows[index]}
        # A vertex without neighbours stays where it is: between those that have some.
        rows[index].sort(key=lambda position: (own[position] if weights[position] is None else weights[position], own[position]))


def _barycenter(layers: Layers, position: int, place: dict[int, int], downwards: bool) -> float | None:
    if downwards:
        values = [place[upper] + _exit(layers.vertices[upper], key) for upper, key in layers.above[position]]
    else:
        values = [place[lower] + _entry(layers.vertices[lower], key) for lower, key in layers.below[position]]
    return sum(values) / len(values) if values else None


def _places(row: list[int]) -> dict[int, int]:
    return {position: place for place, position in enumerate(row)}


def _exit(vertex: Vertex, key: Key) -> float:
    """Where a port is, as a part of the box's width: boxes count one."""
    return vertex.exit(key) / vertex.width if vertex.width else 0.0


def _entry(vertex: Vertex, key: Key) -> float:
    return vertex.entry(key) / vertex.width if vertex.width else 0.0


def _spread_ports(layers: Layers) -> None:
    """Ports in the order in which edges come and go; what is to be straight in the middle, the others beside it."""
    for row, following in zip(layers.rows, layers.rows[1:], strict=False):
        place = _places(row)
        for position in following:
            vertex, above = layers.vertices[position], layers.above[position]
            if vertex.inputs is None and not vertex.round and len(above) > 1:
                arriving = sorted(above, key=lambda end: place[end[0]] + _exit(layers.vertices[end[0]], end[1]))
                step = min(24.0, (vertex.width - 20) / (len(arriving) - 1) / 2)
                vertex.inputs = _spread(_ports(arriving, [(upper, position) in layers.weak for upper, _ in arriving]), step)
    for row, following in zip(layers.rows, layers.rows[1:], strict=False):
        place = _places(following)
        for position in row:
            vertex, below = layers.vertices[position], layers.below[position]
            if vertex.outputs is None and len({key for _, key in below}) > 1:
                leaving = sorted(below, key=lambda end: place[end[0]] + _entry(layers.vertices[end[0]], end[1]))
                vertex.outputs = _spread(_ports(leaving, [(position, lower) in layers.weak for lower, _ in leaving]), vertex.step)


def _ports(ends: list[tuple[int, Key]], weak: list[bool]) -> dict[Key, bool]:
    """For every line whether it may bend: where its segments all may, or another goes straight between the same boxes."""
    ports: dict[Key, bool] = {}
    straight: set[int] = set()
    for (other, key), may_bend in zip(ends, weak, strict=True):
        ports[key] = ports.get(key, True) and (may_bend or other in straight)
        straight.add(other)
    return ports


def _spread(ports: dict[Key, bool], step: float) -> dict[Key, float]:
    strong = [index for index, may_bend in enumerate(ports.values()) if not may_bend]
    middle = strong[0] if len(strong) == 1 else (len(ports) - 1) / 2
    return {key: (index - middle) * step for index, key in enumerate(ports)}
