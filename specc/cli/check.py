"""`specc check`: diagnoses specs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from specc.cli.options import assignments, diagnose, form_option, spec_options, specs_named
from specc.diagnostics import Diagnostic
from specc.render import visible


@click.command("check", short_help="Diagnose specs.")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@form_option("text", "json", "github")
@click.option("--strict", is_flag=True, help="Let warnings fail the command, too.")
@spec_options
def command(specs: tuple[str, ...], form: str, strict: bool, params: tuple[str, ...], settings: tuple[str, ...]) -> int:
    """Says what is wrong in specs, and where. TensorFlow is not needed.

    A folder stands for every spec below it. Exits with 0 where all are right, 1 where one is faulty.
    """
    given = assignments(params, settings)
    references, folders = specs_named(specs)
    found: dict[Diagnostic, None] = {}
    fine: list[str] = []
    for reference in references:
        with _without_collector():
            diagnostics = diagnose(reference, given)
        found.update(dict.fromkeys(diagnostics))
        if not any(strict or diagnostic.severity == "error" for diagnostic in diagnostics):
            fine.append(f"{visible(reference)}: no errors")
    faulty = len(references) - len(fine)
    if folders:
        told = f"{faulty} faulty" if faulty else "no errors"
        fine.append(f"{len(references)} spec{'s' * (len(references) != 1)}: {told}")
    _print(list(found), fine, form)
    return int(faulty > 0)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nodes live to the end: looking for cycles among them took half the time of a spec of 10,000 steps."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _print(found: list[Diagnostic], fine: list[str], form: str) -> None:
    from specc import render
    from specc.cli.terminal import wants_colour

    if form == "json":
        print(render.render_json(found))
    elif form == "github":
        if found:
            print(render.render_github(found))
    else:
        text = render.render_text(found, colour=wants_colour(sys.stdout))
        # Not click.echo, which takes colours out again where they are forced upon a pipe.
        print("\n".join([*([text, ""] if text and fine else [text] if text else []), *fine]))
