"""The words that a document can use: layers, built-in blocks and heads, and the document's own blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specc.diagnostics import Sink, Source, Span
from specc.language.syntax import ListNode, MapNode, Node, ScalarNode, parse, plain_value, read
from specc.registry import block_files, plugins
from specc.registry.entry import REQUIRED, Entry, Param, entries, find, nearest
from specc.registry.types import Plain

RESERVED = ("x", "input", "training")
MODIFIERS = ("name", "from", "when", "repeat", "as", "index", "each", "share", "trainable")
STRUCTURES = ("layers", "parallel", "skip", "model", "share")
EXPERIMENT = ("data", "train", "evaluate", "generate")  # the keys of specc.registry.experiment.SECTIONS, which takes time to import

FRAGMENT_KEYS = (
    "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "items", "minItems", "maxItems", "properties", "required", "default", "description",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ParamDeclaration:
    """A param of a spec or a block: the schema that values must meet, and the default as it is written."""

    name: str
    span: Span
    schema: Mapping[str, Any]
    default: Node | None
    doc: str = ""
    faulty: bool = False

    @property
    def required(self) -> bool:
        return self.default is None

    def as_param(self) -> Param:
        """The same, as the registry declares parameters."""
        default = REQUIRED if self.default is None else plain_value(self.default)
        return Param(self.name, Plain(self.schema), self.doc, default)


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A layer or a block, as a step uses it."""

    name: str
    parameters: Mapping[str, Param]
    entry: Entry | None = None
    block: MapNode | None = None
    builtin: bool = True

    @property
    def first(self) -> str | None:
        """The parameter that a value without a name is for."""
        return next(iter(self.parameters), None)


