"""`specc summary`: what a network costs."""

from __future__ import annotations

import json

import click

from specc.cli.options import assignments, form_option, load, spec_options


@click.command("summary", short_help="Show every node with its shape, weights and costs.")
@click.argument("spec")
@form_option("text", "json")
@click.option("--training", is_flag=True, help="The graph that training runs, in place of the one that is used afterwards.")
@spec_options
def command(spec: str, form: str, training: bool, params: tuple[str, ...], settings: tuple[str, ...]) -> None:
    """Shows every node of a network: output shape, weights, multiply-adds, memory; totals by block.

    TensorFlow is not needed. Multiply-adds and memory are for one example.
    """
    from specc import report

    graph = load(spec, assignments(params, settings)).graph(training=training)
    click.echo(report.as_text(graph) if form == "text" else json.dumps(report.as_json(graph), indent=2))
