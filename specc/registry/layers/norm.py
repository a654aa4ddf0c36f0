"""Normalization and scaling."""

from typing import Annotated

from specc.graph import TensorSpec, Weight
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import known, place, places, require_floats, require_min_rank
from specc.registry.types import Axis, Constraint, Initializer, Plain, Regularizer

Numbers = Annotated[
    float | list[float],
    Plain(
        {"type": ["number", "array"], "items": {"type": "number"}, "minItems": 1},
        lambda value: float(value) if isinstance(value, (int, float)) else [float(number) for number in value],
    ),
]


class BatchNormalization(Params):
    """Zero mean and unit variance over the batch while learning, over running averages afterwards.

    Input shape: (batch, ..., channels)
    Output shape: as the input
    Reference: Ioffe and Szegedy, Batch normalization, 2015, https://arxiv.org/abs/1502.03167
    """

    axis: int = param("Axis that keeps its own statistics: the channels.", default=-1)
    momentum: float = param("Share of the running averages that an update keeps, from 0 to 1.", default=0.99, minimum=0, maximum=1)
    epsilon: float = param("Added to the variance.", default=0.001, minimum=0)
    center: bool = param("Whether a learned offset, beta, is added.", default=True)
    scale: bool = param("Whether a learned factor, gamma, is applied; not needed where a linear layer or relu follows.", default=True)
    beta_initializer: Initializer = param("Initial offset.", default="zeros")
    gamma_initializer: Initializer = param("Initial factor.", default="ones")
    moving_mean_initializer: Initializer = param("Initial running mean.", default="zeros")
    moving_variance_initializer: Initializer = param("Initial running variance.", default="ones")
    beta_regularizer: Regularizer = param("Penalty on the offset.", default=None)
    gamma_regularizer: Regularizer = param("Penalty on the factor.", default=None)
    beta_constraint: Constraint = param("Projection of the offset after each update.", default=None)
    gamma_constraint: Constraint = param("Projection of the factor after each update.", default=None)
    synchronized: bool = param("Whether replicas share the statistics of the global batch.", default=False)


class LayerNormalization(Params):
    """Zero mean and unit variance within every example, over the given axes.

    Input shape: (batch, ..., channels)
    Output shape: as the input
    Reference: Ba et al., Layer normalization, 2016, https://arxiv.org/abs/1607.06450
    """

    axis: Axis = param("Axes over which the statistics are taken.", default=-1)
    epsilon: float = param("Added to the variance.", default=0.001, minimum=0)
    center: bool = param("Whether a learned offset, beta, is added.", default=True)
    scale: bool = param("Whether a learned factor, gamma, is applied.", default=True)
    beta_initializer: Initializer = param("Initial offset.", default="zeros")
    gamma_initializer: Initializer = param("Initial factor.", default="ones")
    beta_regularizer: Regularizer = param("Penalty on the offset.", default=None)
    gamma_regularizer: Regularizer = param("Penalty on the factor.", default=None)
    beta_constraint: Constraint = param("Projection of the offset after each update.", default=None)
    gamma_constraint: Constraint = param("Projection of the factor after each update.", default=None)


class GroupNormalization(Params):
    """Zero mean and unit variance within groups of channels of every example.

    Input shape: (batch, ..., channels)
    Output shape: as the input
    Reference: Wu and He, Group normalization, 2018, https://arxiv.org/abs/1803.08494
    """

    groups: int = param("Number of groups; divides the channels. -1 makes every channel a group.", default=32, minimum=-1)
    axis: int = param("Axis of the channels.", default=-1)
    epsilon: float = param("Added to the variance.", default=0.001, minimum=0)
    center: bool = param("Whether a learned offset, beta, is added.", default=True)
    scale: bool = param("Whether a learned factor, gamma, is applied.", default=True)
    beta_initializer: Initializer = param("Initial offset.", default="zeros")
    gamma_initializer: Initializer = param("Initial factor.", default="ones")
    beta_regularizer: Regularizer = param("Penalty on the offset.", default=None)
    gamma_regularizer: Regularizer = param("Penalty on the factor.", default=None)
    beta_constraint: Constraint = param("Projection of the offset after each update.", default=None)
    gamma_constraint: Constraint = param("Projection of the factor after each update.", default=None)


class RMSNormalization(Params):
    """Divides by the root mean square, and scales by a learned factor.

    Input shape: (batch, ..., channels)
    Output shape: as the input
    Reference: Zhang and Sennrich, Root mean square layer normalization, 2019, https://arxiv.org/abs/1910.07467
    """

    axis: Axis = param("Axes over which the mean square is taken.", default=-1)
    epsilon: float = param("Added to the mean square.", default=1e-6, minimum=0)


class UnitNormalization(Params):
    """Scales to an L2 norm of 1.

    Input shape: (batch, ...)
    Output shape: as the input
    """

    axis: Axis = param("Axes over which the norm is taken.", default=-1)


