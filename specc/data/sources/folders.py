"""What is in folders of images."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from specc.data.errors import DataError

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")


def folders_in(folder: Path) -> list[str]:
    """Names of the folders in a folder, in alphabetical order; hidden ones are left out."""
    return sorted(entry.name for entry in _entries(folder) if not entry.name.startswith(".") and entry.is_dir())


def files_below(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    """Paths of the files with these suffixes, in either case, below a folder and from there, in alphabetical order.

    Hidden files and folders are left out. Links are followed, each folder once. Nothing is asked of a file but its name, so that
    a million take seconds.
    """
    found: list[str] = []
    waiting, seen = [""], set[str]()
    while waiting:
        inner = waiting.pop()
        place = os.path.realpath(folder / inner)
        if place in seen:
            continue
        seen.add(place)
        for entry in _entries(folder / inner):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                waiting.append(f"{inner}{entry.name}/")
            elif entry.name.lower().endswith(suffixes):
                found.append(inner + entry.name)
    return sorted(found)


def by_stem(files: Iterable[str], folder: Path, suffix: str = "") -> dict[str, str]:
    """Files by their names without the suffix and what follows the last dot; those that do not end so are left out.

    Raises:
        DataError: two have one name.
    """
    found: dict[str, str] = {}
    for file in files:
        stem = os.path.splitext(file)[0]
        if not stem.endswith(suffix):
            continue
        name = stem[: len(stem) - len(suffix)]
        if name in found:
            raise DataError(f"{folder} has both {found[name]} and {file}", "an image is known by what stands before the dot")
        found[name] = file
    return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise DataError(f"the folder {folder} cannot be read: {error.strerror}") from error
