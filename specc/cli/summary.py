"""`specc summary`: what a network costs, alone or beside another."""

from __future__ import annotations

import json

import click

from specc.cli.options import assignments, form_option, load, only_option, spec_options, step_of


@click.command("summary", short_help="Show every node with its shape, weights and costs.")
@click.argument("specs", metavar="SPEC [OTHER]", nargs=-1, required=True)
@form_option("text", "json")
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Gather what is below N names of a path; totals by block.")
@click.option("--batch", type=click.IntRange(min=1), default=1, metavar="N", help="Examples that the memory of activations is for.")
@click.option("--training", is_flag=True, help="The graph that training runs, in place of the one that is used afterwards.")
@click.option("--both", is_flag=True, help="Both graphs side by side.")
@only_option
@spec_options
def command(
    specs: tuple[str, ...],
    form: str,
    depth: int | None,
    batch: int,
    training: bool,
    both: bool,
    only: str | None,
    params: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Shows every node of a network: output shape, weights, multiply-adds, memory; totals by block.

    Of two specs, it shows the blocks and totals side by side. TensorFlow is not needed. Multiply-adds are for one
    example, and so is memory without --batch.
    """
    if len(specs) > 2:
        raise click.UsageError(f"two specs can stand side by side, but {len(specs)} are given")
    if both and (training or len(specs) > 1):
        raise click.UsageError("--both shows the two graphs of one spec; leave --training and the other spec out")
    from specc import report

    loaded = [load(spec, assignments(params, settings)) for spec in specs]
    graphs = [step_of(spec, only, training) for spec in loaded]
    names = [graph.name for graph in graphs]
    if both:
        graphs.append(step_of(loaded[0], only, training=True))
        names = ["inference", "training"]
    elif names[0] == names[-1]:
        names = list(specs)
    if form == "json":
        described = [report.as_json(graph, depth=depth or 1, batch=batch) for graph in graphs]
        click.echo(json.dumps(described[0] if len(described) == 1 else described, indent=2))
    elif len(graphs) == 2:
        click.echo(report.compared(graphs[0], graphs[1], (names[0], names[1]), depth=depth or 1, batch=batch))
    else:
        trained = None if training or only is not None else loaded[0].graph(training=True)
        click.echo(report.as_text(graphs[0], depth=depth, batch=batch, trained=trained))
