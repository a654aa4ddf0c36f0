"""Two networks side by side: their outlines lined up by name, and their totals with ratios."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from specc.graph import Graph
from specc.report.outline import Part, outline
from specc.report.quantities import count, memory, shapes
from specc.report.table import table

Pair = tuple[Part | None, Part | None]


def compared(first: Graph, second: Graph, names: tuple[str, str], *, depth: int = 1, batch: int = 1) -> str:
    """Both outlines in one table, then totals.

    Args:
        names: what stands over the columns of each.
        depth: levels of names that are shown.
        batch: how many examples the memory of activations is for.
    """
    return "\n\n".join([_outlines(first, second, names, depth), _totals(first, second, names, batch)])


def _outlines(first: Graph, second: Graph, names: tuple[str, str], depth: int) -> str:
    rows: list[tuple[str, ...]] = [
        ("block", "output", "", "weights", "", "multiply-adds", ""),
        ("", *names, *names, *names),
    ]
    for one, other in _aligned(outline(first, depth), outline(second, depth)):
        part = one or other
        assert part is not None
        outputs = [shapes(each.last.outputs) if each else "-" for each in (one, other)]
        weights = [f"{each.parameters:,}" if each else "-" for each in (one, other)]
        macs = [count(each.macs) if each else "-" for each in (one, other)]
        rows.append(("  " * part.level + part.name, *outputs, *weights, *macs))
    return table(rows, numeric=(3, 4, 5, 6), headings=2)


def _aligned(first: Sequence[Part], second: Sequence[Part]) -> list[Pair]:
    """Parts of equal path on one line, in the order of both."""
    matcher = SequenceMatcher(None, [part.path for part in first], [part.path for part in second], autojunk=False)
    pairs: list[Pair] = []
    for kind, from_one, to_one, from_other, to_other in matcher.get_opcodes():
        if kind == "equal":
            pairs += zip(first[from_one:to_one], second[from_other:to_other], strict=True)
        else:
            pairs += [(part, None) for part in first[from_one:to_one]]
            pairs += [(None, part) for part in second[from_other:to_other]]
    return pairs


def _totals(first: Graph, second: Graph, names: tuple[str, str], batch: int) -> str:
    def times(size: int | None) -> int | None:
        return None if size is None else size * batch

    examples = "" if batch == 1 else f", batch of {batch}"
    rows = [
        ("total", *names, "ratio"),
        ("nodes", f"{len(first.nodes):,}", f"{len(second.nodes):,}", _ratio(len(first.nodes), len(second.nodes))),
        ("parameters", f"{first.parameters:,}", f"{second.parameters:,}", _ratio(first.parameters, second.parameters)),
        (
            "trainable parameters",
            f"{first.trainable_parameters:,}",
            f"{second.trainable_parameters:,}",
            _ratio(first.trainable_parameters, second.trainable_parameters),
        ),
        ("multiply-adds", count(first.macs), count(second.macs), _ratio(first.macs, second.macs)),
        (
            f"activations{examples}",
            memory(times(first.activation_bytes)),
            memory(times(second.activation_bytes)),
            _ratio(first.activation_bytes, second.activation_bytes),
        ),
    ]
    return table(rows, numeric=(1, 2, 3))


def _ratio(first: int | None, second: int | None) -> str:
    """The second over the first."""
    return f"{second / first:.2f}" if first and second is not None else "?" if first is None or second is None else "-"
