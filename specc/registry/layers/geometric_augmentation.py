"""Augmentation that moves pixels. It acts only while learning."""

from typing import Annotated, Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.augmentation import CHANCE, FACTOR, SEED, VALUES, Share, Signed, ValueRange, Zoom, augmented
from specc.registry.types import Plain

FillMode = Literal["constant", "nearest", "reflect", "wrap"]
Interpolation = Literal["bilinear", "nearest"]

FILL_MODE = "What lies beyond the border: `fill_value`, the edge, the mirrored or the repeated image."
FILL_VALUE = "Value beyond the border where `fill_mode` is `constant`."
INTERPOLATION = "How new pixels are made."

Colour = Annotated[
    float | tuple[float, float, float],
    Plain(
        {"type": ["number", "array"], "items": {"type": "number"}, "minItems": 3, "maxItems": 3},
        lambda value: float(value) if isinstance(value, (int, float)) else tuple(float(channel) for channel in value),
    ),
]


class RandomFlip(Params):
    """Mirrors images, each with chance one half, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = param(
        "Left and right are swapped, or up and down, or both.", default="horizontal_and_vertical"
    )
    seed: int | None = param(SEED, default=None)


class RandomTranslation(Params):
    """Shifts images, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    height_factor: Signed = param(f"Largest shift down as a share of the height, or [lowest, highest]; {FACTOR}.")
    width_factor: Signed = param(f"Largest shift to the right as a share of the width, or [lowest, highest]; {FACTOR}.")
    fill_mode: FillMode = param(FILL_MODE, default="reflect")
    interpolation: Interpolation = param(INTERPOLATION, default="bilinear")
    seed: int | None = param(SEED, default=None)
    fill_value: float = param(FILL_VALUE, default=0.0)


class RandomRotation(Params):
    """Rotates images about their center, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    factor: Signed = param(f"Largest angle as a share of a full turn, or [lowest, highest], counter-clockwise; {FACTOR}.")
    fill_mode: FillMode = param(FILL_MODE, default="reflect")
    interpolation: Interpolation = param(INTERPOLATION, default="bilinear")
    seed: int | None = param(SEED, default=None)
    fill_value: float = param(FILL_VALUE, default=0.0)


class RandomZoom(Params):
    """Zooms in and out, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    height_factor: Zoom = param(f"Change of the height, or [lowest, highest]: 0.2 shows a fifth more, -0.2 a fifth less; {FACTOR}.")
    width_factor: Zoom | None = param("Change of the width; none keeps the aspect ratio.", default=None)
    fill_mode: FillMode = param(FILL_MODE, default="reflect")
    interpolation: Interpolation = param(INTERPOLATION, default="bilinear")
    seed: int | None = param(SEED, default=None)
    fill_value: float = param(FILL_VALUE, default=0.0)


class RandomShear(Params):
    """Slants images, while learning.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    """

    x_factor: Share = param("Slant along the width as [lowest, highest], from 0 to 1; 0 for none.", default=0.0)
    y_factor: Share = param("Slant along the height as [lowest, highest], from 0 to 1; 0 for none.", default=0.0)
    interpolation: Interpolation = param(INTERPOLATION, default="bilinear")
    fill_mode: FillMode = param(FILL_MODE, default="reflect")
    fill_value: float = param(FILL_VALUE, default=0.0)
    seed: int | None = param(SEED, default=None)


class RandomPerspective(Params):
    """Moves the corners of images, while learning.

    Input shape: (batch, height, width, channels), height and width known
    Output shape: as the input
    """

    factor: Share = param(CHANCE, default=1.0)
    scale: float = param("Strength, from 0 to 1.", default=1.0, minimum=0, maximum=1)
    interpolation: Interpolation = param(INTERPOLATION, default="bilinear")
    fill_value: float = param("Value beyond the border.", default=0.0)
    seed: int | None = param(SEED, default=None)


class RandomElasticTransform(Params):
    """Bends images like rubber, while learning.

    Input shape: (batch, height, width, channels), height and width known
    Output shape: as the input
    Reference: Simard et al., Best practices for convolutional neural networks, 2003.
    """

    factor: Share = param(CHANCE, default=1.0)
    scale: Share = param("Strength from 0 to 1, or [lowest, highest].", default=1.0)
    interpolation: Interpolation = param(INTERPOLATION, default="bilinear")
    fill_mode: FillMode = param(FILL_MODE, default="reflect")
    fill_value: float = param(FILL_VALUE, default=0.0)
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


