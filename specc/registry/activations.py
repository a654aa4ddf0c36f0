"""Functions applied to the output of a layer, by the names that `keras.activations` has for them.

A bare name lowers to itself. With arguments it lowers to Keras's layer of that function, which any Keras loads from a
file; where Keras has no such layer, to a layer of ours.
"""

from collections.abc import Callable, Mapping
from typing import Any

from specc.graph import KerasCall
from specc.registry.entry import Entry, Params, declare, lowered, param, register
from specc.registry.types import Axis

LAYERS = {
    "relu": "keras.layers.ReLU",
    "leaky_relu": "keras.layers.LeakyReLU",
    "elu": "keras.layers.ELU",
    "softmax": "keras.layers.Softmax",
}
OWN = "specc.keras_backend.layers.activation_function.ActivationFunction"

ALSO = {"silu": ("swish",), "hard_silu": ("hard_swish",), "sigmoid": ("logistic",), "exponential": ("exp",)}


def _activation(name: str, *examples: Mapping[str, Any], by_name: bool = True) -> Callable[[type], type]:
    """Declares a function of `keras.activations` with arguments."""

    def lower(params: Params) -> KerasCall:
        given = {key: lowered(value) for key, value in params.given().items()}
        if not given:
            return KerasCall(f"keras.activations.{name}")
        return KerasCall(LAYERS[name], (), given) if name in LAYERS else KerasCall(OWN, (name,), given)

    return declare("activation", name, target=f"keras.activations.{name}", examples=examples, lower=lower, by_name=by_name)


class Function(Params):
    """A function without arguments."""


# One class for all of them: to make thirty would take longer than to check a small spec.
FUNCTIONS = {
    "linear": "The input itself.",
    "relu6": (
        "Rectified linear unit that stops at 6: `min(max(x, 0), 6)`.\n\n"
        "Reference: Howard et al., MobileNets, 2017, https://arxiv.org/abs/1704.04861"
    ),
    "selu": (
        "Scaled exponential linear unit: keeps mean 0 and variance 1 from layer to layer, with `lecun_normal`.\n\n"
        "Reference: Klambauer et al., Self-normalizing neural networks, 2017, https://arxiv.org/abs/1706.02515"
    ),
    "silu": (
        "Sigmoid linear unit, or swish: `x * sigmoid(x)`.\n\n"
        "Reference: Ramachandran et al., Searching for activation functions, 2017, https://arxiv.org/abs/1710.05941"
    ),
    "hard_silu": (
        "Swish of straight lines: `x * min(max(x + 3, 0), 6) / 6`.\n\n"
        "Reference: Howard et al., Searching for MobileNetV3, 2019, https://arxiv.org/abs/1905.02244"
    ),
    "mish": (
        "`x * tanh(softplus(x))`.\n\n"
        "Reference: Misra, Mish: a self regularized non-monotonic activation function, 2019, https://arxiv.org/abs/1908.08681"
    ),
    "sigmoid": "`1 / (1 + exp(-x))`, from 0 to 1.",
    "hard_sigmoid": "Sigmoid of straight lines: `min(max(x + 3, 0), 6) / 6`.",
    "log_sigmoid": "Logarithm of the sigmoid: `-softplus(-x)`.",
    "tanh": "Hyperbolic tangent, from -1 to 1.",
    "hard_tanh": "`min(max(x, -1), 1)`.",
    "softplus": "`log(1 + exp(x))`, above 0.",
    "softsign": "`x / (1 + |x|)`, from -1 to 1.",
    "exponential": "`exp(x)`.",
    "sparse_plus": "0 up to -1, `(x + 1) ** 2 / 4` up to 1, `x` from there.",
    "sparse_sigmoid": "`(x + 1) / 2`, cut at 0 and 1.",
    "tanh_shrink": "`x - tanh(x)`.",
}

for name, doc in FUNCTIONS.items():
    register(Entry("activation", name, Function, f"keras.activations.{name}", ({},), doc=doc, also=ALSO.get(name, ())))


