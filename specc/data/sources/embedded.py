"""Data that come with a library: no download, no files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from specc.data.errors import DataError
from specc.data.examples import Examples, examples_of


def digits(
    *, split: str = "train", fraction: float = 0.2, seed: int = 0, classes: Sequence[int] = (), per_class: int | None = None
) -> Examples:
    """scikit-learn's scans, divided into parts that have all classes in equal shares."""
    images, labels = scans(split, fraction, seed)
    wanted = list(classes) or list(range(10))
    if not set(wanted) <= set(range(10)) or len(set(wanted)) < len(wanted):
        raise DataError(f"`classes` of digits are different digits from 0 to 9, not {wanted}")
    order = np.sort(np.concatenate([np.flatnonzero(labels == digit)[:per_class] for digit in wanted]))
    images, labels = images[order], np.array([wanted.index(label) for label in labels[order]], np.int32)
    names = tuple(map(str, wanted))
    return examples_of(
        {"image": images, "label": labels},
        kinds={"image": "image"},
        classes_of={"label": len(wanted)},
        classes=names,
        place="scan {} of digits".format,
    )


def scans(split: str, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The scans of a part, (count, 8, 8, 1), 0 the paper and 1 the ink, and their digits."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    labels = labels.astype(np.int32)
    if split == "all":
        return images, labels
    least = 10  # the stratified split needs an example of every class on both sides
    if not least <= round(fraction * len(labels)) <= len(labels) - least:
        raise DataError(f"`fraction: {fraction}` of digits leaves a part without examples of every class", "choose a fraction near 0.2")
    parts = train_test_split(images, labels, test_size=fraction, random_state=seed, stratify=labels)
    return (parts[0], parts[2]) if split == "train" else (parts[1], parts[3])
