"""Training a spec, from the data to the run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from specc.language.spec import Spec


@dataclass(frozen=True)
class Run:
    """A run that ended, or was interrupted: `model` is the inference model with the trained weights.

    Args:
        history: the metrics of each epoch, as they stand in `metrics.jsonl`.
        path: the run folder: spec.yaml, metrics.jsonl, curves.png, model.keras, run.json.
        status: `finished` or `interrupted`.
        classes: names of the classes, where the data tell them.
    """

    model: keras.Model
    history: list[dict[str, Any]]
    path: Path
    status: Literal["finished", "interrupted"]
    classes: tuple[str, ...] = ()


def train(
    spec: Spec,
    *,
    data: Mapping[str, tf.data.Dataset] | None = None,
    directory: str | Path | None = None,
    strategy: str | tf.distribute.Strategy = "auto",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    progress: bool = True,
) -> Run:
    """Trains a spec.

    Args:
        spec: what `specc.load` returned.
        data: data sets that stand in for the spec's, by `train`, `validation`, `test`; see `specc.data.given`.
        directory: the run folder, new or empty; by default a new one below `runs/`.
        strategy: `auto` (all local GPUs), `one` device, `mirrored`, or a strategy of `tf.distribute`.
        callbacks: Keras callbacks; they see the inference model.
        progress: whether a progress bar is shown.

    Raises:
        SpecError: the spec's training section or the data are wrong.
    """
    raise NotImplementedError
