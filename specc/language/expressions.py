"""Expressions of the language: a small, terminating subset of Python's, parsed and evaluated without `eval`.

A value of an expression is a JSON value, a list, or something with members: a mapping, or a step's result, which
offers `member(name)`, `items` and `len()`.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from specc.diagnostics import Span
from specc.registry.entry import nearest

MAX_LENGTH = 2_000
MAX_DEPTH = 60
MAX_ITEMS = 100_000
MAX_MAGNITUDE = 2**63
MAX_WORK = 2_000_000  # items of lists, and characters, that the expressions of a network read and make


class ExpressionError(Exception):
    """An expression that cannot be read or has no value.

    Args:
        code: the diagnostic's code.
        message: one sentence.
        start, end: the characters at fault, counted in the text with its `=`.
        note: what else is to be known, and where that stands.
    """

    def __init__(
        self,
        code: str,
        message: str,
        start: int = 0,
        end: int | None = None,
        help: str | None = None,
        note: tuple[str, Span] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.help, self.note = code, message, start, end, help, note


class Unavailable(Exception):
    """A value that depends on something already reported; the expression is given up silently."""


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A parsed expression. `names` are the free names that it reads."""

    text: str
    tree: ast.expr
    names: frozenset[str]
    stripped: str
    shift: int


def round_to(value: float, multiple: int) -> int:
    """The nearest multiple, at least one multiple, one more where that loses over a tenth (MobileNet's rule)."""
    rounded = max(multiple, int(value + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * value else rounded


class _TooLarge(Exception):
    """A call whose result would be too large."""


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > MAX_ITEMS:
        raise _TooLarge(f"a range of {len(numbers):,} numbers is too long")
    return list(numbers)


def _round(value: float, digits: int | None = None) -> float:
    if digits is not None and abs(digits) > 100:
        raise _TooLarge("`round` takes at most 100 digits")
    return round(value, digits)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "len": len, "min": min, "max": max, "sum": sum, "range": _range, "round": _round, "ceil": math.ceil,
    "floor": math.floor, "int": int, "round_to": round_to,
}  # fmt: skip

CONSTANTS = {"true": True, "false": False, "null": None}

BINARY: Mapping[type, tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add), ast.Sub: ("-", operator.sub), ast.Mult: ("*", operator.mul), ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv), ast.Mod: ("%", operator.mod), ast.Pow: ("**", operator.pow),
}  # fmt: skip

COMPARE: Mapping[type, tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("==", operator.eq), ast.NotEq: ("!=", operator.ne), ast.Lt: ("<", operator.lt), ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt), ast.GtE: (">=", operator.ge),
    ast.In: ("in", lambda item, items: item in items), ast.NotIn: ("not in", lambda item, items: item not in items),
}  # fmt: skip

UNARY: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    ast.USub: ("-", operator.neg), ast.UAdd: ("+", operator.pos), ast.Not: ("not", operator.not_),
}  # fmt: skip

ALLOWED = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.Attribute, ast.List,
    ast.Constant, ast.Name, ast.Call,
)  # fmt: skip


@lru_cache(maxsize=20_000)
def parse(text: str) -> Expression:
    """Reads an expression, `=` first. Raises ExpressionError where it is none of the language's."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError("E0206", f"the expression is too long: {len(text)} characters of at most {MAX_LENGTH}")
    body = BREAKS.sub(" ", text[1:])
    stripped = body.strip()
    shift = 1 + len(body) - len(body.lstrip())
    if not stripped:
        raise ExpressionError("E0201", "the expression is empty", 0, 1, """for a string that starts with `=` write `="=..."`""")
    try:
        with warnings.catch_warnings():  # `1if x else 2` is fine with us
            warnings.simplefilter("ignore")
            tree = ast.parse(stripped, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable(text, stripped, shift, error) from None
    names: set[str] = set()
    _admit(tree, lambda node: _stretch(node, stripped, shift), 0, names)
    return Expression(text, tree, frozenset(names), stripped, shift)


BREAKS = re.compile(r"[\r\n\t\x0c]")
PYTHON_ONLY = re.compile(r"&&|\|\||!(?!=)|\?|(?<![=!<>])=(?!=)")
INSTEAD = {"&&": "and", "||": "or", "!": "not", "=": "==", "?": "a if c else b"}


def _unreadable(text: str, stripped: str, shift: int, error: BaseException) -> ExpressionError:
    """What is wrong with the grammar of an expression, as far as Python's parser tells."""
    shown = text if len(text) < 60 else f"{text[:57]}..."
    message = f"the expression `{shown}` cannot be read"
    foreign = PYTHON_ONLY.search(re.sub(r"'[^']*'|\"[^\"]*\"", lambda quoted: "_" * len(quoted.group()), stripped))
    if foreign is not None:
        start = shift + foreign.start()
        help = f"`{foreign.group()}` is not an operator here: write `{INSTEAD[foreign.group()]}`"
        return ExpressionError("E0201", message, start, start + len(foreign.group()), help)
    offset = min(getattr(error, "offset", None) or 1, len(stripped) + 1)
    if offset > len(stripped) or stripped[-1:] in "+-*/%<>=,.(" or stripped.endswith((" and", " or", " not", " if", " else")):
        return ExpressionError("E0201", f"{message}: it ends too early", shift + len(stripped) - 1, shift + len(stripped))
    reason = (getattr(error, "msg", "") or "it is too complex").split(". ")[0].split(" (")[0].rstrip(".?").lower()
    return ExpressionError("E0201", message if reason == "invalid syntax" else f"{message}: {reason}", shift + offset - 1, shift + offset)


