"""What is installed works away from the checkout: zoo, schema, blocks and explanations travel in the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

LOAD_WITHOUT_SPECC = """
import sys
sys.modules["specc"] = None  # importing it raises ImportError
import keras
model = keras.saving.load_model("r.keras")
print(model.count_params())
"""


def run(*command: object, cwd: Path, timeout: float = 240) -> str:
    """Runs a command outside of the checkout and returns what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment = {**clean, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=cwd, env=environment, timeout=timeout, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make_environment(folder: Path) -> Path:
    """An environment with nothing in it; returns its Python."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    return folder / "bin" / "python"


def lend_dependencies(python: Path) -> None:
    """Lets an environment see the packages of this one, so that TensorFlow is not installed again.

    A checkout that is installed here in place is not lent: path files are read in an environment's own folder only.
    """
    folder = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=python.parent).strip())
    (folder / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run(*pip, "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("specc-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel."""
    python = make_environment(tmp_path_factory.mktemp("installed") / "venv")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", wheel, cwd=wheel.parent)
    lend_dependencies(python)
    return python


def test_it_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    place = run(installed, "-c", "import specc; print(specc.__file__)", cwd=tmp_path).strip()
    assert Path(place).is_relative_to(installed.parent.parent)


def test_everything_travels(installed: Path, tmp_path: Path) -> None:
    here = sorted(path.stem for path in (ROOT / "specs").rglob("*.yaml"))
    program = "from specc.zoo import *; from specc.registry import block_files; from specc.reference import EXPLANATIONS\n"
    program += "print(*sorted(zoo())); print(schema_path().is_file(), len(block_files()), len(list(EXPLANATIONS.glob('*.md'))))"
    specs, counts = run(installed, "-c", program, cwd=tmp_path).splitlines()
    blocks = len(list((ROOT / "specc/registry").rglob("*.yaml")))
    pages = len(list((ROOT / "specc/explanations").glob("*.md")))
    assert specs.split() == here
    assert counts.split() == ["True", str(blocks), str(pages)]


def test_a_model_is_built_and_loads_without_specc(installed: Path, tmp_path: Path) -> None:
    run(installed.parent / "specc", "build", "resnet50", "-o", "r.keras", cwd=tmp_path)
    plain = make_environment(tmp_path / "plain")
    lend_dependencies(plain)
    assert run(plain, "-c", LOAD_WITHOUT_SPECC, cwd=tmp_path).split()[-1] == "25636712"


def test_a_new_spec_checks_clean(installed: Path, tmp_path: Path) -> None:
    specc = installed.parent / "specc"
    run(specc, "new", "mine", cwd=tmp_path)
    assert "no errors" in run(specc, "check", "mine.yaml", cwd=tmp_path)


@pytest.mark.slow
def test_installing_with_all_dependencies(tmp_path: Path) -> None:
    """`pip install .` into an empty environment, nothing lent: downloads TensorFlow."""
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", ROOT, cwd=tmp_path, timeout=1800)
    run(python.parent / "specc", "build", "resnet50", "-o", "r.keras", cwd=tmp_path)
    assert run(python, "-c", LOAD_WITHOUT_SPECC, cwd=tmp_path).split()[-1] == "25636712"
