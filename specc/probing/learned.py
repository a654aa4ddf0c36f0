"""Probes that learn, each in a run of its own in a folder beside the run that it probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specc.language.spec import Spec
from specc.probing.derived import HEAD, Task, derived
from specc.representations.labelled import LabelledData
from specc.training.run import Run, train

# Then one learning rate suits all features, whatever their scale. A few labels make a few steps, in which the mean has to be found.
STANDARDIZED = {"batch_normalization": {"center": False, "scale": False, "momentum": 0.9}}


@dataclass(frozen=True)
class Probing:
    """What a probe stands on.

    Args:
        spec: that of the run.
        run: the run's folder, from which weights come.
        data: the labelled examples.
        folder: where the probes' own runs go.
    """

    spec: Spec
    run: Path
    data: LabelledData
    folder: Path


def linear_probe(probing: Probing, **settings: Any) -> Iterator[tuple[str, Run]]:
    """A linear layer on features that stay as they are, but for their scale: names, and the runs that learned it."""
    return _learned("linear_probe", probing, settings, {"freeze": {"all_but": HEAD}}, [STANDARDIZED])


def fine_tuning(probing: Probing, **settings: Any) -> Iterator[tuple[str, Run]]:
    """The whole network, with a linear layer behind the features: names, and the runs that learned it."""
    return _learned("fine_tuning", probing, settings, {})


def _learned(
    word: str, probing: Probing, settings: Mapping[str, Any], frozen: Mapping[str, Any], before: Sequence[Mapping[str, Any]] = ()
) -> Iterator[tuple[str, Run]]:
    how = {name: settings[name] for name in ("epochs", "batch_size", "optimizer", "schedule")}
    begun = {"initialize": {"run": {"path": str(probing.run.resolve()), "all_but": HEAD}}}
    for name, subset in _subsets(word, settings):
        task = Task(name, probing.data.classes, probing.data.label, settings["features"], subset, {**how, **begun, **frozen}, before)
        yield name, train(derived(probing.spec, task), directory=probing.folder / name, progress=False)


def _subsets(word: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Which labels are used, with the names of what comes of it."""
    for share in settings["shares"]:
        percent = f"{100 * share:g}".replace(".", "_")
        yield (f"{word}_{percent}_percent" if share < 1 else word), ({"share": share} if share < 1 else {})
    for count in settings["per_class"]:
        yield f"{word}_{count}_per_class", {"per_class": count}
    if not settings["shares"] and not settings["per_class"]:
        yield word, {}
