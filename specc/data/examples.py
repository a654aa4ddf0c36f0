"""Examples: what a source gives, before they are shuffled and batched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from specc.graph import TensorSpec
from specc.registry.data.fields import Field


@dataclass(frozen=True)
class Examples:
    """The examples of a source, in an order that is the same each time.

    Args:
        dataset: one mapping of tensors for each example.
        count: how many there are.
        fields: what is known of each field; shapes carry the batch first.
        classes: names of the classes; empty where the data have none.
    """

    dataset: tf.data.Dataset
    count: int
    fields: Mapping[str, Field]
    classes: tuple[str, ...] = ()

    def changed(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Examples:
        """The examples with a function applied to each."""
        dataset = self.dataset.map(change, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return Examples(
            dataset,
            self.count,
            fields_of(dataset.element_spec, {name: field.classes for name, field in self.fields.items()}, batched=False),
            self.classes,
        )

    def only(self, names: Iterable[str]) -> Examples:
        """The examples with some of their fields."""
        kept = sorted(set(names))
        return self if kept == sorted(self.fields) else self.changed(lambda example: {name: example[name] for name in kept})


def fields_of(spec: Mapping[str, Any], classes: Mapping[str, int | None], *, batched: bool) -> dict[str, Field]:
    """The fields of a data set's elements, with the numbers of classes that are known by name."""

    def shape(tensor: tf.TensorSpec) -> tuple[int | None, ...]:
        sizes = tuple(tensor.shape.as_list())
        return (None, *(sizes[1:] if batched else sizes))

    return {name: Field(TensorSpec(shape(tensor), tensor.dtype.name), classes.get(name)) for name, tensor in spec.items()}
