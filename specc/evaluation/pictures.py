"""Pictures of what a model does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

NUMBERED = 25  # classes up to which a picture has room for every number
NAMED = 60  # and for every name


def draw_confusion(confusion: np.ndarray, classes: Sequence[str], path: Path, title: str) -> None:
    """Draws how many examples of each class got which answer. Colours are shares of a class.

    Args:
        confusion: counts, shape (classes, classes), a row for each class and a column for each answer.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count, total = len(classes), int(confusion.sum())
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(1.6 + 0.45 * count, 4.0, 14.0))
    figure = Figure(figsize=(side + 1.0, side), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    right = int(np.trace(confusion))
    axes.set_title(f"{title}: {right} of {total} right, {right / max(total, 1):.1%}")
    axes.set_xlabel("answer")
    axes.set_ylabel("class")
    if count <= NAMED:
        longest = max(len(name) for name in classes)
        axes.set_xticks(range(count), classes, rotation=0 if longest <= 3 else 90)
        axes.set_yticks(range(count), classes)
    if count <= NUMBERED:
        for row, column in zip(*np.nonzero(confusion), strict=True):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(confusion[row, column]), ha="center", va="center", color=colour, fontsize=9)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the class")
    figure.savefig(path, dpi=110)


def draw_predictions(
    images: Sequence[np.ndarray], names: Sequence[str], answers: Sequence[Sequence[tuple[str, float]]], path: Path
) -> None:
    """Draws each image with its most probable classes beside it.

    Args:
        images: values 0 to 1, shape (height, width, channels).
        names: what stands above each image.
        answers: (class, probability) of each image, the most probable first.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(images), 3)
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(4.6 * columns, 2.3 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, 2 * columns, squeeze=False, width_ratios=[1, 1.2] * columns)
    for axes in grid.flat:
        axes.set_axis_off()
    for place, (image, name, found) in enumerate(zip(images, names, answers, strict=True)):
        row, column = divmod(place, columns)
        left, right = grid[row][2 * column], grid[row][2 * column + 1]
        left.imshow(image[..., 0] if image.shape[-1] == 1 else image[..., :3], cmap="gray", vmin=0, vmax=1)
        left.set_title(name if len(name) <= 24 else f"…{name[-23:]}", fontsize=9)
        right.set_axis_on()
        right.barh(range(len(found)), [share for _, share in found], color=["#4c72b0"] + ["#b8c4dc"] * (len(found) - 1))
        right.set_yticks(range(len(found)), [label for label, _ in found])
        right.invert_yaxis()
        right.set_xlim(0, 1)
        right.set_xticks([])
        right.spines[["top", "right", "bottom"]].set_visible(False)
        for position, (_, share) in enumerate(found):
            inside = share > 0.6
            right.text(
                share - 0.03 if inside else share + 0.03,
                position,
                f"{share:.1%}",
                va="center",
                ha="right" if inside else "left",
                fontsize=8,
                color="white" if inside and position == 0 else "black",
            )
    figure.savefig(path, dpi=110)
