"""When a run is saved, and how it is taken up again."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from specc.registry.experiment import Checkpoint
from specc.training.callbacks import states_of
from specc.training.checkpoint import Checkpoints, Saved
from specc.training.job import Beginning, Job
from specc.training.loop import Position
from specc.training.state import restore, state_of

FOLDER = "checkpoints"
TOTALS = "totals"
ARRAY = "array"  # in a callback's state, what stands for an array


class Saver:
    """Saves a run at the end of each epoch, and within an epoch after so many steps or minutes.

    Args:
        setting: when, and how many checkpoints are kept; None for never.
        folder: the run's folder.
    """

    _job: Job

    def __init__(self, setting: Checkpoint | None, folder: Path) -> None:
        self._setting = setting
        self._checkpoints = checkpoints_of(folder, 1 if setting is None else setting.keep)
        self._saved = time.monotonic()
        self._last: tuple[int, int, int] | None = None  # stage, epoch, and steps of it
        self.path: Path | None = None  # the last checkpoint

    def begin(self, job: Job, position: Position, epochs_recorded: int) -> None:
        """Follows a job, which is a new stage or goes on. A new one is saved at once."""
        self._job = job
        if (position.epoch, position.done) == (job.beginning.epoch, 0):
            self.save(position, epochs_recorded)

    def room(self, done: int) -> int:
        """Steps that may be done until a checkpoint is due by their number."""
        every = None if self._setting is None else self._setting.steps
        return sys.maxsize if every is None else every - done % every

    def after(self, position: Position, epochs_recorded: int) -> None:
        """Saves within an epoch where it is due."""
        if self._setting is None:
            return
        by_steps = self._setting.steps is not None and position.done % self._setting.steps == 0
        if by_steps or time.monotonic() - self._saved > 60 * self._setting.minutes:
            self.save(position, epochs_recorded)

    def save(self, position: Position, epochs_recorded: int) -> None:
        """Saves, if this place has not been saved already.

        Raises:
            SpecError: the disk refuses; earlier checkpoints stay.
        """
        place = (self._job.beginning.number, position.epoch, position.done)
        if self._setting is None or self._last == place:
            return
        arrays = state_of(self._job)
        if position.totals is not None:
            arrays[TOTALS] = position.totals.numpy() if tf.is_tensor(position.totals) else position.totals
        step = self._job.steps_until(position.epoch, position.done)
        facts: dict[str, Any] = {
            "epoch": position.epoch,
            "done": position.done,
            "rate": position.rate,
            "step": step,
            "epochs_recorded": epochs_recorded,
        }
        facts["stage"] = asdict(self._job.beginning)
        facts["stopped"] = not position.done and bool(self._job.network.inference.stop_training)  # within an epoch it is not ended yet
        facts["callbacks"] = _separated(states_of(self._job.callbacks), arrays)
        self.path = self._checkpoints.save(step, arrays, facts)
        self._last, self._saved = place, time.monotonic()


def checkpoints_of(folder: Path, keep: int = 1) -> Checkpoints:
    """The checkpoints in a run's folder."""
    return Checkpoints(folder / FOLDER, keep)


def beginning_of(saved: Saved) -> Beginning:
    """Where the stage of a checkpoint began."""
    return Beginning(**saved.facts["stage"])


def take_up(job: Job, saved: Saved) -> Position:
    """Gives a job the state of a checkpoint, and tells where it goes on. Raises SpecError where it is not of this run."""
    restore(job, saved.arrays, str(saved.path))
    facts: Any = saved.facts
    callbacks = [None if state is None else _joined(state, saved.arrays) for state in facts["callbacks"]]
    return Position(facts["epoch"], facts["done"], saved.arrays.get(TOTALS), facts["rate"], callbacks, facts["stopped"])


def _separated(states: Sequence[Mapping[str, Any] | None], arrays: dict[str, np.ndarray]) -> list[dict[str, Any] | None]:
    """The states of callbacks as JSON; the arrays in them go to the others, and their names stay."""

    def kept(value: Any, name: str) -> Any:
        if isinstance(value, np.ndarray):
            arrays[name] = value
            return {ARRAY: name}
        if isinstance(value, (list, tuple)):
            return [kept(item, f"{name}/{place:05}") for place, item in enumerate(value)]
        return value.item() if isinstance(value, np.generic) else value

    return [
        None if state is None else {name: kept(value, f"callback/{number}/{name}") for name, value in state.items()}
        for number, state in enumerate(states)
    ]


def _joined(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The same with its arrays in place."""
    if isinstance(value, dict):
        return arrays[value[ARRAY]] if ARRAY in value else {name: _joined(item, arrays) for name, item in value.items()}
    return [_joined(item, arrays) for item in value] if isinstance(value, list) else value
