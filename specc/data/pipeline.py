"""A pipeline of the spec made into batches. Order and augmentation are functions of (seed, epoch, index)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import tensorflow as tf

from specc.data.examples import Examples
from specc.data.sources import SourceError
from specc.diagnostics import Span, fail
from specc.keras_backend.build import resolve
from specc.registry.data.fields import Field
from specc.registry.data.transforms import transform_params
from specc.registry.entry import Choice, nearest
from specc.registry.experiment import Pipeline

IN_MEMORY = 2**30  # bytes of a data set that is read once and kept
SHUFFLED = 10_000  # examples among which the next one is drawn where a data set is not kept

Example = dict[str, Any]


@dataclass(frozen=True)
class Feed:
    """Batches of a data set, epoch after epoch.

    Args:
        stream: `stream(first, last, skip)` gives the batches of those epochs, one after the other, `last` not included,
            without the first `skip` batches, 0 by default.
        steps: batches of one epoch.
        examples: examples of one epoch; None where nobody counted them.
        fields: the batch's fields.
        classes: names of the classes; empty where the data tell none.
        fingerprint: a hash of all values, where they are held in memory; else empty.
    """

    stream: Callable[..., tf.data.Dataset]
    steps: int
    examples: int | None
    fields: Mapping[str, Field]
    classes: tuple[str, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True)
class Opened:
    """A pipeline whose source is open: fixed transforms are applied, those from the first random one on are still to come."""

    examples: Examples
    later: tuple[Choice, ...]
    fields: Mapping[str, Field]


def open_pipeline(pipeline: Pipeline, span: Span | None = None) -> Opened:
    """Opens the source of a pipeline.

    Raises:
        SpecError: the data cannot be read, or a transform does not fit them.
    """
    source = pipeline.source
    try:
        examples = resolve(source.entry.target)(**vars(source.params))
    except SourceError as error:
        raise fail("E0507", error.message, span, help=error.help) from error
    transforms = tuple(pipeline.transforms)
    fixed = next((place for place, choice in enumerate(transforms) if transform_params(choice).random), len(transforms))
    _check_transforms(transforms, examples.fields, span)
    try:
        if fixed:
            examples = examples.changed(lambda example: transformed(example, transforms[:fixed]))
        key = tf.zeros((2,), tf.int32)
        after = examples.changed(lambda example: transformed(example, transforms[fixed:], key)) if transforms[fixed:] else examples
    except (ValueError, TypeError) as error:
        words = ", ".join(f"`{choice.name}`" for choice in transforms)
        message = f"the transforms {words} do not fit the data of `{source.name}`"
        fields = ", ".join(f"{name} {field.spec}" for name, field in examples.fields.items())
        raise fail("E0507", message, span, help=f"the data are {fields}") from error
    return Opened(examples, transforms[fixed:], after.fields)


def _check_transforms(transforms: Sequence[Choice], fields: Mapping[str, Field], span: Span | None) -> None:
    for choice in transforms:
        name = transform_params(choice).field
        if name not in fields:
            names, close = ", ".join(f"`{field}`" for field in fields), nearest(name, fields)
            help = f"did you mean `{close}`?" if close else "name another `field`"
            raise fail("E0507", f"`{choice.name}` changes the field `{name}`, but the data have {names}", span, help=help)


def transformed(example: Example, transforms: Sequence[Choice], key: Any = None) -> Example:
    """An example after transforms. Each random one draws from a key of its own."""
    for place, choice in enumerate(transforms):
        arguments = {name: value for name, value in vars(choice.params).items() if name != "field"}
        change = partial(resolve(choice.entry.target), **arguments)
        name = transform_params(choice).field
        if transform_params(choice).random:
            change = partial(change, key=tf.random.experimental.stateless_fold_in(key, place))
        example = {**example, name: change(example[name])}
    return example


def feed(opened: Opened, batch_size: int, *, seed: int = 0, training: bool = False, only: Iterable[str] | None = None) -> Feed:
    """The batches of an opened pipeline, `batch_size` examples each; the last one of an epoch may have fewer. See `feeder`."""
    return feeder(opened, seed=seed, training=training, only=only)(batch_size)


def feeder(opened: Opened, *, seed: int = 0, training: bool = False, only: Iterable[str] | None = None) -> Callable[[int], Feed]:
    """The batches of an opened pipeline, by their size. What is held in memory is held once.

    Args:
        seed: where order and augmentation start from.
        training: whether examples are shuffled anew in each epoch.
        only: the fields that are wanted.
    """
    wanted = sorted(opened.fields if only is None else only)
    examples = opened.examples if opened.later else opened.examples.only(wanted)
    held = _held(examples) if _size(examples) <= IN_MEMORY else None
    if held is None:
        one = _from_source(examples, opened.later, wanted, seed, training)
    else:
        one = _from_memory(held, examples.count, opened.later, wanted, seed, training)

    fields, fingerprint = {name: opened.fields[name] for name in wanted}, _fingerprint(held)

    def batched(batch_size: int) -> Feed:
        def stream(first: int, last: int, skip: int = 0) -> tf.data.Dataset:
            epochs = tf.data.Dataset.range(first, last)
            # Examples are left out before anything is done with them.
            batches = epochs.flat_map(lambda epoch: one(epoch, batch_size, tf.where(epoch == first, skip * batch_size, 0)))
            return batches.prefetch(tf.data.AUTOTUNE)

        return Feed(stream, math.ceil(examples.count / batch_size), examples.count, fields, examples.classes, fingerprint)

    return batched


def dataset(pipeline: Pipeline, batch_size: int, *, seed: int = 0, training: bool = False, epoch: int = 0) -> tf.data.Dataset:
    """One epoch of a pipeline as batches of named fields."""
    return feed(open_pipeline(pipeline), batch_size, seed=seed, training=training).stream(epoch, epoch + 1)


def _size(examples: Examples) -> float:
    """Bytes of all examples; infinite where they differ in size."""
    sizes = [field.spec.bytes for field in examples.fields.values()]
    return math.inf if None in sizes else examples.count * sum(sizes)  # type: ignore[arg-type]


Epoch = Callable[[Any, int, Any], tf.data.Dataset]  # from its number, the size of a batch, and how many examples are left out


def _held(examples: Examples) -> dict[str, Any]:
    """All examples, in memory."""
    whole = next(iter(examples.dataset.batch(examples.count)))
    return {name: tf.identity(value) for name, value in whole.items()}


def _fingerprint(held: Mapping[str, Any] | None) -> str:
    if held is None:
        return ""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(held):
        digest.update(name.encode())
        digest.update(held[name].numpy().tobytes())
    return digest.hexdigest()


def _from_memory(held: Mapping[str, Any], count: int, later: Sequence[Choice], wanted: Sequence[str], seed: int, training: bool) -> Epoch:
    """Epochs of examples that are held: batches are picked by their indices."""

    def epoch_of(epoch: Any, batch_size: int, left_out: Any) -> tf.data.Dataset:
        order = tf.range(count)
        if training:
            order = tf.random.experimental.stateless_shuffle(order, seed=tf.stack([seed, tf.cast(epoch, tf.int32)]))
        indices = tf.data.Dataset.from_tensor_slices(order[left_out:])
        if not later:
            return indices.batch(batch_size).map(lambda chosen: {name: tf.gather(held[name], chosen) for name in wanted})

        def one(index: Any) -> Example:
            example = {name: value[index] for name, value in held.items()}
            return _picked(transformed(example, later, example_key(seed, epoch, index)), wanted)

        return indices.map(one, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).batch(batch_size)

    return epoch_of


def _from_source(examples: Examples, later: Sequence[Choice], wanted: Sequence[str], seed: int, training: bool) -> Epoch:
    """Epochs of examples that are read each time anew, shuffled through a buffer."""

    def epoch_of(epoch: Any, batch_size: int, left_out: Any) -> tf.data.Dataset:
        numbered = examples.dataset.enumerate()
        if training:
            # Inside this function the global seed is its graph's: the order depends on (seed, epoch) and nothing else.
            tf.random.set_seed(1)
            numbered = numbered.shuffle(SHUFFLED, seed=seed * 1_000_003 + epoch, reshuffle_each_iteration=False)

        def one(index: Any, example: Example) -> Example:
            return _picked(transformed(example, later, example_key(seed, epoch, index)), wanted)

        kept = numbered.skip(tf.cast(left_out, tf.int64))
        return kept.map(one, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).batch(batch_size)

    return epoch_of


def example_key(seed: int, epoch: Any, index: Any) -> Any:
    """The key that the random transforms of an example draw from."""
    fold = tf.random.experimental.stateless_fold_in
    return fold(fold(tf.constant([seed, 1], tf.int32), tf.cast(epoch, tf.int32)), tf.cast(index, tf.int32))


def _picked(example: Example, wanted: Sequence[str]) -> Example:
    return {name: example[name] for name in wanted}
