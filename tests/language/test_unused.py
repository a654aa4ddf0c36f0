"""What a spec says and nothing uses is told as a warning, once, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from specc import language
from specc.zoo import zoo

INPUTS = "specc: 1\ninputs: {image: [8, 8, 3]}\n"


def warned(text: str) -> list[str]:
    found = language.check("my.yaml", text=text if "inputs:" in text else INPUTS + text)
    assert all(diagnostic.severity == "warning" for diagnostic in found), found
    return [f"{diagnostic.code} {diagnostic.span}: {diagnostic.message}" for diagnostic in found]


@pytest.mark.parametrize("path", zoo().values(), ids=zoo())
def test_the_zoo_uses_all_that_it_says(path: Path) -> None:
    assert language.check(path) == ()


@pytest.mark.parametrize(
    "use",
    [
        "layers: [{dense: =n}]",
        "layers: [{layers: [flatten], repeat: =n}]",
        "layers: [flatten]\nheads: {a: {dense: '=[n][0]'}}",
        "defaults: {dense: {units: =n}}\nlayers: [dense]",
        "layers: [flatten]\nexpect: {parameters: =n - 2}",
        "layers: [dense: 2]\ntrain: {objective: mean_squared_error, epochs: =n}",
        "layers: [{flatten: , when: =n > 3}]",
        "layers: [{dense: {units: 3}, when: false}, {dense: {units: '=[1, n][1]'}}]",
    ],
)
def test_a_param_that_is_read_anywhere_is_used(use: str) -> None:
    assert warned("params: {n: 2}\n" + use) == []


def test_a_param_that_is_not() -> None:
    assert warned("params: {n: 2, m: =n}\nlayers: [flatten]") == ["W0201 my.yaml:3:16: the param `m` is never used"]


def test_params_of_blocks() -> None:
    text = "blocks:\n  unit:\n    params: {n: 2, m: 3}\n    layers: [{dense: =n}]\nlayers: [unit]\nparams: {n: 3}\n"
    assert warned(text) == [
        "W0201 my.yaml:8:10: the param `n` is never used",
        "W0201 my.yaml:5:20: the param `m` of block `unit` is never used",
    ]


def test_blocks() -> None:
    text = "blocks:\n  a: {layers: [b]}\n  b: {layers: [flatten]}\n  c: {layers: [d]}\n  d: {layers: [flatten]}\n"
    unused = ["W0203 my.yaml:6:3: the block `c` is never used", "W0203 my.yaml:7:3: the block `d` is never used"]
    assert warned(text + "layers: [a]") == unused
    assert warned(text + "layers: [{skip: [{parallel: {merge: add, branches: {one: a, two: flatten}}}, {reshape: [8, 8, 3]}]}]") == unused
    assert warned(text + "layers: [flatten]\nheads: {one: a}") == unused


def test_inputs() -> None:
    text = "specc: 1\ninputs: {image: [8, 8, 3], mask: {shape: [8], when: =training}, size: [2]}\nlayers: [{flatten: , from: image}]"
    assert warned(text) == ["W0202 my.yaml:2:65: no output depends on the input `size`"]


def test_only_the_last_of_steps_that_lead_nowhere_is_told() -> None:
    text = "layers:\n  - conv2d: {filters: 2, kernel_size: 1}\n  - relu\n  - flatten:\n    name: flat\n  - dense: 3\n    from: image\n"
    assert warned(text) == ["W0205 my.yaml:7:11: no output depends on `flat`: 8 weights are left out of the model"]
    (found,) = language.check("my.yaml", text=INPUTS + text)
    assert [str(note.span) for note in found.notes] == ["my.yaml:5:5", "my.yaml:4:5"]


def test_weights_that_are_shared_with_a_step_that_is_needed_are_not_lost() -> None:
    text = "layers:\n  - dense: 3\n    name: once\n  - share: once\n    from: image\n    name: again\n  - relu:\n    from: once\n"
    assert warned(text) == ["W0204 my.yaml:8:11: no output depends on `again`"]


def test_what_training_needs_is_used() -> None:
    text = "layers:\n  - dense: 3\n    name: side\n  - flatten:\n    from: image\nheads:\n  a: dense: 2\n"
    text = text.replace("a: dense: 2", "a: {dense: 2}") + "  b: {from: side, when: =training}\n"
    assert warned(text) == []


def test_a_step_of_a_block_is_told_where_no_use_of_the_block_needs_it() -> None:
    block = "blocks:\n  unit:\n    layers:\n      - dense: 3\n        name: a\n      - relu\n    outputs: {a: a}\n"
    once = "layers:\n  - unit:\n    name: one\n  - flatten:\n    from: one/a\n"
    assert warned(block + once) == ["W0204 my.yaml:8:9: no output depends on this `relu`"]
    both = once.replace("    from: one/a\n", "    from: one/a\n  - unit:\n    from: one/a\n")
    assert warned(block + both) == ["W0204 my.yaml:13:5: no output depends on this `flatten`"]


def test_a_block_none_of_whose_steps_is_needed_is_told_where_it_is_used() -> None:
    text = "layers:\n  - residual: {filters: 4}\n    name: one\n  - flatten:\n    from: image\n"
    (found,) = warned(text)
    assert found.startswith("W0205 my.yaml:5:11: no output depends on `one`: ")


def test_the_end_of_an_inlined_model_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(INPUTS + "params: {n: 3}\nlayers:\n  - dense: 4\n    name: middle\n  - dense: =n\n")
    Path("user.yaml").write_text(INPUTS + "layers:\n  - model: base.yaml\n    name: base\n  - flatten:\n    from: base/middle\n")
    Path("heir.yaml").write_text("specc: 1\nextends: base.yaml\nlayers: [flatten]\n")
    assert language.check(Path("user.yaml")) == language.check(Path("heir.yaml")) == ()


def test_errors_hide_warnings(told: Callable[..., list[str]]) -> None:
    """What is misspelt where it is used would be unused as well."""
    text = INPUTS + "params: {units: 3}\nlayers: [{dense: =unit}]\n"
    assert [found.code for found in language.check("my.yaml", text=text)] == ["E0202"]
