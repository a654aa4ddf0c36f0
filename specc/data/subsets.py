"""A part of the examples: as many of each class as are asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from specc.data.errors import DataError
from specc.data.examples import Examples
from specc.data.faults import natural
from specc.registry.data.fields import Field
from specc.registry.data.pipeline import Subset


def part_of(examples: Examples, wanted: Subset) -> Examples:
    """The examples that a pipeline's `subset` leaves, in their order. Raises DataError where there is nothing to choose by."""
    if wanted.share is None and wanted.per_class is None:
        return examples
    by = wanted.by or label_among(examples.fields)
    if by is None and wanted.per_class is not None:
        raise DataError("`subset` takes some examples of each class, but the data have no field with one", "name it: `subset: {by: ...}`")
    labels = np.zeros(examples.count, np.int64) if by is None else _labels(examples, by)
    return examples.rows(chosen(labels, wanted))


def label_among(fields: Mapping[str, Field]) -> str | None:
    """The only field with one class for each example."""
    found = [name for name, field in fields.items() if field.classes is not None and len(field.spec.shape) == 1]
    return found[0] if len(found) == 1 else None


def chosen(labels: np.ndarray, wanted: Subset) -> np.ndarray:
    """The numbers of some examples of each class, in order. What a smaller subset has is in a larger one too."""
    draw = np.random.default_rng(wanted.seed)
    found = []
    for label in np.unique(labels):
        places = draw.permutation(np.flatnonzero(labels == label))
        found.append(places[: wanted.per_class if wanted.share is None else max(1, math.floor(wanted.share * len(places) + 0.5))])
    return np.sort(np.concatenate(found))


def _labels(examples: Examples, by: str) -> np.ndarray:
    if by not in examples.fields:
        raise DataError(f"the data have no field `{by}`", f"they have {', '.join(f'`{name}`' for name in examples.fields)}")
    return np.concatenate([np.reshape(batch[by], (-1,)) for batch in natural(examples.only([by])).batch(1024).as_numpy_iterator()])
