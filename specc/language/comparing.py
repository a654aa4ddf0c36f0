"""What an objective over the whole model asks of data and training: views of each example, and whole batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specc.diagnostics import Sink, Span
from specc.language.document import Document
from specc.language.wiring import is_whole
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import Choice
from specc.registry.experiment import Experiment, Stage
from specc.registry.objectives.base import objective_params

SpanOf = Callable[..., Span | None]
Key = tuple[str | int, ...]


def check_comparing(document: Document, experiment: Experiment, sink: Sink) -> None:
    """Reports views that nobody compares, views that an objective would compare and does not get, and batches that do not suit one."""
    span_of = document.span_of
    for part in ("train", "validation"):
        pipeline = getattr(experiment.data, part)
        if pipeline is not None:
            _check_views(experiment, part, pipeline, sink, span_of)
    told: set[tuple[str, Key]] = set()
    for number, stage in enumerate(experiment.stages):
        if stage.objective is None or not is_whole(stage):
            continue
        key, accumulate = (_key(document, experiment, number, name) for name in ("objective", "accumulate"))
        for message, path, help in _unsuited(stage.objective, stage, key, accumulate):
            if (message, path) not in told:
                sink.error("E0502", f"`{stage.objective.name}` {message}", span_of(*path) or span_of(*key), help=help)
            told.add((message, path))


def _unsuited(objective: Choice, stage: Stage, key: Key, accumulate: Key) -> Iterator[tuple[str, Key, str]]:
    """What batches are that an objective cannot have: a message that goes on after its name, a place, and what helps."""
    params = objective_params(objective)
    if params.across_batch and stage.accumulate > 1:
        message = f"compares the examples of a batch, but `accumulate: {stage.accumulate}` takes it in parts"
        yield message, accumulate, "leave `accumulate` out; with a smaller `batch_size` it takes less memory"
    found = params.mismatch(stage.batch_size)
    if found is not None:
        argument, message, help = found
        yield message, (*key, objective.name, argument), help


def _check_views(experiment: Experiment, part: str, pipeline: Pipeline, sink: Sink, span_of: SpanOf) -> None:
    whole = [stage.objective for stage in experiment.stages if stage.objective is not None and is_whole(stage)]
    views, place = sum(view.count for view in pipeline.views), span_of("data", part, "views") or span_of("data", part)
    if views and len(whole) < len(experiment.stages):
        message = "`views` makes several pictures of an example, but a loss of a head looks at one"
        sink.error("E0502", message, place, help="choose an objective over the whole model, such as `simclr`, or leave `views` out")
        return
    for objective in {choice.name: choice for choice in whole}.values():
        params, given, name = objective_params(objective), max(views, 1), "training" if part == "train" else part
        if given < params.needs_views or (given > params.needs_views and not params.more_views):
            least = "at least " if params.more_views else ""
            message = f"`{objective.name}` compares {least}{params.needs_views} views of each example, but the {name} data give {given}"
            help = f"`views: {params.needs_views}`" if params.needs_views > 1 else "leave `views` out"
            sink.error("E0502", message, place, help=help)


def _key(document: Document, experiment: Experiment, number: int, name: str) -> Key:
    """Where a setting of a stage is written: in the stage, or in `train`."""
    of_stage: Key = ("train", "stages", number, name)
    return of_stage if experiment.train.stages and document.says(*of_stage) else ("train", name)