@_activation("relu", {}, {"negative_slope": 0.1, "max_value": 6.0})
class ReLU(Params):
    """Rectified linear unit: `max(x, 0)`, with a slope below, a ceiling and a threshold where they are asked."""

    negative_slope: float = param("Slope below the threshold.", default=0.0, minimum=0)
    max_value: float | None = param("Largest output; none for no limit.", default=None, minimum=0)
    threshold: float = param("Value from which the input passes.", default=0.0, minimum=0)


@_activation("leaky_relu", {}, {"negative_slope": 0.1})
class LeakyReLU(Params):
    """Rectified linear unit with a small slope below 0.

    Reference: Maas et al., Rectifier nonlinearities improve neural network acoustic models, 2013.
    """

    negative_slope: float = param("Slope below 0; the layer `leaky_relu` has 0.3.", default=0.2, minimum=0)


@_activation("elu", {}, {"alpha": 0.5})
class ELU(Params):
    """Exponential linear unit: `x` above 0, `alpha * (exp(x) - 1)` below.

    Reference: Clevert et al., Fast and accurate deep network learning by exponential linear units, 2015, https://arxiv.org/abs/1511.07289
    """

    alpha: float = param("Where the lower branch ends, negated.", default=1.0)


@_activation("celu", {}, {"alpha": 0.5})
class CELU(Params):
    """Exponential linear unit whose slope is continuous for every alpha: `max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)`.

    Reference: Barron, Continuously differentiable exponential linear units, 2017, https://arxiv.org/abs/1704.07483
    """

    alpha: float = param("Where the lower branch ends, negated; above 0.", default=1.0, above=0)


@_activation("gelu", {}, {"approximate": True})
class GELU(Params):
    """Gaussian error linear unit: `x` times the share of a standard normal distribution below `x`.

    Reference: Hendrycks and Gimpel, Gaussian error linear units, 2016, https://arxiv.org/abs/1606.08415
    """

    approximate: bool = param("Whether tanh stands for the error function, as in BERT and GPT-2.", default=False)


@_activation("squareplus", {}, {"b": 1})
class Squareplus(Params):
    """`(x + sqrt(x ** 2 + b)) / 2`, above 0.

    Reference: Barron, Squareplus: a softplus-like algebraic rectifier, 2021, https://arxiv.org/abs/2112.11687
    """

    b: float = param("How round the corner at 0 is.", default=4, minimum=0)


@_activation("softmax", {}, {"axis": 1})
class Softmax(Params):
    """Exponentials that sum to 1 along an axis."""

    axis: Axis = param("Axis or axes along which the sum is 1.", default=-1)


@_activation("log_softmax", {}, {"axis": 1})
class LogSoftmax(Params):
    """Logarithm of the softmax."""

    axis: int = param("Axis along which the exponentials sum to 1.", default=-1)


@_activation("sparsemax", {}, {"axis": 1})
class Sparsemax(Params):
    """The nearest point that sums to 1 along an axis: a softmax that gives exact zeros.

    Reference: Martins and Astudillo, From softmax to sparsemax, 2016, https://arxiv.org/abs/1602.02068
    """

    axis: int = param("Axis along which the sum is 1.", default=-1)


@_activation("hard_shrink", {}, {"threshold": 0.1})
class HardShrink(Params):
    """`x` beyond the threshold on either side, 0 between."""

    threshold: float = param("Size up to which values become 0.", default=0.5, minimum=0)


@_activation("soft_shrink", {}, {"threshold": 0.1})
class SoftShrink(Params):
    """`x` nearer to 0 by the threshold, and 0 where it is smaller."""

    threshold: float = param("How far values move towards 0.", default=0.5, minimum=0)


@_activation("threshold", {"threshold": 0.5, "default_value": -1.0}, by_name=False)
class Threshold(Params):
    """`x` above the threshold, `default_value` up to it."""

    threshold: float = param("Value above which the input passes.")
    default_value: float = param("What stands for the others.")
