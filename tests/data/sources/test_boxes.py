"""Objects of images as a table, and their boxes held against the images."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from specc.data.errors import Faulty
from specc.data.sources.boxes import Objects, with_valid_boxes

SIZES = np.array([[10, 8], [20, 30], [5, 5]])


def objects(rows: list[int], boxes: list[list[float]]) -> Objects:
    count = len(rows)
    numbers = np.arange(count, dtype=np.int32)
    return Objects(np.array(rows, np.int64), np.array(boxes, np.float64).reshape(-1, 4), numbers, numbers % 2, "object {}".format)


@pytest.mark.parametrize(
    ("box", "cut"),
    [
        ([0, 0, 10, 8], [0, 0, 10, 8]),
        ([-1, -0.5, 3, 4], [0, 0, 3, 4]),
        ([9.5, 7.5, 11, 9], [9.5, 7.5, 10, 8]),
        ([9.9, 7.9, 10, 8], [9.9, 7.9, 10, 8]),
    ],
)
def test_boxes_may_leave_the_image_by_a_pixel_which_is_cut_off(box, cut):
    found, kept = with_valid_boxes(objects([0], [box]), SIZES, "fail", [])
    np.testing.assert_allclose(found.boxes, [cut])
    assert kept.tolist() == [0]


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ([-1.1, 0, 3, 4], "which leaves the image of 10 by 8 pixels"),
        ([0, -1.1, 3, 4], "which leaves the image of 10 by 8 pixels"),
        ([0, 0, 11.1, 4], "which leaves the image of 10 by 8 pixels"),
        ([0, 0, 3, 9.1], "which leaves the image of 10 by 8 pixels"),
        ([-0.9, 0, -0.1, 4], "which leaves the image of 10 by 8 pixels"),
        ([10, 0, 10.5, 4], "which leaves the image of 10 by 8 pixels"),
        ([3, 0, 3, 4], "has a box of 0 by 4 pixels"),
        ([0, 4, 3, 3], "has a box of 3 by -1 pixels"),
        ([0, 0, np.nan, 4], "has no box of four numbers"),
        ([0, 0, np.inf, 4], "has no box of four numbers"),
    ],
)
def test_other_boxes_are_told_or_left_out(box, said):
    given = objects([1, 0, 2], [[0, 0, 20, 30], box, [1, 1, 2, 2]])
    faulty: list[Faulty] = []
    for on_invalid in ("fail", "skip"):
        found, kept = with_valid_boxes(given, SIZES, on_invalid, faulty)
        assert kept.tolist() == [0, 2]
    (kind,) = faulty
    assert kind.records == [0]  # the image
    assert kind.error().message.startswith("object 1 has ")
    assert kind.error().message.endswith(said)
    assert (found.rows.tolist(), found.labels.tolist(), found.flags.tolist()) == ([1, 2], [0, 2], [0, 0])
    assert found.described(1) == "object 2"


def test_columns_have_a_row_for_every_image():
    columns = objects([1, 1, 3], [[0, 0, 1, 1], [0, 0, 2, 2], [0, 0, 3, 3]]).columns(5, "crowd")
    assert columns.keys() == {"boxes", "labels", "crowd"}
    assert [len(row) for row in columns["boxes"]] == [0, 2, 0, 1, 0]
    np.testing.assert_allclose(columns["boxes"][3], [[0, 0, 3, 3]])
    assert [row.numpy().tolist() for row in columns["crowd"]] == [[], [0, 1], [], [0], []]
    assert (columns["boxes"].dtype, columns["labels"].dtype) == (tf.float32, tf.int32)
    assert objects([], []).columns(2)["boxes"][1].shape == (0, 4)
