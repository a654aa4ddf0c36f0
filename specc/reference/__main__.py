"""Writes what is made from declarations and specs: `docs/reference`, `docs/zoo.md` with its drawings, the README's table.

    python -m specc.reference [--check]

With `--check` it writes nothing, and fails where something is not what it would write.
"""

from __future__ import annotations

import sys
from pathlib import Path

from specc.reference.pages import pages
from specc.reference.zoo_page import drawings, readme_with_table, zoo_page


def main(root: Path, *, check: bool) -> int:
    """Writes or compares everything below the root of a checkout. Returns 1 where something is stale."""
    wanted = generated(root)
    stale = [path for path in wanted if not _is(path, wanted[path])]
    surplus = [
        path for path in sorted([*(root / "docs" / "reference").glob("*.md"), *(root / "docs" / "zoo").glob("*.svg")]) if path not in wanted
    ]
    if check:
        for path in [*surplus, *stale]:
            print(f"{path} is stale: run make reference", file=sys.stderr)
        return int(bool(surplus or stale))
    for path in surplus:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


def generated(root: Path) -> dict[Path, str]:
    """The texts by their places."""
    docs, readme = root / "docs", root / "README.md"
    return {
        **{docs / "reference" / name: text for name, text in pages().items()},
        **{docs / "zoo" / name: text for name, text in drawings().items()},
        docs / "zoo.md": zoo_page(),
        readme: readme_with_table(readme.read_text(encoding="utf-8")),
    }


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(Path.cwd(), check="--check" in sys.argv))
