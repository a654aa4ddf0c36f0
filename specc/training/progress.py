"""What the user sees of a run while it goes on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

Metrics = Mapping[str, Any]
HIDDEN = ("epoch", "steps", "learning_rate", "seconds", "examples_per_second", "interrupted", "diverged")


class ProgressBar:
    """A bar of the epoch with metrics, rate and time left; above it a line for each epoch that is done."""

    def __init__(self, epochs: int, steps: int, examples: int | None, console: Console | None = None) -> None:
        self._epochs, self._steps = epochs, steps
        self._size = examples / steps if examples else None  # examples of a step, about
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[text]}"))
        self._bar = Progress(*columns, console=console, transient=True)
        self._task: TaskID | None = None
        self._epoch = 0
        self._first: tuple[float, int] | None = None

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def epoch(self, epoch: int) -> None:
        """An epoch begins, counted from 0."""
        self._epoch = epoch
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(f"epoch {epoch + 1}/{self._epochs}", total=self._steps, text="")

    def steps(self, done: int, means: Metrics) -> None:
        """So many steps of the epoch are done."""
        assert self._task is not None
        now, overall = time.perf_counter(), self._epoch * self._steps + done
        parts = [f"{done}/{self._steps}", shown(means)]
        if self._first is None:
            self._first = (now, overall)  # compiling does not count
        elif overall > self._first[1]:
            rate = (overall - self._first[1]) / (now - self._first[0])
            parts.append(f"{rate * self._size:,.0f} examples/s" if self._size else f"{rate:,.1f} steps/s")
            parts.append(f"{clock((self._epochs * self._steps - overall) / rate)} left")
        self._bar.update(self._task, completed=done, text="  ".join(parts))

    def record(self, record: Metrics) -> None:
        """An epoch has ended: its line stays."""
        broken = "".join(f"  {how}" for how in ("interrupted", "diverged") if record.get(how))
        rate = f"{record['examples_per_second']:,.0f} examples/s"
        width = len(str(self._epochs))
        self._bar.console.print(
            f"epoch {record['epoch']:>{width}}/{self._epochs}  {shown(record)}  {rate}  {clock(record['seconds'])}{broken}",
            highlight=False,
            soft_wrap=True,
        )


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
