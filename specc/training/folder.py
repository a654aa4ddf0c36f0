"""The run folder: what a run leaves behind. Files are written aside and renamed, so that none is ever half there."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import keras

from specc.diagnostics import fail
from specc.version import __version__

SPEC, METRICS, CURVES, MODEL, STATUS = "spec.yaml", "metrics.jsonl", "curves.png", "model.keras", "run.json"


class RunFolder:
    """A folder with spec.yaml, metrics.jsonl, curves.png, model.keras and run.json."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._status: dict[str, Any] = {}

    @classmethod
    def create(cls, name: str, directory: str | Path | None) -> RunFolder:
        """A new folder below `runs`, or the one named, which must be new or empty. Raises SpecError where it cannot be."""
        try:
            if directory is not None:
                path = Path(directory)
                path.mkdir(parents=True, exist_ok=True)
                if any(path.iterdir()):
                    raise fail("E0510", f"the run folder {path} is not empty", help="name a new one")
                return cls(path)
            return cls(_numbered(Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"))
        except OSError as error:
            raise fail("E0510", f"the run folder cannot be made: {error}") from error

    def spec(self, text: str) -> None:
        """The resolved spec, which gives the same model and the same run again."""
        self._write(SPEC, text)

    def record(self, record: Mapping[str, Any]) -> None:
        """The metrics of an epoch, one line of JSON; what is no number any more is null, for JSON has no other word."""
        known = {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in record.items()}
        with (self.path / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(known, allow_nan=False) + "\n")

    def status(self, **facts: Any) -> None:
        """What is known of the run; what was said before stays."""
        self._status.update(facts)
        self._write(STATUS, json.dumps(self._status, indent=2) + "\n")

    def model(self, model: keras.Model) -> None:
        """The inference model with its weights."""
        aside = self.path / "aside.keras"
        model.save(aside)
        os.replace(aside, self.path / MODEL)

    def _write(self, name: str, text: str) -> None:
        aside = self.path / f"{name}.aside"
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, self.path / name)


def _numbered(path: Path) -> Path:
    """The path, or where it exists the path with the next free number."""
    number = 1
    while True:
        chosen = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            chosen.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return chosen


def versions() -> dict[str, str]:
    """What made the run."""
    import numpy
    import tensorflow

    return {
        "specc": __version__,
        "tensorflow": tensorflow.__version__,
        "keras": keras.__version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
    }
