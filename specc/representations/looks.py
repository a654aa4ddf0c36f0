"""The evaluations of a spec, ready to be made of its network: while it learns, and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from specc.graph import Graph
from specc.keras_backend.build import resolve
from specc.language.spec import Spec
from specc.registry.entry import Choice
from specc.registry.evaluations import evaluation_params
from specc.representations.features import Representation
from specc.representations.labelled import labelled_data


@dataclass(frozen=True)
class Look:
    """An evaluation of a network.

    Args:
        name: the evaluation's word.
        every: epochs of training after each of which it is made; None: after training alone.
        examples: on how many.
        measure: from the network as it is used to values by name.
    """

    name: str
    every: int | None
    examples: int
    measure: Callable[[keras.Model], dict[str, float]]

    def is_due(self, epochs: int) -> bool:
        """Whether it is made after so many epochs of training."""
        return self.every is not None and epochs % self.every == 0


def looks_of(spec: Spec, graph: Graph, *, while_learning: bool = False) -> list[Look]:
    """The evaluations that a spec names and that learn nothing. Raises SpecError where its data do not allow one.

    Args:
        graph: the network as it is used.
        while_learning: only those that are made while it learns.
    """
    quick = [(number, choice) for number, choice in enumerate(spec.experiment.evaluate) if not evaluation_params(choice).learns]
    wanted = [(number, choice) for number, choice in quick if not while_learning or _every(choice) is not None]
    if not wanted:
        return []
    data, looks = labelled_data(spec, graph), []
    examples = int(data.held_out.examples or 0)
    for number, choice in wanted:
        params = evaluation_params(choice)
        span = spec.span_of("evaluate", number, choice.name, "features") or spec.span_of("evaluate", number)
        representation = Representation(graph, data, params.features, span)
        looks.append(Look(choice.name, _every(choice), examples, _measure(choice, representation)))
    return looks


def _every(choice: Choice) -> int | None:
    every: int | None = vars(choice.params).get("every")
    return every


def _measure(choice: Choice, representation: Representation) -> Callable[[keras.Model], dict[str, float]]:
    arguments = {name: value for name, value in vars(choice.params).items() if name not in ("features", "every")}
    function: Any = resolve(choice.entry.target)

    def measure(model: keras.Model) -> dict[str, float]:
        representation.take_over(model)
        return dict(function(representation, **arguments))

    return measure
