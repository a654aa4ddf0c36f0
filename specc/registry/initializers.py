"""Initial values of weights: Keras's initializers under Keras's names."""

from typing import Literal

from specc.registry.entry import Params, declare, param


@declare("initializer", "zeros", target="keras.initializers.Zeros", also=("zero",))
class Zeros(Params):
    """All values 0."""


@declare("initializer", "ones", target="keras.initializers.Ones", also=("one",))
class Ones(Params):
    """All values 1."""


# `keras.initializers.get("constant")` raises a KeyError in Keras 3.15, so the object is always made.
@declare("initializer", "constant", target="keras.initializers.Constant", examples=[{}, {"value": 20.0}], by_name=False)
class Constant(Params):
    """One value everywhere."""

    value: float = param("The value.", default=0.0)


@declare(
    "initializer",
    "random_normal",
    target="keras.initializers.RandomNormal",
    examples=[{}, {"stddev": 0.02, "seed": 1}],
    also=("normal", "gaussian"),
)
class RandomNormal(Params):
    """Normal distribution."""

    mean: float = param("Mean of the distribution.", default=0.0)
    stddev: float = param("Standard deviation of the distribution.", default=0.05, minimum=0)
    seed: int | None = param("Makes the values repeatable; none draws from the global generator.", default=None)


@declare(
    "initializer",
    "random_uniform",
    target="keras.initializers.RandomUniform",
    examples=[{}, {"minval": 0.0, "maxval": 1.0}],
    also=("uniform",),
)
class RandomUniform(Params):
    """Uniform distribution."""

    minval: float = param("Lower end of the range.", default=-0.05)
    maxval: float = param("Upper end of the range.", default=0.05)
    seed: int | None = param("Makes the values repeatable; none draws from the global generator.", default=None)


@declare("initializer", "truncated_normal", target="keras.initializers.TruncatedNormal", examples=[{}, {"stddev": 0.02}])
class TruncatedNormal(Params):
    """Normal distribution, values beyond two standard deviations drawn again."""

    mean: float = param("Mean of the distribution.", default=0.0)
    stddev: float = param("Standard deviation before truncation.", default=0.05, minimum=0)
    seed: int | None = param("Makes the values repeatable; none draws from the global generator.", default=None)


class Fans(Params):
    """What the initializers that scale with the fan-in or fan-out of a weight share."""

    seed: int | None = param("Makes the values repeatable; none draws from the global generator.", default=None)
    input_axes: list[int] | None = param("Axes of the weight that count as inputs; none takes all but the last.", default=None)
    output_axes: list[int] | None = param("Axes of the weight that count as outputs; none takes the last.", default=None)


@declare(
    "initializer",
    "variance_scaling",
    target="keras.initializers.VarianceScaling",
    examples=[{}, {"scale": 2.0, "mode": "fan_out", "distribution": "untruncated_normal"}],
)
class VarianceScaling(Params):
    """Random values whose variance is `scale` over the fan."""

    scale: float = param("Factor on the variance, above 0.", default=1.0, above=0)
    mode: Literal["fan_in", "fan_out", "fan_avg"] = param("Which fan divides: inputs, outputs, or their mean.", default="fan_in")
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform"] = param(
        "Form of the distribution.", default="truncated_normal"
    )
    seed: int | None = param("Makes the values repeatable; none draws from the global generator.", default=None)
    input_axes: list[int] | None = param("Axes of the weight that count as inputs; none takes all but the last.", default=None)
    output_axes: list[int] | None = param("Axes of the weight that count as outputs; none takes the last.", default=None)


@declare("initializer", "glorot_normal", target="keras.initializers.GlorotNormal", examples=[{}, {"seed": 3}], also=("xavier_normal",))
class GlorotNormal(Fans):
    """Truncated normal of variance 2 / (fan_in + fan_out).

    Reference: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """


@declare(
    "initializer",
    "glorot_uniform",
    target="keras.initializers.GlorotUniform",
    examples=[{}, {"seed": 3}],
    also=("xavier_uniform", "xavier"),
)
class GlorotUniform(Fans):
    """Uniform within the square root of 6 / (fan_in + fan_out).

    Reference: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """


@declare(
    "initializer",
    "he_normal",
    target="keras.initializers.HeNormal",
    examples=[{}, {"input_axes": [0, 1, 2]}],
    also=("kaiming_normal", "kaiming", "msra"),
)
class HeNormal(Fans):
    """Truncated normal of variance 2 / fan_in, for rectified units.

    Reference: He et al., Delving deep into rectifiers, 2015, https://arxiv.org/abs/1502.01852
    """


@declare("initializer", "he_uniform", target="keras.initializers.HeUniform", examples=[{}, {"seed": 3}], also=("kaiming_uniform",))
class HeUniform(Fans):
    """Uniform within the square root of 6 / fan_in, for rectified units.

    Reference: He et al., Delving deep into rectifiers, 2015, https://arxiv.org/abs/1502.01852
    """


@declare("initializer", "lecun_normal", target="keras.initializers.LecunNormal", examples=[{}, {"seed": 3}])
class LecunNormal(Fans):
    """Truncated normal of variance 1 / fan_in.

    Reference: LeCun et al., Efficient backprop, 1998.
    """


@declare("initializer", "lecun_uniform", target="keras.initializers.LecunUniform", examples=[{}, {"seed": 3}])
class LecunUniform(Fans):
    """Uniform within the square root of 3 / fan_in.

    Reference: LeCun et al., Efficient backprop, 1998.
    """


@declare("initializer", "orthogonal", target="keras.initializers.Orthogonal", examples=[{}, {"gain": 1.4}])
class Orthogonal(Params):
    """A random orthogonal matrix, from the QR decomposition of a normal one.

    Reference: Saxe et al., Exact solutions to the nonlinear dynamics of learning, 2013, https://arxiv.org/abs/1312.6120
    """

    gain: float = param("Factor on the matrix.", default=1.0)
    seed: int | None = param("Makes the values repeatable; none draws from the global generator.", default=None)


@declare("initializer", "identity", target="keras.initializers.Identity", examples=[{}, {"gain": 0.5}], also=("eye",))
class Identity(Params):
    """The identity matrix; only for weights of rank 2."""

    gain: float = param("Factor on the matrix.", default=1.0)
