"""Geometric transforms: what they do to pixels, and that boxes and masks of objects go where the pixels go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from specc.data.moves import Affine, Flipped, Part, Scaled, Window, moved_boxes, moved_image, moved_mask, moved_masks, sizes_of
from specc.data.processing import transformed
from specc.data.transforms import geometric
from specc.graph import TensorSpec
from specc.registry.data.fields import Field, Kind
from specc.registry.data.pipeline import Objects, Pipeline
from specc.registry.entry import Choice, bind

IMAGE = np.arange(4 * 6 * 2, dtype="float32").reshape(4, 6, 2) / 48
KEYS = [[seed, 5] for seed in range(40)]


def apply(name: str, image: np.ndarray, *key: Sequence[int], **arguments: Any) -> np.ndarray:
    """An image after a geometric transform."""
    tensor = tf.convert_to_tensor(image)
    return moved_image(tensor, getattr(geometric, name)(sizes_of(tensor), *key, **arguments)).numpy()


def chosen(*transforms: Any) -> list[Choice]:
    return bind(Pipeline, {"source": "digits", "transforms": list(transforms)}).transforms


def field(shape: tuple[int | None, ...], kind: Kind, dtype: str = "float32", classes: int | None = None) -> Field:
    return Field(TensorSpec((None, *shape), dtype), classes, kind)


FIELDS = {
    "image": field((None, None, 3), "image"),
    "boxes": field((None, 4), "boxes"),
    "labels": field((None,), "object", "int32", 10),
    "masks": field((None, None, None), "masks", "uint8"),
    "mask": field((None, None), "mask", "int32"),
    "caption": field((), "value", "string"),
}


def scene(height: int, width: int, boxes: Sequence[Sequence[int]]) -> dict[str, Any]:
    """An image with filled rectangles, each of a colour of its own, and all that is known of them."""
    image, masks = np.zeros((height, width, 3), "float32"), np.zeros((len(boxes), height, width), "uint8")
    mask = np.zeros((height, width), "int32")
    for number, (left, top, right, bottom) in enumerate(boxes):
        image[top:bottom, left:right] = (number + 1) / 10
        masks[number, top:bottom, left:right] = 1
        mask[top:bottom, left:right] = number + 1
    return {
        "image": tf.constant(image),
        "boxes": tf.constant(np.array(boxes, "float32").reshape(-1, 4)),
        "labels": tf.range(len(boxes)),
        "masks": tf.constant(masks),
        "mask": tf.constant(mask),
        "caption": tf.constant("rectangles"),
    }


def around(mask: np.ndarray) -> list[int]:
    """The smallest box around what a mask shows."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def test_fixed_transforms() -> None:
    assert np.array_equal(apply("resize", IMAGE, size=(8, 12), interpolation="nearest"), IMAGE.repeat(2, 0).repeat(2, 1))
    assert np.array_equal(apply("center_crop", IMAGE, size=2), IMAGE[1:3, 2:4])
    assert np.array_equal(apply("pad", IMAGE, size=(5, 8)), np.pad(IMAGE, [[0, 1], [0, 2], [0, 0]]))


def test_resizing_keeps_proportions_where_asked() -> None:
    """4 by 6 into 8 by 8: whole, it is 5 by 8 with borders of 1 and 2 rows; by its shorter side it is 8 by 12."""
    whole = apply("resize", np.ones((4, 6, 1), "float32"), size=8, mode="fit")
    assert whole.shape == (8, 8, 1)
    assert np.array_equal(whole[..., 0].any(axis=1), [False, True, True, True, True, True, False, False])
    covering = apply("resize", IMAGE, size=8, mode="shorter_side", interpolation="nearest")
    assert np.array_equal(covering, IMAGE.repeat(2, 0).repeat(2, 1))


def test_random_flip_mirrors_half() -> None:
    found = [np.array_equal(apply("random_flip", IMAGE, key), IMAGE[:, ::-1]) for key in KEYS]
    assert 10 < sum(found) < 30
    forms = [IMAGE, IMAGE[:, ::-1], IMAGE[::-1], IMAGE[::-1, ::-1]]
    both = [apply("random_flip", IMAGE, key, mode="horizontal_and_vertical") for key in KEYS]
    assert {next(i for i, form in enumerate(forms) if np.array_equal(form, image)) for image in both} == {0, 1, 2, 3}


def test_random_crop_takes_every_place() -> None:
    windows = {apply("random_crop", IMAGE, key, size=(3, 4)).tobytes() for key in KEYS}
    assert windows == {IMAGE[top : top + 3, left : left + 4].tobytes() for top in range(2) for left in range(3)}
    border = np.pad(IMAGE, [[1, 1], [1, 1], [0, 0]])
    padded = {apply("random_crop", IMAGE, key, size=(4, 6), padding=1).tobytes() for key in KEYS}
    assert padded == {border[top : top + 4, left : left + 6].tobytes() for top in range(3) for left in range(3)}


