"""Writes the reference's pages into a folder: `python -m specc.reference docs/reference`.

With `--check` it writes nothing, and fails where a page is not what it would write.
"""

from __future__ import annotations

import sys
from pathlib import Path

from specc.reference.pages import pages


def main(folder: Path, *, check: bool) -> int:
    """Writes or compares the pages. Returns 1 where a page is stale."""
    wanted = pages()
    stale = [path for path in sorted(folder.glob("*.md")) if path.name not in wanted]
    stale += [folder / name for name, text in wanted.items() if not _is(folder / name, text)]
    if check:
        for path in stale:
            print(f"{path} is stale: run make reference", file=sys.stderr)
        return int(bool(stale))
    folder.mkdir(parents=True, exist_ok=True)
    for path in stale:
        if path.name in wanted:
            path.write_text(wanted[path.name], encoding="utf-8")
        else:
            path.unlink()
    return 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), check="--check" in sys.argv))
