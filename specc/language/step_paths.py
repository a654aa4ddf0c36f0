"""Steps that the sections about training name by their paths: what is frozen, drawn anew, or looked at."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from specc.diagnostics import Sink
from specc.graph import Graph
from specc.language.document import Document
from specc.registry.entry import nearest
from specc.registry.experiment import Experiment, Freeze


def check_step_paths(document: Document, graph: Graph, used: Graph, experiment: Experiment, sink: Sink) -> None:
    """Reports paths that no step of the training graph has, or where something is measured, of the graph that is used after it."""
    steps = [node.path for node in graph.nodes]
    for key, names in _measured(experiment):
        _require(key, names, [node.path for node in used.nodes], "step", document, sink)
    for key, names in _named(experiment):
        _require(key, names, steps, "step", document, sink)
    weights = [f"{layer.path}/{weight.name}" for layer in graph.layers for weight in layer.weights]
    for key, names in _grouped(experiment):
        _require(key, names, weights, "weight", document, sink)
    for key, freeze in _freezes(experiment):
        named = [] if freeze is None else [*freeze.only, *freeze.all_but]
        if not document.says(*key) or not all(any(is_within(step, name) for step in steps) for name in named):
            continue  # that is told elsewhere
        if _learning(graph, set()) and not _learning(graph, frozen_layers(graph, freeze)):
            message = "everything is frozen, so nothing is left that learns"
            sink.error("E0509", message, document.span_of(*key), help="name what goes on learning: `freeze: {all_but: ...}`")


def frozen_layers(graph: Graph, freeze: Freeze | None) -> set[str]:
    """The paths of the layers whose weights do not learn. One that several steps share is what any of them is."""
    if freeze is None or not (freeze.only or freeze.all_but):
        return set()
    only = _layers_of(graph, freeze.only) if freeze.only else {layer.path for layer in graph.layers}
    return only - _layers_of(graph, freeze.all_but)


def _layers_of(graph: Graph, names: list[str]) -> set[str]:
    return {node.layer.path for node in graph.nodes if any(is_within(node.path, name) for name in names)}


def _learning(graph: Graph, frozen: set[str]) -> bool:
    return any(weight.trainable for layer in graph.layers if layer.trainable and layer.path not in frozen for weight in layer.weights)


def _require(key: tuple[str | int, ...], names: list[str], known: list[str], what: str, document: Document, sink: Sink) -> None:
    if not document.says(*key):  # a stage has it from `train`, where it is told
        return
    for number, name in enumerate(names):
        if any(is_within(path, name) for path in known):
            continue
        parts = {"/".join(path.split("/")[:depth]) for path in known for depth in range(1, path.count("/") + 2)}
        close = nearest(name, sorted(parts))
        help = f"did you mean `{close}`?" if close else "`specc summary` shows the paths"
        sink.error("E0210", f"no {what} has the path `{name}`", document.span_of(*key, number), help=help)


def is_within(path: str, name: str) -> bool:
    """Whether a step, or a weight, is the one that is named, or inside it. `*` stands for anything."""
    return fnmatchcase(path, name) or fnmatchcase(path, f"{name}/*")


def _named(experiment: Experiment) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
    """The paths that are written, by the key where they stand."""
    train = experiment.train
    for key, freeze in _freezes(experiment):
        if freeze is not None:
            yield (*key, "only"), freeze.only
            yield (*key, "all_but"), freeze.all_but
    if train.initialize is not None:
        yield ("train", "initialize", train.initialize.name, "all_but"), getattr(train.initialize.params, "all_but", [])


def _measured(experiment: Experiment) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
    """The paths of steps whose outputs are looked at."""
    for number, choice in enumerate(experiment.evaluate):
        features = getattr(choice.params, "features", None)
        if features is not None:
            yield ("evaluate", number, choice.name, "features"), [features]


def _grouped(experiment: Experiment) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
    """The paths of groups of weights."""
    for number, group in enumerate(experiment.train.groups):
        yield ("train", "groups", number, "match"), group.match
    for place, stage in enumerate(experiment.train.stages):
        for number, group in enumerate(stage.groups):
            yield ("train", "stages", place, "groups", number, "match"), group.match


def _freezes(experiment: Experiment) -> Iterator[tuple[tuple[str | int, ...], Freeze | None]]:
    """What is frozen, by the key where that stands."""
    yield ("train", "freeze"), experiment.train.freeze
    for number, stage in enumerate(experiment.train.stages):
        yield ("train", "stages", number, "freeze"), stage.freeze
