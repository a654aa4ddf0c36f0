"""The architecture of a network as a drawing: a graph to a tree of boxes, to places, to SVG. No framework, no font engine."""

from __future__ import annotations

from specc.drawing.hierarchy import tree
from specc.drawing.layout import Figure, figure
from specc.drawing.page import in_columns
from specc.drawing.svg import as_svg
from specc.drawing.wiring import boxes, closed
from specc.graph import Graph

WIDTH, HEIGHT = 1250.0, 1500.0  # pixels of a drawing whose text is still read where it fills a page
MANY = 150  # boxes
DEEPEST = 100


def draw(graph: Graph, depth: int | None = None, summary: str = "") -> str:
    """The drawing of a graph as SVG.

    Args:
        depth: levels of boxes that are shown; the lowest are folded. None shows as many as a page holds.
        summary: a sentence about the network, for those who cannot see the drawing.
    """
    return as_svg(_laid_out(graph, depth), graph, summary)


def _laid_out(graph: Graph, depth: int | None) -> Figure:
    root, stand_in = tree(graph)
    if depth is not None:
        return in_columns(figure(boxes(graph, root, stand_in, depth), graph))
    found = in_columns(figure(boxes(graph, root, stand_in, 1), graph))
    for level in range(2, DEEPEST):
        box = boxes(graph, root, stand_in, level)
        ends = list(closed(box))
        deeper = in_columns(figure(box, graph)) if len(ends) <= MANY else None
        if deeper is None or deeper.width > WIDTH or deeper.height > HEIGHT:
            break
        found = deeper
        if all(end.is_node for end in ends):
            break
    return found


__all__ = ["draw"]
