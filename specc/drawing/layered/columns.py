"""Where vertices stand in their rows: Brandes and Köpf (2001), with ports as Rüegg et al. (2015) have them.

Vertices are chained to blocks that stand above one another, so that long edges and long chains are straight; once
towards the upper left, the upper right, the lower left and the lower right. The place of each is between the two middle ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from specc.drawing.layered.diagram import Key, Layers, Vertex

BESIDE_BOX, BESIDE_LINE = 22.0, 14.0


def place_columns(layers: Layers) -> None:
    """Sets `x` of every vertex."""
    conflicts = _conflicts(layers)
    found = [_one(layers, conflicts, upwards, mirrored) for upwards in (True, False) for mirrored in (False, True)]
    spans = [_span(layers, xs) for xs in found]
    narrowest = min(range(4), key=lambda index: spans[index][1] - spans[index][0])
    for index, xs in enumerate(found):
        mirrored = index % 2 == 1
        shift = spans[narrowest][mirrored] - spans[index][mirrored]
        found[index] = [x + shift for x in xs]
    for position, vertex in enumerate(layers.vertices):
        middle = sorted(xs[position] for xs in found)[1:3]
        vertex.x = round(sum(middle) / 2, 2)


def _span(layers: Layers, xs: list[float]) -> tuple[float, float]:
    return (
        min((x - vertex.left for x, vertex in zip(xs, layers.vertices, strict=True)), default=0.0),
        max((x + vertex.right for x, vertex in zip(xs, layers.vertices, strict=True)), default=0.0),
    )


@dataclass(slots=True)
class _Blocks:
    """Which block each vertex is in, by its first vertex, and how far right of that one's middle it stands."""

    root: list[int]
    offset: list[float]


def _one(layers: Layers, conflicts: set[tuple[int, int]], upwards: bool, mirrored: bool) -> list[float]:
    rows = layers.rows if upwards else layers.rows[::-1]
    if mirrored:
        rows = [row[::-1] for row in rows]
    blocks = _aligned(layers, rows, conflicts, upwards)
    return _compacted(layers, rows, blocks, mirrored)


def _aligned(layers: Layers, rows: list[list[int]], conflicts: set[tuple[int, int]], upwards: bool) -> _Blocks:
    count = len(layers.vertices)
    blocks = _Blocks(list(range(count)), [0.0] * count)
    taken = [False] * count  # whether the block goes on from here
    for before, row in pairwise(rows):
        place = {position: index for index, position in enumerate(before)}
        reached = -1
        for position in row:
            neighbours = _neighbours(layers, position, place, upwards)
            middle = (len(neighbours) - 1) / 2
            for index in dict.fromkeys((int(middle), int(middle + 0.5))) if neighbours else ():
                other, key = neighbours[index]
                pair = (other, position) if upwards else (position, other)
                if taken[other] or place[other] <= reached or pair in conflicts or not _wanted(layers, other, position, upwards):
                    continue
                upper, lower = (layers.vertices[end] for end in pair)
                step = upper.exit(key) - lower.entry(key)
                blocks.root[position] = blocks.root[other]
                blocks.offset[position] = blocks.offset[other] + (step if upwards else -step)
                taken[other] = True
                reached = place[other]
                break
    return blocks


def _neighbours(layers: Layers, position: int, place: dict[int, int], upwards: bool) -> list[tuple[int, Key]]:
    """The ends of its edges in the row before, from left to right; lines that go around only where there are no others."""
    ends = sorted(layers.above[position] if upwards else layers.below[position], key=lambda end: place[end[0]])
    strong = [end for end in ends if not _is_weak(layers, end[0], position, upwards)]
    return strong or ends


def _wanted(layers: Layers, other: int, position: int, upwards: bool) -> bool:
    """Whether a vertex of the row before may stand in line with this one: a weak segment does not take it from others."""
    if not _is_weak(layers, other, position, upwards):
        return True
    return all(_is_weak(layers, other, end, upwards) for end, _ in (layers.below[other] if upwards else layers.above[other]))


def _is_weak(layers: Layers, other: int, position: int, upwards: bool) -> bool:
    return ((other, position) if upwards else (position, other)) in layers.weak


def _compacted(layers: Layers, rows: list[list[int]], blocks: _Blocks, mirrored: bool) -> list[float]:
    """Blocks as far to the left as their neighbours let them, then to the right as far as nothing gets wider."""
    follow: dict[int, dict[int, float]] = {root: {} for root in blocks.root}
    for row in rows:
        for left, right in pairwise(row):
            distance = _distance(layers.vertices[left], layers.vertices[right], mirrored)
            sign = -1 if mirrored else 1
            distance += sign * (blocks.offset[left] - blocks.offset[right])
            ends = follow[blocks.root[left]]
            ends[blocks.root[right]] = max(ends.get(blocks.root[right], distance), distance)
    order = _topological(follow)
    x = dict.fromkeys(order, 0.0)
    for root in order:
        for other, distance in follow[root].items():
            x[other] = max(x[other], x[root] + distance)
    for root in reversed(order):
        if follow[root]:
            x[root] = max(x[root], min(x[other] - distance for other, distance in follow[root].items()))
    if mirrored:
        return [blocks.offset[position] - x[blocks.root[position]] for position in range(len(layers.vertices))]
    return [blocks.offset[position] + x[blocks.root[position]] for position in range(len(layers.vertices))]


def _distance(left: Vertex, right: Vertex, mirrored: bool) -> float:
    if mirrored:
        left, right = right, left
    return left.right + (BESIDE_LINE if left.is_bend or right.is_bend else BESIDE_BOX) + right.left


def _topological(follow: dict[int, dict[int, float]]) -> list[int]:
    waiting = dict.fromkeys(follow, 0)
    for ends in follow.values():
        for end in ends:
            waiting[end] += 1
    order = [root for root, count in waiting.items() if count == 0]
    for root in order:
        for end in follow[root]:
            waiting[end] -= 1
            if waiting[end] == 0:
                order.append(end)
    return order


def _conflicts(layers: Layers) -> set[tuple[int, int]]:
    """Segments that cross one between two bends: long edges stay straight, and so those are not aligned."""
    found: set[tuple[int, int]] = set()
    for row, following in pairwise(layers.rows):
        place = {position: index for index, position in enumerate(row)}
        inner = []
        for index, lower in enumerate(following):
            for upper, _ in layers.above[lower]:
                if layers.vertices[lower].is_bend and layers.vertices[upper].is_bend:
                    inner.append((place[upper], index))
        if not inner:
            continue
        for index, lower in enumerate(following):
            for upper, _ in layers.above[lower]:
                if any((place[upper] - top) * (index - bottom) < 0 for top, bottom in inner):
                    found.add((upper, lower))
    return found
