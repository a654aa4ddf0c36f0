"""Expressions as text, one line where it fits, else broken at brackets as a formatter would break them."""

from __future__ import annotations

import ast
import math
import re

WIDTH = 100

BINARY = {ast.Add: ("+", 11), ast.Sub: ("-", 11), ast.Mult: ("*", 12), ast.Div: ("/", 12), ast.FloorDiv: ("//", 12), ast.Mod: ("%", 12)}
COMPARE = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in",
    ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
# How tightly things bind; an operand that binds less tightly than its place asks is put in parentheses.
TEST, OR, AND, NOT, COMPARISON, UNARY, POWER, PRIMARY = 1, 2, 3, 4, 5, 13, 14, 15


def text(node: ast.expr, place: int = 0) -> str:
    """The expression on one line."""
    written, binds = _flat(node)
    return f"({written})" if binds < place else written


def _flat(node: ast.expr) -> tuple[str, int]:
    match node:
        case ast.Name(id=name):
            return name, PRIMARY
        case ast.Constant(value=value):
            return _constant(value)
        case ast.JoinedStr(values=parts):
            return f'f"{"".join(map(_part, parts))}"', PRIMARY
        case ast.Attribute(value=owner, attr=attribute):
            return f"{text(owner, PRIMARY)}.{attribute}", PRIMARY
        case ast.Subscript(value=owner, slice=index):
            return f"{text(owner, PRIMARY)}[{text(index)}]", PRIMARY
        case ast.Slice():
            return _slice(node), PRIMARY
        case ast.Call(func=function):
            return f"{text(function, PRIMARY)}({', '.join(map(text, _arguments(node)))})", PRIMARY
        case ast.keyword():
            return f"{node.arg}={text(node.value)}", PRIMARY
        case ast.Starred(value=value):
            return f"*{text(value, COMPARISON)}", PRIMARY
        case ast.List(elts=items):
            return f"[{', '.join(map(text, items))}]", PRIMARY
        case ast.Tuple(elts=items):
            return f"({', '.join(map(text, items))}{',' if len(items) == 1 else ''})", PRIMARY
        case ast.Dict():
            return "{" + ", ".join(_item_text(pair) for pair in _pairs(node)) + "}", PRIMARY
        case ast.ListComp(elt=item, generators=loops):
            written = "".join(f" for {text(loop.target)} in {text(loop.iter, OR)}" for loop in loops)
            return f"[{text(item)}{written}]", PRIMARY
    return _operation(node)


def _operation(node: ast.expr) -> tuple[str, int]:
    match node:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return f"{text(body, OR)} if {text(test, OR)} else {text(orelse, TEST)}", TEST
        case ast.BoolOp(op=op, values=values):
            word, binds = (" and ", AND) if isinstance(op, ast.And) else (" or ", OR)
            return word.join(text(value, binds + 1) for value in values), binds
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"not {text(operand, NOT)}", NOT
        case ast.UnaryOp(op=op, operand=operand):
            return f"{'-' if isinstance(op, ast.USub) else '+'}{text(operand, UNARY)}", UNARY
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            rest = "".join(f" {COMPARE[type(op)]} {text(other, COMPARISON + 1)}" for op, other in zip(ops, comparators))
            return text(left, COMPARISON + 1) + rest, COMPARISON
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            space = "" if _simple(left) and _simple(right) else " "
            return f"{text(left, PRIMARY)}{space}**{space}{text(right, UNARY)}", POWER
        case ast.BinOp(left=left, op=op, right=right):
            symbol, binds = BINARY[type(op)]
            return f"{text(left, binds)} {symbol} {text(right, binds + 1)}", binds
    raise AssertionError(f"{type(node).__name__} has no printed form")


