"""The labelled examples that a representation is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from specc.data.feed import Feed, feed
from specc.data.pipeline import open_pipeline
from specc.diagnostics import fail
from specc.graph import Graph
from specc.language.roles import listed
from specc.language.spec import Spec
from specc.language.wiring import check_feeding
from specc.registry.data.fields import Field
from specc.registry.data.pipeline import Pipeline

BATCH = 256


@dataclass(frozen=True)
class LabelledData:
    """Examples with classes, as a network is given them after training: nothing is drawn at random.

    Args:
        bank: those that it is learned from what the features say.
        held_out: those on which that is measured.
        label: the field with the class.
        classes: how many there are.
        names: of the classes; empty where the data tell none.
    """

    bank: Feed
    held_out: Feed
    label: str
    classes: int
    names: tuple[str, ...] = ()


def labelled_data(spec: Spec, graph: Graph) -> LabelledData:
    """The spec's labelled examples: the source of its training data, prepared as its held-out data are, and these.

    Args:
        graph: the inference graph, whose inputs are fed.

    Raises:
        SpecError: there are no held-out data, or no labels.
    """
    data, name = spec.experiment.data, held_out_part(spec)
    held_out = getattr(data, name)
    parts = {"held_out": held_out}
    if data.train is not None:
        parts["bank"] = Pipeline(**{**vars(held_out), "source": data.train.source})
    feeds = {}
    for key, pipeline in parts.items():
        place = "train" if key == "bank" else name
        opened = open_pipeline(pipeline, partial(spec.span_of, "data", place))
        check_feeding(graph, opened.fields, span_of=spec.span_of, path=("data", place), strict=True)
        label = label_of(opened.fields, graph, spec, place)
        feeds[key] = feed(opened, BATCH, only={*graph.inputs, label})
    if "bank" not in feeds:
        raise fail("E0509", f"`{spec.name}` has no training data to compare with", spec.span_of("data"), help="add `data: {train: ...}`")
    bank = feeds["bank"]
    return LabelledData(bank, feeds["held_out"], label, bank.fields[label].classes or 0, bank.classes)


def held_out_part(spec: Spec) -> str:
    """The part of the data on which a representation is measured. Views are for comparing them with each other, not with labels."""
    data = spec.experiment.data
    for name in ("test", "validation"):
        pipeline = getattr(data, name)
        if pipeline is not None and not pipeline.views:
            return name
    help = "add `data: {test: {source: ...}}`: labelled examples, without `views`"
    raise fail("E0509", f"`{spec.name}` has no held-out data to measure a representation on", spec.span_of("data"), help=help)


def label_of(fields: Mapping[str, Field], graph: Graph, spec: Spec, part: str) -> str:
    """The field with an example's class. Raises SpecError where there is none, or several."""
    found = [
        name for name, field in fields.items() if name not in graph.inputs and field.classes is not None and len(field.spec.shape) == 1
    ]
    if len(found) == 1:
        return found[0]
    what = (
        f"several fields of classes: {listed(found)}" if found else f"no field with one class for each example; they have {listed(fields)}"
    )
    help = f"`fields` says which are wanted: `fields: {{{_pair(graph)}, label: ...}}`"
    raise fail("E0503", f"a representation is held against labels, but the data have {what}", spec.span_of("data", part), help=help)


def _pair(graph: Graph) -> Any:
    name = next(iter(graph.inputs))
    return f"{name}: {name}"
