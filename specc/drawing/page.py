"""A long drawing in columns, so that it fits a page: cut where just one line goes on, which leads to the next column."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from specc.drawing.layered import Point
from specc.drawing.layout import Figure
from specc.drawing.text import width

TALL = 900.0  # what is lower stays in one column
SHAPE = 1.2  # height over width of a page
GUTTER, TURN = 40.0, 14.0
MOST = 6
MANY = 300  # boxes in a row, for which no number of columns makes a page
EVEN = 0.4  # height of the lowest column over that of the tallest


@dataclass(frozen=True, slots=True)
class _Column:
    """What stands between two cuts, and how far it reaches."""

    top: float
    bottom: float
    left: float
    right: float


def in_columns(figure: Figure) -> Figure:
    """The outermost figure, in as many columns as come closest to the shape of a page."""
    if figure.height <= TALL or len(figure.inside) > MANY or not (cuts := _cuts(figure)):
        return figure
    choices = {tuple(_chosen(figure, cuts, count)) for count in range(1, MOST + 1)}
    layouts = [[_column(figure, top, bottom) for top, bottom in zip((0.0, *cut), (*cut, figure.height), strict=True)] for cut in choices]
    best = min(filter(_is_even, layouts), key=lambda columns: (_unlike_a_page(columns), len(columns)))
    return figure if len(best) == 1 else _moved(figure, best)


def _cuts(figure: Figure) -> list[float]:
    """Heights at which nothing stands but one line, going down."""
    found = []
    boxes = sorted((inner.y - 1, inner.y + inner.height + inner.sheets + 1) for inner in figure.inside)
    labels = [(label.y - 10, label.y + 3) for label in figure.labels]
    reached = 0.0
    for top, bottom in boxes:
        for y in (reached + 3, reached + 16, top - 9):
            if reached < y < top and not any(start < y < end for start, end in labels) and _trunk(figure, y) is not None:
                found.append(y)
                break
        reached = max(reached, bottom)
    return found


def _trunk(figure: Figure, y: float) -> float | None:
    """Where the only line is that crosses a height; None where there are several or it goes across there."""
    crossing = set()
    for line in figure.lines:
        for (ax, ay), (bx, by) in zip(line.points, line.points[1:], strict=False):
            if min(ay, by) - 2 < y < max(ay, by) + 2:
                crossing |= {round(ax, 1), round(bx, 1)}
                if len(crossing) > 1:
                    return None
    return crossing.pop() if crossing else None


def _chosen(figure: Figure, cuts: Sequence[float], count: int) -> list[float]:
    """Cuts that make at most so many columns, the tallest as low as can be."""

    def greedy(most: float) -> list[float] | None:
        chosen: list[float] = []
        for cut, following in zip(cuts, (*cuts[1:], figure.height), strict=True):
            start = chosen[-1] if chosen else 0.0
            if following - start > most and cut > start:
                chosen.append(cut)
        heights = [end - start for start, end in zip((0.0, *chosen), (*chosen, figure.height), strict=True)]
        return chosen if len(heights) <= count and max(heights) <= most else None

    ends = [0.0, *cuts, figure.height]
    heights = sorted({later - earlier for index, earlier in enumerate(ends) for later in ends[index + 1 :]})
    # Where a height will do, so will every greater one.
    lowest = bisect_left(heights, True, key=lambda most: greedy(most + 0.1) is not None)
    return greedy(heights[lowest] + 0.1) or []


def _column(figure: Figure, top: float, bottom: float) -> _Column:
    boxes = [inner for inner in figure.inside if top <= inner.y < bottom]
    xs = [edge for inner in boxes for edge in (inner.x, inner.x + inner.width + inner.sheets)]
    xs += [label.x + width(label.text, 10) for label in figure.labels if top <= label.y < bottom]
    xs += [x for line in figure.lines for x, y in line.points if top <= y < bottom]
    return _Column(top, bottom, min(xs), max(xs))


def _is_even(columns: Sequence[_Column]) -> bool:
    """Whether no column stands almost empty beside the others."""
    heights = [column.bottom - column.top for column in columns]
    return min(heights) >= EVEN * max(heights)


def _unlike_a_page(columns: Sequence[_Column]) -> float:
    wide = sum(column.right - column.left for column in columns) + GUTTER * (len(columns) - 1)
    ratio = max(column.bottom - column.top for column in columns) / wide / SHAPE
    return max(ratio, 1 / ratio)


def _moved(figure: Figure, columns: Sequence[_Column]) -> Figure:
    """The figure with its columns side by side, their tops at one height."""
    page = _Page(columns)
    for inner in figure.inside:
        inner.x, inner.y = page.moved(inner.x, inner.y, page.column_of(inner.y))
    for label in figure.labels:
        label.x, label.y = page.moved(label.x, label.y, page.column_of(label.y))
    for line in figure.lines:
        line.points = page.through(line.points)
    figure.width, figure.height = page.width, page.height
    return figure


class _Page:
    """Columns side by side."""

    def __init__(self, columns: Sequence[_Column]) -> None:
        self.columns = columns
        self.lefts = [0.0]
        for column in columns:
            self.lefts.append(self.lefts[-1] + column.right - column.left + GUTTER)
        self.width = self.lefts[-1] - GUTTER
        self.height = 2 * TURN + max(column.bottom - column.top for column in columns)

    def column_of(self, y: float) -> int:
        return next((index for index, column in enumerate(self.columns) if y < column.bottom), len(self.columns) - 1)

    def moved(self, x: float, y: float, index: int) -> Point:
        """A place in the long drawing as a place in a column."""
        column = self.columns[index]
        return x - column.left + self.lefts[index], y - column.top + (TURN if index else 0.0)

    def through(self, points: Sequence[Point]) -> list[Point]:
        """A line that goes on in the next column: below the first, up between them, and into the second from above."""
        here = self.column_of(points[0][1])
        found = [self.moved(*points[0], here)]
        for (_, before), (x, y) in pairwise(points):
            while here < len(self.columns) - 1 and before < self.columns[here].bottom <= y:
                end, bottom = self.moved(x, self.columns[here].bottom, here)
                start, _ = self.moved(x, 0, here + 1)
                between = self.lefts[here + 1] - GUTTER / 2
                found += [(end, bottom + TURN), (between, bottom + TURN), (between, 0.0), (start, 0.0)]
                here += 1
                before = self.columns[here].top
            found.append(self.moved(x, y, here))
        return found
