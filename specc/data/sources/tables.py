"""Tables as text."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from csv import Error as FormError
from csv import reader
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError, Faulty
from specc.data.examples import Example, Examples, Record, examples_of
from specc.data.sources.decoding import read_image
from specc.data.sources.interpretation import sound_labels
from specc.data.sources.opening import existing_file, existing_folder
from specc.registry.data.fields import Kind
from specc.registry.data.sources.classes import Classes, count_of, names_of
from specc.registry.data.sources.images import CHANNELS
from specc.registry.entry import nearest

SHOWN = 12  # columns, or classes, that a message names
LARGEST = float(np.finfo(np.float32).max)
WHOLE = re.compile(r"[+-]?\d+(\.0*)?")


@dataclass(frozen=True)
class Table:
    """The cells of a table.

    Args:
        path: its file.
        columns: cells by column, in the order of the file.
        lines: the line of the file on which each row begins; 1 is the first.
        faulty: what is found wrong in single rows, kind by kind; whoever reads a column adds to it.
    """

    path: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]
    faulty: list[Faulty] = field(default_factory=list)

    def place(self, row: int) -> str:
        return f"{self.path}, line {self.lines[row]}"

    def column(self, name: str) -> Sequence[str]:
        """The cells of a column. Raises DataError where there is none of that name."""
        if name not in self.columns:
            raise DataError(f"{self.path} has no column `{name}`", _meant(name, self.columns, "columns"))
        return self.columns[name]

    def report(self, wrong: Mapping[tuple[int, str], str], what: str, help: str | None = None) -> None:
        """Reports cells.

        Args:
            wrong: what is wrong with a cell, as the rest of a sentence, by row and column.
            what: what they are called together.
            help: what to change.
        """
        cells = sorted(wrong)
        self.faulty.append(
            Faulty([row for row, _ in cells], lambda number: f"{self.place(cells[number][0])}: {wrong[cells[number]]}", what, help)
        )

    def sound(self) -> list[int]:
        """The rows in which nothing wrong was found so far."""
        bad = {row for kind in self.faulty for row in kind.records}
        return [row for row in range(len(self.lines)) if row not in bad]


def csv(
    *,
    path: str,
    image: str | None = None,
    features: Sequence[str] = (),
    text: str | None = None,
    label: str | None = None,
    target: Sequence[str] = (),
    classes: Classes = None,
    root: str | None = None,
    color_mode: str = "rgb",
    columns: Sequence[str] = (),
    delimiter: str = ",",
) -> Examples:
    """A table as text: a row is an example."""
    table = read_table(path, columns, delimiter)
    _check_uses(table, image=[image], features=features, text=[text], label=[label], target=target)
    features = features if features or image or text else _others(table, [label, *target])
    records: dict[str, Any] = {}
    if image:
        records["image"] = tf.constant(image_paths(table, image, root))
    if features:
        records["features"] = tf.constant(numbers(table, features))
    if text:
        records["text"] = tf.constant(table.column(text))
    if label:
        found, classes = labels(table, label, classes)
        records["label"] = tf.constant(found)
    if target:
        found = numbers(table, target)
        records["target"] = tf.constant(found if len(target) > 1 else found[:, 0])
    kinds: dict[str, Kind] = {"image": "image"} if image else {}
    classes_of = {"label": count_of(classes)} if label else {}
    read = _reader(CHANNELS[color_mode]) if image else dict
    return examples_of(
        records, read=read, kinds=kinds, classes_of=classes_of, classes=names_of(classes), place=table.place, faulty=table.faulty
    )


def _reader(channels: int) -> Callable[[Record], Example]:
    def read(record: Record) -> Example:
        return {**record, "image": read_image(record["image"], channels)}

    return read


def _others(table: Table, used: Sequence[str | None]) -> list[str]:
    """The columns that have a name, and that nothing else is said of."""
    others = [name for name in table.columns if name not in used]
    if not others:
        raise DataError(f"{table.path} has no columns for `features`", "name the column with the images by `image`, or the texts by `text`")
    return others


def _check_uses(table: Table, **uses: Sequence[str | None]) -> None:
    """Raises DataError where a column is not there, or two things at once: a label among the features would tell the answer."""
    for name in (name for names in uses.values() for name in names if name):
        table.column(name)
    counted = Counter(name for names in uses.values() for name in names if name)
    for name, count in counted.items():
        if count > 1:
            named = [f"`{use}`" for use, names in uses.items() for each in names if each == name]
            where = f"twice in {named[0]}" if len(set(named)) == 1 else f"in {' and in '.join(named)}"
            raise DataError(f"the column `{name}` stands {where}", "a column is one thing")


# Rows and cells


def read_table(path: str, columns: Sequence[str] = (), delimiter: str = ",") -> Table:
    """The cells of a file.

    Args:
        columns: the names of the columns; without any, the first row has them.
        delimiter: the character between cells.

    Raises:
        DataError: there is no such file, or it is no table.
    """
    rows = list(_rows(path, _text(path), delimiter))
    if not rows:
        raise DataError(f"{path} is empty")
    header, body = ([*columns], rows) if columns else ([name.strip() for name in rows[0][1]], rows[1:])
    if not body:
        raise DataError(f"{path} has the names of columns, but no rows")
    twice = [name for name, count in Counter(header).items() if count > 1 and name]
    if twice:
        raise DataError(f"{path} has two columns with the name `{twice[0]}`")
    ragged = _ragged(path, len(header), body)
    if len(ragged.records) == len(body):  # not rows are at fault, but what is known of the columns
        raise ragged.error()
    if not columns:
        _check_header(path, header, body[0][1], delimiter)
    wrong = set(ragged.records)
    cells = zip(*([""] * len(header) if row in wrong else cells for row, (_, cells) in enumerate(body)))
    return Table(path, {name: column for name, column in zip(header, cells) if name}, [line for line, _ in body], [ragged])


def _ragged(path: str, columns: int, body: Sequence[tuple[int, list[str]]]) -> Faulty:
    """The rows that have more cells, or fewer, than there are columns."""
    rows = [row for row, (_, cells) in enumerate(body) if len(cells) != columns]

    def said(number: int) -> str:
        line, cells = body[rows[number]]
        return f"{path}, line {line}: {'one cell' if len(cells) == 1 else f'{len(cells)} cells'}, but there are {columns} columns"

    is_longer = bool(rows) and len(body[rows[0]][1]) > columns
    return Faulty(rows, said, "such rows", "a cell that has the delimiter in it stands in double quotes" if is_longer else None)


def _text(path: str) -> str:
    """The text of a file, which is UTF-8 with or without a byte order mark."""
    data = existing_file(path).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{path}, line {line}: the byte 0x{data[error.start]:02x} is no UTF-8"
        raise DataError(message, "save the table as UTF-8") from None


def _rows(path: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line on which it begins: a quoted cell may have several."""
    rows = reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for cells in rows:
            if cells:
                yield before + 1, cells
            before = rows.line_num
    except FormError as error:
        help = "a double quote within a quoted cell is written twice" if '"' in text else None
        raise DataError(f"{path}, line {before + 1}: {error}", help) from None


