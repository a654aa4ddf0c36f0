"""The statements that emitted functions are made of, and their text."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from specc.keras_backend.emission.printer import WIDTH, bracketed, quoted, statement_value, text


@dataclass(frozen=True, eq=False)
class Assign:
    """`target = value`; several targets are unpacked."""

    targets: tuple[ast.expr, ...]
    value: ast.expr


@dataclass(frozen=True, eq=False)
class Do:
    """An expression for its effect."""

    value: ast.expr


@dataclass(frozen=True, eq=False)
class Return:
    values: tuple[ast.expr, ...]


@dataclass(frozen=True, eq=False)
class If:
    test: ast.expr
    body: list[Statement]


@dataclass(frozen=True, eq=False)
class For:
    target: ast.expr
    items: ast.expr
    body: list[Statement]


Statement = Assign | Do | Return | If | For


@dataclass(eq=False)
class Function:
    """A function. Arguments after `keywords` begins are passed by name only."""

    name: str
    arguments: list[tuple[str, ast.expr | None]]
    keywords: list[tuple[str, ast.expr | None]]
    doc: list[str]
    body: list[Statement] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [*self._signature(), *docstring(self.doc, 4), *render(self.body, 4)]

    def _signature(self) -> list[str]:
        written = [self._argument(*each) for each in self.arguments]
        if self.keywords:
            written += [ast.Name("*"), *(self._argument(*each) for each in self.keywords)]
        line = f"def {self.name}({', '.join(map(text, written))}):"
        if len(line) <= WIDTH:
            return [line]
        inside = bracketed(written, 0)
        return f"def {self.name}({inside}):".split("\n")

    def _argument(self, name: str, default: ast.expr | None) -> ast.expr:
        return ast.Name(name) if default is None else ast.keyword(name, default)  # type: ignore[return-value]


def render(body: list[Statement], indent: int) -> list[str]:
    """The lines of statements."""
    lines = []
    for statement in body:
        lines += _render(statement, indent)
    return lines


def _render(statement: Statement, indent: int) -> list[str]:
    pad = " " * indent
    match statement:
        case Assign(targets, value):
            head = f"{pad}{', '.join(map(text, targets))} = "
            return (head + statement_value(value, indent, len(head))).split("\n")
        case Do(value):
            return (pad + statement_value(value, indent, indent)).split("\n")
        case Return(values):
            head = f"{pad}return "
            if len(values) > 1:
                return [head + ", ".join(map(text, values))]
            return (head + statement_value(values[0], indent, len(head))).split("\n")
        case If(test, body):
            return [*(f"{pad}if " + statement_value(test, indent, indent + 3, 1) + ":").split("\n"), *render(body, indent + 4)]
        case For(target, items, body):
            head = f"{pad}for {text(target).strip('()')} in "
            return [*(head + statement_value(items, indent, len(head), 1) + ":").split("\n"), *render(body, indent + 4)]


def docstring(paragraphs: list[str], indent: int) -> list[str]:
    """A docstring of lines; whatever they hold cannot end it."""
    safe = [escaped(line) for line in paragraphs]
    if not any(safe):
        return []
    pad = " " * indent
    if len(safe) == 1:
        return [f'{pad}"""{safe[0]}"""']
    return [f'{pad}"""{safe[0]}', *(f"{pad}{line}" if line else "" for line in safe[1:]), f'{pad}"""']


def escaped(line: str) -> str:
    """Text for the inside of a triple-quoted string."""
    shown = "".join(character if character.isprintable() else quoted(character)[1:-1].replace("\\", "\0") for character in line)
    return shown.rstrip().replace("\\", "\\\\").replace('"', "'").replace("\0", "\\")
