"""`specc graph`: the architecture as a drawing."""

from __future__ import annotations

from pathlib import Path

import click

from specc.cli.options import assignments, load, only_option, spec_options, step_of, writable


@click.command("graph", short_help="Draw the architecture as SVG.")
@click.argument("spec")
@click.option("-o", "--output", metavar="FILE", help="The file to write; - prints it.  [default: the spec's name, .svg]")
@click.option(
    "--depth", type=click.IntRange(min=1), metavar="N", help="Levels of boxes to show; the lowest are folded.  [default: as fit a page]"
)
@click.option("--training", is_flag=True, help="The graph that training runs, in place of the one that is used afterwards.")
@only_option
@spec_options
def command(
    spec: str,
    output: str | None,
    depth: int | None,
    training: bool,
    only: str | None,
    params: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Draws a network: blocks as boxes, shapes on the edges, the iterations of a repeat that are alike as one.

    Rest the pointer on a box to see its path, arguments and costs. TensorFlow is not needed.
    """
    loaded = load(spec, assignments(params, settings))
    graph = step_of(loaded, only, training)
    out = None if output == "-" else writable(Path(output or f"{loaded.name}.svg"))
    from specc.drawing import draw

    drawing = draw(graph, depth, summary=loaded.summary if only is None else "")
    if out is None:
        click.echo(drawing, nl=False)
        return
    from specc.cli.build import aside

    with aside(out) as partial:
        partial.write_text(drawing, encoding="utf-8")
    count = len(graph.nodes)
    click.echo(f"{out}: {count:,} node{'' if count == 1 else 's'} drawn")