def _stretch(node: ast.AST, stripped: str, shift: int) -> tuple[int, int]:
    """The characters of a node. Python counts bytes."""
    start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None) or 1
    if not stripped.isascii():
        encoded = stripped.encode()
        start, end = (len(encoded[:offset].decode(errors="ignore")) for offset in (start, end))
    return shift + start, shift + end


def _admit(node: ast.AST, stretch: Callable[[ast.AST], tuple[int, int]], depth: int, names: set[str]) -> None:
    """Refuses everything outside the white list, before anything is evaluated."""
    start, end = stretch(node)
    if depth > MAX_DEPTH:
        raise ExpressionError("E0206", "the expression is nested too deeply", start, end)
    if isinstance(node, ast.Call):
        if node.keywords and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            raise ExpressionError("E0203", f"`{node.func.id}` takes no arguments by name", start, end)
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            called = ast.unparse(node.func)
            close = nearest(called, FUNCTIONS)
            help = f"did you mean `{close}`?" if close else f"the functions are {', '.join(FUNCTIONS)}"
            raise ExpressionError("E0203", f"`{called}` is not a function of expressions", start, start + len(called), help)
        children: list[ast.AST] = list(node.args)
    elif not isinstance(node, ALLOWED):
        raise ExpressionError("E0203", f"{_kind(node)} is not part of expressions", start, end)
    else:
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            raise ExpressionError("E0203", f"`{node.attr}` is not a member", start, end)
        if isinstance(node, ast.Constant) and not isinstance(node.value, (str, int, float, bool, type(None))):
            raise ExpressionError("E0203", f"`{ast.unparse(node)}` is not a value of the language", start, end)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and abs(node.value) > MAX_MAGNITUDE:
            raise ExpressionError("E0206", "the number is too large", start, end)
        if isinstance(node, ast.Name) and node.id not in CONSTANTS:
            names.add(node.id)
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, (ast.expr, ast.Slice))]
        for operation in _operations(node):
            if type(operation) not in BINARY and type(operation) not in COMPARE and type(operation) not in UNARY:
                raise ExpressionError("E0203", f"the operator of `{ast.unparse(node)}` is not part of expressions", start, end)
    for child in children:
        _admit(child, stretch, depth + 1, names)


