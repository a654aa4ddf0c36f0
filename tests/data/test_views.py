"""Views: pictures of one example that are augmented each for itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from specc.data.feed import feed
from specc.data.pipeline import open_pipeline
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import bind

CROP = {"random_resized_crop": {"size": 8, "scale": [0.3, 1.0]}}
MULTI_CROP = [
    {"count": 2, "transforms": [{"random_resized_crop": {"size": 8, "scale": [0.4, 1.0]}}]},
    {"count": 3, "transforms": [{"random_resized_crop": {"size": 4, "scale": [0.1, 0.4]}}]},
]


def batch_of(**pipeline: Any) -> dict[str, Any]:
    opened = open_pipeline(bind(Pipeline, {"source": "digits", **pipeline}))
    return next(feed(opened, 16, seed=1).stream(0, 1).as_numpy_iterator())


def test_two_views_of_one_example_differ_and_can_be_repeated() -> None:
    batch = batch_of(transforms=[CROP, "random_flip"], views=[{"count": 2}])
    first, second = batch["image"]
    assert first.shape == second.shape == (16, 8, 8, 1)
    assert (first != second).any(axis=(1, 2, 3)).mean() > 0.7  # of so small an image two crops may be the same
    assert batch["label"].shape == (16,)
    again = batch_of(transforms=[CROP, "random_flip"], views=[{"count": 2}])
    for found, expected in zip(again["image"], batch["image"], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_views_of_different_kinds_have_different_sizes() -> None:
    batch = batch_of(transforms=["random_flip"], views=MULTI_CROP)
    assert [view.shape for view in batch["image"]] == [(16, 8, 8, 1)] * 2 + [(16, 4, 4, 1)] * 3
    assert len({view.tobytes() for view in batch["image"]}) == 5


def test_what_is_known_of_every_kind_of_view() -> None:
    pipeline = bind(Pipeline, {"source": "digits", "views": MULTI_CROP})
    assert [fields["image"].spec.shape for fields in pipeline.known_views()] == [(None, 8, 8, 1), (None, 4, 4, 1)]
    assert pipeline.known_fields() == open_pipeline(pipeline).fields


def test_a_view_without_transforms_is_the_image() -> None:
    batch = batch_of(views=[{"count": 1}, {"count": 1, "transforms": ["random_flip"]}])
    plain, flipped = batch["image"]
    np.testing.assert_array_equal(plain, batch_of()["image"])
    mirrored = (flipped == plain[:, :, ::-1]).all(axis=(1, 2, 3))
    assert mirrored.any()
    assert ((flipped == plain).all(axis=(1, 2, 3)) | mirrored).all()