def _simple(node: ast.expr) -> bool:
    """Operands that a power is written close to."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _simple(operand)
        case ast.Attribute(value=owner):
            return isinstance(owner, (ast.Name, ast.Attribute)) and _simple(owner)
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, (int, float)))


def _slice(node: ast.Slice) -> str:
    bounds = [node.lower, node.upper]
    plain = all(bound is None or _simple(bound) for bound in (*bounds, node.step))
    lower, upper = ("" if bound is None else text(bound) for bound in bounds)
    colon = ":" if plain else f"{' ' if lower else ''}:{' ' if upper else ''}"
    step = "" if node.step is None else f"{':' if plain else ' :' if upper else ':'}{'' if plain else ' '}{text(node.step)}"
    return f"{lower}{colon}{upper}{step}"


def _constant(value: object) -> tuple[str, int]:
    if isinstance(value, str):
        return quoted(value), PRIMARY
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")', PRIMARY
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return f"-{_constant(-value)[0]}", UNARY
    return re.sub(r"e([-+])0*", lambda exponent: "e-" if exponent[1] == "-" else "e", repr(value)), PRIMARY


def quoted(value: str) -> str:
    """A string literal, in double quotes where that needs no escapes that single ones would not."""
    written = repr(value)
    if written[0] == "'" and '"' not in value:
        return f'"{written[1:-1]}"'
    return written


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return "{" + text(part.value) + "}"
    assert isinstance(part, ast.Constant)
    return str(part.value)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *call.keywords]  # type: ignore[list-item]


def layout(node: ast.expr, indent: int, before: int, after: int = 0) -> str:
    """The expression, broken where one line is too long.

    Args:
        indent: columns that the statement is indented by.
        before: columns in use on the first line, indentation included.
        after: columns that follow on the last line.
    """
    line = text(node)
    if before + len(line) + after <= WIDTH:
        return line
    match node:
        case ast.Call():
            return _call(node, indent, before, after)
        case ast.Tuple(elts=items):
            return "(" + _lines(list(items), indent, comma=len(items) == 1) + ")"
        case ast.List(elts=items):
            return "[" + _lines(list(items), indent) + "]"
        case ast.Dict() if node.keys:
            return "{" + _lines(_pairs(node), indent) + "}"
        case ast.keyword():
            return f"{node.arg}=" + layout(node.value, indent, before + len(str(node.arg)) + 1, after)
    return line


def statement_value(node: ast.expr, indent: int, before: int, after: int = 0) -> str:
    """The value of an assignment or the test of an `if`: operators are broken inside parentheses of their own."""
    line = text(node)
    if before + len(line) + after <= WIDTH or not isinstance(node, (ast.BoolOp, ast.IfExp, ast.BinOp, ast.Compare)):
        return layout(node, indent, before, after)
    last = _last_call(node)
    if last is not None and before + len(line) - len(text(last)) + len(text(last.func)) + 1 <= WIDTH:
        start = line[: len(line) - len(text(last))]
        return start + layout(last, indent, before + len(start), after)
    inner = indent + 4
    pad = "\n" + " " * inner
    return "(" + pad + (line if inner + len(line) <= WIDTH else pad.join(_operands(node))) + "\n" + " " * indent + ")"


def _last_call(node: ast.expr) -> ast.Call | None:
    """The call that ends an expression of one operator: it is broken inside its own brackets."""
    match node:
        case ast.BoolOp(values=[ast.expr() as first, ast.Call() as last]) | ast.BinOp(left=first, right=ast.Call() as last):
            single = not isinstance(first, (ast.BoolOp, ast.BinOp, ast.Compare))
            return last if single and (last.args or last.keywords) else None
    return None


def _operands(node: ast.expr) -> list[str]:
    """An operation, one operand a line, each line after the first begun by its operator."""
    match node:
        case ast.BoolOp(op=op, values=values):
            word, binds = ("and", AND) if isinstance(op, ast.And) else ("or", OR)
            written = [text(value, binds + 1) for value in values]
            return [written[0], *(f"{word} {each}" for each in written[1:])]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return [text(body, OR), f"if {text(test, OR)}", f"else {text(orelse, TEST)}"]
        case ast.BinOp(left=left, op=op, right=right) if not isinstance(op, ast.Pow):
            symbol, binds = BINARY[type(op)]
            same = isinstance(left, ast.BinOp) and BINARY.get(type(left.op), ("", 0))[1] == binds
            return [*(_operands(left) if same else [text(left, binds)]), f"{symbol} {text(right, binds + 1)}"]
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            rest = [f"{COMPARE[type(op)]} {text(other, COMPARISON + 1)}" for op, other in zip(ops, comparators)]
            return [text(left, COMPARISON + 1), *rest]
    return [text(node)]


def _call(node: ast.Call, indent: int, before: int, after: int) -> str:
    """A layer that is made and called at once is broken where it is called if that is enough, else where it is made."""
    arguments = _arguments(node)
    if isinstance(node.func, ast.Call):
        last = f"({', '.join(map(text, arguments))})"
        if before + len(text(node.func)) + 1 > WIDTH or not arguments:
            return layout(node.func, indent, WIDTH, 0) + last
    return f"{text(node.func, PRIMARY)}(" + bracketed(arguments, indent) + ")"


def bracketed(arguments: list[ast.expr], indent: int) -> str:
    """What stands between the brackets of a call: together on the next line where that fits, else one a line."""
    inner = indent + 4
    together = ", ".join(map(text, arguments))
    if inner + len(together) <= WIDTH:
        return f"\n{' ' * inner}{together}\n{' ' * indent}"
    return _lines(arguments, indent)


class _Pair(ast.expr):
    """An entry of a dict, so that it can be laid out as an item."""

    def __init__(self, key: ast.expr | None, value: ast.expr) -> None:
        super().__init__()
        self.key, self.value = key, value


def _pairs(node: ast.Dict) -> list[ast.expr]:
    return [_Pair(key, value) for key, value in zip(node.keys, node.values)]


def _lines(items: list[ast.expr], indent: int, comma: bool = True) -> str:
    inner = indent + 4
    together = ", ".join(_item_text(item) for item in items)
    if len(items) == 1 and inner + len(together) + 1 <= WIDTH and not comma:
        return f"\n{' ' * inner}{together}\n{' ' * indent}"
    return "\n" + "".join(f"{' ' * inner}{_item(item, inner)},\n" for item in items) + " " * indent


def _item_text(item: ast.expr) -> str:
    return _key(item) + text(item.value) if isinstance(item, _Pair) else text(item)


def _key(pair: _Pair) -> str:
    return "**" if pair.key is None else f"{text(pair.key)}: "


def _item(item: ast.expr, indent: int) -> str:
    if isinstance(item, _Pair):
        head = _key(item)
        return head + layout(item.value, indent, indent + len(head), 1)
    head, value = (f"{item.arg}=", item.value) if isinstance(item, ast.keyword) else ("", item)
    line = head + text(value)
    if indent + len(line) + 1 > WIDTH and isinstance(value, (ast.BoolOp, ast.IfExp, ast.BinOp, ast.Compare)):
        return head + f"\n{' ' * indent}".join(_operands(value))
    return head + layout(value, indent, indent + len(head), 1)
