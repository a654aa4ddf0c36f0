"""The metrics of a run as a picture."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from specc.training.progress import HIDDEN

COLOURS = {"training": "#4c72b0", "validation": "#dd8452"}


def draw_overlaid(
    runs: Mapping[str, Sequence[Mapping[str, Any]]], metric: str, path: Path, *, dotted: bool = True, logarithmic: bool = False
) -> None:
    """Draws one metric of several runs over the epochs; for validation also, dotted, that of training.

    Args:
        dotted: whether that of training is drawn.
        logarithmic: whether the axis of the metric is.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8.0, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for number, (name, records) in enumerate(runs.items()):
        for key, style, label in ((metric, "-", name), (metric.removeprefix("val_"), ":", None)):
            points = [(record["epoch"], record[key]) for record in records if record.get(key) is not None]
            if points and (style == "-" or (dotted and key != metric)):
                marker = "os^v"[number // 10 % 4]  # ten colours, then another marker
                axes.plot(*zip(*points, strict=True), style, marker=marker, markersize=4, color=f"C{number % 10}", label=label)
    if logarithmic:
        axes.set_yscale("log")
    axes.set_title(metric.replace("_", " ") + (", training dotted" if dotted and metric.startswith("val_") else ""))
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    beside = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)} if len(runs) > 6 else {}  # many names would hide the curves
    axes.legend(fontsize="small", **beside)
    aside = path.with_name(f"aside-{path.name}")
    figure.savefig(aside, dpi=110)
    os.replace(aside, path)


def draw_curves(records: Sequence[Mapping[str, Any]], path: Path, title: str, rates: Sequence[tuple[float, float]] = ()) -> None:
    """Draws every metric over the epochs, training and validation in one panel, and the learning rate.

    Args:
        rates: the learning rate, as pairs of an epoch, fractions included, and its value there.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    names = list(dict.fromkeys(name.removeprefix("val_") for record in records for name in record if name not in HIDDEN))
    if not names:
        return
    panels = len(names) + bool(rates)
    columns = min(panels, 3)
    rows = -(-panels // columns)
    figure = Figure(figsize=(4.8 * columns, 3.4 * rows + 0.3), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for place, name in enumerate(names, start=1):
        axes = figure.add_subplot(rows, columns, place)
        for label, key in (("training", name), ("validation", f"val_{name}")):
            points = [(record["epoch"], record[key]) for record in records if key in record]
            if points:
                axes.plot(*zip(*points, strict=True), marker="o", markersize=3, color=COLOURS[label], label=label)
        axes.set_title(name.replace("_", " "))
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    if rates:
        axes = figure.add_subplot(rows, columns, panels)
        axes.plot(*zip(*rates, strict=True), color="#55a868")
        axes.set_title("learning rate")
        axes.set_xlabel("epoch")
        axes.set_ylim(bottom=0)
        axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    aside = path.with_name(f"aside-{path.name}")
    figure.savefig(aside, dpi=110)
    os.replace(aside, path)
