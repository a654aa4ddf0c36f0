"""Training a spec, from the data to the run folder."""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import keras
import tensorflow as tf

from specc import plugins
from specc.data.failures import telling
from specc.diagnostics import SpecError, fail
from specc.graph import Graph
from specc.keras_backend.network import Network, build_network
from specc.language.pending import require_trained
from specc.objectives.objective import Length
from specc.representations.looks import looks_of
from specc.training.adapt import adapt_normalization
from specc.training.averages import settle
from specc.training.checkpoint import NAME, Saved
from specc.training.curves import draw_curves
from specc.training.distribution import Devices, choose_devices
from specc.training.divergence import first_bad
from specc.training.folder import CURVES, MODEL, RunFolder, environment, holds_run
from specc.training.initialize import Report, initialize
from specc.training.interrupt import interruptible
from specc.training.job import Beginning, Job
from specc.training.lock import lock_of, require_same
from specc.training.loop import Position, Record, fit
from specc.training.preparation import Prepared, prepare
from specc.training.pretrained import Asking
from specc.training.progress import ProgressBar, Stretch
from specc.training.recorder import Recorder
from specc.training.saving import Saver, beginning_of, checkpoints_of, take_up
from specc.training.schedules import rates_of
from specc.training.stages import Stages

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
    data: Mapping[str, tf.data.Dataset | Iterable[Any]] | None = None,
    directory: str | Path | None = None,
    strategy: str | tf.distribute.Strategy | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    progress: bool = True,
    resume: bool = False,
) -> Run:
    """Trains a spec. Ctrl-C or SIGTERM end the run after the steps that are being done; it is saved, and can go on.

    Args:
        spec: what `specc.load` returned.
        data: data sets, or other iterables of examples or batches, that stand in for the spec's, by `train`, `validation`,
            `test`; see `specc.data.given`.
        directory: the run folder, new or empty; by default a new one below `runs/`. Several workers need one that all see.
        strategy: a word in place of the spec's `distribute`, such as `mirrored`, or a strategy of `tf.distribute`.
        callbacks: Keras callbacks; they see the inference model. What one has seen is saved with the run where it has
            `get_state` and `set_state`; see `specc.training.callbacks`.
        progress: whether a progress bar is shown.
        resume: whether a run that was begun in the folder goes on, to the numbers that it would have reached without a
            break. Where there is none, one is begun. A run that is finished is given back as it is.

    Raises:
        SpecError: the spec's training section or the data are wrong, or the folder holds another run.
    """
    setting, graphs = spec.experiment.train, _graphs(spec)
    require_trained(spec.document, graphs)
    devices = choose_devices(setting.distribute if strategy is None else strategy)  # workers have to be joined before anything is computed
    prepared = prepare(spec, graphs, data or {})
    feeds, named = (prepared[0].training, prepared[0].validation), None if data else spec.span_of("data")
    with _folder(spec, directory, resume, devices) as folder, precision(setting.precision):
        path = folder.path if devices.is_chief or directory is None else Path(directory)  # where the run is, whoever writes it
        looks = looks_of(spec, graphs[1], while_learning=True)
        keras.utils.set_random_seed(setting.seed)
        with devices.strategy.scope():
            network = build_network(*graphs)
            with telling(named, *feeds):
                adapt_normalization(network.training, prepared[0].training)
            stages = Stages(network, prepared, setting, devices.strategy, callbacks, folder.path, looks)
            saved = checkpoints_of(path).newest() if resume else None
            report = _initialized(spec, network) if saved is None else None
            job, start = _taken_up(stages, saved, folder)
        records: list[Record] = folder.records(0 if saved is None else saved.facts["epochs_recorded"]) if resume else []
        _write_down(folder, spec, job, stages, devices)
        if report is not None:
            folder.status(initialized=asdict(report))
        shown = progress and devices.is_chief
        if shown:
            left_out = [line for each in feeds if each is not None for line in each.told]
            print(devices.said, *left_out, *([report] if report else []), sep="\n", file=sys.stderr)
        with interruptible() as interrupt, _bar(shown, stages) as bar, _failing(folder), telling(named, *feeds):
            saver = Saver(setting.checkpoint if devices.is_chief else None, folder.path)
            watch = Recorder(folder, interrupt, bar, saver, records, start.done, len(prepared))
            job = _fit(stages, job, watch, start)
            reason = "" if watch.diverged is None else _reason(job, watch.diverged, path)
        status: Status = "diverged" if reason else "interrupted" if watch.interrupted else "finished"
        settle(job.optimizer)
        _finish(folder, network.inference, records, status, spec.name, _rates(prepared, records))
        number = (interrupt.by or signal.SIGTERM) if watch.interrupted else None
        return Run(network.inference, records, path, status, job.training.classes, spec, number, reason, devices.worker)


def _taken_up(stages: Stages, saved: Saved | None, folder: RunFolder) -> tuple[Job, Position]:
    """The stage at which a run goes on, and where in it; without a checkpoint the first one, from its beginning."""
    if saved is None:
        if folder.is_finished:
            message = f"the run in {folder.path} is finished, and has no checkpoint to be taken up"
            raise fail("E0514", message, help=f"its model is {folder.path / MODEL}")
        return stages.job(Beginning()), Position()
    job = stages.job(beginning_of(saved))
    start = take_up(job, saved)
    return job, replace(start, epoch=job.epochs, done=0) if folder.is_finished else start


