"""Devices: which strategy runs a step, and how a batch is divided among replicas."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from specc.data.shares import Share
from specc.diagnostics import fail
from specc.keras_backend.build import resolve
from specc.registry.entry import Choice, bind_value, entries, nearest
from specc.registry.types import ChoiceOf


@dataclass(frozen=True)
class Devices:
    """What runs a step.

    Args:
        strategy: TensorFlow's.
        said: what was chosen, and why.
    """

    strategy: tf.distribute.Strategy
    said: str

    @property
    def worker(self) -> int:
        """The number of this process among the workers; 0 is the chief, who writes."""
        return int(self.strategy.cluster_resolver.task_id) if self.workers > 1 else 0

    @property
    def workers(self) -> int:
        """How many processes work together."""
        return _workers_of(self.strategy)

    @property
    def is_chief(self) -> bool:
        return self.worker == 0


def choose_devices(wanted: str | Choice | tf.distribute.Strategy) -> Devices:
    """The devices of a run: a word of the language, bare or with arguments, or a strategy of TensorFlow's, which is taken as it is.

    Raises:
        SpecError: the machine does not have them.
    """
    if isinstance(wanted, str):
        if wanted not in entries("distribution"):
            close = nearest(wanted, entries("distribution"))
            help = f"did you mean `{close}`?" if close else f"the distributions are {', '.join(entries('distribution'))}"
            raise fail("E0510", f"no distribution is named `{wanted}`", help=help)
        wanted = bind_value(ChoiceOf("distribution"), wanted)
    if isinstance(wanted, Choice):
        devices: Devices = resolve(wanted.entry.target)(**vars(wanted.params))
        return devices
    return Devices(wanted, f"{wanted.num_replicas_in_sync} replicas of the given {type(wanted).__name__}")


def auto() -> Devices:
    """Several workers where `TF_CONFIG` names them, else all GPUs where there are several, else one device."""
    if len(_cluster()) > 1:
        return multi_worker()
    return mirrored() if len(_devices("GPU")) > 1 else one_device()


def one_device(device: str | None = None) -> Devices:
    """The device of that name, or the first GPU, or the CPU."""
    if device is not None:
        return Devices(tf.distribute.OneDeviceStrategy(_known(device)), f"one device, {device}, as asked")
    gpus = _devices("GPU")
    why = "no GPU was found" if not gpus else "the only GPU" if len(gpus) == 1 else f"the first of {len(gpus)} GPUs"
    return Devices(tf.distribute.get_strategy(), f"one device, {'GPU:0' if gpus else 'the CPU'}: {why}")


def mirrored(devices: Sequence[str] = ()) -> Devices:
    """The devices of those names, or all GPUs, or all logical CPUs."""
    if devices:
        return Devices(tf.distribute.MirroredStrategy(list(map(_known, devices))), f"{len(devices)} devices mirrored: {', '.join(devices)}")
    found = _devices("GPU") or _devices("CPU")
    what = f"{len(found)} {'GPU' if _devices('GPU') else 'CPU'}{'' if len(found) == 1 else 's'}"
    return Devices(tf.distribute.MirroredStrategy(found), f"{what} mirrored: all that the machine has")


def multi_worker(communication: str = "auto") -> Devices:
    """The workers that `TF_CONFIG` names, of which this process is one."""
    workers = _cluster()
    if not workers:
        raise fail("E0510", "`TF_CONFIG` names no workers", help='TF_CONFIG=\'{"cluster": {"worker": ["host:port", ...]}, "task": {...}}\'')
    options = tf.distribute.experimental.CommunicationOptions(
        implementation=getattr(tf.distribute.experimental.CommunicationImplementation, communication.upper())
    )
    strategy = tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)
    here = strategy.cluster_resolver.task_id
    role = f"worker {here}" + (", the chief" if here == 0 else "")
    return Devices(strategy, f"{len(workers)} workers, of which this is {role}: `TF_CONFIG` names them; communication {communication}")


def _cluster() -> list[str]:
    """The workers in `TF_CONFIG`."""
    try:
        return list(json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {}).get("worker", []))
    except (ValueError, AttributeError, TypeError) as error:
        raise fail("E0510", f"`TF_CONFIG` cannot be read: {error}", help="it is JSON with `cluster` and `task`") from error


def _devices(kind: str) -> list[str]:
    return [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices(kind)]


def _known(device: str) -> str:
    known = [*_devices("GPU"), *_devices("CPU")]
    if device not in known:
        close = nearest(device, known)
        help = f"did you mean `{close}`?" if close else f"there are {', '.join(known)}"
        raise fail("E0510", f"the machine has no device `{device}`", help=help)
    return device


def _workers_of(strategy: tf.distribute.Strategy) -> int:
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 1
    return max(1, len(strategy.cluster_resolver.cluster_spec().as_dict().get("worker", [])))


class Agreement:
    """What all workers do next, though each has a clock, and may get a signal, of its own."""

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        self._strategy, self._workers = strategy, _workers_of(strategy)
        if self._workers > 1:
            self._is_chief = strategy.cluster_resolver.task_id == 0
            self._local = strategy.num_replicas_in_sync // self._workers
            self._sum = tf.function(lambda value: strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(lambda: value), axis=None))

    def __call__(self, steps: int, stopping: bool) -> tuple[int, bool]:
        """The chief's number of steps, and whether anybody wants to stop."""
        if self._workers == 1:
            return steps, stopping
        said = tf.constant([steps if self._is_chief else 0, int(stopping)], tf.float32) / self._local
        steps, stopped = self._sum(said).numpy()
        return round(float(steps)), bool(stopped > 0)


def on_gpu() -> bool:
    """Whether a GPU computes."""
    return bool(tf.config.list_logical_devices("GPU"))


def iterate(stream: Callable[[Share | None], tf.data.Dataset], strategy: tf.distribute.Strategy, *, training: bool) -> Iterator[Any]:
    """An iterator over batches, each divided among the replicas. What another worker's replicas need is not read here.

    `experimental_distribute_dataset` fills the first replicas and leaves the last ones empty, which gives batch
    normalization nothing to normalize by.
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return iter(stream(None))

    def mine(context: tf.distribute.InputContext) -> tf.data.Dataset:
        here = replicas // context.num_input_pipelines
        return stream(Share(here * context.input_pipeline_id, here, replicas, training)).prefetch(2 * here)

    return iter(strategy.distribute_datasets_from_function(mine))


def reduce_once(optimizer: Any) -> None:
    """Leaves the adding up of the replicas' gradients to the loop.

    Keras's optimizer clips first and adds up after (keras 3.15, `TFOptimizer._backend_update_step`). Clipped parts do not
    add up to the clipped whole, and loss scaling looks for infinities in one part only. So the loop adds up first, and
    the optimizer's own addition is switched off.
    """
    getattr(optimizer, "inner_optimizer", optimizer)._all_reduce_sum_gradients = list


def summed(gradients: Sequence[Any]) -> list[Any]:
    """Gradients of one replica added up over all of them, None where a variable has none."""
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return list(gradients)
    totals = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, [gradient for gradient in gradients if gradient is not None]))
    return [None if gradient is None else next(totals) for gradient in gradients]
