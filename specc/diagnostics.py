"""What the compiler tells its user: a place in a text, and what is wrong there.

Plain data. Rendering lives in `specc.render`; the explanation of every code in `specc/explanations/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read: a file, or an override from the command line or from Python.

    Args:
        extended_by: where a spec names this one as its base.
        is_override: whether it is a value that was set from outside.
    """

    name: str
    text: str
    extended_by: Span | None = field(default=None, compare=False)
    is_override: bool = field(default=False, compare=False)

    @property
    def lines(self) -> list[str]:
        """The lines, as YAML counts them: `str.splitlines` also breaks at form feeds and separators, which YAML does not."""
        return _lines(self)

    def line(self, number: int) -> str:
        """The line with the given number, counted from 1; empty where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@lru_cache(maxsize=16)
def _lines(source: Source) -> list[str]:
    return BREAK.split(source.text)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source. Lines and columns count from 1; the end is exclusive. `over` is what the value here overrides."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int
    over: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"

    @property
    def text(self) -> str:
        """What is written there, where it lies on one line; else nothing."""
        return self.source.line(self.line)[self.column - 1 : self.end_column - 1] if self.line == self.end_line else ""

    @property
    def first_line(self) -> Span:
        """The span as far as it lies on its first line."""
        if self.line == self.end_line:
            return self
        width = len(self.source.line(self.line).rstrip())
        return Span(self.source, self.line, self.column, self.line, max(width, self.column) + 1)

    def within(self, start: int, end: int) -> Span:
        """The characters `start` to `end` of this span, where it lies on one line."""
        if self.line != self.end_line or self.column + end > self.end_column:
            return self
        return Span(self.source, self.line, self.column + start, self.line, self.column + max(end, start + 1))


@dataclass(frozen=True, slots=True)
class Note:
    """Background to a diagnostic, with the place that it is about where there is one."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake. The message stands alone; `help` is what to change; notes are everything else."""

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    help: str | None = None
    notes: tuple[Note, ...] = ()
    severity: Severity = "error"

    def __post_init__(self) -> None:
        for name in ("message", "label", "help"):
            text = getattr(self, name)
            if text is not None and len(text) > LONGEST:  # a word in a spec can have millions of characters
                object.__setattr__(self, name, f"{text[: LONGEST - 200]} ... {text[-200:]}")

    @property
    def background(self) -> tuple[Note, ...]:
        """The notes, and what the place itself tells: which spec extends its file, and what the value there overrides."""
        ways = [note for note in self.notes if note.message.startswith("in ")]
        others = [note for note in self.notes if not note.message.startswith("in ")]
        base = None if self.span is None else self.span.source
        while base is not None and base.extended_by is not None:
            ways.append(Note(f"in `{base.name}`, extended by", base.extended_by))
            base = base.extended_by.source
        over = None if self.span is None else self.span.over
        if over is not None and not any(note.span is not None and _same_line(note.span, over) for note in others):
            text = over.text
            others.append(
                Note(f"it overrides `{text}`, which comes from" if 0 < len(text) <= SHOWN else "it overrides what comes from", over)
            )
        return (*ways, *others)


LONGEST = 1_000  # characters of a message
SHOWN = 40  # characters of a value that is overridden


def _same_line(one: Span, other: Span) -> bool:
    return (one.source, one.line) == (other.source, other.line)


MOST = 500  # diagnostics of one run


@dataclass
class Sink:
    """Collects the diagnostics of a run, each once, so that independent errors are told in one go.

    The same message at the same place is the same mistake, whichever way led there. After `MOST` of them nobody reads
    on: then all that were found are raised.
    """

    _found: dict[tuple[str, str, Span | None], Diagnostic] = field(default_factory=dict)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keeps a diagnostic. Raises SpecError with all of them where there are too many."""
        if len(self._found) >= MOST:
            raise SpecError(tuple(self._found.values()))
        self._found.setdefault((diagnostic.code, diagnostic.message, diagnostic.span), diagnostic)

    def error(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        label: str = "",
        help: str | None = None,
        notes: Iterable[Note] = (),
    ) -> None:
        self.add(Diagnostic(code, message, span, label, help, tuple(notes)))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._found.values())

    @property
    def failed(self) -> bool:
        return any(found.severity == "error" for found in self._found.values())

    def tells_within(self, span: Span) -> bool:
        """Whether something was told about a part of a stretch."""
        start, end = (span.line, span.column), (span.end_line, span.end_column)
        places = (found.span for found in self._found.values() if found.span is not None and found.span.source == span.source)
        return any(start <= (place.line, place.column) and (place.end_line, place.end_column) <= end for place in places)

    def raise_errors(self) -> None:
        """Raises SpecError where an error was collected."""
        if self.failed:
            raise SpecError(tuple(self._found.values()))


class SpecError(Exception):
    """A spec is wrong. `diagnostics` says what and where; the text of the exception is their rendering."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        from specc.render import render_text

        return "\n" + render_text(self.diagnostics)


def fail(code: str, message: str, span: Span | None = None, *, help: str | None = None, notes: Iterable[Note] = ()) -> SpecError:
    """A SpecError of one diagnostic, to be raised where nothing can go on."""
    return SpecError((Diagnostic(code, message, span, help=help, notes=tuple(notes)),))
