"""Transforms that mix the examples of a batch.

Each row is mixed with the rows before it, the first with the last: which rows these are is drawn with the order.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import tensorflow as tf

from specc.data.examples import Example
from specc.data.processing import Processing, fields_after, fold
from specc.keras_backend.build import resolve
from specc.registry.data.transforms.transform import transform_params

KEY = "key of mixing"  # travels with an example until its batch is mixed; no field has a name with spaces
MIXED = 1_000  # what keys of mixing are told apart by from those of examples


class Mixing:
    """What a pipeline does to batches of `size` examples."""

    def __init__(self, processing: Processing, size: int) -> None:
        self._choices, self._size = processing.mixing, size
        self._fields = fields_after(processing.fields, processing.transforms)
        self._objects = processing.objects
        self.partners = sum(transform_params(choice).partners for choice in self._choices)

    def keyed(self, example: Example, key: Any) -> Example:
        """An example with what its mixing is drawn from."""
        return {**example, KEY: key} if self._choices else example

    def __call__(self, batch: Example, before: int = 0) -> Example:
        """A mixed batch.

        Args:
            before: rows at the beginning that are there for others' sake, and that go; 0: the batch is whole.
        """
        if not before:
            # The rows in front are the last ones, however few there are.
            rows = tf.shape(batch[KEY])[0]
            batch = {name: tf.gather(value, tf.range(-self.partners, rows) % rows) for name, value in batch.items()}
        fields = self._fields
        for place, choice in enumerate(self._choices):
            params = transform_params(choice)
            arguments = {name: value for name, value in vars(params).items() if name != "field"}
            keys = tf.map_fn(lambda key, place=place: fold(key, MIXED + place), batch[KEY][params.partners :])
            change = partial(resolve(choice.entry.target), **arguments, field=params.field, fields=fields, objects=self._objects)
            own = {name: value[params.partners :] for name, value in batch.items()}
            others = [
                {name: value[params.partners - step : tf.shape(value)[0] - step] for name, value in batch.items()}
                for step in range(1, params.partners + 1)
            ]
            batch = {**own, **change(own, others, keys)}
            fields = params.fields(fields)
        return {name: value for name, value in batch.items() if name != KEY}
