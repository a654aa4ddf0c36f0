"""The page of the zoo, from what the specs say: a table of networks by family, and drawings of what each is made of.

The README has the same table, a row a family.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from specc import drawing
from specc.excerpt import excerpt
from specc.graph import Graph
from specc.language import load
from specc.language.published import Figures
from specc.language.spec import Spec
from specc.report import count
from specc.zoo import zoo

NOTE = "<!-- Made by `make reference` from the specs. Do not edit. -->"
INTRODUCTION = """\
Networks of the literature as specs. A name works wherever a file does: `specc summary resnet50`, `specc.build("resnet50")`.

Parameters and multiply-adds are counted by specc for one example; what stands behind them was published, and each figure leads to
its source. Accuracies are per cent of ImageNet's validation images for one crop, if no other data set is named. They are those of
the published weights: what a network reaches depends on how it is trained.

All have the params `classes`, `size` and `channels` for other classes and images, and `include_top` for what stands before the
classifier. With `small` (or by themselves, where they are for such images) they take images of 32x32."""

BEGIN, END = "<!-- zoo -->", "<!-- /zoo -->"


@dataclass(frozen=True)
class Picture:
    """A step of a spec that shows what its family is about; the whole network without a path."""

    spec: str
    path: str | None = None
    depth: int | None = None

    @property
    def file(self) -> str:
        return f"{'-'.join([self.spec, *(self.path or '').split('/')]).rstrip('-')}.svg"


# The first of a family stands in the README, where it is a step.
PICTURES: dict[str, tuple[Picture, ...]] = {
    "AlexNet": (Picture("alexnet"),),
    "VGG": (Picture("vgg16", "stage/2"),),
    "Inception": (
        Picture("googlenet", "inception_3a"),
        Picture("inception_naive", "first/0"),
        Picture("inception_v2", "inception_3a", 1),
        Picture("inception_v3", "inception_b/0", 1),
        Picture("inception_v3", "inception_c", 2),
    ),
    "ResNet": (Picture("resnet50", "stage/0/unit/0"), Picture("resnet18", "stage/1/unit/0"), Picture("resnet20", "stage/1/unit/0")),
    "U-Net": (Picture("unet", None, 1),),
    "Xception": (Picture("xception", "middle/0", 2), Picture("xception", "entry_2", 1)),
    "DenseNet": (Picture("densenet121", "stage/0/block"), Picture("densenet121", "stage/1/dense_transition")),
    "MobileNet": (Picture("mobilenet_v2", "stage/1/unit/1"), Picture("mobilenet", "unit/1")),
    "ViT": (Picture("vit_b16", "encoder/0"),),
}


@cache
def families() -> dict[str, list[Spec]]:
    """The zoo's published networks by family, the oldest first."""
    specs = [load(name) for name in zoo()]
    known = sorted((spec for spec in specs if spec.published.family), key=lambda spec: (spec.published.year or 0, spec.graph().parameters))
    found: dict[str, list[Spec]] = {}
    for spec in known:
        found.setdefault(spec.published.family, []).append(spec)
    return found


def zoo_page() -> str:
    """The text of `docs/zoo.md`."""
    links = " · ".join(f"[{family}](#{anchor(family)})" for family in families())
    return "\n\n".join([NOTE, "# The zoo", INTRODUCTION, links, *(_family(family, specs) for family, specs in families().items())]) + "\n"


def drawings() -> dict[str, str]:
    """The drawings of the page by the names of their files."""
    return {picture.file: _drawn(picture) for pictures in PICTURES.values() for picture in pictures}


def readme_with_table(readme: str) -> str:
    """The README with the table between its two marks made anew."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_overview()}\n{END}{after}"


def anchor(family: str) -> str:
    """What leads to a family's heading."""
    return family.lower().replace(" ", "-")


def _drawn(picture: Picture) -> str:
    graph = _graph(picture.spec)
    return drawing.draw(excerpt(graph, picture.path) if picture.path else graph, picture.depth)


