"""A pipeline of the spec, opened: from its source to examples that are ready for batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.cache import cached, identity_of
from specc.data.checks import checked
from specc.data.errors import DataError
from specc.data.examples import Examples, fields_of
from specc.data.faults import faults, readable, reason_of, told
from specc.data.mixing import Mixing
from specc.data.processing import Processing, fields_after, processing_of
from specc.data.subsets import part_of
from specc.data.tokenizers import Tokenizer
from specc.data.tokens import Tokenizers, sequences, wanted
from specc.diagnostics import Span, SpecError, fail
from specc.keras_backend.build import resolve
from specc.language.wiring import SpanOf, nowhere
from specc.registry.data.fields import Field
from specc.registry.data.mismatches import mismatches, unusable_cache
from specc.registry.entry import nearest
from specc.registry.experiment import Pipeline


@dataclass(frozen=True)
class Opened:
    """A pipeline whose source is open.

    Args:
        examples: what is known after the fixed transforms.
        processing: what is done anew in each epoch.
        fields: the fields of a batch; of views, those of the first.
        fault: looks for what cannot be read.
        told: what is to be said about the data before they are used.
        tokenizers: what has made texts numbers, by field.
    """

    examples: Examples
    processing: Processing
    fields: Mapping[str, Field]
    fault: Callable[[], SpecError | None] = field(repr=False)
    told: tuple[str, ...] = ()
    tokenizers: Tokenizers = field(default_factory=dict, repr=False)

    def kept(self, wanted: Sequence[str]) -> Examples:
        """The examples with what batches of some fields need."""
        return self.examples.only(wanted) if self.processing.is_done else self.examples


def open_pipeline(pipeline: Pipeline, span_of: SpanOf = nowhere, tokenizers: Mapping[str, Tokenizer] | None = None) -> Opened:
    """Opens the source of a pipeline.

    Args:
        span_of: finds the place of a key of the pipeline: `span_of("source")`.
        tokenizers: those that the training data have made, by field; without them, texts make their own.

    Raises:
        SpecError: the data cannot be read, or a transform does not fit them.
    """
    source, span = pipeline.source, span_of("source")
    try:
        features, choices = wanted(pipeline)
        examples = _named(resolve(source.entry.target)(**vars(source.params)), features)
        if examples.stored is not None:
            examples = replace(examples, read=examples.stored, stored=None).knowing(examples.fields)
        examples = part_of(examples, pipeline.subset)
        examples, made = sequences(examples, choices, tokenizers, chunk=pipeline.chunk, shift=pipeline.shift)
        known = examples.fields
        examples = examples.reading(lambda example: checked(example, known))
        _check_transforms(pipeline, known, span_of)
        processing = processing_of(pipeline, known)
        prepared, fields = _prepared(examples, processing, source.name, span)
        rest = processing.rest()
        good, left_out = _readable(_finished(prepared, rest), pipeline)
        prepared = prepared if good is None else prepared.rows(good)
        kept = _kept(prepared, pipeline, made, span)
        return Opened(kept, rest, fields, lambda: _fault(_finished(prepared, rest), span), left_out, made)
    except DataError as error:
        raise fail("E0507", error.message, span, help=error.help) from error


def _named(examples: Examples, features: Mapping[str, str]) -> Examples:
    """The examples with fields of other names than the features' of the data set."""
    if not features:
        return examples
    for feature in features.values():
        if feature not in examples.fields:
            close = nearest(feature, examples.fields)
            help = f"did you mean `{close}`?" if close else f"they have {', '.join(f'`{name}`' for name in examples.fields)}"
            raise DataError(f"the data have no feature `{feature}`", help)
    named = examples.reading(lambda example: {name: example[feature] for name, feature in features.items()})
    return named.knowing({name: examples.fields[feature] for name, feature in features.items()})


