"""Training a spec, from the data to the run folder."""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import keras
import tensorflow as tf

from specc import plugins
from specc.data.failures import step_failed
from specc.data.given import check_parts, given_feed
from specc.data.pipeline import Feed, feed, open_pipeline
from specc.diagnostics import Span, fail
from specc.graph import Graph, KerasCall
from specc.keras_backend.build import construct
from specc.keras_backend.network import build_network
from specc.language.pending import require_trained
from specc.language.wiring import Wired, check_feeding, wire
from specc.objectives.by_head import ByHead
from specc.objectives.registered import try_losses
from specc.registry.experiment import Train
from specc.training.adapt import adapt_normalization
from specc.training.averages import settle
from specc.training.curves import draw_curves
from specc.training.distribution import Devices, choose_devices, on_gpu
from specc.training.divergence import first_bad
from specc.training.folder import CURVES, MODEL, RunFolder, holds_run
from specc.training.groups import factors_of, set_factors
from specc.training.interrupt import interruptible
from specc.training.job import Job
from specc.training.lock import lock_of, require_same
from specc.training.loop import Position, Record, fit
from specc.training.progress import ProgressBar
from specc.training.recorder import Recorder
from specc.training.saving import Saver, checkpoints_of, take_up
from specc.training.schedules import Length, learning_rate

if TYPE_CHECKING:
    from specc.language.spec import Spec

Status = Literal["finished", "interrupted", "diverged"]


@dataclass(frozen=True)
class Run:
    """A run that ended, or was interrupted: `model` is the inference model with the trained weights.

    Args:
        history: the metrics of each epoch, as they stand in `metrics.jsonl`.
        path: the run folder: spec.yaml, lock.json, metrics.jsonl, curves.png, checkpoints, model.keras, run.json.
        status: `finished`, `interrupted`, or `diverged`: the loss was no number any more, and the run ended at that step, with
            the weights from before it.
        signal: the number of the signal that interrupted it.
        reason: of a run that diverged, at which step, what was first no number, and the last checkpoint.
        worker: the number of this process among several; 0 is the chief, who has written the folder.
        classes: names of the classes, where the data tell them.
        spec: what was trained.
    """

    model: keras.Model
    history: list[Record]
    path: Path
    status: Status
    classes: tuple[str, ...]
    spec: Spec = field(repr=False)
    signal: int | None = None
    reason: str = ""
    worker: int = 0


def train(
    spec: Spec,
    *,
    data: Mapping[str, tf.data.Dataset] | None = None,
    directory: str | Path | None = None,
    strategy: str | tf.distribute.Strategy | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    progress: bool = True,
    resume: bool = False,
) -> Run:
    """Trains a spec. Ctrl-C or SIGTERM end the run after the steps that are being done; it is saved, and can go on.

    Args:
        spec: what `specc.load` returned.
        data: data sets that stand in for the spec's, by `train`, `validation`, `test`; see `specc.data.given`.
        directory: the run folder, new or empty; by default a new one below `runs/`. Several workers need one that all see.
        strategy: a word in place of the spec's `distribute`, such as `mirrored`, or a strategy of `tf.distribute`.
        callbacks: Keras callbacks; they see the inference model.
        progress: whether a progress bar is shown.
        resume: whether a run that was begun in the folder goes on, to the numbers that it would have reached without a
            break. Where there is none, one is begun. A run that is finished is given back as it is.

    Raises:
        SpecError: the spec's training section or the data are wrong, or the folder holds another run.
    """
    setting, graphs = spec.experiment.train, _graphs(spec)
    require_trained(spec.document, graphs, data or ())
    devices = choose_devices(setting.distribute if strategy is None else strategy)  # workers have to be joined before anything is computed
    wired, training, validation = prepare(spec, graphs, data or {})
    with _folder(spec, directory, resume, devices) as folder:
        path = folder.path if devices.is_chief or directory is None else Path(directory)  # where the run is, whoever writes it
        keras.utils.set_random_seed(setting.seed)
        with precision(setting.precision), devices.strategy.scope():
            job = make_job(graphs, setting, wired, training, validation, devices.strategy, callbacks)
            saved = checkpoints_of(path).newest() if resume else None
            start = Position() if saved is None else take_up(job, saved)
        if folder.is_finished:
            if saved is None:
                message = f"the run in {path} is finished, and has no checkpoint to be taken up"
                raise fail("E0514", message, help=f"its model is {path / MODEL}")
            start = Position(setting.epochs)
        records: list[Record] = folder.records(0 if saved is None else saved.facts["epochs_recorded"]) if resume else []
        _write_down(folder, spec, job, setting, devices)
        shown = progress and devices.is_chief
        if shown:
            print(devices.said, file=sys.stderr)
        with interruptible() as interrupt, _bar(shown, job) as bar, _told(folder, None if data else spec.span_of("data")):
            saver = Saver(setting.checkpoint if devices.is_chief else None, job, folder.path)
            if saved is None:
                saver.save(start, 0)
            watch = Recorder(folder, interrupt, bar, saver, records, start.done)
            fit(job, watch, start)
            reason = "" if watch.diverged is None else _reason(job, watch.diverged, path)
        status: Status = "diverged" if reason else "interrupted" if watch.interrupted else "finished"
        settle(job.optimizer)
        _finish(folder, job.network.inference, records, status, spec.name)
        number = (interrupt.by or signal.SIGTERM) if watch.interrupted else None
        return Run(job.network.inference, records, path, status, training.classes, spec, number, reason, devices.worker)


