"""The callbacks that a spec can name: Keras's own, or shaped like them, and able to go on where a run was broken off.

What a callback has seen is saved with the run where it has `get_state()`, which gives numbers, texts, NumPy arrays and lists
of these by name, and `set_state(state)`, which is called behind `on_train_begin`. So may a callback of a user's.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras

from specc.diagnostics import Span, fail
from specc.keras_backend.build import resolve
from specc.language.roles import listed
from specc.registry.callbacks import Monitor
from specc.registry.entry import Choice, nearest
from specc.runs import METRICS
from specc.training.averages import averaged, restart
from specc.training.folder import BEST, write_model

State = dict[str, Any]


def callback_of(choice: Choice, folder: Path, reported: Sequence[str], span: Span | None = None) -> keras.callbacks.Callback:
    """The callback that a spec names.

    Args:
        folder: the run's.
        reported: the names of all metrics.
        span: where it is named.

    Raises:
        SpecError: nobody reports the metric that it watches, or a package is missing.
    """
    arguments = dict(vars(choice.params))
    if isinstance(choice.params, Monitor):
        arguments["mode"] = mode_of(choice, reported, span)
    if choice.name == "tensor_board" and find_spec("tensorboard") is None:  # TensorFlow writes for it only where it is installed
        help = "`pip install tensorboard` (`specc[tensorboard]` asks for it), or leave the callback out"
        raise fail("E0515", "`tensor_board` needs the package tensorboard, which is not installed", span, help=help)
    made: keras.callbacks.Callback = resolve(choice.entry.target)(folder, **arguments)
    return made


def mode_of(choice: Choice, reported: Sequence[str], span: Span | None = None) -> str:
    """Whether less (`min`) or more (`max`) of the metric that a callback, or a schedule, watches is better.

    Raises:
        SpecError: nobody reports the metric.
    """
    monitor, mode = vars(choice.params)["monitor"], str(vars(choice.params)["mode"])
    if monitor not in reported:
        close = nearest(monitor, reported)
        help = f"did you mean `{close}`?" if close else f"reported are {listed(reported)}"
        if monitor.startswith("val_") and not any(name.startswith("val_") for name in reported):
            help = f"there are no validation data: add `data: {{validation: ...}}`, or watch one of {listed(reported)}"
        raise fail("E0515", f"`{choice.name}` watches `{monitor}`, which nobody reports", span, help=help)
    if mode != "auto":
        return mode
    return "min" if monitor.endswith(("loss", "error")) else "max"


def _is_better(value: float, best: float | None, by: float = 0.0) -> bool:
    """Whether more is more than the best so far. What is no number is never better."""
    return value > (-math.inf if best is None else best + by)


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's. With a mean of the weights in use, the best weights are the mean that was measured."""

    KEPT = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")

    def __init__(self, folder: Path, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.on_train_begin()  # which makes what is saved

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        with averaged(self.model.optimizer):
            super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Any = None) -> None:
        super().on_train_end(logs)
        if self.restore_best_weights and self.best_weights is not None:
            restart(self.model.optimizer)

    def get_state(self) -> State:
        return {name: getattr(self, name) for name in self.KEPT}

    def set_state(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)


class ModelCheckpoint(keras.callbacks.Callback):
    """The model of the best epoch, as it was measured."""

    def __init__(self, folder: Path, monitor: str, mode: str) -> None:
        super().__init__()
        self.path, self.monitor, self.sign = folder / BEST, monitor, 1 if mode == "max" else -1
        self.best: float | None = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        value = self.sign * logs[self.monitor]
        if _is_better(value, self.best):
            self.best = value
            with averaged(self.model.optimizer):
                write_model(self.model, self.path)

    def get_state(self) -> State:
        return {"best": self.best}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]


class ReduceOnPlateau(keras.callbacks.Callback):
    """Multiplies the factor of a schedule when a metric gets no better; see `specc.training.schedules.Plateau`.

    Args:
        factor: the variable that the rate is multiplied by.
        by: what it is multiplied by.
        patience: epochs in a row that may be no better.
        min_delta: by how much a metric must be better to count.
        cooldown: epochs after a fall in which nothing is counted.
        least: what the factor does not fall below.
    """

    def __init__(
        self, factor: Any, monitor: str, mode: str, *, by: float, patience: int, min_delta: float, cooldown: int, least: float
    ) -> None:
        super().__init__()
        self.factor, self.monitor, self.sign = factor, monitor, 1 if mode == "max" else -1
        self.by, self.patience, self.min_delta, self.cooldown, self.least = by, patience, min_delta, cooldown, least
        self.best: float | None = None
        self.wait = self.resting = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        value = self.sign * logs[self.monitor]
        if self.resting:
            self.resting, self.wait = self.resting - 1, 0
        if _is_better(value, self.best, self.min_delta):
            self.best, self.wait = value, 0
        elif not self.resting:
            self.wait += 1
            if self.wait >= self.patience:
                self.factor.assign(max(float(self.factor.numpy()) * self.by, self.least))
                self.resting, self.wait = self.cooldown, 0

    def get_state(self) -> State:
        return {"best": self.best, "wait": self.wait, "resting": self.resting, "factor": float(self.factor.numpy())}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best, self.wait, self.resting = state["best"], state["wait"], state["resting"]
        self.factor.assign(state["factor"])


class CSVLogger(keras.callbacks.Callback):
    """The metrics as a table, made anew from `metrics.jsonl`, so that it never tells of an epoch that was taken back."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        records = [json.loads(line) for line in (self.folder / METRICS).read_text(encoding="utf-8").splitlines()]
        columns = list(dict.fromkeys(name for record in records for name in record))
        aside = self.folder / "metrics.csv.aside"
        with aside.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, columns)
            table.writeheader()
            table.writerows(records)
        os.replace(aside, self.folder / "metrics.csv")


class TensorBoard(keras.callbacks.TensorBoard):
    """Keras's, which looks at epochs alone: what looks at every batch makes the loop ask Python behind each step."""

    on_train_batch_begin = keras.callbacks.Callback.on_train_batch_begin
    on_train_batch_end = keras.callbacks.Callback.on_train_batch_end

    def __init__(self, folder: Path, histogram_freq: int = 0) -> None:
        super().__init__(str(folder / "tensorboard"), histogram_freq=histogram_freq, write_graph=False)


def states_of(callbacks: Sequence[Any]) -> list[State | None]:
    """What each callback has seen; None of one that cannot tell."""
    return [dict(callback.get_state()) if hasattr(callback, "get_state") else None for callback in callbacks]


def restore_states(callbacks: Sequence[Any], states: Sequence[State | None]) -> None:
    """Tells callbacks what they had seen."""
    for callback, state in zip(callbacks, states, strict=False):
        if state is not None and hasattr(callback, "set_state"):
            callback.set_state(state)
