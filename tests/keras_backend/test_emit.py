"""The Python that a spec is printed as: what it makes, how it reads, and that nothing in a spec can break out of it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.diagnostics import SpecError
from specc.keras_backend.emit import emit
from specc.language import load, loads
from specc.zoo import zoo

# Params for which a model is small enough to be run; a spec without an entry is run at its defaults.
SMALL: dict[str, dict[str, Any]] = {
    "alexnet": {"small": True, "units": 16, "classes": 5},
    "densenet121": {"depths": [1, 2], "growth": 4, "classes": 3},
    "densenet169": {"depths": [2, 1], "growth": 4, "small": True},
    "densenet201": {"depths": [1, 1], "growth": 4, "include_top": False},
    "densenet40": {"depth": 2, "growth": 4, "bottleneck": 2},
    "googlenet": {"small": True, "classes": 5},
    "inception_naive": {"size": 16, "channels": 1},
    "inception_reduced": {"size": 16, "classes": 4},
    "inception_v2": {"small": True, "classes": 5},
    "inception_v3": {"small": True, "classes": 5},
    "mobilenet": {"alpha": 0.25, "rho": 0.571, "classes": 7},
    "mobilenet_v2": {"size": 32, "alpha": 0.35, "classes": 7},
    "resnet101": {"depths": [1, 1, 1, 1], "size": 64, "downsample": "middle"},
    "resnet152": {"depths": [1, 2], "small": True, "channels": 1},
    "resnet18": {"depths": [1, 1], "small": True, "classes": 10},
    "resnet20": {"depth": 1},
    "resnet34": {"depths": [1, 1], "size": 64, "include_top": False},
    "resnet50": {"depths": [1, 1, 1, 1], "classes": 10},
    "resnet56": {"depth": 2, "size": 16},
    "unet": {"widths": [4, 8], "bottom": 12, "classes": 3},
    "vgg16": {"depths": [1, 1, 1], "small": True, "units": 16},
    "vgg19": {"depths": [1, 2, 1], "size": 32, "include_top": False},
    "dino_vit_s16": {"size": 32, "patch": 8, "width": 24, "depth": 2, "heads": 3, "prototype_count": 10},
    "vit_b16": {"size": 32, "width": 24, "depth": 2, "heads": 3, "classes": 4, "dropout": 0.1},
    "vit_digits": {"depth": 1, "patch": 4},
    "vit_s16": {"small": True, "width": 24, "depth": 2, "heads": 3},
    "xception": {"small": True, "depth": 1, "classes": 5},
}


@pytest.mark.parametrize("name", zoo())
def test_a_spec_of_the_zoo_and_its_source_make_one_model(name: str, same: Callable[..., str]) -> None:
    for training in (False, True) if load(name).uses_training else (False,):
        same(name, SMALL.get(name), training=training)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SMALL))
def test_at_full_size_too(name: str, same: Callable[..., str]) -> None:
    for training in (False, True) if load(name).uses_training else (False,):
        same(name, training=training)


@pytest.mark.parametrize("name", zoo())
def test_the_source_is_formatted_and_clean(name: str) -> None:
    source = emit(load(name))
    assert _ruff("check", "--select", "E4,E7,E9,F,I", source) == ""
    assert _ruff("format", "--line-length", "100", "--diff", source) == ""


def _ruff(*arguments: str) -> str:
    *options, source = arguments
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *options, "--isolated", "--quiet", "-"], input=source, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_the_source_runs_where_specc_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "specc.py").write_text("raise ImportError('specc is not installed here')\n", encoding="utf-8")
    (tmp_path / "vit.py").write_text(emit(load("vit_digits")), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "vit.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 'Model: "vit_digits"' in done.stdout


def test_emitting_loads_no_framework() -> None:
    program = (
        "import sys, specc; specc.emit('vit_digits'); print([name for name in ('tensorflow', 'keras', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_structure_is_kept() -> None:
    """Blocks are functions, repeats loops, `when` ifs, params arguments, expressions expressions."""
    source = emit(load("resnet50"))
    functions = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    assert list(functions) == ["conv2d_bn", "bottleneck", "classification", "resnet50"]
    main = functions["resnet50"]
    assert [argument.arg for argument in main.args.args] == list(load("resnet50").document.params)
    assert sum(isinstance(node, ast.For) for node in ast.walk(main)) == 2
    assert sum(isinstance(node, ast.If) for node in ast.walk(functions["bottleneck"])) == 2
    assert "filters=64 * 2**stage" in source
    assert 'name=f"stage-{stage}-unit-{i}"' in source
    assert ast.get_docstring(functions["bottleneck"], clean=True).startswith("Residual unit with a 1x1 reduction")  # type: ignore[union-attr]


def test_what_nobody_refers_to_is_not_kept() -> None:
    source = emit(load("unet"))
    assert "down.append(features)" in source
    assert "up = []" not in source
    assert "SimpleNamespace" not in source


def test_no_text_breaks_out_of_its_string(run_source: Callable[..., Any]) -> None:
    text = r'''
specc: 1
name: small
summary: 'He said """stop""" \ and left "'
reference: "x\"\"\"\nimport os\r\n\u2028raise SystemExit\0\\"
params:
  units: {type: integer, default: 2, description: "a\n\"\"\"\nraise SystemExit"}
  text: 'it''s "x" {units} \'
blocks:
  block:
    summary: "\n\"\"\"); raise SystemExit\\"
    layers: [{dense: 2}]
inputs: {a: [3]}
layers:
  - block
  - dense: =units if len(text) > 3 else 5
'''
    source = emit(loads(text))
    model = run_source(source, "small")
    assert model.output_shape == (None, 2)
    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Raise)]
    assert _ruff("format", "--line-length", "100", "--diff", source) == ""


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("- classification: 2\n    repeat: 2\n    name: outer\n  - share: outer/0", "is applied in another function, or in a loop"),
        ("- dense: {units: 2, activation: =each}\n    repeat: =functions\n    as: each", "activation"),
    ],
)
def test_what_has_no_form_in_python_is_said(steps: str, reason: str) -> None:
    params = "functions: [relu, {leaky_relu: 0.1}]"
    spec = loads(f"specc: 1\nname: small\nparams: {{{params}}}\ninputs: {{a: [2]}}\nlayers:\n  {steps}\n")
    with pytest.raises(SpecError, match=reason) as caught:
        emit(spec)
    assert [found.code for found in caught.value.diagnostics] == ["E0601"]
    assert caught.value.diagnostics[0].span is not None