def test_moving_transforms_move_as_far_as_they_may() -> None:
    ones = np.ones((21, 21, 1), "float32")
    shifts = [21 - apply("random_translation", ones, key, height_factor=0.2, width_factor=0.0)[:, 10, 0].sum() for key in KEYS]
    assert max(shifts) <= 0.2 * 21 + 1e-3
    assert max(shifts) > 3
    dot = np.zeros((21, 21, 1), "float32")
    dot[10, 15] = 1
    for key in KEYS[:10]:
        turned = apply("random_rotation", dot, key, factor=0.5)[..., 0]
        y, x = np.unravel_index(turned.argmax(), turned.shape)
        assert np.hypot(y - 10, x - 10) == pytest.approx(5, abs=0.8)
        square = np.zeros((21, 21, 1), "float32")
        square[5:16, 5:16] = 1
        width = apply("random_zoom", square, key, factor=0.2)[10].sum()
        assert 11 * 0.8 - 0.5 <= width <= 11 * 1.2 + 0.5
    assert np.array_equal(apply("random_rotation", IMAGE, KEYS[0], factor=0.0), IMAGE)


def test_shear_slants_by_what_is_drawn() -> None:
    """A vertical line of 21 pixels: its ends are up to 10 rows from the middle, and go aside by a share of that."""
    line = np.zeros((21, 21, 1), "float32")
    line[:, 10] = 1
    slants = []
    for key in KEYS:
        sheared = apply("random_shear", line, key, x_factor=0.4)[..., 0]
        middles = (sheared * np.arange(21)).sum(1) / sheared.sum(1)
        slants.append((middles[-1] - middles[0]) / 20)
        np.testing.assert_allclose(middles, 10 + slants[-1] * (np.arange(21) - 10), atol=1e-3)
    assert max(map(abs, slants)) <= 0.4
    assert max(map(abs, slants)) > 0.3


POINTS = np.array([[0.0, 0.0], [6.0, 4.0], [1.5, 2.0]])
MOVES = {
    "window": (Window(1, 2, 3, 3), POINTS - [2, 1]),
    "part": (Part([1, 2, 0], [3, 3, -1]), POINTS - [2, 1]),
    "scaled": (Scaled((4.0, 6.0), 8, 3), POINTS * [0.5, 2]),
    "flipped": (Flipped((4.0, 6.0), True, True), [6, 4] - POINTS),
    "not flipped": (Flipped((4.0, 6.0), tf.constant(False), False), POINTS),
    "quarter turn": (Affine([0.0, -1.0, 4.0, 1.0, 0.0, 0.0]), np.stack([4 - POINTS[:, 1], POINTS[:, 0]], 1)),
}


@pytest.mark.parametrize("name", MOVES)
def test_known_points_go_to_known_places(name: str) -> None:
    move, expected = MOVES[name]
    np.testing.assert_allclose(move.points(tf.constant(POINTS, tf.float32)), expected, atol=1e-6)


@pytest.mark.parametrize("name", MOVES)
def test_pixels_go_where_points_go(name: str) -> None:
    """One pixel is lit, at every place in turn: the middle of its square is the point that is moved. Scaling up lights several."""
    move, _ = MOVES[name]
    for row, column in np.ndindex(4, 6):
        lit = np.zeros((4, 6, 1), "float32")
        lit[row, column] = 1
        found = move.pixels(tf.constant(lit), "mask").numpy()[..., 0]
        (x, y) = move.points(tf.constant([[column + 0.5, row + 0.5]])).numpy()[0]
        inside = 0 <= x < found.shape[1] and 0 <= y < found.shape[0]
        if name == "scaled":  # half as wide: of two columns one is seen; twice as high: each row is seen twice
            assert not found.any() or np.array_equal(np.flatnonzero(found.any(1)), [2 * row, 2 * row + 1])
        elif inside:
            assert found[int(y), int(x)] == 1
            assert found.sum() == 1
        else:
            assert not found.any()


def test_a_turn_moves_pixels_boxes_and_masks_alike() -> None:
    """A quarter turn of a square image, exactly: NumPy's rot90."""
    given = scene(8, 8, [(1, 2, 4, 3), (5, 5, 7, 8)])
    turn = [Affine([0.0, -1.0, 8.0, 1.0, 0.0, 0.0])]  # (x, y) to (8 - y, x): clockwise
    image = moved_image(given["image"], turn).numpy()
    np.testing.assert_allclose(image, np.rot90(given["image"], -1), atol=1e-6)
    masks = moved_masks(given["masks"], turn).numpy()
    assert np.array_equal(masks, np.rot90(given["masks"], -1, axes=(1, 2)))
    assert np.array_equal(moved_mask(given["mask"], turn), np.rot90(given["mask"], -1))
    np.testing.assert_allclose(moved_boxes(given["boxes"], turn), [around(mask) for mask in masks], atol=1e-5)


EXACT = [
    "random_flip",
    {"random_flip": {"mode": "horizontal_and_vertical"}},
    {"random_crop": {"size": [20, 24]}},
    {"center_crop": {"size": 22}},
]
EXACT += [{"random_crop": {"size": [30, 36], "padding": 4}}, {"pad": {"size": [40, 41]}}]
EXACT += [{"resize": {"size": [60, 72], "interpolation": "nearest"}}, {"resize": {"size": [75, 72], "mode": "fit"}}]


