"""The size of every box and where it stands: each is laid out by itself, then as a whole in the one around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from specc.drawing import labels, palette
from specc.drawing.hierarchy import is_merge
from specc.drawing.layered import Edge, Point, Vertex, lay_out
from specc.drawing.multiples import Place
from specc.drawing.palette import Family
from specc.drawing.text import shortened, width
from specc.drawing.wiring import Box
from specc.graph import Graph

NODE, FOLDED, HEADER, PILL = 26.0, 48.0, 22.0, 26.0  # heights
LEAST, MOST = 116.0, 260.0  # widths of a box around text
PAD, FOOT = 14.0, 12.0  # inside an open box
SHEET = 4.0  # how far the sheets behind a multiple stand out
SHEETS = 2
CIRCLE = 24.0
SIZE, SMALL, TINY = 12.0, 11.0, 10.0  # of fonts


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: its parts, each with its weight (bold or not) and whether it is faint."""

    parts: tuple[tuple[str, bool, bool], ...]
    size: float

    @property
    def width(self) -> float:
        return sum(width(text, self.size, bold) for text, bold, _ in self.parts)


@dataclass(slots=True)
class Line:
    """An edge: its points, and whether an arrow ends it."""

    points: list[Point]
    arrow: bool


@dataclass(slots=True)
class Label:
    """The shape of a tensor, written beside its edge."""

    text: str
    x: float
    y: float


@dataclass(eq=False, repr=False, slots=True)
class Figure:
    """A box with its place relative to the one around it."""

    box: Box
    shape: str  # `node`, `folded`, `open`, `circle`, `pill`
    width: float
    height: float
    texts: tuple[Text, ...] = ()
    badge: str = ""
    aside: str = ""
    x: float = 0.0
    y: float = 0.0
    inside: list[Figure] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    entries: dict[Place, float] | None = None
    exits: dict[Place, float] | None = None
    step: float = 24.0
    strip: tuple[tuple[Family, int], ...] = ()

    @property
    def sheets(self) -> float:
        """How far the sheets behind it reach."""
        return SHEET * SHEETS if self.badge and self.shape != "circle" else 0.0

    def opened(self) -> Iterator[Figure]:
        """This one, which is open, and all that are open in it."""
        yield self
        for inner in self.inside:
            if inner.shape == "open":
                yield from inner.opened()


def figure(box: Box, graph: Graph) -> Figure:
    """A box and all in it, sized; what is inside has its place."""
    if box.part is None:
        return _pill(box)
    if not box.is_open:
        return _closed(box, graph)
    return _open(box, graph)


def _pill(box: Box) -> Figure:
    specs = list((box.made or box.given).values())
    shape = labels.shape(specs[0]) if len(specs) == 1 else f"{len(specs)} tensors"
    parts = ((shortened(box.name, SIZE, MOST, bold=True), True, False), (f"  {shape}", False, True))
    text = Text(parts, SIZE)
    return Figure(box, "pill", max(text.width + 28, 84.0), PILL, (text,))


def _closed(box: Box, graph: Graph) -> Figure:
    part = box.part
    assert part is not None
    badge = f"×{part.times}" if part.times > 1 else ""
    if part.group is not None:
        costs = labels.costs_of(part, graph)
        texts: tuple[Text, ...] = (_caption(labels.group_caption(part)),)
        texts += (Text(((costs, False, True),), TINY),) if costs else ()
        height = FOLDED if costs else FOLDED - 14
        families = Counter(palette.family(node.layer) for node in graph.nodes[part.start : part.stop] if not is_merge(node))
        return _sized(Figure(box, "folded", 0, height, texts, badge, strip=tuple(families.items())), graph)
    node = graph.nodes[part.start]
    if is_merge(node) and not badge:
        word = node.layer.word
        sign = labels.SIGNS.get(word, "")
        if sign and len(box.given) <= 3:
            size = 15.0 if len(sign) == 1 else TINY
            return _sized(Figure(box, "circle", CIRCLE, CIRCLE, (Text(((sign, len(sign) == 1, False),), size),)), graph)
    return _sized(Figure(box, "node", 0, NODE, (_caption(labels.caption(part, node)),), badge), graph)


def _caption(caption: labels.Caption) -> Text:
    """`gate dense 64, sigmoid`: the name in bold, or the word where there is none."""
    name, word, detail = caption
    parts = [(shortened(name, SIZE, MOST, bold=True), True, False)] if name else []
    if word:
        parts.append((f"  {word}" if name else shortened(word, SIZE, MOST, bold=True), not name, False))
    if detail:
        parts.append((f"  {shortened(detail, SIZE, MOST)}", False, True))
    return Text(tuple(parts), SIZE)


