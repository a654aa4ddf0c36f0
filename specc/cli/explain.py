"""`specc explain`: the page about a word, a spec, or a diagnostic's code."""

from __future__ import annotations

import shutil

import click

from specc.cli.options import Refusal, plugin_option


@click.command("explain", short_help="Tell all about a layer, block, loss, spec or error code.")
@click.argument("name")
@plugin_option
def command(name: str) -> None:
    """Tells what NAME means: a layer, block, head, loss, optimizer, spec, or the code of a diagnostic such as E0312."""
    from specc.reference import explain

    width = min(max(shutil.get_terminal_size((100, 24)).columns, 60), 120)
    text = explain(name, width)
    if text is None:
        raise Refusal(_unknown(name))
    click.echo(text)


def _unknown(name: str) -> str:
    from specc.reference import names
    from specc.registry.entry import nearest
    from specc.render import visible

    close = nearest(name.lower(), names())
    hint = f"did you mean `{close}`?" if close else "`specc list` says what there is"
    return f"{visible(name)}: nothing is known by that name; {hint}"
