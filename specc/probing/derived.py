"""The spec of a probe: the run's own network with a classifier in place of its heads, labels, and a way to learn them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from specc.diagnostics import Source
from specc.language import loads
from specc.language.dump import dump
from specc.language.spec import Spec
from specc.language.syntax import parse, plain_value
from specc.representations.features import feature_tensor
from specc.representations.labelled import held_out_part

HEAD = "probe"
KEPT = ("seed", "distribute", "precision", "jit_compile", "steps_per_execution")  # of the run's training
LEFT_OUT = ("expect", "published", "summary", "reference", "evaluate", "generate")


@dataclass(frozen=True)
class Task:
    """What a probe learns.

    Args:
        name: the probe's.
        classes: how many there are.
        label: the field that has them.
        features: the step that the classifier stands on; None: the last one.
        subset: which training examples have labels, as `subset` of a pipeline.
        train: how it learns, as it stands in a spec.
        before: steps between the features and the linear layer.
    """

    name: str
    classes: int
    label: str
    features: str | None = None
    subset: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)
    before: Sequence[Mapping[str, Any]] = ()


def derived(spec: Spec, task: Task) -> Spec:
    """The spec of a probe. Its training data are the labelled ones, prepared as the held-out data are, which it is measured on."""
    root = {key: entry.value for key, entry in spec.document.root.entries.items() if key not in LEFT_OUT}
    whole = {key: plain_value(node) for key, node in root.items()}
    data, held_out = whole["data"], whole["data"][held_out_part(spec)]
    learned = {**held_out, "source": data["train"]["source"]}
    train = {name: value for name, value in whole.get("train", {}).items() if name in KEPT}
    head = {"layers": [*_pooling(spec, task.features), *task.before, {"dense": task.classes}]}
    whole |= {
        "name": f"{spec.name}_{task.name}",
        "heads": {HEAD: {**head, **({"from": task.features} if task.features else {})}},
        "data": {"train": {**learned, **({"subset": dict(task.subset)} if task.subset else {})}, "validation": held_out},
        "train": {**train, "objective": {"softmax_cross_entropy": {"target": task.label}}, **task.train},
    }
    return loads(dump(parse(Source(task.name, json.dumps(whole)))))


def _pooling(spec: Spec, features: str | None) -> list[str]:
    """Maps and sequences are averaged over their places."""
    rank = feature_tensor(spec.graph(), features).spec.rank
    return [f"global_average_pooling{rank - 2}d"] if rank > 2 else []
