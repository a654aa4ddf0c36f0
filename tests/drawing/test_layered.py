"""The layered layout by itself, on random graphs."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from specc.drawing.layered import Edge, Vertex, lay_out


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Vertex], list[Edge]]:
    """Boxes of several sizes, and edges that lead forwards; some have labels, some are circles, some tensors fork."""
    sizes = draw(st.lists(st.sampled_from([(24, 24), (80, 26), (120, 48), (300, 200)]), min_size=1, max_size=12))
    edges: dict[tuple[int, int, str], None] = {}
    for target in range(1, len(sizes)):
        for source in draw(st.sets(st.integers(0, target - 1), max_size=3)):
            edges[source, target, draw(st.sampled_from(["first", "second"]))] = None
    vertices = []
    for position, (width, height) in enumerate(sizes):
        keys = sorted({key for source, _, key in edges if source == position})
        labels = dict.fromkeys(keys, 40.0) if draw(st.booleans()) else {}
        spread = max(width, 2 * 60 * (len(keys) - 1) + 24)
        vertices.append(Vertex(spread, height, labels=labels, step=60, round=width == 24 and spread == 24))
    return vertices, [Edge(*edge) for edge in edges]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(graphs())
def test_nothing_touches(drawn: tuple[list[Vertex], list[Edge]]) -> None:
    vertices, edges = drawn
    lines, width, height = lay_out(vertices, edges)
    areas = [(v.x - v.left, v.y, v.x + v.right, v.y + v.height) for v in vertices]
    for one, other in combinations(areas, 2):
        assert one[2] + 9 < other[0] or other[2] + 9 < one[0] or one[3] + 9 < other[1] or other[3] + 9 < one[1]
    assert all(left >= -0.01 and top >= -0.01 and right <= width + 0.01 and bottom <= height + 0.01 for left, top, right, bottom in areas)
    for edge, points in zip(edges, lines, strict=True):
        source, target = vertices[edge.source], vertices[edge.target]
        assert points[0] == (source.x + source.exit(edge.key), source.y + source.height)
        assert abs(points[-1][0] - target.x) <= target.width / 2 + 0.01
        for (ax, ay), (bx, by) in pairwise(points):
            assert abs(ax - bx) < 0.01 or abs(ay - by) < 0.01
            assert by >= ay - 0.01  # never up
            for vertex in vertices:
                inside = min(ax, bx) < vertex.x + vertex.width / 2 - 0.5 and max(ax, bx) > vertex.x - vertex.width / 2 + 0.5
                inside = inside and min(ay, by) < vertex.y + vertex.height - 0.5 and max(ay, by) > vertex.y + 0.5
                assert not inside or (vertex is target and vertex.round), (edge, points)


def chain(*, around: bool) -> list[Vertex]:
    """Four boxes one after the other, and perhaps a line around the two in the middle."""
    vertices = [Vertex(100, 20) for _ in range(4)]
    edges = [Edge(0, 1, "a"), Edge(1, 2, "b"), Edge(2, 3, "c")] + ([Edge(0, 3, "a")] if around else [])
    lay_out(vertices, edges)
    return vertices


def test_a_chain_is_straight_also_beside_a_line_around_it() -> None:
    for vertices in (chain(around=False), chain(around=True)):
        assert len({vertex.x for vertex in vertices}) == 1
        assert [vertex.rank for vertex in vertices] == [0, 1, 2, 3]


def test_lines_that_need_not_cross_do_not() -> None:
    """Two chains, given crosswise."""
    vertices = [Vertex(60, 20) for _ in range(4)]
    lay_out(vertices, [Edge(0, 3, "a"), Edge(1, 2, "b")])
    assert vertices[0].x == vertices[3].x
    assert vertices[1].x == vertices[2].x


def test_nested_lines_stand_in_their_order() -> None:
    """As in a U-net: what began first goes around all others."""
    vertices = [Vertex(100, 20) for _ in range(6)]
    lines, *_ = lay_out(vertices, [*(Edge(i, i + 1, "x") for i in range(5)), Edge(0, 5, "outer"), Edge(1, 4, "inner")])
    outer, inner = (max(x for x, _ in line) for line in lines[-2:])
    assert outer > inner > vertices[2].x + 50
