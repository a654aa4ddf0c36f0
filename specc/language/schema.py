"""The registry as JSON Schema, and jsonschema's errors as diagnostics at their places.

The checker's schema is made for the document at hand, after shorthands are spelled out: it is closed and has no
`anyOf`, so that each error says precisely what is wrong. An expression satisfies every keyword; its value is checked
against the same schema once it is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from specc.diagnostics import Sink, Span
from specc.language.spelling import StepNode
from specc.language.syntax import ListNode, MapNode, Node, ScalarNode, plain_value
from specc.language.vocabulary import MODIFIERS, STRUCTURES, Vocabulary, Word
from specc.registry.entry import Param, Params, entries, nearest
from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section, Type

NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
NAMES = {"pattern": "^[a-z][a-z0-9_]*$"}
ANY: dict[str, Any] = {}
TEXT = {"type": "string"}
SHAPE = {"type": "array", "items": {"type": ["integer", "null"], "minimum": 1}}
DTYPES = ["float32", "float16", "bfloat16", "float64", "int32", "int64", "uint8", "int8", "bool"]


def _beside_expressions(keyword: Callable[..., Any]) -> Callable[..., Any]:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and instance[:1] == "=":
            return iter(())
        return keyword(validator, value, instance, schema) or iter(())

    return check


Validator: Any = validators.extend(
    Draft202012Validator, {name: _beside_expressions(keyword) for name, keyword in Draft202012Validator.VALIDATORS.items()}
)


# Schemas


class SchemaBuilder:
    """Builds the schema of what a document uses. Each family and word is defined once, under `$defs`."""

    def __init__(self, defaults: Mapping[str, Iterable[str]] | None = None) -> None:
        self.definitions: dict[str, Any] = {}
        self._defaults = defaults or {}

    def reference(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if key not in self.definitions:
            self.definitions[key] = {}
            self.definitions[key] = make()
        return {"$ref": f"#/$defs/{key}"}

    def of(self, kind: Type) -> dict[str, Any]:
        match kind:
            case Plain(schema):
                return dict(schema)
            case ChoiceOf(family, optional):
                name = f"optional_{family}" if optional else family
                return self.reference(name, lambda: self._choice(family, optional))
            case ListOf(item):
                return {"type": "array", "items": self.of(item)}
            case MapOf(item):
                return {"type": "object", "additionalProperties": self.of(item)}
            case Section(params, optional):
                name = params.__name__.lower()
                return self.reference(f"optional_{name}" if optional else name, lambda: self.section(params, optional))

    def section(self, params: type[Params], optional: bool = False) -> dict[str, Any]:
        schema = self.closed(params.parameters)
        return {**schema, "type": ["object", "null"]} if optional else schema

    def closed(self, parameters: Mapping[str, Param], supplied: Iterable[str] = ()) -> dict[str, Any]:
        """A mapping of exactly these parameters; `supplied` ones need not be given again."""
        required = [name for name, parameter in parameters.items() if parameter.required and name not in supplied]
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: self.of(parameter.type) for name, parameter in parameters.items()},
            "additionalProperties": False,
        }
        return {**schema, "required": required} if required else schema

    def _choice(self, family: str, optional: bool) -> dict[str, Any]:
        words = {name: self.reference(f"{family}_{name}", lambda e=entry: self.closed(e.params.parameters)) for name, entry in entries(family).items()}
        return {
            "type": ["object", "null"] if optional else "object",
            "properties": words,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "x-family": family,
        }

    def word(self, word: Word, supplied: Iterable[str] = ()) -> dict[str, Any]:
        return self.closed(word.parameters, supplied)

    def steps(self) -> dict[str, Any]:
        return {"type": "array", "items": {"$ref": "#/$defs/step"}}

    def step(self, words: Iterable[Word]) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "name": NAME,
            "from": ANY,
            "when": {"type": "boolean"},
            "repeat": {"type": ["integer", "array"], "minimum": 0},
            "as": NAME,
            "index": NAME,
            "each": {"type": ["string", "array"]},
            "trainable": {"type": "boolean"},
            "layers": self.steps(),
            "skip": self.steps(),
            "parallel": closed(
                {"merge": {"type": "object", "minProperties": 1, "maxProperties": 1}, "branches": named(self.steps())}, required=["branches"]
            ),
            "model": closed({"spec": TEXT, "params": {"type": "object"}}, required=["spec"]),
            "share": {"type": "object", "required": ["step"], "properties": {"step": TEXT}},
        }
        properties.update({word.name: self.word(word, self._defaults.get(word.name, ())) for word in words})
        return {"type": "object", "properties": properties, "additionalProperties": False, "x-family": "step"}


def closed(properties: Mapping[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping whose keys the user chooses."""
    return {"type": "object", "propertyNames": NAMES, "additionalProperties": dict(values)}


