"""The pages of `specc explain CODE`: every code has one, and every example says to the letter what `specc check` prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.diagnostics.cases import PACKAGE, cases_of, codes_in_source, hold

PAGES = sorted((PACKAGE / "explanations").glob("*.md"))
CASES = [(page, number) for page in PAGES for number in range(len(cases_of(page)))]

# What no spec alone can show: these are told when data are read, a run is made, a plug-in or a model is loaded.
WITHOUT_EXAMPLE = {
    "E0009",
    "E0508",
    "E0509",
    "E0510",
    "E0511",
    "E0512",
    "E0513",
    "E0514",
    "E0515",
    "E0516",
    "E0517",
    "E0601",
    "E0602",
    "E0701",
    "E0702",
    "E0703",
    "E0704",
    "E0705",
}


@pytest.mark.parametrize(("page", "number"), CASES, ids=[f"{page.stem}-{number}" for page, number in CASES])
def test_an_example_says_what_check_prints(page: Path, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hold(page, number)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {page.stem for page in PAGES} == codes_in_source()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_its_headline_a_text_and_an_example(page: Path) -> None:
    headline, text = page.read_text(encoding="utf-8").split("\n", 1)
    assert re.fullmatch(rf"# {page.stem}: [^.]+", headline)
    assert len(text.split("```")[0].strip()) > 20
    faulty = [case for case in cases_of(page) if case.output]
    assert bool(faulty) != (page.stem in WITHOUT_EXAMPLE)


def test_codes_are_strings_of_their_own() -> None:
    """A code that is put together from parts would escape these tests."""
    for path in PACKAGE.rglob("*.py"):
        assert not re.search(r"[\"']E0[\"']|f\"E0", path.read_text(encoding="utf-8")), path
