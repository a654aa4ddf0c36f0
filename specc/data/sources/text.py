"""Text files: a stream of tokens, and texts in pairs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from specc.data.errors import DataError, Faulty
from specc.data.examples import Examples, examples_of
from specc.data.sources.opening import existing_file, matching_files

SPACE = re.compile(r"\s+")


def text(*, path: str, unit: str = "character", vocabulary_size: int | None = None, part: Sequence[float] = (0, 1)) -> Examples:
    """One record for each file, its field `text`. The tokenizers that the declaration names make tokens of it."""
    if unit == "subword" and vocabulary_size is None:
        raise DataError("`unit: subword` needs a `vocabulary_size`", "8000 is usual for a small corpus, 32000 for a large one")
    files = matching_files([path])
    texts, wrong = _texts(files)
    parts = _part_of(texts, part)
    kept = [number for number, found in enumerate(parts) if found or number in wrong]
    if not kept:
        raise DataError(f"{_shown(part)} of {path} has no text")
    with tf.device("CPU"):
        column = tf.constant([parts[number].encode() for number in kept])
    errors = list(wrong.values())
    records = [record for record, number in enumerate(kept) if number in wrong]
    faulty = Faulty(records, lambda place: errors[place].message, "such files", errors[0].help if errors else None)
    return examples_of({"text": column}, place=lambda index: str(files[kept[index]]), faulty=[faulty])


def pairs(*, path: str | None = None, source: str | None = None, target: str | None = None, part: Sequence[float] = (0, 1)) -> Examples:
    """A record for each line, its fields `source` and `target`."""
    if path is not None and source is None and target is None:
        where, (found, faulty) = path, _columns(path)
    elif path is None and source is not None and target is not None:
        where, (found, faulty) = f"{source} and {target}", _lines_of_two(source, target)
    else:
        raise DataError("`pairs` reads one file by `path`, or two by `source` and `target`")
    first, last = _bounds(len(found), part)
    if first == last:
        raise DataError(f"{_shown(part)} of {where} has no lines; it has {len(found):,} in all")
    with tf.device("CPU"):
        columns = {name: tf.constant([pair[side].encode() for pair in found[first:last]]) for side, name in enumerate(("source", "target"))}
    here = {line: [line - first] for line in range(first, last)}
    return examples_of(columns, place=lambda index: f"{where}, line {first + index + 1}", faulty=[kind.moved(here) for kind in faulty])


def _columns(path: str) -> tuple[list[tuple[str, str]], list[Faulty]]:
    """The first two columns of a file with tabs, and the lines that have not both."""
    lines = [line.split("\t") for line in _lines(existing_file(path))]
    faulty = [_wrong(path, [number for number, line in enumerate(lines) if len(line) < 2], "has no tab between source and target")]
    pairs = [(line[0], line[1]) if len(line) > 1 else ("", "") for line in lines]
    for side, name in enumerate(("source", "target")):
        lacking = [number for number, line in enumerate(lines) if len(line) > 1 and not line[side].strip()]
        faulty.append(_wrong(path, lacking, f"has no {name}"))
    return pairs, faulty


def _lines_of_two(source: str, target: str) -> tuple[list[tuple[str, str]], list[Faulty]]:
    """The lines of two files, side by side, and those that are empty."""
    sides = [_lines(existing_file(path)) for path in (source, target)]
    if len(sides[0]) != len(sides[1]):
        message = f"{source} has {len(sides[0]):,} lines, but {target} has {len(sides[1]):,}"
        raise DataError(message, "line by line, one has to be the translation of the other")
    faulty = [
        _wrong(path, [number for number, line in enumerate(lines) if not line.strip()], "is empty")
        for path, lines in zip((source, target), sides, strict=True)
    ]
    return list(zip(*sides, strict=True)), faulty


def _wrong(path: str, lines: list[int], fault: str) -> Faulty:
    """Lines of a file, counted from 0, with what is wrong with them."""
    return Faulty(lines, lambda place: f"{path}, line {lines[place] + 1:,}, {fault}", "such lines")


def _texts(files: Sequence[Path]) -> tuple[list[str], dict[int, DataError]]:
    """The texts of files, and what is wrong with those that have none, by their numbers."""
    texts: list[str] = []
    wrong: dict[int, DataError] = {}
    for number, file in enumerate(files):
        try:
            texts.append(_read(file))
            if not texts[-1]:
                wrong[number] = DataError(f"{file} is empty")
        except DataError as error:
            texts.append("")
            wrong[number] = error
    return texts, wrong


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
