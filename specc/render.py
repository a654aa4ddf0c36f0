"""Diagnostics as text for people, as JSON for tools, as annotations for GitHub.

Whatever stands in a spec may end up in a diagnostic, so control characters are made visible before they reach a
terminal.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Any

from specc.diagnostics import MOST, Diagnostic, Note, Source, Span

WIDTH = 120  # columns of a source line that are shown
TAB = 4
SHOWN = 100  # diagnostics that text shows; the rest is counted

_STYLES = {"error": "1;31", "warning": "1;33", "bold": "1", "gutter": "1;34", "help": "1;32"}


class _Paint:
    """Wraps text in a terminal's colours, or leaves it as it is."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colour and text else text


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics in the order of their places: sources as they first come up, lines from top to bottom."""
    found = list(diagnostics)
    sources: dict[str, int] = {}
    for diagnostic in found:
        if diagnostic.span is not None:
            sources.setdefault(diagnostic.span.source.name, len(sources))

    def place(diagnostic: Diagnostic) -> tuple[int, int, int]:
        span = diagnostic.span
        return (-1, 0, 0) if span is None else (sources[span.source.name], span.line, span.column)

    return sorted(found, key=place)


def render_text(diagnostics: Iterable[Diagnostic], colour: bool = False) -> str:
    """The diagnostics as a compiler prints them, and a closing line that counts them."""
    found = in_order(diagnostics)
    if not found:
        return ""
    paint = _Paint(colour)
    lines: dict[Source, list[str]] = {}
    parts = [_diagnostic(diagnostic, paint, lines) for diagnostic in found[:SHOWN]]
    if len(found) > SHOWN:
        parts.append(f"... and {len(found) - SHOWN} more; `--format json` lists them all")
    return "\n\n".join([*parts, paint("bold", summarise(found))])


def summarise(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors and 1 warning in my.yaml`."""
    found = list(diagnostics)
    counts = Counter(diagnostic.severity for diagnostic in found)
    words = [f"{_count(counts[kind])} {kind}{'s' * (counts[kind] != 1)}" for kind in ("error", "warning") if counts[kind]]
    names = list({diagnostic.span.source.name: None for diagnostic in found if diagnostic.span is not None})
    where = f" in {visible(names[0])}" if len(names) == 1 else f" in {len(names)} files" if names else ""
    return " and ".join(words) + where


def _count(number: int) -> str:
    return f"{number} or more" if number == MOST else str(number)


def _diagnostic(diagnostic: Diagnostic, paint: _Paint, lines: dict[Source, list[str]]) -> str:
    severity = paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")
    headline = severity + paint("bold", f": {_indented(diagnostic.message, 2)}")
    span = diagnostic.span
    if span is None:
        remark = [Note(diagnostic.label)] if diagnostic.label else []
        return "\n".join([headline, *_remarks(diagnostic, remark, 1, paint)])
    margin = len(str(span.line))
    bar = paint("gutter", f"{' ' * margin} |")
    place = f"{' ' * margin}{paint('gutter', '-->')} {visible(str(span))}"
    if not span.source.text.strip():  # there is nothing to show of an empty file, or of one that cannot be read
        return "\n".join([headline, place, *_remarks(diagnostic, [], margin, paint)])
    shown, carets = excerpt(span, _line(span, lines))
    label = f" {_indented(diagnostic.label, margin + 3)}" if diagnostic.label else ""
    return "\n".join(
        [
            headline,
            place,
            bar,
            f"{paint('gutter', f'{span.line} |')} {shown}".rstrip(),
            f"{bar} {carets.replace('^', '')}{paint(diagnostic.severity, carets.lstrip() + label)}",
            *_remarks(diagnostic, [], margin, paint),
        ]
    )


def _remarks(diagnostic: Diagnostic, first: list[Note], margin: int, paint: _Paint) -> list[str]:
    """The lines below the excerpt, each led by `=`."""
    lead = " " * margin + " " + paint("gutter", "=") + " "
    remarks = [(note_text(note), "" if note.message.startswith("in ") else "note: ") for note in [*first, *diagnostic.background]]
    lines = [lead + paint("bold", title) + _indented(text, margin + 3 + len(title)) for text, title in remarks]
    if diagnostic.help is not None:
        lines.append(lead + paint("help", "help: ") + _indented(diagnostic.help, margin + 9))
    return lines


def note_text(note: Note) -> str:
    """A note with its place: after a message that leads up to it (`... comes from`, `... is declared here`), else in brackets."""
    if note.span is None:
        return note.message
    if note.message.endswith(" here"):
        return f"{note.message}: {note.span}"
    if note.message.endswith(" from"):
        return f"{note.message} {_way(note.span)}"
    leads = note.message.endswith((" at", " in", " by", " with", " to", " on", ":"))
    return f"{note.message} {note.span}" if leads else f"{note.message} ({note.span})"


def _way(span: Span) -> str:
    """Where a value comes from, and what overrode it on the way: `base.yaml:7:14, overridden by --set train.epochs`."""
    if span.over is None:
        return str(span)
    by = f"by {span.source.name}" if span.source.is_override else f"at {span}"
    return f"{_way(span.over)}, overridden {by}"


