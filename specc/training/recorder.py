"""Who looks at a run: writes what happens to its folder, shows it, and saves the run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from specc.training.folder import RunFolder
from specc.training.interrupt import Interrupt
from specc.training.job import Job
from specc.training.loop import Position, Record, Watch
from specc.training.progress import ProgressBar
from specc.training.saving import Saver


@dataclass
class Recorder(Watch):
    """The watch of a run with a folder.

    Args:
        records: those of epochs that were complete before, where a run goes on; others are added.
        done: steps of the present epoch.
        interrupted: whether the run was broken off.
        stages: how many the run has; of several, each record names its own.
        diverged: the place behind the step whose loss was no number.
    """

    folder: RunFolder
    interrupt: Interrupt
    bar: ProgressBar | None
    saver: Saver
    records: list[Record] = field(default_factory=list)
    done: int = 0
    stages: int = 1
    interrupted: bool = False
    diverged: Position | None = None
    number: int = 0
    ends_on_nan: bool = True

    @property
    def stopping(self) -> bool:
        return self.interrupt.asked

    @property
    def room(self) -> int:
        return self.saver.room(self.done)

    def stage(self, job: Job, position: Position) -> None:
        self.saver.begin(job, position, len(self.records))
        self.number, self.ends_on_nan = job.beginning.number, job.terminate_on_nan
        if self.bar is not None:
            self.bar.stage(self.number, job.beginning.epoch)

    def epoch(self, epoch: int) -> None:
        if self.bar is not None:
            self.bar.epoch(epoch)

    def steps(self, position: Position, means: Record) -> None:
        self.done = position.done
        if self.bar is not None:
            self.bar.steps(position.done, means)
        if self.ends_on_nan and not math.isfinite(means["loss"]):
            self.diverged = position
        else:
            self.saver.after(position, len(self.records))

    def broken_off(self, position: Position) -> None:
        self.interrupted = True
        self.saver.save(position, len(self.records))

    def record(self, record: Record) -> None:
        if self.stages > 1:
            record = {"epoch": record["epoch"], "stage": self.number + 1, **record}
        self.records.append(record)
        self.folder.record(record)
        if self.bar is not None:
            self.bar.record(record)

    def between(self, position: Position) -> None:
        self.done = 0
        self.saver.save(position, len(self.records))
