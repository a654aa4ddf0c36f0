"""`specc train`: learning, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import click

from specc.cli.options import assignments, load, quiet_tensorflow, spec_options

STRATEGIES = ("auto", "one", "mirrored")  # specc.training.distribution.NAMES, which would import TensorFlow


@click.command("train", short_help="Train a spec.")
@click.argument("spec")
@click.option("-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="The run's folder.  [default: a new one in runs/]")
@click.option(
    "--strategy", type=click.Choice(STRATEGIES), default="auto", show_default=True, help="Which devices work together: one, or all."
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
@spec_options
def command(spec: str, output: Path | None, strategy: str, quiet: bool, params: tuple[str, ...], settings: tuple[str, ...]) -> None:
    """Trains a spec and keeps metrics, curves, model and the resolved spec in a folder, whose path is printed last.

    Ctrl-C ends after saving what was learned.
    """
    loaded = load(spec, assignments(params, settings))
    from specc.language.pending import require_trained

    # What is wrong there is told before TensorFlow is loaded.
    require_trained(loaded.document, [loaded.graph(training=True), loaded.graph()])
    quiet_tensorflow()
    from specc.training import run as training

    run = training.train(loaded, directory=output, strategy=strategy, progress=not quiet)
    if run.status == "diverged":
        click.echo(
            "the loss is no number any more, so the run ended: try a smaller learning rate, or `clipnorm` of the optimizer", err=True
        )
    click.echo(str(run.path))
