"""Small sources whose every value is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.examples import Examples, examples_of


def ramp(count: int, *, table: bool = True) -> Examples:
    """Images of 2 by 3 that are filled with the number of the example, which is the label too."""
    records: dict[str, Any] = {"number": np.arange(count, dtype="int32")}

    def read(record: dict[str, Any]) -> dict[str, Any]:
        return {"image": tf.fill((2, 3, 1), tf.cast(record["number"], tf.float32)), "label": record["number"]}

    given = records if table else tf.data.Dataset.from_tensor_slices(records)
    return examples_of(given, count, read, kinds={"image": "image"}, classes_of={"label": count}, place="file_{}.png".format)
