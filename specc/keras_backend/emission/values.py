"""What steps give, as the emitter knows it before the program runs: where the tensors are, and what can be reached through them.

A facet of a result is its tensor, the list of its iterations, or the layer that made it. What is used of a result that has to be kept in a
variable, returned from a function or collected in a loop is recorded in `Needs`; the source is written again
until nothing new is needed, so every variable that is used is there, and no other is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

TENSOR, ITEMS, LAYER = "tensor", "items", "layer"

Path = tuple[Hashable, ...]
Facet = tuple[Path, str]


def name(identifier: str) -> ast.expr:
    return ast.Name(identifier)


def constant(value: Any) -> ast.expr:
    return ast.Constant(value)


def call(function: str | ast.expr, *args: ast.expr, **keywords: ast.expr) -> ast.Call:
    target = dotted(function) if isinstance(function, str) else function
    return ast.Call(target, list(args), [ast.keyword(key, value) for key, value in keywords.items()])


def dotted(path: str) -> ast.expr:
    first, *rest = path.split(".")
    found: ast.expr = ast.Name(first)
    for part in rest:
        found = ast.Attribute(found, part)
    return found


# Stands where a variable will be once the round that asked for it is over.
MISSING = ast.Name("_")


class Needs:
    """What is asked for, over all rounds. A round sees what the rounds before asked for."""

    def __init__(self) -> None:
        self.known: dict[Any, None] = {}
        self.asked: dict[Any, None] = {}

    def ask(self, key: Any) -> bool:
        """Whether it is provided in this round; from the next round on it is."""
        self.asked.setdefault(key)
        return key in self.known

    def next_round(self) -> bool:
        """Whether the last round asked for something new."""
        before = len(self.known)
        self.known.update(self.asked)
        return len(self.known) > before

    def choice(self, function: Any, param: str) -> str | None:
        """The family of the object that a function has to be given for a param; None where data will do."""
        return next((key[3] for key in self.known if key[:3] == ("choice", function, param)), None)

    def facets(self, owner: Any) -> list[Facet]:
        """The facets of an owner that are provided, in the order in which they were first asked for."""
        return [(path, facet) for kind, who, path, facet in self._facets() if who is owner or who == owner]

    def _facets(self) -> list[tuple[str, Any, Path, str]]:
        return [key for key in self.known if key[0] == "facet"]

    def facet_known(self, owner: Any, path: Path, facet: str) -> bool:
        """Whether a facet is provided in this round."""
        return ("facet", owner, path, facet) in self.known

    def known_key(self, key: Any) -> bool:
        return key in self.known

    def facet(self, owner: Any, path: Path, facet: str) -> bool:
        return self.ask(("facet", owner, path, facet))


class Value:
    """A result. `listed` says that it is several tensors; then its expression is a list."""

    listed = False

    def tensor(self) -> ast.expr:
        raise NotImplementedError

    def member(self, part: str) -> Value | None:
        return None

    def items(self) -> Sequence | list[Value] | None:
        return None

    @property
    def made(self) -> Made | None:
        """The step of which it is one application, if it is."""
        return None

    def layer(self) -> ast.expr:
        """The layer that made it, to be applied again."""
        return MISSING


@dataclass(frozen=True, eq=False)
class Made:
    """An application of a layer or a block. `here` tells whether it was written in the function at hand."""

    step: Any
    layer: Callable[[], ast.expr]
    here: bool = True


@dataclass(eq=False)
class Local(Value):
    """A result of the function at hand."""

    where: ast.expr
    listed: bool = False
    inner: Mapping[str, Value] = field(default_factory=dict)
    parts: Sequence | list[Value] | None = None
    application: Made | None = None

    def tensor(self) -> ast.expr:
        return self.where

    @property
    def made(self) -> Made | None:
        return self.application

    def layer(self) -> ast.expr:
        return MISSING if self.application is None else self.application.layer()

    def member(self, part: str) -> Value | None:
        return self.inner.get(part)

    def items(self) -> Sequence | list[Value] | None:
        if self.parts is None and self.listed:
            return Sequence(lambda: self.where, "tensors", Local(MISSING))
        return self.parts


@dataclass(eq=False)
class Named(Value):
    """A step's result under its name: kept in a variable of its own where something refers to it."""

    owner: Any
    result: Value
    needs: Needs
    variable: str | None

    @property
    def listed(self) -> bool:  # type: ignore[override]
        return self.result.listed

    @property
    def made(self) -> Made | None:
        return self.result.made

    def layer(self) -> ast.expr:
        return self.result.layer()

    def tensor(self) -> ast.expr:
        asked = self.needs.facet(self.owner, (), TENSOR)
        return ast.Name(self.variable) if asked and self.variable is not None else MISSING

    def member(self, part: str) -> Value | None:
        return self.result.member(part)

    def items(self) -> Sequence | list[Value] | None:
        items = self.result.items()
        plain = isinstance(items, Sequence) and items.element == "tensors"
        return Sequence(self.tensor, "tensors", Local(MISSING)) if plain else items


