"""The run folder: what a run leaves behind. Files are written aside and renamed, so that none is ever half there."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import keras

from specc.data.tokenizers import Tokenizer
from specc.diagnostics import fail
from specc.runs import METRICS, SPEC, STATUS
from specc.version import __version__

CURVES, MODEL, BEST = "curves.png", "model.keras", "best.keras"
LOCK = "lock.json"
TOKENIZERS, TENSORBOARD = "tokenizers", "tensorboard"
ASIDE = ".aside"


class RunFolder:
    """A folder with spec.yaml, lock.json, metrics.jsonl, curves.png, model.keras and run.json, which one process at a time writes to.

    Args:
        made: the folders that were not there before the run, the innermost first.
    """

    def __init__(self, path: Path, made: Sequence[Path] = ()) -> None:
        self.path, self._made = path, made
        self._status: dict[str, Any] = {}
        self._held = _locked(path)

    @classmethod
    def create(cls, name: str, directory: str | Path | None) -> RunFolder:
        """A new folder below `runs`, or the one named, which must be new or empty. Raises SpecError where it cannot be."""
        try:
            if directory is not None:
                path = Path(directory)
                made = _absent(path)
                path.mkdir(parents=True, exist_ok=True)
                if any(entry.suffix != ASIDE for entry in path.iterdir()):  # what a kill has left half written
                    raise fail("E0510", f"the run folder {path} is not empty", help="name a new one, or resume the run that is there")
                return cls(path, made)
            runs = Path("runs")
            made = _absent(runs)
            path = _numbered(runs / f"{name}-{datetime.now():%Y%m%d-%H%M%S}")
            return cls(path, [path, *made])
        except OSError as error:
            raise fail("E0510", f"the run folder cannot be made: {error}") from error

    @classmethod
    def take_up(cls, path: Path, spec: str) -> RunFolder:
        """The folder of a run of this resolved spec that was begun before.

        Raises:
            SpecError: another process writes to it, or it holds a run of another spec.
        """
        folder = cls(path)
        if folder._text(SPEC) != spec:
            help = f"its own spec goes on with `specc train {path} --resume`; other values are for a new run"
            raise fail("E0514", f"{path} holds a run of another spec", help=help)
        folder._status = json.loads(folder._text(STATUS) or "{}")
        return folder

    def close(self) -> None:
        """Lets another process write to the folder."""
        if self._held is not None:
            os.close(self._held)

    def leave_as_found(self, *others: Path) -> None:
        """Takes away what a run writes before its first epoch is over, and the folders that were made for it, if they are empty then.

        Args:
            others: folders that the run has filled by other hands.
        """
        with suppress(OSError):
            for name in (SPEC, LOCK, STATUS, METRICS):
                (self.path / name).unlink(missing_ok=True)
            for folder in (self.path / TOKENIZERS, self.path / TENSORBOARD, *others):
                shutil.rmtree(folder, ignore_errors=True)
            for folder in self._made:
                folder.rmdir()

    @property
    def has_records(self) -> bool:
        """Whether an epoch was complete."""
        return bool(self._text(METRICS))

    def records(self, count: int) -> list[dict[str, Any]]:
        """The metrics of so many epochs; those of later ones are taken off the file, for they are computed again."""
        lines = self._text(METRICS).splitlines()[:count]
        self._write(METRICS, "".join(f"{line}\n" for line in lines))
        return [{name: math.nan if value is None else value for name, value in json.loads(line).items()} for line in lines]

    def spec(self, text: str) -> None:
        """The resolved spec, which gives the same model and the same run again."""
        self._write(SPEC, text)

    def record(self, record: Mapping[str, Any]) -> None:
        """The metrics of an epoch, one line of JSON; what is no number any more is null, for JSON has no other word."""
        known = {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in record.items()}
        with (self.path / METRICS).open("ab", buffering=0) as file:  # one write, so that no half line is left by whatever ends the run
            file.write((json.dumps(known, allow_nan=False) + "\n").encode())

    def lock(self, facts: Mapping[str, Any]) -> None:
        """What the numbers depend on beside the spec."""
        self._write(LOCK, json.dumps(facts, indent=2) + "\n")

    @property
    def locked(self) -> dict[str, Any]:
        """That, of the run that goes on."""
        return dict(json.loads(self._text(LOCK) or "{}"))

    @property
    def is_finished(self) -> bool:
        """Whether the run was over before, by its epochs or because a callback has stopped it."""
        return self._status.get("status") == "finished"

    def status(self, **facts: Any) -> None:
        """What is known of the run; what was said before stays."""
        self._status.update(facts)
        self._write(STATUS, json.dumps(self._status, indent=2) + "\n")

    def tokenizers(self, tokenizers: Mapping[str, Tokenizer]) -> None:
        """What has made texts numbers, by field: files that the library `tokenizers` reads."""
        for name, tokenizer in tokenizers.items():
            (self.path / TOKENIZERS).mkdir(exist_ok=True)
            self._write(f"{TOKENIZERS}/{name}.json", tokenizer.to_json())

    def model(self, model: keras.Model) -> None:
        """The inference model with its weights."""
        write_model(model, self.path / MODEL)

    def _text(self, name: str) -> str:
        path = self.path / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def _write(self, name: str, text: str) -> None:
        aside = self.path / f"{name}{ASIDE}"
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, self.path / name)


def write_model(model: keras.Model, path: Path) -> None:
    """A model with its weights, whole or not at all. What trains it is left out."""
    aside, optimizer = path.with_name("aside.keras"), getattr(model, "optimizer", None)
    if optimizer is not None:
        del model.optimizer
    try:
        model.save(aside)
    finally:
        if optimizer is not None:
            model.optimizer = optimizer
    os.replace(aside, path)


def _absent(path: Path) -> list[Path]:
    """A path and the folders that it is in, as far as they are not there, the innermost first."""
    return [each for each in (path, *path.parents) if not each.exists()]


def holds_run(path: Path) -> bool:
    """Whether a run was begun in a folder. The spec is the first thing that is written."""
    return (path / SPEC).is_file()


def _locked(path: Path) -> int | None:
    """A folder, locked for this process. The system unlocks it when the process ends, however that is."""
    if sys.platform == "win32":  # there, nobody is kept out
        return None
    import fcntl

    folder = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(folder)
        raise fail("E0510", f"another process is training in {path}", help="wait until it ends, or choose another folder") from error
    return folder


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


def environment() -> dict[str, Any]:
    """The machine that a run is trained on. None of it changes a number by more than rounding."""
    import tensorflow as tf

    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "gpus": [
            tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in tf.config.list_physical_devices("GPU")
        ],
        "variables": {name: value for name, value in os.environ.items() if name.startswith(("TF_", "CUDA_VISIBLE", "XLA_", "KERAS_"))},
    }


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
