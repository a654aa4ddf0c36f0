"""`specc check`: diagnoses specs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from specc.cli.options import Assignments, assignments, load, spec_options
from specc.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from specc.language.spec import Spec


@click.command("check", short_help="Diagnose specs.")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True, help="Form of the output.")
@spec_options
def command(specs: tuple[str, ...], form: str, params: tuple[str, ...], settings: tuple[str, ...]) -> int:
    """Says what is wrong in specs, and where. TensorFlow is not needed.

    Exits with 0 where all are right, 1 where one is faulty.
    """
    given = assignments(params, settings)
    found: dict[Diagnostic, None] = {}
    fine: list[str] = []
    for reference in specs:
        spec, diagnostics = diagnose(reference, given)
        found.update(dict.fromkeys(diagnostics))
        if spec is not None:
            fine.append(_praise(reference, spec))
    _print(list(found), fine, form)
    return int(any(diagnostic.severity == "error" for diagnostic in found))


def diagnose(reference: str, given: Assignments) -> tuple[Spec | None, list[Diagnostic]]:
    """Everything that is wrong with a spec, both graphs considered; and the spec, where nothing is."""
    try:
        spec = load(reference, given)
    except SpecError as wrong:
        return None, list(wrong.diagnostics)
    found = dict.fromkeys(spec.diagnostics)
    failed = False
    for training in (False, True) if spec.uses_training else (False,):
        try:
            spec.graph(training=training)
        except SpecError as wrong:
            found.update(dict.fromkeys(wrong.diagnostics))
            failed = True
    return None if failed else spec, list(found)


def _praise(reference: str, spec: Spec) -> str:
    from specc.render import visible
    from specc.report import brief

    return f"{visible(reference)}: no errors; {brief(spec.graph())}"


def _print(found: list[Diagnostic], fine: list[str], form: str) -> None:
    from specc import render
    from specc.cli.terminal import wants_colour

    if form == "json":
        click.echo(render.render_json(found))
    elif form == "github":
        if found:
            click.echo(render.render_github(found))
    else:
        text = render.render_text(found, colour=wants_colour(sys.stdout))
        click.echo("\n".join([*([text, ""] if text and fine else [text] if text else []), *fine]))
