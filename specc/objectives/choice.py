"""From what a spec says to the objective that the loop runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specc.graph import Graph
from specc.keras_backend.build import resolve
from specc.language.roles import played
from specc.language.wiring import Wired, is_whole
from specc.objectives.by_head import ByHead
from specc.objectives.objective import Objective
from specc.registry.experiment import Stage
from specc.registry.objectives.base import Objective as ObjectiveParams
from specc.registry.objectives.base import objective_params


def objective_of(setting: Stage, wired: Sequence[Wired], graph: Graph, fields: Iterable[str]) -> Objective:
    """The objective over the whole model that was chosen, or the losses by head.

    Args:
        wired: the losses, with their heads and targets.
        graph: the training graph.
        fields: the batch's fields.
    """
    chosen = setting.objective
    if chosen is None or not is_whole(setting):
        return ByHead(wired, setting.metrics)
    params = objective_params(chosen)
    outputs = played(params.needs_outputs, params.outputs, list(graph.outputs))
    roles = {"outputs": outputs, "targets": _targets(params, graph, fields)}
    objective: Objective = resolve(chosen.entry.target)(**{**vars(params), **roles})
    return objective


def fields_needed(setting: Stage, wired: Sequence[Wired], graph: Graph, fields: Iterable[str]) -> set[str]:
    """The fields of a batch that a stage looks at."""
    needed = {*graph.inputs, *(one.target for one in wired), *(one.sample_weight for one in wired if one.sample_weight)}
    if setting.objective is not None and is_whole(setting):
        needed |= {*_targets(objective_params(setting.objective), graph, fields).values()}
    return needed


def compares_examples(setting: Stage) -> bool:
    """Whether what an example costs depends on the others of its batch."""
    return setting.objective is not None and is_whole(setting) and objective_params(setting.objective).across_batch


def _targets(params: ObjectiveParams, graph: Graph, fields: Iterable[str]) -> dict[str, str]:
    """The field that plays each role among the targets."""
    return played(params.needs_targets, params.targets, [name for name in fields if name not in graph.inputs])
