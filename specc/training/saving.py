"""When a run is saved, and how it is taken up again."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.registry.experiment import Checkpoint
from specc.training.checkpoint import Checkpoints, Saved
from specc.training.job import Job
from specc.training.loop import Position
from specc.training.state import restore, state_of

FOLDER = "checkpoints"
TOTALS = "totals"


class Saver:
    """Saves a run at the end of each epoch, and within an epoch after so many steps or minutes.

    Args:
        setting: when, and how many checkpoints are kept; None for never.
        folder: the run's folder.
    """

    def __init__(self, setting: Checkpoint | None, job: Job, folder: Path) -> None:
        self._setting, self._job = setting, job
        self._checkpoints = checkpoints_of(folder, 1 if setting is None else setting.keep)
        self._saved = time.monotonic()
        self._last: Position | None = None
        self.path: Path | None = None  # the last checkpoint

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
        if self._setting is None or (self._last is not None and (self._last.epoch, self._last.done) == (position.epoch, position.done)):
            return
        arrays = state_of(self._job)
        if position.totals is not None:
            arrays[TOTALS] = position.totals.numpy() if tf.is_tensor(position.totals) else position.totals
        step = position.epoch * self._job.training.steps + position.done
        facts = {"epoch": position.epoch, "done": position.done, "rate": position.rate, "step": step, "epochs_recorded": epochs_recorded}
        self.path = self._checkpoints.save(step, arrays, facts)
        self._last, self._saved = position, time.monotonic()


def checkpoints_of(folder: Path, keep: int = 1) -> Checkpoints:
    """The checkpoints in a run's folder."""
    return Checkpoints(folder / FOLDER, keep)


def take_up(job: Job, saved: Saved) -> Position:
    """Gives a job the state of a checkpoint, and tells where it goes on. Raises SpecError where it is not of this run."""
    restore(job, saved.arrays, str(saved.path))
    facts: Any = saved.facts
    return Position(facts["epoch"], facts["done"], saved.arrays.get(TOTALS), facts["rate"])