class Normalization(Params):
    """Subtracts a mean and divides by a standard deviation; without a mean both are learned from the training data, before training.

    Input shape: (batch, ..., channels)
    Output shape: as the input
    """

    axis: Axis | None = param("Axes that keep their own statistics; none takes one mean of all values.", default=-1)
    mean: Numbers | None = param("Mean, one number or one for each channel; given together with `variance`.", default=None)
    variance: Numbers | None = param("Variance, one number or one for each channel.", default=None)
    invert: bool = param("Whether to undo the normalization in place of doing it.", default=False)


class LocalResponseNormalization(Params):
    """Divides each value by the activity of the neighbouring channels at its place.

    `y = x / (bias + alpha * sum(neighbours ** 2)) ** beta`, the sum over `depth_radius` channels to each side, as in
    `tf.nn.local_response_normalization`. Caffe divides alpha by the window: its `local_size: 5, alpha: 1e-4` is
    `depth_radius: 2, alpha: 2e-5` here. AlexNet used `depth_radius: 2, bias: 2`.

    Input shape: (batch, ..., channels)
    Output shape: as the input
    Reference: Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012, section 3.3.
    """

    depth_radius: int = param("Channels to each side that are summed.", default=5, minimum=0)
    bias: float = param("Keeps the divisor away from 0.", default=1.0)
    alpha: float = param("Weight of the sum of squares.", default=1e-4)
    beta: float = param("Exponent of the divisor.", default=0.75)


class Rescaling(Params):
    """`x * scale + offset`; makes floating-point numbers of integers.

    Input shape: any
    Output shape: as the input
    """

    scale: Numbers = param("Factor, one number or one for each channel.")
    offset: Numbers = param("Added after scaling, one number or one for each channel.", default=0.0)


class Scale(Params):
    """Multiplies every channel by a learned number, as behind an L2 normalization.

    Input shape: (batch, ..., channels)
    Output shape: as the input
    Reference: Liu et al., ParseNet, 2015, https://arxiv.org/abs/1506.04579
    """

    initializer: Initializer = param("Initial factors.", default="ones")


@layer(
    "batch_normalization",
    keras="keras.layers.BatchNormalization",
    examples=[
        example((8, 8, 3)),
        example((None, 6), momentum=0.9, epsilon=1e-5, scale=False),
        example((4, 5, None), axis=1, center=False, gamma_regularizer="l2"),
        example((5,), gamma_initializer="zeros", synchronized=True),
        example((5,), dtype="int32"),
    ],
)
def batch_normalization(p: BatchNormalization, x: TensorSpec) -> Facts:
    require_min_rank("batch_normalization", x, 2, "batch, ..., channels")
    shape = (known("batch_normalization", x, place("batch_normalization", x.rank, p.axis), "channels"),)
    moving = [Weight("moving_mean", shape, trainable=False), Weight("moving_variance", shape, trainable=False)]
    return Facts(TensorSpec(x.shape), [*_affine(p, shape), *moving])


@layer(
    "layer_normalization",
    keras="keras.layers.LayerNormalization",
    examples=[
        example((None, 6)),
        example((4, 5, 6), axis=[1, 2, 3], epsilon=1e-6),
        example((5,), center=False),
        example((5,), scale=False),
    ],
)
def layer_normalization(p: LayerNormalization, x: TensorSpec) -> Facts:
    require_min_rank("layer_normalization", x, 2, "batch, ..., channels")
    places("layer_normalization", x.rank, p.axis)
    # Sizes matter only where there are weights along them.
    return Facts(TensorSpec(x.shape), _affine(p, _normalized("layer_normalization", x, p.axis)) if p.scale or p.center else [])


@layer(
    "group_normalization",
    keras="keras.layers.GroupNormalization",
    examples=[
        example((8, 8, 64)),
        example((None, 6), groups=3, scale=False),
        example((5, 6), groups=-1, center=False),
        example((6, 5, 4), axis=1, groups=2),
    ],
)
def group_normalization(p: GroupNormalization, x: TensorSpec) -> Facts:
    require_min_rank("group_normalization", x, 2, "batch, ..., channels")
    channels = known("group_normalization", x, place("group_normalization", x.rank, p.axis), "channels")
    groups = channels if p.groups == -1 else p.groups
    if groups < 1 or channels % groups:
        raise Mismatch(
            "E0305",
            f"`groups: {p.groups}` of `group_normalization` does not divide the input's channels, {channels}",
            help=f"use a divisor of {channels}, or -1 for a group a channel",
            argument="groups",
        )
    return Facts(TensorSpec(x.shape), _affine(p, (channels,)))


@layer(
    "rms_normalization", keras="keras.layers.RMSNormalization", examples=[example((None, 6)), example((4, 5), axis=[1, 2], epsilon=1e-5)]
)
def rms_normalization(p: RMSNormalization, x: TensorSpec) -> Facts:
    require_min_rank("rms_normalization", x, 2, "batch, ..., channels")
    require_floats("rms_normalization", x)
    axes = places("rms_normalization", x.rank, p.axis)
    if axes != tuple(range(x.rank - len(axes), x.rank)):
        # Keras 3.15 multiplies by the scale without bringing it to these axes, and fails, or scales along others.
        raise Mismatch(
            "E0305",
            f"`rms_normalization` goes over the last axes, in their order, and not over {p.axis}",
            help="bring the axes to the end with `permute`",
            argument="axis",
        )
    return Facts(TensorSpec(x.shape), [Weight("scale", _normalized("rms_normalization", x, p.axis))])


