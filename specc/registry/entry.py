"""How a word of the language is declared: its parameters, and for a layer its shapes, weights and costs.

Each fact is stated once. From a `Params` class come the JSON Schema, the reference, the defaults and the checks; from
a layer's function its shapes, weights and multiply-adds; from the target the lowering to Keras.

Modules that declare words do not use `from __future__ import annotations`: annotations are read at class creation.
"""

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, dataclass_transform

from specc.graph import KerasCall, TensorSpec, Weight
from specc.registry.types import NESTED, Type, constrained, type_of


class _Required:
    """Marks a parameter without a default."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()

KEYWORDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "above": "exclusiveMinimum",
    "below": "exclusiveMaximum",
    "min_items": "minItems",
    "max_items": "maxItems",
    "pattern": "pattern",
}


@dataclass(frozen=True, eq=False, repr=False)
class Param:
    """One parameter. `call` marks an argument of the layer's call in place of its constructor."""

    name: str
    type: Type
    doc: str
    default: Any = REQUIRED
    call: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @cached_property
    def bound_default(self) -> Any:
        """The default as `bind` gives it."""
        return bind_value(self.type, self.default)


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    doc: str
    default: Any
    call: bool
    keywords: Mapping[str, Any]


def param(doc: str, *, default: Any = REQUIRED, call: bool = False, **keywords: Any) -> Any:
    """Declares a field of a `Params` class.

    Args:
        doc: one sentence, with units and range where they are not plain.
        default: the value where none is given, as it is written in a spec; without it the parameter is required.
        call: passed when the layer is called, not when it is made.
        keywords: `minimum`, `maximum`, `above`, `below` (exclusive), `min_items`, `max_items`, `pattern`.
    """
    return _Field(doc, default, call, {KEYWORDS[name]: value for name, value in keywords.items()})