class Vocabulary:
    """Looks words up: the document's own blocks first, then layers, then built-in blocks and heads."""

    def __init__(self, own: Mapping[str, MapNode] | None = None) -> None:
        self._own = dict(own or {})
        self._words: dict[str, Word | None] = {}

    def find(self, name: str) -> Word | None:
        if name not in self._words:
            self._words[name] = self._look_up(name)
        return self._words[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from entries("layer")
        yield from block_files()
        yield from plugins.BLOCKS

    def extended(self, blocks: MapNode | None) -> Vocabulary:
        """The vocabulary with the blocks of a further document; equal names are replaced."""
        own = dict(self._own)
        for name, block in blocks or ():
            if isinstance(block, MapNode):
                own[name] = block
        return Vocabulary(own)

    def _look_up(self, name: str) -> Word | None:
        if name in self._own:
            block = self._own[name]
            return Word(name, _parameters(block), block=block, builtin=False)
        entry = find("layer", name)
        if entry is not None:
            return Word(name, entry.params.parameters, entry=entry)
        return builtin_block(name)


BUILTIN_SOURCES: set[Source] = set()  # texts that are not the user's: nothing in them is for him to change

_BUILTIN: dict[str, Word | None] = {}


def builtin_block(name: str) -> Word | None:
    """A block or head that comes with specc, or that was registered."""
    if name not in _BUILTIN:
        registered = plugins.BLOCKS.get(name)
        if registered is not None:
            own = parse(registered.source)
            _BUILTIN[name] = Word(name, _parameters(own), block=own, builtin=False)  # type: ignore[arg-type]
            return _BUILTIN[name]
        path = block_files().get(name)
        if path is None:
            return None
        from pathlib import Path

        source = Source(f"specc/blocks/{name}.yaml", read(Path(path)).text)
        BUILTIN_SOURCES.add(source)
        block = parse(source)
        assert isinstance(block, MapNode), f"{path} is no block"
        _BUILTIN[name] = Word(name, _parameters(block), block=block)
    return _BUILTIN[name]


def forget_block(name: str) -> None:
    """Removes a registered block or head."""
    plugins.BLOCKS.pop(name, None)
    _BUILTIN.pop(name, None)


def is_builtin(name: str) -> bool:
    """Whether the language has the word already, so that no block of a user may take it."""
    known = name in STRUCTURES or name in MODIFIERS or name in block_files() or name in plugins.BLOCKS
    return known or find("layer", name) is not None


def _parameters(block: MapNode) -> Mapping[str, Param]:
    return {name: declared.as_param() for name, declared in read_params(block.get("params"), Sink()).items()}


def read_params(node: Node | None, sink: Sink) -> dict[str, ParamDeclaration]:
    """The params of a spec or a block. A mapping is a JSON Schema fragment, anything else a default that gives the type."""
    declared: dict[str, ParamDeclaration] = {}
    if not isinstance(node, MapNode):
        return declared
    for name, entry in node.entries.items():
        value = entry.value
        if not isinstance(value, MapNode):
            declared[name] = ParamDeclaration(name, entry.key, schema_of_default(value), value)
            continue
        sound = _is_fragment(name, value, sink)
        schema = {key: plain_value(item) for key, item in value if key not in ("default", "description")} if sound else {}
        doc = value.get("description")
        text = str(doc.value) if isinstance(doc, ScalarNode) else ""
        declared[name] = ParamDeclaration(name, entry.key, schema, value.get("default"), text, faulty=not sound)
    return declared


TYPES = ("integer", "number", "string", "boolean", "array", "object", "null")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
COUNTS = ("minLength", "maxLength", "minItems", "maxItems")


def _is_fragment(name: str, node: MapNode, sink: Sink) -> bool:
    """Reports what is none of the few keywords that a param's schema may have. References and patterns are left out
    on purpose: nothing in a spec may fetch, or run for ever."""
    sound = True
    if node.entries and not any(key in FRAGMENT_KEYS for key in node.entries):
        first = next(iter(node.entries))
        help = "a mapping declares a param's schema; one that is the param's value stands under `default:`"
        sink.error("E0101", f"`{first}` is not a keyword of a param's schema", node.entries[first].key, help=_meant(first) or help)
        return False
    for key, entry in node.entries.items():
        if key not in FRAGMENT_KEYS:
            help = _meant(key) or f"the keywords are {', '.join(FRAGMENT_KEYS)}"
            sink.error("E0101", f"`{key}` is not a keyword of a param's schema", entry.key, help=help)
            sound = False
            continue
        wanted, nested = _misfit(key, entry.value)
        if wanted:
            types = None
            if key == "type":
                close = nearest(str(plain_value(entry.value)), TYPES)
                types = f"did you mean `{close}`?" if close else f"the types are {', '.join(TYPES)}"
            sink.error("E0103", f"`{key}` of param `{name}` must be {wanted}", entry.value.span, help=types)
            sound = False
        for fragment in nested:
            sound = _is_fragment(name, fragment, sink) and sound
    return sound


def _meant(key: str) -> str | None:
    close = nearest(key, FRAGMENT_KEYS)
    return f"did you mean `{close}`?" if close else None


def _misfit(key: str, node: Node) -> tuple[str, list[MapNode]]:
    """What the value of a keyword must be, where it is not; and the fragments inside it."""
    value = plain_value(node)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if key == "type":
        return (
            "" if value and all(kind in TYPES for kind in (value if isinstance(value, list) else [value])) else "a type, or a list of types"
        ), []
    if key in BOUNDS:
        return ("" if number and (key != "multipleOf" or value > 0) else "a number"), []
    if key in COUNTS:
        return ("" if isinstance(value, int) and number and value >= 0 else "a whole number"), []
    if key in ("enum", "required"):
        return ("" if isinstance(value, list) and (key == "enum" or all(isinstance(item, str) for item in value)) else "a list"), []
    if key == "description":
        return ("" if isinstance(value, str) else "a text"), []
    if key == "items":
        return ("", [node]) if isinstance(node, MapNode) else ("the schema of the items", [])
    if key == "properties":
        sound = isinstance(node, MapNode) and all(isinstance(item, MapNode) for _, item in node)
        return (
            ("", [item for _, item in node if isinstance(item, MapNode)])
            if isinstance(node, MapNode) and sound
            else ("schemas by name", [])
        )
    return "", []


def schema_of_default(node: Node) -> dict[str, Any]:
    """The type that a default fixes; an expression fixes it when it is evaluated."""
    match node:
        case ScalarNode(value) if node.is_expression or value is None:
            return {}
        case ScalarNode(value):
            return schema_of_value(value)
        case ListNode():
            return {"type": "array"}
    return {"type": "object"}


def schema_of_value(value: Any) -> dict[str, Any]:
    """The type of a JSON value, which overrides of it must have."""
    kinds: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    kind = kinds.get(type(value))
    return {} if kind is None else {"type": kind}
