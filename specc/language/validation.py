"""Documents and values held against their JSON Schemas.

jsonschema is the judge of what is wrong and how it is told. Most documents are right, though, and importing and
asking jsonschema takes longer than all the rest of a check; so a schema is first walked directly, and jsonschema is
asked only where that does not find the value plainly valid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from specc.diagnostics import MOST, Sink
from specc.language.schema import Definitions, SchemaBuilder, document_schema
from specc.language.spelling import StepNode
from specc.language.syntax import MapNode, Node, plain_value
from specc.language.vocabulary import EXPERIMENT, Vocabulary, Word
from specc.registry.entry import Entry

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Schema = Mapping[str, Any]

ANNOTATIONS = {"x-family", "x-written", "$defs", "description", "default", "title"}

TYPES: Mapping[str, Callable[[Any], bool]] = {
    "integer": lambda value: (type(value) is int or (type(value) is float and value.is_integer())) and abs(value) < 2**63,
    "number": lambda value: type(value) in (int, float) and value == value,  # not-a-number is none
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


class Validator:
    """Validates against one schema. An expression satisfies every keyword; its value is checked once it is known."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def errors(self, value: Any) -> Iterator[ValidationError]:
        """What is wrong with a value, as jsonschema finds it."""
        definitions = self._schema.get("$defs", {})
        if not plainly_valid(value, self._schema, definitions):
            if isinstance(definitions, Definitions):
                definitions.complete()
            yield from jsonschema_validator()(self._schema).iter_errors(value)


@cache
def jsonschema_validator() -> Any:
    """jsonschema's validator, each keyword satisfied by an expression."""
    from jsonschema import Draft202012Validator, validators

    keywords = {name: _beside_expressions(keyword) for name, keyword in Draft202012Validator.VALIDATORS.items()}
    keywords["x-written"] = _written
    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {name: lambda _, value, is_one=is_one: is_one(value) for name, is_one in TYPES.items()}
    )
    return validators.extend(Draft202012Validator, keywords, type_checker=types)


def _beside_expressions(keyword: Callable[..., Any]) -> Callable[..., Any]:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and instance[:1] == "=":
            return iter(())
        return keyword(validator, value, instance, schema) or iter(())

    return check


