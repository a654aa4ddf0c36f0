"""Augmentation that changes the values of pixels. It acts only while learning."""

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.augmentation import CHANCE, FACTOR, SEED, VALUES, Bits, Odd, Share, Signed, ValueRange, augmented


class RandomBrightness(Params):
    """Adds one number to all of an image, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    factor: Signed = param(f"What is added, as a share of the value range, or [lowest, highest]; {FACTOR}.")
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomContrast(Params):
    """Scales the distances from an image's mean, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    factor: Share = param("Largest change of the distances, or [downwards, upwards]: they are scaled from 1 - factor to 1 + factor.")
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomSaturation(Params):
    """Changes how colourful images are, while learning.

    Input shape: (batch, height, width, 3)
    Output shape: as the input
    """

    factor: Share = param("Strength, or [lowest, highest]: 0 makes grey, 0.5 changes nothing, 1 is most colourful.")
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomHue(Params):
    """Turns the hues of images, while learning.

    Input shape: (batch, height, width, 3)
    Output shape: as the input
    """

    factor: Share = param("Largest turn, or [lowest, highest]; 1 is a full turn either way.")
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomColorJitter(Params):
    """Brightness, contrast, saturation and hue in turn, while learning; those without a factor stay.

    Input shape: (batch, height, width, channels), 3 channels for saturation and hue
    Output shape: as the input
    """

    value_range: ValueRange = param(VALUES, default=[0, 255])
    brightness_factor: Signed | None = param("As `factor` of `random_brightness`.", default=None)
    contrast_factor: Share | None = param("As `factor` of `random_contrast`.", default=None)
    saturation_factor: Share | None = param("As `factor` of `random_saturation`.", default=None)
    hue_factor: Share | None = param("As `factor` of `random_hue`.", default=None)
    seed: int | None = param(SEED, default=None)


class RandomColorDegeneration(Params):
    """Mixes images with their grey versions, while learning.

    Input shape: (batch, height, width, 3)
    Output shape: as the input
    """

    factor: Share = param("Share of the grey version, or [lowest, highest].")
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomSharpness(Params):
    """Blurs or sharpens images, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    factor: Share = param("Strength, or [lowest, highest]: 0 blurs, 0.5 changes nothing, 1 sharpens.")
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomGaussianBlur(Params):
    """Blurs images, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    factor: Share = param(CHANCE, default=1.0)
    kernel_size: Odd = param("Width of the window, odd, or [height, width].", default=3)
    sigma: Share = param("Standard deviation in pixels, from 0 to 1, or [lowest, highest].", default=1.0)
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomGrayscale(Params):
    """Makes images grey, while learning; they keep their channels.

    Input shape: (batch, height, width, channels), 1 or 3 channels
    Output shape: as the input
    """

    factor: float = param("Chance that an image is changed, from 0 to 1.", default=0.5, minimum=0, maximum=1)
    seed: int | None = param(SEED, default=None)


