"""Policies that draw among many augmentations. They act only while learning."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Params, example, layer, param
from specc.registry.layers.augmentation import SEED, VALUES, Share, ValueRange, augmented


class RandAugment(Params):
    """Some augmentations in turn, drawn among eleven, while learning.

    Input shape: (batch, height, width, 3)
    Output shape: as the input
    Reference: Cubuk et al., RandAugment, 2019, https://arxiv.org/abs/1909.13719
    """

    value_range: ValueRange = param(VALUES, default=[0, 255])
    num_ops: int = param("How many are applied to an image, from 1 to 11.", default=2, minimum=1, maximum=11)
    factor: Share = param("Strength, from 0 to 1, or [lowest, highest].", default=0.5)
    interpolation: Literal["bilinear", "nearest"] = param("How new pixels are made.", default="bilinear")
    seed: int | None = param(SEED, default=None)


class AugMix(Params):
    """A mixture of images that went through different chains of augmentations, and the image itself, while learning.

    Input shape: (batch, height, width, channels), 3 channels with `all_ops`
    Output shape: as the input
    Reference: Hendrycks et al., AugMix, 2019, https://arxiv.org/abs/1912.02781
    """

    value_range: ValueRange = param(VALUES, default=[0, 255])
    num_chains: int = param("Number of chains.", default=3, minimum=1)
    chain_depth: int = param("Augmentations in a chain, at most.", default=3, minimum=1)
    factor: Share = param("Strength, from 0 to 1, or [lowest, highest].", default=0.3)
    alpha: float = param("Concentration of the weights of the mixture.", default=1.0, above=0)
    all_ops: bool = param("Whether brightness, colour, contrast and sharpness are among the augmentations.", default=True)
    interpolation: Literal["bilinear", "nearest"] = param("How new pixels are made.", default="bilinear")
    seed: int | None = param(SEED, default=None)


@layer(
    "rand_augment",
    keras="keras.layers.RandAugment",
    examples=[example((9, 10, 3)), example((None, None, 3), num_ops=3, factor=[0.1, 0.4], value_range=[0, 1])],
)
def rand_augment(p: RandAugment, images: TensorSpec) -> Facts:
    return augmented("rand_augment", p, images, channels=(3,))


@layer(
    "aug_mix",
    keras="keras.layers.AugMix",
    examples=[example((9, 10, 3)), example((None, None, 1), num_chains=2, chain_depth=1, alpha=0.5, all_ops=False)],
)
def aug_mix(p: AugMix, images: TensorSpec) -> Facts:
    return augmented("aug_mix", p, images, channels=(3,) if p.all_ops else None)
