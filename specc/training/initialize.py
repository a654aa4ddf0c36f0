"""First weights that were learned before: which layer gets which, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keras.src.saving import saving_lib

from specc.diagnostics import Note, Span, fail
from specc.keras_backend.build import resolve
from specc.keras_backend.network import Network, settle_normalization
from specc.language.step_paths import is_within
from specc.registry.entry import Choice
from specc.registry.initializations import Initialization
from specc.training.pretrained import Asking, Pretrained, Stored, Unreadable, numbered_classes

DRAWN = "as named by `all_but`"
TOLD = 6  # mismatches that are told; further ones are counted


@dataclass(frozen=True)
class Report:
    """What became of the layers with weights.

    Args:
        source: where weights came from.
        by: how layers were matched.
        loaded: paths of the layers that got some.
        skipped: paths of those that did not, with the reason.
        unused: names of what was read and not wanted.
    """

    source: str
    by: str
    loaded: Sequence[str]
    skipped: Mapping[str, str]
    unused: Sequence[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{len(self.loaded)} of {len(self.loaded) + len(self.skipped)} layers have weights of {self.source}, matched by {self.by}"]
        reasons: dict[str, list[str]] = {}
        for path, reason in self.skipped.items():
            reasons.setdefault(reason, []).append(path)
        lines += [f"drawn anew, {reason}: {_some(paths)}" for reason, paths in reasons.items()]
        return "\n".join([*lines, *([f"not used: {_some(self.unused)}"] if self.unused else [])])


@dataclass(frozen=True)
class _Mine:
    """A layer of the network with weights.

    Args:
        reason: why it is not to get any; empty where it is.
        needed: whether it has to be among those that were learned before.
    """

    path: str
    layer: Any
    reason: str
    needed: bool


def initialize(network: Network, choice: Choice, asking: Asking, span: Span | None = None) -> Report:
    """Gives a network the weights that a spec asks for, all of them or none.

    Raises:
        SpecError: they cannot be read, or do not fit.
    """
    params = choice.params
    assert isinstance(params, Initialization)
    arguments = {name: value for name, value in vars(params).items() if name not in Initialization.parameters}
    try:
        pretrained: Pretrained = resolve(choice.entry.target)(asking, **arguments)
    except Unreadable as error:
        raise fail("E0516", error.message, span, help=error.help) from error
    mine = _mine(network, params)
    pairs = _pairs(network, mine, pretrained, params)
    skipped = {each.path: each.reason for each in mine if each.reason}
    faults: dict[str, str] = {}
    found: dict[str, list[Any]] = {}
    for each in mine:
        stored = pairs.get(each.path)
        if each.reason:
            continue
        if stored is not None:
            variables = _variables(each.layer, stored)
            fault = _misfit(variables, stored)
            faults |= {each.path: fault} if fault else {}
            found[each.path] = [(variable, stored.values[place]) for place, variable in variables.items()] if not fault else []
        elif each.needed:
            faults[each.path] = "is not there"
        else:
            skipped[each.path] = "as it is there only while learning, and not among them"
    if faults:
        raise _misfits(faults, pretrained, span, matched=bool(found))
    for variable, value in _read([pair for values in found.values() for pair in values], pretrained, span):
        variable.assign(value)
    for model in (network.training, network.inference):
        settle_normalization(model)
    used = {id(pairs[path]) for path in found}
    unused = [stored.name or stored.key for stored in pretrained.layers if id(stored) not in used]
    return Report(pretrained.source, {"key": "order"}.get(pretrained.by, pretrained.by), list(found), skipped, unused)


def _read(pairs: Sequence[tuple[Any, Any]], pretrained: Pretrained, span: Span | None) -> list[tuple[Any, Any]]:
    """Variables with their values, all of which are read before one is assigned."""
    try:
        return [(variable, read()) for variable, read in pairs]
    except (OSError, KeyError, ValueError) as error:
        raise fail("E0516", f"{pretrained.source} cannot be read: {error}", span) from error


def _mine(network: Network, params: Initialization) -> list[_Mine]:
    """The layers with weights, those of the model that is used first, each model's in their order."""
    found: dict[str, _Mine] = {}
    for model, graph in ((network.inference, network.inference_graph), (network.training, network.training_graph)):
        paths = {layer.name: layer.path for layer in graph.layers}
        for layer in model.layers:
            path = paths.get(layer.name)
            if path is not None and layer.weights and path not in found:
                steps = [node.path for node in graph.nodes if node.layer.path == path]
                found[path] = _Mine(path, layer, _reason(steps, params), model is network.inference)
    return list(found.values())


