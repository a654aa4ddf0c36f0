"""What a run's representation is worth."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specc.diagnostics import fail
from specc.evaluation.trained import trained
from specc.keras_backend.build import resolve
from specc.language import loads
from specc.language.roles import listed
from specc.language.spec import Spec
from specc.probing.learned import Probing
from specc.registry.entry import entries, nearest
from specc.registry.evaluations import evaluation_params
from specc.representations.labelled import labelled_data
from specc.representations.looks import looks_of
from specc.representations.map import draw_map

FOLDER = "probes"
USUAL = ("knn", "linear_probe")


@dataclass(frozen=True)
class Probed:
    """What a representation is worth.

    Args:
        metrics: accuracies by name, from 0 to 1.
        examples: how many held-out ones they are measured on.
        folder: where everything is: `probes.json`, the picture, and the runs of probes that learned.
        picture: the features of held-out examples in two dimensions, by class.
    """

    metrics: dict[str, float]
    examples: int
    folder: Path
    picture: Path


def probe(
    run: Any,
    evaluations: Sequence[str] | None = None,
    *,
    spec: Spec | None = None,
    told: Callable[[str, float], None] = lambda name, value: None,
) -> Probed:
    """Measures the representation of a run, and writes what is found into its folder, in place of what a probe before has left there.

    Args:
        run: a run, or its folder.
        evaluations: words; by default those that the spec names in `evaluate`, or `knn` and `linear_probe`.
        spec: stands in for the run's own, where `evaluate` or the labelled data are to be others.
        told: is called with each metric when it is known.

    Raises:
        SpecError: there is no such run, or there are no labelled data.
    """
    found = trained(run)
    if found.path is None or found.spec is None:
        raise fail("E0512", "a representation is probed in the folder of its run, and a model alone has none", help="name a run folder")
    spec = _asking(spec or found.spec, evaluations)
    folder = found.path / FOLDER
    if folder.exists():
        shutil.rmtree(folder)  # what stands there was made by a probe before this one
    metrics: dict[str, float] = {}

    def noted(name: str, value: float) -> None:
        metrics[name] = value
        told(name, value)

    data = labelled_data(spec, spec.graph())
    for look in looks_of(spec, spec.graph()):
        for name, value in look.measure(found.model).items():
            noted(name, value)
    for word, settings in _learned(spec):
        for name, made in resolve(entries("evaluation")[word].target)(Probing(spec, found.path, data, folder), **settings):
            noted(name, float(made.history[-1]["val_accuracy"]))
    picture = draw_map(spec, spec.graph(), found.model, folder / "map.png")
    (folder / "probes.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return Probed(metrics, int(data.held_out.examples or 0), folder, picture)


def _asking(spec: Spec, evaluations: Sequence[str] | None) -> Spec:
    """The spec with the evaluations that are wanted: as it says them itself, else as they are by default."""
    named = {choice.name: choice for choice in spec.experiment.evaluate}
    words = list(evaluations) if evaluations is not None else list(named) or list(USUAL)
    for word in words:
        if word not in entries("evaluation"):
            close = nearest(word, entries("evaluation"))
            help = f"did you mean `{close}`?" if close else f"they are {listed(entries('evaluation'))}"
            raise fail("E0512", f"no evaluation is named `{word}`", help=help)
    if words == list(named):
        return spec
    return loads(spec.text, overrides={"evaluate": [{word: _written(spec, word)} for word in words]})


def _learned(spec: Spec) -> Iterator[tuple[str, dict[str, Any]]]:
    """The evaluations that learn, with their arguments as they stand in a spec."""
    for choice in spec.experiment.evaluate:
        params = evaluation_params(choice)
        if params.learns:
            written = {name: parameter.default for name, parameter in params.parameters.items()} | _written(spec, choice.name)
            yield choice.name, {**written, "shares": vars(params)["shares"], "per_class": vars(params)["per_class"]}


def _written(spec: Spec, word: str) -> dict[str, Any]:
    section = spec.section("evaluate")
    found = [each[word] for each in section if word in each] if isinstance(section, list) else []
    return dict(found[0]) if found else {}
