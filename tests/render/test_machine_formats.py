"""The JSON and GitHub forms of diagnostics."""

import json

from specc.diagnostics import Diagnostic, Note, Source, Span
from specc.render import render_github, render_json

SPEC = Source("a, b%.yaml", "layers:\n  - convv2d: 3\n")
PLACE = Span(SPEC, 2, 5, 2, 12)


def test_json_has_every_field() -> None:
    diagnostic = Diagnostic("E0201", "no layer", PLACE, "here", "do", (Note("used at", PLACE), Note("plain")))
    place = {"file": "a, b%.yaml", "line": 2, "column": 5, "end_line": 2, "end_column": 12}
    assert json.loads(render_json([diagnostic])) == {
        "version": 1,
        "errors": 1,
        "warnings": 0,
        "diagnostics": [
            {
                "code": "E0201",
                "severity": "error",
                "message": "no layer",
                "label": "here",
                "help": "do",
                "span": place,
                "notes": [{"message": "used at", "span": place}, {"message": "plain", "span": None}],
            }
        ],
    }


def test_json_of_nothing() -> None:
    assert json.loads(render_json([])) == {"version": 1, "errors": 0, "warnings": 0, "diagnostics": []}


def test_github_escapes_what_its_commands_are_made_of() -> None:
    diagnostic = Diagnostic("E0201", "100%: no\nlayer", PLACE, help="do, it")
    assert render_github([diagnostic]) == (
        "::error file=a%2C b%25.yaml,line=2,endLine=2,col=5,endColumn=11,title=E0201::100%25: no%0Alayer%0Ahelp: do, it"
    )


def test_github_warnings_and_no_place() -> None:
    assert render_github([Diagnostic("W0001", "odd", severity="warning")]) == "::warning title=W0001::odd"
    assert render_github([]) == ""


def test_a_spec_cannot_inject_a_command() -> None:
    rendered = render_github([Diagnostic("E0201", "x\r\n::error::owned", PLACE)])
    assert len(rendered.splitlines()) == 1
