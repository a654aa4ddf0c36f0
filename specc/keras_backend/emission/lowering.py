"""Layers, initializers and their like as calls in Python, by the registry's own lowering."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specc.diagnostics import Sink
from specc.graph import KerasCall
from specc.keras_backend.emission.context import Context, Variable
from specc.keras_backend.emission.expressions import Translator
from specc.keras_backend.emission.values import call, dotted
from specc.language.document import Step
from specc.language.evaluation import has_expression
from specc.language.expressions import CONSTANTS, parse
from specc.language.spelling import Speller
from specc.language.syntax import Entry as Written
from specc.language.syntax import ListNode, MapNode, Node, ScalarNode, plain_value
from specc.language.vocabulary import Vocabulary, Word
from specc.registry.entry import Choice, Params, bind, bind_value, find, lowered
from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section, Type, is_nested

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
        args = [self.expression(value, context.trainable) for value in made.args]
        keywords = {key: self.expression(value, context.trainable) for key, value in made.kwargs.items()}
        options = {key: self.expression(value) for key, value in word.entry.options(params).items()}
        return Call(made, args, keywords, options)

    def arguments(self, word: Word, step: Step, context: Context) -> dict[str, tuple[Node, Context]]:
        """What is given for a word, each with where it is read."""
        return self._given(word.name, step.arguments, context)

    def _given(self, word: str, own: MapNode | None, context: Context) -> dict[str, tuple[Node, Context]]:
        defaults = context.document.defaults.get(word)
        outer = context.at(scope=context.root, x=None, input=None)
        given: dict[str, tuple[Node, Context]] = {}
        for written, where in ((defaults, outer), (own, context)):
            entries: Mapping[str, Written] = written.entries if written is not None else {}
            given.update({key: (entry.value, where) for key, entry in entries.items()})
        return given

    def _params(self, kind: type[Params], given: Mapping[str, tuple[Node, Context]], step: Step) -> Params:
        values = {key: self._bound(kind.parameters[key].type, node, context, step) for key, (node, context) in given.items()}
        return kind(**values)

    def _bound(self, kind: Type, node: Node, context: Context, step: Step) -> Any:
        if is_nested(kind) and isinstance(node, (MapNode, ListNode)):
            return self._nested(kind, node, context, step)
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

    def _nested(self, kind: Type, node: Node, context: Context, step: Step) -> Any:
        """A layer inside a layer, with what `defaults` say of it."""
        if isinstance(kind, ListOf):
            assert isinstance(node, ListNode)
            return [self._bound(kind.item, each, context, step) for each in node.items]
        assert isinstance(kind, ChoiceOf)
        assert isinstance(node, MapNode)
        ((name, entry),) = node.entries.items()
        chosen = find(kind.family, name)
        assert chosen is not None
        assert isinstance(entry.value, MapNode)
        return Choice(chosen, self._params(chosen.params, self._given(name, entry.value, context), step))

    def _chosen(self, family: str, node: ScalarNode, context: Context, step: Step) -> Any:
        """A word that an expression chooses: Keras knows it by name, or the function that is written is given the object."""
        tree = parse(node.value).tree
        for value in self.translator.profile.values(step, tree):
            if value is not None and not self.is_name(family, value) and not self._handed_on(family, tree, context):
                name = next(iter(value)) if isinstance(value, dict) else value
                raise self.translator.refused(f"an expression chooses the {family} `{name}`, which Keras does not know by its name", node)
        return Code(self.translator.value(node, context, step))

    def _handed_on(self, family: str, tree: ast.expr, context: Context) -> bool:
        """Whether an expression is a param, or chooses between some, so that the function can be given objects for them."""
        if isinstance(tree, ast.IfExp):
            return self._handed_on(family, tree.body, context) and self._handed_on(family, tree.orelse, context)
        if isinstance(tree, ast.Constant):
            return self.is_name(family, tree.value)
        if isinstance(tree, ast.Name) and tree.id in CONSTANTS:
            return CONSTANTS[tree.id] is None
        variable = self.translator.lookup(tree.id, context) if isinstance(tree, ast.Name) else None
        if not isinstance(variable, Variable) or variable.param is None:
            return False
        self.translator.needs.ask(("choice", context.function, variable.param, family))
        return True

    def is_name(self, family: str, value: Any) -> bool:
        """Whether Keras knows a choice by its name."""
        entry = find(family, value) if isinstance(value, str) else None
        return entry is not None and entry.by_name

    def given(self, function: Any, param: str, node: Node, context: Context, step: Step) -> ast.expr:
        """What a function is given for a param: data; or an object, where the function passes it on to Keras as one."""
        family = self.translator.needs.choice(function, param)
        if family is None:
            return self.translator.value(node, context, step)
        spelled = Speller(Vocabulary(), Sink()).typed(ChoiceOf(family), node)
        return self.expression(lowered(self._bound(ChoiceOf(family), spelled, context, step)))

    def default(self, param: str, node: Node, context: Context) -> ast.expr:
        """A default that is computed when the function is called."""
        family = self.translator.needs.choice(context.function, param)
        if family is not None and isinstance(node, ScalarNode) and node.is_expression:
            self._handed_on(family, parse(node.value).tree, context)
        if family is None or has_expression(node):
            return self.translator.value(node, context)
        spelled = Speller(Vocabulary(), Sink()).typed(ChoiceOf(family), node)
        return self.expression(lowered(bind_value(ChoiceOf(family), plain_value(spelled))))

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

    def expression(self, value: Any, trainable: ast.expr | None = None) -> ast.expr:
        """An argument, as it is written. Layers among it are as `trainable` as the layer that they stand in."""
        match value:
            case Code(tree):
                return tree
            case KerasCall():
                return self.made(value, trainable)
            case list():
                return ast.List([self.expression(item, trainable) for item in value])
            case tuple():
                return ast.Tuple([self.expression(item, trainable) for item in value])
            case dict():
                return ast.Dict([ast.Constant(key) for key in value], [self.expression(item) for item in value.values()])
        return ast.Constant(value)

    def made(self, made: KerasCall, trainable: ast.expr | None = None) -> ast.expr:
        keywords = {key: self.expression(value, trainable) for key, value in made.kwargs.items()}
        if trainable is not None and "name" in keywords:
            keywords = {"trainable": trainable, **keywords}
        return call(self.target(made.target), *(self.expression(value, trainable) for value in made.args), **keywords)

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
