"""Levels of boxes: which are opened, which folded, and which are not worth a box."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from specc import language
from specc.drawing import draw
from specc.drawing.layout import Figure

Lay = Callable[..., Figure]
BLOCKS = """
  pair:
    layers:
      - dense: 4
      - activation: relu
  outer:
    layers:
      - pair:
      - pair:
      - dense: 4
"""


def labels(figure: Figure) -> list[str]:
    """What is drawn, boxes before what is in them."""
    found = []
    for inner in figure.inside:
        if inner.box.part is not None:
            found.append(f"{inner.box.part.label}{'' if inner.shape != 'folded' else ' folded'}")
            found += [f"  {each}" for each in labels(inner)]
    return found


def test_depth(lay: Lay) -> None:
    assert labels(lay("- outer:\n- dense: 4", 1, BLOCKS)) == ["outer folded", "dense"]
    assert labels(lay("- outer:\n- dense: 4", 2, BLOCKS)) == ["outer", "  pair folded", "  pair_1 folded", "  dense", "dense"]
    opened = ["outer", "  pair", "    dense", "    activation", "  pair_1", "    dense", "    activation", "  dense", "dense"]
    assert labels(lay("- outer:\n- dense: 4", 3, BLOCKS)) == opened
    assert labels(lay("- outer:\n- dense: 4", 9, BLOCKS)) == opened


def test_a_folded_box_says_what_is_in_it(lay: Lay) -> None:
    (folded,) = [each for each in lay("- outer:", 1, BLOCKS).inside if each.shape == "folded"]
    assert folded.texts[1].parts[0][0] == "60 weights · 3.07k mult-adds"
    assert {family.name: count for family, count in folded.strip} == {"dense": 3, "activation": 2}


def test_branches_are_lanes(lay: Lay) -> None:
    layers = "- parallel:\n    merge: add\n    branches:\n      plain: []\n      body: [{dense: 4}, {activation: relu}]"
    assert labels(lay(layers)) == ["dense", "activation", "parallel"]


def test_a_long_branch_is_a_box(lay: Lay) -> None:
    body = ", ".join(["{dense: 4}", "{activation: relu}"] * 5)
    assert labels(lay(f"- parallel:\n    merge: add\n    branches:\n      plain: []\n      body: [{body}]", 1)) == [
        "body folded",
        "parallel",
    ]


def test_a_parallel_with_a_name_is_a_box(lay: Lay) -> None:
    layers = "- parallel:\n    merge: add\n    branches:\n      plain: []\n      body: {dense: 4}\n  name: mixed"
    assert labels(lay(layers)) == ["mixed", "  dense", "  mixed"]


def test_a_box_around_one_box_is_one(lay: Lay) -> None:
    assert labels(lay("- layers:\n    - pair:\n  name: stage", blocks=BLOCKS)) == ["stage", "  dense", "  activation"]


@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "densenet121", "vit_b16", "unet"])
def test_without_a_depth_it_fits_a_page(name: str) -> None:
    drawing = draw(language.load(name).graph())
    width, height = (float(part) for part in drawing.split('viewBox="0 0 ', 1)[1].split('"', 1)[0].split())
    assert width < 1350
    assert height < 1700
    assert height < 3.5 * width


def test_without_a_depth_what_is_small_is_shown_whole() -> None:
    graph = language.load("vit_b16").graph()
    assert draw(graph) == draw(graph, 100)
