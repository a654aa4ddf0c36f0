"""The editor's schema admits every spec of the zoo, and flags what people mistype."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from specc.diagnostics import Source
from specc.language.editor_schema import editor_schema
from specc.language.syntax import parse, plain_value, read
from specc.zoo import zoo

GOOD = """
specc: 1
inputs: {image: [8, 8, 1]}
layers:
  - conv2d: {filters: 8, kernel_size: 3, kernel_initializer: he_normal}
    name: features
  - flatten
heads: {logits: {dense: 10}}
"""


@cache
def validator() -> Any:
    return Draft202012Validator(editor_schema())


def errors(text: str) -> list[str]:
    return [error.message for error in validator().iter_errors(plain_value(parse(Source("my.yaml", text))))]


@pytest.mark.parametrize("name", sorted(zoo()))
def test_admits_the_zoo(name: str) -> None:
    document = plain_value(parse(read(zoo()[name])))
    assert [error.message for error in validator().iter_errors(document)] == []


def test_admits_shorthands_and_expressions() -> None:
    assert errors(GOOD) == []
    assert errors(GOOD.replace("filters: 8", "filters: =2 * 4")) == []
    assert errors(GOOD.replace("- flatten", "- layers: [flatten]\n    when: =true")) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("conv2d:", "convd2d:"),
        ("filters: 8", "fitlers: 8"),
        ("filters: 8", "filters: eight"),
        ("name: features", "nmae: features"),
        ("- flatten", "- flaten"),
        ("layers:", "layer:"),
        ("heads:", "head:"),
        ("specc: 1", "specc: 2"),
        ("he_normal", "he_norml"),
    ],
)
def test_flags_mistakes(right: str, wrong: str) -> None:
    assert errors(GOOD.replace(right, wrong))


def test_opens_steps_where_a_document_has_words_of_its_own() -> None:
    own = GOOD.replace("- flatten", "- squash") + "blocks: {squash: {layers: [flatten]}}\n"
    assert errors(own) == []
    assert errors(GOOD.replace("- flatten", "- squash") + "extends: resnet50\n") == []


def test_describes_every_argument_for_the_hover() -> None:
    for name, schema in editor_schema()["$defs"].items():
        if name.startswith(("word_", "arguments_")):
            assert schema["description"], name
        assert all(argument["description"] for argument in schema.get("properties", {}).values()), name
