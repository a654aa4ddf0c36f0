"""Values of what is written: expressions evaluated, arguments checked and bound, references looked up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from specc.diagnostics import Note, Sink, Span
from specc.graph import KerasCall
from specc.language import expressions
from specc.language.document import Document, Step
from specc.language.expressions import ExpressionError, Unavailable, describe
from specc.language.nesting import layers_in, nested_value
from specc.language.scope import POISON, Given, Result, Scope, UnknownName, follow
from specc.language.spelling import spelled_value
from specc.language.syntax import Entry, ListNode, MapNode, Node, ScalarNode
from specc.language.validation import Validator, check_values, word_validator
from specc.language.vocabulary import BUILTIN_SOURCES, Word
from specc.registry.entry import Entry as WordEntry
from specc.registry.entry import Param, Params, bind, nearest
from specc.registry.types import is_nested

NAMED = 8  # names that a help lists at the most
LOOKS = 200  # unknown names for which the nearest one is looked for
ORIGINS = 4  # places of values that are told
SHOWN = 6  # blocks and repeats of a chain that are told


class Failed(Exception):
    """Something was reported; what depends on it is given up without a further word."""


class Exhausted(Exception):
    """The network is larger than anything that can be meant. It was reported; nothing goes on."""


class Frame(NamedTuple):
    """Where a step runs: its scope, the current tensor, and how it was reached.

    Args:
        document: the spec whose steps run; its `defaults` see the names in `root`.
        input: the only input of the block or the model, if there is one.
        chain: the blocks and repeats that led here, outermost first.
        turn: which iteration of its repeat the step is in.
        shared: path prefixes whose layers are those of another prefix, for `each` and `share`.
    """

    document: Document
    root: Scope
    scope: Scope
    x: Result | None
    input: Result | None
    chain: tuple[tuple[str, Span], ...] = ()
    turn: str = ""
    shared: tuple[tuple[str, str], ...] = ()
    trainable: bool = True
    depth: int = 0

    def at(self, **changes: Any) -> Frame:
        return self._replace(**changes)

    def owner(self, path: str) -> str:
        """The path whose weights a path uses: its own, or that of the step which it shares."""
        for prefix, origin in reversed(self.shared):
            if path == prefix or path.startswith(prefix + "/"):
                path = origin + path[len(prefix) :]
        return path


class Bound(NamedTuple):
    """A layer's parameters, the call that makes it, and the options that it is called with."""

    params: Params
    call: KerasCall
    options: Mapping[str, Any]


class Arguments(NamedTuple):
    """The values that are given for a word, their places, and whether the text alone fixes them."""

    values: dict[str, Any]
    places: dict[str, Entry]
    fixed: bool


