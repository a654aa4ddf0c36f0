"""Text to nodes with spans: YAML 1.2 scalars, no tags, no duplicate keys.

PyYAML composes the nodes, since its scanner is fast and well tried; the meaning of a scalar is resolved here, because
PyYAML's own rules are those of YAML 1.1, where `1e-4` is a string and `no` is false.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from specc.diagnostics import BREAK, Note, Sink, Source, Span, fail

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_BYTES = 4_000_000
MAX_NODES = 200_000  # values that are written, and as many again by way of aliases
MAX_DEPTH = 100
MAX_KEYS = 10_000

REPEATED = "what comes again is written once, in a block or under `repeat:`"

BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NULLS = {"", "~", "null", "Null", "NULL"}
INTEGER = re.compile(r"[-+]?[0-9]+\Z")
OTHER_INTEGER = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")


@dataclass(frozen=True, slots=True, eq=False)
class ScalarNode:
    """A number, string, boolean or null. A string that starts with `=` is an expression."""

    value: Any
    span: Span
    plain: bool = True

    @property
    def is_expression(self) -> bool:
        return isinstance(self.value, str) and self.value[:1] == "="


@dataclass(frozen=True, slots=True, eq=False)
class ListNode:
    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A key of a mapping, with its place, and its value."""

    key: Span
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class MapNode:
    entries: Mapping[str, Entry]
    span: Span

    def get(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return None if entry is None else entry.value

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __iter__(self) -> Iterator[tuple[str, Node]]:
        return ((key, entry.value) for key, entry in self.entries.items())


Node = ScalarNode | ListNode | MapNode


def is_null(node: Node | None) -> bool:
    """Whether nothing, or `null`, is written."""
    return node is None or (isinstance(node, ScalarNode) and node.value is None)


def plain_value(node: Node) -> Any:
    """The node as JSON, expressions as the strings they are written as."""
    match node:
        case ScalarNode(value):
            return value
        case ListNode(items):
            return [plain_value(item) for item in items]
        case MapNode(entries):
            return {key: plain_value(entry.value) for key, entry in entries.items()}


def read(path: Path, span: Span | None = None, extended: bool = False) -> Source:
    """The text of a file. Raises SpecError where it cannot be read, at the place that names it, if a spec does.

    Args:
        span: where a spec names the file; such a file must be a regular one, so that a spec can make nobody wait for a pipe.
        extended: whether it is named as a base.
    """
    try:
        if span is not None and not path.is_file() and not path.is_dir() and path.exists():
            raise fail("E0001", f"`{path}` cannot be read: it is not a regular file", span)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a path with a zero character is a ValueError
        reasons = {"FileNotFoundError": "there is no such file", "IsADirectoryError": "it is a directory"}
        reason = reasons.get(type(error).__name__, getattr(error, "strerror", None) or "that is no path")
        if isinstance(error, FileNotFoundError) and path.is_symlink():
            reason = "it is a link to a file that is not there"
        raise fail("E0001", f"`{path}` cannot be read: {reason}", span or _start(Source(str(path), ""))) from None
    return decoded(str(path), content, span if extended else None)


def decoded(name: str, content: bytes, extended_by: Span | None = None) -> Source:
    """The text in a file's bytes. Raises SpecError where they are too many, or no text in UTF-8."""
    if len(content) > MAX_BYTES:
        raise fail("E0009", f"`{name}` is larger than {MAX_BYTES // 1_000_000} MB", _start(Source(name, "")), help=REPEATED)
    try:
        return Source(name, content.decode("utf-8-sig"), extended_by)
    except UnicodeDecodeError as error:
        before = BREAK.split(content[: error.start].decode("utf-8-sig"))
        source = Source(name, content.decode("utf-8", errors="replace"), extended_by)
        span = Span(source, len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)
        raise fail("E0001", f"`{name}` is not a text file in UTF-8", span, help=_encoding_help(content)) from None


def _encoding_help(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it looks like UTF-16: save it as UTF-8"
    return "it is no text at all" if b"\0" in content else "save it as UTF-8: in Latin-1, say, letters with accents are other bytes"


def _start(source: Source) -> Span:
    """The first character of a text."""
    return Span(source, 1, 1, 1, 2)


# Mistakes after which the rest of a document still means what it says.
RECOVERABLE = ("E0003", "E0007")


def parse(source: Source, sink: Sink | None = None) -> Node:
    """The nodes of a text. Raises SpecError where it is not YAML as the language takes it.

    Args:
        sink: takes mistakes that leave the rest readable, such as a key that stands twice; without it they are raised.
    """
    loader = None
    try:
        loader = _Composer(source.text)
        root = loader.get_single_node()
    except _TooLarge:
        raise fail("E0009", f"`{source.name}` has more than {MAX_NODES:,} values", _start(source), help=REPEATED) from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(source, error) from None
    except yaml.YAMLError as error:
        raise _unreadable(source, error) from None
    except UnicodeEncodeError as error:  # a lone surrogate
        raise _unreadable(source, error) from None
    finally:
        if loader is not None:
            loader.dispose()
    if root is None:
        raise fail("E0001", f"`{source.name}` is empty", _start(source), help="`specc new NAME` writes a spec to start from")
    converter = _Converter(source)
    node = converter.convert(root)
    if sink is None or any(found.code not in RECOVERABLE for found in converter.sink):
        converter.sink.raise_errors()
    else:
        for found in converter.sink:
            sink.add(found)
    return node


def parse_value(source: Source) -> Node:
    """The nodes of an override's value; nothing written is null."""
    if not source.text.strip():
        return ScalarNode(None, Span(source, 1, 1, 1, 2))
    return parse(source)


class _TooLarge(Exception):
    """More values than a spec can mean."""


class _Composer(Loader):
    """Composes nodes whose tag is empty unless one is written."""

    depth = 0
    count = 0

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        self.count += 1
        if self.count > MAX_NODES:
            raise _TooLarge
        return ""

    def descend_resolver(self, parent: Any, index: Any) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            problem = f"it is nested more than {MAX_DEPTH} deep"
            raise yaml.composer.ComposerError(None, None, problem, None if parent is None else parent.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


def resolve_scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2."""
    first = text[:1]
    if first.isalpha() or first in "=_/":
        if text in BOOLEANS:
            return BOOLEANS[text]
        return None if text in NULLS else text
    if text in NULLS:
        return None
    if INTEGER.match(text):
        return int(text) if len(text) < 4000 else text
    if OTHER_INTEGER.match(text):
        return int(text, 0)
    if FLOAT.match(text):
        number = float(text)
        return text if math.isinf(number) else number
    if INFINITE.match(text):
        return float(text.replace(".", ""))
    return text


class _Converter:
    """PyYAML's nodes to ours. What an alias repeats is converted once and counted every time."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.sink = Sink()
        self.count = 0
        self.done: dict[int, tuple[Node, int]] = {}

    def convert(self, node: yaml.Node) -> Node:
        start, end = node.start_mark, node.end_mark
        span = Span(self.source, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        known = self.done.get(id(node))
        self.count += 1 if known is None else known[1]
        if self.count > MAX_NODES:
            raise fail(
                "E0006", "an alias makes the document endless or too large", span, help="write a block or a param in place of the alias"
            )
        if known is not None:
            return known[0]
        if node.tag:
            self.sink.error("E0005", f"the tag `{_tag(node.tag)}` is not allowed: a spec is data", span, help="remove the tag")
        converted: Node
        if isinstance(node, yaml.ScalarNode):
            plain = node.style not in ("'", '"', "|", ">")
            converted = ScalarNode(resolve_scalar(node.value) if plain else node.value, span, plain)
            self.done[id(node)] = converted, 1
            return converted
        before = self.count
        self.done[id(node)] = ScalarNode(None, span), MAX_NODES  # inside itself, it is endless
        if isinstance(node, yaml.SequenceNode):
            converted = ListNode(tuple(self.convert(item) for item in node.value), span)
        else:
            assert isinstance(node, yaml.MappingNode)
            converted = self._mapping(node, span)
        self.done[id(node)] = converted, self.count - before + 1
        return converted

    def _mapping(self, node: yaml.MappingNode, span: Span) -> MapNode:
        if len(node.value) > MAX_KEYS:
            raise fail("E0009", f"a mapping has more than {MAX_KEYS:,} keys", span.first_line, help=REPEATED)
        entries: dict[str, Entry] = {}
        before: Node | None = None
        for key_node, value_node in node.value:
            key = self.convert(key_node)
            value = self.convert(value_node)
            if node.flow_style and before is not None and self._cut_short(before, key_node, value_node):
                before = value
                continue
            before = value
            if not isinstance(key, ScalarNode) or not key_node.value:
                self.sink.error("E0007", "a key must be a word", key.span, help="a list or a mapping cannot be a key")
                continue
            name = key_node.value
            if name == "<<" and key.plain:
                help = "`extends` takes over a whole spec, `defaults` arguments, a block steps"
                self.sink.error("E0007", "YAML 1.2 has no merge keys", key.span, help=help)
                continue
            if name in entries:
                first = entries[name].key
                self.sink.error("E0003", f"the key `{name}` stands twice", key.span, notes=[Note(f"`{name}` is given first here", first)])
                continue
            entries[name] = Entry(key.span, value)
        return MapNode(entries, span)

    def _cut_short(self, before: Node, key: yaml.Node, value: yaml.Node) -> bool:
        """`{a: =f(b, c)}`: YAML ends the scalar at the comma and reads `c)` as a key without a value."""
        if not (
            isinstance(before, ScalarNode) and before.plain and before.is_expression and value.value == "" and _unbalanced(before.value)
        ):
            return False
        self.sink.error(
            "E0004",
            f"YAML cuts the expression `{before.value}` short at the comma",
            before.span,
            help=f'quote it: "{before.value}, {key.value}"',
        )
        return True


def _tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _unbalanced(text: str) -> bool:
    return text.count("(") > text.count(")") or text.count("[") > text.count("]")


BARE_STEP = re.compile(r"(\s*(?:- +)+)([a-z][a-z0-9_]*)\s*(#.*)?$")
KEY = re.compile(r"\s*([a-z_]+)\s*:")
OPEN_EXPRESSION = re.compile(r"=[^,{}\"']*$")


def _syntax_error(source: Source, error: yaml.MarkedYAMLError) -> Exception:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    if not any(text.strip() for text in source.lines[line - 1 :]):  # the text ended too early: at the end of what is there
        line = max(number for number, text in enumerate(source.lines, 1) if text.strip() or number == 1)
        column = len(source.line(line).rstrip()) + 1
    span = Span(source, line, column, line, column + 1)
    return _missing_colon(source, span, error) or _open_expression(source, span) or _other_error(source, span, error)


def _missing_colon(source: Source, span: Span, error: yaml.MarkedYAMLError) -> Exception | None:
    """`- add`, and below it `from:`, which YAML takes for more of the scalar."""
    key = KEY.match(source.line(span.line))
    above = next((number for number in range(span.line - 1, 0, -1) if source.line(number).split("#")[0].strip()), 0)
    step = BARE_STEP.match(source.line(above))
    if key is None or step is None:
        return None
    word, start = step.group(2), step.start(2) + 1
    beside = "expected '-'" in (error.problem or "") and span.column == start
    if "mapping values" not in (error.problem or "") and not beside:
        return None
    return fail(
        "E0008",
        f"`- {word}` takes no modifiers without a colon",
        Span(source, above, start, above, start + len(word)),
        help=f"add a colon: `- {word}:`",
        notes=[Note(f"`{key.group(1)}:` below belongs to it", span)],
    )


def _open_expression(source: Source, span: Span) -> Exception | None:
    """`{a: =b[0]}`: in a flow mapping the scalar ends at the bracket."""
    before = source.line(span.line)[: span.column - 1]
    text = source.line(span.line)[span.column - 1 :]
    found = OPEN_EXPRESSION.search(before)
    if found is None or text[:1] not in "[]{}" or not before[: found.start()].count("{") > before[: found.start()].count("}"):
        return None
    cut = found.group().strip()
    message = (
        f"YAML cuts the expression `{cut}` short at the bracket" if cut != "=" else "YAML takes the bracket after `=` for a list of its own"
    )
    return fail(
        "E0004",
        message,
        Span(source, span.line, found.start() + 1, span.line, span.column),
        help=f'quote it: "{_whole_expression(source.line(span.line)[found.start() :])}"',
    )


def _whole_expression(text: str) -> str:
    """What was meant to be one scalar: up to the comma or brace that stands in none of its brackets."""
    depth = 0
    for position, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        if depth < 0 or (character in ",{}" and depth == 0):
            return text[:position].rstrip()
    return text.rstrip()


def _unreadable(source: Source, error: Exception) -> Exception:
    """A character that YAML does not take."""
    found = UNREADABLE.search(source.text)
    if found is None:
        return fail("E0002", f"`{source.name}` is not YAML: {str(error).splitlines()[0]}", _start(source))
    before = BREAK.split(source.text[: found.start()])
    span = Span(source, len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)
    return fail("E0002", f"this is not YAML: the character U+{ord(found.group()):04X} is not allowed", span, help="remove it")


UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _other_error(source: Source, span: Span, error: yaml.MarkedYAMLError) -> Exception:
    problem = (error.problem or "it cannot be read").replace("<", "`").replace(">", "`").removeprefix("but ")
    help = None
    if "\\t" in problem or source.line(span.line)[span.column - 1 : span.column] == "\t":
        help = "indent with spaces: YAML does not allow tabs"
    elif "mapping values" in problem:
        help = "a `: ` inside a value needs quotes around the value; or a dash or an indent is missing above"
    elif "expected '-'" in problem and (key := KEY.match(source.line(span.line))) is not None:
        help = f"every item of a list has a dash: indent `{key.group(1)}:` like the word that it stands beside"
    elif "undefined alias" in problem:
        help = "an alias names an anchor, `&name`, that stands before it; a text that begins with `*` needs quotes"
    elif "another document" in problem:
        help = "a file holds one spec: remove the `---`, or make two files"
    notes = []
    if error.context and "document" not in problem and error.context_mark is not None:
        start = error.context_mark
        where = Span(source, start.line + 1, start.column + 1, start.line + 1, start.column + 2)
        notes.append(Note(error.context, where))
    return fail("E0002", f"this is not YAML: {problem}", span, help=help, notes=notes)
