"""Layered layout: rows, order, columns, lines. It knows nothing of networks."""

from __future__ import annotations

from collections.abc import Sequence

from specc.drawing.layered.columns import place_columns
from specc.drawing.layered.diagram import Edge, Vertex
from specc.drawing.layered.order import untangle
from specc.drawing.layered.ranks import in_rows
from specc.drawing.layered.routes import Point, extent, route


def lay_out(vertices: Sequence[Vertex], edges: Sequence[Edge]) -> tuple[list[list[Point]], float, float]:
    """Sets `x`, the middle, and `y`, the top, of every vertex; gives the line of every edge, the width and the height.

    Vertices come in an order in which edges lead forwards.
    """
    layers = in_rows(vertices, edges)
    untangle(layers)
    place_columns(layers)
    left, right = extent(layers.vertices)
    for vertex in layers.vertices:
        vertex.x -= left
    lines, height = route(layers, edges)
    return lines, right - left, height


__all__ = ["Edge", "Point", "Vertex", "lay_out"]
