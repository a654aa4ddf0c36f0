"""`specc schema`: the JSON Schema that editors use."""

from __future__ import annotations

import click


@click.command("schema", short_help="Print the JSON Schema for editors.")
def command() -> None:
    """Prints the JSON Schema that gives editors completion, hover texts and warnings.

    A first line of `# yaml-language-server: $schema=PATH` in a spec makes editors use it.
    """
    import json

    from specc.language.editor_schema import editor_schema

    click.echo(json.dumps(editor_schema(), indent=1, ensure_ascii=False))
