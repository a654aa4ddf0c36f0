"""Transforms that are Keras's preprocessing layers. All but the last two leave every pixel at its place.

Arguments are Keras's, without `seed`, since draws come from (seed, epoch, index), and without `value_range`, since images are from 0 to 1.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from specc.registry.data.fields import FOLLOWING, Field
from specc.registry.data.transforms.transform import Transform
from specc.registry.entry import declare, param
from specc.registry.layers.augmentation import Bits, Odd, Range, Share, Signed, range_type
from specc.registry.types import Plain

Interpolation = Literal["bilinear", "nearest"]
Positive = Annotated[Range, range_type(minimum=0)]
Colour = Annotated[
    float | tuple[float, float, float],
    Plain(
        {
            "type": ["number", "array"],
            "minimum": 0,
            "maximum": 1,
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 3,
            "maxItems": 3,
        },
        lambda value: float(value) if isinstance(value, (int, float)) else tuple(float(channel) for channel in value),
    ),
]

COLOURS = (1, 3)

FROM_ZERO = "or [lowest, highest]; one number draws from 0 to it"
CHANCE = f"Chance that an image is changed, {FROM_ZERO}, and [0.2, 0.2] is 0.2."


class Photometric(Transform):
    """Base of the transforms that are Keras's layers."""

    random = True
    needs_unit = True
    counts: ClassVar[tuple[int, ...]] = ()  # numbers of channels that it can work with; any where none is given

    probability: float = param("Share of images that go through it; the others stay as they are.", default=1.0, minimum=0, maximum=1)

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        field = known[self.field]
        if field.kind != "image" and field.spec.rank != 4:
            return f"changes the colours of an image, but `{self.field}` is {field.spec}", "name the image as its `field`"
        if self.counts and field.spec.channels not in (None, *self.counts):
            wanted = " or ".join(str(count) for count in self.counts)
            return (
                f"takes images of {wanted} channels, but `{self.field}` is {field.spec}",
                "leave it out, or read images of other channels",
            )
        return None


class Policy(Photometric):
    """Base of those that draw among operations, of which some move pixels."""

    counts = COLOURS

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        following = [f"`{name}`" for name, field in known.items() if field.kind in FOLLOWING]
        if following:
            *most, last = following
            named = f"{', '.join(most)} and {last}" if most else last
            return f"moves pixels, and {named} would not follow", "take transforms whose boxes and masks move along"
        return super().mismatch(known, objects)


class Sure(Photometric):
    """Base of those that draw nothing but whether an image is changed: done to all images, they need to be done only once."""

    @property
    def random(self) -> bool:  # type: ignore[override]
        return self.probability < 1


@declare(
    "transform",
    "auto_contrast",
    target="specc.data.transforms.keras_layers.auto_contrast",
    examples=[{}, {"probability": 0.5}],
)
class AutoContrast(Sure):
    """The values of every channel stretched, so that they go from 0 to 1. A channel of one value stays.

    Formula: (x - min) / (max - min)
    """


@declare(
    "transform",
    "equalization",
    target="specc.data.transforms.keras_layers.equalization",
    examples=[{}, {"bins": 64, "probability": 0.5}],
)
class Equalization(Sure):
    """The histogram of every channel made flat."""

    bins: int = param("Bins of the histogram.", default=256, minimum=2)


@declare(
    "transform",
    "solarization",
    target="specc.data.transforms.keras_layers.solarization",
    examples=[{}, {"threshold_factor": [0.5, 0.5], "probability": 0.2}, {"addition_factor": 0.3, "threshold_factor": [0.4, 0.8]}],
)
class Solarization(Photometric):
    """Values from a threshold on inverted, after a number was added to all.

    Formula: x where x < threshold, 1 - x elsewhere
    Reference: Grill et al., Bootstrap your own latent, 2020, appendix B, https://arxiv.org/abs/2006.07733
    """

    addition_factor: Share = param(f"What is added first, {FROM_ZERO}.", default=0.0)
    threshold_factor: Share = param(f"The threshold, {FROM_ZERO}, and [0.5, 0.5] is 0.5.", default=0.0)


