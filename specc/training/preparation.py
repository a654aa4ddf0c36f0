"""What a run needs before anything is built: the losses of each stage wired to heads and targets, and the batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from specc.data.errors import in_all
from specc.data.faults import Fault
from specc.data.feed import Feed, feeder
from specc.data.given import datasets, given_feed
from specc.data.pipeline import Opened, open_pipeline
from specc.data.tokenizers import Tokenizer
from specc.diagnostics import Note, Span, SpecError, fail
from specc.graph import Graph, Tensor
from specc.language.wiring import Fields, Wired, check_feeding, nowhere, wire
from specc.objectives.choice import compares_examples, fields_needed
from specc.registry.experiment import Stage
from specc.registry.objectives.losses import loss_params

if TYPE_CHECKING:
    from specc.language.spec import Spec

PARTS = ("train", "validation")


@dataclass(frozen=True)
class Prepared:
    """A stage of training with its data.

    Args:
        setting: what the spec says of it.
        wired: losses with their heads and targets; none for an objective over the whole model.
        span_of: finds the place of a key of the stage: `span_of("callbacks", 0)`.
    """

    setting: Stage
    wired: tuple[Wired, ...]
    training: Feed
    validation: Feed | None
    span_of: Callable[..., Span | None] = nowhere


def prepare(spec: Spec, graphs: tuple[Graph, Graph], data: Mapping[str, tf.data.Dataset | Iterable[Any]]) -> list[Prepared]:
    """The stages of a run, each with its data.

    Args:
        graphs: the training graph and the inference graph.
        data: data sets that stand in for the spec's.

    Raises:
        SpecError: losses, network and data do not fit.
    """
    given = datasets(data)
    feeds: dict[str, Callable[..., Feed]] = {}
    for part, graph in zip(PARTS, graphs, strict=True):
        known = feeds["train"](spec.experiment.stages[0].batch_size).tokenizers if "train" in feeds else None
        if (made := _feeds(spec, graphs[0], graph, given, part, known)) is not None:
            feeds[part] = made
    if "train" not in feeds:
        help = 'add a section `data: {train: {source: ...}}`, or hand in `data={"train": ...}` in Python'
        raise fail("E0509", f"`{spec.name}` has no data to train on", spec.span_of("data"), help=help)
    prepared = []
    for number, setting in enumerate(spec.experiment.stages):
        key = ("train", "stages", number) if spec.experiment.train.stages else ("train",)
        whole = compares_examples(setting)
        training = feeds["train"](setting.batch_size, whole=whole)
        validation = feeds["validation"](setting.batch_size, whole=whole) if "validation" in feeds else None
        wired = wire(graphs[0], setting, training.fields, span_of=spec.span_of)
        if validation is not None:
            wire(graphs[0], setting, validation.fields, span_of=spec.span_of)
            _require_targets(wired, validation, spec)
        prepared.append(Prepared(setting, wired, training, validation, partial(spec.span_of, *key)))
    return prepared


def _feeds(
    spec: Spec, learning: Graph, graph: Graph, data: Mapping[str, tf.data.Dataset], part: str, tokenizers: Mapping[str, Tokenizer] | None
) -> Callable[..., Feed] | None:
    """The batches of a part of the data, by their size, and whether there are whole ones only; None where there are no such data.

    Args:
        tokenizers: what the training data have made of their texts.
    """
    stages, pipeline = spec.experiment.stages, getattr(spec.experiment.data, part)
    if part in data:
        target = _target_beside(spec, data, graph)

        @cache
        def given(batch_size: int, *, whole: bool = False) -> Feed:
            made = given_feed(data[part], graph, stages[0], batch_size, part, target)
            check_feeding(graph, made.fields)
            return made

        return given
    if pipeline is None:
        return None
    opened = open_pipeline(pipeline, partial(spec.span_of, "data", part), tokenizers)
    check_feeding(graph, opened.fields, span_of=spec.span_of, path=("data", part), strict=True)
    wired = [wire(learning, setting, opened.fields, span_of=spec.span_of) for setting in stages]
    needed = set().union(*(fields_needed(setting, each, learning, opened.fields) for setting, each in zip(stages, wired)))
    scored = {(one.head, one.target): scores for each in wired for one in each if (scores := _uncounted(learning, one, opened.fields))}
    for (head, target), scores in scored.items():
        if found := opened.labels(target, scores):
            raise _beyond("E0504", spec, part, head, scores, found, len(found))
    feeds = feeder(opened, seed=spec.experiment.train.seed, training=part == "train", only=needed & set(opened.fields))

    def looked_at(batch_size: int, *, whole: bool = False) -> Feed:
        feed = feeds(batch_size, whole=whole)
        return replace(feed, fault=lambda: _searched(spec, part, opened, scored) or feed.fault())

    return cache(looked_at)


def _uncounted(graph: Graph, wired: Wired, fields: Fields) -> int | None:
    """How many classes a head has scores for, where numbers of classes are its targets, and the data do not say how many there are."""
    output, field = graph.outputs[wired.head], fields[wired.target]
    if not isinstance(output, Tensor) or loss_params(wired.loss).labels != "classes" or field.classes is not None or not field.is_integer:
        return None
    scores, shape = output.spec.shape, field.spec.shape
    by_number = len(shape) == len(scores) - 1 or (len(shape) == len(scores) and shape[-1] == 1)
    return scores[-1] if by_number else None


def _searched(spec: Spec, part: str, opened: Opened, scored: Mapping[tuple[str, str], int]) -> SpecError | None:
    """What to say of labels that a head does not know; None where there are none."""
    for (head, target), scores in scored.items():
        found, count = opened.beyond(target, scores)
        if found:
            return _beyond("E0511", spec, part, head, scores, found, count)
    return None


def _beyond(code: str, spec: Spec, part: str, head: str, scores: int, found: Sequence[Fault], count: int) -> SpecError:
    message = f"{found[0]}, but head `{head}` gives scores for {scores} classes, 0 to {scores - 1}{in_all(count, 'such labels')}"
    place = spec.span_of("heads", head)
    notes = [] if place is None else [Note("the head is at", place)]
    help = "mend the labels, which are counted from 0, or give the head a score for each class"
    return fail(code, message, spec.span_of("data", part, "source"), help=help, notes=notes)


def _target_beside(spec: Spec, data: Mapping[str, Any], graph: Graph) -> str:
    """What a target without a name is called: as the spec's own data, used beside those handed in, call theirs."""
    for part in PARTS:
        pipeline = getattr(spec.experiment.data, part)
        fields = None if pipeline is None or part in data else pipeline.known_fields()
        targets = [name for name in fields or () if name not in graph.inputs]
        if len(targets) == 1:
            return str(targets[0])
    return "target"


def _require_targets(wired: Sequence[Wired], validation: Feed, spec: Spec) -> None:
    """Raises SpecError where the validation data lack what the losses compare with in the training data."""
    for one in wired:
        if one.target not in validation.fields:
            message = f"the validation data have no `{one.target}`, which head `{one.head}` is compared with in training"
            raise fail("E0503", message, spec.span_of("data", "validation"), help="give the fields of both parts equal names")
