"""Batches of a pipeline, as training and evaluation take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from specc.data.epochs import Epochs
from specc.data.pipeline import Opened, open_pipeline
from specc.data.tokenizers import Tokenizer
from specc.registry.data.fields import Field
from specc.registry.experiment import Pipeline


@dataclass(frozen=True)
class Feed:
    """Batches of a data set, epoch after epoch.

    Args:
        stream: `stream(first, last, skip, share)` gives the batches of those epochs, one after the other, `last` not
            included, without the first `skip` batches, 0 by default; with a share, what the replicas of a worker need.
        steps: batches of one epoch.
        examples: examples of one epoch; None where nobody counted them.
        fields: the batch's fields.
        classes: names of the classes; empty where the data tell none.
        fingerprint: a hash of all that is held in memory: values, or paths and labels; else empty.
        fault: looks for what cannot be read, where a step has failed.
        told: what is to be said about the data before they are used.
        tokenizers: what has made texts numbers, by field.
    """

    stream: Callable[..., tf.data.Dataset]
    steps: int
    examples: int | None
    fields: Mapping[str, Field]
    classes: tuple[str, ...] = ()
    fingerprint: str = ""
    fault: Callable[[], Exception | None] = field(default=lambda: None, repr=False)
    told: tuple[str, ...] = ()
    tokenizers: Mapping[str, Tokenizer] = field(default_factory=dict, repr=False)


def feed(opened: Opened, batch_size: int, *, seed: int = 0, training: bool = False, only: Iterable[str] | None = None) -> Feed:
    """The batches of an opened pipeline, `batch_size` examples each; the last one of an epoch may have fewer. See `feeder`."""
    return feeder(opened, seed=seed, training=training, only=only)(batch_size)


def feeder(opened: Opened, *, seed: int = 0, training: bool = False, only: Iterable[str] | None = None) -> Callable[..., Feed]:
    """The batches of an opened pipeline, by their size, and whether there are whole ones only. What is held in memory is held once.

    Args:
        seed: where order and augmentation start from.
        training: whether examples are shuffled anew in each epoch.
        only: the fields that are wanted.
    """
    wanted = tuple(sorted(opened.fields if only is None else only))
    kept = opened.kept(wanted)
    fields, fingerprint = {name: opened.fields[name] for name in wanted}, kept.fingerprint()

    def batched(batch_size: int, *, whole: bool = False) -> Feed:
        epochs = Epochs(kept, opened.processing, seed, training, wanted, whole)

        def stream(first: int, last: int, skip: int = 0, share: Any = None) -> tf.data.Dataset:
            return epochs.batches(first, last, batch_size, skip, share).prefetch(tf.data.AUTOTUNE)

        steps = epochs.steps(batch_size)
        examples = min(kept.count, steps * batch_size)
        return Feed(stream, steps, examples, fields, kept.classes, fingerprint, opened.fault, opened.told, opened.tokenizers)

    return batched


def dataset(pipeline: Pipeline, batch_size: int, *, seed: int = 0, training: bool = False, epoch: int = 0) -> tf.data.Dataset:
    """One epoch of a pipeline as batches of named fields."""
    return feed(open_pipeline(pipeline), batch_size, seed=seed, training=training).stream(epoch, epoch + 1)