def _initialized(spec: Spec, network: Network) -> Report | None:
    """Gives the network its first weights, where the spec says that they were learned before."""
    choice = spec.experiment.train.initialize
    if choice is None:
        return None
    asking = Asking((spec.name, *spec.document.bases), spec.params)
    return initialize(network, choice, asking, spec.span_of("train", "initialize"))


def _fit(stages: Stages, job: Job, watch: Recorder, start: Position) -> Job:
    """Trains the stages from one on. Returns the job of the last one."""
    while True:
        done = start.epoch + len(fit(job, watch, start))
        following = None if watch.interrupted or watch.diverged else stages.after(job, done)
        if following is None:
            return job
        job, start = following, Position(following.beginning.epoch)


def _write_down(folder: RunFolder, spec: Spec, job: Job, stages: Stages, devices: Devices) -> None:
    """What is known of a run before it begins, or goes on; then it must be what it was."""
    lock = lock_of(job.network.training_graph, stages.setting.seed, stages.prepared[0].training)
    require_same(folder.locked, lock)
    folder.spec(spec.text)
    folder.lock(lock)
    folder.tokenizers(stages.prepared[0].training.tokenizers)
    folder.status(status="running", name=spec.name, plugins=plugins.used(spec), devices=devices.said, **_facts(job, stages))


def _reason(job: Job, position: Position, path: Path) -> str:
    """Says where a run went wrong, which is found from its last checkpoint on."""
    place = f"the loss is no number since step {position.done:,} of epoch {position.epoch + 1}"
    saved = checkpoints_of(path).newest()
    if saved is None:
        return f"{place}; with checkpoints it could be told what was first no number"
    return f"{place}; first {first_bad(job, saved, position)}; the last good checkpoint is {saved.path}"


@contextlib.contextmanager
def _folder(spec: Spec, directory: str | Path | None, resume: bool, devices: Devices) -> Iterator[RunFolder]:
    """The folder of a new run, or of the one that goes on; nobody else writes to it meanwhile. Workers but the chief have one to forget.

    A new run that is told what is wrong before it has learned anything leaves the folder as it was, so that it can be begun again.
    """
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
    except SpecError:
        if not going_on and not _has_learned(folder):
            folder.leave_as_found(checkpoints_of(folder.path).folder)
        raise
    finally:
        folder.close()


def _has_learned(folder: RunFolder) -> bool:
    """Whether there is more of a run than its beginning: an epoch, or a checkpoint of a later step than the first."""
    saved = [NAME.fullmatch(path.name) for path in checkpoints_of(folder.path).paths()]
    return folder.has_records or any(int(name[1]) for name in saved if name)


def _graphs(spec: Spec) -> tuple[Graph, Graph]:
    """The training graph and the inference graph: one where nothing depends on `training`."""
    learning = spec.graph(training=True)
    return learning, spec.graph() if spec.uses_training else learning


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Layers made here have this number format."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _bar(progress: bool, stages: Stages) -> Any:
    plan = [Stretch(each.setting.epochs, each.training.steps, each.training.examples) for each in stages.prepared]
    return ProgressBar(plan, replicas=stages.strategy.num_replicas_in_sync) if progress else contextlib.nullcontext()


@contextlib.contextmanager
def _failing(folder: RunFolder) -> Iterator[None]:
    """Says in the folder that a run has failed."""
    try:
        yield
    except BaseException:
        folder.status(status="failed", ended=_now())
        raise


def _rates(prepared: Sequence[Prepared], records: Sequence[Record]) -> list[tuple[float, float]]:
    """The learning rate over a run. One that a metric has moved is known as it was at the beginning of each epoch."""
    found: list[tuple[float, float]] = []
    for number, here in enumerate(prepared, start=1):
        done = [record for record in records if record.get("stage", 1) == number]
        schedule, peak = here.setting.schedule, vars(here.setting.optimizer.params)["learning_rate"]
        if schedule is not None and schedule.name == "reduce_on_plateau":
            found += [(record["epoch"] - 1, record["learning_rate"]) for record in done]
        elif done:
            length = Length(here.training.steps, here.setting.epochs)
            found += [(done[0]["epoch"] - 1 + epoch, rate) for epoch, rate in rates_of(schedule, peak, length, len(done))]
    return found


def _finish(
    folder: RunFolder, model: keras.Model, records: Sequence[Record], status: Status, name: str, rates: Sequence[tuple[float, float]]
) -> None:
    folder.model(model)
    draw_curves(records, folder.path / CURVES, name, rates)
    folder.status(status=status, ended=_now(), epochs_done=sum("interrupted" not in record for record in records))


def _facts(job: Job, stages: Stages) -> dict[str, Any]:
    first = stages.prepared[0]
    return {
        "started": _now(),
        "environment": environment(),
        "seed": stages.setting.seed,
        "epochs": sum(each.setting.epochs for each in stages.prepared),
        "stages": len(stages.prepared),
        "batch_size": first.setting.batch_size,
        "steps_per_epoch": first.training.steps,
        "precision": stages.setting.precision,
        "jit_compile": job.jit_compile,
        "replicas": job.strategy.num_replicas_in_sync,
        "parameters": job.network.inference.count_params(),
        "classes": list(job.training.classes),
    }


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
