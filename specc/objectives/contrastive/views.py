"""What a network says of the views of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from specc.diagnostics import fail
from specc.graph import Tensor
from specc.keras_backend.network import Network, by_name, inputs_of
from specc.objectives.objective import Batch


def views_of(batch: Batch, least: int = 2) -> list[Batch]:
    """A batch for each view: of fields that have several, the one of that view.

    Raises SpecError where there are fewer than are compared; the spec's own data were checked, those handed in from Python were not.
    """
    count = max((len(value) for value in batch.values() if isinstance(value, tuple)), default=1)
    if count < least:
        help = "a field with several views is a tuple of tensors, one for each"
        raise fail("E0508", f"the objective compares {least} views of each example, but the data give {count}", help=help)
    return [{name: value[view] if isinstance(value, tuple) else value for name, value in batch.items()} for view in range(count)]


def outputs_of_views(network: Network, head: str, views: Sequence[Batch], *, training: bool) -> list[Any]:
    """What a head of the network as it learns gives for each view, in float32, shape (batch, dimensions).

    Views of one size go through it together, so that what normalizes by the batch sees all of them, as in the papers.
    """
    model = network.training
    names = [tensor.name for tensor in model.inputs]
    found: list[Any] = [None] * len(views)
    for places in _of_one_size(views, names):
        together = {name: tf.concat([views[place][name] for place in places], axis=0) for name in names}
        output = by_name(model(inputs_of(model, together), training=training), tuple(network.training_graph.outputs))[head]
        for place, part in zip(places, tf.split(tf.cast(output, tf.float32), len(places)), strict=True):
            found[place] = part
    return found


def width_of(network: Network, head: str) -> int:
    """Dimensions of what a head of the network as it learns gives."""
    output = network.training_graph.outputs[head]
    assert isinstance(output, Tensor)
    width = output.spec.shape[-1]
    assert width is not None
    return width


def _of_one_size(views: Sequence[Batch], names: Sequence[str]) -> list[list[int]]:
    """The places of views, those of equal sizes together."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, view in enumerate(views):
        groups.setdefault(tuple(tuple(view[name].shape[1:]) for name in names), []).append(place)
    return list(groups.values())