class RandomInvert(Params):
    """Makes negatives of images, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    factor: Share = param(CHANCE, default=1.0)
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomPosterization(Params):
    """Leaves a few bits of every value, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    factor: Bits = param("Bits that stay, from 1 to 8, or [lowest, highest].")
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class Solarization(Params):
    """Inverts values above a random threshold after a random number was added, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    addition_factor: Share = param("Largest number that is added, as a share of the value range, or [lowest, highest].", default=0.0)
    threshold_factor: Share = param("Highest threshold, as a share of the value range, or [lowest, highest].", default=0.0)
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


@layer(
    "random_brightness",
    keras="keras.layers.RandomBrightness",
    examples=[example((9, 10, 3), factor=0.2), example((None, None, 1), factor=[-0.3, 0], value_range=[0, 1], seed=1)],
)
def random_brightness(p: RandomBrightness, images: TensorSpec) -> Facts:
    return augmented("random_brightness", p, images)


@layer(
    "random_contrast",
    keras="keras.layers.RandomContrast",
    examples=[example((9, 10, 3), factor=0.2), example((None, None, 1), factor=[0.1, 0.3], value_range=[0, 1], seed=1)],
)
def random_contrast(p: RandomContrast, images: TensorSpec) -> Facts:
    return augmented("random_contrast", p, images)


@layer(
    "random_saturation",
    keras="keras.layers.RandomSaturation",
    examples=[example((9, 10, 3), factor=0.2), example((None, None, 3), factor=[0.4, 0.6], value_range=[0, 1])],
)
def random_saturation(p: RandomSaturation, images: TensorSpec) -> Facts:
    return augmented("random_saturation", p, images, channels=(3,))


@layer(
    "random_hue",
    keras="keras.layers.RandomHue",
    examples=[example((9, 10, 3), factor=0.2), example((None, None, 3), factor=[0.1, 0.3], value_range=[0, 1])],
)
def random_hue(p: RandomHue, images: TensorSpec) -> Facts:
    return augmented("random_hue", p, images, channels=(3,))


@layer(
    "random_color_jitter",
    keras="keras.layers.RandomColorJitter",
    examples=[
        example((9, 10, 3), brightness_factor=0.2, contrast_factor=0.2, saturation_factor=[0.4, 0.6], hue_factor=0.1),
        example((None, None, 1), brightness_factor=[-0.1, 0.2], value_range=[0, 1], seed=3),
    ],
)
def random_color_jitter(p: RandomColorJitter, images: TensorSpec) -> Facts:
    coloured = p.saturation_factor is not None or p.hue_factor is not None
    return augmented("random_color_jitter", p, images, channels=(3,) if coloured else None)


@layer(
    "random_color_degeneration",
    keras="keras.layers.RandomColorDegeneration",
    examples=[example((9, 10, 3), factor=0.2), example((None, None, 3), factor=[0.1, 0.3])],
)
def random_color_degeneration(p: RandomColorDegeneration, images: TensorSpec) -> Facts:
    return augmented("random_color_degeneration", p, images, channels=(3,))


@layer(
    "random_sharpness",
    keras="keras.layers.RandomSharpness",
    examples=[example((9, 10, 3), factor=0.2), example((None, None, 1), factor=[0.4, 1], value_range=[0, 1])],
)
def random_sharpness(p: RandomSharpness, images: TensorSpec) -> Facts:
    return augmented("random_sharpness", p, images)


@layer(
    "random_gaussian_blur",
    keras="keras.layers.RandomGaussianBlur",
    examples=[example((9, 10, 3)), example((None, None, 1), factor=0.5, kernel_size=[3, 5], sigma=[0.1, 0.9])],
)
def random_gaussian_blur(p: RandomGaussianBlur, images: TensorSpec) -> Facts:
    sizes = (p.kernel_size,) if isinstance(p.kernel_size, int) else p.kernel_size
    for size in sizes:
        if size % 2 == 0:
            raise Mismatch("E0305", f"`kernel_size: {size}` of `random_gaussian_blur` is not odd", argument="kernel_size")
    return augmented("random_gaussian_blur", p, images)


@layer(
    "random_grayscale",
    keras="keras.layers.RandomGrayscale",
    examples=[example((9, 10, 3)), example((None, None, 1), factor=1, seed=1)],
)
def random_grayscale(p: RandomGrayscale, images: TensorSpec) -> Facts:
    return augmented("random_grayscale", p, images, channels=(1, 3))


@layer(
    "random_invert",
    keras="keras.layers.RandomInvert",
    examples=[example((9, 10, 3)), example((None, None, 1), factor=[0.1, 0.3], value_range=[0, 1])],
)
def random_invert(p: RandomInvert, images: TensorSpec) -> Facts:
    return augmented("random_invert", p, images)


@layer(
    "random_posterization",
    keras="keras.layers.RandomPosterization",
    examples=[example((9, 10, 3), factor=4), example((None, None, 1), factor=[3, 6], value_range=[0, 1])],
)
def random_posterization(p: RandomPosterization, images: TensorSpec) -> Facts:
    return augmented("random_posterization", p, images)


@layer(
    "solarization",
    keras="keras.layers.Solarization",
    examples=[example((9, 10, 3), threshold_factor=0.5), example((None, None, 1), addition_factor=[0.1, 0.3], seed=1)],
)
def solarization(p: Solarization, images: TensorSpec) -> Facts:
    return augmented("solarization", p, images)
