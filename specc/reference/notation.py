"""Types, values and shapes in the notation of the reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from specc.registry.entry import plural
from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section, Type


def type_text(kind: Type) -> str:
    """A type in a few words."""
    match kind:
        case Plain(schema):
            return _schema_text(schema)
        case ChoiceOf(family, optional):
            return family + (" or null" if optional else "")
        case ListOf(item):
            return f"list of {type_text(item)}"
        case MapOf(item):
            return f"mapping to {type_text(item)}"
        case Section():
            return "mapping"


def values_text(kind: Type) -> str:
    """A type for a page, where there is room for every value."""
    if isinstance(kind, Plain) and "enum" in kind.schema:
        return ", ".join(f"`{flow(value)}`" for value in kind.schema["enum"])
    if isinstance(kind, ChoiceOf):
        return f"[{kind.family}]({plural(kind.family)}.md){' or null' if kind.optional else ''}"
    return type_text(kind)


def _schema_text(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        values = schema["enum"]
        return " | ".join(flow(value) for value in values) if len(values) <= 6 else f"one of {len(values)} names"
    kinds = schema.get("type", "any")
    text = " or ".join(_kind_text(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    signs = (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"))
    return ", ".join([text, *(f"{sign} {flow(schema[key])}" for key, sign in signs if key in schema)])


def _kind_text(kind: str, schema: Mapping[str, Any]) -> str:
    if kind != "array":
        return kind
    fixed = schema.get("minItems") if schema.get("minItems") == schema.get("maxItems") else None
    return "list" if fixed is None else f"list of {fixed}"


def spelled(name: str, arguments: dict[str, Any]) -> str:
    """A word with its arguments, as a spec has them."""
    return f"{name}: {flow(arguments)}" if arguments else name


def flow(value: Any) -> str:
    """A JSON value in YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z=_][\w =*/.+-]*", value) and value not in ("true", "false", "null"):
        return value
    return json.dumps(value, ensure_ascii=False)


def shapes(value: Any) -> str:
    """A shape, or a list of them."""
    return f"[{', '.join(str(each) for each in value)}]" if isinstance(value, list) else str(value)
