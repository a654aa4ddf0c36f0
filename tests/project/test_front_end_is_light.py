"""The front end needs no framework: checked in a process of its own, where nothing else could have loaded one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"tensorflow", "keras", "numpy", "sklearn", "scipy", "matplotlib", "tensorflow_datasets", "rich", "jax", "torch"}


def modules_after(code: str, cwd: Path) -> set[str]:
    """Top-level names of the modules that are loaded after some code ran."""
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=cwd, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import specc",
        "import specc; specc.load('resnet50')",
        "import specc; specc.analyze('googlenet', training=True)",
        "import specc; specc.load('cnn_digits')",
        "import specc; specc.emit('resnet50')",
        "from specc.language.editor_schema import editor_schema; editor_schema()",
        "import specc.reference; specc.reference.explain('conv2d'); [read() for read in specc.reference.kinds().values()]",
        "from specc.cli import main; main(['check', 'cnn_digits'])",
        "from specc.cli import main; main(['summary', 'vit_b16', '--format', 'json'])",
        "from specc.cli import main; main(['build', 'resnet50', '--to', 'python', '-o', '-'])",
        "from specc.cli import main; main(['graph', 'resnet50', '-o', '-'])",
        "from specc.cli import main; main(['--help'])",
    ],
)
def test_no_framework_is_loaded(code: str, tmp_path: Path) -> None:
    assert modules_after(code, tmp_path) & HEAVY == set()


def test_importing_specc_loads_nothing_of_it(tmp_path: Path) -> None:
    loaded = modules_after("import specc", tmp_path)
    assert "yaml" not in loaded
    assert "jsonschema" not in loaded
