"""What all tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

# Before any test imports TensorFlow: no start-up messages, and numbers that do not depend on which fast path was taken.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).parent.parent

# What is tested without TensorFlow, in seconds: `make test-front-end`.
FRONT_END = (
    "language", "diagnostics", "render", "drawing", "reference", "cli/test_check.py", "cli/test_graph.py", "cli/test_plugins.py",
    "cli/test_reference.py", "cli/test_runs.py", "cli/test_summary.py", "cli/test_usage.py", "project/test_excerpt.py",
    "project/test_front_end_is_light.py", "project/test_interface.py",
)  # fmt: skip
FRAMEWORKS = {"tensorflow", "keras"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--front-end", action="store_true", help="only what needs no TensorFlow, which then cannot be loaded")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.getoption("--front-end") or not collection_path.is_relative_to(ROOT / "tests"):
        return None
    wanted = [ROOT / "tests" / part for part in FRONT_END]
    return not any(collection_path.is_relative_to(part) or part.is_relative_to(collection_path) for part in wanted) or None


class _Refusal:
    """An importer that refuses the frameworks."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in FRAMEWORKS:
            raise ImportError(f"a test of the front end loads {name}")


# Folders whose files take longest: they begin first, so that no worker is left with one when the others are done.
SLOWEST = ("training", "project", "registry", "keras_backend", "data", "evaluation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        return SLOWEST.index(folder) if folder in SLOWEST else len(SLOWEST)

    items.sort(key=place)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--front-end"):
        sys.meta_path.insert(0, _Refusal())


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def specc(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command in this process: `specc("check", "my.yaml")`."""
    from specc.cli import main

    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def specc_process(tmp_path: Path) -> Callable[..., Result]:
    """Runs a command in a process of its own, in an empty directory."""

    def run(*arguments: object, input: bytes = b"", cwd: Path = tmp_path, **environment: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "specc", *map(str, arguments)],
            input=input,
            capture_output=True,
            cwd=cwd,
            env={**os.environ, **environment},
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Writes a file into an empty directory, which becomes the working directory."""
    monkeypatch.chdir(tmp_path)

    def file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return Path(name)

    return file
