"""Layers as arguments of layers: what is written for them, `defaults` beneath it, and where all of it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from specc.language.spelling import spelled_value
from specc.language.syntax import Entry, ListNode, MapNode, Node
from specc.registry.entry import Entry as WordEntry
from specc.registry.entry import find
from specc.registry.types import ChoiceOf, ListOf, Type

if TYPE_CHECKING:
    from specc.language.evaluation import Evaluator, Frame


def nested_value(evaluator: Evaluator, kind: Type, node: Node, frame: Frame) -> tuple[Any, Node]:
    """The JSON value of a layer, or of several, that stands as an argument; and where all of it is written. Raises Failed."""
    match kind, node:
        case ListOf(item), ListNode(items):
            pairs = [nested_value(evaluator, item, each, frame) for each in items]
            return [value for value, _ in pairs], ListNode(tuple(place for _, place in pairs), node.span)
        case ChoiceOf(family), MapNode(entries) if len(entries) == 1:
            ((word, entry),) = entries.items()
            chosen = find(family, word)
            if chosen is not None and isinstance(entry.value, MapNode):
                given = evaluator.given(word, chosen.params.parameters, entry.value, frame)
                return {word: given.values}, MapNode({word: Entry(entry.key, MapNode(given.places, entry.value.span))}, node.span)
    value = spelled_value(kind, evaluator.value(node, frame))
    return _with_defaults(evaluator, kind, value, frame), node


def _with_defaults(evaluator: Evaluator, kind: Type, value: Any, frame: Frame) -> Any:
    """A layer that an expression gave, with what `defaults` say of it."""
    if isinstance(kind, ListOf) and isinstance(value, list):
        return [_with_defaults(evaluator, kind.item, each, frame) for each in value]
    if not isinstance(kind, ChoiceOf) or not isinstance(value, dict) or len(value) != 1:
        return value
    ((word, arguments),) = value.items()
    chosen = find(kind.family, word)
    if chosen is None or not isinstance(arguments, dict):
        return value
    return {word: {**evaluator.given(word, chosen.params.parameters, None, frame).values, **arguments}}


def layers_in(value: Any) -> Iterator[WordEntry]:
    """The layers that a JSON value speaks of, at any depth."""
    match value:
        case Mapping():
            for key, item in value.items():
                entry = find("layer", key)
                if entry is not None:
                    yield entry
                yield from layers_in(item)
        case list():
            for item in value:
                yield from layers_in(item)
