"""The reference pages, and what keeps them fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specc.reference import kinds, pages
from specc.reference.__main__ import main

PAGES = pages()


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_word_of_a_kind_stands_on_its_page(kind: str) -> None:
    text = PAGES[f"{kind}.md"]
    for name in kinds()[kind]():
        assert re.search(rf"^#+ {name}$|^\| \[`?{name}`?\]", text, re.MULTILINE), name


def test_links_lead_somewhere() -> None:
    folder = Path("docs/reference")
    for text in PAGES.values():
        anchors = set(re.findall(r"^#+ (\w+)$", text, re.MULTILINE))
        for target in re.findall(r"\]\(([^)]+)\)", text):
            if target.startswith("#"):
                assert target[1:] in anchors
            else:
                assert target in PAGES or (folder / target).resolve().is_file(), target


def test_tables_have_as_many_cells_as_headings() -> None:
    for name, text in PAGES.items():
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(widths) == 1, (name, table)


def test_examples_are_not_repeated_by_hand() -> None:
    assert "- conv2d: {filters: 8, kernel_size: 3}    # (?, 32, 32, 3) -> (?, 30, 30, 8)" in PAGES["layers.md"]
    assert "Further outputs: `attention_scores`" in PAGES["layers.md"]


def test_what_is_stale_is_told_and_rewritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "docs" / "reference"
    (tmp_path / "README.md").write_text("before\n<!-- zoo -->\nold\n<!-- /zoo -->\nafter\n", encoding="utf-8")
    assert main(tmp_path, check=True) == 1
    assert main(tmp_path, check=False) == 0
    assert main(tmp_path, check=True) == 0
    (folder / "layers.md").write_text("by hand", encoding="utf-8")
    (folder / "gone.md").write_text("a kind that is no more", encoding="utf-8")
    (tmp_path / "docs" / "zoo" / "gone.svg").write_text("a drawing that is no more", encoding="utf-8")
    capsys.readouterr()
    assert main(tmp_path, check=True) == 1
    told = [line.split(" is stale")[0].rsplit("/")[-1] for line in capsys.readouterr().err.splitlines()]
    assert told == ["gone.md", "gone.svg", "layers.md"]
    assert main(tmp_path, check=False) == 0
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == PAGES
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("before\n<!-- zoo -->\n| Family |")
    assert readme.endswith("<!-- /zoo -->\nafter\n")
