"""The JSON Schema that editors use: completion, hover and squiggles while a spec is typed.

It admits what people write: shorthands and expressions. Step keys are closed, so that a misspelt word shows at once;
they are open only where a document defines `blocks` or `extends` another, whose words an editor cannot know. The schema
that is made for one document knows them, and is closed.

It is written for yaml-language-server, which tells the best match among alternatives. They differ in title or
description, or the hover text of all would be strung together; a wrong type is told by the title. Keys and their number
are limited apart, or nothing would be proposed where a key is being typed. In a list, where a word can be a key or stand
alone, the key is proposed, and the bare word admitted by a pattern: of both the server makes `flatten: flatten`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from specc.language import published
from specc.language.schema import DTYPES, EXPECTATIONS, PATTERN
from specc.language.syntax import MapNode, ScalarNode
from specc.language.vocabulary import Vocabulary, Word
from specc.registry.entry import Param, Params, choices, merges
from specc.registry.experiment import SECTIONS
from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section, Type

TEXT = {"type": "string"}
NAME = {"type": "string", "pattern": PATTERN}
NAMES = {"pattern": PATTERN}
EXPRESSION = {"type": "string", "pattern": "^=", "description": "An expression over params, repeat variables and the tensors at hand."}
NONE = {"enum": [None], "description": "None of them."}
NOTHING = {"type": "null", "description": "Nothing."}
MERGE = "way to merge"
ANY_STEP = {"type": "string", "description": "A block of the document's own, without arguments."}

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

SECTION_DOCS = {
    "data": "Where examples come from.",
    "train": "How the model is trained.",
    "evaluate": "What is measured once a model is trained.",
    "generate": "How a model of sequences writes.",
}

EXPECTED_DOCS = {
    "parameters": "Number of weights.",
    "trainable_parameters": "Number of weights that learn.",
    "macs": "Multiply-adds for one example.",
    "outputs": "Shapes of the outputs by name, the batch left out.",
    "training": "The same of the graph that training runs.",
}


def editor_schema() -> dict[str, Any]:
    """The schema for all documents, from the registry."""
    return _EditorSchema(Vocabulary(), own=False).document()


def document_editor_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """The schema for one document: as it may be written, closed, with the words of its vocabulary."""
    return _EditorSchema(vocabulary, own=True).document()


class _EditorSchema:
    """Args:
    own: whether the vocabulary is a document's, so that every word is known.
    """

    def __init__(self, vocabulary: Vocabulary, own: bool) -> None:
        self.definitions: dict[str, Any] = {"expression": EXPRESSION}
        self.vocabulary = vocabulary
        self.own = own

    def document(self) -> dict[str, Any]:
        words = [word for name in sorted(set(self.vocabulary)) if (word := self.vocabulary.find(name)) is not None]
        for word in words:
            self.definitions[f"arguments_{word.name}"] = self._titled(word)
            self.definitions[f"word_{word.name}"] = self._word(word, _reference(f"arguments_{word.name}"))
        self.definitions["bare_step"] = {"anyOf": [_bare(word, proposed=True) for word in _without_required(words)]}
        self.definitions["step"] = self._step(words, "step", additional=False)
        if not self.own:
            self.definitions["open_step"] = self._step(words, "open_step", additional=True)
        words_known = {"properties": self._network("step")}
        has_own = {"anyOf": [{"required": ["blocks"]}, {"required": ["extends"]}]}
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "specc",
            "description": "A network, its data and its training, compiled to Keras.",
            "type": "object",
            "properties": self._properties(words),
            "required": ["specc"],
            "additionalProperties": False,
            "allOf": [
                words_known if self.own else {"if": has_own, "then": {"properties": self._network("open_step")}, "else": words_known},
                {"if": {"required": ["extends"]}, "else": {"properties": self._whole()}},
            ],
            "$defs": self.definitions,
        }

    def _properties(self, words: Iterable[Word]) -> dict[str, Any]:
        sections = {name: {**self._of(kind), "description": SECTION_DOCS[name]} for name, kind in SECTIONS.items()}
        return {
            "specc": {"const": 1, "description": "The version of the language."},
            "name": {**NAME, "description": "The name of the model; the file's without it."},
            "summary": {**TEXT, "description": "One line on what it is."},
            "reference": {**TEXT, "description": "Where it was published."},
            "published": _published(),
            "extends": {**TEXT, "description": "A spec of the zoo or a file: this one is a patch of it."},
            "params": {
                "type": "object",
                "propertyNames": NAMES,
                "description": "Named values, overridable from outside: a default, or a JSON Schema.",
            },
            "inputs": {**_by_name(self._input()), "description": "Tensors that the model takes."},
            "blocks": {**_by_name({"anyOf": [self._block(), NOTHING]}), "description": "Blocks of one's own."},
            "defaults": {
                "type": "object",
                "properties": {word.name: _reference(f"arguments_{word.name}") for word in words if word.entry is not None},
                "description": "Arguments for every use of a layer that does not give them itself.",
            },
            "layers": {"description": "The steps of the network."},
            "heads": {"description": "The outputs, by name."},
            "expect": {**self._expectations(), "description": "What must hold of the network at default params."},
            **sections,
        }

    def _network(self, step: str) -> dict[str, Any]:
        heads = _by_name({"anyOf": [*self._one_step(step), NOTHING]})
        return {
            "layers": {**self._steps(step), "description": "The steps of the network."},
            "heads": {**heads, "description": "The outputs, by name."},
        }

    def _whole(self) -> dict[str, Any]:
        """What must be there where there is no base to have it from."""
        return {
            "inputs": {"additionalProperties": {"if": {"type": "object"}, "then": {"required": ["shape"]}}},
            "blocks": {"additionalProperties": {"type": "object", "required": ["layers"]}},
        }

    # Steps

    def _steps(self, step: str) -> dict[str, Any]:
        several = {"type": "array", "items": _reference(step), "title": "steps"}
        return {"anyOf": [several, NOTHING, *self._one_step(step)]}

    def _one_step(self, step: str) -> list[dict[str, Any]]:
        """A step that is in no list: there, a bare word can be proposed."""
        return [_reference(step), _reference("bare_step")]

    def _step(self, words: Iterable[Word], step: str, additional: bool) -> dict[str, Any]:
        words = list(words)
        steps = self._steps(step)
        structures = {
            "layers": steps,
            "skip": steps,
            "parallel": self._parallel(steps),
            "model": {"anyOf": [{**TEXT, "description": "A spec of the zoo or a file."}, self._model()]},
            "share": {"anyOf": [{**TEXT, "description": "The name of the step."}, {"type": "object", "required": ["step"]}]},
        }
        reference = {"type": ["string", "array", "object"]}
        modifiers: dict[str, Any] = {
            "name": NAME,
            "from": reference,
            "when": self._or_expression({"type": "boolean"}),
            "repeat": self._or_expression({"type": ["integer", "array"], "minimum": 0}),
            "as": NAME,
            "index": NAME,
            "each": reference,
            "trainable": self._or_expression({"type": "boolean"}),
        }
        properties = {word.name: _reference(f"word_{word.name}") for word in words}
        properties |= {key: {**schema, "description": STRUCTURE_DOCS[key]} for key, schema in structures.items()}
        properties |= {key: {**schema, "description": MODIFIER_DOCS[key]} for key, schema in modifiers.items()}
        bare = [_bare(word, proposed=False) for word in _without_required(words)]
        mapping = {
            "type": "object",
            "title": "step",
            "description": "A step: a word with its arguments, and modifiers beside it.",
            "errorMessage": "No layer, block or head has this name, or it cannot stand without arguments.",
            "allOf": [{"properties": properties, "additionalProperties": additional, "minProperties": 1}],
        }
        return {"anyOf": [mapping, *bare, *([ANY_STEP] if additional else [])]}

    def _parallel(self, steps: Mapping[str, Any]) -> dict[str, Any]:
        branches = {**_by_name(steps), "description": "Steps by the name of the branch; a branch without any is the identity."}
        merge = self._define("merge", lambda: self._words(MERGE, {name: self._layer(name) for name in merges()}))
        described = {**merge, "description": "How the branches become one tensor: `add`, `concatenate`, ...; without it they give a list."}
        return _closed({"merge": described, "branches": branches}, ["branches"])

    def _layer(self, name: str) -> Word:
        word = self.vocabulary.find(name)
        assert word is not None
        return word

    def _model(self) -> dict[str, Any]:
        params = {"type": "object", "description": "Values for its params."}
        spec = {**TEXT, "description": "A spec of the zoo or a file."}
        return {
            **_closed({"spec": spec, "params": params}, ["spec"]),
            "title": "model",
            "description": "A spec with values for its params.",
        }

    def _titled(self, word: Word) -> dict[str, Any]:
        """A word's arguments, none of which must be there: `defaults` may have it."""
        return {**self._arguments(word.parameters), "title": word.name, "description": _doc(word)}

    def _word(self, word: Word, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What may stand after a word's colon: its arguments, nothing, or the first of them alone."""
        required = [name for name, parameter in word.parameters.items() if parameter.required]
        forms: list[dict[str, Any]] = [{**arguments, **({"required": required} if required else {})}, NOTHING]
        if word.first is not None:
            parameter = word.parameters[word.first]
            forms.append({**self._of(parameter.type), "description": f"{_summary(word)}\n\nThe value is `{word.first}`: {parameter.doc}"})
        return {"anyOf": forms, "description": _doc(word)}

    # The other sections

    def _input(self) -> dict[str, Any]:
        sizes: dict[str, Any] = {"type": "array", "items": self._or_expression({"type": ["integer", "null"], "minimum": 1})}
        properties = {
            "shape": {**sizes, "description": "Sizes, the batch left out; null where one is not known."},
            "dtype": {"enum": DTYPES, "default": "float32", "description": "The number format. Default: `float32`."},
            "when": {**self._or_expression({"type": "boolean"}), "description": "Whether the input is there."},
        }
        full = {**_closed(properties), "title": "input", "description": "A tensor with its number format."}
        return {"anyOf": [{**sizes, "title": "shape", "description": "The shape of a float32 tensor, the batch left out."}, full, NOTHING]}

    def _block(self) -> dict[str, Any]:
        described = {
            "summary": {**TEXT, "description": "One line on what it is."},
            "reference": {**TEXT, "description": "Where it was published."},
            "params": {"type": "object", "propertyNames": NAMES, "description": "Its params: a default, or a JSON Schema."},
            "inputs": {"type": "array", "items": NAME, "description": "The names of its inputs, where it takes several."},
            "layers": {**self._steps("step" if self.own else "open_step"), "description": "Its steps."},
            "outputs": {"type": "object", "propertyNames": NAMES, "description": "Inner steps that can be referred to as `block/name`."},
        }
        return {**_closed(described), "title": "block", "description": "A block: steps under a name, with params of its own."}

    def _expectations(self) -> dict[str, Any]:
        facts = {name: {**schema, "description": EXPECTED_DOCS[name]} for name, schema in EXPECTATIONS.items()}
        return _closed({**facts, "training": {**_closed(facts), "description": EXPECTED_DOCS["training"]}})

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
                name = f"optional_{family}" if optional else family
                return self._define(name, lambda: self._choice(family, optional))
            case ListOf(ChoiceOf(family)):
                listed = self._define(f"listed_{family}", lambda: self._choice(family, listed=True))
                return {"anyOf": [{"type": "array", "items": listed, "title": "list"}, NOTHING, self._of(kind.item)]}
            case ListOf(item):
                inner = self._of(item)
                return {"anyOf": [{"type": "array", "items": inner, "title": "list"}, NOTHING, inner]}
            case MapOf(item):
                return {"type": "object", "additionalProperties": {"anyOf": [self._of(item), NOTHING]}}
            case Section(params, _, first):
                return self._define(params.__name__.lower(), lambda: self._section(params, first))

    def _define(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = make()
        return _reference(name)

    def _section(self, params: type[Params], first: bool) -> dict[str, Any]:
        """A mapping with fixed keys. Any of them may be missing, for a base may have it, or be null, which removes it."""
        schema = self._arguments(params.parameters)
        for name, parameter in params.parameters.items():
            described = schema["properties"][name]
            if isinstance(parameter.type, ChoiceOf):
                described.update(self._of(replace(parameter.type, optional=True)))
            elif "anyOf" in described and NOTHING not in described["anyOf"]:
                described["anyOf"] = [*described["anyOf"], NOTHING]
        forms: list[dict[str, Any]] = [{**schema, "title": params.__name__.lower()}, NOTHING]
        if first:
            parameter = next(iter(params.parameters.values()))
            forms.append({**self._of(parameter.type), "description": parameter.doc})
        return {"anyOf": forms}

    def _choice(self, family: str, optional: bool = False, listed: bool = False) -> dict[str, Any]:
        words = {name: Word(name, entry.params.parameters, entry) for name, entry in choices(family).items()}
        chosen = self._words(family, words, proposed=not listed)
        return {"anyOf": [*chosen["anyOf"], _reference("expression"), *([NONE] if optional else [])]}

    def _words(self, family: str, words: Mapping[str, Word], proposed: bool = True) -> dict[str, Any]:
        """One of several words, bare or with arguments."""
        steps = family in ("layer", MERGE)  # which are defined already
        properties = {name: _reference(f"word_{name}") if steps else self._family_word(family, word) for name, word in words.items()}
        mapping = {
            "type": "object",
            "title": family,
            "errorMessage": f"No {family} has this name.",
            "allOf": [{"properties": properties, "additionalProperties": False}, {"minProperties": 1, "maxProperties": 1}],
        }
        return {"anyOf": [mapping, *(_bare(word, proposed) for word in words.values())]}

    def _family_word(self, family: str, word: Word) -> dict[str, Any]:
        return self._define(f"{family}_{word.name}", lambda: self._word(word, self._titled(word)))

    def _arguments(self, parameters: Mapping[str, Param]) -> dict[str, Any]:
        return _closed({name: self._parameter(parameter) for name, parameter in parameters.items()})

    def _parameter(self, parameter: Param) -> dict[str, Any]:
        schema = {**self._of(parameter.type), "description": parameter.doc}
        if parameter.required:
            return schema
        schema["description"] = f"{parameter.doc} Default: `{_flow(parameter.default)}`.".lstrip()
        if parameter.default not in (None, [], {}) and not str(parameter.default).startswith("="):
            schema["default"] = parameter.default
        return schema


def _published() -> dict[str, Any]:
    figures = {name: {**schema, "description": doc} for name, (schema, doc) in published.FIGURES.items()}
    section = {name: {**schema, "description": doc} for name, (schema, doc) in published.SECTION.items()}
    listed = {"type": "array", "items": _closed(figures, ["source"]), "description": "Figures from the literature, by source."}
    return {**_closed({**section, "figures": listed}), "description": "What the literature says of it."}


def _closed(properties: Mapping[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    """A mapping of these keys and no others."""
    schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def _by_name(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": NAMES, "additionalProperties": dict(values)}


def _bare(word: Word, proposed: bool) -> dict[str, Any]:
    """A word that stands alone."""
    form = {"const": word.name} if proposed else {"type": "string", "pattern": f"^{word.name}$"}
    return {**form, "description": _summary(word)}


def _without_required(words: Iterable[Word]) -> list[Word]:
    """Those that can stand alone."""
    return [word for word in words if not any(parameter.required for parameter in word.parameters.values())]


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _flow(value: Any) -> str:
    """A default as it is written in a spec."""
    import json

    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _doc(word: Word) -> str:
    if word.entry is not None:
        return word.entry.doc
    summary = word.block.get("summary") if isinstance(word.block, MapNode) else None
    return str(summary.value) if isinstance(summary, ScalarNode) else ""


def _summary(word: Word) -> str:
    return _doc(word).split("\n", 1)[0]
