"""A laid out drawing as SVG. Everything that comes from the spec is escaped; nothing in the file runs or is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from specc.drawing import labels, palette
from specc.drawing.layered import Point
from specc.drawing.layout import HEADER, SHEET, SHEETS, SIZE, SMALL, TINY, Figure, Line, Text
from specc.drawing.palette import Family
from specc.drawing.text import FONT, shortened, width
from specc.graph import Graph
from specc.report import brief

MARGIN, TITLE, BEND = 24.0, 58.0, 7.0
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_svg(top: Figure, graph: Graph, summary: str = "") -> str:
    """The whole picture: title, drawing, and the legend of the colours that are used."""
    families = sorted(set(_families(top, graph)))
    title = shortened(graph.name, 18, 800, bold=True)
    costs = brief(graph) + (", as it is trained" if graph.training else "")
    wide = max(top.width, width(title, 18, bold=True), width(costs, SIZE), 220)
    legend, legend_height = _legend(families, MARGIN, MARGIN + TITLE + top.height + 22, wide)
    page_width, page_height = wide + 2 * MARGIN, 2 * MARGIN + TITLE + top.height + (22 + legend_height if families else 0)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(page_width)}" height="{_n(page_height)}" '
        f'viewBox="0 0 {_n(page_width)} {_n(page_height)}" role="img" font-family={quoteattr(FONT)}>',
        f"<title>{_text(graph.name)}</title>",
        f"<desc>{_text(_description(graph, summary))}</desc>",
        f'<rect x="0.5" y="0.5" width="{_n(page_width - 1)}" height="{_n(page_height - 1)}" rx="10" '
        f'fill="{palette.PAPER}" stroke="{palette.PAPER_BORDER}"/>',
        _line_of(Text(((title, True, False),), 18), MARGIN, MARGIN + 14),
        _line_of(Text(((costs, False, True),), SIZE), MARGIN, MARGIN + 33),
    ]
    _inside(top, MARGIN + (wide - top.width) / 2, MARGIN + TITLE, graph, out)
    return "\n".join([*out, *legend, "</svg>", ""])


def _description(graph: Graph, summary: str) -> str:
    inputs = ", ".join(f"{name} {tensor.spec}" for name, tensor in graph.inputs.items())
    said = f"Architecture of a neural network with {len(graph.nodes)} nodes and {brief(graph)}. Inputs: {inputs}. "
    return f"{said}Outputs: {', '.join(graph.outputs)}." + (f" {summary}" if summary else "")


def _inside(figure: Figure, x: float, y: float, graph: Graph, out: list[str]) -> None:
    """What is in an open figure whose corner is at a place: boxes first, edges over them."""
    for inner in figure.inside:
        _figure(inner, x + inner.x, y + inner.y, graph, out)
    for line in figure.lines:
        out.append(_edge(line, x, y))
    for label in figure.labels:
        out.append(_line_of(Text(((label.text, False, True),), TINY), x + label.x, y + label.y))


def _figure(figure: Figure, x: float, y: float, graph: Graph, out: list[str]) -> None:
    box = figure.box
    out.append("<g>")
    if box.part is not None:
        out.append(f"<title>{_text(labels.note(box.part, graph))}</title>")
    ground, border = _colours(figure, graph)
    if figure.sheets:
        for sheet in range(SHEETS, 0, -1):
            out.append(_rect(x + sheet * SHEET, y + sheet * SHEET, figure, ground, border))
    middle = x + figure.width / 2
    if figure.shape == "circle":
        radius = figure.width / 2
        out.append(f'<circle cx="{_n(middle)}" cy="{_n(y + radius)}" r="{_n(radius)}" fill="{ground}" stroke="{border}"/>')
        text = figure.texts[0]
        out.append(_line_of(text, middle - text.width / 2, y + radius + text.size * 0.34))
    elif figure.shape == "open":
        _open(figure, x, y, ground, border, graph, out)
    else:
        out.append(_rect(x, y, figure, ground, border))
        _lines_of_text(figure, middle, y, out)
        out += _strip(figure, x, y)
    out.append("</g>")


def _strip(figure: Figure, x: float, y: float) -> Iterator[str]:
    """The colours of what is folded away, each as long as it has layers."""
    total, left = sum(count for _, count in figure.strip), x + 12
    for family, count in figure.strip:
        share = (figure.width - 24) * count / total
        yield f'<rect x="{_n(left)}" y="{_n(y + figure.height - 8)}" width="{_n(share)}" height="4" fill="{family.border}" opacity="0.55"/>'
        left += share


def _lines_of_text(figure: Figure, middle: float, y: float, out: list[str]) -> None:
    badge = width(figure.badge, SMALL, bold=True) + 10 if figure.badge else 0.0
    heights = [text.size + 4 for text in figure.texts]
    base = y + (figure.height - (6 if figure.strip else 0) - sum(heights)) / 2
    for text, height in zip(figure.texts, heights, strict=True):
        out.append(_line_of(text, middle - badge / 2 - text.width / 2, base + height - 4.5))
        base += height
    if figure.badge:
        out.append(_badge(figure.badge, middle + figure.width / 2 - 8, y + figure.height / 2))


def _open(figure: Figure, x: float, y: float, ground: str, border: str, graph: Graph, out: list[str]) -> None:
    out.append(_rect(x, y, figure, ground, border))
    right, bottom = x + figure.width, y + HEADER
    out.append(
        f'<path d="M{_n(x)} {_n(bottom)}V{_n(y + 7)}a7 7 0 0 1 7 -7H{_n(right - 7)}a7 7 0 0 1 7 7V{_n(bottom)}z" '
        f'fill="{palette.HEADER}" stroke="{border}"/>'
    )
    out.append(_line_of(figure.texts[0], x + 10, y + 15.5))
    if figure.badge:
        out.append(_badge(figure.badge, right - 8, y + HEADER / 2))
        right -= width(figure.badge, SMALL, bold=True) + 10
    if figure.aside:
        aside = Text(((figure.aside, False, True),), TINY)
        out.append(_line_of(aside, right - 10 - aside.width, y + 15))
    _inside(figure, x, y, graph, out)


def _colours(figure: Figure, graph: Graph) -> tuple[str, str]:
    if figure.shape == "pill":
        return palette.PAPER, palette.LINE
    if figure.shape == "circle":
        return palette.PAPER, palette.LINE
    if figure.shape == "folded":
        return palette.FOLDED, palette.FOLDED_BORDER
    if figure.shape == "open":
        return palette.BOX, palette.BOX_BORDER
    assert figure.box.part is not None
    family = palette.family(graph.nodes[figure.box.part.start].layer)
    return family.ground, family.border


def _rect(x: float, y: float, figure: Figure, ground: str, border: str) -> str:
    radius = {"pill": figure.height / 2, "open": 7, "folded": 6}.get(figure.shape, 5)
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(figure.width)}" height="{_n(figure.height)}" rx="{_n(radius)}" '
        f'fill="{ground}" stroke="{border}"/>'
    )


def _badge(text: str, right: float, middle: float) -> str:
    return _line_of(Text(((text, True, False),), SMALL), right - width(text, SMALL, bold=True), middle + 4)


def _line_of(text: Text, x: float, y: float) -> str:
    """A line of text, held to the width that it was given, whatever font there is."""
    spans = "".join(
        f'<tspan{" font-weight=" + chr(34) + "bold" + chr(34) if bold else ""} fill="{palette.FAINT if faint else palette.TEXT}">'
        f"{_text(part)}</tspan>"
        for part, bold, faint in text.parts
    )
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(text.size)}" textLength="{_n(text.width)}" '
        f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{spans}</text>'
    )


def _edge(line: Line, x: float, y: float) -> str:
    points = [(px + x, py + y) for px, py in line.points]
    head = ""
    if line.arrow:
        points, head = _arrow(points)
    return f'<path d="{_rounded(points)}" fill="none" stroke="{palette.LINE}" stroke-width="1.3"/>{head}'


def _arrow(points: list[Point]) -> tuple[list[Point], str]:
    """The head at the end of a line, and the line up to it."""
    before, (ex, ey) = points[-2:]
    dx, dy = (0, 1) if abs(ex - before[0]) < 0.01 else ((ex > before[0]) - (ex < before[0]), 0)
    tip, wings = (ex, ey), [(ex - 6.5 * dx - 3.2 * dy, ey - 6.5 * dy - 3.2 * dx), (ex - 6.5 * dx + 3.2 * dy, ey - 6.5 * dy + 3.2 * dx)]
    corners = "L".join(f"{_n(px)} {_n(py)}" for px, py in (tip, *wings))
    return [*points[:-1], (ex - 5 * dx, ey - 5 * dy)], f'<path d="M{corners}z" fill="{palette.LINE}"/>'


def _rounded(points: Sequence[Point]) -> str:
    """A path through points, its corners rounded."""
    path = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], points[2:], strict=False):
        before, after = abs(bx - ax) + abs(by - ay), abs(cx - bx) + abs(cy - by)
        radius = min(BEND, before / 2, after / 2)
        sx, sy = bx - radius * (bx - ax) / (before or 1), by - radius * (by - ay) / (before or 1)
        tx, ty = bx + radius * (cx - bx) / (after or 1), by + radius * (cy - by) / (after or 1)
        path.append(f"L{_n(sx)} {_n(sy)}Q{_n(bx)} {_n(by)} {_n(tx)} {_n(ty)}")
    path.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(path)


def _legend(families: Sequence[Family], left: float, top: float, wide: float) -> tuple[list[str], float]:
    """A square of each colour with its meaning, in as many lines as are needed; and their height."""
    out, x, y = [], left, top
    for family in families:
        step = 16 + width(family.name, SMALL) + 18
        if x > left and x + step - 18 > left + wide:
            x, y = left, y + 18
        out.append(f'<rect x="{_n(x)}" y="{_n(y)}" width="11" height="11" rx="3" fill="{family.ground}" stroke="{family.border}"/>')
        out.append(_line_of(Text(((family.name, False, True),), SMALL), x + 16, y + 9.5))
        x += step
    return out, y - top + 12


def _families(top: Figure, graph: Graph) -> Iterator[Family]:
    """The families whose colours are seen."""
    for figure in top.opened():
        for inner in figure.inside:
            yield from (family for family, _ in inner.strip)
            if inner.shape == "node" and inner.box.part is not None:
                yield palette.family(graph.nodes[inner.box.part.start].layer)


def _text(text: str) -> str:
    """Text for XML, without the characters that XML does not admit."""
    return escape(NOT_XML.sub("\ufffd", text), {'"': "&quot;"})


def _n(number: float) -> str:
    """A number with at most one decimal."""
    text = f"{number:.1f}"
    return text[:-2] if text.endswith(".0") else text
