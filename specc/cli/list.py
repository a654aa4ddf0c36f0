"""`specc list`: the words of the language and the specs of the zoo."""

from __future__ import annotations

import json

import click

from specc.cli.options import form_option, plugin_option

# What the sections of a spec are called holds words of these kinds.
SECTIONS = {"objective": ("objectives", "losses"), "objectives": ("objectives", "losses"), "data": ("sources", "transforms")}


@click.command("list", short_help="List layers, blocks, losses, optimizers, specs, ...")
@click.argument("kind", required=False)
@form_option("text", "json")
@plugin_option
def command(kind: str | None, form: str) -> None:
    """Lists everything of a KIND with a line about each; without a KIND, says which there are.

    specc explain NAME tells more.
    """
    from specc.reference import kinds

    listed = kinds()
    if kind is None:
        found = {name: f"{len(read())}" for name, read in listed.items()}
    else:
        found = {name: text for meant in _meant(kind, list(listed)) for name, text in listed[meant]().items()}
    if form == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif found:
        click.echo(_columns(found))


def _meant(kind: str, kinds: list[str]) -> tuple[str, ...]:
    """The kinds that are named, perhaps in the singular or by a section of the spec; raises UsageError where there are none."""
    if kind in SECTIONS:
        return SECTIONS[kind]
    if kind in kinds:
        return (kind,)
    import difflib

    from specc.registry.entry import plural
    from specc.render import visible

    if plural(kind) in kinds:
        return (plural(kind),)
    close = difflib.get_close_matches(kind, kinds, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(kinds)}"
    raise click.UsageError(f"nothing is called `{visible(kind)}` to be listed; {hint}")


def _columns(found: dict[str, str]) -> str:
    width = max((len(name) for name in found), default=0)
    return "\n".join(f"{name:<{width}}  {text}".rstrip() for name, text in found.items())