class Evaluator:
    """Evaluates nodes in frames. Errors go to the sink, and `Failed` is raised."""

    def __init__(self, sink: Sink, training: bool) -> None:
        self.sink = sink
        self.training = training
        self.reads_training = False
        self.budget = expressions.Budget()
        self._bound: dict[Any, Bound] = {}
        self._checked: set[Any] = set()
        self._looked = 0
        self._failed_blocks: set[Any] = set()
        self._told: dict[Any, tuple[Any, ...]] = {}
        self._validators: dict[tuple[Any, ...], Validator] = {}

    # Errors

    def error(
        self,
        frame: Frame,
        code: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        help: str | None = None,
        notes: tuple[Note, ...] = (),
        about: Node | None = None,
    ) -> Failed:
        """Reports at a place of the user's own text, with the way that led there.

        What goes wrong in every iteration of a repeat, or in every branch of a built-in block, is told once.

        Args:
            about: what is written there; the notes say where the params that it reads have their values from.
        """
        place = own_place(span, frame.chain)
        way = tuple(text for text, _ in frame.chain)
        builtin = place is not span
        key = (code, place, tuple(where for _, where in frame.chain))
        if self._told.setdefault(key, way) != way or (builtin and key in self._failed_blocks):
            return Failed()
        ways = [Note(f"{text}, at" if text.startswith("in repeat") else f"{text}, used at", where) for text, where in reversed(frame.chain)]
        if len(ways) > SHOWN:
            ways[SHOWN - 1 : -1] = [Note(f"in {len(ways) - SHOWN} more blocks and repeats")]
        if builtin:
            self._failed_blocks.add(key)
            ways.insert(0, Note("in the built-in block, at", span))
        origins = () if about is None else value_origins(about, frame.scope, place)
        self.sink.error(code, message, place, label=label, help=help, notes=(*ways, *notes, *origins))
        return Failed()

    # Expressions

    def value(self, node: Node, frame: Frame) -> Any:
        """The JSON value of a node, its expressions evaluated."""
        match node:
            case ScalarNode(value) if node.is_expression:
                return self.expression(node, frame)
            case ScalarNode(value):
                return value
            case ListNode(items):
                return [self.value(item, frame) for item in items]
            case MapNode():
                return {key: self.value(entry.value, frame) for key, entry in node.entries.items()}

    def expression(self, node: ScalarNode, frame: Frame) -> Any:
        try:
            return expressions.evaluate(expressions.parse(node.value), lambda name: self._name(name, frame), self.budget)
        except ExpressionError as error:
            notes = () if error.note is None else (Note(*error.note),)
            failed = self.error(frame, error.code, str(error), _stretch(node, error), help=error.help, notes=notes)
            raise (failed if self.budget.left >= 0 else Exhausted()) from None
        except Unavailable:
            raise Failed from None
        except RecursionError:
            raise self.error(frame, "E0206", "the expression is nested too deeply", node.span) from None

    def _name(self, name: str, frame: Frame) -> Any:
        if name == "training":
            self.reads_training = True
            return self.training
        if name in ("x", "input"):
            result = frame.x if name == "x" else frame.input
            if result is not None:
                if result.poisoned:
                    raise Unavailable
                return result
        holder = frame.scope.find(name)
        if holder is None:
            if name in ("x", "input"):
                message, help = _no_current(name)
                raise ExpressionError("E0306", message, help=help)
            self._explain_missing(name, frame)
            raise KeyError(name, self.meant(name, frame))
        value = holder[name]
        if value is POISON or (isinstance(value, Result) and value.poisoned):
            raise Unavailable
        return value

    def _explain_missing(self, name: str, frame: Frame) -> None:
        """A name that is defined later, or is switched off, is said to be just that."""
        try:
            frame.scope.get(name)
        except UnknownName as error:
            if error.code != "E0210":
                raise ExpressionError(error.code, str(error), help=error.help, note=error.note) from None

    # Arguments

    def arguments(self, word: Word, step: Step, frame: Frame) -> tuple[dict[str, Any], MapNode, bool]:
        """The values given for a word, `defaults` beneath them; their places; and whether the text alone fixes them."""
        given = self.given(word.name, word.parameters, step.arguments, frame)
        return given.values, MapNode(given.places, step.word_span), given.fixed

    def given(self, word: str, parameters: Mapping[str, Param], written: MapNode | None, frame: Frame) -> Arguments:
        """The same for a word that need not be a step's: a layer inside a layer. Raises Failed."""
        if word in frame.document.broken:
            raise Failed
        outer = frame.at(scope=frame.root, x=None, input=None)
        places: dict[str, Entry] = {}
        values: dict[str, Any] = {}
        fixed, failed = True, False
        for mapping, where in ((frame.document.defaults.get(word), outer), (written, frame)):
            for key, entry in mapping.entries.items() if mapping is not None else ():
                kind = parameters[key].type if key in parameters else None
                computed = has_expression(entry.value)
                nested = kind is not None and is_nested(kind)
                fixed = fixed and not computed and not nested
                places[key] = entry
                try:
                    if kind is not None and nested:
                        values[key], place = nested_value(self, kind, entry.value, where)
                        places[key] = Entry(entry.key, place)
                        continue
                    values[key] = self._value_of(word, key, entry, where)
                except Failed:
                    failed = True
                    continue
                if computed and kind is not None:
                    values[key] = spelled_value(kind, values[key])
        if failed:
            raise Failed
        return Arguments(values, places, fixed)

    def _value_of(self, word: str, key: str, entry: Entry, frame: Frame) -> Any:
        value = self.value(entry.value, frame)
        if isinstance(value, Result) or (isinstance(value, list) and any(isinstance(item, Result) for item in value)):
            help = None
            if isinstance(value, Result) and isinstance(entry.value, ScalarNode):
                help = f"what is known of it is a value: `{entry.value.value}.channels`, `.shape`, `.rank`"
            raise self.error(frame, "E0205", f"`{key}` of `{word}` is {describe(value)}, not a value", entry.value.span, help=help)
        return value

    def bound(self, word: Word, entry: WordEntry, step: Step, frame: Frame) -> Bound:
        """A layer's parameters and its lowering."""
        values, places, fixed = self.arguments(word, step, frame)
        key = (word.name, repr(values))
        if key not in self._bound:
            if not fixed or _missing(word, values):
                self._check(word, values, places, frame)
            params = bind(entry.params, values)
            self._bound[key] = Bound(params, entry.call(params), entry.options(params))
        return self._bound[key]

    def block_values(self, word: Word, step: Step, frame: Frame) -> tuple[dict[str, Any], dict[str, Given]]:
        """The values given for a block's params, checked, and where they come from."""
        values, places, fixed = self.arguments(word, step, frame)
        if not fixed or _missing(word, values):
            self._check(word, values, places, frame)
        own = step.arguments.entries if step.arguments is not None else {}
        return values, {name: Given(entry.value, frame.scope if name in own else frame.root) for name, entry in places.entries.items()}

    def _check(self, word: Word, values: dict[str, Any], places: MapNode, frame: Frame) -> None:
        """Checks evaluated arguments against the word's schema."""
        key = (word, repr(values))
        if key in self._checked:
            return
        local = Sink()
        if check_values(self._validator(word, values), values, places, local, word.name):
            self._checked.add(key)
            return
        for found in local:
            assert found.span is not None
            owner, name, about, value = next(_written_at(found.span, word.name, places, values), ("", "", None, None))
            if isinstance(about, ScalarNode) and about.is_expression and value is None and expressions.SIZE.search(about.value):
                message = f"`{name}` of `{owner}` needs a size that is not known"
                self.error(frame, "E0205", message, found.span, help="give the input's sizes as numbers")
            else:
                self.error(frame, found.code, found.message, found.span, help=found.help, about=about)
        raise Failed

    def _validator(self, word: Word, values: dict[str, Any]) -> Validator:
        """The validator of a word's arguments; where layers stand among them, one that knows just these."""
        nested = any(is_nested(parameter.type) for parameter in word.parameters.values())
        layers = {entry.name: entry for entry in layers_in(values)} if nested else {}
        key = (word, *layers)
        if key not in self._validators:
            self._validators[key] = word_validator(word, layers.values())
        return self._validators[key]

    def decision(self, node: Node, frame: Frame, what: str) -> bool:
        """The value of a switch. A number is one too, as in Python."""
        value = self.value(node, frame)
        if isinstance(value, (Result, str, list, dict)):
            raise self.error(frame, "E0103", f"`{what}` must be true or false, not {describe(value)}", node.span)
        return bool(value)

    # References

    def source(self, node: Node, frame: Frame) -> Any:
        """What `from` names: a result, a list of results, or results by call argument."""
        if isinstance(node, MapNode):
            return {key: self.source(entry.value, frame) for key, entry in node.entries.items()}
        if isinstance(node, ListNode):
            found: list[Any] = []
            failed = False
            for item in node.items:
                try:
                    value = self.source(item, frame)
                except Failed:
                    failed = True
                    continue
                found.extend(self._counted(value if isinstance(value, list) else [value], len(found), node, frame))
            if failed:
                raise Failed
            return found
        value = self.value(node, frame)
        return self._referenced(value, node, frame)

    def _counted(self, found: list[Any], before: int, node: Node, frame: Frame) -> list[Any]:
        """More results of a list, as long as it does not explode: lists of lists of everything double with every step."""
        self.budget.left -= len(found)
        if before + len(found) > expressions.MAX_ITEMS or self.budget.left < 0:
            raise self.error(frame, "E0206", f"the list names more than {expressions.MAX_ITEMS:,} tensors", node.span)
        return found

    def _referenced(self, value: Any, node: Node, frame: Frame) -> Any:
        if isinstance(value, Result):
            return value
        if isinstance(value, str):
            return self.reference(value, node.span, frame)
        if isinstance(value, list):
            return [self._referenced(item, node, frame) for item in value]
        raise self.error(frame, "E0210", f"a reference names a step, but this is {describe(value)}", node.span)

    def reference(self, text: str, span: Span, frame: Frame) -> Any:
        """The result, or results, that a reference leads to."""
        first, *rest = text.split("/")
        try:
            start = {"x": frame.x, "input": frame.input}.get(first)
            if start is None and first in ("x", "input") and frame.scope.find(first) is None:
                raise UnknownName("E0306", *_no_current(first))
            start = start if start is not None else frame.scope.get(first)
            if start is not None and not _is_tensors(start):
                help = f"`={text.replace('/', '.')}` stands for the steps that it names" if isinstance(start, (str, list, dict)) else None
                raise UnknownName("E0210", f"`{first}` is a param or a variable, not a step", help=help)
            return follow(start, rest, text)
        except UnknownName as error:
            off = frame.scope.switched_off(first) if rest else None
            if off is not None and error.code == "E0210":
                message = f"`{first}` is switched off by its `when`, so there is no `{text}`"
                raise self.error(frame, "E0214", message, span, notes=(Note(f"`{first}` is here", off),)) from None
            notes = (Note(*error.note),) if error.note is not None else ()
            close = self.meant(error.unknown, frame) if error.unknown is not None else None
            help = f"did you mean `{close}`?" if close else error.help or (_known(frame) if error.unknown else None)
            raise self.error(frame, error.code, str(error), span, help=help, notes=notes) from None

    def meant(self, name: str, frame: Frame) -> str | None:
        """The name in scope that was probably meant. After many mistakes nobody reads on, and looking is slow."""
        self._looked += 1
        if self._looked > LOOKS:
            return None
        beside = ["training", *(["x"] if frame.x else []), *(["input"] if frame.input else [])]
        return nearest(name, [*frame.scope.names(), *beside])


