"""Losses that users registered, tried on a small batch before they are compiled: there, a mistake has a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

from specc.diagnostics import fail
from specc.graph import Graph, Tensor, TensorSpec
from specc.language.wiring import Wired
from specc.objectives.by_head import loss_function
from specc.objectives.labels import aligned
from specc.registry import plugins
from specc.registry.data.fields import Field
from specc.registry.objectives.losses import loss_params

BATCH, UNKNOWN = 2, 3  # examples of the batch, and what stands for a size that nobody knows


def try_losses(wired: Sequence[Wired], graph: Graph, fields: Mapping[str, Field]) -> None:
    """Raises SpecError where a registered loss fails, or does not give a value for each example or position.

    Args:
        graph: has the heads; those of losses that it lacks are left out.
        fields: what a batch holds.
    """
    for one in wired:
        output = graph.outputs.get(one.head)
        if not plugins.registered("loss", one.loss.name) or not isinstance(output, Tensor):
            continue
        outputs = tf.zeros(_shape(output.spec))
        targets = tf.zeros(_shape(fields[one.target].spec), fields[one.target].spec.dtype)
        if loss_params(one.loss).labels is None:
            targets = aligned(targets, outputs)
        function = loss_function(one)
        try:
            values = tf.convert_to_tensor(function(targets, outputs))
        except Exception as error:
            raise plugins.failure(error, f"the loss `{one.loss.name}` of a plug-in") from error
        if values.shape.rank == 0 or values.shape[0] != BATCH:
            help = "a loss gives a value for each example, shape (batch,), or for each position; the mean over the batch is taken later"
            raise fail("E0704", f"the loss `{one.loss.name}` of a plug-in gives {tuple(values.shape)} for a batch of {BATCH}", help=help)


def _shape(spec: TensorSpec) -> list[int]:
    return [BATCH, *(UNKNOWN if size is None else size for size in spec.shape[1:])]
