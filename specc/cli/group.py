"""The group of verbs. A verb's file is imported when the verb is used."""

from __future__ import annotations

import importlib
from typing import Any

import click

from specc.version import __version__

# In the order of a spec's life, which is the order of `specc --help`.
VERBS = ("new", "check", "summary", "graph", "build", "data", "train", "runs", "evaluate", "probe", "predict", "list", "explain", "schema")


class Verbs(click.Group):
    """Finds the command of a verb in the file of the same name."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command = importlib.import_module(f"specc.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, context: click.Context, arguments: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        word = arguments[0]
        if word not in VERBS and not word.startswith("-"):
            raise click.UsageError(_unknown(word), context)
        return super().resolve_command(context, arguments)


def _unknown(word: str) -> str:
    """Says what was probably meant: another verb, or a verb before a spec."""
    import difflib

    from specc.render import visible

    if word.endswith((".yaml", ".yml")):
        return f"`{visible(word)}` is no command; to check the spec say `specc check {visible(word)}`"
    close = difflib.get_close_matches(word, VERBS, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(VERBS)}"
    return f"no command `{visible(word)}`; {hint}"


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="specc %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
def verbs(**_: Any) -> None:
    """Compiles YAML model specs to Keras models.

    SPEC is a file, the name of a spec in the zoo (specc list specs), or - for standard input.
    """
