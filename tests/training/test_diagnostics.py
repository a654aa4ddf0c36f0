"""The document beside this file: what is told of data, models and runs, to the letter. See tests/diagnostics/test_sections.py."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from tests.diagnostics.cases import cases_of, hold

DOCUMENT = Path(__file__).with_name("diagnostics.md")
CASES = cases_of(DOCUMENT)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case.code}-{number}" for number, case in enumerate(CASES)])
def test_what_is_told(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if CASES[number].code == "E0511" and tf.config.list_physical_devices("GPU"):
        pytest.skip("a GPU computes not-a-number for a label that is out of range")
    monkeypatch.chdir(tmp_path)
    hold(DOCUMENT, number)