def _reason(steps: Sequence[str], params: Initialization) -> str:
    """Why the layer of these steps is not to get weights; nothing where it is."""
    if params.into and not any(is_within(step, params.into) for step in steps):
        return f"as outside `{params.into}`"
    if params.only and not any(is_within(step, name) for step in steps for name in params.only):
        return "as not named by `only`"
    return DRAWN if any(is_within(step, name) for step in steps for name in params.all_but) else ""


def _pairs(network: Network, mine: Sequence[_Mine], pretrained: Pretrained, params: Initialization) -> dict[str, Stored]:
    """What is stored for each layer, by its path."""
    stored = [(inside, each) for each in pretrained.layers if (inside := _below(each.name, params.part)) is not None]
    here = [(inside, each) for each in mine if (inside := _below(each.path, params.into)) is not None]
    if pretrained.by == "name":
        names = dict(stored)
        return {each.path: names[name] for name, each in here if name in names}
    if pretrained.by == "key":
        layers = network.inference.layers
        keys = dict(zip((layer.name for layer in layers), numbered_classes(type(layer).__name__ for layer in layers), strict=True))
        places = {each.key: each for each in pretrained.layers}
        return {each.path: places[keys[each.layer.name]] for _, each in here if keys.get(each.layer.name) in places}
    # A file has the model that is used. Where it has as many layers, each has its like; else those to be drawn anew are not there.
    used = [each for _, each in here if each.needed]
    left = [each for each in used if len(used) == len(stored) or each.reason != DRAWN]
    return {each.path: other for each, (_, other) in zip(left, stored, strict=False)}


def _below(name: str, step: str) -> str | None:
    """A layer's name below a step's, as Keras has it; None where it is not inside."""
    name, step = name.replace("/", "-"), step.replace("/", "-")
    if not step or name == step:
        return name if not step else ""
    return name.removeprefix(f"{step}-") if name.startswith(f"{step}-") else None


class _Places(saving_lib.H5IOStore):
    """What Keras would write, by its place in the file, with nothing written."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self._inner = ""

    def __bool__(self) -> bool:
        return True

    def make(self, path: str, metadata: Any = None) -> _Places:
        self._inner = path
        return self

    def __setitem__(self, name: str, variable: Any) -> None:
        self.found[f"{self._inner}/vars/{name}".lstrip("/")] = variable


def _variables(layer: Any, stored: Stored) -> dict[str, Any]:
    """A layer's variables by the places that they have in what is stored."""
    if stored.is_ordered:
        return {str(number): variable for number, variable in enumerate(layer.weights)}
    places = _Places()
    saving_lib._save_state(layer, places, None, "", set())
    return places.found


def _misfit(variables: Mapping[str, Any], stored: Stored) -> str:
    """What does not fit; nothing where all does."""
    if variables.keys() != stored.values.keys():
        return f"has {len(stored.values)} weights there, and {len(variables)} here"
    for place, variable in variables.items():
        there, here = stored.shapes[place], tuple(variable.shape)
        if there != here:
            return f"has a `{variable.name}` of {there} there, and of {here} here"
    return ""


def _misfits(faults: Mapping[str, str], pretrained: Pretrained, span: Span | None, *, matched: bool) -> Exception:
    notes = [Note(f"`{path}` {fault}") for path, fault in list(faults.items())[:TOLD]]
    if len(faults) > TOLD:
        notes.append(Note(f"and {len(faults) - TOLD} more"))
    several = f"{len(faults)} layers" if len(faults) > 1 else f"`{next(iter(faults))}`"
    help = f"draw them anew: `all_but: [{', '.join(list(faults)[:3])}]`"
    if len(faults) > TOLD or not matched:
        other = {"name": "order", "order": "name", "key": "name"}[pretrained.by]
        help = f"layers were matched by {pretrained.by.replace('key', 'order')}; `by: {other}` is for files whose layers have " + (
            "other names" if other == "order" else "equal names"
        )
    return fail("E0516", f"the weights of {pretrained.source} do not fit {several}", span, help=help, notes=notes)


def _some(names: Sequence[str]) -> str:
    """The first few names."""
    shown = ", ".join(names[:TOLD])
    return shown if len(names) <= TOLD else f"{shown} and {len(names) - TOLD} more"
