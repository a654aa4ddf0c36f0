"""Activation functions of `keras.ops` as steps: those that have no layer. They own no weights."""

from collections.abc import Callable

from specc.graph import TensorSpec
from specc.registry.entry import Entry, Facts, Mismatch, Params, example, layer, param, register
from specc.registry.layers.checks import place, require_floats
from specc.registry.layers.dtypes import require_numbers

ANY = "\n\nInput shape: any\nOutput shape: as the input"


class Function(Params):
    """A function without arguments."""


FUNCTIONS = {
    "relu6": "Rectified linear unit that stops at 6: `min(max(x, 0), 6)`.",
    "selu": "Scaled exponential linear unit: keeps mean 0 and variance 1 from layer to layer, with `lecun_normal`.",
    "silu": "Sigmoid linear unit, or swish: `x * sigmoid(x)`.",
    "hard_silu": "Swish of straight lines: `x * min(max(x + 3, 0), 6) / 6`.",
    "sigmoid": "`1 / (1 + exp(-x))`, from 0 to 1.",
    "hard_sigmoid": "Sigmoid of straight lines: `min(max(x + 3, 0), 6) / 6`.",
    "log_sigmoid": "Logarithm of the sigmoid: `-softplus(-x)`.",
    "hard_tanh": "`min(max(x, -1), 1)`.",
    "softplus": "`log(1 + exp(x))`, above 0.",
    "softsign": "`x / (1 + |x|)`, from -1 to 1.",
    "sparse_plus": "0 up to -1, `(x + 1) ** 2 / 4` up to 1, `x` from there.",
    "sparse_sigmoid": "`(x + 1) / 2`, cut at 0 and 1.",
    "tanh_shrink": "`x - tanh(x)`.",
}


def _function(word: str) -> Callable[..., Facts]:
    return lambda p, x: _numbers(word, x) if word == "relu6" else _elementwise(word, x)


def _numbers(word: str, x: TensorSpec) -> Facts:
    require_numbers(word, x)
    return Facts(x)


def _elementwise(word: str, x: TensorSpec) -> Facts:
    require_floats(word, x)
    return Facts(x)


for name, text in FUNCTIONS.items():
    examples = [example((5, 8)), example((None,), dtype="float16")]
    register(Entry("layer", name, Function, f"keras.ops.{name}", examples, _function(name), doc=text + ANY))


class GELU(Params):
    """Gaussian error linear unit. As in `keras.ops` it is approximate unless it is told not to be, unlike `activation: gelu`.

    Input shape: any
    Output shape: as the input
    Reference: Hendrycks and Gimpel, Gaussian error linear units, 2016, https://arxiv.org/abs/1606.08415
    """

    approximate: bool = param("Whether tanh stands for the error function, as in BERT and GPT-2.", default=True)


class CELU(Params):
    """Exponential linear unit whose slope is continuous for every alpha: `max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)`.

    Input shape: any
    Output shape: as the input
    Reference: Barron, Continuously differentiable exponential linear units, 2017, https://arxiv.org/abs/1704.07483
    """

    alpha: float = param("Where the lower branch ends, negated; above 0.", default=1.0, above=0)


class Squareplus(Params):
    """`(x + sqrt(x ** 2 + b)) / 2`, above 0.

    Input shape: any
    Output shape: as the input
    Reference: Barron, Squareplus: a softplus-like algebraic rectifier, 2021, https://arxiv.org/abs/2112.11687
    """

    b: float = param("How round the corner at 0 is.", default=4, minimum=0)


class HardShrink(Params):
    """`x` beyond the threshold on either side, 0 between.

    Input shape: any
    Output shape: as the input
    """

    threshold: float = param("Size up to which values become 0.", default=0.5, minimum=0)


class SoftShrink(Params):
    """`x` nearer to 0 by the threshold, and 0 where it is smaller.

    Input shape: any
    Output shape: as the input
    """

    threshold: float = param("How far values move towards 0.", default=0.5, minimum=0)


