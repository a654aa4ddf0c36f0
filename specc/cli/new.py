"""`specc new`: a spec to start from."""

from __future__ import annotations

import re
from pathlib import Path

import click

from specc.cli.options import Refusal, writable

NAME = re.compile(r"[a-z][a-z0-9_]*")


@click.command("new", short_help="Write a spec to start from.")
@click.argument("name")
def command(name: str) -> None:
    """Writes NAME.yaml: a commented spec that checks clean and learns to read digits."""
    from specc.render import visible

    path = Path(name if name.endswith(".yaml") else f"{name}.yaml")
    if not NAME.fullmatch(path.stem):
        raise Refusal(f"{visible(path.stem)}: a name has small letters, digits and underscores, and begins with a letter")
    writable(path)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(path.stem))
    except FileExistsError:
        raise Refusal(f"{path}: exists already") from None
    click.echo(f"{path}: written; next: specc check {path}, then specc train {path}")


def starter(name: str) -> str:
    """The text of a new spec."""
    from specc.zoo import schema_path

    text = Path(__file__).with_name("starter.yaml").read_text(encoding="utf-8")
    return text.replace("@NAME@", name).replace("@SCHEMA@", str(schema_path()))
