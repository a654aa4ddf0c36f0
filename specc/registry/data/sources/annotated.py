"""Images with annotations: COCO's JSON, and VOC's XML."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources.images import COLOR_MODE, ColorMode, image_field
from specc.registry.data.sources.source import Source
from specc.registry.entry import declare, param

# The classes of Pascal VOC, in alphabetical order.
VOC = [
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
]  # fmt: skip

OnInvalid = Literal["fail", "skip"]
ON_INVALID = param(
    "What happens to objects whose box has no size or leaves the image by more than a pixel, or that have no outline where masks are "
    "asked for: the data are refused, or these objects left out.",
    default="fail",
)


def object_fields(classes: int | None) -> dict[str, Field]:
    """Boxes and labels of an example's objects."""
    boxes = Field(TensorSpec((None, None, 4)), kind="boxes")
    return {"boxes": boxes, "labels": Field(TensorSpec((None, None), "int32"), classes, "object")}


def flag_field() -> Field:
    """1 for the objects that are special in some way, 0 for others."""
    return Field(TensorSpec((None, None), "int32"), kind="object")


@declare(
    "source",
    "coco",
    target="specc.data.sources.annotated.coco",
    examples=[
        {"annotations": "coco/annotations/instances_train2017.json", "images": "coco/train2017", "on_invalid": "skip"},
        {"annotations": "instances_val2017.json", "images": "val2017", "classes": ["person", "dog"], "masks": True, "crowd": True},
    ],
)
class Coco(Source):
    """Images and their objects as COCO's JSON describes them: boxes, and masks where they are asked for.

    Examples are in the order of the file, those without objects too. Labels number the categories in the order of their ids,
    without gaps. Masks of outlines are those of COCO's own library, which `pip install 'specc[coco]'` installs. Of COCO's
    training images of 2017 two objects have boxes without height, which `on_invalid: skip` leaves out.

    Fields: image (height, width, channels), each of its own size, floats from 0 to 1; boxes (objects, 4), left, top, right and
        bottom in pixels; labels (objects,); masks (objects, height, width) with `masks`; crowd (objects,), 1 for regions of many
        objects, with `crowd`
    Reference: https://cocodataset.org/#format-data
    """

    annotations: str = param("The JSON file: `instances_train2017.json`.")
    images: str = param("The folder of the images that it names.")
    classes: list[str] = param("The categories that are kept; labels number them in this order. Without any, all.", default=[])
    masks: bool = param("Whether there is a mask for each object.", default=False)
    crowd: bool = param("Whether regions of many objects are kept, told apart by the field `crowd`.", default=False)
    empty: bool = param("Whether images without objects are kept.", default=True)
    on_invalid: OnInvalid = ON_INVALID
    color_mode: ColorMode = COLOR_MODE

    def fields(self) -> dict[str, Field]:
        fields = {"image": image_field(self.color_mode), **object_fields(len(self.classes) or None)}
        if self.crowd:
            fields["crowd"] = flag_field()
        if self.masks:
            fields["masks"] = Field(TensorSpec((None, None, None, None), "uint8"), kind="masks")
        return fields


@declare(
    "source",
    "coco_captions",
    target="specc.data.sources.annotated.coco_captions",
    examples=[
        {"annotations": "coco/annotations/captions_train2017.json", "images": "coco/train2017"},
        {"annotations": "captions_val2017.json", "images": "val2017", "per": "image"},
    ],
)
class CocoCaptions(Source):
    """Images and what people wrote about them, as COCO's JSON has it.

    An example is a caption with its image, in the order of the file, or an image with all its captions, which is what generated
    ones are compared with. Images without captions are left out.

    Fields: image (height, width, channels), each of its own size, floats from 0 to 1; caption, a text, or with `per: image`
        captions (captions,)
    Reference: https://cocodataset.org/#format-data
    """

    annotations: str = param("The JSON file: `captions_train2017.json`.")
    images: str = param("The folder of the images that it names.")
    per: Literal["caption", "image"] = param("What an example is: a caption, or an image with all of its captions.", default="caption")
    color_mode: ColorMode = COLOR_MODE

    def fields(self) -> dict[str, Field]:
        text = {"captions": Field(TensorSpec((None, None), "string"))}
        if self.per == "caption":
            text = {"caption": Field(TensorSpec((None,), "string"))}
        return {"image": image_field(self.color_mode), **text}


@declare(
    "source",
    "voc",
    target="specc.data.sources.annotated.voc",
    examples=[
        {"path": "VOCdevkit/VOC2012"},
        {"path": "VOCdevkit/VOC2007", "split": "test", "difficult": True},
        {"path": "VOCdevkit/VOC2012", "segmentation": True},
        {"path": "helmets", "split": "train", "classes": ["head", "helmet"]},
    ],
)
class Voc(Source):
    """Images and their objects in the folders of Pascal VOC, with an XML file for each image.

    Examples are in the order of the list `ImageSets/Main/SPLIT.txt`, or with `segmentation` of `ImageSets/Segmentation/SPLIT.txt`.
    VOC counts pixels from 1 and boxes have their last pixels inside; here a box of the first pixel is 0, 0, 1, 1.

    Fields: image (height, width, channels), each of its own size, floats from 0 to 1; boxes (objects, 4), left, top, right and
        bottom in pixels; labels (objects,); difficult (objects,), 1 where an object is hard to recognise, with `difficult`;
        mask (height, width) with `segmentation`: 0 the background, then the classes from 1, -1 for the void around objects
    Reference: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
    """

    path: str = param("The folder that has Annotations, ImageSets and JPEGImages.")
    split: str = param("The list of images: `train`, `val`, `trainval`, `test`.", default="train")
    classes: list[str] = param(
        "Names of the classes, in the order of their labels. An object of another one is an error.", default=VOC, min_items=1
    )
    difficult: bool = param("Whether objects that are hard to recognise are kept, told apart by the field `difficult`.", default=False)
    segmentation: bool = param("Whether the class of every pixel is given, of the images that have it.", default=False)
    on_invalid: OnInvalid = ON_INVALID
    color_mode: ColorMode = COLOR_MODE

    def fields(self) -> dict[str, Field]:
        fields = {"image": image_field(self.color_mode), **object_fields(len(self.classes))}
        if self.difficult:
            fields["difficult"] = flag_field()
        if self.segmentation:
            fields["mask"] = Field(TensorSpec((None, None, None), "int32"), len(self.classes) + 1, "mask")
        return fields
