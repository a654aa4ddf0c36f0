"""What steps give, and the names under which it can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from specc.diagnostics import Span
from specc.graph import Argument, Tensor
from specc.language.expressions import Unavailable
from specc.language.syntax import Node
from specc.registry.entry import nearest

TENSOR_MEMBERS = ("shape", "rank", "channels", "height", "width", "length", "dtype")


class Result:
    """What a step gave: a tensor or several, the named steps inside it, the iterations of its repeat.

    `applied` remembers a layer's or a block's application, so that `share` can apply it again. `repeated` says that it
    is a repeat's, whose items are its iterations even where there are none.
    """

    __slots__ = ("applied", "inner", "items", "label", "poisoned", "repeated", "value")

    def __init__(
        self,
        value: Argument | None,
        inner: Mapping[str, Result] | None = None,
        items: list[Result] | None = None,
        applied: Any = None,
        label: str = "",
        poisoned: bool = False,
        repeated: bool = False,
    ) -> None:
        self.value = value
        self.inner = inner if inner is not None else {}
        self.items = items if items is not None else [Result(tensor) for tensor in value] if isinstance(value, tuple) else []
        self.applied = applied
        self.label = label
        self.poisoned = poisoned
        self.repeated = repeated

    def __len__(self) -> int:
        return len(self.items)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        if self.value is None:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def member(self, name: str) -> Any:
        """For expressions: a named step inside, or a fact of the tensor. Raises KeyError with the known members."""
        if self.poisoned:
            raise Unavailable
        if name in self.inner:
            return self.inner[name]
        if isinstance(self.value, Tensor) and name in TENSOR_MEMBERS:
            return _tensor_member(self.value, name, self)
        raise KeyError(name, [*self.inner, *(TENSOR_MEMBERS if isinstance(self.value, Tensor) else ())])


POISON = Result(None, poisoned=True)


def _tensor_member(tensor: Tensor, name: str, owner: Result) -> Any:
    shape = tensor.spec.shape
    match name:
        case "shape":
            return list(shape)
        case "rank":
            return len(shape)
        case "channels":
            return shape[-1]
        case "dtype":
            return tensor.spec.dtype
    axes = {("height", 4): 1, ("width", 4): 2, ("length", 3): 1, ("length", 2): 1}
    axis = axes.get((name, len(shape)))
    if axis is None:
        raise KeyError(name, ["shape", "rank", "channels", "dtype"])
    return shape[axis]


class UnknownName(Exception):
    """A reference that leads nowhere: the code and the words of its diagnostic.

    `unknown` is a name that no scope has, for which the nearest one can be looked for.
    """

    def __init__(
        self, code: str, message: str, help: str | None = None, note: tuple[str, Span] | None = None, unknown: str | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.note, self.unknown = code, message, help, note, unknown


class Given(NamedTuple):
    """Where a param has its value from: what is written, and the scope whose names that reads."""

    written: Node
    scope: Scope


@dataclass
class Scope:
    """Names of one scope; inner scopes see outer ones, up to a block.

    `later` are the names that steps of the scope will define, `off` those of steps that are switched off (which may
    stand for their input), `unnamed` what steps without a name are called. `origins` is where params have their values from.
    """

    path: str
    parent: Scope | None = None
    values: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, Result] = field(default_factory=dict)
    later: dict[str, Span] = field(default_factory=dict)
    off: dict[str, Span] = field(default_factory=dict)
    unnamed: dict[str, Span] = field(default_factory=dict)
    origins: dict[str, Given] = field(default_factory=dict)

    def find(self, name: str) -> Any:
        """The value of a name, or None where no scope has it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values
            if name in scope.steps:
                return scope.steps
            scope = scope.parent
        return None

    def origin(self, name: str) -> Given | None:
        """Where a param has its value from."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.origins.get(name)
            scope = scope.parent
        return None

    def get(self, name: str) -> Any:
        """The value of a name. Raises UnknownName where there is none."""
        holder = self.find(name)
        if holder is not None:
            return holder[name]
        scope: Scope | None = self
        while scope is not None:
            if name in scope.off:
                raise UnknownName(
                    "E0214", f"`{name}` is switched off by its `when` and stands for nothing", note=(f"`{name}` is here", scope.off[name])
                )
            if name in scope.later:
                raise UnknownName(
                    "E0211", f"`{name}` is used before the step of that name", note=(f"`{name}` is defined here", scope.later[name])
                )
            if name in scope.unnamed:
                help = f"only written names can be referenced: give it `name: {name}`"
                note = ("a step without a name is here", scope.unnamed[name])
                raise UnknownName("E0210", f"no step or input is named `{name}` here", help=help, note=note)
            scope = scope.parent
        raise UnknownName("E0210", f"no step or input is named `{name}` here", unknown=name)

    def switched_off(self, name: str) -> Span | None:
        """Where the step of a name is written, if its `when` is false."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.off:
                return scope.off[name]
            scope = scope.parent
        return None

    def names(self) -> Iterable[str]:
        scope: Scope | None = self
        while scope is not None:
            yield from scope.values
            yield from scope.steps
            scope = scope.parent

    def child(self, path: str, **values: Any) -> Scope:
        return Scope(path, self, values)


POSITION = re.compile(r"-?[0-9]{1,9}")


def follow(start: Any, parts: list[str], reference: str) -> Any:
    """The result that the rest of a reference leads to; a list where a part is `*`. Raises UnknownName."""
    value = start
    followed = reference.split("/")[: -len(parts)] if parts else []
    for position, part in enumerate(parts):
        if isinstance(value, list):
            return [found for item in value for found in _as_list(follow(item, parts[position:], reference))]
        if not isinstance(value, Result):
            raise UnknownName("E0210", f"`{reference}` does not lead to a step")
        if value.poisoned:
            return POISON
        value = _into(value, part, "/".join([*followed, *parts[:position]]))
    return value


def _into(value: Result, part: str, owner: str) -> Any:
    if part == "*":
        if not value.items and not value.repeated:
            raise UnknownName("E0210", f"`{owner}` has no items, so `*` means nothing", help="only what is repeated, and lists, have items")
        return list(value.items)
    if POSITION.fullmatch(part):
        try:
            return value.items[int(part)]
        except IndexError:
            if value.repeated and not value.items:
                raise UnknownName("E0210", f"`{owner}` is repeated no times, so it has no items") from None
            if not value.items:
                raise UnknownName("E0210", f"`{owner}` has no items", help="only what is repeated, and lists, have items") from None
            raise UnknownName("E0210", f"there is no item {part} of `{owner}`: it has {len(value.items)}, counted from 0") from None
    if part in value.inner:
        return value.inner[part]
    close = nearest(part, value.inner)
    message, help = f"`{owner}` has no step named `{part}`", "only written names can be referenced"
    if value.applied is not None and (word := value.applied[1]).entry is not None:
        message, help = f"`{owner}` has no output named `{part}`", f"`specc explain {word.name}` tells which outputs it has, and when"
    raise UnknownName("E0210", message, help=f"did you mean `{owner}/{close}`?" if close else help)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
