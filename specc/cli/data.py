"""`specc data`: what a model is about to learn from, looked at before it learns."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specc.cli.options import Refusal, assignments, form_option, load, quiet_tensorflow, spec_options, writable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from specc.data.inspection import ChannelStatistics, FieldValues, Inspection, Overview
    from specc.data.inspection.statistics import ClassCounts
    from specc.language.spec import Spec

PARTS = ("train", "validation", "test")
FORMATS = (".png", ".jpg", ".svg", ".pdf")
BAR = 24  # characters of the longest bar
LISTED = 30  # classes up to which all are listed
FEWEST = 8  # of more classes, those with fewest that are listed
LEAST_WIDTH = 100  # where no terminal tells another


@click.group("data", short_help="Look at the data before training.")
def command() -> None:
    """Shows what a network is going to learn from."""


@command.command("show", short_help="Draw examples, count classes, find mistakes.")
@click.argument("spec")
@click.option("--part", type=click.Choice(PARTS), default="train", show_default=True, help="Which part of the data.")
@click.option("-o", "--output", metavar="PICTURE", help="The file to write, .png, .jpg, .svg or .pdf.  [default: NAME_PART.png]")
@click.option("--count", type=click.IntRange(1, 400), default=24, show_default=True, help="Examples in the picture.")
@click.option("--epoch", type=click.IntRange(0), default=0, show_default=True, help="Whose order and augmentation they have.")
@click.option("--no-augment", is_flag=True, help="Leave random transforms out.")
@click.option("--limit", type=click.IntRange(1), default=2000, show_default=True, help="Examples that are looked at.")
@form_option("text", "json")
@click.option("--strict", is_flag=True, help="Let what looks wrong fail the command.")
@spec_options
def show(
    spec: str,
    part: str,
    output: str | None,
    count: int,
    epoch: int,
    no_augment: bool,
    limit: int,
    form: str,
    strict: bool,
    params: tuple[str, ...],
    settings: tuple[str, ...],
) -> int:
    """Draws examples as the network gets them, after all transforms, and tells what the data are like and what looks wrong.

    Up to --limit examples are looked at: as they are stored for classes, objects, sizes and what looks wrong, as the network gets
    them for the values of fields. Identical images are looked for within the part, and between the training data and the others.
    What training would refuse, since the network does not fit the data, is among what looks wrong. Exits with 1 for it by --strict.
    """
    loaded = load(spec, assignments(params, settings))
    out = _picture(output or f"{loaded.name}_{part}.png")
    _require(loaded, part)
    quiet_tensorflow()
    from specc.data.inspection import draw_sheet, overview

    found = overview(loaded, part, count=count, epoch=epoch, augment=not no_augment, limit=limit, watch=_watched("looking at examples"))
    shown = len(found.sample.examples)
    augmented = ", without random transforms" if no_augment else f", epoch {epoch}"
    draw_sheet(found.sample, out, f"{loaded.name}, {part}: {shown:,} of {_number(found.stored.examples, 'example')}{augmented}")
    if form == "json":
        click.echo(json.dumps(_as_values(loaded.name, found, out), indent=2))
    else:
        print(_as_text(loaded.name, found))  # not click.echo, which takes colours away that FORCE_COLOR asks for
        click.echo(f"{out}: {_number(shown, 'example')} as the network gets them{augmented}")
    return int(strict and bool(found.stored.findings))


@command.command("stats", short_help="Mean and standard deviation, for `normalize`.")
@click.argument("spec")
@click.option("--limit", type=click.IntRange(1), default=100_000, show_default=True, help="Images that are looked at.")
@form_option("text", "json")
@spec_options
def stats(spec: str, limit: int, form: str, params: tuple[str, ...], settings: tuple[str, ...]) -> None:
    """Prints mean and standard deviation of every channel of the training images, as `normalize` takes them.

    Images are those that `normalize` meets: after fixed transforms, as a change of size, but without random ones.
    """
    loaded = load(spec, assignments(params, settings))
    _require(loaded, "train")
    quiet_tensorflow()
    from specc.data.inspection import as_normalize, channels_of

    found = channels_of(loaded, limit, _watched("reading images"))
    if form == "json":
        click.echo(json.dumps([{**dataclasses.asdict(each), "normalize": as_normalize(each)} for each in found], indent=2))
    else:
        click.echo("\n".join(line for each in found for line in (*(f"# {said}" for said in _basis(each)), as_normalize(each))))


def _require(spec: Spec, part: str) -> None:
    """Raises SpecError for a part that is not there, before TensorFlow is loaded."""
    from specc.language.parts import pipeline_of

    pipeline_of(spec, part)


def _picture(name: str) -> Path:
    """The file of the picture. Raises Refusal where it cannot be one."""
    out = Path(name)
    if out.suffix not in FORMATS:
        raise Refusal(f"{out}: a picture ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return writable(out)


def _watched(what: str) -> Callable[[Iterable[Any], int], Iterable[Any]]:
    """Shows on a terminal how far something is."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)

    def watch(items: Iterable[Any], total: int) -> Iterable[Any]:
        return track(items, what, total=total, console=console, transient=True, disable=not console.is_terminal)

    return watch