@dataclass_transform(kw_only_default=True, field_specifiers=(param,))
class Params:
    """Base of parameter classes: annotated fields, in the order in which they may be given by position."""

    parameters: ClassVar[Mapping[str, Param]] = {}

    def __init_subclass__(cls) -> None:
        inherited = dict(cls.parameters)
        own = {}
        for name, annotation in inspect.get_annotations(cls, eval_str=True).items():
            declared = cls.__dict__.get(name)
            if isinstance(declared, _Field):
                kind = constrained(type_of(annotation), declared.keywords)
                own[name] = Param(name, kind, declared.doc, declared.default, declared.call)
                delattr(cls, name)
        merged = {**inherited, **own}
        cls.parameters = {p.name: p for p in sorted(merged.values(), key=lambda p: not p.required)}

    def __init__(self, **values: Any) -> None:
        """Takes bound values, as `bind` makes them; defaults are bound here."""
        for name, parameter in self.parameters.items():
            if name in values:
                self.__dict__[name] = values.pop(name)
            elif parameter.required:
                raise TypeError(f"{type(self).__name__} needs `{name}`")
            else:
                self.__dict__[name] = parameter.bound_default
        if values:
            raise TypeError(f"{type(self).__name__} has no parameter `{next(iter(values))}`")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"

    def replaced(self, values: Mapping[str, Any]) -> "Params":
        """The same with other values, given as JSON."""
        return type(self)(**{**self.__dict__, **{name: bind_value(self.parameters[name].type, value) for name, value in values.items()}})

    def given(self) -> dict[str, Any]:
        """The parameters that differ from their defaults, and the required ones."""
        return {
            name: self.__dict__[name]
            for name, parameter in self.parameters.items()
            if parameter.required or self.__dict__[name] != parameter.bound_default
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """A word of a family with its bound arguments: an initializer, an optimizer, a loss."""

    entry: "Entry"
    params: Params

    @property
    def name(self) -> str:
        return self.entry.name

    def call(self) -> KerasCall:
        """The construction of the object."""
        return self.entry.call(self.params)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a layer's application.

    Args:
        output: the output, or a list where the call returns a list.
        weights: the layer's variables, in Keras's order.
        macs: multiply-adds for one example; None where a size is unknown.
        extras: further outputs of the call, by name, in order: states, scores, indices.
    """

    output: TensorSpec | list[TensorSpec]
    weights: Sequence[Weight] = ()
    macs: int | None = 0
    extras: Mapping[str, TensorSpec] = field(default_factory=dict)

    def weights_below(self, name: str) -> list[Weight]:
        """The weights by their paths from the layer around, in which this one has the name."""
        return [Weight(f"{name}/{weight.name}", weight.shape, weight.trainable) for weight in self.weights]


class Mismatch(Exception):
    """A layer cannot take these inputs. `expand` turns it into a diagnostic at the step.

    Args:
        code: the diagnostic's code.
        message: one sentence, the layer named, expected and found said.
        help: what to change.
        argument: the argument at fault, where it is one; of a layer inside a layer by its path, `layer/conv2d/filters`.
    """

    def __init__(self, code: str, message: str, *, help: str | None = None, argument: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.argument = code, message, help, argument


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A use of a layer that the tests build with Keras and compare. Shapes are without the batch."""

    arguments: Mapping[str, Any]
    inputs: Mapping[str, Any]


def example(*shapes: Any, dtype: str = "float32", inputs: Mapping[str, Any] | None = None, **arguments: Any) -> Example:
    """`example((32, 32, 3), filters=8)`: call arguments in order by their shapes; a list of shapes is a list of tensors.

    Args:
        inputs: shapes by call argument, where position is not enough.
    """
    named = {str(position): shape for position, shape in enumerate(shapes)} if inputs is None else inputs
    return Example(arguments, {name: _specs(shape, dtype) for name, shape in named.items()})


def _specs(shape: Any, dtype: str) -> Any:
    if isinstance(shape, TensorSpec):
        return shape
    if isinstance(shape, list):
        return [_specs(each, dtype) for each in shape]
    return TensorSpec((None, *shape), dtype)


UNBUILT = "cannot be built yet: its shapes, weights and costs are known, its computation is not part of this version"
UNUSED = "cannot be used yet: its arguments are checked, its computation is not part of this version"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A declared word.

    Args:
        family: `layer`, `initializer`, `optimizer`, `loss`, ...
        name: the word.
        params: its parameters.
        target: dotted path of the class or function that it lowers to.
        examples: uses that the tests run.
        infer: for a layer, its shapes, weights and costs: `infer(params, *call arguments) -> Facts`.
        lower: where the Keras call is not simply the arguments: `lower(params) -> KerasCall`.
        doc: the reference text.
        by_name: whether Keras's `get` knows the bare name, so that a choice without arguments lowers to it.
        also: names under which the word is known elsewhere: not words, but understood well enough to suggest this one.
        pending: whether only the declaration is there: specs are checked and summarised with it, but neither built nor trained.
    """

    family: str
    name: str
    params: type[Params]
    target: str
    examples: Sequence[Any] = ()
    infer: Callable[..., Facts] | None = None
    lower: Callable[..., KerasCall] | None = None
    doc: str = ""
    by_name: bool = True
    also: tuple[str, ...] = ()
    pending: bool = False

    @property
    def summary(self) -> str:
        return self.doc.split("\n", 1)[0]

    @property
    def limits(self) -> str:
        """What cannot be done with the word as yet, as the rest of a sentence; nothing where all can."""
        return "" if not self.pending else UNBUILT if self.infer is not None else UNUSED

    @property
    def call_arguments(self) -> tuple[str, ...]:
        """Names of the tensors that the layer is called with."""
        assert self.infer is not None
        code = self.infer.__code__
        return code.co_varnames[1 : code.co_argcount]

    @property
    def required_call_arguments(self) -> int:
        assert self.infer is not None
        return len(self.call_arguments) - len(self.infer.__defaults__ or ())

    @property
    def list_arguments(self) -> tuple[str, ...]:
        """Those of the call arguments that are lists of tensors."""
        assert self.infer is not None
        annotations = self.infer.__annotations__
        return tuple(name for name in self.call_arguments if annotations.get(name) in (list[TensorSpec], list[TensorSpec] | None))

    @property
    def takes_list(self) -> bool:
        """Whether the first call argument is a list of tensors: a merge."""
        assert self.infer is not None
        return self.infer.__annotations__.get(self.call_arguments[0]) == list[TensorSpec]

    def call(self, params: Params) -> KerasCall:
        """The lowering: required arguments by position, others by name where they differ from Keras's default."""
        if self.lower is not None:
            return self.lower(params)
        given = {name: lowered(value) for name, value in params.given().items() if not params.parameters[name].call}
        args = tuple(given.pop(name) for name, p in params.parameters.items() if p.required and not p.call)
        return KerasCall(self.target, args, given)

    def options(self, params: Params) -> dict[str, Any]:
        """The arguments that are passed when the layer is called."""
        return {name: value for name, value in params.given().items() if params.parameters[name].call}


def lowered(value: Any) -> Any:
    """A bound value as an argument of a Keras call. A choice without arguments is its name, where Keras admits it."""
    if isinstance(value, Choice):
        if value.entry.family in NESTED:
            return inner_call(value)
        call = value.call()
        return value.name if value.entry.by_name and not call.args and not call.kwargs else call
    if isinstance(value, (list, tuple)):
        return type(value)(lowered(item) for item in value)
    return value


def inner_call(choice: Choice, name: str = "") -> KerasCall:
    """A layer inside a layer, named: Keras counts those without a name, so that paths of weights would vary with what was made before."""
    call = choice.call()
    return KerasCall(call.target, call.args, {**call.kwargs, "name": name or choice.name})


_ENTRIES: dict[str, dict[str, Entry]] = {}


def register(entry: Entry) -> None:
    """Adds a word. Raises ValueError where the family has it already."""
    family = _ENTRIES.setdefault(entry.family, {})
    if entry.name in family:
        raise ValueError(f"the {entry.family} `{entry.name}` is registered already")
    family[entry.name] = entry


def forget(family: str, name: str) -> None:
    """Removes a word that was registered."""
    _ENTRIES[family].pop(name, None)


def layer(
    name: str,
    *,
    keras: str,
    examples: Sequence[Example],
    lower: Callable[..., KerasCall] | None = None,
    pending: bool = False,
    family: str = "layer",
) -> Callable[[Callable[..., Facts]], Callable[..., Facts]]:
    """Declares a layer by the function that infers its facts; its first parameter `p` names the Params class.

    Args:
        family: `cell` for one step of a recurrence, whose states are the extra outputs.
    """

    def decorate(infer: Callable[..., Facts]) -> Callable[..., Facts]:
        params = infer.__annotations__["p"]
        register(Entry(family, name, params, keras, examples, infer, lower, _doc(params), pending=pending))
        return infer

    return decorate


def declare(
    family: str,
    name: str,
    *,
    target: str,
    examples: Sequence[Mapping[str, Any]] = ({},),
    by_name: bool = True,
    also: Sequence[str] = (),
    lower: Callable[..., KerasCall] | None = None,
    pending: bool = False,
) -> Callable[[type], type]:
    """Declares a word of another family by its Params class. An example is a mapping of arguments."""

    def decorate(params: type[Params]) -> type[Params]:
        doc = _doc(params)
        register(Entry(family, name, params, target, examples, None, lower, doc, by_name=by_name, also=tuple(also), pending=pending))
        return params

    return decorate


def _doc(params: type) -> str:
    return "\n".join(line.strip() for line in (params.__doc__ or "").strip().splitlines())


def bind(params: type[Params], values: Mapping[str, Any]) -> Params:
    """Parameters from checked JSON values, shorthands spelled out or not."""
    return params(**{name: bind_value(params.parameters[name].type, value) for name, value in values.items()})


def bind_value(kind: Type, value: Any) -> Any:
    """A checked JSON value as the Python value of its type."""
    from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section

    match kind:
        case Plain():
            return kind.bind(value)
        case _ if value is None and not isinstance(kind, (ListOf, MapOf)):
            return None
        case ChoiceOf(family):
            word, arguments = next(iter(value.items())) if isinstance(value, Mapping) else (value, {})
            entry = choose(family, word)
            if entry is None:
                raise KeyError(f"no {family} `{word}`")
            return Choice(entry, bind(entry.params, arguments or {}))
        case ListOf(item):
            values = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
            return [bind_value(item, each) for each in values]
        case MapOf(item):
            return {name: bind_value(item, each) for name, each in (value or {}).items()}
        case Section(section):
            return bind(section, value)


def find(family: str, name: str) -> Entry | None:
    """The entry of a word, or None."""
    from specc.registry import load, load_layer

    if family == "layer":
        load_layer(name)
    else:
        load(family)
    return _ENTRIES.get(family, {}).get(name)


def entries(family: str) -> Mapping[str, Entry]:
    """All entries of a family by name. For layers this imports every module that declares some."""
    from specc.registry import load

    load(family)
    return _ENTRIES.get(family, {})


def choices(family: str) -> Mapping[str, Entry]:
    """The words that can stand where one of a family is asked: a loss is an objective too, of a model with one output."""
    return {**entries("loss"), **entries("objective")} if family == "objective" else entries(family)


def choose(family: str, name: str) -> Entry | None:
    """The entry of a word that stands where one of a family is asked, or None."""
    return find(family, name) or (find("loss", name) if family == "objective" else None)


def merges() -> dict[str, Entry]:
    """What `parallel` can merge its branches by: the built-in merges, and layers of plug-ins that take a list."""
    from specc.registry.layers import LAYERS

    own = {name: entry for name in LAYERS["merge"] if (entry := find("layer", name)) is not None}
    builtin = {name for names in LAYERS.values() for name in names}
    return own | {name: entry for name, entry in _ENTRIES["layer"].items() if entry.takes_list and name not in builtin}


def plural(family: str) -> str:
    """The word for all of a family: `losses`."""
    return family + ("es" if family.endswith("s") else "s")


def nearest_entry(family: str, name: str) -> str | None:
    """The word of a family that was probably meant, also where it is known elsewhere by another name; or None."""
    names = {also: entry.name for entry in choices(family).values() for also in (*entry.also, entry.name)}
    bare = {known.replace("_", ""): known for known in names}
    close = bare.get(name.lower().replace("_", "")) or nearest(name, names)
    return None if close is None else names[close]


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, or None. Capitals do not count."""
    known = list(candidates)
    if 1 < len(name) < 5:  # `lr`
        initials = [each for each in known if "_" in each and "".join(part[:1] for part in each.split("_")) == name.lower()]
        if initials:
            return initials[0]
    letters = sorted(name.lower()) if len(name) <= 100 else []
    for each in known:
        if len(each) == len(letters) and sorted(each) == letters:  # `adma` is nearer to `adamax`, as difflib counts
            return each
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6) or difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return close[0] if close else None
