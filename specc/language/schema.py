"""The registry as JSON Schema: the checker's schema, made for the document at hand.

It describes documents after shorthands are spelled out, and is closed and without `anyOf`, so that each error says
precisely what is wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from specc.language import published
from specc.language.vocabulary import EXPERIMENT, Vocabulary, Word
from specc.registry.entry import Entry, Param, Params, choices, merges
from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section, Type

# What makes up the document is written; an expression gives values only, and satisfies every other keyword.
WRITTEN = {"x-written": True}
PATTERN = r"^[a-z][a-z0-9_]{0,99}$(?!\n)"  # `$` alone would pass over a line break at the end
NAME = {"type": "string", "pattern": PATTERN, **WRITTEN}
NAMES = {"pattern": PATTERN, **WRITTEN}
NAMED = {"type": "object", "propertyNames": NAMES, **WRITTEN}
ANY: dict[str, Any] = {}
TEXT = {"type": "string"}
SHAPE = {"type": "array", "items": {"type": ["integer", "null"], "minimum": 1}}
DTYPES = ["float32", "float16", "bfloat16", "float64", "int32", "int64", "uint8", "int8", "bool"]


class Definitions(dict[str, Any]):
    """What stands under `$defs`, each made when it is first looked at: of a family of thirty words a document uses three."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: dict[str, Callable[[], dict[str, Any]]] = {}

    def __missing__(self, key: str) -> Any:
        self[key] = self.pending.pop(key)()
        return self[key]

    def complete(self) -> Definitions:
        """The same, everything made."""
        while self.pending:
            self[next(iter(self.pending))]
        return self


class SchemaBuilder:
    """Builds the schema of what a document uses. Each family and word is defined once, under `$defs`."""

    def __init__(self, defaults: Mapping[str, Iterable[str]] | None = None, layers: Iterable[Entry] = ()) -> None:
        """
        Args:
            defaults: the arguments that the document's `defaults` supply, by word.
            layers: those that can stand inside a layer; all of them would be too many to describe.
        """
        self.definitions = Definitions()
        self._defaults = defaults or {}
        self._layers = {entry.name: entry for entry in layers}

    def reference(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if key not in self.definitions:
            self.definitions.pending.setdefault(key, make)
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
        supplied = self._defaults if family == "layer" else {}
        words = {
            name: self.reference(f"{family}_{name}", functools.partial(self.closed, entry.params.parameters, supplied.get(name, ())))
            for name, entry in (self._layers if family == "layer" else choices(family)).items()
        }
        return {
            "type": ["object", "null"] if optional else "object",
            "properties": words,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "x-family": family,
        }

    def _merge(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: self.closed(entry.params.parameters, self._defaults.get(name, ())) for name, entry in merges().items()},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "x-family": "merge",
        }

    def word(self, word: Word, supplied: Iterable[str] = ()) -> dict[str, Any]:
        return self.closed(word.parameters, supplied)

    def steps(self) -> dict[str, Any]:
        return {"type": "array", "items": {"$ref": "#/$defs/step"}, **WRITTEN}

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
                {"merge": self.reference("merge", self._merge), "branches": named(self.steps())},
                required=["branches"],
            ),
            "model": closed({"spec": TEXT, "params": {"type": "object", **WRITTEN}}, required=["spec"]),
            "share": {"type": "object", "required": ["step"], "properties": {"step": TEXT}},
        }
        properties.update({word.name: self.word(word, self._defaults.get(word.name, ())) for word in words})
        return {"type": "object", "properties": properties, "additionalProperties": False, "x-family": "step"}


def closed(properties: Mapping[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False, **WRITTEN}
    return {**schema, "required": required} if required else schema


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping whose keys the user chooses."""
    return {**NAMED, "additionalProperties": dict(values)}


EXPECTATIONS: dict[str, dict[str, Any]] = {
    "parameters": {"type": "integer"},
    "trainable_parameters": {"type": "integer"},
    "macs": {"type": "integer"},
    "outputs": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": ["integer", "null"]}}},
}

BLOCK_INPUTS = {"type": "array", "items": NAME, "minItems": 1, **WRITTEN}


def document_schema(
    vocabulary: Vocabulary, used: Iterable[str], sections: Iterable[str], defaults: Mapping[str, Iterable[str]], *, partial: bool = False
) -> dict[str, Any]:
    """The checker's schema of one document.

    Args:
        used: the layers and blocks that its steps name.
        sections: those of the experiment that it has, of `EXPERIMENT`.
        defaults: the arguments that the document's `defaults` supply, by word.
        partial: whether definitions wait until they are looked at.
    """
    words = [word for word in map(vocabulary.find, sorted(used)) if word is not None]
    builder = SchemaBuilder(defaults, [word.entry for word in words if word.entry is not None])
    step = builder.step(words)
    block = closed(
        {
            "summary": TEXT,
            "reference": TEXT,
            "params": NAMED,
            "inputs": BLOCK_INPUTS,
            "layers": builder.steps(),
            "outputs": named(TEXT),
        },
        required=["layers"],
    )
    properties: dict[str, Any] = {
        "specc": {"const": 1, **WRITTEN},
        "name": NAME,
        "summary": TEXT,
        "reference": TEXT,
        "published": _published(),
        "extends": TEXT,
        "params": NAMED,
        "inputs": named(closed({"shape": SHAPE, "dtype": {"enum": DTYPES, **WRITTEN}, "when": {"type": "boolean"}}, required=["shape"])),
        "blocks": named(block),
        "defaults": {
            "type": "object",
            "properties": {word.name: {**_without_required(builder.word(word)), **WRITTEN} for word in words},
            "additionalProperties": False,
            **WRITTEN,
            "x-family": "defaults",
        },
        "layers": builder.steps(),
        "heads": {**NAMED, "additionalProperties": {"$ref": "#/$defs/step"}},
        "expect": closed({**EXPECTATIONS, "training": closed(EXPECTATIONS)}),
    }
    properties.update(experiment_schemas(builder, sections))
    builder.definitions["step"] = step
    return {**closed(properties, ["specc", "inputs"]), "$defs": builder.definitions if partial else builder.definitions.complete()}


def _published() -> dict[str, Any]:
    """Facts, which no expression gives."""
    figures = closed({name: {**schema, **WRITTEN} for name, (schema, _) in published.FIGURES.items()}, required=["source"])
    section = {name: {**schema, **WRITTEN} for name, (schema, _) in published.SECTION.items()}
    return closed({**section, "figures": {"type": "array", "items": figures, **WRITTEN}})


def experiment_schemas(builder: SchemaBuilder, sections: Iterable[str]) -> dict[str, Any]:
    """Schemas of the sections about data and training; what a document leaves out costs nothing."""
    schemas: dict[str, Any] = dict.fromkeys(EXPERIMENT, ANY)
    for section in sections:
        from specc.registry.experiment import SECTIONS

        schemas[section] = {**builder.of(SECTIONS[section]), **WRITTEN}
    return schemas


def _without_required(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "required"}
