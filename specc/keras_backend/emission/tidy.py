"""Statements without what a reader would strike out: copies that nobody reads, and a second `if` on the same test."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from specc.keras_backend.emission.statements import Assign, Do, For, If, Return, Statement


def tidied(body: list[Statement]) -> list[Statement]:
    """The same program, shorter."""
    kept, _ = _live(_merged(body), set())
    return kept


def _merged(body: list[Statement]) -> list[Statement]:
    found: list[Statement] = []
    for statement in body:
        if isinstance(statement, If):
            statement = If(statement.test, _merged(statement.body))
        elif isinstance(statement, For):
            statement = For(statement.target, statement.items, _merged(statement.body))
        last = found[-1] if found else None
        if isinstance(statement, If) and isinstance(last, If) and ast.dump(last.test) == ast.dump(statement.test) and not _changes(last):
            found[-1] = If(last.test, _merged([*last.body, *statement.body]))
            continue
        found.append(statement)
    return found


def _changes(statement: If) -> bool:
    """Whether the body of an `if` may change its test."""
    return bool(_names([statement.test]) & _assigned(statement.body))


def _assigned(body: Iterable[Statement]) -> set[str]:
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, Assign):
            found |= _names(statement.targets)
        elif isinstance(statement, (If, For)):
            found |= _assigned(statement.body)
    return found


def _names(trees: Iterable[ast.AST]) -> set[str]:
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _live(body: list[Statement], after: set[str]) -> tuple[list[Statement], set[str]]:
    """The statements without dead copies, and the variables that are read from their beginning on."""
    kept: list[Statement] = []
    live = set(after)
    for statement in reversed(body):
        match statement:
            case Assign(targets=(ast.Name(id=target),), value=ast.Name(id=source)) if target not in live or target == source:
                continue
            case Assign(targets=targets, value=value):
                live = (live - {target.id for target in targets if isinstance(target, ast.Name)}) | _names([value])
                live |= {name for target in targets if not isinstance(target, ast.Name) for name in _names([target])}
            case Do(value=value):
                live |= _names([value])
            case Return(values=values):
                live = _names(values)
            case If(test=test, body=inner):
                shorter, before = _live(inner, live)
                if not shorter:
                    continue
                live |= before | _names([test])
                kept.append(If(test, shorter))
                continue
            case For(target=target, items=items, body=inner):
                around = set(live)
                while True:
                    _, before = _live(inner, around)
                    if before <= around:
                        break
                    around |= before
                shorter, before = _live(inner, around)
                live = (live | before) - _names([target]) | _names([items])
                kept.append(For(target, items, shorter))
                continue
        kept.append(statement)
    return kept[::-1], live
