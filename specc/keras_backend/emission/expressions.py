"""Expressions of the language as expressions of Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from specc.diagnostics import SpecError, fail
from specc.keras_backend.emission.context import Context, Entry, Scope, Variable
from specc.keras_backend.emission.profile import Profile
from specc.keras_backend.emission.values import Local, Needs, Packing, Sequence, Value, call, starred
from specc.language.document import Step
from specc.language.expressions import CONSTANTS, parse
from specc.language.syntax import ListNode, MapNode, Node, ScalarNode

Found = ast.expr | Value | Sequence | list[Value]

WHOLE = ("int", "round_to", "ceil", "floor", "len")


class Translator:
    """Translates what is written in one document's steps. `used` collects the helpers that the source needs."""

    def __init__(self, needs: Needs, packing: Packing, profile: Profile, used: set[str]) -> None:
        self.needs = needs
        self.packing = packing
        self.profile = profile
        self.used = used

    # Data

    def value(self, node: Node, context: Context, step: Step | None = None) -> ast.expr:
        """A value: literals as literals, lists as tuples, expressions translated."""
        match node:
            case ScalarNode() if node.is_expression:
                return self.data(parse(node.value).tree, context, step, node)
            case ScalarNode(value):
                return ast.Constant(value)
            case ListNode(items):
                return ast.Tuple([self.value(item, context, step) for item in items])
            case MapNode(entries):
                keys: list[ast.expr | None] = [ast.Constant(key) for key in entries]
                return ast.Dict(keys, [self.value(entry.value, context, step) for entry in entries.values()])

    def data(self, tree: ast.expr, context: Context, step: Step | None, place: Node) -> ast.expr:
        found = self.found(tree, context, step, place)
        if isinstance(found, ast.expr):
            return found
        raise self.refused(f"`{ast.unparse(tree)}` is a step where a value is asked", place)

    def refused(self, reason: str, place: Node) -> SpecError:
        return fail("E0601", f"this cannot be written as Python: {reason}", place.span)

    def found(self, tree: ast.expr, context: Context, step: Step | None, place: Node) -> Found:
        """What an expression stands for: a Python expression, or a step's result."""
        return _Translation(self, context, step, place).found(tree)

    def lookup(self, identifier: str, context: Context) -> Entry | None:
        if identifier == "x" and context.x is not None:
            return context.x
        if identifier == "input" and context.input is not None:
            self.needs.ask(("input", context.function))
            return context.input
        return context.scope.find(identifier)

    def may_be_fraction(self, tree: ast.expr, step: Step, context: Context) -> bool:
        """Whether a whole number may come out as a float."""
        return any(isinstance(value, float) for value in self.profile.values(step, tree)) or divides(tree)


def divides(tree: ast.AST) -> bool:
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in WHOLE:
        return False
    if (isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div)) or (isinstance(tree, ast.Constant) and isinstance(tree.value, float)):
        return True
    if isinstance(tree, (ast.Compare, ast.Subscript)):
        return False
    children = [tree.body, tree.orelse] if isinstance(tree, ast.IfExp) else ast.iter_child_nodes(tree)
    return any(divides(child) for child in children)