def _basis(found: ChannelStatistics) -> list[str]:
    """`1,437 images, 91,968 pixels, from 0 to 1`, and the first images that cannot be read, each with the reason."""
    left_out = f"; {found.unreadable:,} could not be read" if found.unreadable else ""
    field = "" if found.field == "image" else f"{found.field}: "
    whole = "" if found.is_whole else f" of {found.examples:,}"
    numbers = f"{found.images:,}{whole} image{'' if found.images == 1 and found.is_whole else 's'}, {_number(found.pixels, 'pixel')}"
    flat = " and ".join(map(str, found.flat))
    warning = f"; channel {flat} is the same everywhere, and is divided by 1" if flat else ""
    faults = [_visible(fault) for fault in found.faults]
    further = found.unreadable - len(faults)
    more = [f"and {further:,} more"] if faults and further > 0 else []
    return [f"{field}{numbers}, values from {found.low:.4g} to {found.high:.4g}{left_out}{warning}", *faults, *more]


def _as_values(name: str, found: Overview, out: Path) -> dict[str, Any]:
    stored = dataclasses.asdict(found.stored)
    steps = [{"batch_size": size, "steps": steps} for size, steps in found.steps.items()]
    head = {"spec": name, "part": found.part, "picture": str(out), "epoch": found.epoch}
    head |= {"steps_per_epoch": steps, "left_out": found.left_out}
    return {**head, **stored, "fields": [dataclasses.asdict(field) for field in found.fields]}


def _as_text(name: str, found: Overview) -> str:
    console = _console()
    with console.capture() as captured:
        _print_overview(console, name, found)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _print_overview(console: Console, name: str, found: Overview) -> None:
    stored = found.stored
    steps = ", ".join(f"{_number(steps, 'step')} of {size:,}" for size, steps in found.steps.items())
    console.print(f"{name}, {found.part}: {_number(stored.examples, 'example')}, {steps} an epoch")
    for line in found.left_out:
        console.print(_visible(line), soft_wrap=True)
    console.print(_looked_at(stored))
    console.print()
    console.print(_fields(found.fields))
    for lines in (_sizes(stored), _objects(stored)):
        if lines:
            console.print("\n" + "\n".join(lines))
    for counts in stored.classes:
        console.print()
        console.print(_classes(counts, plain=console.options.ascii_only))
    console.print()
    if not stored.findings:
        console.print("nothing looks wrong")
        return
    console.print(f"{_number(len(stored.findings), 'thing')} look{'s' if len(stored.findings) == 1 else ''} wrong:")
    for finding in stored.findings:
        console.print(f"- {_visible(finding.message)}", style="yellow", soft_wrap=True)


def _console() -> Console:
    """What prints as it is told to: no markup, no colours but ours."""
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, LEAST_WIDTH)
    return console


def _looked_at(stored: Inspection) -> str:
    if stored.drawn == "all":
        return "every example was looked at"
    which = "drawn at random" if stored.drawn == "random" else "the first ones"
    return f"{stored.looked_at:,} examples were looked at, {which}; --limit looks at more"


def _fields(fields: Sequence[FieldValues]) -> Table:
    table = _table("field", "kind", "shape", "dtype", "values")
    for field in fields:
        shapes = " and ".join(f"({', '.join('?' if size is None else str(size) for size in shape)})" for shape in field.shapes)
        table.add_row(_visible(field.name), field.kind, shapes, field.dtype, _values(field))
    return table


def _values(field: FieldValues) -> str:
    broken = "" if field.is_finite else ", and no numbers"
    if field.low is None or field.high is None:
        return f"none{broken}"
    unit = " characters" if field.dtype == "string" else ""
    return f"{field.low:.4g} to {field.high:.4g}{unit}{broken}"


def _sizes(stored: Inspection) -> list[str]:
    found = []
    for sizes in stored.sizes:
        ranges = [_range(name, *each) for name, each in (("height", sizes.heights), ("width", sizes.widths))]
        found.append(f"{_visible(sizes.field)} before transforms: {', '.join(ranges)}")
    return found


def _range(name: str, least: int, median: float, most: int) -> str:
    return f"{name} {least}" if least == most else f"{name} {least} to {most}, median {median:g}"


def _objects(stored: Inspection) -> list[str]:
    if stored.objects is None:
        return []
    least, mean, most, without = dataclasses.astuple(stored.objects)
    return [
        f"objects of an example: {least} to {most}, mean {mean:.1f}" + (f"; {_number(without, 'example')} without any" if without else "")
    ]


def _classes(counts: ClassCounts, plain: bool) -> Table:
    """Counts by class; of many classes those with most and those with fewest."""
    order = list(range(len(counts.names)))
    if len(order) > LISTED:
        order.sort(key=lambda number: -counts.counts[number])
        order = [*order[: LISTED - FEWEST], -1, *order[-FEWEST:]]
    table = _table(f"class of {_visible(counts.field)}", counts.unit, "share", "", right=(1, 2))
    largest = max(counts.counts, default=0)
    for number in order:
        if number < 0:
            table.add_row(f"{len(counts.names) - LISTED:,} more", "", "", "")
            continue
        table.add_row(
            _visible(counts.names[number]),
            f"{counts.counts[number]:,}",
            f"{counts.shares[number]:.1%}",
            _bar(counts.counts[number] / max(largest, 1), plain),
        )
    if counts.without:
        table.add_row("without a class", f"{counts.without:,}", "", "")
    return table


def _bar(share: float, plain: bool) -> Any:
    """A bar, by its share of the longest one; of plain signs where a terminal has no others."""
    from rich.bar import Bar

    return "#" * round(share * BAR) if plain else Bar(1, 0, share, width=BAR, color="cyan")


def _table(*headings: str, right: Sequence[int] = ()) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place in right else "left", no_wrap=True, overflow="ellipsis")
    return table


def _visible(text: str) -> str:
    from specc.render import visible

    return visible(text)


def _number(count: int, singular: str) -> str:
    return f"{count:,} {singular}{'' if count == 1 else 's'}"
