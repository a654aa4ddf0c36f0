"""`specc runs`: what was trained, side by side."""

from __future__ import annotations

import json
from pathlib import Path

import click

from specc.cli.options import Refusal, form_option, writable


@click.command("runs", short_help="Compare runs in a table and a picture.")
@click.argument("folders", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--metric", metavar="NAME", help="The metric that is compared.  [default: val_accuracy, or what the runs have]")
@click.option("-o", "--output", metavar="FILE.png", type=click.Path(path_type=Path), help="Draw the metric's curves over one another.")
@form_option("text", "json")
def command(folders: tuple[Path, ...], metric: str | None, output: Path | None, form: str) -> None:
    """Lists runs with their best epoch, and the settings in which they differ.

    RUN is a run's folder, or one with several in it; without any, runs/. TensorFlow is not needed.
    """
    from specc import runs

    places = list(folders) or [Path("runs")]
    for place in places:
        if not place.is_dir():
            raise Refusal(f"there is no folder {place}")
    known = runs.found(places)
    if not known:
        raise Refusal(f"there are no runs in {', '.join(map(str, places))}")
    metrics = runs.metrics_of(known)
    if metric is not None and metric not in metrics:
        import difflib

        close = difflib.get_close_matches(metric, metrics, n=1)
        raise Refusal(
            f"no run has the metric `{metric}`; " + (f"did you mean `{close[0]}`?" if close else f"there are {', '.join(metrics)}")
        )
    chosen = metric or (metrics[0] if metrics else None)
    if form == "json":
        click.echo(json.dumps([_described(run, chosen) for run in known], indent=2))
    else:
        click.echo(runs.compared(known, chosen))
    if output is not None and chosen is not None:
        from specc.training.curves import draw_overlaid

        draw_overlaid({str(run.path): run.metrics for run in known}, chosen, writable(output))
        click.echo(f"{output}: {chosen} of {len(known)} run{'' if len(known) == 1 else 's'}", err=form == "json")


def _described(run: object, metric: str | None) -> dict[str, object]:
    from specc.runs import RunRecord

    assert isinstance(run, RunRecord)
    best = run.best(metric) if metric else None
    return {
        "path": str(run.path),
        "status": run.status.get("status"),
        "epochs": len(run.metrics),
        "metric": metric,
        "best": None if best is None else {"value": best[0], "epoch": best[1]},
        "seconds": run.seconds,
        "settings": dict(run.settings),
    }
