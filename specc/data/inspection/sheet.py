"""A contact sheet: examples side by side, as the network gets them."""

from __future__ import annotations

import math
import os
import warnings
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from specc.data.inspection.panels import Colour, Panel, Pictures, pictures_of
from specc.data.inspection.sample import Sample
from specc.data.inspection.words import Strip, Words, words_of

# In inches.
WIDTH = 13.2  # of a sheet, at most
NARROW = 6.0  # and at least
MARGIN, GAP, TIGHT = 0.3, 0.22, 0.06
PANEL, SMALLEST = 1.9, 0.8  # the width of a picture
COLUMN = 3.9  # the width of an example without pictures
STRIP = 0.16

# In points.
TITLE, HEADING, TEXT, LABEL = 12.0, 8.5, 7.0, 6.5
HINTED = 1.02  # letters that are fitted to pixels may be wider than they were drawn
LINE = 1.35  # heights of a line of text
LINES = 3  # of a text that is long
LONG = 1_000  # signs, of which as many lines have no room

DPI = 130
TALLEST = 30_000  # pixels; a higher sheet has fewer of them in an inch
GREY = "#5f6c7b"
# After the first, what a machine may have for signs that are not in it.
FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Devanagari", "Arial Unicode MS")


@dataclass(frozen=True)
class Layout:
    """Sizes that all examples have in common, in inches.

    Args:
        columns: examples in a row.
        width: of an example.
        panel: width and height of a picture; None where there are none.
    """

    columns: int
    width: float
    panel: tuple[float, float] | None

    @property
    def sheet(self) -> float:
        return max(NARROW, 2 * MARGIN + self.columns * self.width + (self.columns - 1) * GAP)


