"""Data that come with a library: no download, no files."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources.source import Source
from specc.registry.entry import declare, param


@declare("source", "digits", target="specc.data.sources.embedded.digits", examples=[{}, {"split": "test", "fraction": 0.5}])
class Digits(Source):
    """Handwritten digits: 1,797 scans of 8x8 pixels, in ten classes. They come with scikit-learn.

    Fields: image (8, 8, 1), 0 the paper and 1 the ink; label, 0 to 9
    Reference: Alpaydin and Kaynak, Optical recognition of handwritten digits, 1998, https://doi.org/10.24432/C50P49
    """

    split: Literal["train", "test", "all"] = param(
        "Which part. The parts are stratified: each has all classes in equal shares.", default="train"
    )
    fraction: float = param("Share of the test part.", default=0.2, above=0, below=1)
    seed: int = param("Which examples go to which part; the same for both.", default=0, minimum=0)
    classes: list[int] = param("The digits that are kept; labels number them in this order. Without any, all.", default=[])
    per_class: int | None = param("Examples of each class, where labels are to be few; none: all.", default=None, minimum=1)

    def fields(self) -> dict[str, Field]:
        label = Field(TensorSpec((None,), "int32"), classes=len(self.classes) or 10)
        return {"image": Field(TensorSpec((None, 8, 8, 1)), kind="image"), "label": label}
