"""Transforms: what is done to each example before it is batched."""

from typing import ClassVar, Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.entry import Choice, declare, param
from specc.registry.shared import OwnFirst
from specc.registry.types import Size2D

Fields = dict[str, Field]
FillMode = Literal["constant", "nearest", "reflect", "wrap"]


class Transform(OwnFirst):
    """What every transform takes, after its own arguments.

    `random` transforms draw from (seed, epoch, index of the example), so that a run can be repeated.
    """

    random: ClassVar[bool] = False

    field: str = param("The field that it changes.", default="image")

    def fields(self, known: Fields) -> Fields:
        """The fields after the transform."""
        return {**known, self.field: self.change(known[self.field])} if self.field in known else known

    def change(self, field: Field) -> Field:
        return field


def transform_params(choice: Choice) -> Transform:
    """The parameters of a transform that was chosen."""
    assert isinstance(choice.params, Transform)
    return choice.params


def _sized(field: Field, size: int | tuple[int, int]) -> Field:
    height, width = (size, size) if isinstance(size, int) else size
    return field.with_shape(field.spec.shape[0], height, width, *field.spec.shape[3:])


@declare(
    "transform", "resize", target="specc.data.transforms.resize", examples=[{"size": 16}, {"size": [16, 12], "interpolation": "nearest"}]
)
class Resize(Transform):
    """An image in another size, its proportions not kept."""

    size: Size2D = param("Size to reach, one int or [height, width].")
    interpolation: Literal["nearest", "bilinear", "bicubic", "area"] = param("How values between pixels are found.", default="bilinear")
    antialias: bool = param("Whether an image that shrinks is smoothed first.", default=False)

    def change(self, field: Field) -> Field:
        return _sized(field, self.size)


@declare("transform", "center_crop", target="specc.data.transforms.center_crop", examples=[{"size": 6}, {"size": [6, 4]}])
class CenterCrop(Transform):
    """The middle of an image."""

    size: Size2D = param("Size to cut out, one int or [height, width].")

    def change(self, field: Field) -> Field:
        return _sized(field, self.size)


@declare("transform", "rescaling", target="specc.data.transforms.rescaling", examples=[{"scale": 2.0, "offset": -1.0}])
class Rescaling(Transform):
    """Formula: x * scale + offset."""

    scale: float = param("Factor.")
    offset: float = param("Added after.", default=0.0)


@declare("transform", "normalize", target="specc.data.transforms.normalize", examples=[{"mean": [0.5], "std": [0.25]}])
class Normalize(Transform):
    """Formula: (x - mean) / std, channel by channel."""

    mean: list[float] = param("Mean of each channel, or one for all.", min_items=1)
    std: list[float] = param("Standard deviation of each channel, or one for all.", min_items=1)


@declare("transform", "one_hot", target="specc.data.transforms.one_hot", examples=[{"classes": 10, "field": "label"}])
class OneHot(Transform):
    """Integer labels as vectors of zeros with a one at the label."""

    classes: int = param("Length of the vectors.", minimum=1)
    field: str = param("The field that it changes.", default="label")

    def change(self, field: Field) -> Field:
        return Field(TensorSpec((*field.spec.shape, self.classes)), field.classes)


@declare("transform", "random_flip", target="specc.data.transforms.random_flip", examples=[{}, {"mode": "horizontal_and_vertical"}])
class RandomFlip(Transform):
    """Mirrors every second image, drawn at random, along each of the directions."""

    random = True
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = param("Directions.", default="horizontal")


@declare("transform", "random_crop", target="specc.data.transforms.random_crop", examples=[{"size": 6}, {"size": 8, "padding": 2}])
class RandomCrop(Transform):
    """A part of an image, from a random place, after a border of zeros was put around."""

    random = True
    size: Size2D = param("Size to cut out, one int or [height, width].")
    padding: int = param("Width of the border, in pixels.", default=0, minimum=0)

    def change(self, field: Field) -> Field:
        return _sized(field, self.size)


@declare(
    "transform",
    "random_translation",
    target="specc.data.transforms.random_translation",
    examples=[{"height_factor": 0.1, "width_factor": 0.1}],
)
class RandomTranslation(Transform):
    """Shifts an image by a random part of its size, up to the factors in both directions."""

    random = True
    height_factor: float = param("Largest shift along the height, as a share of it.", minimum=0, maximum=1)
    width_factor: float = param("Largest shift along the width, as a share of it.", minimum=0, maximum=1)
    fill_mode: FillMode = param("What comes in from outside.", default="constant")


@declare("transform", "random_rotation", target="specc.data.transforms.random_rotation", examples=[{"factor": 0.05}])
class RandomRotation(Transform):
    """Turns an image about its middle by a random angle."""

    random = True
    factor: float = param("Largest angle in both directions, as a share of a full turn.", minimum=0, maximum=1)
    fill_mode: FillMode = param("What comes in from outside.", default="constant")


@declare("transform", "random_zoom", target="specc.data.transforms.random_zoom", examples=[{"factor": 0.1}])
class RandomZoom(Transform):
    """Scales an image about its middle by a random factor from 1 - `factor` to 1 + `factor`."""

    random = True
    factor: float = param("Largest change of scale.", minimum=0, below=1)
    fill_mode: FillMode = param("What comes in from outside.", default="constant")


@declare(
    "transform",
    "random_resized_crop",
    target="specc.data.transforms.random_resized_crop",
    examples=[{"size": 6}, {"size": [8, 6], "scale": [0.2, 1.0]}],
)
class RandomResizedCrop(Transform):
    """A part of an image, of random size, shape and place, brought to one size.

    Reference: Szegedy et al., Going deeper with convolutions, 2014, https://arxiv.org/abs/1409.4842
    """

    random = True
    size: Size2D = param("Size to reach, one int or [height, width].")
    scale: list[float] = param("Smallest and largest part, as a share of the area.", default=[0.08, 1.0], min_items=2, max_items=2)
    ratio: list[float] = param("Smallest and largest width of the part over its height.", default=[0.75, 4 / 3], min_items=2, max_items=2)
    interpolation: Literal["nearest", "bilinear", "bicubic", "area"] = param("How values between pixels are found.", default="bilinear")

    def change(self, field: Field) -> Field:
        return _sized(field, self.size)


@declare(
    "transform",
    "random_color_jitter",
    target="specc.data.transforms.random_color_jitter",
    examples=[{}, {"brightness_factor": 0.4, "hue_factor": 0.1, "probability": 0.8}],
)
class RandomColorJitter(Transform):
    """Brightness, contrast, saturation and hue of images from 0 to 1 changed, in random order, each up to its factor either way.

    Reference: Chen et al., A simple framework for contrastive learning, 2020, appendix A, https://arxiv.org/abs/2002.05709
    """

    random = True
    brightness_factor: float = param("Largest change of brightness, as a share of it.", default=0.0, minimum=0)
    contrast_factor: float = param("Largest change of contrast, as a share of it.", default=0.0, minimum=0)
    saturation_factor: float = param("Largest change of saturation, as a share of it.", default=0.0, minimum=0)
    hue_factor: float = param("Largest turn of the hue, as a share of the full circle.", default=0.0, minimum=0, maximum=0.5)
    probability: float = param("Share of images that are changed.", default=1.0, minimum=0, maximum=1)


@declare("transform", "random_grayscale", target="specc.data.transforms.random_grayscale", examples=[{}, {"factor": 0.2}])
class RandomGrayscale(Transform):
    """Some images without colour, their channels kept."""

    random = True
    factor: float = param("Share of images that are changed.", default=0.5, minimum=0, maximum=1)
