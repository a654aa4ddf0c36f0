"""`specc evaluate`: how good a trained model is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli.options import Refusal, assignments, form_option, load, quiet_tensorflow, spec_options

if TYPE_CHECKING:
    from specc.evaluation import Evaluation


@click.command("evaluate", short_help="Measure a trained model on held-out data.")
@click.argument("model", type=click.Path(path_type=Path), metavar="RUN|MODEL")
@click.option("--spec", metavar="SPEC", help="The spec that says data and losses; a run has its own.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Where pictures go.  [default: the run's folder]")
@form_option("text", "json")
@spec_options
def command(model: Path, spec: str | None, output: Path | None, form: str, params: tuple[str, ...], settings: tuple[str, ...]) -> None:
    """Measures RUN, the folder of a trained spec, or MODEL, a .keras file, on the held-out data of its spec.

    A run that has classes gets a picture of its confusion matrix.
    """
    if not model.exists():
        raise Refusal(f"{model}: no such run or model")
    given = assignments(params, settings)
    if given and spec is None:
        raise click.UsageError("--param and --set go with --spec")
    loaded = None if spec is None else load(spec, given)
    quiet_tensorflow()
    from specc import evaluation

    found = evaluation.evaluate(model, spec=loaded, directory=output)
    click.echo(_as_json(found) if form == "json" else _as_text(found))


def _as_text(found: Evaluation) -> str:
    rows = [(name, f"{value:.4f}") for name, value in found.metrics.items()]
    width = max((len(name) for name, _ in rows), default=0)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    return "\n".join([*lines, f"on {found.examples:,} examples", *(str(path) for path in found.pictures)])


def _as_json(found: Evaluation) -> str:
    confusion = None if found.confusion is None else found.confusion.tolist()
    pictures = [str(path) for path in found.pictures]
    values = {"metrics": found.metrics, "examples": found.examples, "classes": found.classes, "confusion": confusion, "pictures": pictures}
    return json.dumps(values, indent=2)