def _write_down(folder: RunFolder, spec: Spec, job: Job, setting: Train, devices: Devices) -> None:
    """What is known of a run before it begins, or goes on; then it must be what it was."""
    lock = lock_of(job.network.training_graph, setting.seed, job.training)
    require_same(folder.locked, lock)
    folder.spec(spec.text)
    folder.lock(lock)
    folder.status(status="running", name=spec.name, plugins=plugins.used(spec), devices=devices.said, **_facts(job, setting))


def _reason(job: Job, position: Position, path: Path) -> str:
    """Says where a run went wrong, which is found from its last checkpoint on."""
    place = f"the loss is no number since step {position.done:,} of epoch {position.epoch + 1}"
    saved = checkpoints_of(path).newest()
    if saved is None:
        return f"{place}; with checkpoints it could be told what was first no number"
    return f"{place}; first {first_bad(job, saved, position)}; the last good checkpoint is {saved.path}"


@contextlib.contextmanager
def _folder(spec: Spec, directory: str | Path | None, resume: bool, devices: Devices) -> Iterator[RunFolder]:
    """The folder of a new run, or of the one that goes on; nobody else writes to it meanwhile. Workers but the chief have one to forget."""
    if directory is None and (resume or devices.workers > 1):
        what = "which run is to be resumed is not said" if resume else "several workers need one folder"
        raise fail("E0510", what, help="name its folder")
    if not devices.is_chief:
        with tempfile.TemporaryDirectory() as aside:
            yield RunFolder(Path(aside))
        return
    going_on = resume and directory is not None and holds_run(Path(directory))
    folder = RunFolder.take_up(Path(directory), spec.text) if going_on and directory else RunFolder.create(spec.name, directory)
    try:
        yield folder
    finally:
        folder.close()


def _graphs(spec: Spec) -> tuple[Graph, Graph]:
    """The training graph and the inference graph: one where nothing depends on `training`."""
    learning = spec.graph(training=True)
    return learning, spec.graph() if spec.uses_training else learning


def prepare(spec: Spec, graphs: tuple[Graph, Graph], data: Mapping[str, tf.data.Dataset]) -> tuple[tuple[Wired, ...], Feed, Feed | None]:
    """Losses wired to heads and targets, and the feeds of training and validation.

    Raises:
        SpecError: losses, network and data do not fit.
    """
    check_parts(data)
    setting = spec.experiment.train
    found = {}
    for part, graph in (("train", graphs[0]), ("validation", graphs[1])):
        pipeline = getattr(spec.experiment.data, part)
        if part in data:
            found[part] = given_feed(data[part], graph, setting, setting.batch_size, part, _target_beside(spec, data, graph))
            check_feeding(graph, found[part].fields)
        elif pipeline is not None:
            opened = open_pipeline(pipeline, spec.span_of("data", part, "source"))
            check_feeding(graph, opened.fields, span_of=spec.span_of, path=("data", part), strict=True)
            losses = wire(graphs[0], setting, opened.fields, span_of=spec.span_of)
            only = [*graph.inputs, *(one.target for one in losses)]
            found[part] = feed(opened, setting.batch_size, seed=setting.seed, training=part == "train", only=only)
    if "train" not in found:
        help = 'add a section `data: {train: {source: ...}}`, or hand in `data={"train": ...}` in Python'
        raise fail("E0509", f"`{spec.name}` has no data to train on", spec.span_of("data"), help=help)
    wired = wire(graphs[0], setting, found["train"].fields, span_of=spec.span_of)
    if "validation" in found:
        wire(graphs[0], setting, found["validation"].fields, span_of=spec.span_of)
        _require_targets(wired, found["validation"], spec)
    return wired, found["train"], found.get("validation")