class RandomErasing(Params):
    """Covers a rectangle of images, while learning.

    Input shape: (batch, height, width, channels), height and width known
    Output shape: as the input
    Reference: Zhong et al., Random erasing data augmentation, 2017, https://arxiv.org/abs/1708.04896
    """

    factor: Share = param(CHANCE, default=1.0)
    scale: Share = param("Share of the image that is covered, or [lowest, highest].", default=[0.02, 0.33])
    fill_value: Colour | None = param("Value of the rectangle, one number or one a channel; none takes noise.", default=None)
    value_range: ValueRange = param(VALUES, default=[0, 255])
    seed: int | None = param(SEED, default=None)


@layer(
    "random_flip",
    keras="keras.layers.RandomFlip",
    examples=[example((9, 10, 3)), example((None, None, 1), mode="horizontal", seed=1)],
)
def random_flip(p: RandomFlip, images: TensorSpec) -> Facts:
    return augmented("random_flip", p, images)


@layer(
    "random_translation",
    keras="keras.layers.RandomTranslation",
    examples=[
        example((9, 10, 3), height_factor=0.2, width_factor=0.1),
        example((None, None, 1), height_factor=[-0.3, 0.1], width_factor=0, fill_mode="constant", fill_value=1),
    ],
)
def random_translation(p: RandomTranslation, images: TensorSpec) -> Facts:
    return augmented("random_translation", p, images)


@layer(
    "random_rotation",
    keras="keras.layers.RandomRotation",
    examples=[
        example((9, 10, 3), factor=0.1),
        example((None, None, 1), factor=[0, 0.25], fill_mode="wrap", interpolation="nearest", seed=2),
    ],
)
def random_rotation(p: RandomRotation, images: TensorSpec) -> Facts:
    return augmented("random_rotation", p, images)


@layer(
    "random_zoom",
    keras="keras.layers.RandomZoom",
    examples=[
        example((9, 10, 3), height_factor=0.2),
        example((None, None, 1), height_factor=[-0.3, -0.2], width_factor=0.1),
    ],
)
def random_zoom(p: RandomZoom, images: TensorSpec) -> Facts:
    return augmented("random_zoom", p, images)


@layer(
    "random_shear",
    keras="keras.layers.RandomShear",
    examples=[example((9, 10, 3), x_factor=[0, 0.2]), example((None, None, 1), x_factor=0, y_factor=[0.1, 0.3])],
)
def random_shear(p: RandomShear, images: TensorSpec) -> Facts:
    for name, factor in (("x_factor", p.x_factor), ("y_factor", p.y_factor)):
        if isinstance(factor, float) and factor:
            # Keras 3.15 saves it as (-factor, factor), which it refuses when it loads the model.
            raise Mismatch(
                "E0305",
                f"Keras cannot load a saved `random_shear` with one number as `{name}`, {factor:g}",
                help=f"give both ends: `{name}: [0, {factor:g}]`",
                argument=name,
            )
    return augmented("random_shear", p, images)


@layer(
    "random_perspective",
    keras="keras.layers.RandomPerspective",
    examples=[example((9, 10, 3)), example((9, 10, 1), factor=[0.2, 0.5], scale=0.3, interpolation="nearest")],
)
def random_perspective(p: RandomPerspective, images: TensorSpec) -> Facts:
    facts = augmented("random_perspective", p, images, sized=True)
    if 1 in images.shape[1:3]:
        raise Mismatch("E0302", f"`random_perspective` moves the corners of an image, and {images} has none apart")
    return facts


@layer(
    "random_elastic_transform",
    keras="keras.layers.RandomElasticTransform",
    examples=[example((9, 10, 3)), example((9, 10, 1), factor=0.5, scale=[0.1, 0.3], fill_mode="nearest")],
)
def random_elastic_transform(p: RandomElasticTransform, images: TensorSpec) -> Facts:
    return augmented("random_elastic_transform", p, images, sized=True)


@layer(
    "random_erasing",
    keras="keras.layers.RandomErasing",
    examples=[
        example((9, 10, 3)),
        example((9, 10, 3), factor=0.5, scale=0.2, fill_value=[0.5, 0.4, 0.3], value_range=[0, 1]),
        example((9, 10, 1), fill_value=7),
    ],
)
def random_erasing(p: RandomErasing, images: TensorSpec) -> Facts:
    if isinstance(p.fill_value, tuple):
        return augmented("random_erasing", p, images, sized=True, channels=(3,))
    return augmented("random_erasing", p, images, sized=True)
