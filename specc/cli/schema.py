"""`specc schema`: the JSON Schema that editors use."""

from __future__ import annotations

import click

from specc.cli.options import plugin_option, vocabulary


@click.command("schema", short_help="Print the JSON Schema for editors.")
@click.argument("spec", required=False)
@plugin_option
def command(spec: str | None) -> None:
    """Prints the JSON Schema that gives editors completion, hover texts and warnings.

    Without SPEC it is the one for all specs. A first line of `# yaml-language-server: $schema=PATH` in a spec makes
    editors use it. Where a document has `blocks` of its own, or `extends` another, it takes any word for a step.

    With SPEC it is made for that document: it knows its blocks and those of its bases, and refuses every other word.
    SPEC need not be free of errors.
    """
    import json

    from specc.language.editor_schema import document_editor_schema, editor_schema

    schema = editor_schema() if spec is None else document_editor_schema(vocabulary(spec))
    click.echo(json.dumps(schema, indent=1, ensure_ascii=False))
