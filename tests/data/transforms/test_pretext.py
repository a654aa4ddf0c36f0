"""Tasks made of examples: what is asked, and what the right answer is."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from specc.data.feed import dataset
from specc.data.transforms.pretext import jigsaw, jigsaw_orders, quarter_turn, split_colors
from specc.language import check
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import bind

IMAGE = np.random.default_rng(0).random((6, 6, 2), dtype="float32")


def keys(count: int) -> list[Any]:
    return [tf.constant([number, 3]) for number in range(count)]


def test_a_quarter_turn_and_its_class() -> None:
    found = [quarter_turn(tf.constant(IMAGE), key) for key in keys(40)]
    for turned, turns in found:
        assert turned.shape == (6, 6, 2)
        np.testing.assert_array_equal(turned, np.rot90(IMAGE, int(turns)))
    assert {int(turns) for _, turns in found} == {0, 1, 2, 3}


@pytest.mark.parametrize("stacked", [True, False])
def test_a_jigsaw_can_be_solved(stacked: bool) -> None:
    orders = jigsaw_orders(9, 20)
    cells = [IMAGE[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] for row in range(3) for column in range(3)]
    numbers = set()
    for key in keys(30):
        shown, number = jigsaw(tf.constant(IMAGE), key, grid=3, permutations=20, stacked=stacked)
        numbers.add(int(number))
        if not stacked:
            assert shown.shape == (6, 6, 2)
            shown = [shown[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] for row in range(3) for column in range(3)]
        for tile, cell in zip(shown, orders[int(number)], strict=True):
            np.testing.assert_array_equal(tile, cells[cell])
    assert len(numbers) > 10


def test_what_does_not_divide_is_cut_off() -> None:
    shown, _ = jigsaw(tf.constant(IMAGE[:5]), keys(1)[0], grid=2, permutations=4, stacked=True)
    assert shown.shape == (4, 2, 3, 2)


@pytest.mark.parametrize(("tiles", "count"), [(4, 24), (9, 100), (16, 30)])
def test_orders_are_far_from_each_other(tiles: int, count: int) -> None:
    orders = jigsaw_orders(tiles, count)
    assert orders.shape == (count, tiles)
    assert len(np.unique(orders, axis=0)) == count
    np.testing.assert_array_equal(np.sort(orders, axis=1), np.tile(np.arange(tiles), (count, 1)))
    apart = np.mean([np.sum(a != b) for a, b in combinations(orders, 2)])
    random = np.random.default_rng(1)
    drawn = [random.permutation(tiles) for _ in range(count)]
    if tiles > 4:  # four have no more orders than these
        assert apart > np.mean([np.sum(a != b) for a, b in combinations(drawn, 2)]) + 0.05


@pytest.mark.parametrize(
    ("color", "lab"),
    [  # from the CIE's formulas, D65, as colour references give them
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.2408, 80.0925, 67.2032)),
        ((0, 1, 0), (87.7347, -86.1827, 83.1793)),
        ((0, 0, 1), (32.2970, 79.1875, -107.8602)),
        ((0.5, 0.5, 0.5), (53.3890, 0, 0)),
    ],
)
def test_colors_are_those_of_the_cie(color: tuple[float, ...], lab: tuple[float, ...]) -> None:
    lightness, colors = split_colors(tf.fill((2, 3, 3), 0.0) + tf.constant(color, tf.float32))
    assert (lightness.shape, colors.shape) == ((2, 3, 1), (2, 3, 2))
    np.testing.assert_allclose(lightness[0, 0, 0], lab[0] / 100, atol=2e-4)
    np.testing.assert_allclose(colors[1, 2], np.array(lab[1:]) / 128, atol=2e-3)


def first(*transforms: Any, **pipeline: Any) -> dict[str, np.ndarray]:
    made = bind(Pipeline, {"source": "digits", "transforms": list(transforms), **pipeline})
    return next(dataset(made, 64, seed=5).as_numpy_iterator())


def test_a_copy_stays_as_it_was() -> None:
    found = first({"random_flip": {}}, {"copy": {"into": "target"}}, {"random_noise": {"stddev": 0.3}})
    assert {*found} == {"image", "label", "target"}
    plain = first()["image"]
    assert any(np.array_equal(a, b) for a, b in zip(found["target"], plain, strict=True))
    noise = found["image"] - found["target"]
    assert found["image"].min() >= 0
    assert found["image"].max() <= 1
    assert np.std(noise[(found["target"] > 0.4) & (found["target"] < 0.6)]) == pytest.approx(0.28, abs=0.05)


def test_every_view_has_its_own_task() -> None:
    found = first({"quarter_turn": {}}, views=[{"count": 2}])
    assert isinstance(found["rotation"], tuple)
    one, other = found["rotation"]
    assert (one != other).any()
    assert not isinstance(found["label"], tuple)


@pytest.mark.parametrize(
    ("transform", "told"),
    [
        ("quarter_turn: label", "`quarter_turn` makes the field `label`, but there is one of that name"),
        ("jigsaw: {grid: 2, permutations: 30}", "`jigsaw` asks for 30 orders, but four tiles have 24"),
        ("split_colors", "`split_colors` takes an image of 3 channels, but `image` is (?, 8, 8, 1)"),
    ],
)
def test_what_does_not_fit_is_told(transform: str, told: str) -> None:
    text = f"specc: 1\ninputs: {{image: [8]}}\nlayers: [flatten]\ndata: {{train: {{source: digits, transforms: [{transform}]}}}}"
    assert [each.message for each in check("my.yaml", text=text) if each.code == "E0507"] == [told]
