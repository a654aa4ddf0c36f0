"""Transforms of colours."""

from specc.registry.data.transforms.transform import Transform
from specc.registry.entry import declare, param


@declare(
    "transform",
    "random_color_jitter",
    target="specc.data.transforms.color.random_color_jitter",
    examples=[{}, {"brightness_factor": 0.4, "hue_factor": 0.1, "probability": 0.8}],
)
class RandomColorJitter(Transform):
    """Brightness, contrast, saturation and hue of images from 0 to 1 changed, in random order, each up to its factor either way.

    Reference: Chen et al., A simple framework for contrastive learning, 2020, appendix A, https://arxiv.org/abs/2002.05709
    """

    random = True
    needs_unit = True
    brightness_factor: float = param("Largest change of brightness, as a share of it.", default=0.0, minimum=0)
    contrast_factor: float = param("Largest change of contrast, as a share of it.", default=0.0, minimum=0)
    saturation_factor: float = param("Largest change of saturation, as a share of it.", default=0.0, minimum=0)
    hue_factor: float = param("Largest turn of the hue, as a share of the full circle.", default=0.0, minimum=0, maximum=0.5)
    probability: float = param("Share of images that are changed.", default=1.0, minimum=0, maximum=1)


@declare("transform", "random_noise", target="specc.data.transforms.color.random_noise", examples=[{"stddev": 0.2}])
class RandomNoise(Transform):
    """Normal noise added to every value of an image from 0 to 1, which it is kept within."""

    random = True
    needs_unit = True

    stddev: float = param("Standard deviation of the noise.", above=0)


@declare("transform", "random_grayscale", target="specc.data.transforms.color.random_grayscale", examples=[{}, {"factor": 0.2}])
class RandomGrayscale(Transform):
    """Some images without colour, their channels kept."""

    random = True
    factor: float = param("Share of images that are changed.", default=0.5, minimum=0, maximum=1)