@declare(
    "transform",
    "random_posterization",
    target="specc.data.transforms.keras_layers.random_posterization",
    examples=[{"factor": 4}, {"factor": [5, 5], "probability": 0.5}],
)
class RandomPosterization(Photometric):
    """Some of the 8 bits of every value left, the others 0.

    Reference: Cubuk et al., AutoAugment, 2018, https://arxiv.org/abs/1805.09501
    """

    factor: Bits = param("Bits that are left, from 1 to 8, or [lowest, highest]; one number draws from 1 to it, and [4, 4] is 4.")


@declare(
    "transform",
    "random_sharpness",
    target="specc.data.transforms.keras_layers.random_sharpness",
    examples=[{"factor": 1.0}, {"factor": [0.3, 0.7], "probability": 0.5}],
)
class RandomSharpness(Photometric):
    """Images blurred a little or sharpened."""

    factor: Share = param(f"Strength: 0 blurs, 0.5 changes nothing, 1 sharpens; {FROM_ZERO}.")


@declare(
    "transform",
    "random_invert",
    target="specc.data.transforms.keras_layers.random_invert",
    examples=[{}, {"factor": [1.0, 1.0], "probability": 0.2}],
)
class RandomInvert(Photometric):
    """Negatives of images.

    Formula: 1 - x
    """

    factor: Share = param(CHANCE, default=1.0)


@declare(
    "transform",
    "random_gaussian_blur",
    target="specc.data.transforms.keras_layers.random_gaussian_blur",
    examples=[{}, {"factor": [1.0, 1.0], "kernel_size": 23, "sigma": [0.1, 2.0], "probability": 0.5}],
)
class RandomGaussianBlur(Photometric):
    """Images blurred by a Gaussian, as wide along the height as along the width. What lies outside of an image is black.

    Reference: Chen et al., A simple framework for contrastive learning, 2020, appendix A, https://arxiv.org/abs/2002.05709
    """

    factor: Share = param(CHANCE, default=1.0)
    kernel_size: Odd = param("Width of the window in pixels, odd, or [height, width].", default=3)
    sigma: Positive = param(f"Standard deviation in pixels, {FROM_ZERO}.", default=1.0)

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        sizes = (self.kernel_size,) if isinstance(self.kernel_size, int) else self.kernel_size
        even = [size for size in sizes if size % 2 == 0]
        if even:
            return f"has a window of {even[0]} pixels, which has no middle", f"make `kernel_size` odd: {even[0] + 1}"
        return super().mismatch(known, objects)


@declare(
    "transform",
    "random_erasing",
    target="specc.data.transforms.keras_layers.random_erasing",
    examples=[{}, {"factor": [1.0, 1.0], "scale": [0.1, 0.2], "fill_value": 0.5, "probability": 0.25}],
)
class RandomErasing(Photometric):
    """A rectangle of images covered.

    Formula: its height and width, as shares of the image's, are square roots of two numbers that `scale` says where to draw
    Reference: Zhong et al., Random erasing data augmentation, 2017, https://arxiv.org/abs/1708.04896
    """

    factor: Share = param(CHANCE, default=1.0)
    scale: Share = param(f"Share of the area, {FROM_ZERO}.", default=[0.02, 0.33])
    fill_value: Colour | None = param("Value of the rectangle, one number or one a channel; none takes noise.", default=None)

    def mismatch(self, known: Mapping[str, Field], objects: int | None) -> tuple[str, str] | None:
        field = known[self.field]
        if isinstance(self.fill_value, tuple) and field.spec.channels not in (None, 3):
            return f"has three numbers as `fill_value`, but `{self.field}` is {field.spec}", "give one number"
        return super().mismatch(known, objects)


@declare(
    "transform",
    "random_color_degeneration",
    target="specc.data.transforms.keras_layers.random_color_degeneration",
    examples=[{"factor": 0.5}, {"factor": [0.2, 0.8], "probability": 0.5}],
)
class RandomColorDegeneration(Photometric):
    """Images faded into their grey versions."""

    counts = COLOURS

    factor: Share = param(f"Share of the grey version, {FROM_ZERO}.")