def _check_header(path: str, header: Sequence[str], first: Sequence[str], delimiter: str) -> None:
    """Raises DataError where the first row hardly has names."""
    if all(_number(cell) is not None for cell in header) and len(header) == len(first):
        message = f"{path}: the first row has numbers, not the names of the columns"
        raise DataError(message, "name them by `columns`, where the file has no names")
    if len(header) == 1:
        other = next((mark for mark in ",;\t|" if mark != delimiter and mark in header[0]), None)
        if other is not None:
            written = '"\\t"' if other == "\t" else f'"{other}"'
            raise DataError(f"{path} has one column only, `{header[0].expandtabs(1)}`", f"`delimiter: {written}` divides it")


def _meant(name: str, known: Sequence[str] | Mapping[str, Any], what: str) -> str:
    """The help about a name that is none of those that are known."""
    close = nearest(name, known)
    shown = ", ".join(f"`{each}`" for each in list(known)[:SHOWN]) + (", ..." if len(known) > SHOWN else "")
    return f"did you mean `{close}`?" if close else f"the {what} are {shown}"


# What columns hold


def numbers(table: Table, names: Sequence[str]) -> np.ndarray:
    """Columns of numbers, (rows, columns) of float32. Rows with a cell that is none are reported, and 0 stands there."""
    columns = [table.column(name) for name in names]
    try:
        found = np.array([[float(cell) for cell in column] for column in columns], np.float64)
    except ValueError:
        found = None
    if found is not None and (np.abs(found) <= LARGEST).all():  # not so where one is NaN
        return np.ascontiguousarray(found.T.astype(np.float32))
    sound = table.sound()
    wrong = {
        (row, name): _no_number(name, column[row]) for name, column in zip(names, columns) for row in sound if _number(column[row]) is None
    }
    if wrong:
        row, name = min(wrong)
        table.report(wrong, "such cells", _help_with_number(table, row, name, sound))
    return np.array([[_number(cell) or 0.0 for cell in column] for column in columns], np.float32).T.copy()


