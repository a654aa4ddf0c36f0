"""Source of specc's own layers and helpers, copied into what is emitted, so that it runs where specc is not installed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from specc.keras_backend.emission.printer import WIDTH, bracketed, statement_value, text

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, eq=False)
class Pasted:
    """The definitions of a module, and the imports that they need."""

    imports: tuple[str, ...]
    definitions: tuple[str, ...]


def module_source(module: str) -> Pasted:
    """A module of specc without its docstring; modules of specc that it imports come first."""
    path = ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")
    source = path.read_text(encoding="utf-8")
    imports: list[str] = []
    definitions: list[str] = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("specc."):
            inner = module_source(node.module or "")
            imports += inner.imports
            definitions += inner.definitions
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                imports.append(ast.unparse(node))
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            definitions.append(_text(node, source))
    return Pasted(tuple(imports), tuple(definitions))


def _text(node: ast.stmt, source: str) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    lines = source.splitlines()
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Assign, ast.Return, ast.Raise, ast.Expr)) and len(lines[inner.lineno - 1]) > WIDTH:
            lines[inner.lineno - 1] = _broken(inner, lines[inner.lineno - 1])
        if isinstance(inner, ast.FunctionDef) and len(lines[inner.lineno - 1]) > WIDTH:
            lines[inner.lineno - 1] = _broken_signature(inner, lines[inner.lineno - 1], source)
    return "\n".join(line.split("  # type: ignore")[0] for line in lines[first - 1 : node.end_lineno])


def _broken_signature(node: ast.FunctionDef, line: str, source: str) -> str:
    """A signature that is too long for one line."""
    indent = len(line) - len(line.lstrip())
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)
    written = [_argument(argument, default, source) for argument, default in zip(plain, defaults)]
    if given.vararg is not None or given.kwonlyargs:
        written.append(f"*{_argument(given.vararg, None, source) if given.vararg is not None else ''}")
    written += [_argument(argument, default, source) for argument, default in zip(given.kwonlyargs, given.kw_defaults)]
    if given.kwarg is not None:
        written.append(f"**{_argument(given.kwarg, None, source)}")
    head, end = f"{' ' * indent}def {node.name}(", f") -> {ast.unparse(node.returns)}:" if node.returns is not None else "):"
    if f"{head}{', '.join(written)}{end}" != line:
        return line
    return head + bracketed([ast.Name(each) for each in written], indent) + end


def _argument(argument: ast.arg, default: ast.expr | None, source: str) -> str:
    name = argument.arg if argument.annotation is None else f"{argument.arg}: {ast.unparse(argument.annotation)}"
    equals = " = " if argument.annotation is not None else "="
    return name if default is None else f"{name}{equals}{ast.get_source_segment(source, default)}"


def _broken(node: ast.Assign | ast.Return | ast.Raise | ast.Expr, line: str) -> str:
    """A line that is too long for what is emitted, broken, where it is simple enough to be printed."""
    indent = len(line) - len(line.lstrip())
    match node:
        case ast.Assign(targets=[target], value=value):
            head = f"{ast.unparse(target)} = "
        case ast.Return(value=ast.expr() as value):
            head = "return "
        case ast.Raise(exc=ast.expr() as value, cause=None):
            head = "raise "
        case ast.Expr(value=value):
            head = ""
        case _:
            return line
    try:
        same = f"{' ' * indent}{head}{text(value)}" == line
    except AssertionError:
        return line
    return f"{' ' * indent}{head}{statement_value(value, indent, indent + len(head))}" if same else line
