"""Tokens made vectors, and what is added to a sequence of vectors."""

import math

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import known, require_floats, require_integers, require_rank
from specc.registry.types import Constraint, Initializer, OptionalInitializer, Regularizer, Size2D

SEQUENCE = "batch, length, width"


class Embedding(Params):
    """A learned vector for every whole number from 0 to `input_dim - 1`.

    Input shape: (batch, ...), integers
    Output shape: (batch, ..., output_dim)
    """

    input_dim: int = param("Size of the vocabulary.", minimum=1)
    output_dim: int = param("Size of the vectors.", minimum=1)
    embeddings_initializer: Initializer = param("Initial vectors.", default="random_uniform")
    embeddings_regularizer: Regularizer = param("Penalty on the vectors.", default=None)
    embeddings_constraint: Constraint = param("Projection of the vectors after each update.", default=None)
    mask_zero: bool = param("Whether 0 is padding, which later layers leave out.", default=False)


class ReversibleEmbedding(Params):
    """An embedding that can be read backwards: from vectors to a score for every number, by the same weights.

    Input shape: (batch, ...), integers; with `reverse` (batch, ..., output_dim)
    Output shape: (batch, ..., output_dim); with `reverse` (batch, ..., input_dim)
    Reference: Press and Wolf, Using the output embedding to improve language models, 2016, https://arxiv.org/abs/1608.05859
    """

    input_dim: int = param("Size of the vocabulary.", minimum=1)
    output_dim: int = param("Size of the vectors.", minimum=1)
    tie_weights: bool = param("Whether the way back uses the same weights; without, it has its own.", default=True)
    embeddings_initializer: Initializer = param("Initial vectors.", default="random_uniform")
    embeddings_regularizer: Regularizer = param("Penalty on the vectors.", default=None)
    embeddings_constraint: Constraint = param("Projection of the vectors after each update.", default=None)
    mask_zero: bool = param("Whether 0 is padding, which later layers leave out.", default=False)
    logit_soft_cap: float | None = param(
        "Bound that a tanh keeps the scores of the way back within; none for no bound.", default=None, above=0
    )
    reverse: bool = param(
        "Whether the embedding is read backwards; given where it is applied: `share: {step: tokens, reverse: true}`.",
        default=False,
        call=True,
    )


class ClassToken(Params):
    """A learned vector put in front of a sequence, where a transformer gathers what it knows of the whole.

    Input shape: (batch, length, width)
    Output shape: (batch, length + 1, width)
    Reference: Dosovitskiy et al., An image is worth 16x16 words, 2020, https://arxiv.org/abs/2010.11929
    """

    initializer: Initializer = param("Initial vector.", default="zeros")


class PositionEmbedding(Params):
    """Adds a learned vector for every position to a sequence.

    With a grid the last positions are those of its cells, row by row; those before belong to what has no place, such as a class
    token. A sequence of another length is that of another square grid then, and gets positions between those learned, by
    bicubic interpolation.

    Input shape: (batch, length, width), without a grid at most `length` long
    Output shape: as the input
    Reference: Dosovitskiy et al., An image is worth 16x16 words, 2020, https://arxiv.org/abs/2010.11929
    """

    length: int = param("Number of positions; without a grid, the longest sequence.", minimum=1)
    initializer: OptionalInitializer = param("Initial vectors; none draws normal values of standard deviation 0.02.", default=None)
    grid: Size2D | None = param(
        "Height and width of the grid, in cells, that images of the usual size have; none for no grid.", default=None
    )


class SinusoidalPositionEncoding(Params):
    """Adds sines and cosines of the position to a sequence of any length.

    Formula: sin(p / max_wavelength^(2i / width)) at channel 2i, the cosine of the same at channel 2i + 1
    Input shape: (batch, length, width)
    Output shape: as the input
    Reference: Vaswani et al., Attention is all you need, 2017, https://arxiv.org/abs/1706.03762
    """

    max_wavelength: float = param("The longest wavelength, in units of 2 pi positions.", default=10000.0, above=0)


@layer(
    "embedding",
    keras="keras.layers.Embedding",
    examples=[
        example((12,), dtype="int32", input_dim=100, output_dim=8),
        example((None, 3), dtype="int64", input_dim=10, output_dim=4, embeddings_initializer="he_normal", mask_zero=True),
        example((), dtype="uint8", input_dim=10, output_dim=4, embeddings_regularizer="l2", embeddings_constraint="unit_norm"),
    ],
)
def embedding(p: Embedding, x: TensorSpec) -> Facts:
    require_integers("embedding", x)
    return Facts(TensorSpec((*x.shape, p.output_dim)), [Weight("embeddings", (p.input_dim, p.output_dim))])


