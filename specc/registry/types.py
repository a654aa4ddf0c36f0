"""Types of parameters: what JSON Schema checks, how shorthands are spelled out, what Python gets.

A type is found from the annotation of a `Params` field. Schemas here describe values after shorthands are spelled
out: closed, without `anyOf`, so that a validator can say precisely what is wrong.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

if typing.TYPE_CHECKING:
    from specc.registry.entry import Choice, Params


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A JSON value that a schema alone describes."""

    schema: Mapping[str, Any]
    convert: Callable[[Any], Any] | None = None

    def bind(self, value: Any) -> Any:
        return value if self.convert is None or value is None else self.convert(value)


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceOf:
    """One word of a family with its arguments: `he_normal`, `{constant: 20}`, `{adamw: {learning_rate: 1e-3}}`."""

    family: str
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """A list of values that are not plain; one value stands for a list of one, nothing for an empty list."""

    item: "Type"


@dataclass(frozen=True, slots=True, eq=False)
class MapOf:
    """Values by name, the names chosen by the user."""

    item: "Type"


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A mapping with fixed keys, declared by a `Params` class; with `first`, another value stands for the first of them."""

    params: "type[Params]"
    optional: bool = False
    first: bool = False


Type = Plain | ChoiceOf | ListOf | MapOf | Section


def size_type(rank: int, minimum: int = 1) -> Plain:
    """One int for all axes, or one an axis."""
    return Plain(
        {
            "type": ["integer", "array"],
            "minimum": minimum,
            "items": {"type": "integer", "minimum": minimum},
            "minItems": rank,
            "maxItems": rank,
        },
        lambda value: int(value) if isinstance(value, (int, float)) else tuple(int(size) for size in value),
    )


Size1D = Annotated[int | tuple[int], size_type(1)]
Size2D = Annotated[int | tuple[int, int], size_type(2)]
Size3D = Annotated[int | tuple[int, int, int], size_type(3)]

Axis = Annotated[
    int | tuple[int, ...],
    Plain(
        {"type": ["integer", "array"], "items": {"type": "integer"}, "minItems": 1},
        lambda value: int(value) if isinstance(value, (int, float)) else tuple(int(axis) for axis in value),
    ),
]

Names = Annotated[
    list[str],
    Plain({"type": ["string", "array"], "items": {"type": "string"}}, lambda value: [value] if isinstance(value, str) else list(value)),
]

Activation = Annotated["Choice", ChoiceOf("activation")]
Initializer = Annotated["Choice | None", ChoiceOf("initializer")]
OptionalInitializer = Annotated["Choice | None", ChoiceOf("initializer", optional=True)]
Regularizer = Annotated["Choice | None", ChoiceOf("regularizer", optional=True)]
Constraint = Annotated["Choice | None", ChoiceOf("constraint", optional=True)]

Layer = Annotated["Choice", ChoiceOf("layer")]
OptionalLayer = Annotated["Choice | None", ChoiceOf("layer", optional=True)]
Cell = Annotated["Choice", ChoiceOf("cell")]

NESTED = ("layer", "cell")  # families whose choices are layers inside a layer: they have names, and `defaults` reach them


def is_nested(kind: Type) -> bool:
    """Whether a parameter's value is a layer, or a list of them."""
    return is_nested(kind.item) if isinstance(kind, ListOf) else isinstance(kind, ChoiceOf) and kind.family in NESTED


PLAIN: dict[Any, Plain] = {
    int: Plain({"type": "integer"}, int),
    float: Plain({"type": "number"}, float),
    bool: Plain({"type": "boolean"}),
    str: Plain({"type": "string"}),
    Any: Plain({}),
}


def type_of(annotation: Any) -> Type:
    """The type that an annotation names. Raises TypeError for one that the language has no form for."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return next(argument for argument in arguments[1:] if isinstance(argument, Type))
    if origin is Literal:
        return Plain({"enum": list(arguments)})
    if origin in (types.UnionType, typing.Union) and type(None) in arguments:
        rest = [argument for argument in arguments if argument is not type(None)]
        if len(rest) == 1:
            return optional(type_of(rest[0]))
    if origin is list:
        item = type_of(arguments[0])
        return Plain({"type": "array", "items": item.schema}, list_of(item)) if isinstance(item, Plain) else ListOf(item)
    if origin is dict:
        return MapOf(type_of(arguments[1]))
    if isinstance(annotation, type) and hasattr(annotation, "parameters"):
        return Section(annotation)
    raise TypeError(f"no parameter type for the annotation {annotation!r}")


def list_of(item: Plain) -> Callable[[Any], list[Any]]:
    return lambda values: [item.bind(value) for value in values]


def optional(kind: Type) -> Type:
    """The same type, `null` admitted."""
    match kind:
        case Plain(schema, convert):
            if "enum" in schema:
                return Plain({**schema, "enum": [*schema["enum"], None]}, convert)
            names = schema.get("type", [])
            return Plain({**schema, "type": [*([names] if isinstance(names, str) else names), "null"]}, convert)
        case ChoiceOf(family):
            return ChoiceOf(family, optional=True)
        case Section(params):
            return Section(params, optional=True)
    return kind


def constrained(kind: Type, keywords: Mapping[str, Any]) -> Type:
    """The type narrowed by further JSON Schema keywords."""
    if not keywords:
        return kind
    if not isinstance(kind, Plain):
        raise TypeError("only plain types take constraints")
    return Plain({**kind.schema, **keywords}, kind.convert)
