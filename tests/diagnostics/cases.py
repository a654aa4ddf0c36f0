"""Documents of faulty specs with what is told about them: the pages of `specc explain`, and the sections beside this file.

A document has fenced blocks: `yaml NAME` and `python NAME` are files, `yaml` is the file `my.yaml`, `python` a script that
ends in a SpecError; `console` is a command with what it prints, `text` what `specc check my.yaml`, or the script, prints.
Files stand until the next case begins.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from specc.diagnostics import Diagnostic, SpecError
from specc.language import check
from specc.render import render_github, render_json, render_text

PACKAGE = Path(__file__).parents[2] / "specc"
UPDATE = "SPECC_UPDATE"  # set in the environment, documents are given what is printed now, for a person to judge
PART = re.compile(r"^## ([EW]\d{4}): [^\n]*$|^```(yaml|python|text|console)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"\"([EW]\d{4})\"")
TOLD = re.compile(r"^(?:error|warning)\[([EW]\d{4})\]", re.MULTILINE)
RENDERED = {"text": render_text, "json": render_json, "github": render_github}


@dataclass
class Case:
    """Files, what is done with them, and what that must print; nothing where all is well."""

    code: str
    files: dict[str, str] = field(default_factory=dict)
    script: str = ""
    command: str = "specc check my.yaml"
    output: str = ""
    place: tuple[int, int] | None = None  # of the output in its document

    def run(self) -> tuple[set[str], str]:
        """Runs the case in the working directory: the codes that are told, and all that is printed."""
        for name, text in self.files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        if self.script:
            found = _told_by(self.script)
            return {diagnostic.code for diagnostic in found}, render_text(found)
        _, verb, reference, *options = shlex.split(self.command)
        given = list(zip(options[::2], options[1::2], strict=False))
        if verb != "check" or not {option for option, _ in given} <= {"--param", "--set", "--format"}:
            return _printed_by(shlex.split(self.command)[1:])
        found = check(Path(reference), [pair for pair in given if pair[0] != "--format"])
        form = next((value for option, value in given if option == "--format"), "text")
        return {diagnostic.code for diagnostic in found}, RENDERED[form](found)


def _printed_by(arguments: list[str]) -> tuple[set[str], str]:
    """What a command prints, in a process of its own, where it may load what it likes."""
    environment = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", UPDATE)}
    done = subprocess.run(
        [sys.executable, "-m", "specc", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    return set(TOLD.findall(done.stdout)), done.stdout.removesuffix("\n")


def _told_by(script: str) -> tuple[Diagnostic, ...]:
    try:
        exec(compile(script, "script.py", "exec"), {"__name__": "__main__"})
    except SpecError as error:
        return error.diagnostics
    return ()


def cases_of(document: Path) -> list[Case]:
    """The cases of a document, in order. A page of `explain` is about one code, other documents have a section for each."""
    return list(_cases(document.read_text(encoding="utf-8"), document.stem))


def _cases(text: str, code: str) -> Iterator[Case]:
    case = Case(code)
    for part in PART.finditer(text):
        section, kind, name, body = part.groups()
        if section:
            code = section
            case = Case(code)
        elif kind == "yaml":
            if "my.yaml" in case.files and not name:  # the one before is right, and nothing is printed
                yield case
                case = Case(code)
            case.files[name or "my.yaml"] = body
        elif kind == "python":
            if name:
                case.files[name] = body
            else:
                case.script = body
        else:
            if kind == "console":
                command, _, body = body.partition("\n")
                case.command = command.removeprefix("$ ")
            case.output = body.removesuffix("\n")
            case.place = (part.end() - 3 - len(body), part.end() - 3)
            yield case
            case = Case(code)
    if case.files:
        yield case


def hold(document: Path, number: int) -> None:
    """Runs a case and compares what is printed with the document; updates the document where that is asked for."""
    case = cases_of(document)[number]
    found, printed = case.run()
    if os.environ.get(UPDATE) and case.place is not None and printed != case.output:
        text = document.read_text(encoding="utf-8")
        document.write_text(text[: case.place[0]] + printed + "\n" + text[case.place[1] :], encoding="utf-8")
    else:
        assert printed == case.output
    assert not case.output or case.code in found


def sections_of(document: Path) -> list[str]:
    """The codes that have a section, as often as they have one."""
    return [part[1] for part in PART.finditer(document.read_text(encoding="utf-8")) if part[1]]


def codes_in_source() -> set[str]:
    return {code for path in PACKAGE.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}
