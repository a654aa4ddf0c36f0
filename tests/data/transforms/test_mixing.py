"""Transforms that mix examples: what each takes of which, and that labels and objects come along."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.examples import examples_of
from specc.data.feed import feed
from specc.data.mixing import KEY, Mixing
from specc.data.pipeline import open_pipeline
from specc.data.processing import processing_of
from specc.data.transforms.mixing import beta
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import bind
from tests.data.transforms.test_geometric import around

ROWS, SIZE = 6, 20
KEYS = tf.constant([[number, 11] for number in range(ROWS)])


def mixed(
    batch: dict[str, Any], transform: Any, kinds: dict[str, Any], classes_of: dict[str, int], **pipeline: Any
) -> dict[str, np.ndarray]:
    """A batch after a transform that mixes it."""
    examples = examples_of(batch, kinds=kinds, classes_of=classes_of)
    made = bind(Pipeline, {"source": "digits", "transforms": [transform], **pipeline})
    mixing = Mixing(processing_of(made, examples.fields), ROWS)
    found = tf.function(mixing)({**{name: tf.constant(value) for name, value in batch.items()}, KEY: KEYS})
    assert KEY not in found
    return {name: value.numpy() for name, value in found.items()}


def plain(labels: Any = None) -> dict[str, Any]:
    """Images that are filled with the number of their row."""
    images = np.broadcast_to(np.arange(ROWS, dtype="float32")[:, None, None, None], (ROWS, SIZE, SIZE, 3)).copy()
    return {"image": images, "label": np.arange(ROWS, dtype="int32") if labels is None else labels}


def test_mix_up_fades_each_row_into_the_one_before() -> None:
    found = mixed(plain(), {"mix_up": {"alpha": 1.0}}, {"image": "image"}, {"label": ROWS})
    assert found["label"].shape == (ROWS, ROWS)
    shares = []
    for row in range(ROWS):
        other = (row - 1) % ROWS
        share = found["label"][row, row]
        shares.append(share)
        expected = np.zeros(ROWS)
        expected[row], expected[other] = share, 1 - share
        np.testing.assert_allclose(found["label"][row], expected, atol=1e-6)
        np.testing.assert_allclose(found["image"][row], share * row + (1 - share) * other, atol=1e-5)
    assert np.std(shares) > 0.05
    np.testing.assert_allclose(shares, beta(np.array([[0, 0]]) + fold_of(1_000), 1.0), atol=1e-6)


def fold_of(number: int) -> tf.Tensor:
    return tf.stack([tf.random.experimental.stateless_fold_in(key, number) for key in KEYS])


def test_shares_are_drawn_from_the_beta_distribution() -> None:
    """Mean 1/2, variance 1 / (4 (2 alpha + 1)); 2,000 draws, within four standard errors."""
    keys = tf.constant([[number, 3] for number in range(2000)])
    for alpha in (0.2, 1.0, 4.0):
        found = beta(keys, alpha).numpy()
        variance = 1 / (4 * (2 * alpha + 1))
        assert abs(found.mean() - 0.5) < 4 * np.sqrt(variance / 2000)
        assert abs(found.var() - variance) < 0.1 * variance


def test_cut_mix_replaces_a_rectangle_and_counts_its_area() -> None:
    found = mixed(plain(), "cut_mix", {"image": "image"}, {"label": ROWS})
    several = 0
    for row in range(ROWS):
        other = (row - 1) % ROWS
        foreign = (found["image"][row] == other).all(axis=-1)
        assert ((found["image"][row] == row).all(axis=-1) | foreign).all()
        if foreign.any():
            left, top, right, bottom = around(foreign)
            assert foreign[top:bottom, left:right].all()  # it is one rectangle
            several += 1
        np.testing.assert_allclose(found["label"][row, other], foreign.mean(), atol=1e-6)
        np.testing.assert_allclose(found["label"][row].sum(), 1, atol=1e-6)
    assert several > 2


def test_labels_that_are_vectors_are_mixed_as_they_are() -> None:
    vectors = np.eye(ROWS, dtype="float32") * 0.9
    found = mixed(plain(vectors), "mix_up", {"image": "image"}, {})
    np.testing.assert_allclose(found["label"].sum(axis=1), 0.9, atol=1e-6)


def objects() -> dict[str, Any]:
    """In every image two rectangles of ink of its own, and rows that only fill up."""
    batch = {
        "image": np.zeros((ROWS, SIZE, SIZE, 1), "float32"),
        "boxes": np.zeros((ROWS, 8, 4), "float32"),
        "labels": np.full((ROWS, 8), -1, "int32"),
        "masks": np.zeros((ROWS, 8, SIZE, SIZE), "uint8"),
        "mask": np.zeros((ROWS, SIZE, SIZE), "int32"),
    }
    for row in range(ROWS):
        for number, (left, top, right, bottom) in enumerate([(1 + row % 3, 2, 7, 8), (11, 12 + row % 2, 18, 19)]):
            label = 2 * row + number
            batch["image"][row, top:bottom, left:right] = (label + 1) / 20
            batch["boxes"][row, number] = left, top, right, bottom
            batch["labels"][row, number] = label
            batch["masks"][row, number, top:bottom, left:right] = 1
            batch["mask"][row, top:bottom, left:right] = label + 1
    return batch


KINDS = {"image": "image", "boxes": "boxes", "labels": "object", "masks": "masks", "mask": "mask"}


def test_a_mosaic_has_four_images_and_their_objects() -> None:
    """The ink of an object tells which it is; its box is around what is seen of it, and so is its mask."""
    batch = objects()
    found = mixed(batch, "mosaic", KINDS, {"labels": 2 * ROWS, "mask": 2 * ROWS + 1}, objects={"pad_to": 8, "min_visibility": 0.0})
    assert found["boxes"].shape == (ROWS, 8, 4)
    seen = 0
    for row in range(ROWS):
        image, labels = found["image"][row, ..., 0], found["labels"][row]
        there = labels[labels >= 0]
        inks = {round(float(ink) * 20) - 1 for ink in np.unique(image) if ink}
        assert inks == set(there.tolist())
        assert {label // 2 for label in there} <= {(row - step) % ROWS for step in range(4)}
        for label, box, mask in zip(labels, found["boxes"][row], found["masks"][row], strict=True):
            if label < 0:
                assert not box.any()
                assert not mask.any()
                continue
            ink = np.isclose(image, (label + 1) / 20)
            assert np.array_equal(mask == 1, ink)
            assert np.array_equal(found["mask"][row] == label + 1, ink)
            np.testing.assert_allclose(box, around(ink), atol=1e-4)
            seen += 1
    assert seen > 2 * ROWS


def test_a_mosaic_takes_the_corners_that_meet() -> None:
    """Of the four images of a row, each touches the point where they meet with another corner."""
    places = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij"), -1).astype("float32")
    batch = {"image": np.concatenate([np.broadcast_to(places, (ROWS, SIZE, SIZE, 2)), plain()["image"][..., :1]], -1)}
    found = mixed(batch, {"mosaic": {"center": [0.3, 0.6]}}, {"image": "image"}, {})["image"]
    meeting = set()
    for row in range(ROWS):
        image = found[row]
        y = next(r for r in range(1, SIZE) if image[r, 0, 2] != image[r - 1, 0, 2])
        x = next(c for c in range(1, SIZE) if image[0, c, 2] != image[0, c - 1, 2])
        assert 0.3 * SIZE - 1 <= min(x, y) <= max(x, y) <= 0.6 * SIZE + 1
        meeting.add((y, x))
        expected = {(y - 1, x - 1): (19, 19), (y - 1, x): (19, 0), (y, x - 1): (0, 19), (y, x): (0, 0)}
        for step, (place, corner) in enumerate(expected.items()):
            assert image[place][2] == (row - step) % ROWS
            assert tuple(image[place][:2]) == corner
    assert len(meeting) > 3


def test_a_batch_of_one_is_mixed_with_itself() -> None:
    """However few rows there are, none is lost: with two partners the only row is in front twice."""
    batch = {name: value[:1] for name, value in plain().items()}
    examples = examples_of(batch, kinds={"image": "image"}, classes_of={"label": ROWS})
    made = bind(Pipeline, {"source": "digits", "transforms": ["mix_up", "cut_mix"]})
    mixing = Mixing(processing_of(made, examples.fields), 1)
    found = mixing({**{name: tf.constant(value) for name, value in batch.items()}, KEY: KEYS[:1]})
    np.testing.assert_allclose(found["image"], batch["image"], atol=1e-6)
    assert found["label"].shape == (1, ROWS)


def test_objects_are_mixed_whole_whatever_is_asked_for() -> None:
    """A run that looks at labels alone has those of all four images."""
    made = bind(
        Pipeline,
        {"source": {"digit_scenes": {"count": 6, "size": 32}}, "transforms": ["mosaic"], "objects": {"pad_to": 12}},
    )
    opened = open_pipeline(made)
    whole, some = (next(feed(opened, 4, only=only).stream(0, 1).as_numpy_iterator()) for only in (None, ["labels"]))
    assert set(some) == {"labels"}
    np.testing.assert_array_equal(some["labels"], whole["labels"])
    assert [len(batch["labels"]) for batch in feed(opened, 4).stream(0, 1)] == [4, 2]
