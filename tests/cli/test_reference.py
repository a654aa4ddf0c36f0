"""`specc list`, `explain`, `new` and `schema`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.reference import explain, flow, kinds, names

Run = Callable[..., Any]


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_kind_is_listed_with_a_line_each(specc: Run, kind: str) -> None:
    result = specc("list", kind)
    assert result.code == 0
    listed = json.loads(specc("list", kind, "--format", "json").out)
    assert len(result.out.splitlines()) == len(listed)
    assert all(text and "\n" not in text for text in listed.values()), "each has a summary"


def test_kinds_are_listed(specc: Run) -> None:
    assert {line.split()[0] for line in specc("list").out.splitlines()} == set(kinds())


def test_a_kind_in_the_singular(specc: Run) -> None:
    assert specc("list", "loss").out == specc("list", "losses").out


def test_a_section_of_the_spec_as_a_kind(specc: Run) -> None:
    listed = [json.loads(specc("list", kind, "--format", "json").out) for kind in ("data", "sources", "transforms")]
    assert listed[0] == listed[1] | listed[2]
    listed = [json.loads(specc("list", kind, "--format", "json").out) for kind in ("objective", "objectives", "losses")]
    assert listed[0] == listed[1]
    assert listed[2].items() < listed[1].items()
    assert "simclr" in listed[1]


@pytest.mark.parametrize("name", names())
def test_everything_can_be_explained(name: str) -> None:
    text = explain(name, 100)
    assert text is not None
    assert name in text


def test_the_page_of_a_layer(specc: Run) -> None:
    out = specc("explain", "conv2d").out
    assert "conv2d: layer, keras.layers.Conv2D" in out
    assert "required" in out
    assert "valid | same" in out
    assert "`name` is the step's" in out
    assert "- conv2d: {filters: 8, kernel_size: 3}    # (?, 32, 32, 3) -> (?, 30, 30, 8)" in out


def test_codes_in_small_letters(specc: Run) -> None:
    assert specc("explain", "e0312").out == specc("explain", "E0312").out


@pytest.mark.parametrize("name", ["../reference", "/etc/passwd", "E9999", "", "a/b", "\x1b[31m"])
def test_names_that_are_none(specc: Run, name: str) -> None:
    result = specc("explain", name)
    assert result.code == 2
    assert "\x1b" not in result.err


@pytest.mark.parametrize(
    ("value", "text"),
    [({"a": [1, True, None]}, "{a: [1, true, null]}"), ("same", "same"), ("true", '"true"'), ("a: b", '"a: b"'), ("", '""')],
)
def test_flow_style(value: object, text: str) -> None:
    assert flow(value) == text


def test_a_new_spec_checks_clean_and_is_kept(specc: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert specc("new", "mine").code == 0
    checked = specc("check", "mine.yaml")
    assert checked.code == 0, checked.out
    Path("mine.yaml").write_text("precious")
    again = specc("new", "mine.yaml")
    assert (again.code, "exists already" in again.err) == (2, True)
    assert Path("mine.yaml").read_text() == "precious"


def test_the_schema_is_json_schema(specc: Run) -> None:
    from jsonschema import Draft202012Validator

    printed = json.loads(specc("schema").out)
    Draft202012Validator.check_schema(printed)


def test_the_schema_in_the_repository_is_fresh(specc: Run) -> None:
    from specc.zoo import schema_path

    assert schema_path().read_text(encoding="utf-8") == specc("schema").out, "run make schema"
