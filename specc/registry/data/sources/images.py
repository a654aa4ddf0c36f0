"""Image files: a folder for each class, or with a mask for each."""

from typing import Annotated, Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources.classes import count_of
from specc.registry.data.sources.source import Source
from specc.registry.entry import declare, param
from specc.registry.types import Plain

ColorMode = Literal["rgb", "rgba", "grayscale"]
COLOR_MODE = param("Which channels images get; those of files with others are converted.", default="rgb")
CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}

CountOrNames = Annotated[
    int | list[str] | None,
    Plain(
        {"type": ["integer", "array", "null"], "minimum": 1, "items": {"type": "string"}, "minItems": 1},
        lambda value: list(value) if isinstance(value, (list, tuple)) else int(value),
    ),
]


def image_field(color_mode: str) -> Field:
    """An image of any size."""
    return Field(TensorSpec((None, None, None, CHANNELS[color_mode])), kind="image")


@declare(
    "source",
    "image_folder",
    target="specc.data.sources.images.image_folder",
    examples=[
        {"path": "flowers/train"},
        {"path": "flowers/train", "classes": ["rose", "tulip"]},
        {"path": "scans", "color_mode": "grayscale"},
    ],
)
class ImageFolder(Source):
    """Images in a folder for each class, the classes in alphabetical order of the folders.

    Files are JPEG, PNG, BMP, GIF, of which the first frame counts, and WebP where TensorFlow reads it; folders inside a class's
    folder belong to the class. Files of other suffixes and hidden ones are passed over. A class without an image is an error
    unless `classes` names it. Pixels are as they are stored: a camera's note on orientation is not followed.

    Fields: image (height, width, channels), each of its own size, floats from 0 to 1; label
    """

    path: str = param("The folder that holds a folder for each class.")
    classes: list[str] = param("The folders that are classes; labels number them in this order. Without any, all.", default=[])
    color_mode: ColorMode = COLOR_MODE

    def fields(self) -> dict[str, Field]:
        return {"image": image_field(self.color_mode), "label": Field(TensorSpec((None,), "int32"), len(self.classes) or None)}


@declare(
    "source",
    "masks",
    target="specc.data.sources.images.masks",
    examples=[
        {"images": "pets/images", "masks": "pets/trimaps", "classes": ["pet", "background", "border"], "values": [1, 2, 3]},
        {"images": "cars", "masks": "cars", "mask_suffix": "_mask", "values": [0, 255]},
        {
            "images": "leftImg8bit/train",
            "image_suffix": "_leftImg8bit",
            "masks": "gtFine/train",
            "mask_suffix": "_gtFine_labelTrainIds",
            "classes": 19,
            "ignore": 255,
        },
    ],
)
class Masks(Source):
    """Images with a mask each, which has a number for every pixel: semantic segmentation.

    An image and its mask are files of one name but for suffixes, in the same place below their two folders. Masks are PNG: grey
    ones have the grey value as number, 8 or 16 bits, those with a palette the number of the colour in the palette.

    Fields: image (height, width, channels), each of its own size, floats from 0 to 1; mask (height, width), the class of each
        pixel, -1 where it has none
    """

    images: str = param("The folder of images.")
    masks: str = param("The folder of masks; it may be the same.")
    classes: CountOrNames = param("The classes: how many, or their names; none where it is not known.", default=None)
    values: list[int] = param(
        "The numbers that stand in masks, in the order of the classes: `[0, 255]`. Without any, they are those of the classes.", default=[]
    )
    ignore: int | None = param("The number of pixels that have no class, as 255; they become -1.", default=None, minimum=0, maximum=65535)
    image_suffix: str = param("How the names of images end, before the dot; others are passed over.", default="")
    mask_suffix: str = param("How the names of masks end, before the dot: `_mask` for `a.jpg` and `a_mask.png`.", default="")
    color_mode: ColorMode = COLOR_MODE

    def fields(self) -> dict[str, Field]:
        classes = count_of(self.classes) or len(self.values) or None
        return {"image": image_field(self.color_mode), "mask": Field(TensorSpec((None, None, None), "int32"), classes, "mask")}
