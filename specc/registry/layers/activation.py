"""Activation functions as layers."""

from specc.graph import TensorSpec, Weight
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import known, places, require_floats, require_min_rank
from specc.registry.types import Activation as ActivationName
from specc.registry.types import Axis, Constraint, Initializer, Regularizer


class Activation(Params):
    """A function of `keras.activations`, by its name.

    Input shape: any
    Output shape: as the input
    """

    activation: ActivationName = param("The function, by its name or with arguments.")


class ReLU(Params):
    """Rectified linear unit: `max(x, 0)`, with a slope below, a threshold and a ceiling where they are asked.

    Input shape: any
    Output shape: as the input
    """

    max_value: float | None = param("Largest output; none for no limit.", default=None, minimum=0)
    negative_slope: float = param("Slope below the threshold.", default=0.0, minimum=0)
    threshold: float = param("Value from which the input passes.", default=0.0, minimum=0)


class LeakyReLU(Params):
    """Rectified linear unit with a small slope below 0.

    Input shape: any
    Output shape: as the input
    Reference: Maas et al., Rectifier nonlinearities improve neural network acoustic models, 2013.
    """

    negative_slope: float = param("Slope below 0.", default=0.3, minimum=0)


class PReLU(Params):
    """Rectified linear unit whose slope below 0 is learned, one for every value of an example.

    Input shape: (batch, ...)
    Output shape: as the input
    Reference: He et al., Delving deep into rectifiers, 2015, https://arxiv.org/abs/1502.01852
    """

    alpha_initializer: Initializer = param("Initial slope.", default="zeros")
    alpha_regularizer: Regularizer = param("Penalty on the slope.", default=None)
    alpha_constraint: Constraint = param("Projection of the slope after each update.", default=None)
    shared_axes: list[int] | None = param("Axes that share one slope: [1, 2] gives an image one for each channel.", default=None)


class ELU(Params):
    """Exponential linear unit: `x` above 0, `alpha * (exp(x) - 1)` below.

    Input shape: any
    Output shape: as the input
    Reference: Clevert et al., Fast and accurate deep network learning by exponential linear units, 2015, https://arxiv.org/abs/1511.07289
    """

    alpha: float = param("Where the lower branch ends, negated.", default=1.0)


class Softmax(Params):
    """Exponentials that sum to 1 along an axis.

    Input shape: any
    Output shape: as the input
    """

    axis: Axis = param("Axis or axes along which the sum is 1.", default=-1)


@layer(
    "activation",
    keras="keras.layers.Activation",
    examples=[example((8, 8, 3), activation="relu"), example((5,), activation="softmax"), example((None, 4), activation="gelu")],
)
def activation(p: Activation, x: TensorSpec) -> Facts:
    return _elementwise("activation", x)


@layer("relu", keras="keras.layers.ReLU", examples=[example((8, 8, 3)), example((5,), max_value=6, negative_slope=0.1, threshold=0.5)])
def relu(p: ReLU, x: TensorSpec) -> Facts:
    return _elementwise("relu", x)


@layer("leaky_relu", keras="keras.layers.LeakyReLU", examples=[example((8, 8, 3)), example((5,), negative_slope=0.1)])
def leaky_relu(p: LeakyReLU, x: TensorSpec) -> Facts:
    return _elementwise("leaky_relu", x)


@layer(
    "prelu",
    keras="keras.layers.PReLU",
    examples=[
        example((5, 4)),
        example((None, 8, 3), shared_axes=[1, 2]),
        example((6,), alpha_initializer={"constant": {"value": 0.25}}, alpha_regularizer="l2"),
    ],
)
def prelu(p: PReLU, x: TensorSpec) -> Facts:
    require_min_rank("prelu", x, 2, "batch, ...")
    require_floats("prelu", x)
    if any(axis < 1 for axis in p.shared_axes or ()):
        raise Mismatch("E0305", f"`shared_axes: {p.shared_axes}` of `prelu` must count from 1, after the batch", argument="shared_axes")
    shared = places("prelu", x.rank, p.shared_axes or (), "shared_axes")
    shape = tuple(
        1 if axis in shared else known("prelu", x, axis, "values along each axis that `shared_axes` leaves out")
        for axis in range(1, x.rank)
    )
    return Facts(TensorSpec(x.shape), [Weight("alpha", shape)])


@layer("elu", keras="keras.layers.ELU", examples=[example((8, 8, 3)), example((5,), alpha=0.5)])
def elu(p: ELU, x: TensorSpec) -> Facts:
    return _elementwise("elu", x)


@layer("softmax", keras="keras.layers.Softmax", examples=[example((8, 3)), example((8, 3), axis=1), example((4, 8, 3), axis=[1, 2])])
def softmax(p: Softmax, x: TensorSpec) -> Facts:
    places("softmax", x.rank, p.axis)
    return _elementwise("softmax", x)


def _elementwise(word: str, x: TensorSpec) -> Facts:
    require_floats(word, x)
    return Facts(TensorSpec(x.shape))
