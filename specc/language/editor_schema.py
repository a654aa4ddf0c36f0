"""The JSON Schema that editors use: completion, hover and squiggles while a spec is typed.

It admits what people write: shorthands and expressions. Step keys are closed, so that a misspelt word shows at once;
they are open only where the document defines `blocks` or `extends` another, whose words an editor cannot know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from specc.language.schema import DTYPES, EXPECTATIONS, NAME, NAMES, TEXT, closed
from specc.language.syntax import MapNode, ScalarNode
from specc.language.vocabulary import Vocabulary, Word
from specc.registry import experiment
from specc.registry.entry import Entry, Param, Params, entries
from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section, Type

EXPRESSION = {"type": "string", "pattern": "^=", "description": "An expression over params, repeat variables and the tensors at hand."}
REFERENCE_LIST = {"type": ["string", "array", "object"]}

MODIFIER_DOCS = {
    "name": "The name under which other steps refer to this one; part of the path, and so of the Keras layer's name.",
    "from": "What the step takes in place of the current tensor: a reference, a list, or a mapping by call argument.",
    "when": "Whether the step is there.",
    "repeat": "A count, or a list: the step runs once for each, one after the other.",
    "as": "The name of the list's element inside a repeat.",
    "index": "The name of the position inside a repeat; `i` without it.",
    "each": "Tensors to which one layer, with one set of weights, is applied: the result is a list.",
    "trainable": "Whether the weights of the step learn.",
}

STRUCTURE_DOCS = {
    "layers": "Steps in a group.",
    "parallel": "Branches from the current tensor, joined by `merge`; without it they give a list.",
    "skip": "The current tensor plus what the steps make of it.",
    "model": "The layers of another spec.",
    "share": "The step of that name again, with the same weights.",
}


def editor_schema() -> dict[str, Any]:
    """The whole schema, from the registry."""
    return _EditorSchema().document()


class _EditorSchema:
    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {"expression": EXPRESSION}
        self.vocabulary = Vocabulary()

    def document(self) -> dict[str, Any]:
        words = [word for name in sorted(set(self.vocabulary)) if (word := self.vocabulary.find(name)) is not None]
        for word in words:
            self.definitions[f"word_{word.name}"] = self._word(word)
        self.definitions["step"] = self._step(words, "step", additional=False)
        self.definitions["open_step"] = self._step(words, "open_step", additional=True)
        properties = self._properties(words)
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "specc",
            "description": "A network, its data and its training, compiled to Keras.",
            "type": "object",
            "properties": properties,
            "required": ["specc"],
            "additionalProperties": False,
            "if": {"anyOf": [{"required": ["blocks"]}, {"required": ["extends"]}]},
            "then": {"properties": self._network("open_step")},
            "else": {"properties": self._network("step")},
            "$defs": self.definitions,
        }

    def _properties(self, words: Iterable[Word]) -> dict[str, Any]:
        return {
            "specc": {"const": 1, "description": "The version of the language."},
            "name": {**NAME, "description": "The name of the model; the file's without it."},
            "summary": {**TEXT, "description": "One line on what it is."},
            "reference": {**TEXT, "description": "Where it was published."},
            "extends": {**TEXT, "description": "A spec of the zoo or a file: this one is a patch of it."},
            "params": {
                "type": "object",
                "propertyNames": NAMES,
                "description": "Named values, overridable from outside: a default, or a JSON Schema.",
            },
            "inputs": {
                "type": "object",
                "propertyNames": NAMES,
                "additionalProperties": self._input(),
                "description": "Tensors that the model takes.",
            },
            "blocks": {
                "type": "object",
                "propertyNames": NAMES,
                "additionalProperties": self._block(),
                "description": "Blocks of one's own.",
            },
            "defaults": {
                "type": "object",
                "properties": {word.name: self._arguments(word.parameters, required=False) for word in words if word.entry is not None},
                "description": "Arguments for every use of a layer that does not give them itself.",
            },
            "layers": {"description": "The steps of the network."},
            "heads": {"description": "The outputs, by name."},
            "expect": {
                **closed({**EXPECTATIONS, "training": closed(EXPECTATIONS)}),
                "description": "What must hold of the network at default params.",
            },
            "data": {**self._section(experiment.Data), "description": "Where examples come from."},
            "train": {**self._section(experiment.Train), "description": "How the model is trained."},
        }

    def _network(self, step: str) -> dict[str, Any]:
        return {
            "layers": self._steps(step),
            "heads": {"type": "object", "propertyNames": NAMES, "additionalProperties": {"anyOf": [{"type": "null"}, _reference(step)]}},
        }

    def _steps(self, step: str) -> dict[str, Any]:
        return {"anyOf": [{"type": "array", "items": _reference(step)}, {"type": "null"}, _reference(step)]}

    def _step(self, words: Iterable[Word], step: str, additional: bool) -> dict[str, Any]:
        words = list(words)
        steps = self._steps(step)
        structures = {
            "layers": steps,
            "skip": steps,
            "parallel": closed(
                {"merge": {"type": ["string", "object"]}, "branches": {"type": "object", "additionalProperties": steps}}, ["branches"]
            ),
            "model": {"anyOf": [TEXT, closed({"spec": TEXT, "params": {"type": "object"}}, ["spec"])]},
            "share": {"anyOf": [TEXT, {"type": "object", "required": ["step"]}]},
        }
        modifiers: dict[str, Any] = {
            "name": NAME,
            "from": REFERENCE_LIST,
            "when": self._or_expression({"type": "boolean"}),
            "repeat": self._or_expression({"type": ["integer", "array"], "minimum": 0}),
            "as": NAME,
            "index": NAME,
            "each": REFERENCE_LIST,
            "trainable": self._or_expression({"type": "boolean"}),
        }
        described = {key: {**schema, "description": MODIFIER_DOCS[key]} for key, schema in modifiers.items()}
        described |= {key: {**schema, "description": STRUCTURE_DOCS[key]} for key, schema in structures.items()}
        described |= {word.name: _reference(f"word_{word.name}") for word in words}
        mapping = {"type": "object", "properties": described, "additionalProperties": additional, "minProperties": 1}
        bare: dict[str, Any] = {"type": "string"} if additional else {"enum": [word.name for word in words]}
        return {"anyOf": [mapping, bare]}

    def _word(self, word: Word) -> dict[str, Any]:
        forms: list[dict[str, Any]] = [{"type": "null"}, self._arguments(word.parameters)]
        if word.first is not None:
            forms.append(self._of(word.parameters[word.first].type))
        return {"anyOf": forms, "description": _word_doc(word)}

    def _input(self) -> dict[str, Any]:
        shape = {"type": "array", "items": self._or_expression({"type": ["integer", "null"], "minimum": 1})}
        full = closed({"shape": shape, "dtype": {"enum": DTYPES}, "when": self._or_expression({"type": "boolean"})}, ["shape"])
        return {"anyOf": [shape, full]}

    def _block(self) -> dict[str, Any]:
        return closed(
            {
                "summary": TEXT,
                "reference": TEXT,
                "params": {"type": "object", "propertyNames": NAMES},
                "inputs": {"type": "array", "items": NAME},
                "layers": self._steps("open_step"),
                "outputs": {"type": "object", "propertyNames": NAMES},
            },
            ["layers"],
        )

    # Types, as they may be written

    def _or_expression(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        if not schema:
            return {}
        admitted = dict(schema)
        if "items" in admitted:
            admitted["items"] = self._or_expression(admitted["items"])
        return {"anyOf": [admitted, _reference("expression")]}

    def _of(self, kind: Type) -> dict[str, Any]:
        match kind:
            case Plain(schema):
                return self._or_expression(schema)
            case ChoiceOf(family, optional):
                choice = self._define(family, lambda: self._layer() if family == "layer" else self._choice(entries(family)))
                return {"anyOf": [{"type": "null"}, choice]} if optional else choice
            case ListOf(item):
                inner = self._of(item)
                return {"anyOf": [{"type": "array", "items": inner}, {"type": "null"}, inner]}
            case MapOf(item):
                return {"type": "object", "additionalProperties": self._of(item)}
            case Section(params, optional):
                section = self._define(params.__name__.lower(), lambda: self._section(params))
                return {"anyOf": [{"type": "null"}, section]} if optional else section

    def _define(self, name: str, make: Any) -> dict[str, Any]:
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = make()
        return _reference(name)

    def _section(self, params: type[Params]) -> dict[str, Any]:
        return self._arguments(params.parameters)

    def _layer(self) -> dict[str, Any]:
        """A layer inside a layer: the words that are steps, without the functions."""
        names = [name for name, entry in entries("layer").items() if not entry.target.startswith("keras.ops.")]
        words = {name: _reference(f"word_{name}") for name in names}
        mapping = {"type": "object", "properties": words, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
        return {"anyOf": [{"enum": names}, mapping]}

    def _choice(self, words: Mapping[str, Entry]) -> dict[str, Any]:
        mapping = {"type": "object", "properties": {}, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
        for name, entry in words.items():
            forms: list[dict[str, Any]] = [{"type": "null"}, self._arguments(entry.params.parameters)]
            first = next(iter(entry.params.parameters.values()), None)
            if first is not None:
                forms.append(self._of(first.type))
            mapping["properties"][name] = {"anyOf": forms, "description": entry.doc}  # type: ignore[index]
        return {"anyOf": [{"enum": list(words)}, mapping, _reference("expression")]}

    def _arguments(self, parameters: Mapping[str, Param], required: bool = True) -> dict[str, Any]:
        properties = {name: self._parameter(parameter) for name, parameter in parameters.items()}
        needed = [name for name, parameter in parameters.items() if parameter.required] if required else []
        return closed(properties, needed)

    def _parameter(self, parameter: Param) -> dict[str, Any]:
        schema = {**self._of(parameter.type), "description": parameter.doc}
        if not parameter.required and not (isinstance(parameter.default, str) and parameter.default.startswith("=")):
            schema["default"] = parameter.default
        return schema


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _word_doc(word: Word) -> str:
    if word.entry is not None:
        return word.entry.doc
    summary = word.block.get("summary") if isinstance(word.block, MapNode) else None
    return str(summary.value) if isinstance(summary, ScalarNode) else ""
