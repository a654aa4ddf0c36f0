"""`specc probe`: what the representation that a run has learned is worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli.options import Refusal, form_option, quiet_tensorflow

if TYPE_CHECKING:
    from specc.probing import Probed


@click.command("probe", short_help="Measure what a learned representation is worth.")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "-e",
    "--evaluation",
    "evaluations",
    multiple=True,
    metavar="WORD",
    help="Which; again for more.  [default: the spec's]",
)
@form_option("text", "json")
def command(run: Path, evaluations: tuple[str, ...], form: str) -> None:
    """Measures the features that RUN, the folder of a trained spec, makes of labelled examples.

    Those of the training data's source are the ones that are learned from, those of `data.test` (or `validation` without views) the
    ones that are measured on. Everything goes to RUN/probes, in place of what was there: the numbers, a map of the features, and a
    run for each probe that learns.
    """
    if not run.exists():
        raise Refusal(f"{run}: no such run")
    quiet_tensorflow()
    from specc import probing

    def told(name: str, value: float) -> None:
        if form == "text":
            click.echo(f"{name}  {value:.4f}")

    found = probing.probe(run, evaluations or None, told=told)
    click.echo(_as_json(found) if form == "json" else f"on {found.examples:,} examples\n{found.picture}")


def _as_json(found: Probed) -> str:
    return json.dumps({"metrics": found.metrics, "examples": found.examples, "picture": str(found.picture)}, indent=2)
