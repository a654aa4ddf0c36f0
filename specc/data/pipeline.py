"""A pipeline of the spec, opened: from its source to examples that are ready for batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import tensorflow as tf

from specc.data.cache import cached, identity_of
from specc.data.checks import checked, decodable, within
from specc.data.errors import DataError, Faulty
from specc.data.examples import Example, Examples, fields_of
from specc.data.faults import TOLD, Fault, failing, faults, labels_beyond, readable, reason_of, sound, told, without_known
from specc.data.mixing import Mixing
from specc.data.processing import Processing, fields_after, processing_of
from specc.data.subsets import label_among, part_of
from specc.data.tokenizers import Tokenizer
from specc.data.tokens import Tokenizers, sequences, wanted
from specc.diagnostics import Span, SpecError, fail
from specc.keras_backend.build import resolve
from specc.language.wiring import SpanOf, nowhere
from specc.registry.data.fields import Field
from specc.registry.data.mismatches import mismatches, unusable_cache
from specc.registry.data.transforms.transform import transform_params
from specc.registry.entry import Choice, nearest
from specc.registry.experiment import Pipeline


@dataclass(frozen=True)
class Opened:
    """A pipeline whose source is open.

    Args:
        examples: what is known after the fixed transforms.
        processing: what is done anew in each epoch.
        fields: the fields of a batch; of views, those of the first.
        fault: looks for what cannot be read.
        labels: the records whose label in a field is none of so many classes, where labels are held in memory; else none.
        told: what is to be said about the data before they are used.
        tokenizers: what has made texts numbers, by field.
    """

    examples: Examples
    processing: Processing
    fields: Mapping[str, Field]
    fault: Callable[[], SpecError | None] = field(repr=False)
    labels: Callable[[str, int], list[Fault]] = field(repr=False)
    told: tuple[str, ...] = ()
    tokenizers: Tokenizers = field(default_factory=dict, repr=False)

    def kept(self, wanted: Sequence[str]) -> Examples:
        """The examples with what batches of some fields need."""
        return self.examples.only(wanted) if self.processing.is_done else self.examples

    def beyond(self, name: str, classes: int) -> tuple[list[Fault], int]:
        """The first records with a label that is none of so many classes, and how many there are: at least, where others cannot be
        read. All examples are read."""

        def labels(example: Example) -> Example:
            return {name: tf.nest.map_structure(lambda value: within(value, name, self.fields[name], classes), example[name])}

        found, count = faults(_finished(self.examples, self.processing).reading(labels))
        beyond = [fault for fault in found if fault.reason.startswith(f"`{name}` is ")]
        return beyond, count if len(beyond) == len(found) else len(beyond)


def open_pipeline(
    pipeline: Pipeline, span_of: SpanOf = nowhere, tokenizers: Mapping[str, Tokenizer] | None = None, *, keep_faulty: bool = False
) -> Opened:
    """Opens the source of a pipeline.

    Args:
        span_of: finds the place of a key of the pipeline: `span_of("source")`.
        tokenizers: those that the training data have made, by field; without them, texts make their own.
        keep_faulty: whether records that the source knows to be none stay among the examples, whatever `on_error` says, to fail
            when they are read. Those whose texts are needed at once are left out.

    Raises:
        SpecError: the data cannot be read, or a transform does not fit them.
    """
    source, span = pipeline.source, span_of("source")
    try:
        features, choices = wanted(pipeline)
        examples: Examples = resolve(source.entry.target)(**vars(source.params))
        left_out, skips = _LeftOut(source.name, examples.faulty), pipeline.on_error == "skip"
        examples = failing(examples) if keep_faulty else left_out.known(examples) if skips else sound(examples)
        examples = _named(examples, features)
        if examples.stored is not None:
            examples = replace(examples, read=examples.stored, stored=None).knowing(examples.fields)
        early = _early(examples, pipeline, choices)
        if early and (skips or keep_faulty):
            examples = left_out.unreadable(examples, _as_texts(examples.only(early)))
        examples = chosen = _part(examples, pipeline, span)
        examples, made = sequences(examples, choices, tokenizers, chunk=pipeline.chunk, shift=pipeline.shift)
        known = examples.fields
        examples = examples.reading(lambda example: checked(example, known))
        _check_transforms(pipeline, known, span_of)
        processing = processing_of(pipeline, known)
        prepared, fields = _prepared(examples, processing, source.name, span)
        rest = processing.rest()
        if skips:
            prepared = left_out.unreadable(prepared, _finished(prepared, rest))
        kept = _kept(prepared, pipeline, made, span)

        def labels(name: str, classes: int) -> list[Fault]:
            is_stored = name in chosen.fields and name not in _changed(pipeline)
            return labels_beyond(chosen, name, features.get(name, name), classes) if is_stored else []

        return Opened(kept, rest, fields, lambda: _fault(_finished(prepared, rest), span), labels, left_out.told, made)
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


class _LeftOut:
    """Leaves out records, and knows what to say of them.

    Args:
        source: the source's word.
        faulty: what it has found wrong with records.
    """

    def __init__(self, source: str, faulty: Sequence[Faulty]) -> None:
        self.source, self.faulty = source, faulty
        self.stretches: list[tuple[int, int, list[Fault]]] = []  # of how many records how many, and the first of them

    def known(self, examples: Examples) -> Examples:
        """The examples without those that the source knows to be none."""
        good, found = without_known(examples)
        self.stretches.append((examples.count, len(found), found))
        return good

    def unreadable(self, examples: Examples, tried: Examples) -> Examples:
        """The examples without those that cannot be read in some way.

        Raises:
            DataError: nothing is left. What the source has found says more than what TensorFlow does, which comes to the same.
        """
        try:
            good, found = readable(tried)
        except DataError as error:
            known = [fault for _, _, faults in self.stretches for fault in faults]
            if not known:
                raise
            help = next((kind.help for kind in self.faulty if kind.help is not None), None)
            raise DataError(f"none of the {len(known) + tried.count:,} records can be read; {known[0]}", help) from error
        self.stretches.append((examples.count, examples.count - len(good), found))
        return examples if len(good) == examples.count else examples.rows(good)

    @property
    def told(self) -> tuple[str, ...]:
        """A line; more where records were divided, or others chosen, in between."""
        joined: list[tuple[int, int, list[Fault]]] = []
        for total, count, found in self.stretches:
            if joined and joined[-1][0] - joined[-1][1] == total:
                before, gone, first = joined.pop()
                total, count, found = before, gone + count, [*first, *found]
            joined.append((total, count, found))
        return tuple(
            f"left out {count:,} of {total:,} records of `{self.source}`: {told(found[:TOLD], count)}"
            for total, count, found in joined
            if count
        )


def _early(examples: Examples, pipeline: Pipeline, choices: Mapping[str, Choice]) -> set[str]:
    """The fields that are read of all examples at once: to choose some of them, or to make tokens."""
    names, subset = {*choices}, pipeline.subset
    if pipeline.chunk is not None:
        names |= {name for name, field in examples.fields.items() if not field.is_text}
    if subset.share is not None or subset.per_class is not None:
        names |= {subset.by or label_among(examples.fields) or ""}
    return names & examples.fields.keys()


def _part(examples: Examples, pipeline: Pipeline, span: Span | None) -> Examples:
    """The examples that `subset` leaves."""
    try:
        return part_of(examples, pipeline.subset)
    except tf.errors.OpError as error:
        raise _unread(examples, pipeline, span, error) from error


def _as_texts(examples: Examples) -> Examples:
    """The examples; to read one fails where a value is not what it must be, or a text is none."""
    known = examples.fields
    return examples.reading(lambda example: decodable(checked(example, known)))


def _changed(pipeline: Pipeline) -> set[str]:
    """The fields that transforms are for."""
    transforms = [*pipeline.transforms, *(choice for view in pipeline.views for choice in view.transforms)]
    return {transform_params(choice).field for choice in transforms}


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
        raise _unread(prepared, pipeline, span, error) from error


def _unread(examples: Examples, pipeline: Pipeline, span: Span | None, error: tf.errors.OpError) -> Exception:
    """What to say of examples that could not all be read."""
    return _fault(examples, span) or DataError(f"the data of `{pipeline.source.name}` cannot be read: {reason_of(error)}")


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
