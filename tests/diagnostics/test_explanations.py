"""The pages of `specc explain CODE`: every code has one, and every example says to the letter what `specc check` prints."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from specc.language import check
from specc.render import render_text

PACKAGE = Path(__file__).parents[2] / "specc"
PAGES = PACKAGE / "explanations"
BLOCK = re.compile(r"^```(yaml|text|console)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"\"([EW]\d{4})\"")

# What no spec alone can show: these are told when data are read, a run is made or a model is loaded.
WITHOUT_EXAMPLE = {"E0009", "E0507", "E0508", "E0509", "E0510", "E0511", "E0512", "E0601", "E0602", "E0701", "E0702", "E0703", "E0704", "E0705"}


@dataclass
class Example:
    """A spec with the files beside it, and what checking it must print; nothing where it must be clean."""

    code: str
    files: dict[str, str]
    arguments: list[str] = field(default_factory=list)
    output: str = ""


def codes_in_source() -> set[str]:
    return {code for path in PACKAGE.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}


def examples_of(page: Path) -> list[Example]:
    found: list[Example] = []
    beside: dict[str, str] = {}
    for kind, name, body in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind == "yaml" and name:
            beside[name] = body
        elif kind == "yaml":
            found.append(Example(page.stem, {**beside, "my.yaml": body}))
            beside = {}
        elif kind == "console":
            command, _, found[-1].output = body.partition("\n")
            found[-1].arguments = shlex.split(command)[4:]
        else:
            found[-1].output = body
    return found


EXAMPLES = [(f"{page.stem}-{number}", each) for page in sorted(PAGES.glob("*.md")) for number, each in enumerate(examples_of(page))]


@pytest.mark.parametrize("example", [each for _, each in EXAMPLES], ids=[name for name, _ in EXAMPLES])
def test_an_example_says_what_check_prints(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in example.files.items():
        Path(name).write_text(text, encoding="utf-8")
    assignments = list(zip(example.arguments[::2], example.arguments[1::2], strict=True))
    found = check(Path("my.yaml"), assignments)
    assert render_text(found) == example.output.removesuffix("\n")
    assert not found or example.code in {diagnostic.code for diagnostic in found}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == codes_in_source()


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_has_its_headline_a_text_and_an_example(page: Path) -> None:
    headline, text = page.read_text(encoding="utf-8").split("\n", 1)
    assert re.fullmatch(rf"# {page.stem}: [^.]+", headline)
    assert len(text.split("```")[0].strip()) > 20
    faulty = [each for each in examples_of(page) if each.output]
    assert bool(faulty) != (page.stem in WITHOUT_EXAMPLE)


def test_codes_are_strings_of_their_own() -> None:
    """A code that is put together from parts would escape these tests."""
    for path in PACKAGE.rglob("*.py"):
        assert not re.search(r"[\"']E0[\"']|f\"E0", path.read_text(encoding="utf-8")), path
