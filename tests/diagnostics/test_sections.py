"""The documents beside this file: for every code a section with bad specs and, to the letter, what is told about them.

`SPECC_UPDATE=1 pytest tests/diagnostics tests/training/test_diagnostics.py` writes what is printed now into the
documents; read every line that it changes.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.diagnostics.cases import cases_of, codes_in_source, hold, sections_of

HERE = Path(__file__).parent
DOCUMENTS = sorted(HERE.glob("*.md"))
RUNNING = HERE.parent / "training" / "diagnostics.md"  # what data, models and runs show: held by tests/training
CASES = [(document, number, case.code) for document in DOCUMENTS for number, case in enumerate(cases_of(document))]


@pytest.mark.parametrize(
    ("document", "number"),
    [(document, number) for document, number, _ in CASES],
    ids=[f"{document.stem}-{code}-{number}" for document, number, code in CASES],
)
def test_what_is_told(document: Path, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hold(document, number)


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    sections = Counter(code for document in [*DOCUMENTS, RUNNING] for code in sections_of(document))
    assert set(sections) == codes_in_source()
    assert set(sections.values()) == {1}


@pytest.mark.parametrize("document", [*DOCUMENTS, RUNNING], ids=lambda document: document.stem)
def test_every_section_shows_something(document: Path) -> None:
    assert {case.code for case in cases_of(document) if case.output} == set(sections_of(document))
