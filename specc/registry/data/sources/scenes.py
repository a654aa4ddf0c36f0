"""Scenes that are composed, not stored."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources.source import Source
from specc.registry.entry import declare, param
from specc.registry.types import Size2D


@declare(
    "source",
    "digit_scenes",
    target="specc.data.sources.scenes.digit_scenes",
    examples=[
        {"count": 8},
        {"count": 4, "size": [48, 64], "objects": [0, 6], "digit_size": [0.25, 0.4], "max_overlap": 0.0, "clutter": 5, "color": False},
    ],
)
class DigitScenes(Source):
    """Handwritten digits strewn on a canvas: for detection, segmentation and captions. Composed from scikit-learn's scans when read.

    A scene is a function of seed, split and its number; nothing is stored. The splits use different scans. Objects come in the
    order in which they are laid down: a later one may cover a part of an earlier one. Each digit tries places at random, and is
    left out where none is free. Where fewer than the fewest `objects` find a place, the scene is laid anew with smaller digits,
    at last with the smallest, upright, in the cells of a grid. Where the grid has too few cells, there is an error.

    A caption tells the digits from left to right, by the centres of their boxes, and where each is seen from the one before,
    along the axis on which they are further apart: "a three", "a three left of a seven", "a three left of a seven, and a one
    below the seven, and an eight right of the one"; without digits "nothing".

    Fields: image (height, width, 3), or 1 channel without colour, from 0 to 1; boxes (objects, 4), left, top, right, bottom in
    pixels, tight around what is seen; labels (objects,), 0 to 9; masks (objects, height, width), what is seen of each;
    mask (height, width), 0 the background, a digit's class one more than the digit; caption
    Reference: Alpaydin and Kaynak, Optical recognition of handwritten digits, 1998, https://doi.org/10.24432/C50P49
    """

    split: Literal["train", "validation", "test"] = param(
        "Which scans are used: 3/5, 1/5 and 1/5 of them, stratified. The test scans are those of `digits`.", default="train"
    )
    count: int = param("Number of scenes.", default=2000, minimum=1)
    size: Size2D = param("The canvas in pixels, one int or [height, width].", default=96)
    objects: list[int] = param("Fewest and most digits of a scene.", default=[1, 4], min_items=2, max_items=2)
    digit_size: list[float] = param(
        "Smallest and largest height of a digit, as a share of the canvas's shorter side.", default=[0.2, 0.4], min_items=2, max_items=2
    )
    max_overlap: float = param(
        "Largest share of a digit, both of its ink and of its box, that later ones may cover; 0 keeps boxes apart.",
        default=0.2,
        minimum=0,
        below=1,
    )
    clutter: int = param("Number of fragments of digits on the background, which are no objects.", default=0, minimum=0)
    color: bool = param("Whether ink and paper are coloured, light or dark; else the ink is dark grey, the paper white.", default=True)
    seed: int = param("Where the scenes start from. The same scans are used with every seed.", default=0, minimum=0, maximum=2**31 - 1)

    def fields(self) -> dict[str, Field]:
        height, width = (self.size, self.size) if isinstance(self.size, int) else self.size
        return {
            "image": Field(TensorSpec((None, height, width, 3 if self.color else 1)), kind="image"),
            "boxes": Field(TensorSpec((None, None, 4)), kind="boxes"),
            "labels": Field(TensorSpec((None, None), "int32"), 10, "object"),
            "masks": Field(TensorSpec((None, None, height, width), "uint8"), kind="masks"),
            "mask": Field(TensorSpec((None, height, width), "int32"), 11, "mask"),
            "caption": Field(TensorSpec((None,), "string")),
        }