def _sized(made: Figure, graph: Graph) -> Figure:
    """Widens a closed figure to its text, and spreads its outputs."""
    if made.shape != "circle":
        badge = width(made.badge, SMALL, bold=True) + 10 if made.badge else 0.0
        made.width = max(LEAST, max(text.width for text in made.texts) + 24 + 2 * badge)
    exits = list(made.box.made)
    if len(exits) > 1:
        made.step = max(width(labels.shape(spec), TINY) + 18 for spec in made.box.made.values())
        made.width = max(made.width, 2 * made.step * (len(exits) - 1) + 24)
    if made.shape != "circle":
        made.width = max(made.width, 24.0 * len(made.box.given))
    return made


def _open(box: Box, graph: Graph) -> Figure:
    figures = [figure(inner, graph) for inner in box.inside]
    said = {(source, place) for source, target, place in box.edges if target is None or target.part is not None}
    shown = [_shapes(inner, said) for inner in box.inside]
    entries = [Vertex(0, 0, {}, place="top") for _ in box.given]
    middle = [_vertex(made, texts) for made, texts in zip(figures, shown, strict=True)]
    exits = [Vertex(0, 0, {}, place="bottom") for _ in box.made]
    edges = _edges(box)
    ways, wide, high = lay_out([*entries, *middle, *exits], edges)
    result = _framed(box, wide, high, graph)
    right, down = (result.width - wide) / 2, 0.0 if box.above is None else HEADER
    for vertex, made, texts in zip(middle, figures, shown, strict=True):
        made.x, made.y = vertex.x - made.width / 2 + right, vertex.y + down
        bottom = vertex.y + vertex.height + down
        result.labels += [Label(text, vertex.x + vertex.exit(place) + 6 + right, bottom + 11.5) for place, text in texts.items()]
    result.inside = figures
    last = len(entries) + len(middle)
    for edge, points in zip(edges, ways, strict=True):
        moved = [(x + right, y + down) for x, y in points]
        if edge.target >= last:
            moved[-1] = (moved[-1][0], result.height)  # to the border
        if len(entries) <= edge.source < last:
            moved[0] = (moved[0][0], moved[0][1] - figures[edge.source - len(entries)].sheets)
        result.lines.append(Line(moved, arrow=edge.target < last))
    result.entries = {place: vertex.x + right - result.width / 2 for place, vertex in zip(box.given, entries, strict=True)}
    result.exits = {place: vertex.x + right - result.width / 2 for place, vertex in zip(box.made, exits, strict=True)}
    return result


def _vertex(made: Figure, texts: dict[Place, str]) -> Vertex:
    """A figure as the layout sees it: with its sheets, which stand out as far on the left, so that its middle stays."""
    is_input = made.box.part is None and bool(made.box.made)
    return Vertex(
        made.width + 2 * made.sheets,
        made.height + made.sheets,
        made.entries,
        made.exits,
        made.step,
        {place: width(text, TINY) + 2 for place, text in texts.items()},
        made.shape == "circle",
        "top" if is_input else "",
    )


def _edges(box: Box) -> list[Edge]:
    """The edges in a box by position: first where tensors come in, then the boxes, then where tensors go out."""
    starts = {place: index for index, place in enumerate(box.given)}
    boxes = {inner: len(box.given) + index for index, inner in enumerate(box.inside)}
    ends = {place: len(box.given) + len(box.inside) + index for index, place in enumerate(box.made)}
    return [
        Edge(starts[place] if source is None else boxes[source], ends[place] if target is None else boxes[target], place)
        for source, target, place in box.edges
    ]


def _framed(box: Box, wide: float, high: float, graph: Graph) -> Figure:
    """An open box around content of a size; the outermost has no border and no header."""
    part = box.part
    assert part is not None
    if box.above is None:
        return Figure(box, "open", wide, high)
    badge = f"×{part.times}" if part.times > 1 else ""
    aside = "channels of the first" if part.varied else labels.costs_of(part, graph).partition(" · ")[0]
    text = _caption(labels.group_caption(part))
    header = 10 + text.width + 16 + width(aside, TINY) + (width(badge, SMALL, bold=True) + 10 if badge else 0) + 10
    return Figure(box, "open", max(wide + 2 * PAD, header), high + HEADER + FOOT, (text,), badge, aside)


def _shapes(inner: Box, said: set[tuple[Box | None, Place]]) -> dict[Place, str]:
    """The shapes that are written beside the edges that leave a box: those that are not plain from what stands above.

    `said` are the boxes and tensors for which it is not what stands below, an output, that has it.
    """
    if inner.part is None or (inner.is_open and not inner.part.varied):
        return {}
    plain = set(inner.given.values())
    return {place: labels.shape(spec) for place, spec in inner.made.items() if spec not in plain and (inner, place) in said}
