"""The language's manual: every rule has an example that is right and one that is not, and both say what really happens.

`python tests/language/test_language_page.py` writes the page again with what happens now, to be read before it is kept.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from doctest import DocTestParser
from pathlib import Path
from typing import Any

import pytest

from specc import language
from specc.cli import main
from specc.graph import Argument, Graph, Layer, Node, Tensor
from specc.language import expand, expressions, schema, scope, syntax, vocabulary
from specc.registry.data.pipeline import Data, NamedField, Objects, Pipeline, View
from specc.registry.experiment import Train
from specc.render import render_text

PAGE = Path(__file__).parents[2] / "docs" / "language.md"

CHAPTER = re.compile(r"^## (\d+) (.+)$", re.MULTILINE)
RULE = re.compile(r'^### (\d+)\.(\d+) (.+) <a id="([a-z0-9-]+)"></a>$', re.MULTILINE)
FENCE = re.compile(r"^```(yaml|text|console|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.yaml)\n")


@dataclass
class Rule:
    """A rule with its fenced blocks: (kind, text) in order."""

    number: tuple[int, int]
    title: str
    anchor: str
    body: str
    blocks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def results(self) -> list[str]:
        return [text for kind, text in self.blocks if kind != "yaml"]


def rules_of(page: str) -> list[Rule]:
    """The rules of the page. What stands between a chapter's heading and its first rule belongs to none."""
    found = []
    for part in re.split(r"^(?=##)", page, flags=re.MULTILINE):
        head = RULE.match(part)
        if head is not None:
            chapter, number, title, anchor = head.groups()
            found.append(Rule((int(chapter), int(number)), title, anchor, part, FENCE.findall(part)))
    return found


# Running an example


def completed(text: str) -> str:
    """A spec with what the page leaves out of its examples, below it, so that lines keep their numbers."""
    has = set(re.findall(r"^(\w+):", text, flags=re.MULTILINE))
    text += "" if "specc" in has else "specc: 1\n"
    return text + ("" if has & {"inputs", "extends"} else "inputs: {image: [8, 8, 3]}\n")


def produced(blocks: list[tuple[str, str]]) -> Iterator[str]:
    """What really happens, for every block of a rule that says what happens. Runs in an empty directory."""
    written: list[str] = []
    for kind, text in blocks:
        if kind == "yaml":
            name = FILE.match(text)
            written.append(name.group(1) if name is not None else "my.yaml")
            Path(written[-1]).write_text(completed(text), encoding="utf-8")
        elif kind == "text":
            yield checked(Path(written[-1]))
        elif kind == "console":
            yield commanded(text.partition("\n")[0])
        else:
            yield interpreted(text)


def checked(path: Path) -> str:
    """The diagnostics of a spec, and if none is an error its graph."""
    found = language.check(path)
    said = [render_text(found)] if found else []
    if not any(diagnostic.severity == "error" for diagnostic in found):
        spec = language.load(path)
        said += [as_text(spec)]
    return "\n\n".join(said) + "\n"


def commanded(line: str) -> str:
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        main(shlex.split(line)[2:])
    return f"{line}\n{output.getvalue()}"


def interpreted(text: str) -> str:
    """An interactive session, its answers those of now. The inside of a traceback is left out, as doctest does."""
    names: dict[str, Any] = {}
    said = ""
    for example in DocTestParser().get_examples(text):
        output = io.StringIO()
        with redirect_stdout(output):
            try:
                exec(compile(example.source, "<page>", "single"), names)
            except Exception as error:
                output.write("Traceback (most recent call last):\n  ...\n" + traceback.format_exception_only(error)[-1])
        first, *rest = example.source.splitlines()
        said += "\n".join([f">>> {first}", *(f"... {line}" for line in rest)]) + "\n" + output.getvalue()
    return said


# A graph in few words


def as_text(spec: language.Spec) -> str:
    """One line for each step that is there; both graphs, where they differ."""
    written = re.findall(r"^inputs:", spec.document.source.text, flags=re.MULTILINE)
    implied = spec.document.source.text.endswith("\ninputs: {image: [8, 8, 3]}\n")
    shown = bool(written) and not implied
    headed = bool(spec.document.heads)
    inference = graph_text(spec.graph(), shown, headed)
    if not spec.uses_training:
        return inference
    training = graph_text(spec.graph(training=True), shown, headed)
    return f"inference:\n{inference}\n\ntraining:\n{training}"


def graph_text(graph: Graph, inputs: bool, heads: bool) -> str:
    rows = [(name, "input", str(tensor.spec), "") for name, tensor in graph.inputs.items() if inputs]
    made: set[Layer] = set()
    for node in graph.nodes:
        rows.append((node.path, call_text(node), ", ".join(map(str, node.outputs)), weights_text(node, made)))
        made.add(node.layer)
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = [f"{path:<{widths[0]}} = {call:<{widths[1]}}  {shape:<{widths[2]}}  {weights}".rstrip() for path, call, shape, weights in rows]
    named = [name if source_text(value) == name else f"{name} = {source_text(value)}" for name, value in graph.outputs.items()]
    if heads:
        lines.append(f"outputs: {', '.join(named)}")
    elif not graph.nodes or source_text(graph.outputs["output"]) != graph.nodes[-1].path:
        lines.append(f"output: {source_text(graph.outputs['output'])}")
    return "\n".join(lines)


