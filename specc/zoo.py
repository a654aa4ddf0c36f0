"""Where the zoo of specs and the editor's schema are: inside the installed package, beside it in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    # Plain paths, because importing importlib.resources costs as much as checking a small spec.
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


@cache
def zoo() -> dict[str, Path]:
    """The file of every spec in the zoo, by name. Folders group them by task and are no part of the name."""
    return {path.stem: path for path in sorted(_folder("specs").rglob("*.yaml"), key=lambda path: path.stem)}


def spec_path(name: str) -> Path | None:
    """The file of a spec of the zoo, or None."""
    return zoo().get(name)


def schema_path() -> Path:
    """The JSON Schema that editors use."""
    return _folder("schema") / "spec.schema.json"