def _known(frame: Frame) -> str | None:
    """The steps that can be referenced, where they are few."""
    names = [name for name in dict.fromkeys(frame.scope.names()) if isinstance(frame.scope.get(name), Result)]
    if len(names) > NAMED:
        return None
    listed = ", ".join(f"`{name}`" for name in names)
    return f"the steps and inputs named here are {listed}" if names else "a step is referenced by the `name:` that it is given"


def _is_tensors(value: Any) -> bool:
    return isinstance(value, Result) or (isinstance(value, list) and all(_is_tensors(item) for item in value))


def value_origins(node: Node, scope: Scope, place: Span | None = None) -> list[Note]:
    """Where the params that a node reads have their values from, and those from which these were computed."""
    notes: dict[Note, None] = {}
    pending = [(node, scope)]
    while pending and len(notes) < ORIGINS:
        node, scope = pending.pop(0)
        for name in dict.fromkeys(names_read(node)):
            holder, origin = scope.find(name), scope.origin(name)
            if holder is None or origin is None:
                continue
            value, written = holder[name], origin.written
            if not isinstance(value, (bool, int, float, str)):
                continue
            passed_on = isinstance(written, ScalarNode) and PASSED.fullmatch(str(written.value)) is not None
            if not passed_on and written.span != place and not _is_builtin(written.span):
                notes[Note(f"`{name}: {json.dumps(value) if isinstance(value, bool) else value}` comes from", written.span)] = None
            pending.append((written, origin.scope))
    return list(notes)[:ORIGINS]


