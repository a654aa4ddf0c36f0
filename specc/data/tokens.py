"""Texts made tokens, streams of tokens cut into examples, and targets that are the tokens one place further."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.examples import Example, Examples
from specc.data.faults import faults, natural, reason_of
from specc.data.tokenizers import PADDING, Tokenizer
from specc.graph import TensorSpec
from specc.keras_backend.build import resolve
from specc.registry.data.fields import Field
from specc.registry.data.pipeline import Pipeline
from specc.registry.data.sources.source import Source
from specc.registry.data.tokenizers import tokenizer_params
from specc.registry.entry import Choice, nearest

Choices = Mapping[str, Choice]
Tokenizers = dict[str, Tokenizer]

READ = 1024  # examples of which the texts are read at a time
RECORD = "the source's record"  # the name of what a record is made of; no field is called so


def wanted(pipeline: Pipeline) -> tuple[dict[str, str], dict[str, Choice]]:
    """The feature that each field is made of, and the tokenizers of those that are texts; without any, features are taken as they are.

    A source can have tokenizers of its own: without `fields` they make all the fields there are.
    """
    assert isinstance(pipeline.source.params, Source)
    own = pipeline.source.params.tokenizers()
    asked = {name: (made.feature, made.tokenizer) for name, made in pipeline.fields.items()} or dict(own)
    found = {name: own.get(feature, (feature, None)) if choice is None else (feature, choice) for name, (feature, choice) in asked.items()}
    return {name: feature for name, (feature, _) in found.items()}, {name: choice for name, (_, choice) in found.items() if choice}


def sequences(
    examples: Examples,
    choices: Choices,
    fitted: Mapping[str, Tokenizer] | None = None,
    *,
    chunk: int | None = None,
    shift: Mapping[str, str] | None = None,
) -> tuple[Examples, Tokenizers]:
    """Examples with texts as tokens, cut into pieces, with targets one place further: see `tokenized`, `chunked` and `shifted`.

    Returns:
        The examples, and the tokenizers by field.
    """
    shift = shift or {}
    if chunk is not None:
        for name, choice in choices.items():
            if tokenizer_params(choice).sequence_length is not None:
                raise DataError(f"`chunk` cuts a stream, but `{name}` has texts of a `sequence_length`", "leave one of them out")
    # Only what has further tokens can give the one after the last.
    more = [name for name in shift if name in choices or chunk is not None]
    examples, tokenizers = tokenized(examples, choices, fitted, ahead=more if chunk is None else ())
    if chunk is not None:
        examples = chunked(examples, chunk, ahead=more)
    return shifted(examples, shift, ahead=more), tokenizers


def tokenized(
    examples: Examples, choices: Choices, fitted: Mapping[str, Tokenizer] | None = None, *, ahead: Collection[str] = ()
) -> tuple[Examples, Tokenizers]:
    """Examples whose texts are tokens, int32: (sequence_length,), or each text of its own length.

    All texts are read once, and their tokens held in memory. A field that has several texts in an example, like the
    captions of an image, makes that many examples of it, in order, the other fields repeated; none if it has none.

    Args:
        choices: the tokenizer of each field that is a text.
        fitted: the tokenizers that the training data have made; without them they are made of these texts.
        ahead: fields that keep a token more than `sequence_length`, which `shifted` takes away again.

    Returns:
        The examples, and the tokenizers by field.
    """
    if not choices:
        return examples, {}
    texts = _texts(examples, choices)
    tokenizers = _made(choices, texts) if fitted is None else _known(choices, fitted)
    owner = _owner(texts)
    columns, known = {}, dict(examples.fields)
    for name, choice in choices.items():
        found, length = tokenizers[name].encode(texts[name].texts), tokenizer_params(choice).sequence_length
        with tf.device("CPU"):
            tokens = tf.RaggedTensor.from_row_lengths(np.concatenate(found), np.array([len(each) for each in found], np.int64))
            if owner is not None and texts[name].counts is None:
                tokens = tf.gather(tokens, owner)
            columns[name] = tokens if length is None else tokens.to_tensor(PADDING, shape=(None, length + (name in ahead)))
        size = tokenizer_params(choice).vocabulary_size
        known[name] = Field(TensorSpec((None,)), max(tokenizers[name].size, size or 0), "tokens")
    return _with_columns(examples, columns, owner).knowing(known), tokenizers


def chunked(examples: Examples, length: int, *, ahead: Collection[str] = ()) -> Examples:
    """Pieces of the stream that all tokens of the examples make, one after the other. The last one, which would be shorter, is left out.

    Fields that are texts have no pieces. Where several fields have tokens, they have equally many.

    Args:
        length: tokens of a piece.
        ahead: fields whose pieces have a token more, which is the first one of the next piece.
    """
    names = _streamed(examples)
    streams, starts = _streams(examples.only(names))
    count = min((starts.total - (name in ahead)) // length for name in names)
    if count < 1:
        needed = length + any(name in ahead for name in names)
        raise DataError(
            f"the data have {starts.total:,} tokens, but a piece of `chunk: {length}` takes {needed:,}", "give a smaller `chunk`"
        )

    def read(record: Any) -> Example:
        first = record["piece"] * length
        sizes = {name: length + (name in ahead) for name in names}
        return {name: tf.ensure_shape(streams[name][first : first + size], (size,)) for name, size in sizes.items()}

    def place(index: int) -> str:
        return f"{examples.place(starts.example(index * length))}, piece {index + 1:,} of the stream"

    with tf.device("CPU"):
        records = {"piece": tf.range(count, dtype=tf.int64)}
    return replace(examples, records=records, count=count, read=read, place=place).knowing(examples.fields)


def shifted(examples: Examples, shift: Mapping[str, str], *, ahead: Collection[str] = ()) -> Examples:
    """Examples with further fields, the targets: in place i of a target stands the token of place i + 1.

    Args:
        shift: the target's name by that of the tokens.
        ahead: tokens that end with one more, which goes to the targets only. Of others nobody knows what follows the
            last: its target is 0, padding.
    """
    for name, target in shift.items():
        if name not in examples.fields:
            close = nearest(name, examples.fields)
            help = f"did you mean `{close}`?" if close else f"they have {', '.join(f'`{each}`' for each in examples.fields)}"
            raise DataError(f"`shift` moves `{name}`, but the data have no such field", help)
        if target in examples.fields:
            raise DataError(f"`shift` makes the field `{target}`, but the data have one already", "give it another name")
        if not examples.fields[name].is_integer or examples.fields[name].spec.rank != 2:
            raise DataError(f"`shift` moves a sequence of tokens, but `{name}` is {examples.fields[name].spec}")
    if not shift:
        return examples

    def change(example: Example) -> Example:
        for name, target in shift.items():
            tokens = example[name]
            if name in ahead:
                example = {**example, name: tokens[:-1], target: tokens[1:]}
            else:
                example = {
                    **example,
                    target: tf.concat([tokens[1:], tf.fill(tf.shape(tokens[:1]), tf.cast(PADDING, tokens.dtype))], axis=0),
                }
        return example

    known = examples.fields
    return examples.reading(change).knowing({**known, **{target: known[name] for name, target in shift.items()}})


@dataclass(frozen=True)
class _Texts:
    """The texts of a field in order, and of how many each example has; none: of one."""

    texts: list[str]
    counts: np.ndarray | None


def _texts(examples: Examples, names: Collection[str]) -> dict[str, _Texts]:
    """The texts of fields."""
    for name in names:
        field = examples.fields[name]
        if not field.is_text or field.spec.rank not in (1, 2):
            raise DataError(f"a tokenizer makes numbers of texts, but `{name}` is {field.spec}")
    found: dict[str, list[bytes]] = {name: [] for name in names}
    counts: dict[str, list[int]] = {name: [] for name in names}
    for batch in _read(examples.only(names)):
        for name, values in batch.items():
            if values.shape.rank == 2:
                lengths = values.row_lengths().numpy() if isinstance(values, tf.RaggedTensor) else [values.shape[1]] * values.shape[0]
                counts[name].extend(lengths)
                values = values.flat_values if isinstance(values, tf.RaggedTensor) else tf.reshape(values, (-1,))
            found[name].extend(values.numpy())
    several = {name: np.array(counts[name], np.int64) if examples.fields[name].spec.rank == 2 else None for name in names}
    return {name: _Texts(_decoded(examples, name, found[name], several[name]), several[name]) for name in names}


def _read(examples: Examples) -> Iterator[dict[str, Any]]:
    """All examples, some at a time."""
    try:
        yield from natural(examples).ragged_batch(READ)
    except tf.errors.OpError as error:
        found, count = faults(examples)
        raise DataError(f"a record cannot be read: {found[0] if count else reason_of(error)}") from error


def _decoded(examples: Examples, name: str, texts: list[bytes], counts: np.ndarray | None) -> list[str]:
    """Texts from their bytes."""
    decoded = []
    for number, text in enumerate(texts):
        try:
            decoded.append(text.decode())
        except UnicodeDecodeError as error:
            index = number if counts is None else int(np.repeat(np.arange(len(counts)), counts)[number])
            message = f"{examples.place(index)}: `{name}` is not UTF-8: byte {error.start + 1} is {text[error.start]:#04x}"
            raise DataError(message) from error
    return decoded


def _owner(texts: Mapping[str, _Texts]) -> np.ndarray | None:
    """For each example that is made, of which one it is made; none where every one makes one."""
    several = {name: found.counts for name, found in texts.items() if found.counts is not None}
    if not several:
        return None
    (first, counts), *others = several.items()
    for name, other in others:
        if not np.array_equal(other, counts):
            raise DataError(f"`{first}` and `{name}` have different numbers of texts in an example", "make an example of only one of them")
    if not counts.sum():
        raise DataError(f"no example has a text in `{first}`")
    return np.repeat(np.arange(len(counts)), counts)


def _with_columns(examples: Examples, columns: Mapping[str, Any], owner: np.ndarray | None) -> Examples:
    """Examples with further fields that are held in memory.

    Args:
        columns: tensors or ragged tensors, a row for each example that is made.
        owner: of which example each is made; none: one of each.
    """
    make = _table_with if examples.is_table else _stream_with
    records, inner = make(examples, columns, owner)

    def read(record: Any) -> Example:
        return {**examples.read(inner(record[RECORD])), **{name: record[name] for name in columns}}

    place = examples.place if owner is None else _several(examples.place, owner)
    count = next(iter(columns.values())).shape[0]
    return replace(examples, records=records, count=count, read=read, place=place)


def _several(place: Callable[[int], str], owner: np.ndarray) -> Callable[[int], str]:
    return lambda index: f"{place(int(owner[index]))}, text {index - np.searchsorted(owner, owner[index]) + 1}"


def _table_with(examples: Examples, columns: Mapping[str, Any], owner: np.ndarray | None) -> tuple[Any, Callable[[Any], Any]]:
    """A table with the rows of another, whose columns are not repeated, and what finds the row."""
    with tf.device("CPU"):
        rows = tf.range(examples.count, dtype=tf.int64) if owner is None else tf.constant(owner, tf.int64)
    return {RECORD: rows, **columns}, examples.record


def _stream_with(examples: Examples, columns: Mapping[str, Any], owner: np.ndarray | None) -> tuple[Any, Callable[[Any], Any]]:
    """A stream whose records have columns beside them, and what finds the record."""

    def beside(record: Any, row: Any) -> dict[str, Any]:
        return {RECORD: record, **{name: column[row] for name, column in columns.items()}}

    assert isinstance(examples.records, tf.data.Dataset)
    numbered = examples.records.enumerate()
    if owner is None:
        return numbered.map(lambda row, record: beside(record, row)), lambda record: record
    firsts = tf.constant(np.searchsorted(owner, np.arange(examples.count + 1)), tf.int64)

    def repeated(row: Any, record: Any) -> tf.data.Dataset:
        return tf.data.Dataset.range(firsts[row], firsts[row + 1]).map(lambda each: beside(record, each))

    return numbered.flat_map(repeated), lambda record: record


def _known(choices: Choices, fitted: Mapping[str, Tokenizer]) -> Tokenizers:
    """The tokenizers that there are for fields."""
    for name in choices:
        if name not in fitted:
            others = ", ".join(f"`{each}`" for each in fitted)
            raise DataError(f"the training data have no tokens `{name}`", f"they have {others}" if others else None)
    return {name: fitted[name] for name in choices}


def _made(choices: Choices, texts: Mapping[str, _Texts]) -> Tokenizers:
    """Tokenizers that learn from the texts of their fields."""
    found = {}
    for names in _together(choices):
        params: list[Any] = [choices[name].params for name in names]
        arguments = {key: value for key, value in vars(params[0]).items() if key not in ("sequence_length", "shared_with")}
        arguments["add_start_end"] = any(each.add_start_end for each in params)
        make = resolve(choices[names[0]].entry.target)
        try:
            made = make((text for name in names for text in texts[name].texts), **arguments)
        except DataError as error:
            raise DataError(f"{' and '.join(f'`{name}`' for name in names)}: {error.message}", error.help) from error
        found.update({name: made.framed(each.add_start_end) for name, each in zip(names, params, strict=True)})
    return found


def _together(choices: Choices) -> list[tuple[str, ...]]:
    """The fields whose vocabularies are made together."""
    groups: dict[str, tuple[str, ...]] = {name: (name,) for name in choices}
    for name, choice in choices.items():
        other = getattr(choice.params, "shared_with", None)
        if other is None:
            continue
        if other not in choices or choices[other].name != choice.name:
            raise DataError(f"`{name}` shares its vocabulary with `{other}`, which is no field with the tokenizer `{choice.name}`")
        sizes = [tokenizer_params(choices[each]).vocabulary_size for each in (name, other)]
        if sizes[0] != sizes[1]:
            message = f"`{name}` and `{other}` have one vocabulary, but their `vocabulary_size` is {sizes[0]:,} and {sizes[1]:,}"
            raise DataError(message, "give both the same")
        joined = tuple(dict.fromkeys((*groups[name], *groups[other])))
        groups.update(dict.fromkeys(joined, joined))
    return list(dict.fromkeys(groups.values()))


@dataclass(frozen=True)
class _Starts:
    """Where in a stream examples begin."""

    firsts: np.ndarray
    total: int

    def example(self, token: int) -> int:
        return int(np.searchsorted(self.firsts, token, side="right")) - 1


def _streamed(examples: Examples) -> list[str]:
    """The fields that are tokens."""
    names = [name for name, field in examples.fields.items() if not field.is_text]
    for name in names:
        field = examples.fields[name]
        if not field.is_integer or field.spec.rank > 2:
            raise DataError(f"`chunk` cuts tokens, but `{name}` is {field.spec}", "name in `fields` what is to be cut")
    if not names:
        raise DataError("`chunk` cuts tokens, but the data have none", "give a field of `fields` a tokenizer")
    return names


def _streams(examples: Examples) -> tuple[dict[str, tf.Tensor], _Starts]:
    """The tokens of all examples by field, one after the other, and where each example begins."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in examples.fields}
    lengths: dict[str, list[np.ndarray]] = {name: [] for name in examples.fields}
    for batch in _read(examples):
        for name, values in batch.items():
            is_ragged = isinstance(values, tf.RaggedTensor)
            found[name].append((values.flat_values if is_ragged else tf.reshape(values, (-1,))).numpy())
            each = values.row_lengths().numpy() if is_ragged else np.full(values.shape[0], values.shape[1] if values.shape.rank == 2 else 1)
            lengths[name].append(each)
    counts = {name: np.concatenate(each) for name, each in lengths.items()}
    first, *others = counts
    for name in others:
        if not np.array_equal(counts[name], counts[first]):
            raise DataError(f"`chunk` cuts fields together, but `{first}` and `{name}` have different numbers of tokens")
    with tf.device("CPU"):
        streams = {name: tf.constant(np.concatenate(each)) for name, each in found.items()}
    firsts = np.concatenate([[0], np.cumsum(counts[first])])
    return streams, _Starts(firsts[:-1], int(firsts[-1]))
