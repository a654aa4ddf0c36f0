"""Files that a source names: that they are there, and in which order they are read."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path

from specc.data.errors import DataError
from specc.data.sources.folders import IMAGES
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


def existing_folder(path: str | Path, *, of_folders: bool = False) -> Path:
    """The path of a folder that is there.

    Args:
        of_folders: whether images are in folders that it has, not in itself.
    """
    found = Path(path)
    if found.exists() and not found.is_dir():
        raise DataError(f"{path} is a file, not a folder", _folder_of(found, of_folders))
    if not found.is_dir():
        raise DataError(f"there is no folder {path}", meant(found))
    return found


def _folder_of(file: Path, of_folders: bool) -> str | None:
    """The help about an image that is named where its folder should be, or the one that this folder is in."""
    if file.suffix.lower() not in IMAGES or (of_folders and file.parent == Path()):
        return None
    return f"did you mean `{file.parent.parent if of_folders else file.parent}`?"


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
    """The help about a path that is not there: the first part that is wrong, and what it probably is, or where the path starts."""
    for parent in reversed(path.parents):
        if not parent.is_dir():
            path = parent
            break
    try:
        names = [entry.name for entry, _ in zip(os.scandir(path.parent), range(NEIGHBOURS))]
    except OSError:
        return None
    close = nearest(path.name, sorted(names))
    if close is None:
        return f"paths start from the working directory, {Path.cwd()}" if path.parent == Path() else None
    return f"did you mean `{path.parent / close}`?"