PASSED = re.compile(r"= *[a-z][a-z0-9_]*")  # a param that is only handed on: what gave it its value is told


def _written_at(span: Span, owner: str, places: MapNode, values: Any) -> Iterator[tuple[str, str, Node, Any]]:
    """What is written at a place among arguments: whose argument it is, its name, and its value."""
    for name, entry in places.entries.items():
        value = values.get(name) if isinstance(values, dict) else None
        if entry.value.span == span:
            yield owner, name, entry.value, value
        elif isinstance(entry.value, MapNode):
            yield from _written_at(span, name, entry.value, value)


def names_read(node: Node) -> Iterator[str]:
    """The names that the expressions of a node read."""
    match node:
        case ScalarNode(value) if node.is_expression:
            with suppress(ExpressionError):
                yield from sorted(expressions.parse(value).names)
        case ListNode(items):
            for item in items:
                yield from names_read(item)
        case MapNode(entries):
            for entry in entries.values():
                yield from names_read(entry.value)


def _stretch(node: ScalarNode, error: ExpressionError) -> Span:
    """The characters at fault; all of the scalar where it is not written as it reads: over several lines, with escapes."""
    shift = 0 if node.plain else 1  # the quotation mark
    start = node.span.column - 1 + shift
    written = node.span.source.line(node.span.line)[start : start + len(node.value)]
    if error.end is None or written != node.value:
        return node.span
    return node.span.within(error.start + shift, error.end + shift)


def _no_current(name: str) -> tuple[str, str]:
    if name == "x":
        return "there is no current tensor here", "name one with `from:`"
    return "there is no `input` here: the block or model has several", "name the one that is meant"


def own_place(span: Span, chain: tuple[tuple[str, Span], ...]) -> Span:
    """A place in the user's own text: for a step inside a built-in block, where the block is used."""
    if not _is_builtin(span):
        return span
    return next((place for _, place in reversed(chain) if not _is_builtin(place)), span)


def _is_builtin(span: Span) -> bool:
    return span.source in BUILTIN_SOURCES


def _missing(word: Word, values: Mapping[str, Any]) -> bool:
    return any(parameter.required and name not in values for name, parameter in word.parameters.items())


def has_expression(node: Node) -> bool:
    match node:
        case ScalarNode():
            return node.is_expression
        case ListNode(items):
            return any(has_expression(item) for item in items)
        case MapNode(entries):
            return any(has_expression(entry.value) for entry in entries.values())
