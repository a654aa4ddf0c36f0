"""The words that users registered, and where they come from. `specc.register` adds to them."""

from __future__ import annotations

import importlib.util
import linecache
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from specc.diagnostics import Diagnostic, Source, Span, SpecError
from specc.graph import TensorSpec, Weight
from specc.registry.entry import Facts, find


@dataclass(frozen=True, slots=True)
class Home:
    """The module that registered a word."""

    module: str
    file: str


@dataclass(frozen=True, slots=True)
class RegisteredBlock:
    """The text of a block or head in the spec language."""

    kind: Literal["block", "head"]
    source: Source


class RegistrationError(ValueError):
    """A word cannot be registered as it is declared. The message is one sentence."""


HOMES: dict[tuple[str, str], Home] = {}  # by family and name
BLOCKS: dict[str, RegisteredBlock] = {}


def registered(family: str, name: str) -> bool:
    """Whether a word comes from a user's module."""
    return (family, name) in HOMES


def words(names: Collection[str] | None = None) -> dict[str, list[str]]:
    """The registered words by their plug-in, as `--plugin` names it; only those with the given names, where some are given."""
    found: dict[str, list[str]] = {}
    for (_, name), home in HOMES.items():
        if names is None or name in names:
            # A module of a package is imported by its dotted name; a file of its own by its path, from anywhere.
            found.setdefault(home.module if "." in home.module else home.file, []).append(name)
    return found


def failure(error: BaseException, what: str, code: str = "E0704", help: str | None = None) -> SpecError:
    """What went wrong inside a user's module, as a diagnostic at the line where it did.

    Args:
        what: who failed, as the message begins: "the layer `gate` of a plug-in".
    """
    return SpecError((Diagnostic(code, f"{what} failed: {said(error)}", place_of(error), help=help),))


def said(error: BaseException) -> str:
    """An exception in one line: its class and the first line of its message."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    text = text.rpartition("Error encountered:")[2]  # Keras puts much before what a layer's `call` says
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def definition_of(function: Callable[..., Any]) -> Span:
    """The first line of a function, decorators left out."""
    code = function.__code__
    line = next((line for _, _, line in code.co_lines() if line), code.co_firstlineno)
    while line > code.co_firstlineno and not linecache.getline(code.co_filename, line).lstrip().startswith(("def ", "lambda")):
        line -= 1
    return _span(code.co_filename, line, None, line, None)


def check_facts(facts: object) -> None:
    """Raises TypeError for what a registered layer's function may not give: the rest of the compiler takes facts as they are."""
    if not isinstance(facts, Facts):
        raise TypeError(f"it gives {type(facts).__name__}, not Facts")
    outputs = facts.output if isinstance(facts.output, list) else [facts.output]
    for spec in (*outputs, *facts.extras.values()):
        if not isinstance(spec, TensorSpec) or not _is_shape(spec.shape, unknown=True):
            raise TypeError(f"an output is a TensorSpec whose shape is a tuple of sizes, not {spec!r}")
    for weight in facts.weights:
        if not isinstance(weight, Weight) or not _is_shape(weight.shape, unknown=False):
            raise TypeError(f"a weight is a Weight whose shape is a tuple of known sizes, not {weight!r}")
    if facts.macs is not None and not isinstance(facts.macs, int):
        raise TypeError(f"multiply-adds are a whole number or None, not {facts.macs!r}")


def _is_shape(shape: object, unknown: bool) -> bool:
    return isinstance(shape, tuple) and all(isinstance(size, int) or (unknown and size is None) for size in shape)


def place_of(error: BaseException) -> Span | None:
    """The line of a user's own code where an exception was raised, or None where only other code took part."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno and Path(error.filename).is_file():
        return _span(error.filename, error.lineno, error.offset, error.lineno, error.end_offset)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.lineno and _is_users(frame.filename):
            column = None if frame.colno is None else frame.colno + 1
            end = None if frame.end_colno is None else frame.end_colno + 1
            return _span(frame.filename, frame.lineno, column, frame.end_lineno or frame.lineno, end)
    return None


def _is_users(file: str) -> bool:
    """Whether a file is neither specc's, nor Python's, nor an installed package's, unless it registers words."""
    if file in {home.file for home in HOMES.values()}:
        return True
    path = Path(file)
    foreign = [Path(__file__).parents[1], Path(importlib.util.__file__).parents[1]]
    if not path.is_file() or "site-packages" in path.parts or "dist-packages" in path.parts:
        return False
    return not any(path.is_relative_to(folder) for folder in foreign)


def _span(file: str, line: int, column: int | None, end_line: int, end_column: int | None) -> Span:
    source = Source(shown(file), "".join(linecache.getlines(file)))
    written = source.line(line)
    start = column or len(written) - len(written.lstrip()) + 1
    if end_line != line or not end_column or end_column <= start:
        end_column = max(len(written.rstrip()), start) + 1
    return Span(source, line, start, line, end_column)


def shown(file: str) -> str:
    """A file as people name it: from the working directory, where it lies below."""
    path = Path(file)
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return file


def targets() -> frozenset[str]:
    """The dotted paths of what registered words lower to."""
    return frozenset(entry.target for family, name in HOMES if (entry := find(family, name)) is not None)
