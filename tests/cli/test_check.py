"""`specc check` on the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from specc.zoo import zoo

Run = Callable[..., Any]
Write = Callable[[str, str], Path]

SPEC = """\
specc: 1
name: tiny
params: {classes: 10}
inputs: {image: [8, 8, 1]}
layers:
  - conv2d: {filters: 4, kernel_size: 3}
  - flatten
heads:
  logits: {dense: {units: =classes}}
data:
  train: {source: digits}
train:
  epochs: 5
  losses: {logits: softmax_cross_entropy}
"""


def test_a_clean_spec(specc: Run, write: Write) -> None:
    result = specc("check", write("tiny.yaml", SPEC))
    assert result.out == "tiny.yaml: no errors\n"
    assert (result.code, result.err) == (0, "")


def test_the_whole_zoo_is_clean(specc: Run) -> None:
    result = specc("check", *zoo())
    assert result.code == 0, result.out
    assert len(result.out.splitlines()) == len(zoo())


def test_a_folder_stands_for_the_specs_below_it(specc: Run, write: Write) -> None:
    for name in ("specs/b.yaml", "specs/deep/a.yml", "specs/.hidden/c.yaml", "specs/.d.yaml", "specs/readme.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        write(name, SPEC)
    os.mkfifo("specs/pipe.yaml")  # nobody would ever write into it
    result = specc("check", "specs")
    assert result.out == "specs/b.yaml: no errors\nspecs/deep/a.yml: no errors\n2 specs: no errors\n"
    write("specs/deep/a.yml", SPEC.replace("dense", "dens"))
    result = specc("check", "specs/", "specs/b.yaml", "lenet5")
    assert result.code == 1
    assert result.out.endswith("\n\n1 error in specs/deep/a.yml\n\nspecs/b.yaml: no errors\nlenet5: no errors\n3 specs: 1 faulty\n")


def test_the_folder_of_the_zoo(specc: Run) -> None:
    result = specc("check", next(iter(zoo().values())).parents[1])
    assert result.code == 0
    assert result.out.splitlines()[-1] == f"{len(zoo())} specs: no errors"


def test_warnings_fail_where_they_are_asked_to(specc: Run, write: Write) -> None:
    path = write("tiny.yaml", SPEC.replace("params: {", "params: {size: 8, "))
    result = specc("check", path)
    assert result.code == 0
    assert result.out.startswith("warning[W0201]: the param `size` is never used\n --> tiny.yaml:3:10\n")
    assert result.out.endswith("\n1 warning in tiny.yaml\n\ntiny.yaml: no errors\n")
    strict = specc("check", path, "--strict")
    assert (strict.code, strict.out) == (1, result.out.removesuffix("\n\ntiny.yaml: no errors\n") + "\n")
    assert specc("check", path, "--format", "github").out.startswith("::warning file=tiny.yaml,line=3,endLine=3,col=10,")
    assert json.loads(specc("check", path, "--format", "json").out)["warnings"] == 1


def test_several_errors_in_one_go(specc: Run, write: Write) -> None:
    wrong = SPEC.replace("conv2d", "conv2").replace("units", "unit").replace("epochs", "epoch")
    result = specc("check", write("tiny.yaml", wrong))
    assert result.code == 1
    assert [line.split(":", 1)[1] for line in result.out.splitlines() if "-->" in line] == ["6:5", "9:20", "13:3"]
    assert result.out.count("conv2d") >= 1
    assert result.out.rstrip().endswith("3 errors in tiny.yaml")


def test_good_specs_are_told_beside_faulty_ones(specc: Run, write: Write) -> None:
    result = specc("check", write("bad.yaml", SPEC.replace("dense", "dens")), write("good.yaml", SPEC))
    assert result.code == 1
    assert "1 error in bad.yaml" in result.out
    assert "good.yaml: no errors" in result.out


def test_values_from_the_command_line(specc: Run, write: Write) -> None:
    path = write("tiny.yaml", SPEC)
    # 4 filters of 3x3 and 4 biases; 36 * 4 values to each unit, and its bias.
    assert "parameters     1,490 (" in specc("summary", path).out
    assert "parameters     1,925 (" in specc("summary", path, "--param", "classes=13").out
    assert specc("check", path, "--set", "train.epochs=7").code == 0


def test_wrong_values_from_the_command_line(specc: Run, write: Write) -> None:
    path = write("tiny.yaml", SPEC)
    for arguments, said in (
        (["--param", "clases=10"], "classes"),
        (["--param", "classes=ten"], "integer"),
        (["--set", "train.epoch=7"], "epochs"),
        (["--set", "train.epochs=many"], "integer"),
        (["--set", "train.epochs={"], "--set"),
        (["--set", "=3"], "name"),
    ):
        result = specc("check", path, *arguments)
        assert result.code in (1, 2), arguments
        assert said in result.out + result.err, (arguments, result)
        assert "bug" not in result.err


def test_both_graphs_are_checked(specc: Run, write: Write) -> None:
    wrong = SPEC.replace("  - flatten\n", "  - conv2d: {filters: 4, kernel_size: 30}\n    when: =training\n  - flatten\n")
    result = specc("check", write("tiny.yaml", wrong))
    assert result.code == 1
    assert result.out.count("error[E0302]") == 1
    # An error of both graphs is told once.
    both = specc("check", write("tiny.yaml", wrong.replace("kernel_size: 3}", "kernel_size: 9}")))
    assert both.out.count("kernel_size: 9") == 1


def test_json(specc: Run, write: Write) -> None:
    result = specc("check", write("tiny.yaml", SPEC.replace("units", "unit")), "--format", "json")
    assert result.code == 1
    (found,) = json.loads(result.out)["diagnostics"]
    assert found["span"] == {"file": "tiny.yaml", "line": 9, "column": 20, "end_line": 9, "end_column": 24}


def test_github(specc: Run, write: Write) -> None:
    result = specc("check", write("tiny.yaml", SPEC.replace("units", "unit")), "--format", "github")
    assert result.code == 1
    assert result.out.startswith("::error file=tiny.yaml,line=9,endLine=9,col=20,endColumn=23,title=E")
    clean = specc("check", write("tiny.yaml", SPEC), "--format", "github")
    assert (clean.code, clean.out) == (0, "")