def _operations(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return [node.op]
    return list(node.ops) if isinstance(node, ast.Compare) else []


def _kind(node: ast.AST) -> str:
    kinds = {"Lambda": "a function", "ListComp": "a comprehension", "Dict": "a mapping", "Tuple": "a tuple", "JoinedStr": "an f-string"}
    name = type(node).__name__
    return kinds.get(name, f"`{ast.unparse(node)}`")


class Budget:
    """The work that is left to all the expressions of a network together."""

    def __init__(self) -> None:
        self.left = MAX_WORK


def evaluate(expression: Expression, lookup: Callable[[str], Any], budget: Budget | None = None) -> Any:
    """The value of an expression.

    Args:
        lookup: gives the value of a name, or raises KeyError, with the nearest known name if there is one.
        budget: is charged for lists and strings.

    Raises:
        ExpressionError: it has none.
        Unavailable: it depends on something already reported.
    """
    evaluation = _Evaluation(lookup, expression, budget or Budget())
    value = evaluation.value(expression.tree)
    evaluation.charge(expression.tree, value)
    return value


class _Evaluation:
    def __init__(self, lookup: Callable[[str], Any], expression: Expression, budget: Budget) -> None:
        self.lookup = lookup
        self.expression = expression
        self.budget = budget

    def charge(self, node: ast.expr, *values: Any) -> None:
        """Takes the size of lists and strings from the budget. Raises ExpressionError where it is used up."""
        for value in values:
            if isinstance(value, (list, str, dict)):
                self.budget.left -= extent(value)
        if self.budget.left < 0:
            message = f"the expressions of the network go through more than {MAX_WORK:,} items of lists"
            raise self.error(node, "E0206", message, "lists are for a few values: sizes, depths, widths")

    def error(self, node: ast.AST, code: str, message: str, help: str | None = None) -> ExpressionError:
        start, end = _stretch(node, self.expression.stripped, self.expression.shift)
        return ExpressionError(code, message, start, end, help)

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Attribute(value=owner, attr=member):
                return self.member(node, self.value(owner), member)
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(node, BINARY[type(op)], self.value(left), self.value(right))
            case ast.UnaryOp(op=op, operand=operand):
                symbol, apply = UNARY[type(op)]
                return self.guarded(node, apply, [self.value(operand)], symbol)
            case ast.BoolOp(op=op, values=values):
                return self.boolean(isinstance(op, ast.And), values)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return self.comparison(node, self.value(left), ops, comparators)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test) else orelse)
            case ast.List(elts=elements):
                return self.guarded(node, lambda *items: list(items), [self.value(element) for element in elements], "[]")
            case ast.Subscript(value=owner, slice=index):
                return self.subscript(node, self.value(owner), index)
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self.guarded(node, FUNCTIONS[function], [self.value(argument) for argument in arguments], function)
        raise AssertionError(f"{type(node).__name__} was admitted but has no meaning")

    def name(self, node: ast.Name, name: str) -> Any:
        if name in CONSTANTS:
            return CONSTANTS[name]
        try:
            return self.lookup(name)
        except ExpressionError as error:
            error.start, error.end = _stretch(node, self.expression.stripped, self.expression.shift)
            raise
        except KeyError as error:
            close = error.args[1] if len(error.args) > 1 else None
            raise self.error(
                node, "E0202", f"no param, variable or step is named `{name}` here", f"did you mean `{close}`?" if close else None
            ) from None

    def member(self, node: ast.Attribute, owner: Any, member: str) -> Any:
        if isinstance(owner, dict):
            if member in owner:
                return owner[member]
            close = nearest(member, owner)
            raise self.error(
                node, "E0202", f"there is no `{member}` in `{ast.unparse(node.value)}`", f"did you mean `{close}`?" if close else None
            )
        if hasattr(owner, "member"):
            try:
                return owner.member(member)
            except KeyError as error:
                close = nearest(member, error.args[1]) if len(error.args) > 1 else None
                help = (
                    f"did you mean `{close}`?"
                    if close
                    else f"it has {', '.join(error.args[1])}"
                    if error.args[1:] and error.args[1]
                    else None
                )
                missing = self.error(node, "E0202", f"`{ast.unparse(node.value)}` has no member `{member}`", help)
                missing.start = (missing.end or 0) - len(member)
                raise missing from None
        raise self.error(node, "E0204", f"`{ast.unparse(node.value)}` is {describe(owner)} and has no members")

    def binary(self, node: ast.BinOp, operation: tuple[str, Callable[[Any, Any], Any]], left: Any, right: Any) -> Any:
        symbol, apply = operation
        numbers = all(isinstance(side, (int, float)) for side in (left, right))
        if symbol == "**" and numbers and abs(right) * math.log2(abs(left) + 2) > 1024:
            raise self.error(node, "E0206", f"`{ast.unparse(node)}` is too large")
        if symbol == "%" and not numbers:  # on strings it would be formatting
            raise self._misfit(node, [left, right], symbol, TypeError())
        if symbol == "*" and not numbers:
            count = next((side for side in (left, right) if isinstance(side, int)), 0)
            if count * max(extent(left), extent(right)) > MAX_ITEMS:
                raise self.error(node, "E0206", f"`{ast.unparse(node)}` is too large")
        return self.guarded(node, apply, [left, right], symbol)

    def boolean(self, conjunction: bool, values: list[ast.expr]) -> Any:
        result: Any = conjunction
        for each in values:
            result = self.value(each)
            if bool(result) != conjunction:
                return result
        return result

    def comparison(self, node: ast.Compare, left: Any, ops: list[ast.cmpop], comparators: list[ast.expr]) -> bool:
        for op, comparator in zip(ops, comparators, strict=True):
            right = self.value(comparator)
            symbol, apply = COMPARE[type(op)]
            if not self.guarded(node, apply, [left, right], symbol):
                return False
            left = right
        return True

    def subscript(self, node: ast.Subscript, owner: Any, index: ast.expr) -> Any:
        items = getattr(owner, "items", owner) if not isinstance(owner, dict) else owner
        if isinstance(index, ast.Slice):
            bounds = [None if bound is None else self.value(bound) for bound in (index.lower, index.upper, index.step)]
            if not isinstance(items, (list, str)):
                raise self.error(node, "E0204", f"`{ast.unparse(node.value)}` is {describe(owner)} and has no items")
            self.charge(node, items)
            return self.guarded(node, lambda: items[slice(*bounds)], [], "[]")
        key = self.value(index)
        if isinstance(items, (list, str)) and not isinstance(key, int):
            raise self.error(node, "E0204", f"`{ast.unparse(index)}` is {describe(key)}, not the number of an item")
        try:
            return items[key]
        except IndexError:
            raise self.error(
                node, "E0204", f"there is no item {key} in `{ast.unparse(node.value)}`: it has {len(items)}, counted from 0"
            ) from None
        except KeyError:
            close = nearest(str(key), items)
            help = f"did you mean `{close}`?" if close else None
            raise self.error(node, "E0202", f"there is no `{key}` in `{ast.unparse(node.value)}`", help) from None
        except TypeError:
            raise self.error(node, "E0204", f"`{ast.unparse(node.value)}` is {describe(owner)} and has no items") from None

    def guarded(self, node: ast.expr, apply: Callable[..., Any], operands: list[Any], symbol: str) -> Any:
        self.charge(node, *operands)
        try:
            result = apply(*operands)
        except _TooLarge as error:
            raise self.error(node, "E0206", str(error)) from None
        except ZeroDivisionError:
            raise self.error(node, "E0204", f"`{ast.unparse(node)}` divides by zero") from None
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            raise self._misfit(node, operands, symbol, error) from None
        if isinstance(result, complex) or (isinstance(result, (int, float)) and abs(result) > MAX_MAGNITUDE and not math.isinf(result)):
            raise self.error(node, "E0206", f"`{ast.unparse(node)}` is too large")
        if extent(result) > MAX_ITEMS:
            raise self.error(node, "E0206", f"`{ast.unparse(node)}` is too large")
        return result

    def _misfit(self, node: ast.expr, operands: list[Any], symbol: str, error: Exception) -> ExpressionError:
        source = ast.unparse(node)
        if any(operand is None for operand in operands) and SIZE.search(source):
            return self.error(node, "E0205", f"`{source}` needs a size that is not known", "give the input's sizes as numbers")
        if any(operand is None for operand in operands):
            return self.error(node, "E0205", f"`{source}` computes with null, which stands for no value or for a size that is not known")
        kinds = " and ".join(describe(operand) for operand in operands)
        return self.error(node, "E0204", f"`{symbol}` does not take {kinds}" if operands else f"`{ast.unparse(node)}`: {error}")


SIZE = re.compile(r"\.(shape|height|width|length|channels)\b")


def extent(value: Any) -> int:
    """The number of values in a value, those in lists of lists too; counting stops where there are too many, or they are too deep."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, (list, dict)):
        return 1
    total = 0
    pending: list[tuple[Any, int]] = [(value, 1)]
    while pending and total <= MAX_ITEMS:
        members, depth = pending.pop()
        for item in members.values() if isinstance(members, dict) else members:
            total += len(item) if isinstance(item, str) else 1
            if isinstance(item, (list, dict)):
                pending.append((item, depth + 1))
        if depth > MAX_DEPTH:
            return MAX_ITEMS + 1
    return total


def describe(value: Any) -> str:
    """What a value is, in the words of the language."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return "a step"