@cache
def _graph(name: str) -> Graph:
    return load(name).graph()


# The page


def _family(family: str, specs: Sequence[Spec]) -> str:
    summaries = [f"- `{spec.name}`: {spec.summary} (<{spec.reference}>)" for spec in specs]
    pictures = [f"![{_alternative(picture)}](zoo/{picture.file})" for picture in PICTURES[family]]
    return "\n\n".join([f"## {family}", _table(specs), "\n".join(summaries), *pictures])


def _alternative(picture: Picture) -> str:
    return f"{picture.spec}, {picture.path}" if picture.path else picture.spec


def _table(specs: Sequence[Spec]) -> str:
    head = ["Spec", "Year", "Parameters", "published", "Multiply-adds", "published", "Top-1", "Top-5"]
    return _rows([head, ["---"] * len(head), *map(_row, specs)])


def _row(spec: Spec) -> list[str]:
    graph, path = spec.graph(), zoo()[spec.name]
    return [
        f"[`{spec.name}`](../specs/{path.parent.name}/{path.name})",
        str(spec.published.year),
        f"{graph.parameters:,}",
        _stated(spec, "parameters"),
        count(graph.macs),
        _stated(spec, "macs"),
        _stated(spec, "top_1"),
        _stated(spec, "top_5"),
    ]


def _stated(spec: Spec, figure: str) -> str:
    """What was published, each figure a link to its source."""
    return ", ".join(_linked(each, figure) for each in spec.published.stated(figure))


def _linked(figures: Figures, figure: str) -> str:
    value = getattr(figures, figure)
    if not figure.startswith("top"):
        text = count(value)
    else:
        text = f"{value:.1f}" + ("" if figures.data == "ImageNet" else f" on {figures.data}")
    return f"[{text}]({figures.source})" + (f" ({figures.note})" if figures.note and not figure.startswith("top") else "")


def _rows(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


# The README


def _overview() -> str:
    head = ["Family", "Year", "Specs", "Parameters", "Multiply-adds", "Published top-1"]
    rows = [_overview_row(family, specs) for family, specs in families().items()]
    pictures = [_thumbnail(family, PICTURES[family][0]) for family in families() if PICTURES[family][0].path]
    return "\n\n".join(
        [_rows([head, ["---"] * len(head), *rows]), "What they are made of, as `specc graph` draws it:", "\n".join(pictures)]
    )


def _thumbnail(family: str, picture: Picture) -> str:
    image = f'<img src="docs/zoo/{picture.file}" alt="{_alternative(picture)}" height="260">'
    return f'<a href="docs/zoo.md#{anchor(family)}">{image}</a>'


def _overview_row(family: str, specs: Sequence[Spec]) -> list[str]:
    years = sorted({str(spec.published.year) for spec in specs})
    graphs = [spec.graph() for spec in specs]
    names = [f"[`{spec.name}`](specs/{zoo()[spec.name].parent.name}/{spec.name}.yaml)" for spec in specs]
    return [
        f"[{family}](docs/zoo.md#{anchor(family)})",
        _span(years[:: len(years) - 1] if len(years) > 1 else years),
        ", ".join(names),
        _counts(graph.parameters for graph in graphs),
        _counts(graph.macs or 0 for graph in graphs),
        _accuracies(specs),
    ]


def _counts(numbers: Iterator[int]) -> str:
    sizes = sorted(numbers)
    return _span([count(sizes[0]), count(sizes[-1])] if sizes[0] != sizes[-1] else [count(sizes[0])])


def _accuracies(specs: Sequence[Spec]) -> str:
    """The lowest and the highest on ImageNet, each a link to its source."""
    stated = [each for spec in specs for each in spec.published.stated("top_1") if each.data == "ImageNet"]
    stated.sort(key=lambda each: each.top_1 or 0)
    several = len({each.top_1 for each in stated}) > 1
    return _span([_linked(each, "top_1") for each in ([stated[0], stated[-1]] if several else stated[:1])])


def _span(ends: Sequence[str]) -> str:
    return " to ".join(ends)