class _Translation:
    """One expression."""

    def __init__(self, translator: Translator, context: Context, step: Step | None, place: Node) -> None:
        self.translator, self.context, self.step, self.place = translator, context, step, place
        self.packing = translator.packing

    def data(self, tree: ast.expr) -> ast.expr:
        return self.translator.data(tree, self.context, self.step, self.place)

    def found(self, tree: ast.expr) -> Found:
        match tree:
            case ast.Constant():
                return tree
            case ast.Name(id=identifier):
                return self.name(identifier)
            case ast.Attribute(value=owner, attr=member):
                return self.member(self.found(owner), member)
            case ast.BinOp(left=left, op=op, right=right):
                return ast.BinOp(self.operand(left), op, self.operand(right))
            case ast.UnaryOp(op=op, operand=operand):
                return ast.UnaryOp(op, self.data(operand))
            case ast.BoolOp(op=op, values=values):
                return ast.BoolOp(op, [self.data(value) for value in values])
            case ast.Compare():
                return self.comparison(tree)
            case ast.IfExp():
                return self.choice(tree)
            case ast.List(elts=elements):
                return self.display([self.found(element) for element in elements])
            case ast.Subscript(value=owner, slice=index):
                return self.subscript(self.found(owner), index)
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self.call(function, arguments)
        raise AssertionError(f"{type(tree).__name__} is not part of expressions")

    def name(self, identifier: str) -> Found:
        if identifier in CONSTANTS:
            return ast.Constant(CONSTANTS[identifier])
        if identifier == "training":
            self.translator.needs.ask(("training", self.context.function))
            return ast.Name("training")
        entry = self.translator.lookup(identifier, self.context)
        if isinstance(entry, Variable):
            if entry.capture is not None:
                self.translator.needs.ask(("capture", self.context.function, entry.capture))
            return entry.where
        if entry is None:
            raise self.translator.refused(f"`{identifier}` is not known where it stands", self.place)
        return entry

    def member(self, owner: Found, member: str) -> Found:
        if isinstance(owner, ast.expr):
            return ast.Subscript(owner, ast.Constant(member))
        if isinstance(owner, Value):
            inner = owner.member(member)
            if inner is not None:
                return inner
            return _tensor_member(owner.tensor(), member)
        raise self.translator.refused(f"a list of steps has no member `{member}`", self.place)

    def choice(self, tree: ast.IfExp) -> Found:
        test, body, orelse = self.data(tree.test), self.found(tree.body), self.found(tree.orelse)
        if isinstance(body, ast.expr) and isinstance(orelse, ast.expr):
            return ast.IfExp(test, body, orelse)
        if isinstance(body, Value) and isinstance(orelse, Value):
            return Local(ast.IfExp(test, body.tensor(), orelse.tensor()), body.listed)
        raise self.translator.refused("a choice between a step and a value", self.place)

    def display(self, elements: list[Found]) -> Found:
        if all(isinstance(element, Value) for element in elements) and elements:
            return [element for element in elements if isinstance(element, Value)]
        if all(isinstance(element, ast.expr) for element in elements):
            return ast.List([element for element in elements if isinstance(element, ast.expr)])
        raise self.translator.refused("a list of steps and values", self.place)

    def comparison(self, tree: ast.Compare) -> ast.expr:
        """A comparison; with null and booleans as Python's own style has it."""
        left, ops = self.operand(tree.left), list(tree.ops)
        comparators = [
            _bare_range(self.data(each)) if isinstance(op, (ast.In, ast.NotIn)) else self.operand(each)
            for op, each in zip(ops, tree.comparators)
        ]
        if len(ops) == 1 and isinstance(ops[0], (ast.Eq, ast.NotEq)):
            equal, right = isinstance(ops[0], ast.Eq), comparators[0]
            if isinstance(right, ast.Constant) and right.value is None:
                return ast.Compare(left, [ast.Is() if equal else ast.IsNot()], [right])
            if isinstance(right, ast.Constant) and isinstance(right.value, bool) and self.is_boolean(tree.left):
                return left if right.value == equal else ast.UnaryOp(ast.Not(), left)
        return ast.Compare(left, ops, comparators)

    def is_boolean(self, tree: ast.expr) -> bool:
        seen = list(self.translator.profile.values(self.step, tree)) if self.step is not None else []
        return bool(seen) and all(isinstance(value, bool) for value in seen)

    def operand(self, tree: ast.expr) -> ast.expr:
        """An operand of arithmetic or a comparison; what may be a tuple in Python is made the list that it is in the language."""
        written = self.data(tree)
        if isinstance(written, (ast.List, ast.Constant)) or self.step is None:
            return written
        if isinstance(written, (ast.Name, ast.Subscript, ast.Attribute)) and any(
            isinstance(value, list) for value in self.translator.profile.values(self.step, tree)
        ):
            return call("list", written)
        return written

    def subscript(self, owner: Found, index: ast.expr) -> Found:
        if isinstance(owner, Value):
            items = owner.items()
            if items is None:
                raise self.translator.refused("a step without items is indexed", self.place)
            owner = items
        bounds = self.bounds(index) if isinstance(index, ast.Slice) else None
        if isinstance(owner, ast.expr):
            return ast.Subscript(owner, bounds) if bounds is not None else ast.Subscript(_bare_range(owner), self.data(index))
        if isinstance(owner, Sequence):
            return owner.sliced(bounds) if bounds is not None else owner.at(self.data(index), self.packing)
        return self.of_static(owner, index)

    def of_static(self, owner: list[Value], index: ast.expr) -> Found:
        try:
            found: Any = eval_constant(owner, index)
        except (ValueError, TypeError):
            if isinstance(index, ast.Slice):
                raise self.translator.refused("steps of a fixed list are sliced by what varies", self.place) from None
            return Local(ast.Subscript(ast.List([starred(each) for each in owner]), self.data(index)))
        return found

    def bounds(self, index: ast.Slice) -> ast.Slice:
        lower, upper, step = (None if bound is None else self.data(bound) for bound in (index.lower, index.upper, index.step))
        return ast.Slice(lower, upper, step)

    def call(self, function: str, arguments: list[ast.expr]) -> ast.expr:
        found = [self.found(argument) for argument in arguments]
        if function == "len" and not isinstance(found[0], ast.expr):
            return self.length(found[0])
        written = [each for each in found if isinstance(each, ast.expr)]
        if len(written) < len(found):
            raise self.translator.refused(f"`{function}` of a step", self.place)
        if function in ("ceil", "floor"):
            self.translator.used.add("math")
            return call(f"math.{function}", *written)
        if function == "round_to":
            self.translator.used.add("round_to")
        if function in ("len", "min", "max", "sum"):
            written = [_bare_range(each) for each in written]
        made = call(function, *written)
        return call("list", made) if function == "range" else made

    def length(self, found: Value | Sequence | list[Value]) -> ast.expr:
        items = found.items() if isinstance(found, Value) else found
        if isinstance(items, Sequence):
            return call("len", items.where())
        return ast.Constant(len(items or []))