@layer("unit_normalization", keras="keras.layers.UnitNormalization", examples=[example((None, 6)), example((4, 5), axis=[1, 2])])
def unit_normalization(p: UnitNormalization, x: TensorSpec) -> Facts:
    places("unit_normalization", x.rank, p.axis)
    require_floats("unit_normalization", x)
    return Facts(TensorSpec(x.shape))


@layer(
    "normalization",
    keras="keras.layers.Normalization",
    examples=[
        example((8, 8, 3)),
        example((4, 5), axis=[1, 2]),
        example((5,), axis=None),
        example((None, 3), mean=[0.5, 0.4, 0.3], variance=[0.1, 0.2, 0.3]),
        example((8, 8, 3), mean=0.5, variance=0.25, invert=True),
    ],
)
def normalization(p: Normalization, x: TensorSpec) -> Facts:
    require_min_rank("normalization", x, 2, "batch, ..., channels")
    kept = tuple(sorted(places("normalization", x.rank, () if p.axis is None else p.axis)))
    shape = tuple(known("normalization", x, axis, "channels") for axis in kept)
    if (p.mean is None) != (p.variance is None):
        missing = "mean" if p.mean is None else "variance"
        raise Mismatch(
            "E0305", f"`normalization` takes `mean` and `variance` together, but `{missing}` is missing", help=f"give `{missing}` as well"
        )
    if p.mean is None:
        count = Weight("count", (), trainable=False)
        return Facts(TensorSpec(x.shape), [Weight("mean", shape, trainable=False), Weight("variance", shape, trainable=False), count])
    for name, numbers in (("mean", p.mean), ("variance", p.variance)):
        _fit("normalization", name, numbers, shape[-1] if shape else 1)
    if isinstance(p.mean, list) != isinstance(p.variance, list) or (isinstance(p.mean, list) and len(p.mean) != len(p.variance)):  # type: ignore[arg-type]
        raise Mismatch(
            "E0305",
            "`mean` and `variance` of `normalization` are not one number each, or as many",
            help="write both as one number, or both as lists of equal length",
            argument="variance",
        )
    return Facts(TensorSpec(x.shape))


@layer(
    "local_response_normalization",
    keras="specc.keras_backend.layers.local_response_normalization.LocalResponseNormalization",
    examples=[example((8, 8, 16)), example((None, None, 6), depth_radius=2, bias=2.0, alpha=1e-3, beta=0.5)],
)
def local_response_normalization(p: LocalResponseNormalization, x: TensorSpec) -> Facts:
    require_min_rank("local_response_normalization", x, 2, "batch, ..., channels")
    require_floats("local_response_normalization", x)
    known("local_response_normalization", x, -1, "channels")
    return Facts(TensorSpec(x.shape))


@layer(
    "rescaling",
    keras="keras.layers.Rescaling",
    examples=[
        example((8, 8, 3), scale=0.00392156862745098),
        example((8, 8, 3), dtype="uint8", scale=2, offset=-1),
        example((None, 8, 3), scale=[1.0, 2.0, 3.0], offset=[0.1, 0.2, 0.3]),
    ],
)
def rescaling(p: Rescaling, x: TensorSpec) -> Facts:
    for name, numbers in (("scale", p.scale), ("offset", p.offset)):
        _fit("rescaling", name, numbers, x.channels)
    return Facts(TensorSpec(x.shape))


@layer(
    "scale",
    keras="specc.keras_backend.layers.scale.Scale",
    examples=[example((8, 8, 3)), example((None, 6), initializer={"constant": {"value": 20.0}})],
)
def scale(p: Scale, x: TensorSpec) -> Facts:
    require_min_rank("scale", x, 2, "batch, ..., channels")
    require_floats("scale", x)
    return Facts(TensorSpec(x.shape), [Weight("scale", (known("scale", x, -1, "channels"),))])


def _affine(p: BatchNormalization | LayerNormalization | GroupNormalization, shape: tuple[int, ...]) -> list[Weight]:
    return [Weight(name, shape) for name, used in (("gamma", p.scale), ("beta", p.center)) if used]


def _normalized(word: str, x: TensorSpec, axis: int | tuple[int, ...]) -> tuple[int, ...]:
    """Sizes of the axes that are normalized over, in the order in which they were given."""
    return tuple(known(word, x, each, "values along each normalized axis") for each in places(word, x.rank, axis))


def _fit(word: str, argument: str, numbers: float | list[float] | None, channels: int | None) -> None:
    """Raises E0305 for a list that is not as long as the last axis."""
    if isinstance(numbers, list) and channels is not None and len(numbers) not in (1, channels):
        raise Mismatch(
            "E0305", f"`{argument}` of `{word}` has {len(numbers)} numbers, but the input has {channels} channels", argument=argument
        )
