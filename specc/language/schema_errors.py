"""jsonschema's errors as diagnostics at their places."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Sink, Span
from specc.language.spelling import StepNode
from specc.language.syntax import ListNode, MapNode, Node, ScalarNode, resolve_scalar
from specc.language.vocabulary import MODIFIERS, STRUCTURES, Vocabulary
from specc.registry.entry import find, nearest, nearest_entry, plural
from specc.registry.layers import ALSO
from specc.registry.types import ChoiceOf, ListOf, is_nested

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def report(error: ValidationError, root: Node, sink: Sink, vocabulary: Vocabulary | None, owner: str = "") -> None:
    """One error of jsonschema as a diagnostic."""
    path = list(error.absolute_path)
    places = places_of(root, path)
    context = _Context(error, path, places, sink, vocabulary, owner)
    REPORTS.get(str(error.validator), _Context.other)(context)


def places_of(root: Node, path: list[Any]) -> list[tuple[Span, Node]]:
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


SECTIONS = {"params": "param", "inputs": "input", "heads": "head", "blocks": "block"}
LONGEST_NAME = 100
MERGES_ELSEWHERE = {
    "sum": "add", "plus": "add", "sub": "subtract", "mul": "multiply", "product": "multiply", "mean": "average", "max": "maximum",
    "min": "minimum", "concat": "concatenate", "cat": "concatenate",
}  # fmt: skip
LISTED = 12  # names that a help lists; more are for `specc explain`


class _Context:
    """An error with what is needed to word it."""

    def __init__(
        self, error: Any, path: list[Any], places: list[tuple[Span, Node]], sink: Sink, vocabulary: Vocabulary | None, owner: str
    ) -> None:
        self.error, self.path, self.sink, self.vocabulary, self.owner = error, path, sink, vocabulary, owner
        self.places = places
        self.key, self.node = places[-1]

    @property
    def span(self) -> Span:
        return self.key if isinstance(self.node, MapNode) else self.node.span

    @property
    def title(self) -> str:
        """The thing at fault: `filters` of `conv2d`, the input `image`."""
        keys = [part for part in self.path if isinstance(part, str)]
        if not keys:
            return f"`{self.owner}`" if self.owner else "the spec"
        inside = keys[-2] if len(keys) > 1 else self.owner
        if inside in SECTIONS and len(keys) <= 2:
            named = f"the {SECTIONS[inside]} `{keys[-1]}`"
        elif len(keys) == 3 and keys[0] == "inputs" and keys[2] == "shape":
            named = f"the input `{keys[1]}`"
        elif not inside or self._is_modifier:
            named = f"`{keys[-1]}`"
        else:
            named = f"`{keys[-1]}` of `{inside}`"
        return f"item {self.path[-1] + 1} of {named}" if isinstance(self.path[-1], int) else named

    @property
    def _is_modifier(self) -> bool:
        return len(self.places) > 1 and isinstance(self.places[-2][1], StepNode) and self.path[-1] in (*MODIFIERS, *STRUCTURES)

    def say(self, code: str, message: str, span: Span | None = None, help: str | None = None) -> None:
        self.sink.error(code, message, span or self.span, help=help)

    def unknown(self) -> None:
        """Keys that the schema does not have."""
        properties = self.error.schema.get("properties", {})
        extras = [key for key in self.error.instance if key not in properties]
        family = self.error.schema.get("x-family")
        for key in extras:
            # An expression gives a mapping that is not written here.
            span = self.node.entries[key].key if isinstance(self.node, MapNode) else self.node.span
            self._unknown_key(key, span, family, properties)

    def _unknown_key(self, key: str, span: Span, family: str | None, properties: Mapping[str, Any]) -> None:
        if family in ("step", "defaults"):
            self._unknown_word(key, span, family)
        elif family == "merge":
            meant = f"did you mean `{MERGES_ELSEWHERE[key]}`?" if key in MERGES_ELSEWHERE else _suggest(key, properties)
            self.say("E0106", f"`{key}` does not merge tensors", span, meant or f"one of {', '.join(properties)}")
        elif family is not None:
            close, all_of_it = nearest_entry(family, key), plural(family)
            listed = f"the {all_of_it} are listed by `specc list {all_of_it}`"
            if family == "layer" and (self.vocabulary or Vocabulary()).find(key) is not None:
                listed, close = f"`{key}` is a block, and only a layer can stand inside a layer", None
            elif find("layer", key) is not None:
                listed, close = f"`{key}` is a layer: make it a step of its own, `- {key}`", None
            self.say("E0106", f"unknown {family} `{key}`", span, f"did you mean `{close}`?" if close else listed)
        elif self.vocabulary is not None and not self.path:
            known = key in STRUCTURES or self.vocabulary.find(key) is not None
            step = f"`{key}` is a step, which stands under `layers`: `- {key}: ...`" if known and key not in properties else None
            self.say("E0101", f"unknown key `{key}`", span, step or _suggest(key, properties) or f"the keys are {', '.join(properties)}")
        else:
            owner = next((str(part) for part in reversed(self.path) if isinstance(part, str)), self.owner)
            names = ", ".join(f"`{name}`" for name in properties)
            advice = f"it has {names}" if names else f"`{owner}` takes nothing"
            if key in MODIFIERS and isinstance(self._step, StepNode):
                advice = f"`{key}` stands beside `{owner}`, on a line of its own, not in its braces"
            elif len(properties) > LISTED:
                advice = f"`specc explain {owner}` lists what it has"
            place = _place_of_layer(owner, key)
            help = f"a layer inside stands under `{place}`: `{place}: {{{key}: ...}}`" if place else _suggest(key, properties) or advice
            self.say("E0108", f"`{owner}` has no `{key}`", span, help)

    @property
    def _step(self) -> Node | None:
        return self.places[-2][1] if len(self.places) > 1 else None

    def _unknown_word(self, key: str, span: Span, family: str) -> None:
        vocabulary = self.vocabulary or Vocabulary()
        word = self.node.word if isinstance(self.node, StepNode) else ""
        if family == "step" and word and word != key:
            help = _suggest(key, MODIFIERS) or (
                f"arguments of `{word}` stand in its braces: `{word}: {{{key}: ...}}`" if word not in STRUCTURES else None
            )
            self.say("E0101", f"`{key}` is not a modifier of a step", span, help)
            return
        candidates = [*vocabulary, *STRUCTURES] if family == "step" else list(vocabulary)
        if key in ALSO or find("activation", key) is not None:
            help = f"did you mean `{ALSO[key]}`?" if key in ALSO else f"`{key}` is an activation: `- activation: {key}`"
            self.say("E0106", f"unknown layer or block `{key}`", span, help)
            return
        close = _suggest(key, candidates) or _suggest(key.lower().replace("_", ""), {name.replace("_", ""): name for name in candidates})
        self.say("E0106", f"unknown layer or block `{key}`", span, close or "`specc list layers` and `specc list blocks` name them all")

    def missing(self) -> None:
        """Keys that the schema wants, told together."""
        schema = self.error.schema
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        owner = next((str(part) for part in reversed(self.path) if isinstance(part, str)), self.owner)
        extras = [key for key in self.error.instance if closed and key not in properties]
        meant = {_place_of_layer(owner, key) or nearest(key, properties) for key in extras}
        names = [name for name in schema["required"] if name not in self.error.instance and name not in meant]
        if not names:
            return  # The misspelt key is reported; that it is missing would be an echo.
        span = self.key if self.path else self.node.span.first_line.within(0, 1)
        listed = " and ".join(f"`{name}`" for name in names)
        self.say("E0102", f"{f'`{owner}`' if owner else 'a spec'} needs {listed}", span, self._missing_help(owner, names))

    def _missing_help(self, owner: str, names: list[str]) -> str | None:
        if not self.path and not self.owner:
            return {"specc": "begin the spec with `specc: 1`", "inputs": "`inputs: {image: [224, 224, 3]}`, sizes without the batch"}[
                names[0]
            ]
        return f"`{owner}: {{{', '.join(f'{name}: ...' for name in names)}}}`" if isinstance(self._step, StepNode) else None

    def type(self) -> None:
        expected = _types(self.error.validator_value)
        if len(self.path) == 2 and self.path[0] == "inputs":
            expected = "a list of sizes, or a mapping"
        self.say("E0103", f"{self.title} must be {expected}, not {_found(self.error.instance)}", help=self._type_help())

    def _type_help(self) -> str | None:
        instance, wanted = self.error.instance, self.error.validator_value
        if len(self.path) == 2 and self.path[0] == "inputs" and isinstance(instance, int):
            return f"`{self.path[1]}: [{instance}]`; the batch is left out"
        if isinstance(instance, (int, float)) and not isinstance(instance, bool) and abs(instance) >= 2**63 and "integer" in wanted:
            return "whole numbers are below 2 ** 63"
        if isinstance(instance, str) and instance in ("yes", "no", "on", "off") and "boolean" in wanted:
            return "write `true` or `false`"
        if isinstance(instance, str) and isinstance(self.node, ScalarNode) and not self.node.plain and "string" not in wanted:
            return "remove the quotes" if isinstance(resolve_scalar(instance), (int, float, bool)) else None
        numeric = "integer" in wanted or "number" in wanted
        if (
            isinstance(instance, str)
            and "string" not in wanted
            and ((numeric and COMPUTED.fullmatch(instance)) or self._is_param(instance))
        ):
            return f"an expression starts with `=`: `={instance}`"
        return None

    def written(self) -> None:
        if isinstance(self.node, MapNode):  # a key of it
            self.name()
            return
        help = "expressions give arguments, sizes, counts and switches"
        self.say("E0103", f"{self.title} must be written, not computed", self.node.span, help)

    def _is_param(self, name: str) -> bool:
        """Whether a param of the spec, or of the block that the place is in, has the name; `training` is like one."""
        if name == "training":
            return True
        root = self.places[0][1]
        owners = [root, *(node for _, node in self.places[2:3] if self.path[:1] == ["blocks"])]
        declared = [owner.get("params") for owner in owners if isinstance(owner, MapNode)]
        return any(isinstance(params, MapNode) and name in params for params in declared)

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
        noun = "item" if isinstance(self.error.instance, list) else "character"
        noun += "s" * (count.rpartition(" ")[2] != "1")
        self.say("E0104", f"{self.title} must have {count} {noun}, not {len(self.error.instance)}")

    def one_of(self) -> None:
        values = self.error.validator_value if isinstance(self.error.validator_value, list) else [self.error.validator_value]
        if self.path == ["specc"]:
            self.say(
                "E0105", f"this is version {_found(self.error.instance)} of the language; specc reads version 1", help="write `specc: 1`"
            )
            return
        names = [str(value) for value in values if isinstance(value, str)]
        close = _part_of(str(self.error.instance).lower(), names) or nearest(str(self.error.instance).lower(), names)
        allowed = ", ".join("null" if value is None else f"`{value}`" for value in values)
        help = f"did you mean `{close}`?" if close else f"one of {allowed}" if len(values) > 6 else None
        wanted = f"one of {allowed}" if len(values) <= 6 else "one of the known names"
        self.say("E0105", f"{self.title} must be {wanted}, not {_found(self.error.instance)}", help=help)

    def name(self) -> None:
        instance = str(self.error.instance)
        span = self.node.entries[instance].key if isinstance(self.node, MapNode) and instance in self.node.entries else self.span
        help = "a name begins with a small letter and goes on with small letters, digits and `_`"
        plain = unicodedata.normalize("NFKD", instance.lower()).encode("ascii", errors="ignore").decode()  # without accents
        fixed = "".join(char if char.isalnum() else "_" for char in plain).strip("_")
        if len(instance) > LONGEST_NAME:
            help = f"a name has at most {LONGEST_NAME} characters"
        elif fixed[:1].isalpha():
            help += f": `{fixed}`"
        self.say("E0109", f"`{instance}` is not a name", span, help)

    def choice(self) -> None:
        family = self.error.schema.get("x-family", "word")
        words = list(self.error.instance)
        found = f"`{'`, `'.join(words)}`" if words else "none"
        self.say("E0110", f"{self.title} takes exactly one {family}, not {found}", help="keep one of them" if words else None)

    def other(self) -> None:
        self.say("E0103", f"{self.title}: {self.error.message}")


COMPUTED = re.compile(r"[\w.() ]+([-+*/%]+[\w.() ]+)+")

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
    "x-written": _Context.written,
    "minProperties": _Context.choice,
    "maxProperties": _Context.choice,
}


def _place_of_layer(owner: str, key: str) -> str | None:
    """The parameter of a layer that takes the layer, or the cell, which stands among its arguments instead."""
    entry = find("layer", owner) or find("cell", owner)
    for name, parameter in entry.params.parameters.items() if entry is not None else ():
        kind = parameter.type.item if isinstance(parameter.type, ListOf) else parameter.type
        if is_nested(kind) and isinstance(kind, ChoiceOf) and find(kind.family, key) is not None:
            return name
    return None


def _suggest(name: str, candidates: Iterable[str]) -> str | None:
    close = nearest(name, candidates)
    if close is not None and isinstance(candidates, Mapping) and isinstance(candidates[close], str):
        close = candidates[close]
    return f"did you mean `{close}`?" if close else None


def _part_of(name: str, candidates: Iterable[str]) -> str | None:
    """The shortest candidate of which a name is whole words: `float16` of `mixed_float16`."""
    fitting = [each for each in candidates if f"_{name}_" in f"_{each}_" and each != name]
    return min(fitting, key=len, default=None)


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
        case float():
            return f"{value:.6g}"
        case int():
            return str(value)
        case list():
            return "a list"
    return "a mapping"