@declare(
    "transform",
    "random_brightness",
    target="specc.data.transforms.keras_layers.random_brightness",
    examples=[{"factor": 0.3}, {"factor": [0.0, 0.2], "probability": 0.5}],
)
class RandomBrightness(Photometric):
    """One number added to all values of an image."""

    factor: Signed = param("The number, from -1 to 1, or [lowest, highest]; one number draws from -factor to factor.")


@declare(
    "transform",
    "random_contrast",
    target="specc.data.transforms.keras_layers.random_contrast",
    examples=[{"factor": 0.3}, {"factor": [0.5, 0.2], "probability": 0.5}],
)
class RandomContrast(Photometric):
    """The distances from the mean of each channel scaled, by a factor from 1 - `factor` to 1 + `factor`."""

    factor: Share = param("Largest change of the distances, or [downwards, upwards].")


@declare(
    "transform",
    "random_saturation",
    target="specc.data.transforms.keras_layers.random_saturation",
    examples=[{"factor": 1.0}, {"factor": [0.4, 0.6], "probability": 0.5}],
)
class RandomSaturation(Photometric):
    """How colourful images are, changed. Images of one channel have no colours and stay.

    Formula: the saturation times factor / (1 - factor)
    """

    counts = COLOURS

    factor: Share = param(f"Strength: 0 makes grey, 0.5 changes nothing, 1 is most colourful; {FROM_ZERO}.")


@declare(
    "transform",
    "random_hue",
    target="specc.data.transforms.keras_layers.random_hue",
    examples=[{"factor": 0.2}, {"factor": [0.1, 0.3], "probability": 0.5}],
)
class RandomHue(Photometric):
    """The hues of images turned, either way. Images of one channel have no colours and stay."""

    counts = COLOURS

    factor: Share = param(f"Turn, as a share of half the circle, {FROM_ZERO}.")


@declare(
    "transform",
    "rand_augment",
    target="specc.data.transforms.keras_layers.rand_augment",
    examples=[{}, {"num_ops": 3, "factor": [0.1, 0.3], "probability": 0.8}],
)
class RandAugment(Policy):
    """Some operations in turn, each drawn evenly among eleven.

    They are shear, translation, rotation, brightness, colour degeneration, contrast, sharpness, posterization, solarization,
    auto contrast and equalization. Translation, rotation, brightness and contrast go one way only, as they do in Keras. The
    image moves, and boxes and masks would not.

    Reference: Cubuk et al., RandAugment, 2019, https://arxiv.org/abs/1909.13719
    """

    num_ops: int = param("How many operations an image goes through.", default=2, minimum=1, maximum=11)
    factor: Share = param(f"Strength, {FROM_ZERO}.", default=0.5)
    interpolation: Interpolation = param("How new pixels are made.", default="bilinear")


@declare(
    "transform",
    "aug_mix",
    target="specc.data.transforms.keras_layers.aug_mix",
    examples=[{}, {"num_chains": 2, "chain_depth": 1, "all_ops": False, "probability": 0.5}],
)
class AugMix(Policy):
    """An image mixed with what it becomes in chains of operations, those of `rand_augment`.

    The image moves, and boxes and masks would not.

    Formula: m x + (1 - m) times the sum of w_i chain_i(x), m from Beta(alpha, alpha), w from Dirichlet(alpha, ..., alpha)
    Reference: Hendrycks et al., AugMix, 2019, https://arxiv.org/abs/1912.02781
    """

    num_chains: int = param("Number of chains.", default=3, minimum=1)
    chain_depth: int = param("Operations in a chain, each of which may be none.", default=3, minimum=1)
    factor: Share = param(f"Strength of the operations, {FROM_ZERO}.", default=0.3)
    alpha: float = param("How even the shares of the mixture are.", default=1.0, above=0)
    all_ops: bool = param("Whether brightness, colour, contrast and sharpness are among the operations.", default=True)
    interpolation: Interpolation = param("How new pixels are made.", default="bilinear")
