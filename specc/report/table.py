"""Columns of text."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def table(rows: Sequence[Sequence[str]], numeric: Collection[int], headings: int = 1) -> str:
    """Columns two spaces apart: text to the left, numbers to the right; a rule under the headings.

    Args:
        rows: cells, the headings first.
        numeric: the columns of numbers.
        headings: how many rows are headings.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = (
            f"{cell:>{width}}" if at in numeric else f"{cell:<{width}}" for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([*map(line, rows[:headings]), rule, *map(line, rows[headings:])])
