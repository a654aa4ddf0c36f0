"""Tables as text."""

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources.classes import count_of
from specc.registry.data.sources.images import COLOR_MODE, ColorMode, CountOrNames, image_field
from specc.registry.data.sources.source import Source
from specc.registry.entry import declare, param
from specc.registry.types import Names


@declare(
    "source",
    "csv",
    target="specc.data.sources.tables.csv",
    examples=[
        {"path": "birds.csv", "image": "file_name", "label": "species", "root": "photographs"},
        {"path": "iris.csv", "label": "species"},
        {"path": "houses.csv", "features": ["area", "rooms"], "target": "price", "delimiter": ";"},
        {"path": "reviews.csv", "text": "review", "label": "verdict", "classes": ["bad", "good"]},
    ],
)
class Csv(Source):
    """A table as text, an example in each row. What the columns are is said by name; a column without a name is left out.

    Fields: image (height, width, channels), from 0 to 1; features (columns,) of floats; text; label; target, a number, or
    (columns,) of them. Those whose columns are named, and without `features`, `image` and `text` all other columns as features.
    Reference: https://www.rfc-editor.org/rfc/rfc4180
    """

    path: str = param("The file, in UTF-8. Its first row has the names of the columns.")
    image: str | None = param("The column with paths of images: JPEG, PNG, BMP or GIF.", default=None)
    features: Names = param("Columns of numbers that are one vector, in this order.", default=[])
    text: str | None = param("The column with texts.", default=None)
    label: str | None = param("The column with classes: texts, or whole numbers from 0, which stay as they are.", default=None)
    target: Names = param("Columns of numbers that are to be predicted.", default=[])
    classes: CountOrNames = param(
        "The names of the classes, in the order of their numbers, or how many there are; none: labels that are texts are numbered in "
        "alphabetical order. Where a file has not all of the classes, name them.",
        default=None,
    )
    root: str | None = param("The folder that paths of images start from; none: that of the file.", default=None)
    color_mode: ColorMode = COLOR_MODE
    columns: list[str] = param("The names of the columns, where the first row is an example already.", default=[])
    delimiter: str = param("The character between columns.", default=",", pattern=r'^[^"\r\n]$')

    def fields(self) -> dict[str, Field] | None:
        features = self.features if self.features or self.image or self.text else self.others(self.columns)
        if not features and not self.image and not self.text:
            return None
        named = {
            "image": image_field(self.color_mode) if self.image else None,
            "features": Field(TensorSpec((None, len(features)))) if features else None,
            "text": Field(TensorSpec((None,), "string")) if self.text else None,
            "label": Field(TensorSpec((None,), "int32"), count_of(self.classes)) if self.label else None,
            "target": Field(TensorSpec((None, len(self.target)) if len(self.target) > 1 else (None,))) if self.target else None,
        }
        return {name: field for name, field in named.items() if field is not None}

    def others(self, columns: list[str]) -> list[str]:
        """The columns that have a name, and that nothing else is said of."""
        return [name for name in columns if name and name not in (self.image, self.text, self.label, *self.target)]