@dataclass(eq=False)
class Remote(Value):
    """A result that is reached through something else: an element of a list, what a function returned.

    Args:
        access: the expression of a facet.
        template: the result that it is a copy of; what can be reached is known from there.
    """

    access: Callable[[Path, str], ast.expr]
    template: Value
    path: Path = ()

    @property
    def listed(self) -> bool:  # type: ignore[override]
        return self.template.listed

    @property
    def made(self) -> Made | None:
        template = self.template.made
        return None if template is None else Made(template.step, self.layer, here=False)

    def layer(self) -> ast.expr:
        return self.access(self.path, LAYER)

    def tensor(self) -> ast.expr:
        return self.access(self.path, TENSOR)

    def member(self, part: str) -> Value | None:
        inner = self.template.member(part)
        return None if inner is None else Remote(self.access, inner, (*self.path, part))

    def items(self) -> Sequence | list[Value] | None:
        found = self.template.items()
        if isinstance(found, Sequence):
            if self.template.listed and found.element == "tensors":
                return Sequence(self.tensor, "tensors", Local(MISSING))
            return Sequence(lambda: self.access(self.path, ITEMS), found.element, found.template)
        if found is None:
            return None
        return [Remote(self.access, each, (*self.path, position)) for position, each in enumerate(found)]


@dataclass(eq=False)
class Sequence:
    """Results in a Python list. `element` owns the record of what is used of each; `tensors` is a plain list of tensors."""

    where: Callable[[], ast.expr]
    element: Any
    template: Value

    def at(self, index: ast.expr, packing: Packing) -> Value:
        return packing.unpacked(self, ast.Subscript(self.where(), index))

    def sliced(self, bounds: ast.Slice) -> Sequence:
        return Sequence(lambda: ast.Subscript(self.where(), bounds), self.element, self.template)


def resolve(value: Value, path: Path) -> Value | None:
    """The result that lies at a path below another."""
    found: Value | None = value
    for part in path:
        if found is None:
            return None
        if isinstance(part, int):
            items = found.items()
            found = items[part] if isinstance(items, list) else None
        else:
            found = found.member(str(part))
    return found


class Packing:
    """How an element of a list holds what is used of it: one facet as itself, several in a SimpleNamespace."""

    def __init__(self, needs: Needs) -> None:
        self.needs = needs
        self.namespaces = False

    def packed(self, value: Value, element: Any) -> ast.expr:
        facets = self.needs.facets(element)
        written = [self._facet(value, *facet) for facet in facets]
        if not written:
            return value.tensor()
        if len(written) == 1:
            return written[0]
        self.namespaces = True
        return call("SimpleNamespace", **dict(zip((_field(*facet) for facet in facets), written)))

    def unpacked(self, sequence: Sequence, base: ast.expr) -> Value:
        if sequence.element == "tensors":
            return Local(base)

        def access(path: Path, facet: str) -> ast.expr:
            if not self.needs.facet(sequence.element, path, facet):
                return MISSING
            alone = len(self.needs.facets(sequence.element)) == 1
            return base if alone else ast.Attribute(base, _field(path, facet))

        return Remote(access, sequence.template)

    def _facet(self, value: Value, path: Path, facet: str) -> ast.expr:
        found = resolve(value, path)
        if found is None:
            return MISSING
        return self.facet_of(found, path, facet)

    def facet_of(self, value: Value, path: Path, facet: str) -> ast.expr:
        match facet:
            case "tensor":
                return value.tensor()
            case "layer":
                return value.layer()
        return self.items_expression(value.items(), (path, facet))

    def items_expression(self, items: Sequence | list[Value] | None, owner: Any) -> ast.expr:
        if isinstance(items, Sequence):
            return items.where()
        return ast.List([self.packed(each, owner) for each in items or []])

    def tensors(self, items: Sequence | list[Value]) -> ast.expr:
        """A list of the tensors of several results."""
        if isinstance(items, list):
            return ast.List([starred(each) for each in items])
        if items.element == "tensors":
            return items.where()
        each = self.unpacked(items, ast.Name("each"))
        written = each.tensor()
        if isinstance(written, ast.Name):
            return items.where()
        return ast.ListComp(written, [ast.comprehension(ast.Name("each"), items.where(), [], 0)])


def starred(value: Value) -> ast.expr:
    return ast.Starred(value.tensor()) if value.listed else value.tensor()


def _field(path: Path, facet: str) -> str:
    parts = [str(part) for part in path]
    if facet != TENSOR:
        return "_".join([*parts, facet])
    return "_".join(parts) or "x"
