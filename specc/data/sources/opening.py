"""Files that a source names: that they are there, and in which order they are read."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path

from specc.data.errors import DataError
from specc.registry.entry import nearest

NEIGHBOURS = 1000  # names in a folder among which one is looked for that was probably meant


def existing_file(path: str | Path) -> Path:
    """The path of a file that is there."""
    found = Path(path)
    if found.is_dir():
        raise DataError(f"{path} is a folder, not a file")
    if not found.exists():
        raise DataError(f"there is no file {path}", meant(found))
    if not os.access(found, os.R_OK):
        raise DataError(f"the file {path} may not be read")
    return found


def existing_folder(path: str | Path) -> Path:
    """The path of a folder that is there."""
    found = Path(path)
    if not found.is_dir():
        raise DataError(f"{path} is a file, not a folder" if found.exists() else f"there is no folder {path}", meant(found))
    return found


def matching_files(patterns: Sequence[str]) -> list[Path]:
    """The files that are named or match patterns, each once, every pattern's in the order that people count in."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        if glob.has_magic(pattern) and not os.path.exists(pattern):
            files = sorted((name for name in glob.glob(pattern, recursive=True) if os.path.isfile(name)), key=counted)
            if not files:
                raise DataError(f"no file matches {pattern}")
            found.update((existing_file(name), None) for name in files)
        else:
            found[existing_file(pattern)] = None
    return list(found)


def counted(name: str) -> list[tuple[int, int | str]]:
    """What texts are sorted by: numbers in them by their values, `part-2` before `part-10`."""
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", name) if part]


def meant(path: Path) -> str | None:
    """The help about a path that is not there: the first part that is wrong, and what it probably is."""
    for parent in reversed(path.parents):
        if not parent.is_dir():
            path = parent
            break
    try:
        names = [entry.name for entry, _ in zip(os.scandir(path.parent), range(NEIGHBOURS))]
    except OSError:
        return None
    close = nearest(path.name, sorted(names))
    return None if close is None else f"did you mean `{path.parent / close}`?"


def in_all(count: int, what: str) -> str:
    """What is added to a message that names the first of several offenders."""
    return "" if count == 1 else f" ({count:,} {what} in all)"
