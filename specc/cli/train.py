"""`specc train`: learning, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import click

from specc.cli.options import assignments, load, quiet_tensorflow, spec_options

DIVERGED = 1
SIGNALLED = 128  # and the signal's number, as shells have it: 130 for Ctrl-C, 143 for SIGTERM

DISTRIBUTIONS = ("auto", "one_device", "mirrored", "multi_worker")  # the words of that family, which take time to import


@click.command("train", short_help="Train a spec.")
@click.argument("spec")
@click.option("-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="The run's folder.  [default: a new one in runs/]")
@click.option("--distribute", type=click.Choice(DISTRIBUTIONS), help="Which devices work together.  [default: what the spec says, or auto]")
@click.option("--resume", is_flag=True, help="Go on with the run in DIR, where one was begun. SPEC may be its folder.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@spec_options
def command(
    spec: str,
    output: Path | None,
    distribute: str | None,
    resume: bool,
    quiet: bool,
    params: tuple[str, ...],
    settings: tuple[str, ...],
) -> int:
    """Trains a spec and keeps metrics, curves, model, checkpoints and the resolved spec in a folder, whose path is printed last.

    Ctrl-C and SIGTERM end the run after saving it, with the exit codes 130 and 143; --resume goes on.

    Where the loss is no number any more, the run ends with the exit code 1, and it is said where that began.
    """
    if resume and Path(spec).is_dir():
        output, spec = output or Path(spec), str(Path(spec) / "spec.yaml")
    if resume and output is None:
        raise click.UsageError("--resume needs to know the run: name its folder in place of SPEC, or by -o")
    loaded = load(spec, assignments(params, settings))
    from specc.language.pending import require_trained

    # What is wrong there is told before TensorFlow is loaded.
    require_trained(loaded.document, [loaded.graph(training=True), loaded.graph()])
    quiet_tensorflow()
    from specc.training import run as training

    run = training.train(loaded, directory=output, strategy=distribute, progress=not quiet, resume=resume)
    if run.worker == 0:
        click.echo(str(run.path))
    if run.status == "diverged":
        click.echo(f"{run.reason}\ntry a smaller learning rate, a warm-up, or `clipnorm` of the optimizer", err=True)
        return DIVERGED
    if run.signal is None:
        return 0
    if not quiet:
        click.echo(f"interrupted; `specc train {run.path} --resume` goes on", err=True)
    return SIGNALLED + run.signal
