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
        measure: from the network as it is used to values by name.
    """

    name: str
    every: int | None
    measure: Callable[[keras.Model], dict[str, float]]

    def is_due(self, epochs: int) -> bool:
        """Whether it is made after so many epochs of training."""
        return self.every is not None and epochs % self.every == 0


def looks_of(spec: Spec, graph: Graph, *, while_learning: bool = False) -> list[Look]:
    """The evaluations that a spec names. Raises SpecError where its data do not allow one.

    Args:
        graph: the network as it is used.
        while_learning: only those that are made while it learns.
    """
    wanted = [
        (number, choice)
        for number, choice in enumerate(spec.experiment.evaluate)
        if not while_learning or evaluation_params(choice).every is not None
    ]
    if not wanted:
        return []
    data = labelled_data(spec, graph)
    looks = []
    for number, choice in wanted:
        params = evaluation_params(choice)
        span = spec.span_of("evaluate", number, choice.name, "features") or spec.span_of("evaluate", number)
        looks.append(Look(choice.name, params.every, _measure(choice, Representation(graph, data, params.features, span))))
    return looks


def _measure(choice: Choice, representation: Representation) -> Callable[[keras.Model], dict[str, float]]:
    arguments = {name: value for name, value in vars(choice.params).items() if name not in ("features", "every")}
    function: Any = resolve(choice.entry.target)

    def measure(model: keras.Model) -> dict[str, float]:
        representation.take_over(model)
        return dict(function(representation, **arguments))

    return measure
