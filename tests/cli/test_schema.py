"""`specc schema`: for all documents, and for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from specc.diagnostics import Source
from specc.language.editor_schema import editor_schema
from specc.language.syntax import parse, plain_value, read
from specc.zoo import zoo
from tests.conftest import Result

BASE = """
specc: 1
inputs: {image: [8, 8, 1]}
blocks:
  squash:
    params: {units: {type: integer}}
    layers: [flatten, dense: =units]
layers:
  - squash: 16
"""

PATCH = """
specc: 1
extends: base.yaml
inputs: {image: {dtype: float16}}
blocks:
  twice: {layers: [{squash: 8}, {squash: {units: 4}}]}
layers:
  - twice
  - skip: [activation: relu]
heads: {logits: {dense: 3}}
"""


def errors(schema: Any, text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(plain_value(parse(Source("my.yaml", text))))]


@pytest.fixture
def schema_of(specc: Callable[..., Result]) -> Callable[..., Any]:
    def printed(*arguments: object) -> Any:
        done = specc("schema", *arguments)
        assert (done.code, done.err) == (0, "")
        return json.loads(done.out)

    return printed


def test_alone_it_is_the_editors(schema_of: Callable[..., Any]) -> None:
    assert schema_of() == editor_schema()


def test_of_a_document_it_admits_the_document_and_refuses_a_misspelt_step(
    schema_of: Callable[..., Any], write: Callable[[str, str], Path]
) -> None:
    schema = schema_of(write("base.yaml", BASE))
    Draft202012Validator.check_schema(schema)
    assert errors(schema, BASE) == []
    for right, wrong in [("- squash: 16", "- squish: 16"), ("[flatten,", "[flaten,"), ("- squash: 16", "- squash: {unit: 16}")]:
        assert errors(schema, BASE.replace(right, wrong)), wrong
    assert not errors(editor_schema(), BASE.replace("- squash: 16", "- squish: 16"))  # which cannot know


def test_of_a_patch_it_knows_the_words_of_its_bases(schema_of: Callable[..., Any], write: Callable[[str, str], Path]) -> None:
    write("base.yaml", BASE)
    schema = schema_of(write("my.yaml", PATCH))
    assert errors(schema, PATCH) == []
    assert errors(schema, PATCH.replace("{squash: 8}", "{squish: 8}"))
    assert errors(schema, PATCH.replace("- twice", "- thrice"))
    assert errors(schema, PATCH.replace("relu", "rleu"))


@pytest.mark.parametrize("name", ["cnn_digits", "mobilenet_v2"])
def test_of_a_spec_of_the_zoo(schema_of: Callable[..., Any], name: str) -> None:
    assert not list(Draft202012Validator(schema_of(name)).iter_errors(plain_value(parse(read(zoo()[name])))))


def test_a_document_with_mistakes_has_one_too(schema_of: Callable[..., Any], write: Callable[[str, str], Path]) -> None:
    """Mistakes are what it is for."""
    wrong = BASE.replace("- squash: 16", "- squish: 16")
    assert errors(schema_of(write("my.yaml", wrong)), BASE) == []


def test_of_standard_input(specc_process: Callable[..., Result]) -> None:
    done = specc_process("schema", "-", input=BASE.encode())
    assert errors(json.loads(done.out), BASE) == []


def test_what_is_no_spec(specc: Callable[..., Result], write: Callable[[str, str], Path]) -> None:
    assert specc("schema", "no.yaml").code == 2
    assert "no such spec in the zoo" in specc("schema", "resnet5").err
    done = specc("schema", write("my.yaml", "specc: 1\nextends: nowhere.yaml\n"))
    assert done.code == 1
    assert "my.yaml:2:10" in done.err
