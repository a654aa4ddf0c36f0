"""Geometric transforms. Boxes and masks of an example move with its image."""

from collections.abc import Mapping
from typing import Literal

from specc.registry.data.fields import Field
from specc.registry.data.transforms.transform import Geometric, reversed_range
from specc.registry.entry import declare, param
from specc.registry.types import Size2D

FillMode = Literal["constant", "nearest", "reflect", "wrap"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos3", "area"]


class Cut(Geometric):
    """Base of those that cut out a part."""

    size: Size2D = param("Size to cut out, one int or [height, width].")

    def sizes(self, height: int | None, width: int | None) -> tuple[int | None, int | None]:
        return pair(self.size)

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        shape, border = known[self.field].spec.shape, 2 * int(getattr(self, "padding", 0))
        sizes = shape[2:4] if known[self.field].kind == "masks" else shape[1:3]
        wanted = pair(self.size)
        if len(sizes) == 2 and any(size is not None and size + border < least for size, least in zip(sizes, wanted, strict=True)):
            return f"cuts {wanted[0]} by {wanted[1]} out of {sizes[0]} by {sizes[1]}", "make the part smaller, or the image larger before"
        return super().mismatch(known, objects)


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width."""
    return (size, size) if isinstance(size, int) else size


@declare(
    "transform",
    "resize",
    target="specc.data.transforms.geometric.resize",
    examples=[{"size": 16}, {"size": [16, 12], "interpolation": "nearest"}, {"size": [16, 12], "mode": "fit"}],
)
class Resize(Geometric):
    """An image in another size.

    `stretch` gives up its proportions; `fit` keeps them and puts borders of zeros around; `shorter_side` keeps them and lets the
    image be larger than asked along one axis, for a crop to follow.
    """

    loses = False
    size: Size2D = param("Size to reach, one int or [height, width].")
    mode: Literal["stretch", "fit", "shorter_side"] = param("What happens to the proportions.", default="stretch")
    interpolation: Interpolation = param("How values between pixels are found; in masks the nearest counts.", default="bilinear")
    antialias: bool = param("Whether an image that shrinks is smoothed first.", default=False)

    def sizes(self, height: int | None, width: int | None) -> tuple[int | None, int | None]:
        return (None, None) if self.mode == "shorter_side" else pair(self.size)


@declare("transform", "pad", target="specc.data.transforms.geometric.pad", examples=[{"size": 12}, {"size": [8, 16]}])
class Pad(Geometric):
    """An image in the upper left corner of a larger one, zeros in the rest."""

    loses = False
    size: Size2D = param("Size of the larger one, one int or [height, width].")

    def sizes(self, height: int | None, width: int | None) -> tuple[int | None, int | None]:
        return pair(self.size)


@declare("transform", "center_crop", target="specc.data.transforms.geometric.center_crop", examples=[{"size": 6}, {"size": [6, 4]}])
class CenterCrop(Cut):
    """The middle of an image."""


@declare(
    "transform", "random_flip", target="specc.data.transforms.geometric.random_flip", examples=[{}, {"mode": "horizontal_and_vertical"}]
)
class RandomFlip(Geometric):
    """Mirrors every second image, drawn at random, along each of the directions."""

    random = True
    loses = False
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = param("Directions.", default="horizontal")


@declare(
    "transform", "random_crop", target="specc.data.transforms.geometric.random_crop", examples=[{"size": 6}, {"size": 8, "padding": 2}]
)
class RandomCrop(Cut):
    """A part of an image, from a random place, after a border of zeros was put around."""

    random = True
    padding: int = param("Width of the border, in pixels.", default=0, minimum=0)


@declare(
    "transform",
    "random_translation",
    target="specc.data.transforms.geometric.random_translation",
    examples=[{"height_factor": 0.1, "width_factor": 0.1}],
)
class RandomTranslation(Geometric):
    """Shifts an image by a random part of its size, up to the factors in both directions."""

    random = True
    height_factor: float = param("Largest shift along the height, as a share of it.", minimum=0, maximum=1)
    width_factor: float = param("Largest shift along the width, as a share of it.", minimum=0, maximum=1)
    fill_mode: FillMode = param("What comes in from outside.", default="constant")


@declare("transform", "random_rotation", target="specc.data.transforms.geometric.random_rotation", examples=[{"factor": 0.05}])
class RandomRotation(Geometric):
    """Turns an image about its middle by a random angle."""

    random = True
    factor: float = param("Largest angle in both directions, as a share of a full turn.", minimum=0, maximum=1)
    fill_mode: FillMode = param("What comes in from outside.", default="constant")


@declare("transform", "random_zoom", target="specc.data.transforms.geometric.random_zoom", examples=[{"factor": 0.1}])
class RandomZoom(Geometric):
    """Scales an image about its middle by a random factor from 1 - `factor` to 1 + `factor`."""

    random = True
    factor: float = param("Largest change of scale.", minimum=0, below=1)
    fill_mode: FillMode = param("What comes in from outside.", default="constant")


@declare(
    "transform",
    "random_resized_crop",
    target="specc.data.transforms.geometric.random_resized_crop",
    examples=[{"size": 6}, {"size": [8, 6], "scale": [0.2, 1.0]}],
)
class RandomResizedCrop(Geometric):
    """A part of an image, of random size, shape and place, brought to one size. Where none of ten draws fits, it is the whole image.

    Reference: Szegedy et al., Going deeper with convolutions, 2014, https://arxiv.org/abs/1409.4842
    """

    random = True
    size: Size2D = param("Size to reach, one int or [height, width].")
    scale: list[float] = param("Smallest and largest part, as a share of the area.", default=[0.08, 1.0], min_items=2, max_items=2)
    ratio: list[float] = param("Smallest and largest width of the part over its height.", default=[0.75, 4 / 3], min_items=2, max_items=2)
    interpolation: Interpolation = param("How values between pixels are found; in masks the nearest counts.", default="bilinear")
    antialias: bool = param("Whether a part that shrinks is smoothed first.", default=False)

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        return reversed_range(scale=self.scale, ratio=self.ratio) or super().mismatch(known, objects)

    def sizes(self, height: int | None, width: int | None) -> tuple[int | None, int | None]:
        return pair(self.size)


@declare(
    "transform",
    "random_shear",
    target="specc.data.transforms.geometric.random_shear",
    examples=[{"x_factor": 0.2}, {"x_factor": 0.1, "y_factor": 0.1, "fill_mode": "nearest"}],
)
class RandomShear(Geometric):
    """Slants an image about its middle.

    Formula: (x, y) goes to (x + a y, y + b (x + a y)) from the middle, a and b drawn up to the factors in both directions
    """

    random = True
    x_factor: float = param("Largest slant along the width, in pixels for each pixel of height.", default=0.0, minimum=0, maximum=1)
    y_factor: float = param("Largest slant along the height, in pixels for each pixel of width.", default=0.0, minimum=0, maximum=1)
    fill_mode: FillMode = param("What comes in from outside.", default="constant")
