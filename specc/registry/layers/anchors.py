"""Boxes that a detector starts from: a few at each place of each map.

Boxes are [y_min, x_min, y_max, x_max] in shares of the image's height and width, as in `tf.image` and TensorFlow Datasets.
"""

from typing import Annotated

from specc.graph import TensorSpec, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_rank
from specc.registry.types import Plain

MAP = "batch, height, width, channels"
POSITIVE = {"type": "number", "exclusiveMinimum": 0}

Sizes = Annotated[
    list[list[float]],
    Plain(
        {"type": "array", "items": {"type": ["number", "array"], "exclusiveMinimum": 0, "items": POSITIVE, "minItems": 1}, "minItems": 1},
        lambda values: [[float(each) for each in (value if isinstance(value, (list, tuple)) else [value])] for value in values],
    ),
]
Ratios = Annotated[
    list[list[float]],
    Plain(
        {"type": "array", "items": {"type": "array", "items": POSITIVE}, "minItems": 1},
        lambda values: [[float(each) for each in value] for value in values],
    ),
]


RatiosOfAll = Annotated[
    list[float], Plain({"type": "array", "items": POSITIVE, "minItems": 1}, lambda values: [float(value) for value in values])
]


class Anchors(Params):
    """Boxes of given sizes and aspect ratios at every place of feature maps.

    At a place stands a box for each size and ratio, ratio by ratio: size / sqrt(ratio) high and size * sqrt(ratio) wide.

    Input shape: `features`, a list of (batch, height, width, channels), and `image`, (batch, height, width, channels)
    Output shape: (batch, boxes, 4): [y_min, x_min, y_max, x_max] in shares of the image, map by map and row by row
    Reference: Ren et al., Faster R-CNN, 2015, https://arxiv.org/abs/1506.01497
    """

    sizes: Sizes = param("For each map, one size or several: the square root of a box's area, in pixels of the image.")
    aspect_ratios: RatiosOfAll = param("Widths of boxes over their heights.", default=[0.5, 1.0, 2.0])
    offset: float = param("Where in its place a box is centred: 0 the corner, 0.5 the middle.", default=0.5, minimum=0, below=1)


class DefaultBoxes(Params):
    """SSD's boxes at every place of feature maps: scales grow evenly from map to map, aspect ratios are the map's own.

    At a place of map k stand a square of scale s_k, one of scale sqrt(s_k s_(k+1)), and for each ratio r of the map a box
    s_k / sqrt(r) high and s_k sqrt(r) wide, followed by the same lying on its side: 2 + 2 * ratios boxes.

    Input shape: a list of (batch, height, width, channels)
    Output shape: (batch, boxes, 4): [y_min, x_min, y_max, x_max] in shares of the image, map by map and row by row
    Reference: Liu et al., SSD: single shot multibox detector, 2015, https://arxiv.org/abs/1512.02325
    """

    scales: list[float] = param("Scale of each map as a share of the image, and one more behind the last.", min_items=2)
    aspect_ratios: Ratios = param("For each map, widths over heights of its boxes that are not square.")
    offset: float = param("Where in its place a box is centred: 0 the corner, 0.5 the middle.", default=0.5, minimum=0, below=1)
    clip: bool = param("Whether boxes end at the image's border.", default=False)


@layer(
    "anchors",
    keras="specc.keras_backend.layers.anchors.Anchors",
    examples=[
        example(inputs={"features": [(4, 4, 8), (2, 2, 8)], "image": (32, 32, 3)}, sizes=[8, 16]),
        example(inputs={"features": [(None, 4, 8)], "image": (32, None, 3)}, sizes=[[8, 12]], aspect_ratios=[1.0], offset=0.0),
    ],
)
def anchors(p: Anchors, features: list[TensorSpec], image: TensorSpec) -> Facts:
    require_rank("anchors", image, 4, MAP)
    _one_for_each("anchors", "sizes", len(p.sizes), len(features))
    return _boxes("anchors", features, [len(sizes) * len(p.aspect_ratios) for sizes in p.sizes])


@layer(
    "default_boxes",
    keras="specc.keras_backend.layers.default_boxes.DefaultBoxes",
    examples=[
        example([(4, 4, 8), (2, 2, 8)], scales=[0.2, 0.5, 0.9], aspect_ratios=[[2], [2, 3]]),
        example([(None, 4, 8)], scales=[0.2, 0.5], aspect_ratios=[[]], offset=0.0, clip=True),
    ],
)
def default_boxes(p: DefaultBoxes, features: list[TensorSpec]) -> Facts:
    _one_for_each("default_boxes", "aspect_ratios", len(p.aspect_ratios), len(features))
    if len(p.scales) != len(features) + 1:
        message = f"`default_boxes` takes {len(features) + 1} scales, one for each map and one more, but got {len(p.scales)}"
        raise Mismatch("E0305", message, argument="scales")
    return _boxes("default_boxes", features, [2 + 2 * len(ratios) for ratios in p.aspect_ratios])


def _one_for_each(word: str, argument: str, given: int, maps: int) -> None:
    if given != maps:
        message = f"`{argument}` of `{word}` is for {given} maps, but the layer is called with {maps}"
        raise Mismatch("E0305", message, help=f"give `{argument}` an item for each map, in their order", argument=argument)


def _boxes(word: str, features: list[TensorSpec], at_a_place: list[int]) -> Facts:
    total: int | None = 0
    for each, boxes in zip(features, at_a_place, strict=True):
        require_rank(word, each, 4, MAP)
        places = product(each.shape[1:3])
        total = None if total is None or places is None else total + places * boxes
    return Facts(TensorSpec((features[0].shape[0], total, 4)))
