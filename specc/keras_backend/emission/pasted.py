"""Source of specc's own layers and helpers, copied into what is emitted, so that it runs where specc is not installed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

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
    lines = source.splitlines()[first - 1 : node.end_lineno]
    return "\n".join(line.split("  # type: ignore")[0] for line in lines)
