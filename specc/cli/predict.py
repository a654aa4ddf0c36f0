"""`specc predict`: a trained model on image files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specc.cli.options import Refusal, form_option, plugin_option, quiet_tensorflow, writable

if TYPE_CHECKING:
    from specc.evaluation import Prediction


@click.command("predict", short_help="Run a trained model on images.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="INPUT...")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PICTURE", help="Draw the images with their answers.")
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, help="How many classes are told.")
@form_option("text", "json")
@plugin_option
def command(model: Path, images: tuple[Path, ...], output: Path | None, top: int, form: str) -> None:
    """Runs MODEL, a run's folder or a .keras file, on image files and tells the likeliest classes of each."""
    for path in (model, *images):
        if not path.exists():
            raise Refusal(f"{path}: no such file")
    if output is not None:
        writable(output)
    quiet_tensorflow()
    from specc import evaluation

    found = evaluation.predict(model, images, picture=output, top=top)
    click.echo(_as_json(found) if form == "json" else "\n".join(_line(prediction) for prediction in found))


def _line(prediction: Prediction) -> str:
    """`seven.png: 7 (98.2%), 1 (1.1%)`."""
    answers = zip(prediction.classes, prediction.probabilities, strict=True)
    return f"{prediction.path}: " + ", ".join(f"{name} ({probability:.1%})" for name, probability in answers)


def _as_json(found: tuple[Prediction, ...]) -> str:
    values = [{"path": str(each.path), "classes": each.classes, "probabilities": each.probabilities} for each in found]
    return json.dumps(values, indent=2)
