"""Layers, initializers and their like as calls in Python, by the registry's own lowering."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specc.graph import KerasCall
from specc.keras_backend.emission.context import Context
from specc.keras_backend.emission.expressions import Translator
from specc.keras_backend.emission.values import call, dotted
from specc.language.document import Step
from specc.language.evaluation import has_expression
from specc.language.expressions import parse
from specc.language.syntax import Entry as Written
from specc.language.syntax import ListNode, MapNode, Node, ScalarNode, plain_value
from specc.language.vocabulary import Word
from specc.registry.entry import Choice, Params, bind, bind_value, find
from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section, Type

OWN_LAYERS = "specc.keras_backend.layers."


@dataclass(frozen=True, eq=False)
class Code:
    """Stands in bound parameters for a value that is written as an expression."""

    tree: ast.expr


@dataclass(frozen=True, eq=False)
class Call:
    """A layer's construction, or an operation, and the further arguments of its call."""

    target: KerasCall
    args: list[ast.expr]
    keywords: dict[str, ast.expr]
    options: dict[str, ast.expr]


class Lowering:
    def __init__(self, translator: Translator, used: set[str]) -> None:
        self.translator = translator
        self.used = used

    def layer(self, word: Word, step: Step, context: Context) -> Call:
        """The call of a layer's word, `defaults` beneath the step's own arguments."""
        assert word.entry is not None
        params = self._params(word.entry.params, self.arguments(word, step, context), step)
        made = word.entry.call(params)
        args = [self.expression(value) for value in made.args]
        keywords = {key: self.expression(value) for key, value in made.kwargs.items()}
        options = {key: self.expression(value) for key, value in word.entry.options(params).items()}
        return Call(made, args, keywords, options)

    def arguments(self, word: Word, step: Step, context: Context) -> dict[str, tuple[Node, Context]]:
        """What is given for a word, each with where it is read."""
        defaults = context.document.defaults.get(word.name)
        outer = context.at(scope=context.root, x=None, input=None)
        given: dict[str, tuple[Node, Context]] = {}
        for written, where in ((defaults, outer), (step.arguments, context)):
            entries: Mapping[str, Written] = written.entries if written is not None else {}
            given.update({key: (entry.value, where) for key, entry in entries.items()})
        return given

    def _params(self, kind: type[Params], given: Mapping[str, tuple[Node, Context]], step: Step) -> Params:
        values = {key: self._bound(kind.parameters[key].type, node, context, step) for key, (node, context) in given.items()}
        return kind(**values)

    def _bound(self, kind: Type, node: Node, context: Context, step: Step) -> Any:
        if not has_expression(node):
            return bind_value(kind, plain_value(node))
        match kind, node:
            case Plain(), _:
                return Code(self._plain(kind, node, context, step))
            case ChoiceOf(family), MapNode(entries):
                (name, entry), *_ = entries.items()
                chosen = find(family, name)
                assert chosen is not None
                assert isinstance(entry.value, MapNode)
                arguments = {key: (item.value, context) for key, item in entry.value.entries.items()}
                return Choice(chosen, self._params(chosen.params, arguments, step))
            case ChoiceOf(family), ScalarNode():
                return self._chosen(family, node, context, step)
            case ListOf(item), ListNode(items):
                return [self._bound(item, each, context, step) for each in items]
            case MapOf(item), MapNode(entries):
                return {key: self._bound(item, entry.value, context, step) for key, entry in entries.items()}
            case Section(section), MapNode(entries):
                return self._params(section, {key: (entry.value, context) for key, entry in entries.items()}, step)
        return Code(self.translator.value(node, context, step))

    def _chosen(self, family: str, node: ScalarNode, context: Context, step: Step) -> Any:
        """A word that an expression chooses: Keras must know it by name."""
        tree = parse(node.value).tree
        for value in self.translator.profile.values(step, tree):
            entry = find(family, value) if isinstance(value, str) else None
            if value is not None and (entry is None or not entry.by_name):
                raise self.translator.refused(f"an expression chooses the {family} {value!r}, which Keras does not know by its name", node)
        return Code(self.translator.value(node, context, step))

    def _plain(self, kind: Plain, node: Node, context: Context, step: Step) -> ast.expr:
        written = self.translator.value(node, context, step)
        if not isinstance(node, ScalarNode):
            return _shaped(written, self._sample(kind, node))
        tree = parse(node.value).tree
        if _only_whole(kind) and self.translator.may_be_fraction(tree, step, context):
            return call("int", written)
        seen = next(iter(self.translator.profile.values(step, tree)), None)
        return _shaped(written, _try_bind(kind, seen))

    def _sample(self, kind: Plain, node: Node) -> Any:
        return _try_bind(kind, _with_ones(node))

    # Calls as expressions

    def expression(self, value: Any) -> ast.expr:
        match value:
            case Code(tree):
                return tree
            case KerasCall():
                return self.made(value)
            case list():
                return ast.List([self.expression(item) for item in value])
            case tuple():
                return ast.Tuple([self.expression(item) for item in value])
            case dict():
                return ast.Dict([ast.Constant(key) for key in value], [self.expression(item) for item in value.values()])
        return ast.Constant(value)

    def made(self, made: KerasCall) -> ast.expr:
        keywords = {key: self.expression(value) for key, value in made.kwargs.items()}
        return call(self.target(made.target), *(self.expression(value) for value in made.args), **keywords)

    def target(self, path: str) -> ast.expr:
        """A class or function as it is named in the source; what it has to import or hold is noted."""
        module, _, own = path.rpartition(".")
        if module == "keras.layers":
            self.used.add("layers")
            return dotted(f"layers.{own}")
        if path.startswith(OWN_LAYERS):
            self.used.add(path)
            return ast.Name(own)
        self.used.add(f"import {module.split('.')[0] if module.startswith('keras.') else module}")
        return dotted(path)


def _only_whole(kind: Plain) -> bool:
    types = kind.schema.get("type", ())
    named = {types} if isinstance(types, str) else set(types)
    return "integer" in named and "number" not in named


def _with_ones(node: Node) -> Any:
    """The value of a node whose expressions are taken to be 1: what kind of sequence the parameter makes of it is the same."""
    if isinstance(node, ListNode):
        return [_with_ones(item) for item in node.items]
    return 1 if isinstance(node, ScalarNode) and node.is_expression else plain_value(node)


def _try_bind(kind: Plain, value: Any) -> Any:
    try:
        return bind_value(kind, value)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return None


def _shaped(written: ast.expr, sample: Any) -> ast.expr:
    """A written sequence as the tuple or list that the parameter makes of it."""
    if not isinstance(written, (ast.List, ast.Tuple)) or not isinstance(sample, (list, tuple)) or len(sample) != len(written.elts):
        return written
    items = [_shaped(item, part) for item, part in zip(written.elts, sample)]
    return ast.Tuple(items) if isinstance(sample, tuple) else ast.List(items)


__all__ = ["Call", "Code", "Lowering", "bind"]
