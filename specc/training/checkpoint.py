"""Checkpoints: all that a run needs to go on to the very numbers that it would have reached.

A checkpoint is one NumPy archive, which needs neither specc nor TensorFlow to be read. It is written aside, brought to
the disk, and renamed, so that a file of its name is whole; the archive's own checksums tell when a disk has damaged it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from specc.diagnostics import fail

NAME = re.compile(r"step-(\d{10})\.npz")
FACTS = "facts.json"  # the member of an archive that is no array of the run
DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds."""

    path: Path
    arrays: Mapping[str, np.ndarray]
    facts: Mapping[str, Any]


class Checkpoints:
    """The checkpoints of a run, the newest few of which are kept.

    Args:
        folder: where they are; it is made with the first.
        keep: how many. One more than one is wise: the newest may be damaged.
    """

    def __init__(self, folder: Path, keep: int = 2) -> None:
        self.folder, self.keep = folder, keep

    def save(self, step: int, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Path:
        """Writes a checkpoint and removes the oldest. Raises SpecError where the disk refuses; what was there stays."""
        path = self.folder / f"step-{step:010}.npz"
        aside = self.folder / f"{path.name}.aside"
        try:
            self.folder.mkdir(exist_ok=True)
            with aside.open("wb") as file:
                _write(file, arrays, facts)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                aside.unlink()
            kept = self.paths()
            help = f"the one before is intact: {kept[-1]}" if kept else "make room, or choose another folder"
            raise fail("E0513", f"the checkpoint of step {step:,} cannot be written: {error.strerror or error}", help=help) from error
        for old in self.paths()[: -self.keep]:
            old.unlink(missing_ok=True)
        return path

    def paths(self) -> list[Path]:
        """The files, the oldest first."""
        found = self.folder.glob("step-*.npz") if self.folder.is_dir() else ()
        return sorted(path for path in found if NAME.fullmatch(path.name))

    def newest(self) -> Saved | None:
        """The newest checkpoint that can be read, with a warning about each that cannot; None where there is none."""
        for path in reversed(self.paths()):
            try:
                return read(path)
            except DAMAGE as error:
                warnings.warn(f"the checkpoint {path} is damaged ({error}); the one before it is taken", stacklevel=2)
        return None


def _write(file: Any, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
    """An uncompressed archive: weights hardly compress."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr(FACTS, json.dumps({**facts, "dtypes": {name: str(array.dtype) for name, array in arrays.items()}}))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, _plain(array), allow_pickle=False)


def read(path: Path) -> Saved:
    """A checkpoint as it was written. Raises one of `DAMAGE` where it is not whole."""
    with zipfile.ZipFile(path) as archive:
        facts = json.loads(archive.read(FACTS))
        dtypes = facts.pop("dtypes")
        arrays = {}
        for name, dtype in dtypes.items():
            with archive.open(f"{name}.npy") as member:
                arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
                if member.read(1):  # reading to the end compares the checksum
                    raise ValueError(f"{name} is longer than it says")
            if str(arrays[name].dtype) != dtype:
                arrays[name] = arrays[name].view(_dtype(dtype))
    return Saved(path, arrays, facts)


def _plain(array: np.ndarray) -> np.ndarray:
    """The array in a format that NumPy can write: bfloat16 and its like as bytes."""
    return array if array.dtype.kind in "biufcSU" and array.dtype.isbuiltin == 1 else array.view(np.dtype(f"u{array.dtype.itemsize}"))


def _dtype(name: str) -> np.dtype:
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name))
