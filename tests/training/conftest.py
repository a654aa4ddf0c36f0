"""Words that tests of training use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from specc import plugins
from specc.registry.plugins import HOMES


@pytest.fixture(scope="module")
def mean_teacher() -> Iterator[Path]:
    """The plug-in that declares `mean_teacher`, loaded for the tests of a module."""
    path = Path(__file__).parents[2] / "examples" / "objective" / "teacher_words.py"
    before = set(HOMES)
    plugins.load([path])
    yield path
    for family, word in set(HOMES) - before:
        plugins._forget(family, word)
    sys.modules.pop("teacher_words", None)
