"""What stands in a drawing stands apart: boxes, the lines between them, and their texts. Over the zoo, to several depths."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from specc.drawing.layout import HEADER, SMALL, TINY, Figure
from specc.drawing.text import width
from specc.graph import Graph

Figures = Sequence[Figure]
Area = tuple[float, float, float, float]  # left, top, right, bottom


def area(figure: Figure) -> Area:
    """Where a figure stands in the one around it, its sheets included."""
    return figure.x, figure.y, figure.x + figure.width + figure.sheets, figure.y + figure.height + figure.sheets


def overlap(one: Area, other: Area, near: float = 0.0) -> bool:
    return one[0] < other[2] + near and other[0] < one[2] + near and one[1] < other[3] + near and other[1] < one[3] + near


def areas_of_labels(figure: Figure) -> list[Area]:
    return [(label.x, label.y - 8, label.x + width(label.text, TINY), label.y + 2) for label in figure.labels]


def test_boxes_side_by_side_stand_apart(figures: Figures) -> None:
    for figure in figures:
        for one, other in combinations(figure.inside, 2):
            assert not overlap(area(one), area(other), near=8), (figure.box.part, one.texts, other.texts)


def test_boxes_stand_inside_the_one_around_them(figures: Figures) -> None:
    for figure in figures:
        top = 0 if figure.box.above is None else HEADER
        for inner in figure.inside:
            left, upper, right, lower = area(inner)
            assert -0.1 <= left < right <= figure.width + 0.1, inner.texts
            assert top - 0.1 <= upper < lower <= figure.height + 0.1, inner.texts


def test_texts_fit_their_boxes(figures: Figures) -> None:
    for figure in figures:
        for inner in figure.inside:
            badge = width(inner.badge, SMALL, bold=True) + 8 if inner.badge else 0
            if inner.shape == "open":
                assert inner.texts[0].width + width(inner.aside, TINY) + badge + 16 <= inner.width
            else:
                assert all(text.width + 2 * badge + 4 <= inner.width for text in inner.texts), inner.texts


def test_shapes_on_edges_are_legible(figures: Figures) -> None:
    """They lie neither on boxes nor on one another, nor does a line go through them."""
    for figure in figures:
        labels = areas_of_labels(figure)
        assert not any(overlap(one, other) for one, other in combinations(labels, 2))
        for label in labels:
            assert label[0] >= 0
            assert label[2] <= figure.width
            assert not any(overlap(label, area(inner)) for inner in figure.inside), figure.labels
            for line in figure.lines:
                for (ax, ay), (bx, by) in pairwise(line.points):
                    assert not overlap(label, (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))), figure.labels


def test_lines_go_down_or_across_and_around_boxes(figures: Figures) -> None:
    for figure in figures:
        for line in figure.lines:
            for (ax, ay), (bx, by) in pairwise(line.points):
                assert abs(ax - bx) < 0.01 or abs(ay - by) < 0.01, line.points
                segment = (min(ax, bx) - 1, min(ay, by) + 0.5, max(ax, bx) + 1, max(ay, by) - 0.5)
                for inner in figure.inside:
                    inside = (inner.x + 0.5, inner.y + 0.5, inner.x + inner.width - 0.5, inner.y + inner.height - 0.5)
                    side = inner.shape == "circle" and line.points[-1] in ((bx, by),)
                    assert side or not overlap(segment, inside), (inner.texts, line.points)


def test_lines_begin_and_end_at_boxes(figures: Figures) -> None:
    for figure in figures:
        top = 0 if figure.box.above is None else HEADER
        ends = [(inner.y + inner.height, inner) for inner in figure.inside]
        for line in figure.lines:
            x, y = line.points[0]
            starts = [inner for bottom, inner in ends if abs(bottom - y) < 0.6 and inner.x <= x <= inner.x + inner.width]
            assert starts or abs(y - top) < 0.6, line.points
            x, y = line.points[-1]
            touched = [inner for inner in figure.inside if inner.x - 0.6 <= x <= inner.x + inner.width + 0.6 and inner.y - 0.6 <= y]
            assert touched if line.arrow else abs(y - figure.height) < 0.6, line.points


def test_lines_do_not_lie_on_one_another(figures: Figures) -> None:
    """Two horizontal stretches at one height belong to one tensor, or are apart."""
    for figure in figures:
        across = [
            (min(ax, bx), max(ax, bx), ay, line.points[0])
            for line in figure.lines
            for (ax, ay), (bx, by) in pairwise(line.points)
            if abs(ay - by) < 0.01 and abs(ax - bx) > 1
        ]
        for (left, right, y, start), (other_left, other_right, other_y, other_start) in combinations(across, 2):
            if start != other_start and abs(y - other_y) < 3:
                assert right <= other_left or other_right <= left, figure.box.part


def test_every_node_is_drawn_once(graph: Graph, drawings: Figures) -> None:
    for drawing in drawings:
        drawn, by_another = [0] * len(graph.nodes), [False] * len(graph.nodes)
        for figure in drawing.opened():
            part = figure.box.part
            assert part is not None
            by_another[part.stop : part.end] = [True] * (part.end - part.stop)  # its first iteration is drawn for all
            for inner in figure.inside:
                if inner.shape != "open" and inner.box.part is not None:
                    for position in range(inner.box.part.start, inner.box.part.end):
                        drawn[position] += 1
        assert all(count == 1 - other for count, other in zip(drawn, by_another, strict=True))


def test_inputs_and_outputs_are_drawn(graph: Graph, drawings: Figures) -> None:
    for drawing in drawings:
        pills = [inner.box for inner in drawing.inside if inner.box.part is None]
        assert [box.name for box in pills if box.made] == list(graph.inputs)
        assert [box.name for box in pills if box.given] == list(graph.outputs)
