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

Parameters and multiply-adds are counted by specc for one example; what stands under `published` is others', and each figure leads to
its source. Accuracies are per cent of ImageNet's validation images, if no other data set is named, as the source says to have reached
them: they depend on how a network is trained, and on how it is asked.

All classifiers have the params `classes`, `size` and `channels` for other classes and images, and `include_top` for what stands before
the classifier. With `small` (or by themselves, where they are for such images) they take images of 32x32.

Where `keras.applications` has a network, the two are equal to the weight: `model.set_weights(theirs.get_weights())` and
`model.load_weights("theirs.weights.h5")` work, and give its logits (`classifier_activation=None` leaves its softmax out). Images are
prepared as its `preprocess_input` does. ResNet-18, ResNet-34 and ViT-B/16 give torchvision's logits with torchvision's weights."""

BEGIN, END = "<!-- zoo -->", "<!-- /zoo -->"


@dataclass(frozen=True)
class Picture:
    """A step of a spec that shows what its family is about; the whole network without a path."""

    spec: str
    path: str | None = None
    depth: int | None = None

    @property
    def title(self) -> str:
        return self.spec if self.path is None else f"{self.spec}, {self.path}"

    @property
    def file(self) -> str:
        return f"{self.spec if self.path is None else self.spec + '-' + self.path.replace('/', '-')}.svg"


# The first of a family stands in the README too.
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
    "U-Net": (Picture("unet", "down/0", 2), Picture("unet", None, 1)),
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
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(BEGIN) > readme.index(END):
        raise ValueError(f"the table stands between one {BEGIN} and one {END}")
    before, after = readme[: readme.index(BEGIN)], readme[readme.index(END) :]
    return f"{before}{BEGIN}\n{_overview()}\n{after}"


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
    pictures = [f"![{picture.title}](zoo/{picture.file})" for picture in PICTURES.get(family, ())]
    return "\n\n".join([f"## {family}", _table(specs), "\n".join(summaries), *pictures])


def _table(specs: Sequence[Spec]) -> str:
    head = [
        "Spec",
        "Year",
        "Parameters",
        "Multiply-adds",
        *(f"published: {name}" for name in ("parameters", "multiply-adds", "top-1", "top-5")),
    ]
    return _rows([head, ["---"] * len(head), *map(_row, specs)])


def _row(spec: Spec) -> list[str]:
    graph, path = spec.graph(), zoo()[spec.name]
    return [
        f"[`{spec.name}`](../specs/{path.parent.name}/{path.name})",
        str(spec.published.year),
        f"{graph.parameters:,}",
        count(graph.macs),
        *(_published(spec, figure) for figure in ("parameters", "macs", "top_1", "top_5")),
    ]


def _published(spec: Spec, figure: str) -> str:
    """A figure as each of its sources has it, with what has to be known about it."""
    return ", ".join(_with_source(each, figure) + (f" ({each.note})" if each.note else "") for each in spec.published.stated(figure))


def _with_source(figures: Figures, figure: str) -> str:
    """A figure that leads to its source."""
    value = getattr(figures, figure)
    if not figure.startswith("top"):
        return f"[{count(value)}]({figures.source})"
    return f"[{value:.1f}{'' if figures.data == 'ImageNet' else f' on {figures.data}'}]({figures.source})"


def _rows(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


# The README


def _overview() -> str:
    head = ["Family", "Year", "Specs", "Parameters", "Multiply-adds", "Published top-1"]
    rows = [_overview_row(family, specs) for family, specs in families().items()]
    pictures = [_thumbnail(family, pictures[0]) for family in families() if (pictures := PICTURES.get(family))]
    return "\n\n".join(
        [_rows([head, ["---"] * len(head), *rows]), "What they are made of, as `specc graph` draws it:", "\n".join(pictures)]
    )


def _thumbnail(family: str, picture: Picture) -> str:
    image = f'<img src="docs/zoo/{picture.file}" alt="{picture.title}" height="260">'
    return f'<a href="docs/zoo.md#{anchor(family)}">{image}</a>'


def _overview_row(family: str, specs: Sequence[Spec]) -> list[str]:
    years = sorted({spec.published.year or 0 for spec in specs})
    graphs = [spec.graph() for spec in specs]
    names = [f"[`{spec.name}`](specs/{zoo()[spec.name].parent.name}/{spec.name}.yaml)" for spec in specs]
    return [
        f"[{family}](docs/zoo.md#{anchor(family)})",
        _span([str(year) for year in dict.fromkeys((years[0], years[-1]))]),
        ", ".join(names),
        _counts(graph.parameters for graph in graphs),
        _counts(graph.macs for graph in graphs if graph.macs is not None),
        _accuracies(specs),
    ]


def _counts(numbers: Iterator[int]) -> str:
    sizes = sorted(numbers)
    return _span(list(dict.fromkeys((count(sizes[0]), count(sizes[-1]))))) if sizes else "?"


def _accuracies(specs: Sequence[Spec]) -> str:
    """The lowest and the highest on ImageNet, each a link to its source."""
    stated = [each for spec in specs for each in spec.published.stated("top_1") if each.data == "ImageNet"]
    stated.sort(key=lambda each: each.top_1 or 0)
    several = len({each.top_1 for each in stated}) > 1
    return _span([_with_source(each, "top_1") for each in ([stated[0], stated[-1]] if several else stated[:1])])


def _span(ends: Sequence[str]) -> str:
    return " to ".join(ends)
