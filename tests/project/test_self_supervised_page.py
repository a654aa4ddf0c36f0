"""The page on learning without labels: its specs are right, its words and files are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specc.language import check
from specc.registry.entry import entries

PAGE = Path(__file__).parents[2] / "docs" / "self_supervised.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_its_specs_are_right(block: str) -> None:
    extending = block if "extends" in block else f"extends: simclr_digits\n{block}"
    assert check("page.yaml", text=f"specc: 1\n{extending}") == ()


def test_its_words_are_known() -> None:
    table = re.search(r"\| Word \|.*?\n\n", TEXT, re.DOTALL)
    assert table is not None
    words = set(re.findall(r"^\| `(\w+)`", table.group(), re.MULTILINE))
    assert words == {name for name, entry in entries("objective").items() if entry.params.needs_views > 1}
    assert set(re.findall(r"^- `(\w+)`", TEXT, re.MULTILINE)) == set(entries("evaluation"))


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(links) > 6
    for link in links:
        assert (PAGE.parent / link).exists(), link
