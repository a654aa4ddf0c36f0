"""What the user sees of a run while it goes on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

Metrics = Mapping[str, Any]
HIDDEN = ("epoch", "stage", "steps", "learning_rate", "seconds", "examples_per_second", "interrupted", "diverged", "finding")


@dataclass(frozen=True)
class Stretch:
    """A stage as the bar knows it: epochs, steps of each, and examples where they are counted."""

    epochs: int
    steps: int
    examples: int | None


class ProgressBar:
    """On a terminal a bar of the epoch with metrics, rate and time left; above it, and elsewhere alone, a line for each epoch.

    Args:
        plan: the stages.
        replicas: how many work together; more than one are told with the rate.
    """

    def __init__(self, plan: Sequence[Stretch], *, replicas: int = 1, console: Console | None = None) -> None:
        self._plan, self._replicas = plan, f" on {replicas} replicas" if replicas > 1 else ""
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[text]}"))
        console = console or Console(stderr=True)
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._console = console
        self._task: TaskID | None = None
        self.stage(0, 0)

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def stage(self, number: int, epoch: int) -> None:
        """A stage begins, counted from 0, after so many epochs; or goes on."""
        later = self._plan[number + 1 :]
        self._here, self._begun, self._name = (
            self._plan[number],
            epoch,
            f"stage {number + 1}/{len(self._plan)}  " if len(self._plan) > 1 else "",
        )
        self._epochs = epoch + self._here.epochs + sum(each.epochs for each in later)  # those before may have been stopped early
        self._later = sum(each.epochs * each.steps for each in later)
        self._first: tuple[float, int] | None = None

    def epoch(self, epoch: int) -> None:
        """An epoch begins, counted from 0."""
        self._epoch = epoch
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(f"{self._name}epoch {epoch + 1}/{self._epochs}", total=self._here.steps, text="")

    def steps(self, done: int, means: Metrics) -> None:
        """So many steps of the epoch are done."""
        assert self._task is not None
        here = self._here
        now, overall = time.perf_counter(), (self._epoch - self._begun) * here.steps + done
        parts = [f"{done}/{here.steps}", shown(means)]
        if self._first is None:
            self._first = (now, overall)  # compiling does not count
        elif overall > self._first[1]:
            rate = (overall - self._first[1]) / (now - self._first[0])
            parts.append(
                (f"{rate * here.examples / here.steps:,.0f} examples/s" if here.examples else f"{rate:,.1f} steps/s") + self._replicas
            )
            parts.append(f"{clock((here.epochs * here.steps - overall + self._later) / rate)} left")
        self._bar.update(self._task, completed=done, text="  ".join(parts))

    def record(self, record: Metrics) -> None:
        """An epoch has ended: its line stays."""
        broken = "".join(f"  {how}" for how in ("interrupted", "diverged") if record.get(how))
        rate = f"{record['examples_per_second']:,.0f} examples/s{self._replicas}"
        width = len(str(self._epochs))
        self._console.print(
            f"{self._name}epoch {record['epoch']:>{width}}/{self._epochs}  {shown(record)}  {rate}  {clock(record['seconds'])}{broken}",
            highlight=False,
            soft_wrap=True,
        )
        if record.get("finding"):
            self._console.print(f"warning: {record['finding']}", highlight=False, soft_wrap=True, markup=False)


def shown(metrics: Metrics) -> str:
    """`loss 0.1234  accuracy 0.9876`."""
    return "  ".join(f"{name} {value:.4f}" for name, value in metrics.items() if name not in HIDDEN)


def clock(seconds: float) -> str:
    """`0.8 s`, `12 s`, `3:05`, `2:03:05`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
