"""Steps that the sections about training name by their paths: what is frozen, drawn anew, or looked at."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from specc.diagnostics import Sink
from specc.graph import Graph
from specc.language.document import Document
from specc.registry.entry import nearest
from specc.registry.experiment import Experiment, Freeze


def check_step_paths(document: Document, graph: Graph, experiment: Experiment, sink: Sink) -> None:
    """Reports paths that no step of the training graph has."""
    known = [node.path for node in graph.nodes]
    for key, names in _named(experiment):
        for number, name in enumerate(names):
            if not any(_is_within(path, name) for path in known):
                parts = {"/".join(path.split("/")[:depth]) for path in known for depth in range(1, path.count("/") + 2)}
                close = nearest(name, sorted(parts))
                help = f"did you mean `{close}`?" if close else "`specc summary` shows the paths"
                span = document.span_of(*key, number)
                sink.error("E0210", f"no step has the path `{name}`", span, help=help)


def _is_within(path: str, name: str) -> bool:
    """Whether a step is the one that is named, or inside it. `*` stands for anything."""
    return fnmatchcase(path, name) or fnmatchcase(path, f"{name}/*")


def _named(experiment: Experiment) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
    """The paths that are written, by the key where they stand."""
    train = experiment.train
    yield from _frozen(("train", "freeze"), train.freeze)
    for number, stage in enumerate(train.stages):
        yield from _frozen(("train", "stages", number, "freeze"), stage.freeze)
    if train.initialize is not None:
        yield ("train", "initialize", train.initialize.name, "all_but"), getattr(train.initialize.params, "all_but", [])
    for number, choice in enumerate(experiment.evaluate):
        features = getattr(choice.params, "features", None)
        if features is not None:
            yield ("evaluate", number, choice.name, "features"), [features]


def _frozen(key: tuple[str | int, ...], freeze: Freeze | None) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
    if freeze is not None:
        yield (*key, "only"), freeze.only
        yield (*key, "all_but"), freeze.all_but
