"""Heights of rows, and the lines of edges: down, along a track of their own between two rows, and down again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from specc.drawing.layered.diagram import Edge, Key, Layers, Vertex

Point = tuple[float, float]

TRACK = 9.0  # between parallel lines
LABEL = 17.0  # a line of text below a box
LEAVING = 6.0  # the first stretch, where a line then turns
LANDING = 13.0  # the last stretch, with the arrow's head
TALL = 120.0  # a row that is higher has boxes of several steps in it
MANY = 40  # lines in a gap, above which their order is not looked for
NEAR = 5.0  # lines closer than this look like one


@dataclass(slots=True)
class _Gap:
    """The lines along the space between two rows: for each its track."""

    tracks: dict[tuple[int, Key], int] = field(default_factory=dict)
    count: int = 0
    top: float = 0.0


@dataclass(slots=True)
class _Line:
    name: tuple[int, Key]
    source: float
    targets: list[float]

    @property
    def left(self) -> float:
        return min(self.source, *self.targets)

    @property
    def right(self) -> float:
        return max(self.source, *self.targets)


def route(layers: Layers, edges: Sequence[Edge]) -> tuple[list[list[Point]], float]:
    """Sets `y` of every vertex; gives the points of every edge's line, and the height of it all."""
    sides = _sides(layers)
    gaps = [_gap(layers, row, sides) for row in layers.rows[:-1]]
    height = _heights(layers, gaps)
    return [_points(layers, way, edge.key, gaps, sides) for way, edge in zip(layers.ways, edges, strict=True)], height


def _sides(layers: Layers) -> set[tuple[int, int, Key]]:
    """The segments that enter a circle from its side: where nothing stands between."""
    found: set[tuple[int, int, Key]] = set()
    for row in layers.rows:
        for position in row:
            vertex = layers.vertices[position]
            used: set[bool] = set()
            for upper, key in layers.above[position] if vertex.round and len(layers.above[position]) > 1 else ():
                x = layers.vertices[upper].x + layers.vertices[upper].exit(key)
                to_the_left = x < vertex.x
                if abs(x - vertex.x) > vertex.width / 2 + NEAR and to_the_left not in used and _free(layers, row, position, x):
                    found.add((upper, position, key))
                    used.add(to_the_left)
    return found


def _free(layers: Layers, row: Sequence[int], position: int, x: float) -> bool:
    """Whether a line can come down at `x` and go across to a vertex of the row."""
    vertex = layers.vertices[position]
    left, right = (x, vertex.x) if x < vertex.x else (vertex.x, x)
    others = [layers.vertices[each] for each in row if each != position]
    return all(other.x + other.right + NEAR < left or other.x - other.left - NEAR > right for other in others)


def _gap(layers: Layers, row: Sequence[int], sides: set[tuple[int, int, Key]]) -> _Gap:
    """Gives the lines that have to go across a track each, so that they cross little and never lie on one another."""
    lines: dict[tuple[int, Key], _Line] = {}
    for upper in row:
        for lower, key in layers.below[upper]:
            source = layers.vertices[upper].x + layers.vertices[upper].exit(key)
            target = source if (upper, lower, key) in sides else layers.vertices[lower].x + layers.vertices[lower].entry(key)
            lines.setdefault((upper, key), _Line((upper, key), source, [])).targets.append(target)
    gap = _Gap()
    across = [line for line in lines.values() if line.right - line.left > 0.5]
    placed: list[_Line] = []
    for line in _sorted(across):
        over = [gap.tracks[other.name] for other in placed if other.left - NEAR < line.right and line.left - NEAR < other.right]
        gap.tracks[line.name] = max(over, default=-1) + 1
        placed.append(line)
    gap.count = max(gap.tracks.values(), default=-1) + 1
    return gap


def _sorted(lines: list[_Line]) -> list[_Line]:
    """From the top track down: each time the line that costs least above all that are left."""
    if len(lines) > MANY:
        return sorted(lines, key=lambda line: line.left)
    rest = {index: sum(_cost(line, other) - _cost(other, line) for other in lines) for index, line in enumerate(lines)}
    order = []
    while rest:
        best = min(rest, key=lambda index: rest[index])
        order.append(lines[best])
        del rest[best]
        for index in rest:
            rest[index] -= _cost(lines[index], lines[best]) - _cost(lines[best], lines[index])
    return order


def _cost(upper: _Line, lower: _Line) -> float:
    """Crossings where one line's track is above another's; lying on one another counts far more."""
    cost = 0.0
    for x in upper.targets:
        if lower.left - NEAR < x < lower.right + NEAR:
            cost += 1
        if abs(x - lower.source) < NEAR:
            cost += 100
    if upper.left - NEAR < lower.source < upper.right + NEAR:
        cost += 1
    return cost


def _heights(layers: Layers, gaps: Sequence[_Gap]) -> float:
    y = 0.0
    for index, row in enumerate(layers.rows):
        vertices = [layers.vertices[position] for position in row]
        height = max((vertex.height for vertex in vertices), default=0.0)
        for vertex in vertices:
            if vertex.is_bend:
                vertex.height = height
            is_small = height > TALL and height > 2 * vertex.height
            vertex.y = y + (0.0 if is_small else (height - vertex.height) / 2)  # beside a tall one at its top, else at its middle
        y += height
        if index < len(gaps):
            following = [layers.vertices[each] for each in layers.rows[index + 1]]
            written = max((vertex.y + vertex.height + LABEL for vertex in vertices if vertex.labels), default=0.0)
            y = max(y + (LEAVING if gaps[index].count else 1.0), written)
            gaps[index].top = y
            y += gaps[index].count * TRACK
            y += 0.0 if all(vertex.place == "bottom" for vertex in following) else LANDING
    return y


def _points(layers: Layers, way: list[int], key: Key, gaps: Sequence[_Gap], sides: set[tuple[int, int, Key]]) -> list[Point]:
    first = layers.vertices[way[0]]
    points = [(first.x + first.exit(key), first.y + first.height)]
    for upper, lower in pairwise(way):
        start, end = layers.vertices[upper], layers.vertices[lower]
        x = start.x + start.exit(key)
        if (upper, lower, key) in sides:
            radius = end.width / 2 if x > end.x else -end.width / 2
            points += [(x, end.y + end.height / 2), (end.x + radius, end.y + end.height / 2)]
            continue
        to = end.x + end.entry(key)
        track = gaps[start.rank].tracks.get((upper, key))
        if abs(to - x) > 0.5 and track is not None:
            y = gaps[start.rank].top + track * TRACK
            points += [(x, y), (to, y)]
        if lower == way[-1]:
            points.append((to, end.y))
    return _simplified(points)


def _simplified(points: list[Point]) -> list[Point]:
    """Without points that lie on a straight line between their neighbours."""
    kept = points[:1]
    for index in range(1, len(points) - 1):
        (x, y), (before_x, before_y), (after_x, after_y) = points[index], kept[-1], points[index + 1]
        if not (abs(x - before_x) < 0.01 and abs(x - after_x) < 0.01) and not (abs(y - before_y) < 0.01 and abs(y - after_y) < 0.01):
            kept.append((x, y))
    return [*kept, points[-1]]


def extent(vertices: Sequence[Vertex]) -> tuple[float, float]:
    """The left and the right end of what stands there, labels included."""
    return (
        min((vertex.x - vertex.left for vertex in vertices), default=0.0),
        max((vertex.x + vertex.right for vertex in vertices), default=0.0),
    )
