"""What the features of stored records are: how the bytes and numbers of each become a field."""

from collections.abc import Sequence
from typing import Annotated, Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources.classes import count_of
from specc.registry.data.sources.images import CHANNELS, COLOR_MODE, ColorMode, CountOrNames, image_field
from specc.registry.entry import Choice, declare, param
from specc.registry.shared import OwnFirst
from specc.registry.types import Plain

Sizes = Annotated[
    list[int | None],
    Plain(
        {"type": ["integer", "array"], "minimum": 1, "items": {"type": ["integer", "null"], "minimum": 1}},
        lambda value: [int(value)] if isinstance(value, (int, float)) else list(value),
    ),
]
SHAPE = "Sizes; without any, one value. The first may be null, where records differ in it."
CLASSES = param("The classes: how many, or their names; none where it is not known.", default=None)
FIRST = param("The number of the first class in the records; fields count from 0.", default=0)
BY_OBJECT = param("Whether the first axis counts the objects of the example.", default=False)


def is_image(dtype: str, sizes: Sequence[int | None]) -> bool:
    """Whether the values of an example are taken for an image: bytes (height, width), or (height, width, channels).

    Args:
        dtype: the type of a number, by its name.
        sizes: the example's shape.
    """
    return dtype == "uint8" and (len(sizes) == 2 or (len(sizes) == 3 and sizes[2] in CHANNELS.values()))


class Feature(OwnFirst):
    """Base of the features."""

    def field(self) -> Field:
        """What it gives."""
        raise NotImplementedError


class Keyed(Feature):
    """What features that have one name in the records take, after their own arguments."""

    key: str | None = param("Its name in the records; none: that of the field.", default=None)


def feature_params(feature: Choice) -> Feature:
    """The arguments of a feature."""
    assert isinstance(feature.params, Feature)
    return feature.params


@declare("feature", "image", target="specc.data.sources.features.image", examples=[{}, {"color_mode": "grayscale", "key": "image/encoded"}])
class Image(Keyed):
    """The bytes of an image file, JPEG, PNG, BMP or GIF, as floats from 0 to 1."""

    color_mode: ColorMode = COLOR_MODE

    def field(self) -> Field:
        return image_field(self.color_mode)


@declare(
    "feature", "mask", target="specc.data.sources.features.mask", examples=[{"classes": 21, "key": "image/segmentation/class/encoded"}]
)
class Mask(Keyed):
    """The bytes of a PNG, grey or with a palette, whose pixels are numbers of classes."""

    classes: CountOrNames = CLASSES

    def field(self) -> Field:
        return Field(TensorSpec((None, None, None), "int32"), count_of(self.classes), "mask")


@declare("feature", "label", target="specc.data.sources.features.label", examples=[{"classes": 10}, {"classes": ["no", "yes"], "first": 1}])
class Label(Keyed):
    """One whole number, the class of the example."""

    classes: CountOrNames = CLASSES
    first: int = FIRST

    def field(self) -> Field:
        return Field(TensorSpec((None,), "int32"), count_of(self.classes))


@declare(
    "feature",
    "labels",
    target="specc.data.sources.features.labels",
    examples=[{"classes": 80, "first": 1, "key": "image/object/class/label"}],
)
class Labels(Keyed):
    """Whole numbers, the classes of the objects of the example."""

    classes: CountOrNames = CLASSES
    first: int = FIRST

    def field(self) -> Field:
        return Field(TensorSpec((None, None), "int32"), count_of(self.classes), "object")


@declare(
    "feature",
    "boxes",
    target="specc.data.sources.features.boxes",
    examples=[{}, {"columns": ["x0", "y0", "x1", "y1"], "relative": False}],
)
class Boxes(Feature):
    """The boxes of the objects of the example: left, top, right and bottom in pixels, of which the records have a list of floats each."""

    columns: list[str] = param(
        "The names in the records of left, top, right and bottom.",
        default=["image/object/bbox/xmin", "image/object/bbox/ymin", "image/object/bbox/xmax", "image/object/bbox/ymax"],
        min_items=4,
        max_items=4,
    )
    relative: bool = param("Whether the numbers are shares of the image's width and height; else they are pixels.", default=True)
    image: str = param("The field of the image that they are shares of.", default="image")

    def field(self) -> Field:
        return Field(TensorSpec((None, None, 4)), kind="boxes")


@declare("feature", "masks", target="specc.data.sources.features.masks", examples=[{"key": "image/object/mask"}])
class Masks(Keyed):
    """A PNG for each object of the example, as large as the image, that is 0 but on the object."""

    image: str = param("The field of the image.", default="image")

    def field(self) -> Field:
        return Field(TensorSpec((None, None, None, None), "uint8"), kind="masks")


@declare(
    "feature", "float", target="specc.data.sources.features.floats", examples=[{}, {"shape": [3]}, {"shape": [None, 2], "key": "track"}]
)
class Float(Keyed):
    """Floats."""

    shape: Sizes = param(SHAPE, default=[])
    by_object: bool = BY_OBJECT

    def field(self) -> Field:
        return Field(TensorSpec((None, *self.shape)), kind="object" if self.by_object else "value")


@declare(
    "feature", "integer", target="specc.data.sources.features.integers", examples=[{}, {"shape": [None], "by_object": True, "key": "crowd"}]
)
class Integer(Keyed):
    """Whole numbers."""

    shape: Sizes = param(SHAPE, default=[])
    by_object: bool = BY_OBJECT

    def field(self) -> Field:
        return Field(TensorSpec((None, *self.shape), "int64"), kind="object" if self.by_object else "value")


@declare("feature", "text", target="specc.data.sources.features.text", examples=[{}, {"shape": [None], "key": "captions"}])
class Text(Keyed):
    """Texts."""

    shape: Sizes = param(SHAPE, default=[])

    def field(self) -> Field:
        return Field(TensorSpec((None, *self.shape), "string"))


@declare(
    "feature",
    "raw",
    target="specc.data.sources.features.raw",
    examples=[{"dtype": "uint8", "shape": [32, 32, 3]}, {"dtype": "float32", "shape": [None, 3], "key": "points"}],
)
class Raw(Keyed):
    """The bytes of an array, row after row, the lowest byte of a number first.

    Bytes (height, width), or (height, width, channels) with 1, 3 or 4 channels, are an image, from 0 to 1. Other integers are
    int32, or int64 where they were; floats are float32.
    """

    dtype: Literal["uint8", "int8", "uint16", "int16", "int32", "int64", "float16", "float32", "float64"] = param("The type of a number.")
    shape: Sizes = param(SHAPE)

    def field(self) -> Field:
        if is_image(self.dtype, self.shape):
            return Field(TensorSpec((None, *self.shape[:2], *(self.shape[2:] or [1]))), kind="image")
        return Field(TensorSpec((None, *self.shape), {"int64": "int64"}.get(self.dtype, "int32" if "int" in self.dtype else "float32")))
