"""Parts of the examples: how many of each class, the same each time, small ones within large ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from specc.data.feed import feed
from specc.data.pipeline import open_pipeline
from specc.diagnostics import SpecError
from specc.language import check
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import bind


def opened(**settings: Any) -> Any:
    return open_pipeline(bind(Pipeline, {"source": "digits", **settings}))


def arrays(**settings: Any) -> tuple[np.ndarray, np.ndarray]:
    made = opened(**settings)
    batches = list(feed(made, 2000).stream(0, 1).as_numpy_iterator())
    return np.concatenate([batch["image"] for batch in batches]), np.concatenate([batch["label"] for batch in batches])


def test_each_class_has_its_share() -> None:
    _, labels = arrays()
    counts = np.bincount(labels)
    for share in (0.1, 0.5, 1.0):
        _, some = arrays(subset=bindable(share=share))
        np.testing.assert_array_equal(np.bincount(some), np.floor(share * counts + 0.5))
    np.testing.assert_array_equal(np.bincount(arrays(subset=bindable(share=0.001))[1]), np.ones(10))
    np.testing.assert_array_equal(np.bincount(arrays(subset=bindable(per_class=3))[1]), np.full(10, 3))
    np.testing.assert_array_equal(np.bincount(arrays(subset=bindable(per_class=10_000))[1]), counts)


def bindable(**settings: Any) -> dict[str, Any]:
    return settings


def rows(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_a_part_is_the_same_each_time_and_small_ones_lie_in_large_ones() -> None:
    few, again, more, other = (
        rows(arrays(subset=each)[0]) for each in ({"per_class": 4}, {"per_class": 4}, {"per_class": 9}, {"per_class": 4, "seed": 1})
    )
    assert few == again
    assert few < more
    assert len(few & other) < 20


def test_transforms_and_views_see_the_part_alone() -> None:
    made = opened(subset={"per_class": 2}, transforms=[{"random_flip": {}}], views=[{"count": 2}])
    assert made.examples.count == 20
    assert opened(subset={"per_class": 2}, cache="none").examples.count == 20


def test_what_cannot_be_chosen_by_is_told() -> None:
    with pytest.raises(SpecError, match="the data have no field `class`"):
        opened(subset={"share": 0.1, "by": "class"})
    with pytest.raises(SpecError, match="takes some examples of each class, but the data have no field with one"):
        opened(subset={"per_class": 1}, fields={"image": {"feature": "image"}})
    assert opened(subset={"share": 0.1}, fields={"image": {"feature": "image"}}).examples.count == 144  # of all of them
    text = "specc: 1\ninputs: {image: [8]}\nlayers: [flatten]\ndata: {train: {source: digits, subset: {share: 0.1, per_class: 2}}}"
    (found,) = check("my.yaml", text=text)
    assert (found.code, found.message) == ("E0507", "`subset` has both a `share` and a number `per_class`")