def _no_number(name: str, cell: str) -> str:
    """What is wrong with a cell that is no number."""
    if not cell.strip():
        return f"`{name}` is empty"
    return f"`{name}` is `{cell}`, which is no {'number' if _float(cell) is None else 'finite number'}"


def _help_with_number(table: Table, row: int, name: str, sound: Sequence[int]) -> str:
    column = table.column(name)
    if re.fullmatch(r"[+-]?\d+,\d+", column[row].strip()):
        return "numbers have a decimal point, not a comma"
    if all(_float(column[each]) is None for each in sound):
        return f"if `{name}` is what is to be learned, say `label: {name}`; else name the columns of numbers by `features`"
    return "put a number there, or leave the row out"


def _float(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _number(cell: str) -> float | None:
    """The number that a cell has; None where it is none that float32 can hold."""
    number = _float(cell)
    return number if number is not None and abs(number) <= LARGEST else None


def labels(table: Table, name: str, classes: Classes = None) -> tuple[np.ndarray, Classes]:
    """A column of classes as numbers, (rows,) of int32, and the classes. Rows whose cell is none are reported, and 0 stands there.

    Args:
        classes: their names by number, or how many there are; None: texts are numbered in alphabetical order.
    """
    cells = [cell.strip() for cell in table.column(name)]
    table.report({(row, name): f"`{name}` is empty" for row in table.sound() if not cells[row]}, "such rows", "leave those rows out")
    if isinstance(classes, int):
        _report_texts_among_numbers(table, name, cells, classes)
    rows = table.sound()
    known = [cells[row] for row in rows]
    if all(map(WHOLE.fullmatch, known)) and not any(map(WHOLE.fullmatch, names_of(classes))):
        whole = {row: int(cells[row].split(".")[0]) for row in rows}
        numbered = np.array([whole.get(row, 0) for row in range(len(cells))])
        return sound_labels(numbered, count_of(classes), name, table.place, table.faulty), classes
    if not names_of(classes) and all(_number(cell) is not None for cell in known):
        raise DataError(f"{table.path}: `{name}` has numbers that are not whole, so they are no classes", f"say `target: {name}`")
    names = names_of(classes) or tuple(sorted(set(known)))
    if isinstance(classes, int) and classes != len(names):
        raise DataError(f"{table.path}: `{name}` has {len(names)} different texts, not {classes}", "name the classes: `classes: [...]`")
    by_name = {each: number for number, each in enumerate(names)}
    if len(by_name) < len(names):
        raise DataError("`classes` has a name twice")
    unknown = {(row, name): f"`{name}` is `{cells[row]}`, which is none of `classes`" for row in rows if cells[row] not in by_name}
    table.report(unknown, "such rows", _meant(cells[min(unknown)[0]], names, "classes") if unknown else None)
    return np.array([by_name.get(cell, 0) for cell in cells], np.int32), names


def _report_texts_among_numbers(table: Table, name: str, cells: Sequence[str], classes: int) -> None:
    """Reports labels that are no whole numbers, where most are, so that the others are no names of so many classes."""
    sound = table.sound()
    odd = [row for row in sound if not WHOLE.fullmatch(cells[row])]
    if 2 * len(odd) < len(sound) and len({cells[row] for row in sound}) != classes:
        table.report({(row, name): f"`{name}` is `{cells[row]}`, which is no whole number" for row in odd}, "such rows")


def image_paths(table: Table, name: str, root: str | None) -> list[str]:
    """The paths of images. Rows without such a file are reported."""
    folder = existing_folder(root) if root is not None else Path(table.path).parent
    start = "" if folder == Path() else folder
    cells = [cell.strip() for cell in table.column(name)]
    paths = [os.path.join(start, cell) for cell in cells]
    missing = {
        (row, name): f"there is no file {paths[row]}" if cells[row] else f"`{name}` is empty"
        for row in table.sound()
        if not os.path.isfile(paths[row])
    }
    help = f"paths start from {folder}; `root` names another folder" if missing and cells[min(missing)[0]] else None
    table.report(missing, "such rows", help)
    return paths