def _target_beside(spec: Spec, data: Mapping[str, Any], graph: Graph) -> str:
    """What a target without a name is called: as the spec's own data, used beside those handed in, call theirs."""
    for part in ("train", "validation"):
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


def make_job(
    graphs: tuple[Graph, Graph],
    setting: Train,
    wired: Sequence[Wired],
    training: Feed,
    validation: Feed | None,
    devices: tf.distribute.Strategy,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Job:
    """Builds model, objective and optimizer. To be called under the strategy's scope."""
    network = build_network(*graphs)
    adapt_normalization(network.training, training)
    try_losses(wired, graphs[0], training.fields)
    objective = ByHead(wired, setting.metrics)
    optimizer = make_optimizer(setting, Length(training.steps, setting.epochs))
    if not network.training.trainable_variables:
        raise fail("E0509", "the model has no weights that learn", help="a step with weights must be without `trainable: false`")
    optimizer.build(network.training.trainable_variables)
    set_factors(optimizer, factors_of(network.training.trainable_variables, graphs[0], setting.groups))
    state: Any = objective.setup(network)
    return Job(
        network=network,
        objective=objective,
        optimizer=optimizer,
        training=training,
        validation=validation,
        strategy=devices,
        epochs=setting.epochs,
        steps_per_execution=setting.steps_per_execution,
        jit_compile=compiles(setting, devices),
        accumulate=setting.accumulate,
        callbacks=callbacks,
        state=state,
    )


def make_optimizer(setting: Train, length: Length) -> keras.optimizers.Optimizer:
    """The optimizer with its schedule, and with loss scaling where half precision needs it."""
    call = setting.optimizer.call()
    rate = learning_rate(setting.schedule, setting.optimizer.params.learning_rate, length)  # type: ignore[attr-defined]
    optimizer = construct(KerasCall(call.target, call.args, {**call.kwargs, "learning_rate": rate}))
    return keras.optimizers.LossScaleOptimizer(optimizer) if setting.precision == "mixed_float16" else optimizer


def compiles(setting: Train, devices: tf.distribute.Strategy) -> bool:
    """Whether XLA compiles steps: on a CPU it is slower, and replicas cannot meet inside."""
    if setting.jit_compile == "auto":
        return on_gpu() and devices.num_replicas_in_sync == 1
    return bool(setting.jit_compile)


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Layers made here have this number format."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _bar(progress: bool, job: Job) -> Any:
    return ProgressBar(job.epochs, job.training.steps, job.training.examples) if progress else contextlib.nullcontext()


@contextlib.contextmanager
def _told(folder: RunFolder, place: Span | None) -> Iterator[None]:
    """Says in the folder that a run has failed, and tells what data did wrong as a diagnostic."""
    try:
        yield
    except BaseException as error:
        folder.status(status="failed", ended=_now())
        if isinstance(error, tf.errors.InvalidArgumentError):
            raise step_failed(error, place) from error
        raise


def _finish(folder: RunFolder, model: keras.Model, records: Sequence[Record], status: Status, name: str) -> None:
    folder.model(model)
    draw_curves(records, folder.path / CURVES, name)
    folder.status(status=status, ended=_now(), epochs_done=sum("interrupted" not in record for record in records))


def _facts(job: Job, setting: Train) -> dict[str, Any]:
    return {
        "started": _now(),
        "seed": setting.seed,
        "epochs": setting.epochs,
        "batch_size": setting.batch_size,
        "steps_per_epoch": job.training.steps,
        "precision": setting.precision,
        "jit_compile": job.jit_compile,
        "replicas": job.strategy.num_replicas_in_sync,
        "parameters": job.network.inference.count_params(),
        "classes": list(job.training.classes),
    }


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