EXPECTATIONS = {
    "parameters": {"type": "integer"},
    "trainable_parameters": {"type": "integer"},
    "macs": {"type": "integer"},
    "outputs": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": ["integer", "null"]}}},
}

BLOCK_INPUTS = {"type": "array", "items": NAME, "minItems": 1}


def document_schema(vocabulary: Vocabulary, used: Iterable[str], sections: Iterable[str], defaults: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """The checker's schema of one document.

    Args:
        used: the layers and blocks that its steps name.
        sections: `data`, `train`: which of them it has.
        defaults: the arguments that the document's `defaults` supply, by word.
    """
    builder = SchemaBuilder(defaults)
    words = [word for word in map(vocabulary.find, sorted(used)) if word is not None]
    step = builder.step(words)
    block = closed(
        {
            "summary": TEXT,
            "reference": TEXT,
            "params": {"type": "object", "propertyNames": NAMES},
            "inputs": BLOCK_INPUTS,
            "layers": builder.steps(),
            "outputs": named(TEXT),
        },
        required=["layers"],
    )
    properties: dict[str, Any] = {
        "specc": {"const": 1},
        "name": NAME,
        "summary": TEXT,
        "reference": TEXT,
        "extends": TEXT,
        "params": {"type": "object", "propertyNames": NAMES},
        "inputs": named(closed({"shape": SHAPE, "dtype": {"enum": DTYPES}, "when": {"type": "boolean"}}, required=["shape"])),
        "blocks": named(block),
        "defaults": {
            "type": "object",
            "properties": {word.name: _without_required(builder.word(word)) for word in words},
            "additionalProperties": False,
            "x-family": "defaults",
        },
        "layers": builder.steps(),
        "heads": {"type": "object", "propertyNames": NAMES, "additionalProperties": {"$ref": "#/$defs/step"}},
        "expect": closed({**EXPECTATIONS, "training": closed(EXPECTATIONS)}),
    }
    properties.update(experiment_schemas(builder, sections))
    return {**closed(properties, ["specc", "inputs"]), "$defs": {**builder.definitions, "step": step}}


def experiment_schemas(builder: SchemaBuilder, sections: Iterable[str]) -> dict[str, Any]:
    """Schemas of the sections about data and training; what a document leaves out costs nothing."""
    schemas: dict[str, Any] = {"data": ANY, "train": ANY}
    for section in sections:
        from specc.registry import experiment

        schemas[section] = builder.section(getattr(experiment, section.capitalize()))
    return schemas


def _without_required(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "required"}


# Errors


def check_document(root: MapNode, vocabulary: Vocabulary, used: Iterable[str], sink: Sink) -> set[StepNode]:
    """Reports everything in which a spelled-out document violates the schema; returns the steps that do."""
    sections = [name for name in ("data", "train") if name in root]
    defaults = root.get("defaults")
    supplied = {name: list(value.entries) for name, value in defaults if isinstance(value, MapNode)} if isinstance(defaults, MapNode) else {}
    schema = document_schema(vocabulary, used, sections, supplied)
    faulty = set()
    for error in Validator(schema).iter_errors(plain_value(root)):
        report(error, root, sink, vocabulary)
        steps = [node for _, node in _places(root, list(error.absolute_path)) if isinstance(node, StepNode)]
        faulty.update(steps[-1:])
    return faulty


@cache
def validator_of(kind: str) -> Any:
    """The validator of a schema that is given as JSON text."""
    return Validator(json.loads(kind))


def word_validator(word: Word) -> Any:
    """The validator of the arguments of a layer or a block."""
    builder = SchemaBuilder()
    schema = builder.word(word)
    return Validator({**schema, "$defs": builder.definitions})


def check_values(validator: Any, values: Any, node: Node, sink: Sink, owner: str = "") -> bool:
    """Checks evaluated values; reports at the places of `node`. Returns whether all is well."""
    found = False
    for error in validator.iter_errors(values):
        report(error, node, sink, None, owner)
        found = True
    return not found


def report(error: ValidationError, root: Node, sink: Sink, vocabulary: Vocabulary | None, owner: str = "") -> None:
    """One error of jsonschema as a diagnostic."""
    path = list(error.absolute_path)
    places = _places(root, path)
    context = _Context(error, path, places, sink, vocabulary, owner)
    REPORTS.get(str(error.validator), _Context.other)(context)


def _places(root: Node, path: list[Any]) -> list[tuple[Span, Node]]:
    """The key's place and the node at every stage of a path."""
    places: list[tuple[Span, Node]] = [(root.span, root)]
    node = root
    for part in path:
        if isinstance(node, MapNode) and part in node.entries:
            entry = node.entries[part]
            node = entry.value
            places.append((entry.key, node))
        elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            places.append((node.span, node))
        else:
            break
    return places


class _Context:
    """An error with what is needed to word it."""

    def __init__(
        self, error: ValidationError, path: list[Any], places: list[tuple[Span, Node]], sink: Sink, vocabulary: Vocabulary | None, owner: str
    ) -> None:
        self.error, self.path, self.sink, self.vocabulary, self.owner = error, path, sink, vocabulary, owner
        self.key, self.node = places[-1]

    @property
    def span(self) -> Span:
        return self.key if isinstance(self.node, MapNode) else self.node.span

    @property
    def title(self) -> str:
        """The thing at fault: `filters` of `conv2d`."""
        keys = [part for part in self.path if isinstance(part, str)]
        if not keys:
            return f"`{self.owner}`" if self.owner else "the spec"
        inside = keys[-2] if len(keys) > 1 else self.owner
        item = f"item {self.path[-1] + 1} of " if isinstance(self.path[-1], int) else ""
        return f"{item}`{keys[-1]}`" + (f" of `{inside}`" if inside and not item else "")

    def say(self, code: str, message: str, span: Span | None = None, help: str | None = None) -> None:
        self.sink.error(code, message, span or self.span, help=help)

    def unknown(self) -> None:
        """Keys that the schema does not have."""
        assert isinstance(self.node, MapNode)
        properties = self.error.schema.get("properties", {})
        extras = [key for key in self.node.entries if key not in properties]
        family = self.error.schema.get("x-family")
        for key in extras:
            self._unknown_key(key, self.node.entries[key].key, family, properties)

    def _unknown_key(self, key: str, span: Span, family: str | None, properties: Mapping[str, Any]) -> None:
        if family in ("step", "defaults"):
            self._unknown_word(key, span, family)
        elif family is not None:
            known = entries(family)
            self.say("E0106", f"unknown {family} `{key}`", span, _suggest(key, known) or f"the {family}s are listed by `specc list {family}s`")
        elif self.vocabulary is not None and not self.path:
            self.say("E0101", f"unknown key `{key}`", span, _suggest(key, properties) or f"the keys are {', '.join(properties)}")
        else:
            owner = next((str(part) for part in reversed(self.path) if isinstance(part, str)), self.owner)
            names = ", ".join(f"`{name}`" for name in properties)
            self.say("E0108", f"`{owner}` has no `{key}`", span, _suggest(key, properties) or (f"it has {names}" if names else f"`{owner}` takes nothing"))

    def _unknown_word(self, key: str, span: Span, family: str) -> None:
        vocabulary = self.vocabulary or Vocabulary()
        word = self.node.word if isinstance(self.node, StepNode) else ""
        if family == "step" and word and word != key:
            help = _suggest(key, MODIFIERS) or (f"arguments of `{word}` stand in its braces: `{word}: {{{key}: ...}}`" if word not in STRUCTURES else None)
            self.say("E0101", f"`{key}` is not a modifier of a step", span, help)
            return
        candidates = [*vocabulary, *STRUCTURES] if family == "step" else list(vocabulary)
        close = _suggest(key, candidates) or _suggest(key.lower().replace("_", ""), {name.replace("_", ""): name for name in candidates})
        self.say("E0106", f"unknown layer or block `{key}`", span, close or "`specc list layers` and `specc list blocks` name them all")

    def missing(self) -> None:
        name = self.error.message.split("'")[1]
        properties = self.error.schema.get("properties", {})
        if any(nearest(key, properties) == name for key in self.error.instance if key not in properties):
            return  # The misspelt key is reported; that it is missing would be an echo.
        owner = next((str(part) for part in reversed(self.path) if isinstance(part, str)), self.owner)
        what = f"`{owner}`" if owner else "a spec"
        span = self.key if self.path else self.node.span
        if not owner:
            span = Span(span.source, span.line, span.column, span.line, span.column + 1)
        help = "begin the spec with `specc: 1`" if name == "specc" else None
        self.say("E0102", f"{what} needs `{name}`", span, help)

    def type(self) -> None:
        expected = _types(self.error.validator_value)
        self.say("E0103", f"{self.title} must be {expected}, not {_found(self.error.instance)}", help=self._type_help())

    def _type_help(self) -> str | None:
        instance, wanted = self.error.instance, self.error.validator_value
        if isinstance(instance, str) and instance in ("yes", "no", "on", "off") and "boolean" in wanted:
            return "write `true` or `false`"
        if isinstance(instance, str) and isinstance(self.node, ScalarNode) and not self.node.plain and "string" not in wanted:
            return "remove the quotes"
        if isinstance(instance, str) and ("integer" in wanted or "number" in wanted) and any(mark in instance for mark in "+-*/"):
            return f"an expression starts with `=`: `={instance}`"
        return None

    def range(self) -> None:
        words = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than", "exclusiveMaximum": "less than"}
        bound = words.get(str(self.error.validator), "a multiple of")
        self.say("E0104", f"{self.title} must be {bound} {self.error.validator_value}, not {_found(self.error.instance)}")

    def length(self) -> None:
        bound = "at least" if self.error.validator in ("minItems", "minLength") else "at most"
        schema = self.error.schema
        count = f"{bound} {self.error.validator_value}"
        if schema.get("minItems") == schema.get("maxItems"):
            count = str(schema.get("minItems"))
        noun = "items" if isinstance(self.error.instance, list) else "characters"
        self.say("E0104", f"{self.title} must have {count} {noun}, not {len(self.error.instance)}")

    def one_of(self) -> None:
        values = self.error.validator_value if isinstance(self.error.validator_value, list) else [self.error.validator_value]
        if self.path == ["specc"]:
            self.say("E0105", f"this is version {_found(self.error.instance)} of the language; specc reads version 1", help="write `specc: 1`")
            return
        names = [str(value) for value in values if isinstance(value, str)]
        close = nearest(str(self.error.instance), names)
        allowed = ", ".join("null" if value is None else f"`{value}`" for value in values)
        help = f"did you mean `{close}`?" if close else f"one of {allowed}" if len(values) > 6 else None
        wanted = f"one of {allowed}" if len(values) <= 6 else "one of the known names"
        self.say("E0105", f"{self.title} must be {wanted}, not {_found(self.error.instance)}", help=help)

    def name(self) -> None:
        instance = str(self.error.instance)
        span = self.node.entries[instance].key if isinstance(self.node, MapNode) and instance in self.node.entries else self.span
        fixed = "".join(char if char.isalnum() else "_" for char in instance.lower()).strip("_")
        help = "a name begins with a small letter and goes on with small letters, digits and `_`" + (f": `{fixed}`" if fixed[:1].isalpha() else "")
        self.say("E0109", f"`{instance}` is not a name", span, help)

    def choice(self) -> None:
        family = self.error.schema.get("x-family", "word")
        self.say("E0110", f"{self.title} takes exactly one {family}, not {len(self.error.instance)}")

    def other(self) -> None:
        self.say("E0103", f"{self.title}: {self.error.message}")


REPORTS: Mapping[str, Callable[[_Context], None]] = {
    "additionalProperties": _Context.unknown,
    "required": _Context.missing,
    "type": _Context.type,
    "minimum": _Context.range,
    "maximum": _Context.range,
    "exclusiveMinimum": _Context.range,
    "exclusiveMaximum": _Context.range,
    "multipleOf": _Context.range,
    "minItems": _Context.length,
    "maxItems": _Context.length,
    "minLength": _Context.length,
    "maxLength": _Context.length,
    "enum": _Context.one_of,
    "const": _Context.one_of,
    "pattern": _Context.name,
    "minProperties": _Context.choice,
    "maxProperties": _Context.choice,
}


def _suggest(name: str, candidates: Iterable[str]) -> str | None:
    close = nearest(name, candidates)
    if close is not None and isinstance(candidates, Mapping) and isinstance(candidates[close], str):
        close = candidates[close]
    return f"did you mean `{close}`?" if close else None


def _types(names: str | list[str]) -> str:
    words = {
        "integer": "an integer", "number": "a number", "string": "a string", "boolean": "true or false", "array": "a list",
        "object": "a mapping", "null": "null",
    }  # fmt: skip
    return " or ".join(words[name] for name in ([names] if isinstance(names, str) else names))


def _found(value: Any) -> str:
    match value:
        case str():
            return f"the string `{value}`" if len(value) < 60 else "a long string"
        case bool() | None:
            return json.dumps(value)
        case int() | float():
            return str(value)
        case list():
            return "a list"
    return "a mapping"


