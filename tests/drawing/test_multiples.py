"""Iterations of a repeat are drawn once where they are alike, and only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from specc.drawing.layout import Figure

Lay = Callable[..., Figure]
CONV = "conv2d: {filters: 4, kernel_size: 3, padding: same}"
ADDING = f"layers:\n    - {CONV}\n    - add:\n      from: [x, base]"


def shown(figure: Figure) -> list[tuple[str, int]]:
    """The boxes in a figure: what they are called, and for how many iterations they stand."""
    return [(_text(inner), inner.box.part.times) for inner in figure.inside if inner.box.part is not None]


def _text(figure: Figure) -> str:
    return "".join(text for text, _, _ in figure.texts[0].parts)


def inner(figure: Figure, name: str) -> Figure:
    return next(each for each in figure.inside if each.box.part is not None and each.box.part.label == name)


def test_equal_layers(lay: Lay) -> None:
    figure = lay(f"- {CONV}\n  repeat: 5")
    assert shown(figure) == [("conv2d  3×3, 4", 5)]
    assert figure.inside[1].badge == "×5"


def test_equal_blocks(lay: Lay) -> None:
    figure = lay(f"- layers:\n    - {CONV}\n    - activation: relu\n  repeat: 3\n  name: unit")
    assert shown(figure) == [("unit", 3)]
    assert shown(inner(figure, "unit")) == [("conv2d  3×3, 4", 1), ("relu", 1)]


def test_the_first_is_different(lay: Lay) -> None:
    """As in a stage of a residual network: the first shrinks the image."""
    figure = lay("- conv2d: {filters: 4, kernel_size: 3, padding: same, strides: '=2 if i == 0 else 1'}\n  repeat: 4\n  name: conv")
    assert shown(figure) == [("conv/0  conv2d  3×3, 4, /2", 1), ("conv/1–3  conv2d  3×3, 4", 3)]


def test_shapes_that_shrink_are_drawn_each(lay: Lay) -> None:
    assert len(shown(lay("- max_pooling2d:\n  repeat: 3"))) == 3


def test_channels_may_grow_and_then_it_is_said(lay: Lay) -> None:
    """As in a dense block: every unit adds channels to all that there are."""
    unit = f"- parallel:\n    merge: concatenate\n    branches:\n      kept: []\n      added: {{{CONV}}}\n  repeat: 4\n  name: unit"
    figure = lay(unit)
    (unit_figure,) = [each for each in figure.inside if each.shape == "open"]
    assert (unit_figure.badge, unit_figure.aside) == ("×4", "channels of the first")
    assert [label.text for label in unit_figure.labels] == ["8×8×8"]
    assert [label.text for label in figure.labels] == []  # the output, which stands below, says it
    assert [label.text for label in lay(unit + "\n- activation: relu").labels] == ["8×8×20"]  # of the last
    assert [inner.texts[0].parts[1][0].strip() for inner in figure.inside if inner.box.given and not inner.box.part] == ["8×8×20"]


@pytest.mark.parametrize(
    ("layers", "times"),
    [
        # What an iteration in the middle makes is needed later.
        (f"- {CONV}\n  repeat: 3\n  name: conv\n- add:\n  from: [conv/0, x]", [1, 2, 1]),
        # The second does not work on what the first makes.
        (f"- {CONV}\n  name: base\n- {CONV}\n  from: base\n  repeat: [0, 1]\n  name: side\n- add:\n  from: [side/0, side/1]", [1, 1, 1, 1]),
        # Their arguments differ.
        ("- conv2d: {filters: 4, kernel_size: =2 * i + 1, padding: same}\n  repeat: 3", [1, 1, 1]),
        # Every other one is alike, which is no run.
        ("- conv2d: {filters: 4, kernel_size: '=3 if i % 2 else 1', padding: same}\n  repeat: 4", [1, 1, 1, 1]),
        # One after the other takes in the same tensor from outside.
        (f"- {CONV}\n  name: base\n- activation: relu\n- {ADDING}\n  repeat: 3\n  name: unit", [1, 1, 3]),
        # The first takes in the same tensor twice, the others two.
        (f"- {CONV}\n  name: base\n- {ADDING}\n  repeat: 3\n  name: unit", [1, 1, 2]),
        # Repeats in repeats.
        (f"- layers:\n    - {CONV}\n      repeat: 2\n    - activation: relu\n  repeat: 3\n  name: unit", [3]),
        # Two repeats with one thing between them.
        (f"- {CONV}\n  repeat: 2\n- activation: relu\n- {CONV}\n  repeat: 2", [2, 1, 2]),
        # One iteration alone is no multiple.
        (f"- {CONV}\n  repeat: 1", [1]),
    ],
)
def test_runs(lay: Lay, layers: str, times: list[int]) -> None:
    assert [count for _, count in shown(lay(layers, 1))] == times


def test_repeats_in_repeats_are_opened(lay: Lay) -> None:
    figure = lay(f"- layers:\n    - {CONV}\n      repeat: 2\n    - activation: relu\n  repeat: 3\n  name: unit")
    assert shown(inner(figure, "unit")) == [("conv2d  3×3, 4", 2), ("relu", 1)]


def test_the_cost_is_that_of_one_or_of_all(lay: Lay) -> None:
    unit = "- layers:\n    - dense: {width}\n    - activation: relu\n  repeat: 3\n  name: unit"

    def costs(width: Any) -> str:
        (found,) = [each for each in lay(unit.replace("{width}", str(width)), 1).inside if each.shape == "folded"]
        return found.texts[1].parts[0][0]

    assert costs(4) == "20 weights · 1.02k mult-adds"
    assert costs(8) == "184 weights · 10.2k mult-adds in all"  # the first has fewer inputs