class Threshold(Params):
    """`x` above the threshold, `default_value` up to it.

    Input shape: any
    Output shape: as the input
    """

    threshold: float = param("Value above which the input passes.")
    default_value: float = param("What stands for the others.")


class LogSoftmax(Params):
    """Logarithm of the softmax.

    Input shape: any
    Output shape: as the input
    """

    axis: int = param("Axis along which the exponentials sum to 1.", default=-1)


class Sparsemax(Params):
    """The nearest point that sums to 1 along an axis: a softmax that gives exact zeros.

    Input shape: any
    Output shape: as the input
    Reference: Martins and Astudillo, From softmax to sparsemax, 2016, https://arxiv.org/abs/1602.02068
    """

    axis: int = param("Axis along which the sum is 1.", default=-1)


class GLU(Params):
    """Gated linear unit: one half of an axis times the sigmoid of the other.

    Input shape: any, the axis even
    Output shape: as the input, the axis half as long
    Reference: Dauphin et al., Language modeling with gated convolutional networks, 2016, https://arxiv.org/abs/1612.08083
    """

    axis: int = param("Axis that is halved.", default=-1)


@layer("gelu", keras="keras.ops.gelu", examples=[example((5, 8)), example((None,), approximate=False)])
def gelu(p: GELU, x: TensorSpec) -> Facts:
    return _elementwise("gelu", x)


@layer("celu", keras="keras.ops.celu", examples=[example((5, 8)), example((None,), alpha=0.5)])
def celu(p: CELU, x: TensorSpec) -> Facts:
    return _elementwise("celu", x)


@layer("squareplus", keras="keras.ops.squareplus", examples=[example((5, 8)), example((None,), b=1)])
def squareplus(p: Squareplus, x: TensorSpec) -> Facts:
    return _elementwise("squareplus", x)


@layer("hard_shrink", keras="keras.ops.hard_shrink", examples=[example((5, 8)), example((None,), threshold=0.1)])
def hard_shrink(p: HardShrink, x: TensorSpec) -> Facts:
    return _elementwise("hard_shrink", x)


@layer("soft_shrink", keras="keras.ops.soft_shrink", examples=[example((5, 8)), example((None,), threshold=0.1)])
def soft_shrink(p: SoftShrink, x: TensorSpec) -> Facts:
    return _elementwise("soft_shrink", x)


@layer("threshold", keras="keras.ops.threshold", examples=[example((5, 8), threshold=0.5, default_value=0)])
def threshold(p: Threshold, x: TensorSpec) -> Facts:
    return _elementwise("threshold", x)


@layer("log_softmax", keras="keras.ops.log_softmax", examples=[example((5, 8)), example((None, 4), axis=1)])
def log_softmax(p: LogSoftmax, x: TensorSpec) -> Facts:
    place("log_softmax", x.rank, p.axis)
    return _elementwise("log_softmax", x)


@layer("sparsemax", keras="keras.ops.sparsemax", examples=[example((5, 8)), example((3, 4), axis=1)])
def sparsemax(p: Sparsemax, x: TensorSpec) -> Facts:
    place("sparsemax", x.rank, p.axis)
    return _elementwise("sparsemax", x)


@layer("glu", keras="keras.ops.glu", examples=[example((5, 8)), example((4, None), axis=1)])
def glu(p: GLU, x: TensorSpec) -> Facts:
    require_floats("glu", x)
    axis = place("glu", x.rank, p.axis)
    size = x.shape[axis]
    if axis == 0:
        raise Mismatch("E0305", "`glu` cannot halve the batch", help="count axes from 1", argument="axis")
    if size is None:
        raise Mismatch("E0304", f"`glu` needs a known size of axis {p.axis}, but got {x}", argument="axis")
    if size % 2:
        raise Mismatch("E0305", f"`glu` halves axis {p.axis} of {x}, which is odd", argument="axis")
    return Facts(x.with_shape(*x.shape[:axis], size // 2, *x.shape[axis + 1 :]))
