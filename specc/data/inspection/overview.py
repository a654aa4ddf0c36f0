"""A part of a spec's data at a glance: as it is stored, and as the network gets it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from specc.data.errors import DataError
from specc.data.examples import Examples
from specc.data.faults import told
from specc.data.inspection.findings import Finding, Labelled, findings
from specc.data.inspection.fitting import labelled, misfits, with_classes
from specc.data.inspection.looks import LOOKED_AT, Watch, look_at, some_of, unwatched
from specc.data.inspection.sample import FieldValues, Sample, broken_fields, take_sample, values_of, without_faulty
from specc.data.inspection.statistics import ClassCounts, Objects, Sizes, class_counts, image_sizes, object_counts
from specc.data.pipeline import Opened, open_pipeline
from specc.data.tokens import Tokenizers, wanted
from specc.diagnostics import SpecError, fail
from specc.language.parts import PARTS, pipeline_of
from specc.language.spec import Spec
from specc.language.wiring import is_whole
from specc.registry.data.pipeline import Pipeline
from specc.registry.data.transforms.transform import transform_params
from specc.registry.entry import Choice
from specc.registry.experiment import Stage
from specc.registry.objectives.base import objective_params

MANY = 100  # classes that make a table where nobody has counted them, and no head knows as many


@dataclass(frozen=True)
class Inspection:
    """What examples are like, as they are stored.

    Args:
        examples: how many there are.
        looked_at: how many were looked at.
        drawn: which: `all`, `random` or `first`.
        sizes: of images.
        objects: of an example; None where the data have none.
        classes: how often each comes, by field.
        findings: what looks wrong.
    """

    examples: int
    looked_at: int
    drawn: str
    sizes: tuple[Sizes, ...]
    objects: Objects | None
    classes: tuple[ClassCounts, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Overview:
    """A part of a spec's data.

    Args:
        part: `train`, `validation` or `test`.
        stored: what it is like before transforms, and all that looks wrong.
        fields: what the network gets, of the examples that were looked at.
        steps: steps of an epoch by batch size, for the stages of training.
        sample: examples as the network gets them.
        epoch: those of which epoch.
        left_out: what is said of the records that `on_error: skip` leaves out.
    """

    part: str
    stored: Inspection
    fields: tuple[FieldValues, ...]
    steps: Mapping[int, int]
    sample: Sample
    epoch: int
    left_out: tuple[str, ...] = ()


def overview(
    spec: Spec,
    part: str = "train",
    *,
    count: int = 24,
    epoch: int = 0,
    augment: bool = True,
    limit: int = LOOKED_AT,
    watch: Watch[Any] = unwatched,
) -> Overview:
    """Looks at a part of a spec's data.

    Args:
        count: examples that are taken as the network gets them.
        epoch: whose order and augmentation they have.
        augment: whether random transforms are done.
        limit: examples that are looked at as they are stored; as many of other parts, which should share none with this one.
        watch: is handed what is gone through and how much that is, and hands it on.

    Raises:
        SpecError: there are no such data, or none that can be read.
    """
    pipeline = pipeline_of(spec, part)
    seen = as_seen(pipeline, augment)
    opened = opened_part(spec, part, seen, _of_training(spec, part))
    made = opened.tokenizers or None
    stored = opened_part(spec, part, as_stored(pipeline), made).examples if pipeline.transforms or pipeline.views else opened.examples
    others, unopened = _others(spec, part, made)
    batch_size, seed, training = spec.experiment.stages[0].batch_size, spec.experiment.train.seed, part == "train"
    try:
        if skips := pipeline.on_error == "skip":
            opened, stored = _skipping(opened, stored, pipeline.source.name)
        known, looked_at = labelled(spec, stored.fields, opened.fields), some_of(stored, limit)
        inspection = inspect(stored, others, pad_to=pipeline.objects.pad_to, labels=known, limit=limit, watch=watch)
        fields = values_of(opened, looked_at, batch_size=batch_size, seed=seed, training=training, epoch=epoch, watch=watch)
        sample = take_sample(opened, seen, count, batch_size=batch_size, seed=seed, training=training, epoch=epoch)
    except DataError as error:
        raise fail("E0517", error.message, spec.span_of("data", part, "source"), help=error.help) from error
    refused = [] if skips else [Finding("unreadable", f"a run refuses {line.removeprefix('left out ')}") for line in opened.told]
    wrong = (*misfits(spec, part, opened.fields), *refused, *inspection.findings, *broken_fields(fields), *unopened)
    steps = {stage.batch_size: _steps(stored.count, stage, part) for stage in spec.experiment.stages}
    return Overview(part, replace(inspection, findings=wrong), fields, steps, sample, epoch, opened.told if skips else ())


def _skipping(opened: Opened, stored: Examples, source: str) -> tuple[Opened, Examples]:
    """What `on_error: skip` leaves of the examples, as the network gets them and as they are stored; what is left out is told.

    Raises:
        DataError: there is none that can be read.
    """
    good, found = without_faulty(opened)
    count = stored.count - len(good)
    if not count:
        return opened, stored
    line = f"left out {count:,} of {stored.count:,} records of `{source}`: {told(found, count)}"
    return replace(opened, examples=opened.examples.rows(good), told=(*opened.told, line)), stored.rows(good)


def _steps(count: int, stage: Stage, part: str) -> int:
    """Steps of an epoch of so many examples. An objective that compares those of a batch has whole batches only, if there is one."""
    compares = stage.objective is not None and is_whole(stage) and objective_params(stage.objective).across_batch
    whole = count // stage.batch_size if compares and part != "test" else 0
    return whole or math.ceil(count / stage.batch_size)


def inspect(
    stored: Examples,
    others: Mapping[str, Examples] | None = None,
    *,
    pad_to: int | None = None,
    labels: Mapping[str, Labelled] | None = None,
    limit: int = LOOKED_AT,
    watch: Watch[Any] = unwatched,
) -> Inspection:
    """Looks at up to `limit` examples of a part, before any transform, and at as many of each other part.

    Args:
        others: other parts, by name, with which it should share no example.
        pad_to: how many objects an example has in a batch, where that number is given.
        labels: what heads know of labels that nobody has counted the classes of, by field.

    Raises:
        DataError: no example can be read.
    """
    labels = labels or {}
    looked = look_at(with_classes(stored, labels), limit, watch)
    if not looked.looks:
        raise DataError(f"none of {looked.unreadable_count:,} records can be read; {looked.unreadable[0]}")
    counted = class_counts(looked)
    # Numbers that are far beyond what a head knows are no classes, but something else.
    classes = tuple(each for each in counted if each.field not in labels or len(each.names) <= max(MANY, labels[each.field].classes))
    beside = {part: look_at(other.only(_compared(other)), limit, watch) for part, other in (others or {}).items() if _compared(other)}
    drawn = "all" if looked.is_whole else "random" if stored.is_table else "first"
    found = findings(looked, classes, beside, pad_to, labels)
    return Inspection(stored.count, len(looked.numbers), drawn, image_sizes(looked), object_counts(looked), classes, found)


def _compared(examples: Examples) -> list[str]:
    """The fields by which examples of two parts are compared: no mask needs to be read."""
    images = [name for name, field in examples.fields.items() if field.kind == "image"]
    return images or [name for name, field in examples.fields.items() if field.kind == "value"]


def as_stored(pipeline: Pipeline) -> Pipeline:
    """The pipeline that gives examples as the source has them. Nothing is kept, and nothing is left out unseen."""
    return Pipeline(**{**vars(pipeline), "transforms": [], "views": [], "cache": "none", "on_error": "fail"})


def as_seen(pipeline: Pipeline, augment: bool = True) -> Pipeline:
    """The pipeline that gives examples as the network gets them; nothing is kept.

    Args:
        augment: whether random transforms are among them.
    """

    def fixed(transforms: list[Choice]) -> list[Choice]:
        return [choice for choice in transforms if augment or not transform_params(choice).random]

    views = [type(view)(count=view.count, transforms=fixed(view.transforms)) for view in pipeline.views]
    changed = {"transforms": fixed(pipeline.transforms), "views": views, "cache": "none", "on_error": "fail"}
    return Pipeline(**{**vars(pipeline), **changed})


def opened_part(spec: Spec, part: str, pipeline: Pipeline, tokenizers: Tokenizers | None = None) -> Opened:
    """A pipeline made of that of a part, opened.

    Args:
        tokenizers: those that the training data have made.
    """
    return open_pipeline(pipeline, partial(spec.span_of, "data", part), tokenizers, keep_faulty=True)


def _of_training(spec: Spec, part: str) -> Tokenizers | None:
    """The tokenizers that the training data make, where another part has texts too."""
    train = spec.experiment.data.train
    if part == "train" or train is None or not wanted(train)[1]:
        return None
    return opened_part(spec, "train", as_stored(train)).tokenizers


def _others(spec: Spec, part: str, tokenizers: Tokenizers | None) -> tuple[dict[str, Examples], list[Finding]]:
    """The parts that should share no example with one, and what is to be said of those that cannot be opened."""
    found: dict[str, Examples] = {}
    told: list[Finding] = []
    for other in [each for each in PARTS if (each == "train") != (part == "train")]:
        pipeline = getattr(spec.experiment.data, other)
        if pipeline is None:
            continue
        try:
            found[other] = opened_part(spec, other, as_stored(pipeline), tokenizers).examples
        except SpecError as error:
            message = f"`{other}` cannot be looked at: {error.diagnostics[0].message}"
            told.append(Finding("unopened", message))
    return found, told
