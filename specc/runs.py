"""Runs that were made: read from their folders, compared in a table. Needs no TensorFlow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from specc.diagnostics import SpecError
from specc.language.syntax import parse, plain_value, read
from specc.report.table import table

SPEC, METRICS, STATUS = "spec.yaml", "metrics.jsonl", "run.json"
PREFERRED = ("val_accuracy", "val_loss", "accuracy", "loss")
SMALL_IS_GOOD = ("loss", "error", "perplexity", "hinge")
SHOWN = 6  # settings in which runs differ; more make no table
SETTINGS = ("params", "inputs", "defaults", "data", "train", "evaluate")  # the sections that a table compares


@dataclass(frozen=True)
class RunRecord:
    """What a run's folder tells.

    Args:
        metrics: those of each epoch; None for what was no number.
        status: what stands in `run.json`.
        settings: the values of the resolved spec by their paths, `train.epochs`; the steps of the network are left out.
    """

    path: Path
    metrics: Sequence[Mapping[str, Any]]
    status: Mapping[str, Any]
    settings: Mapping[str, Any]

    def best(self, metric: str) -> tuple[float, int] | None:
        """The best value of a metric, and in which epoch; None where the run has none."""
        values = [(record[metric], record["epoch"]) for record in self.metrics if record.get(metric) is not None]
        return min(values, key=lambda pair: pair[0] if is_small_good(metric) else -pair[0], default=None)

    @property
    def seconds(self) -> float:
        """Time in which it was trained, without breaks."""
        return sum(record.get("seconds") or 0.0 for record in self.metrics)


def is_small_good(metric: str) -> bool:
    """Whether less of a metric is better."""
    return any(word in metric for word in SMALL_IS_GOOD)


def found(places: Sequence[Path]) -> list[RunRecord]:
    """The runs at these places, folders of runs or folders in which such folders are, the oldest first."""
    folders = [folder for place in places for folder in ([place] if _is_run(place) else sorted(place.iterdir())) if _is_run(folder)]
    runs = [read_run(folder) for folder in dict.fromkeys(folders)]
    return sorted(runs, key=lambda run: str(run.status.get("started", "")))


def _is_run(path: Path) -> bool:
    return (path / STATUS).is_file()


def read_run(path: Path) -> RunRecord:
    """A run's folder. What is missing, or cut off, is left out."""
    metrics = path / METRICS
    lines = metrics.read_text(encoding="utf-8").splitlines() if metrics.is_file() else []
    status = next(_whole([(path / STATUS).read_text(encoding="utf-8")]), {})
    return RunRecord(path, list(_whole(lines)), status, dict(_settings(path / SPEC)))


def _whole(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def _settings(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        document = plain_value(parse(read(path)))
    except (OSError, SpecError):
        return
    if isinstance(document, dict):
        yield from _leaves({key: value for key, value in document.items() if key in SETTINGS}, "")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{number}")
    else:
        yield path, value


def metrics_of(runs: Sequence[RunRecord]) -> list[str]:
    """The metrics that the runs have, the most telling first."""
    names = dict.fromkeys(name for run in runs for record in run.metrics for name, value in record.items() if isinstance(value, float))
    known = [name for name in names if name not in ("seconds", "examples_per_second", "learning_rate")]
    return sorted(known, key=lambda name: PREFERRED.index(name) if name in PREFERRED else len(PREFERRED))


def differences(runs: Sequence[RunRecord]) -> list[str]:
    """The settings in which the runs differ, as far as a table holds them."""
    paths = dict.fromkeys(path for run in runs for path in run.settings)
    unlike = [path for path in paths if len({json.dumps(run.settings.get(path), sort_keys=True) for run in runs}) > 1]
    return unlike[:SHOWN]


def compared(runs: Sequence[RunRecord], metric: str | None) -> str:
    """A table: a run a row, with the settings in which they differ."""
    unlike = differences(runs)
    several = len({run.status.get("name") for run in runs}) > 1
    names = [path.rsplit(".", 1)[-1] if sum(other.endswith(path.rsplit(".", 1)[-1]) for other in unlike) == 1 else path for path in unlike]
    measured = [f"best {metric}", "in epoch"] if metric else []
    head = ["run", *(["spec"] if several else []), "status", "epochs", *measured, "time", "started", *names]
    rows = [head, *(_row(run, metric, several, unlike) for run in runs)]
    numbers = {"epochs", "time", *measured}
    return table(rows, numeric={place for place, title in enumerate(head) if title in numbers})


def _row(run: RunRecord, metric: str | None, several: bool, unlike: Sequence[str]) -> list[str]:
    done = sum(not (record.get("interrupted") or record.get("diverged")) for record in run.metrics)
    best = run.best(metric) if metric else None
    measured = ["-", "-"] if best is None else [f"{best[0]:.4f}", str(best[1])]
    return [
        str(run.path),
        *([str(run.status.get("name", "?"))] if several else []),
        str(run.status.get("status", "?")),
        f"{done}/{run.status.get('epochs', '?')}",
        *(measured if metric else []),
        _clock(run.seconds),
        _when(run.status.get("started")),
        *("-" if path not in run.settings else json.dumps(run.settings[path], ensure_ascii=False).strip('"') for path in unlike),
    ]


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(math.floor(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _when(text: Any) -> str:
    try:
        return f"{datetime.fromisoformat(text):%d %b %Y %H:%M}"
    except (TypeError, ValueError):
        return "?"