def _line(span: Span, lines: dict[Source, list[str]]) -> str:
    """The first line of a span. Sources are split once."""
    if span.source not in lines:
        lines[span.source] = span.source.lines
    text = lines[span.source]
    return text[span.line - 1] if 0 < span.line <= len(text) else ""


def excerpt(span: Span, line: str, width: int = WIDTH) -> tuple[str, str]:
    """A source line as it is shown, and the carets below it: aligned under tabs and wide characters, long lines cut."""
    start = max(0, min(span.column - 1, len(line)))
    end = len(line.rstrip()) if span.end_line > span.line else min(span.end_column - 1, len(line))
    end = max(end, start + 1)
    # Far more than is shown is left out before it is measured: a line can have millions of characters.
    skipped, kept = max(0, start - 4 * width), start + 4 * width
    cut = len(line) > kept
    cells = [_cell(character) for character in line[skipped:kept]]
    start, end = start - skipped, min(end, kept) - skipped
    before, after = 0, len(cells)
    columns = [display_width(cell) for cell in cells]
    if sum(columns) > width:
        before, after = _window(columns, start, end, width)
    shown = "".join(cells[before:after])
    left, right = "..." * (before > 0 or skipped > 0), "..." * (after < len(cells) or cut)
    indent = len(left) + sum(columns[before:start])
    marked = max(1, sum(columns[start : min(end, after)]))
    return left + shown + right, " " * indent + "^" * marked


def _window(columns: list[int], start: int, end: int, width: int) -> tuple[int, int]:
    """The stretch of a long line that is shown: from a little before the caret, as much as fits."""
    before, room = start, width // 3
    while before > 0 and room >= columns[before - 1]:
        before -= 1
        room -= columns[before]
    after, room = before, width
    while after < len(columns) and room >= columns[after]:
        room -= columns[after]
        after += 1
    while before > 0 and room >= columns[before - 1]:
        before -= 1
        room -= columns[before]
    return before, max(after, min(start + 1, len(columns), end))


def _cell(character: str) -> str:
    if character == "\t":
        return " " * TAB
    return "\N{REPLACEMENT CHARACTER}" if _is_control(character) else character


def display_width(text: str) -> int:
    """Columns that a terminal gives to a text."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _is_control(character: str) -> bool:
    """Characters that move the cursor, change colours, turn the direction of text or are nothing to see."""
    return not character.isprintable() and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def visible(text: str) -> str:
    """A text whose control characters are written out, line breaks too."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character.encode("unicode_escape").decode() if _is_control(character) else character for character in text)


def _indented(text: str, margin: int) -> str:
    """A text of several lines, the later ones moved in."""
    return f"\n{' ' * margin}".join(visible(line) for line in text.split("\n"))


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """The diagnostics as JSON. The form is stable; keys may be added.

    ```
    {"version": 1, "errors": 1, "warnings": 0, "diagnostics": [
      {"code": "E0312", "severity": "error", "message": "...", "label": "...", "help": "..." or null,
       "span": {"file": "my.yaml", "line": 21, "column": 9, "end_line": 21, "end_column": 12} or null,
       "notes": [{"message": "...", "span": as above or null}]}]}
    ```

    Lines and columns count from 1, columns in characters; the end is exclusive.
    """
    found = in_order(diagnostics)
    counts = Counter(diagnostic.severity for diagnostic in found)
    listed = [_as_json(diagnostic) for diagnostic in found]
    return json.dumps({"version": 1, "errors": counts["error"], "warnings": counts["warning"], "diagnostics": listed}, indent=2)


def _as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
        "span": _span_as_json(diagnostic.span),
        "notes": [{"message": note.message, "span": _span_as_json(note.span)} for note in diagnostic.background],
    }


def _span_as_json(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    place = {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}
    return {"file": span.source.name, **place}


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """The diagnostics as commands that GitHub Actions turns into annotations, one a line."""
    return "\n".join(_annotation(diagnostic) for diagnostic in in_order(diagnostics))


def _annotation(diagnostic: Diagnostic) -> str:
    properties: dict[str, str | int] = {}
    if (span := diagnostic.span) is not None:
        properties = {"file": span.source.name, "line": span.line, "endLine": span.end_line, "col": span.column}
        if span.end_line == span.line:
            properties["endColumn"] = max(span.end_column - 1, span.column)  # inclusive there
    properties["title"] = diagnostic.code
    body = [diagnostic.message + (f": {diagnostic.label}" if diagnostic.label else "")]
    body += [note_text(note) for note in diagnostic.background]
    body += [f"help: {diagnostic.help}"] if diagnostic.help is not None else []
    fields = ",".join(f"{name}={_escaped(str(value), in_property=True)}" for name, value in properties.items())
    text = "\n".join(visible(line) for part in body for line in part.split("\n"))
    return f"::{diagnostic.severity} {fields}::{_escaped(text)}"


def _escaped(text: str, in_property: bool = False) -> str:
    """The escapes of GitHub's workflow commands."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text
