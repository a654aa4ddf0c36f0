"""Examples that are made once and kept: in memory, or in a folder."""

from __future__ import annotations

import hashlib
import math
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.data.errors import DataError, first_line
from specc.data.examples import Example, Examples
from specc.data.faults import natural
from specc.registry.entry import Choice, Params

IN_MEMORY = 2**30  # bytes of a data set that is kept in memory without being asked
COMPLETE = "complete"  # is there when all examples are


def cached(examples: Examples, where: str, identity: str) -> Examples:
    """The examples, kept.

    Args:
        where: `auto`, `memory`, `none`, or a folder.
        identity: what made them: the source with its arguments, and the transforms.

    Raises:
        DataError: the folder cannot be written.
    """
    made = examples.in_floats()
    if where == "none" or (where == "auto" and bytes_of(made) > IN_MEMORY):
        return examples
    if where in ("auto", "memory"):
        return made if made.is_table and made.read is dict else _in_memory(made)
    return _in_folder(made, Path(where).expanduser(), identity)


def bytes_of(examples: Examples) -> float:
    """Bytes of all examples; infinite where they differ in size, or are texts."""
    sizes = [math.inf if field.is_text or field.spec.bytes is None else field.spec.bytes for field in examples.fields.values()]
    return examples.count * sum(sizes)


def identity_of(value: Any) -> str:
    """What a spec says, as text: choices by their words and arguments."""
    if isinstance(value, Choice):
        return f"{value.name}({identity_of(value.params)})"
    if isinstance(value, Params):
        return identity_of(vars(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {identity_of(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(identity_of, value)) + "]"
    return repr(value)


def _in_memory(examples: Examples) -> Examples:
    """A table of the examples; those that differ in size are kept as bytes."""
    fixed = all(field.is_text or None not in field.spec.shape[1:] for field in examples.fields.values())
    made = natural(examples) if fixed else natural(examples).map(_packed)
    whole = next(iter(made.batch(examples.count)))
    records = {name: tf.identity(column) for name, column in whole.items()}
    return replace(examples, records=records, read=dict if fixed else _unpacking(examples))


def _in_folder(examples: Examples, folder: Path, identity: str) -> Examples:
    """A table of files, one for each example, so that any of them can be had at once."""
    kept = folder / hashlib.blake2b(identity.encode(), digest_size=8).hexdigest()
    if not (kept / COMPLETE).exists():
        _written(examples, kept)

    def read(record: Any) -> Example:
        number = tf.strings.as_string(record["number"], width=8, fill="0")
        values = tf.io.parse_tensor(tf.io.read_file(tf.strings.join([str(kept), "/", number])), tf.string)
        return unpack({name: values[place] for place, name in enumerate(sorted(examples.fields))})

    unpack = _unpacking(examples)
    return replace(examples, records={"number": tf.range(examples.count)}, read=read)


def _written(examples: Examples, kept: Path) -> None:
    """Writes the examples aside, and gives the folder its name when all are there."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f"{kept.name}.", dir=kept.parent))  # of several processes each has its own
        for number, values in enumerate(natural(examples).map(_as_bytes).as_numpy_iterator()):
            (aside / f"{number:08d}").write_bytes(values)
        (aside / COMPLETE).touch()
        if not (kept / COMPLETE).exists():  # another one was quicker
            shutil.rmtree(kept, ignore_errors=True)
            aside.rename(kept)
        shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise DataError(f"the cache {kept} cannot be written: {first_line(error)}", "name another folder, or `cache: none`") from error


def _packed(example: Example) -> Example:
    return {name: tf.io.serialize_tensor(value) for name, value in example.items()}


def _as_bytes(example: Example) -> Any:
    """An example as one string."""
    packed = _packed(example)
    return tf.io.serialize_tensor(tf.stack([packed[name] for name in sorted(packed)]))


def _unpacking(examples: Examples) -> Any:
    """What makes bytes an example again."""
    specs = {name: field.spec for name, field in examples.fields.items()}

    def unpack(record: Example) -> Example:
        values = {name: tf.io.parse_tensor(record[name], spec.dtype) for name, spec in specs.items()}
        return {name: tf.ensure_shape(value, specs[name].shape[1:]) for name, value in values.items()}

    return unpack