def _written(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """What makes up the document cannot be computed: names, sections, the steps themselves."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and instance[:1] == "=":
        yield ValidationError("an expression")


def plainly_valid(value: Any, schema: Schema, definitions: Schema) -> bool:
    """Whether a value meets a schema; False also where the schema has a keyword that is not known here."""
    if isinstance(value, str) and value[:1] == "=":
        return "x-written" not in schema
    for keyword, argument in schema.items():
        if keyword in ANNOTATIONS:
            continue
        rule = RULES.get(keyword)
        if rule is None or not rule(value, argument, schema, definitions):
            return False
    return True


def _type(value: Any, names: Any, schema: Schema, definitions: Schema) -> bool:
    if isinstance(names, str):
        return TYPES[names](value)
    return any(TYPES[name](value) for name in names)


def _properties(value: Any, known: Any, schema: Schema, definitions: Schema) -> bool:
    if not isinstance(value, dict):
        return True
    further = schema.get("additionalProperties", True)
    for key, item in value.items():
        own = known.get(key)
        if own is None:
            own = further
        if own is False or (own is not True and not plainly_valid(item, own, definitions)):
            return False
    return True


def _further(value: Any, further: Any, schema: Schema, definitions: Schema) -> bool:
    return "properties" in schema or _properties(value, {}, schema, definitions)


def _items(value: Any, item: Any, schema: Schema, definitions: Schema) -> bool:
    return not isinstance(value, list) or all(plainly_valid(each, item, definitions) for each in value)


def _one_of(value: Any, allowed: Any, schema: Schema, definitions: Schema) -> bool:
    return any(type(value) is type(each) and value == each for each in allowed)


def _number(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Schema, Schema], bool]:
    return lambda value, bound, schema, definitions: type(value) not in (int, float) or compare(value, bound)


def _count(kind: type[list] | type[dict], compare: Callable[[int, int], bool]) -> Callable[[Any, Any, Schema, Schema], bool]:
    return lambda value, bound, schema, definitions: type(value) is not kind or compare(len(value), bound)


RULES: Mapping[str, Callable[[Any, Any, Schema, Schema], bool]] = {
    "$ref": lambda value, name, schema, definitions: plainly_valid(value, definitions[name[8:]], definitions),
    "type": _type,
    "properties": _properties,
    "additionalProperties": _further,
    "propertyNames": lambda value, names, schema, definitions: (
        not isinstance(value, dict) or all(plainly_valid(key, names, definitions) for key in value)
    ),
    "items": _items,
    "required": lambda value, names, schema, definitions: not isinstance(value, dict) or all(name in value for name in names),
    "enum": _one_of,
    "const": lambda value, only, schema, definitions: type(value) is type(only) and value == only,
    "pattern": lambda value, pattern, schema, definitions: not isinstance(value, str) or re.search(pattern, value) is not None,
    "minimum": _number(lambda value, bound: value >= bound),
    "maximum": _number(lambda value, bound: value <= bound),
    "exclusiveMinimum": _number(lambda value, bound: value > bound),
    "exclusiveMaximum": _number(lambda value, bound: value < bound),
    "minItems": _count(list, lambda length, bound: length >= bound),
    "maxItems": _count(list, lambda length, bound: length <= bound),
    "minProperties": _count(dict, lambda length, bound: length >= bound),
    "maxProperties": _count(dict, lambda length, bound: length <= bound),
}


@cache
def validator_of(schema: str) -> Validator:
    """The validator of a schema that is given as JSON text."""
    return Validator(json.loads(schema))


def word_validator(word: Word, layers: Iterable[Entry] = ()) -> Validator:
    """The validator of the arguments of a layer or a block; `layers` are those that stand among them."""
    builder = SchemaBuilder(layers=layers)
    schema = builder.word(word)
    return Validator({**schema, "$defs": builder.definitions})


@dataclass(frozen=True, slots=True)
class Faults:
    """What a document gets wrong: steps, and words whose block or defaults are not right."""

    steps: frozenset[StepNode] = frozenset()
    words: frozenset[str] = frozenset()


def check_document(root: MapNode, vocabulary: Vocabulary, used: Iterable[str], sink: Sink) -> Faults:
    """Reports everything in which a spelled-out document violates the schema; returns what does."""
    sections = [name for name in EXPERIMENT if name in root]
    defaults = root.get("defaults")
    supplied = (
        {name: list(value.entries) for name, value in defaults if isinstance(value, MapNode)} if isinstance(defaults, MapNode) else {}
    )
    validator = Validator(document_schema(vocabulary, used, sections, supplied, partial=True))
    steps: set[StepNode] = set()
    words: set[str] = set()
    for error in independent(validator.errors(plain_value(root))):
        from specc.language.schema_errors import places_of, report

        report(error, root, sink, vocabulary)
        path = list(error.absolute_path)
        inside = [node for _, node in places_of(root, path) if isinstance(node, StepNode)]
        steps.update(inside[-1:])
        if not inside and path[:1] in (["defaults"], ["blocks"]):
            words.update(str(part) for part in path[1:2])
    return Faults(frozenset(steps), frozenset(words))


def independent(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Errors without those that follow from another: what has not even the right type has no right size either, and of
    several words where one is asked it does not matter what their arguments are."""
    found = list(islice(errors, 4 * MOST))
    mistyped = {tuple(error.absolute_path) for error in found if error.validator == "type"}
    crowded = {tuple(error.absolute_path) for error in found if error.validator == "maxProperties"}
    for error in found:
        path = tuple(error.absolute_path)
        echo = error.validator != "type" and path in mistyped
        if not echo and not any(path[:length] in crowded for length in range(len(path))):
            yield error


def check_values(validator: Validator, values: Any, node: Node, sink: Sink, owner: str = "") -> bool:
    """Checks evaluated values; reports at the places of `node`. Returns whether all is well."""
    found = False
    for error in independent(validator.errors(values)):
        from specc.language.schema_errors import report

        report(error, node, sink, None, owner)
        found = True
    return not found
