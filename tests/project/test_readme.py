"""The README shows what really happens."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.cli.group import VERBS

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_first_spec_and_its_mistake(specc: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec, repair, _ = blocks("yaml")
    faulty, mended = (block.split("\n", 1)[1] for block in blocks("console"))
    path = Path("small_resnet.yaml")
    path.write_text(spec, encoding="utf-8")
    assert specc("check", path).out == faulty
    (identity,) = [line for line in spec.splitlines(keepends=True) if "shortcut:" in line]
    path.write_text(spec.replace(identity, repair), encoding="utf-8")
    assert specc("check", path).out == mended


def test_the_lines_of_fine_tuning_are_right(specc: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = ROOT / "examples" / "transfer" / "digits_0_to_4.yaml"
    Path(before.name).write_text(before.read_text(encoding="utf-8"), encoding="utf-8")
    Path("tuned.yaml").write_text("specc: 1\n" + blocks("yaml")[2], encoding="utf-8")
    assert specc("check", "tuned.yaml").out == "tuned.yaml: no errors\n"


def test_every_command_is_in_the_table() -> None:
    assert {line.split()[2].strip("`") for line in README.splitlines() if line.startswith("| `specc ")} == set(VERBS)


def test_the_python_lines_are_the_interface() -> None:
    import specc

    (code,) = blocks("python")
    compile(textwrap.dedent(code), "README.md", "exec")
    assert all(hasattr(specc, name) for name in re.findall(r"specc\.(\w+)", code))