def draw_sheet(sample: Sample, path: Path, title: str) -> None:
    """Draws a sample into a file."""
    figure = sheet_of(sample, title)
    aside = path.with_name(f"aside-{path.name}")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a sign that no font has is an empty box
            figure.savefig(aside, dpi=min(DPI, TALLEST / figure.get_figheight()))
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def sheet_of(sample: Sample, title: str) -> Any:
    """The sheet as matplotlib's figure, with one pair of axes whose units are inches, from the upper left corner."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pictures, words = pictures_of(sample), words_of(sample)
    layout = layout_of(pictures, len(sample.examples))
    page = _Page(layout.sheet)
    for line in page.wrapped(title, layout.sheet - 2 * MARGIN, TITLE, "bold"):
        page.text(MARGIN, line, TITLE, weight="bold")
    for note in pictures.notes:
        for line in page.wrapped(note, layout.sheet - 2 * MARGIN, HEADING):
            page.text(MARGIN, line, HEADING, color=GREY)
    page.down += GAP
    for first in range(0, len(sample.examples), layout.columns):
        ends = []
        for column, example in enumerate(range(first, min(first + layout.columns, len(sample.examples)))):
            left = MARGIN + column * (layout.width + GAP)
            ends.append(_example(page, left, layout, pictures.panels[example], words[example]))
        page.down = max(ends) + GAP
    page.down -= GAP
    for name, entries in pictures.legend.items():
        _legend(page, name, entries, layout.sheet)
    height = page.down + MARGIN

    figure = Figure(figsize=(layout.sheet, height), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        page.draw_on(axes)
    axes.set(xlim=(0, layout.sheet), ylim=(height, 0), aspect="auto")
    return figure


def layout_of(pictures: Pictures, count: int) -> Layout:
    """How examples are laid out: all pictures of one in a row, as many examples beside each other as a sheet has room for."""
    panels = max((len(row) for row in pictures.panels), default=0)
    room = WIDTH - 2 * MARGIN
    if panels:
        side = min(PANEL, max(SMALLEST, (room - (panels - 1) * TIGHT) / panels))
        width = panels * side + (panels - 1) * TIGHT
        shapes = [panel.pixels.shape for row in pictures.panels for panel in row]
        ratio = float(np.clip(np.median([height / max(across, 1) for height, across, _ in shapes]), 0.4, 2.0))
        panel: tuple[float, float] | None = (side, side * ratio)
    else:
        width, panel = COLUMN, None
    fit = max(1, math.floor((room + GAP + 1e-9) / (width + GAP)))
    return Layout(min(fit, max(count, 1), max(4, math.ceil(math.sqrt(1.5 * count)))), width, panel)


def _example(page: _Page, left: float, layout: Layout, panels: Sequence[Panel], words: Words) -> float:
    """Draws an example and returns where it ends."""
    top = down = page.down
    line = HEADING * LINE / 72
    if words.heading or any(panel.tag for panel in panels):
        room = layout.panel[0] if layout.panel and panels else layout.width
        tags = [page.fitted(panel.tag, 0.6 * room, TEXT) for panel in panels] or [""]
        free = room - (page.width_of(tags[0], TEXT) + 0.1 if tags[0] else 0)
        page.text(left, page.fitted(words.heading, free if len(panels) > 1 else layout.width, HEADING), HEADING, at=top)
        for place, tag in enumerate(tags):
            if tag:
                right = left + place * (room + TIGHT) + room
                page.text(right, tag, TEXT, at=top + (HEADING - TEXT) / 72, color=GREY, ha="right")
        down += line
    if layout.panel is not None:
        for place, panel in enumerate(panels):
            _panel(page, panel, (left + place * (layout.panel[0] + TIGHT), down, *layout.panel))
        down += layout.panel[1] + 0.04
    for text in words.texts:
        for piece in page.wrapped(text, layout.width, TEXT):
            page.text(left, piece, TEXT, at=down)
            down += TEXT * LINE / 72
    for strip in words.strips:
        page.text(left, page.fitted(strip.caption, layout.width, TEXT), TEXT, at=down, color=GREY)
        down += TEXT * LINE / 72
        height = STRIP if len(strip.values) == 1 else min(0.6, STRIP * len(strip.values))
        page.strip(strip, (left, down, layout.width, height))
        down += height + 0.05
    return down


def _panel(page: _Page, panel: Panel, frame: tuple[float, float, float, float]) -> None:
    """Draws a picture in the middle of a frame (left, top, width, height), its proportions kept, and its objects over it."""
    height, width = panel.pixels.shape[:2]
    scale = min(frame[2] / max(width, 1), frame[3] / max(height, 1))
    left = frame[0] + (frame[2] - width * scale) / 2
    top = frame[1] + (frame[3] - height * scale) / 2
    page.image(panel.pixels, (left, top, width * scale, height * scale))
    boxes = panel.boxes * scale + np.array([left, top, left, top])
    for box, colour in zip(boxes, panel.colours, strict=True):
        page.box(box, colour)
    within = (left, top, left + width * scale, top + height * scale)
    taken: list[tuple[float, float, float, float]] = []
    for box, colour, name in zip(boxes, panel.colours, panel.names):
        text = page.fitted(name, frame[2] * 0.7, LABEL)
        size = (page.width_of(text, LABEL) + 0.05, LABEL * 1.25 / 72)
        place = label_place(box, size, within, taken)
        if place is None:
            continue  # a name in front of another one is of no use to either
        taken.append((*place, place[0] + size[0], place[1] + size[1]))
        page.label(text, taken[-1], colour)


def label_place(
    box: np.ndarray, size: tuple[float, float], within: tuple[float, float, float, float], taken: Sequence[tuple[float, ...]]
) -> tuple[float, float] | None:
    """The left upper corner of a box's label: above the box, below it, or inside; None where it would cover another label everywhere.

    Args:
        box: left, top, right, bottom.
        size: width and height of the label.
        within: what it stays in.
        taken: the labels that are there.
    """
    left, top, right, bottom = box
    width, height = size
    corners = [(x, y) for x in (left, right - width) for y in (top - height, bottom, top, bottom - height)]
    inside = [
        (float(np.clip(x, within[0], max(within[2] - width, within[0]))), float(y))
        for x, y in corners
        if within[1] <= y + 1e-6 and y + height <= within[3] + 1e-6
    ] or [(float(np.clip(left, within[0], max(within[2] - width, within[0]))), float(within[1]))]
    return next((corner for corner in inside if not any(_overlap((*corner, *size), other) for other in taken)), None)


def _overlap(label: tuple[float, ...], other: tuple[float, ...]) -> bool:
    left, top, width, height = label
    return left < other[2] and other[0] < left + width and top < other[3] and other[1] < top + height


def _legend(page: _Page, name: str, entries: Sequence[tuple[Colour, str]], width: float) -> None:
    """Draws patches with the names of classes, in as many lines as they need."""
    page.down += GAP
    left = MARGIN + page.text(MARGIN, name, HEADING, color=GREY, stay=True) + 0.15
    start = left
    line = HEADING * LINE / 72
    for colour, text in entries:
        shown = page.fitted(text, 2.0, HEADING)
        needed = 0.18 + page.width_of(shown, HEADING) + 0.18
        if left + needed > width - MARGIN and left > start:
            left, page.down = start, page.down + line
        page.patch((left, page.down + 0.01, 0.13, 0.11), colour)
        page.text(left + 0.18, shown, HEADING, stay=True)
        left += needed
    page.down += line


class _Page:
    """What stands on a sheet, in inches from its upper left corner, gathered before its height is known."""

    def __init__(self, width: float) -> None:
        from matplotlib import font_manager
        from matplotlib.textpath import TextToPath

        known = {font.name for font in font_manager.fontManager.ttflist}
        self._family = [name for name in FONTS if name in known] or ["sans-serif"]
        self._measure, self._properties = TextToPath(), font_manager.FontProperties
        self._marks: list[tuple[str, Mapping[str, Any]]] = []
        self.width, self.down = width, MARGIN

    def width_of(self, text: str, size: float, weight: str = "normal") -> float:
        """The width of a line of text."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            properties = self._properties(family=self._family, size=size, weight=weight)
            return HINTED * float(self._measure.get_text_width_height_descent(text, properties, ismath=False)[0]) / 72

    def fitted(self, text: str, width: float, size: float, weight: str = "normal") -> str:
        """The text, cut off where it is too long."""
        if self.width_of(text, size, weight) <= width:
            return text
        fits = bisect(range(1, len(text)), width, key=lambda count: self.width_of(text[:count] + "…", size, weight))
        return text[:fits].rstrip() + "…"

    def wrapped(self, text: str, width: float, size: float, weight: str = "normal") -> list[str]:
        """The text in lines, of which only some are kept where they are many."""
        lines: list[str] = []
        rest = text[:LONG].split()
        while rest and len(lines) < LINES:
            fits = bisect(range(2, len(rest) + 1), width, key=lambda count: self.width_of(" ".join(rest[:count]), size, weight))
            lines.append(self.fitted(" ".join(rest[: fits + 1]), width, size, weight))
            rest = rest[fits + 1 :]
        if lines and (rest or len(text) > LONG):
            lines[-1] = self.fitted(f"{lines[-1]} {' '.join(rest)} …", width, size, weight)
        return lines

    def text(
        self, left: float, text: str, size: float, *, at: float | None = None, stay: bool = False, weight: str = "normal", **look: Any
    ) -> float:
        """Puts a line of text, at `down`, which goes on below it, unless it is said where; returns its width."""
        style = {"fontsize": size, "family": self._family, "weight": weight, "va": "top", "parse_math": False, **look}
        self._marks.append(("text", {"x": left, "y": self.down if at is None else at, "s": text, **style}))
        if at is None and not stay:
            self.down += size * LINE / 72
        return self.width_of(text, size, weight)

    def image(self, pixels: np.ndarray, frame: tuple[float, float, float, float]) -> None:
        self._marks.append(("image", {"X": pixels, "frame": frame}))

    def strip(self, strip: Strip, frame: tuple[float, float, float, float]) -> None:
        look = {"cmap": "viridis", "vmin": strip.low, "vmax": strip.high, "interpolation": "nearest"}
        self._marks.append(("image", {"X": strip.values, "frame": frame, **look}))

    def box(self, box: Sequence[float], colour: Colour) -> None:
        place = {"xy": (box[0], box[1]), "width": box[2] - box[0], "height": box[3] - box[1], "fill": False}
        self._marks.append(("box", {**place, "edgecolor": "white", "linewidth": 2.2, "alpha": 0.7}))
        self._marks.append(("box", {**place, "edgecolor": colour, "linewidth": 1.2}))

    def patch(self, frame: tuple[float, float, float, float], colour: Colour) -> None:
        self._marks.append(("box", {"xy": frame[:2], "width": frame[2], "height": frame[3], "facecolor": colour}))

    def label(self, text: str, frame: Sequence[float], colour: Colour) -> None:
        """A text on a ground of that colour."""
        left, top, right, bottom = frame
        self.patch((left, top, right - left, bottom - top), colour)
        bright = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 0.55
        self.text((left + right) / 2, text, LABEL, at=top + LABEL * 0.1 / 72, color="black" if bright else "white", ha="center")

    def draw_on(self, axes: Any) -> None:
        from matplotlib.patches import Rectangle

        for order, (kind, what) in enumerate(self._marks):
            if kind == "text":
                axes.text(**what, zorder=order)
            elif kind == "box":
                axes.add_patch(Rectangle(**what, zorder=order))
            else:
                look = {name: value for name, value in what.items() if name not in ("X", "frame")}
                left, top, width, height = what["frame"]
                axes.imshow(what["X"], extent=(left, left + width, top + height, top), aspect="auto", zorder=order, **look)
