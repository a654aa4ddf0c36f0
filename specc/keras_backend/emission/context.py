"""Where a step is written: the names that it sees, the current tensor, the path, and what it has to pass on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from specc.keras_backend.emission.values import Sequence, Value
from specc.language.document import Document


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A param or a repeat variable: data, in a Python variable.

    Args:
        capture: the param of the spec that a block's function has to be given, because `defaults` speak of it.
        param: the param of the function that it is, if it is one.
    """

    where: ast.expr
    capture: str | None = None
    param: str | None = None


Entry = Variable | Value | Sequence


@dataclass(eq=False)
class Scope:
    """Names of a scope of the language; Python's variables are one set a function."""

    parent: Scope | None = None
    names: dict[str, Entry] = field(default_factory=dict)

    def find(self, wanted: str) -> Entry | None:
        scope: Scope | None = self
        while scope is not None:
            if wanted in scope.names:
                return scope.names[wanted]
            scope = scope.parent
        return None

    def child(self, names: Mapping[str, Entry] | None = None) -> Scope:
        return Scope(self, dict(names or {}))

    def results(self) -> Iterator[tuple[str, Value]]:
        """The step results in sight, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield from ((key, value) for key, value in scope.names.items() if isinstance(value, Value))
            scope = scope.parent


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """
    Args:
        function: the key of the Python function that is written.
        root: the names that the document's `defaults` see.
        x: the current tensor; None where there is none.
        target: the variable that the next result is assigned to.
        input: the only input of the block or the model.
        path: the parts of the path of the scope; text and expressions.
        trainable: None where all is trainable.
        shared: the table of layers, where layers are used more than once.
    """

    function: Any
    document: Document
    root: Scope
    scope: Scope
    x: Value | None
    target: str
    input: Value | None = None
    path: tuple[str | ast.expr, ...] = ()
    trainable: ast.expr | None = None
    shared: ast.expr | None = None

    def at(self, **changes: Any) -> Context:
        return replace(self, **changes)


def layer_name(path: tuple[str | ast.expr, ...]) -> ast.expr:
    """The Keras name of a path: a string, or an f-string where parts of it vary."""
    if all(isinstance(part, str) for part in path):
        return ast.Constant("-".join(str(part) for part in path))
    if len(path) == 1:
        return path[0]  # type: ignore[return-value]
    parts: list[ast.expr] = []
    for position, part in enumerate(path):
        if position:
            parts.append(ast.Constant("-"))
        parts.append(ast.Constant(part) if isinstance(part, str) else ast.FormattedValue(part, -1))
    return ast.JoinedStr(parts)