def _finished(prepared: Examples, rest: Processing) -> Examples:
    """Examples as they go into a batch, all drawn from one key: whether they can be made at all does not depend on it."""
    return prepared.reading(lambda example: rest.finished(example, tf.zeros((2,), tf.int32)))


def _readable(finished: Examples, pipeline: Pipeline) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The numbers of the examples that can be read and transformed, where others are left out, and what is to be said of those."""
    if pipeline.on_error == "fail":
        return None, ()
    good, found = readable(finished)
    count = finished.count - len(good)
    said = f"left out {count:,} of {finished.count:,} records of `{pipeline.source.name}`: {told(found, count)}"
    return (good, (said,)) if count else (None, ())


def _prepared(examples: Examples, processing: Processing, source: str, span: Span | None) -> tuple[Examples, dict[str, Field]]:
    """The examples after the fixed transforms, and the fields of a batch. Both are traced here, so that what does not fit is told."""
    try:
        prepared = examples
        if processing.fixed:
            prepared = examples.reading(processing.prepared).knowing(
                fields_after(examples.fields, processing.transforms[: processing.fixed])
            )
        return prepared, _batch_fields(prepared, processing)
    except (ValueError, TypeError) as error:
        if isinstance(error, SpecError):
            raise
        words = ", ".join(f"`{choice.name}`" for choice in (*processing.transforms, *processing.mixing))
        message = f"the transforms {words} do not fit the data of `{source}`"
        described = ", ".join(f"{name} {known.spec}" for name, known in examples.fields.items())
        raise fail("E0507", message, span, help=f"the data are {described}") from error


def _batch_fields(prepared: Examples, processing: Processing) -> dict[str, Field]:
    """The fields of a batch, of its first view."""
    rest = processing.rest()
    transforms = [*rest.transforms, *(rest.views[0].transforms if rest.views else ()), *rest.mixing]
    known = fields_after(rest.fields, transforms)
    mixing = Mixing(rest, 2)

    def finished(example: Any) -> Any:
        key = tf.zeros((2,), tf.int32)
        return mixing.keyed(rest.finished(example, key), key)

    batch = prepared.reading(finished).spec
    if mixing.partners:
        made = tf.data.Dataset.from_tensors(
            {name: tf.zeros([size or 1 for size in spec.shape], spec.dtype) for name, spec in batch.items()}
        )
        batch = made.repeat(2).batch(2).map(mixing).unbatch().element_spec
    first = {name: value[0] if isinstance(value, tuple) else value for name, value in batch.items()}
    return fields_of(first, known, batched=False)


def _kept(prepared: Examples, pipeline: Pipeline, made: Tokenizers, span: Span | None) -> Examples:
    """The examples after the fixed transforms, kept as `cache` says."""
    fixed = pipeline.transforms[: processing_of(pipeline, {}).fixed]
    texts = {name: tokenizer.to_json() for name, tokenizer in made.items()}
    said = (pipeline.source, fixed, pipeline.fields, pipeline.subset, pipeline.chunk, pipeline.shift)
    try:
        return cached(prepared, pipeline.cache, identity_of((*said, texts, prepared.count, prepared.fingerprint())))
    except tf.errors.OpError as error:
        raise _fault(prepared, span) or DataError(f"the data of `{pipeline.source.name}` cannot be read: {reason_of(error)}") from error


def _fault(examples: Examples, span: Span | None) -> SpecError | None:
    """What to say of the records that cannot be read; None where all can be."""
    found, count = faults(examples)
    if not count:
        return None
    message = f"a record cannot be read: {found[0]}" if count == 1 else f"{count:,} records cannot be read: {told(found, count)}"
    them = "it" if count == 1 else "them"
    return fail("E0517", message, span, help=f"mend {them}, or leave {them} out by `on_error: skip`")


def _check_transforms(pipeline: Pipeline, fields: Mapping[str, Field], span_of: SpanOf) -> None:
    for path, message, help in (*unusable_cache(pipeline), *mismatches(pipeline, fields)):
        raise fail("E0507", message, span_of(*path), help=help)