def call_text(node: Node) -> str:
    plain = len(node.arguments) == 1
    given = [source_text(value) if plain else f"{name}={source_text(value)}" for name, value in node.arguments.items()]
    given += [f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in node.options.items()]
    return f"{node.layer.word}({', '.join(given)})"


def source_text(value: Argument) -> str:
    if not isinstance(value, Tensor):
        return f"[{', '.join(map(source_text, value))}]"
    if value.node is None:
        return value.name
    return f"{value.node.path}[{value.index}]" if len(value.node.outputs) > 1 else value.node.path


def weights_text(node: Node, made: set[Layer]) -> str:
    layer = node.layer
    if not layer.weights:
        return ""
    shown = f"{layer.parameters:,} weights" if layer not in made else f"weights of {layer.path}"
    return shown + ("" if layer.trainable else ", frozen")


# The tests


TEXT = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
RULES = rules_of(TEXT)


@pytest.mark.parametrize("rule", RULES, ids=[rule.anchor for rule in RULES])
def test_a_rule_has_both_examples_and_they_say_what_happens(rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert list(produced(rule.blocks)) == rule.results
    wrong = [result for result in rule.results if "error[" in result or "SpecError" in result]
    assert wrong, "a rule shows what is refused"
    assert len(wrong) < len(rule.results), "a rule shows what is right"


def test_rules_are_numbered_and_can_be_linked_to() -> None:
    chapters = [int(number) for number, _ in CHAPTER.findall(TEXT)]
    assert chapters == list(range(1, len(chapters) + 1))
    numbers = [rule.number for rule in RULES]
    assert numbers == [(chapter, count) for chapter in chapters for count in range(1, 1 + sum(number[0] == chapter for number in numbers))]
    anchors = [rule.anchor for rule in RULES]
    assert len(set(anchors)) == len(anchors)
    assert TEXT.count("\n### ") == len(RULES), "every heading of the third level is a rule"
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", TEXT)) <= {
        *anchors,
        *map(slug, re.findall(r"^## (.+)$", TEXT, re.MULTILINE)),
    }


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_a_rule_says_something_before_it_shows_it() -> None:
    for rule in RULES:
        assert re.match(r"### .+\n\n[A-Z`*-]", rule.body), f"{rule.anchor}: a sentence comes first"


def known_words() -> dict[str, set[str]]:
    """What the code knows of the language, by kind."""
    checker = schema.document_schema(vocabulary.Vocabulary(), (), (), {})
    properties = checker["properties"]
    experiments = {kind.__name__: set(kind.parameters) for kind in (Data, Train, Pipeline, NamedField, View, Objects)}
    return {
        "sections": set(properties),
        "keys of an input": set(properties["inputs"]["additionalProperties"]["properties"]),
        "keys of a block": set(properties["blocks"]["additionalProperties"]["properties"]),
        "keys of expect": set(schema.EXPECTATIONS) | {"training"},
        "keywords of a param": set(vocabulary.FRAGMENT_KEYS),
        "types of a param": set(vocabulary.TYPES),
        "types of numbers": set(schema.DTYPES),
        "modifiers": set(vocabulary.MODIFIERS),
        "structures": set(vocabulary.STRUCTURES),
        "reserved names": set(vocabulary.RESERVED),
        "functions": set(expressions.FUNCTIONS),
        "constants": set(expressions.CONSTANTS),
        "operators": {symbol for symbol, _ in [*expressions.BINARY.values(), *expressions.COMPARE.values(), *expressions.UNARY.values()]},
        "members of a tensor": set(scope.TENSOR_MEMBERS),
        "limits": {f"{number:,}" for number in LIMITS},
        **{f"keys of {section}": names for section, names in experiments.items()},
    }


LIMITS = {
    value for module in (syntax, expand, expressions) for name, value in vars(module).items() if name.startswith("MAX_") and value != 2**63
}


@pytest.mark.parametrize("kind", sorted(known_words()))
def test_every_word_stands_in_the_text_of_a_rule(kind: str) -> None:
    prose = "\n".join(FENCE.sub("", rule.body) for rule in RULES)
    spans = " ".join(re.findall(r"`([^`]+)`", prose))
    missing = {word for word in known_words()[kind] if not re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", spans)}
    assert not missing, f"{kind} without a rule"


def numbered(page: str) -> str:
    chapter = count = 0
    lines = page.split("\n")
    for position, line in enumerate(lines):
        if head := CHAPTER.match(line):
            chapter, count = int(head[1]), 0
        elif head := RULE.match(line):
            count += 1
            lines[position] = f'### {chapter}.{count} {head[3]} <a id="{head[4]}"></a>'
    return "\n".join(lines)


def update() -> None:
    """Writes the page again: rules numbered in their order, and what happens now."""
    page = numbered(PAGE.read_text(encoding="utf-8"))
    os.environ.pop("FORCE_COLOR", None)
    for rule in rules_of(page):
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            answers = produced(rule.blocks)
            body = FENCE.sub(lambda block: block.group() if block[1] == "yaml" else f"```{block[1]}\n{next(answers)}```", rule.body)  # noqa: B023
        page = page.replace(rule.body, body)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    update()