@layer(
    "reversible_embedding",
    keras="keras.layers.ReversibleEmbedding",
    examples=[
        example((12,), dtype="int32", input_dim=100, output_dim=8),
        example((None, 8), input_dim=100, output_dim=8, reverse=True, logit_soft_cap=30.0),
        example((5, 8), input_dim=10, output_dim=8, reverse=True, tie_weights=False, embeddings_initializer="he_normal"),
        example((5,), dtype="int32", input_dim=10, output_dim=8, tie_weights=False, mask_zero=True, embeddings_regularizer="l2"),
    ],
)
def reversible_embedding(p: ReversibleEmbedding, inputs: TensorSpec) -> Facts:
    weights = [Weight("embeddings", (p.input_dim, p.output_dim))]
    if not p.tie_weights:
        weights.append(Weight("reverse_embeddings", (p.output_dim, p.input_dim)))
    if not p.reverse:
        require_integers("reversible_embedding", inputs)
        return Facts(TensorSpec((*inputs.shape, p.output_dim)), weights)
    require_floats("reversible_embedding", inputs)
    if inputs.shape[-1] != p.output_dim:
        raise Mismatch(
            "E0312",
            f"read backwards, `reversible_embedding` takes vectors of {p.output_dim}, but got {inputs}",
            help=f"`dense: {p.output_dim}` before this step makes them as wide",
        )
    return Facts(TensorSpec((*inputs.shape[:-1], p.input_dim)), weights, product((*inputs.shape[1:], p.input_dim)))


@layer(
    "class_token",
    keras="specc.keras_backend.layers.class_token.ClassToken",
    examples=[example((16, 8)), example((None, 8), initializer="random_normal")],
)
def class_token(p: ClassToken, x: TensorSpec) -> Facts:
    require_rank("class_token", x, 3, SEQUENCE)
    require_floats("class_token", x)
    width = known("class_token", x, -1, "values in each vector")
    length = None if x.shape[1] is None else x.shape[1] + 1
    return Facts(TensorSpec((x.shape[0], length, width)), [Weight("token", (1, 1, width))])


@layer(
    "position_embedding",
    keras="specc.keras_backend.layers.position_embedding.PositionEmbedding",
    examples=[
        example((17, 8), length=17),
        example((5, 8), length=17, initializer="zeros"),
        example((None, 8), length=17),
        example((17, 8), length=17, grid=4),
        example((5, 8), length=17, grid=[4, 4]),
        example((None, 8), length=7, grid=[2, 3]),
    ],
)
def position_embedding(p: PositionEmbedding, x: TensorSpec) -> Facts:
    require_rank("position_embedding", x, 3, SEQUENCE)
    require_floats("position_embedding", x)
    width = known("position_embedding", x, -1, "values in each vector")
    if p.grid is not None:
        _require_grid(p, x)
    elif x.shape[1] is not None and x.shape[1] > p.length:
        raise Mismatch(
            "E0305",
            f"`position_embedding` has {p.length} positions, but its input is {x.shape[1]} long",
            help=f"set `length: {x.shape[1]}`",
            argument="length",
        )
    return Facts(TensorSpec(x.shape), [Weight("positions", (p.length, width))])


def _require_grid(p: PositionEmbedding, x: TensorSpec) -> None:
    """Fails where the grid has more cells than there are positions, or the input is no grid."""
    height, width = (p.grid, p.grid) if isinstance(p.grid, int) else p.grid or (0, 0)
    apart = p.length - height * width
    if apart < 0:
        message = f"`position_embedding` has {p.length} positions, but a grid of {height} x {width} has {height * width} cells"
        raise Mismatch("E0305", message, help=f"set `length: {height * width}`, or more for a class token", argument="grid")
    cells = None if x.shape[1] is None else x.shape[1] - apart
    if cells is not None and cells != height * width and (cells < 1 or math.isqrt(cells) ** 2 != cells):
        tokens = f"{x.shape[1]} long, {apart} of it apart" if apart else f"{x.shape[1]} long"
        message = f"`position_embedding` finds positions between those of its grid for square grids, but its input is {tokens}"
        raise Mismatch("E0305", message, help="change the size of the image, or of the patches", argument="grid")


@layer(
    "sinusoidal_position_encoding",
    keras="specc.keras_backend.layers.sinusoidal_position_encoding.SinusoidalPositionEncoding",
    examples=[example((17, 8)), example((None, 7), max_wavelength=100.0)],
)
def sinusoidal_position_encoding(p: SinusoidalPositionEncoding, x: TensorSpec) -> Facts:
    require_rank("sinusoidal_position_encoding", x, 3, SEQUENCE)
    require_floats("sinusoidal_position_encoding", x)
    known("sinusoidal_position_encoding", x, -1, "values in each vector")
    return Facts(TensorSpec(x.shape))
