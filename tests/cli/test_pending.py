"""What a command says of a spec that uses words of which only the declaration is there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[[str, str], Path]

DETECTOR = """\
specc: 1
inputs: {image: [32, 32, 3], regions: [5, 4]}
blocks:
  cut:
    inputs: [regions, features]
    layers:
      - roi_align: 7
        from: {regions: regions, features: [features]}
layers:
  - conv2d: {filters: 4, kernel_size: 3}
    from: image
    name: features
  - cut:
    from: {regions: regions, features: features}
  - reshape: [5, -1]
"""

TOLD = """\
error[E0602]: `roi_align` cannot be built yet: its shapes, weights and costs are known, its computation is not part of this version
 --> my.yaml:7:9
  |
7 |       - roi_align: 7
  |         ^^^^^^^^^^^^
  = in block `cut`, used at my.yaml:13:5
  = help: `specc check` and `specc summary` work with it

1 error in my.yaml
"""

RECIPE = """\
specc: 1
inputs: {image: [8, 8, 1]}
layers:
  - flatten
heads:
  logits: {dense: 10}
data:
  train: {source: digits}
  test: {source: {image_folder: {path: scans, color_mode: grayscale}}, transforms: [resize: [8, 8]]}
train:
  objective: {language_model: {targets: {labels: label}}}
  optimizer: {lars: {learning_rate: 1.0}}
"""


def test_check_and_summary_work(specc: Run, write: Write) -> None:
    path = write("my.yaml", DETECTOR)
    assert specc("check", path).code == 0
    assert "cut/roi_align" in specc("summary", path).out
    assert specc("check", write("recipe.yaml", RECIPE)).code == 0


@pytest.mark.parametrize("arguments", [("build",), ("build", "--to", "python"), ("train",)])
def test_building_names_the_place(specc: Run, write: Write, arguments: tuple[str, ...]) -> None:
    result = specc(arguments[0], write("my.yaml", DETECTOR), *arguments[1:])
    assert (result.code, result.out, result.err) == (1, "", TOLD)
    assert [path.name for path in Path().iterdir()] == ["my.yaml"]


def words(text: str) -> list[str]:
    return [line.split("`")[1] for line in text.splitlines() if line.startswith("error[E0602]")]


def test_training_names_all_that_is_missing_at_once(specc: Run, write: Write) -> None:
    result = specc("train", write("my.yaml", RECIPE))
    assert result.code == 1
    assert words(result.err) == ["language_model"]
    assert "my.yaml:11:15" in result.err
    assert specc("build", "my.yaml", "-o", "-").code == 0  # the network itself has all it needs


def test_evaluating_names_what_it_would_need(write: Write) -> None:
    import specc as package

    spec = package.load(write("my.yaml", RECIPE))
    with pytest.raises(package.SpecError) as caught:
        package.evaluate(package.build(spec), spec=spec)
    assert words(str(caught.value)) == ["language_model"]


def test_it_is_told_without_tensorflow(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(DETECTOR, encoding="utf-8")
    code = (
        "import sys, specc\n"
        "for call in (specc.build, specc.emit):\n"
        "    try: call('my.yaml')\n"
        "    except specc.SpecError: pass\n"
        "    else: raise AssertionError\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)


def test_list_and_explain_say_so(specc: Run) -> None:
    listed = {line.split()[0]: line for line in specc("list", "layers").out.splitlines()}
    assert listed["roi_align"].endswith("(not yet)")
    assert not listed["dense"].endswith("(not yet)")
    assert "`roi_align` cannot be built yet" in specc("explain", "roi_align").out
    assert "`language_model` cannot be used yet" in specc("explain", "language_model").out
    assert "cannot be" not in specc("explain", "dense").out


def test_objectives_are_listed_with_the_losses_that_are_objectives_too(specc: Run) -> None:
    found = [line.split()[0] for line in specc("list", "objectives").out.splitlines()]
    assert {"simclr", "softmax_cross_entropy"} <= set(found)
