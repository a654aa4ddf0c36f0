"""Text files: a stream of tokens, and texts in pairs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from specc.data.errors import DataError
from specc.data.examples import Examples, examples_of
from specc.data.sources.opening import existing_file, in_all, matching_files

SPACE = re.compile(r"\s+")


def text(*, path: str, unit: str = "character", vocabulary_size: int | None = None, part: Sequence[float] = (0, 1)) -> Examples:
    """One record for each file, its field `text`. The tokenizers that the declaration names make tokens of it."""
    if unit == "subword" and vocabulary_size is None:
        raise DataError("`unit: subword` needs a `vocabulary_size`", "8000 is usual for a small corpus, 32000 for a large one")
    files = matching_files([path])
    texts = [_read(file) for file in files]
    for file, found in zip(files, texts, strict=True):
        if not found:
            raise DataError(f"{file} is empty")
    kept = [(file, found) for file, found in zip(files, _part_of(texts, part), strict=True) if found]
    if not kept:
        raise DataError(f"{_shown(part)} of {path} has no text")
    with tf.device("CPU"):
        column = tf.constant([found.encode() for _, found in kept])
    return examples_of({"text": column}, place=lambda index: str(kept[index][0]))


def pairs(*, path: str | None = None, source: str | None = None, target: str | None = None, part: Sequence[float] = (0, 1)) -> Examples:
    """A record for each line, its fields `source` and `target`."""
    if path is not None and source is None and target is None:
        where, found = path, _columns(path)
    elif path is None and source is not None and target is not None:
        where, found = f"{source} and {target}", _lines_of_two(source, target)
    else:
        raise DataError("`pairs` reads one file by `path`, or two by `source` and `target`")
    first, last = _bounds(len(found), part)
    if first == last:
        raise DataError(f"{_shown(part)} of {where} has no lines; it has {len(found):,} in all")
    with tf.device("CPU"):
        columns = {name: tf.constant([pair[side].encode() for pair in found[first:last]]) for side, name in enumerate(("source", "target"))}
    return examples_of(columns, place=lambda index: f"{where}, line {first + index + 1}")


def _columns(path: str) -> list[tuple[str, str]]:
    """The first two columns of a file with tabs."""
    lines = [line.split("\t") for line in _lines(existing_file(path))]
    _report(path, [number for number, line in enumerate(lines, 1) if len(line) < 2], "has no tab between source and target")
    for side, name in enumerate(("source", "target")):
        _report(path, [number for number, line in enumerate(lines, 1) if not line[side].strip()], f"has no {name}")
    return [(line[0], line[1]) for line in lines]


def _lines_of_two(source: str, target: str) -> list[tuple[str, str]]:
    """The lines of two files, side by side."""
    sides = [_lines(existing_file(path)) for path in (source, target)]
    if len(sides[0]) != len(sides[1]):
        message = f"{source} has {len(sides[0]):,} lines, but {target} has {len(sides[1]):,}"
        raise DataError(message, "line by line, one has to be the translation of the other")
    for path, lines in zip((source, target), sides, strict=True):
        _report(path, [number for number, line in enumerate(lines, 1) if not line.strip()], "is empty")
    return list(zip(*sides, strict=True))


def _report(path: str, numbers: list[int], fault: str) -> None:
    """Raises the fault of some lines, if there are any."""
    if numbers:
        raise DataError(f"{path}, line {numbers[0]:,}, {fault}{in_all(len(numbers), 'such lines')}")


def _lines(path: Path) -> list[str]:
    """The lines of a file. Only line feeds end them: texts have other signs in them that Python would take for a line's end."""
    lines = [line.removesuffix("\r") for line in _read(path).split("\n")]
    if not lines[-1]:
        lines.pop()
    if not lines:
        raise DataError(f"{path} is empty")
    return lines


def _read(path: Path) -> str:
    """The text of a file, without the mark that some editors put before it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = error.start - raw.rfind(b"\n", 0, error.start)
        message = f"{path} is not UTF-8: byte {byte} of line {line:,} is {raw[error.start]:#04x}"
        raise DataError(message, "save it as UTF-8; `iconv -f LATIN1 -t UTF-8` does so for a text in Latin-1") from error


def _bounds(count: int, part: Sequence[float]) -> tuple[int, int]:
    """The places between which a part lies, of so many lines or characters. Where one part ends, the next begins."""
    first, last = part
    if not 0 <= first < last <= 1:
        raise DataError(f"{_shown(part)} is no part: it goes from a share to a larger one", "[0, 0.9] is the first nine tenths")
    return round(first * count), round(last * count)


def _part_of(texts: list[str], part: Sequence[float]) -> list[str]:
    """What a part has of each text. Cuts that fall into a word are moved behind it and the white space that follows."""
    whole = "".join(texts)
    first, last = (_moved_on(whole, place) for place in _bounds(len(whole), part))
    found, start = [], 0
    for each in texts:
        found.append(each[max(first - start, 0) : max(last - start, 0)])
        start += len(each)
    return found


def _moved_on(whole: str, place: int) -> int:
    space = SPACE.search(whole, place) if 0 < place < len(whole) else None
    return space.end() if space else place


def _shown(part: Sequence[float]) -> str:
    return f"`part: [{part[0]:g}, {part[1]:g}]`"