@pytest.mark.parametrize("transform", EXACT, ids=str)
def test_boxes_stay_tight_around_their_objects(transform: Any) -> None:
    """Masks move with pixels; the box of each object that is left is the one around its moved mask."""
    given = scene(30, 36, [(3, 4, 12, 9), (20, 10, 33, 28), (0, 22, 5, 30)])
    left = 0
    for key in KEYS[:12]:
        found = transformed(given, chosen(transform), FIELDS, Objects(min_visibility=0.0), tf.constant(key))
        masks = found["masks"].numpy()
        assert found["boxes"].shape[0] == found["labels"].shape[0] == len(masks)
        np.testing.assert_allclose(found["boxes"], [around(mask) for mask in masks], atol=1e-4)
        for label, mask in zip(found["labels"].numpy(), masks, strict=True):
            assert np.array_equal(found["mask"].numpy() == label + 1, mask == 1)
            if "resize" not in str(transform):
                np.testing.assert_allclose(found["image"].numpy()[mask == 1], (label + 1) / 10, atol=1e-6)
        left += len(masks)
        assert found["caption"] == b"rectangles"
    assert left > 12


@pytest.mark.parametrize(
    "transform",
    [
        {"random_rotation": {"factor": 0.1}},
        {"random_zoom": {"factor": 0.3}},
        {"random_shear": {"x_factor": 0.3, "y_factor": 0.2}},
        {"random_translation": {"height_factor": 0.3, "width_factor": 0.3}},
        {"random_resized_crop": {"size": [50, 40], "scale": [0.4, 1.0]}},
    ],
    ids=str,
)
def test_boxes_hold_their_objects(transform: Any) -> None:
    """Boxes after turning are around the turned corners: never smaller than the object, but for half a pixel of rounding."""
    given = scene(60, 60, [(10, 10, 30, 22), (35, 30, 55, 58)])
    seen = 0
    for key in KEYS[:10]:
        found = transformed(given, chosen(transform), FIELDS, Objects(), tf.constant(key))
        for box, mask in zip(found["boxes"].numpy(), found["masks"].numpy(), strict=True):
            if mask.any():
                tight = np.array(around(mask))
                assert (box[:2] <= tight[:2] + 1).all()
                assert (box[2:] >= tight[2:] - 1).all()
                if "rotation" not in str(transform) and "shear" not in str(transform):
                    np.testing.assert_allclose(box, tight, atol=1.01)
                seen += 1
    assert seen > 8


def test_objects_that_leave_the_image_are_gone_by_rule() -> None:
    """Of the middle crop, columns 5 to 15 of 20: a box of 4 columns has 1 left, a quarter of it; another lies outside."""
    given = scene(20, 20, [(2, 6, 6, 14), (16, 6, 19, 14), (7, 7, 12, 12)])
    crop = chosen({"center_crop": {"size": 10}})
    for least, labels in ((0.25, [0, 2]), (0.26, [2])):
        found = transformed(given, crop, FIELDS, Objects(min_visibility=least))
        assert found["labels"].numpy().tolist() == labels
        assert found["masks"].shape == (len(labels), 10, 10)
    assert transformed(given, crop, FIELDS, Objects(min_visibility=0.25))["boxes"].numpy().tolist() == [[0, 1, 1, 9], [2, 2, 7, 7]]
    assert transformed(given, crop, FIELDS, Objects(min_visibility=0.0, min_size=2.0))["labels"].numpy().tolist() == [2]


def test_an_image_without_objects_is_legal() -> None:
    """Also where it becomes one: everything has an entry for none."""
    for given in (scene(12, 10, []), scene(12, 10, [(0, 0, 2, 2)])):
        every = chosen({"center_crop": {"size": 6}}, "random_flip", {"random_rotation": {"factor": 0.1}}, {"resize": {"size": 8}})
        found = transformed(given, every, FIELDS, Objects(), tf.constant(KEYS[0]))
        assert found["boxes"].shape == (0, 4)
        assert found["labels"].shape == (0,)
        assert found["masks"].shape == (0, 8, 8)


def test_a_transform_of_a_mask_alone_moves_nothing_else() -> None:
    given = scene(8, 8, [(1, 2, 4, 3)])
    found = transformed(given, chosen({"resize": {"size": 4, "field": "mask"}}), FIELDS)
    assert found["mask"].shape == (4, 4)
    assert found["image"].shape == (8, 8, 3)
    assert set(np.unique(found["mask"])) <= {0, 1}


def test_without_boxes_an_object_stays_as_long_as_its_mask_shows_it() -> None:
    given = scene(20, 20, [(2, 6, 6, 14), (16, 6, 19, 14), (7, 7, 12, 12)])
    known = {name: FIELDS[name] for name in ("image", "masks", "labels")}
    found = transformed({name: given[name] for name in known}, chosen({"center_crop": {"size": 10}}), known)
    assert found["labels"].numpy().tolist() == [0, 2]
    assert found["masks"].shape == (2, 10, 10)
    assert found["masks"].numpy().any(axis=(1, 2)).all()
