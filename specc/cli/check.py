"""`specc check`: diagnoses specs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from specc.cli.options import assignments, diagnose, form_option, spec_options
from specc.diagnostics import Diagnostic
from specc.render import visible


@click.command("check", short_help="Diagnose specs.")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@form_option("text", "json", "github")
@spec_options
def command(specs: tuple[str, ...], form: str, params: tuple[str, ...], settings: tuple[str, ...]) -> int:
    """Says what is wrong in specs, and where. TensorFlow is not needed.

    Exits with 0 where all are right, 1 where one is faulty.
    """
    given = assignments(params, settings)
    found: dict[Diagnostic, None] = {}
    fine: list[str] = []
    for reference in specs:
        with _without_collector():
            diagnostics = diagnose(reference, given)
        found.update(dict.fromkeys(diagnostics))
        if not any(diagnostic.severity == "error" for diagnostic in diagnostics):
            fine.append(f"{visible(reference)}: no errors")
    _print(list(found), fine, form)
    return int(len(fine) < len(specs))


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
