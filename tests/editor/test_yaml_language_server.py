"""Completion, hover texts and errors, as an editor shows them: from the generated schema, by yaml-language-server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specc.cli.new import starter
from specc.diagnostics import Source
from specc.language.editor_schema import document_editor_schema, editor_schema
from specc.language.resolve import vocabulary_of
from tests.editor.language_server import LanguageServer, Unavailable

ROOT = Path(__file__).parents[2]
HEAD = "specc: 1\ninputs: {image: [8, 8, 1]}\n"
PLUGIN, OBJECTIVE = ROOT / "examples" / "plugin", ROOT / "examples" / "objective"  # specs with words of their own
MODELINE = "# yaml-language-server: $schema="


def serve(schema: dict[str, Any], folder: Path) -> Iterator[LanguageServer]:
    path = folder / "spec.schema.json"
    path.write_text(json.dumps(schema), encoding="utf-8")
    try:
        with LanguageServer(path) as server:
            yield server
    except Unavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    yield from serve(editor_schema(), tmp_path_factory.mktemp("editor"))


# Completion: `|` is the cursor


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("layers:\n  - |\n", ["conv2d", "flatten", "residual", "classification", "parallel", "name", "from"]),
        ("layers:\n  - con|\n", ["conv2d", "concatenate"]),
        ("layers:\n  - dense: 10\n    |\n", ["name", "from", "when", "repeat"]),
        ("layers:\n  - skip:\n      - |\n", ["conv2d", "layer_normalization"]),
        ("layers:\n  - parallel:\n      branches:\n        left:\n          - |\n", ["conv2d", "flatten"]),
        ("layers:\n  - parallel:\n      branches:\n        left: f|\n", ["flatten"]),
        ("layers:\n  - parallel:\n      |\n", ["merge", "branches"]),
        ("layers:\n  - parallel:\n      merge: |\n", ["add", "concatenate"]),
        ("blocks:\n  mine:\n    |\n", ["params", "layers", "outputs"]),
        ("blocks:\n  mine:\n    layers:\n      - |\n", ["conv2d", "flatten"]),
        ("heads:\n  logits:\n    |\n", ["classification", "dense"]),
        ("heads:\n  logits:\n    classification:\n      |\n", ["classes", "dropout"]),
        ("layers:\n  - conv2d:\n      |\n", ["filters", "kernel_size", "padding", "kernel_initializer"]),
        ("layers:\n  - conv2d: {filters: 8, k|}\n", ["kernel_size", "kernel_initializer"]),
        ("layers:\n  - conv2d: {padding: |}\n", ["valid", "same"]),
        ("layers:\n  - conv2d: {kernel_initializer: |}\n", ["he_normal", "zeros"]),
        ("layers:\n  - activation: |\n", ["relu", "gelu"]),
        ("train:\n  |\n", ["objective", "optimizer", "epochs"]),
        ("train:\n  optimizer: |\n", ["adam", "sgd"]),
        ("train:\n  optimizer:\n    |\n", ["adam", "sgd"]),
        ("train:\n  optimizer:\n    adam:\n      |\n", ["learning_rate", "beta_1"]),
        ("train:\n  objective: |\n", ["softmax_cross_entropy"]),
        ("train:\n  losses:\n    logits: |\n", ["softmax_cross_entropy"]),
        ("data:\n  train:\n    |\n", ["source", "transforms"]),
        ("data:\n  train:\n    source: |\n", ["digits", "tfds"]),
        ("data:\n  train:\n    transforms:\n      - |\n", ["resize", "random_flip"]),
        ("defaults:\n  |\n", ["conv2d", "dense"]),
        ("expect:\n  |\n", ["parameters", "macs"]),
        ("|\n", ["layers", "heads", "train", "extends"]),
    ],
)
def test_completion(server: LanguageServer, text: str, proposed: list[str]) -> None:
    found = server.completions(HEAD + text)
    assert set(proposed) <= set(found)


def test_arguments_are_proposed_with_their_descriptions_and_defaults(server: LanguageServer) -> None:
    found = server.completions(HEAD + "layers:\n  - conv2d:\n      |\n")
    assert found["filters"] == "Number of output channels."
    assert found["padding"].endswith("Default: `valid`.")
    inserted = server.insertions(HEAD + "layers:\n  - conv2d:\n      |\n")
    assert inserted["padding"] == "padding: ${1:valid}"
    assert inserted["use_bias"] == "use_bias: ${1:true}"
    assert inserted["conv2d"] == "filters: $1\nkernel_size: $2"  # all that it needs, in one go


def test_a_proposed_layer_is_one_that_can_be_inserted(server: LanguageServer) -> None:
    inserted = server.insertions(HEAD + "layers:\n  - f|\n")
    assert inserted["flatten"].strip() == "flatten:"
    assert inserted["conv2d"].strip() == "conv2d:"
    inserted = server.insertions(HEAD + "data:\n  train:\n    transforms:\n      - r|\n")
    assert inserted["random_flip"].strip() == "random_flip:"


# Hover


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("layers:\n  - con|v2d: {filters: 3, kernel_size: 3}\n", ["conv2d", "2\\-D convolution", "Output shape"]),
        ("layers:\n  - flat|ten\n", ["All values of an example in one row"]),
        ("layers:\n  - den|se: 10\n", ["Every output a weighted sum", "The value is \\`units\\`: Number of outputs"]),
        ("layers:\n  - conv2d: {fil|ters: 3, kernel_size: 3}\n", ["Number of output channels"]),
        ("layers:\n  - conv2d: {filters: 3, kernel_size: 3, pad|ding: same}\n", ["Default: \\`valid\\`", "* `same`"]),
        ("layers:\n  - flatten:\n    wh|en: true\n", ["Whether the step is there"]),
        ("layers:\n  - para|llel: {branches: {left: flatten}}\n", ["Branches from the current tensor"]),
        ("heads: {logits: {classi|fication: {classes: 10}}}\n", ["Global average pooling and a linear layer"]),
        ("train: {opti|mizer: {sgd: {momentum: 0.9}}}\n", ["What turns gradients into steps", "Default: \\`adamw\\`"]),
        ("train: {optimizer: {s|gd: {momentum: 0.9}}}\n", ["Gradient descent"]),
        ("train: {optimizer: {sgd: {mom|entum: 0.9}}}\n", ["Share of the last step that is kept", "Default: \\`0\\.0\\`"]),
        ("data: {tr|ain: {source: digits}}\n", ["What the model learns from"]),
        ("data: {train: {source: dig|its}}\n", ["Handwritten digits"]),
        ("lay|ers: [flatten]\n", ["The steps of the network"]),
    ],
)
def test_hover(server: LanguageServer, text: str, shown: list[str]) -> None:
    found = server.hover(HEAD + text)
    assert all(part in found for part in shown), found
    assert " || " not in found
    assert len(found) < 1000


# Errors


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("layers:\n  - flatten\n  - covn2d: {filters: 3, kernel_size: 3}\n  - flatten\n", 5, "covn2d is not allowed"),
        ("layers:\n  - flatten\n  - flaten\n  - flatten\n", 5, "No layer, block or head has this name"),
        ("layers:\n  - flatten\n  - dense\n", 5, "cannot stand without arguments"),
        ("layers:\n  - conv2d:\n      filters: 3\n      kernel_size: 3\n      paddin: same\n", 7, "paddin is not allowed"),
        ("layers:\n  - conv2d: {filters: 3}\n", 4, 'Missing property "kernel_size"'),
        ("layers:\n  - dense: ten\n", 4, 'Expected "dense | null | integer"'),
        ("layers:\n  - conv2d: {filters: 3, kernel_size: 3, padding: smae}\n", 4, '"valid", "same"'),
        ("layers:\n  - dense: {units: 3, kernel_initializer: he_nrmal}\n", 4, "No initializer has this name"),
        ("layers:\n  - flatten:\n    nmae: row\n", 5, "nmae is not allowed"),
        ("layers:\n  - parallel:\n      branches:\n        left:\n          - dens: 3\n", 7, "dens is not allowed"),
        ("layers:\n  - parallel:\n      merge: ad\n      branches: {left: flatten}\n", 5, "No way to merge has this name"),
        ("heads:\n  logits: {clasification: {classes: 10}}\n", 4, "clasification is not allowed"),
        ("train:\n  epochs: 3\n  optimizer: {admw: {learning_rate: 1}}\n", 5, "admw is not allowed"),
        ("train:\n  objective: softmax_cross_entrop\n", 4, "No objective has this name"),
        ("train:\n  eposch: 3\n", 4, "eposch is not allowed"),
        ("data:\n  train: {source: digts}\n", 4, "No source has this name"),
        ("layrs: [flatten]\n", 3, "layrs is not allowed"),
        ("blocks:\n  mine: {summary: Has no steps}\n", 4, 'Missing property "layers"'),
    ],
)
def test_a_mistake_is_flagged_on_its_line(server: LanguageServer, text: str, line: int, said: str) -> None:
    found = server.errors(HEAD + text)
    assert [number for number, _ in found if number != line] == []
    assert any(said in message for _, message in found), found


def test_every_spec_is_free_of_errors(server: LanguageServer) -> None:
    paths = [path for folder in ("specs", "examples") for path in sorted((ROOT / folder).rglob("*.yaml"))]
    texts = {str(path): path.read_text(encoding="utf-8") for path in paths if path.parent not in (PLUGIN, OBJECTIVE)}
    texts["specc new"] = starter("mine")
    # A document's own line about its schema comes first, and that file may be older than the registry.
    found = server.errors_of([text.replace(MODELINE, "# ") for text in texts.values()])
    assert {name: errors for name, errors in zip(texts, found, strict=True) if errors} == {}


EXPRESSIONS = """
params: {width: 8, wide: true}
layers:
  - conv2d: {filters: =width * 2, kernel_size: [=width // 4, 3], padding: "='same' if wide else 'valid'", use_bias: =not wide}
    when: =wide
    repeat: =width
    trainable: =wide
  - dense: =width
  - dropout: =0.5 if training else 0.1
  - layer_normalization
heads:
  logits: {classification: {classes: =width}}
"""

PATCH = """
specc: 1
extends: cnn_digits
inputs: {image: {dtype: float16}}
params: {filters: 16}
blocks: {conv_bn: {summary: Another}, other: null}
heads: {logits: null}
layers: [conv_bn: 8, whatever]
data: {train: {transforms: [random_crop: {size: 8}]}, test: null}
train: {optimizer: null, epochs: null}
"""


def test_expressions_and_patches_are_no_errors(server: LanguageServer) -> None:
    assert server.errors_of([HEAD + EXPRESSIONS, PATCH]) == [[], []]


# The schema of one document

OWN = """
specc: 1
inputs: {image: [8, 8, 1]}
blocks:
  squash:
    summary: Makes it flat
    params: {units: {type: integer, description: How wide it gets.}, rate: 0.5}
    layers: [flatten, dense: =units, dropout: =rate]
layers:
  - squash: {units: 8}
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    yield from serve(document_editor_schema(vocabulary_of(Source("my.yaml", OWN), None)), tmp_path_factory.mktemp("own"))


def test_the_schema_of_a_document_knows_its_blocks(own: LanguageServer) -> None:
    assert own.errors(OWN) == []
    assert own.completions(OWN + "  - |\n")["squash"] == "Makes it flat"
    assert own.completions(OWN + "  - squash:\n      |\n")["rate"] == "Default: `0.5`."
    assert "How wide it gets" in own.hover(OWN.replace("{units: 8}", "{un|its: 8}"))
    assert own.errors(OWN.replace("- squash", "- squish")) == [(10, "Property squish is not allowed.")]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    command = [sys.executable, "-m", "specc", "schema", "--plugin", "digit_words.py", "gated_digits.yaml"]
    printed = subprocess.run(command, capture_output=True, text=True, cwd=PLUGIN, timeout=60, check=True).stdout
    yield from serve(json.loads(printed), tmp_path_factory.mktemp("plugin"))


def test_the_schema_of_a_document_knows_the_words_of_plugins(plugin: LanguageServer) -> None:
    text = (PLUGIN / "gated_digits.yaml").read_text(encoding="utf-8")
    assert plugin.errors(text) == []
    before, _, after = text.partition("squeeze_excitation: {ratio: 8}")
    assert "Channels weighed by gates" in plugin.hover(f"{before}squeeze|_excitation: {{ratio: 8}}{after}")
    line = before.count("\n") + 1
    assert plugin.errors(f"{before}squeeze_excitatoin: {{ratio: 8}}{after}") == [(line, "Property squeeze_excitatoin is not allowed.")]
