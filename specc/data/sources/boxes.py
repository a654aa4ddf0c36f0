"""Objects of images as a table, and their boxes held against the images."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import Faulty

BEYOND = 1.0  # pixels by which a box may leave its image; annotations are rounded. It is cut off.
SKIP = "`on_invalid: skip` leaves such objects out"


@dataclass(frozen=True)
class Objects:
    """Objects, those of an image in a row, images in order.

    Args:
        rows: the number of each object's image, (objects,).
        boxes: left, top, right and bottom in pixels, (objects, 4).
        labels: (objects,), int32.
        flags: 1 for the objects that are special in some way, (objects,), int32.
        described: what each is called in messages: the file, and the object in it.
    """

    rows: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    flags: np.ndarray
    described: Callable[[int], str]

    def only(self, kept: np.ndarray) -> Objects:
        """The objects of some numbers, in their order."""
        before = self.described
        arrays = {name: getattr(self, name)[kept] for name in ("rows", "boxes", "labels", "flags")}
        return replace(self, **arrays, described=lambda number: before(int(kept[number])))

    def columns(self, images: int, flags: str | None = None) -> dict[str, Any]:
        """Boxes and labels by image, and the flags by a name.

        Args:
            images: how many there are.
        """
        found = {"boxes": self.boxes.astype(np.float32), "labels": self.labels, **({flags: self.flags} if flags else {})}
        return {name: by_image(values, np.bincount(self.rows, minlength=images)) for name, values in found.items()}


def by_image(values: np.ndarray, counts: np.ndarray) -> Any:
    """Values, those of an image in a row, as a ragged column.

    Args:
        counts: how many values each image has.
    """
    with tf.device("CPU:0"):
        return tf.RaggedTensor.from_row_lengths(tf.constant(values), tf.constant(counts, tf.int64))


def with_valid_boxes(objects: Objects, sizes: np.ndarray, on_invalid: str, faulty: MutableSequence[Faulty]) -> tuple[Objects, np.ndarray]:
    """The objects with boxes that have a size and lie in their images, and the numbers that these objects had.

    Args:
        sizes: width and height of every image, (images, 2).
        on_invalid: `fail`, which reports the images of others, or `skip`.
        faulty: where faults are reported.
    """
    limits = sizes[objects.rows]
    boxes = objects.boxes
    sized = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)  # not so where a value is NaN
    inside = (boxes[:, :2] >= -BEYOND).all(axis=1) & (boxes[:, 2:] <= limits + BEYOND).all(axis=1)
    cut = np.clip(boxes, 0, np.tile(limits, 2))
    valid = sized & inside & (cut[:, 2:] > cut[:, :2]).all(axis=1)
    wrong = np.flatnonzero(~valid)

    def said(place: int) -> str:
        return f"{objects.described(int(wrong[place]))} {_fault(boxes[wrong[place]], limits[wrong[place]])}"

    if on_invalid == "fail":
        faulty.append(Faulty(objects.rows[wrong].tolist(), said, "such objects", SKIP))
    kept = np.flatnonzero(valid)
    return replace(objects, boxes=cut).only(kept), kept


def _fault(box: np.ndarray, limits: np.ndarray) -> str:
    """What is wrong with a box, as the rest of a sentence."""
    left, top, right, bottom = box
    if not np.isfinite(box).all():
        return "has no box of four numbers"
    if right <= left or bottom <= top:
        return f"has a box of {right - left:g} by {bottom - top:g} pixels"
    return f"has a box from ({left:g}, {top:g}) to ({right:g}, {bottom:g}), which leaves the image of {limits[0]:g} by {limits[1]:g} pixels"


def wrong_ones(
    items: Sequence[Any],
    wrong: Callable[[Any], bool],
    said: Callable[[Any], str],
    what: str,
    help: str | None = None,
    record: Callable[[Any], int] | None = None,
) -> Faulty:
    """The items that are wrong.

    Args:
        said: what is wrong with one.
        what: what they are called together.
        record: the number of the record that an item belongs to; none: it is a record itself.
    """
    offenders = [(number, item) for number, item in enumerate(items) if wrong(item)]
    records = [number if record is None else record(item) for number, item in offenders]
    return Faulty(records, lambda place: said(offenders[place][1]), what, help)