def _bare_range(tree: ast.expr) -> ast.expr:
    """A range without the `list` around it, where Python takes both."""
    match tree:
        case ast.Call(func=ast.Name(id="list"), args=[ast.Call(func=ast.Name(id="range")) as bare]):
            return bare
    return tree


def eval_constant(owner: list[Value], index: ast.expr) -> Value | list[Value]:
    """An item, or a slice, of a fixed list by numbers. Raises ValueError where they are not fixed."""
    if isinstance(index, ast.Slice):
        bounds = [None if bound is None else ast.literal_eval(bound) for bound in (index.lower, index.upper, index.step)]
        return owner[slice(*bounds)]
    return owner[ast.literal_eval(index)]


AXES = {"channels": -1, "height": 1, "width": 2, "length": 1}


def _tensor_member(tensor: ast.expr, member: str) -> ast.expr:
    shape = ast.Attribute(tensor, "shape")
    if member in AXES:
        return ast.Subscript(shape, _number(AXES[member]))
    if member == "rank":
        return call("len", shape)
    return ast.Attribute(tensor, member)


def _number(value: int) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def names_in(nodes: Iterator[Node]) -> Iterator[str]:
    """The names that expressions in nodes read."""
    for node in nodes:
        match node:
            case ScalarNode() if node.is_expression:
                yield from parse(node.value).names
            case ListNode(items):
                yield from names_in(iter(items))
            case MapNode(entries):
                yield from names_in(entry.value for entry in entries.values())


__all__ = ["Found", "Scope", "Translator", "names_in"]
