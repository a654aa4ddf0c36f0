"""Optimizers: Keras's, with Keras's arguments and defaults, and what Keras lacks."""

from specc.registry.entry import declare, param
from specc.registry.shared import OwnFirst


class Optimizer(OwnFirst):
    """What every optimizer takes. These arguments come after the optimizer's own, as in Keras."""

    weight_decay: float | None = param(
        "Share of every weight, but for biases and normalizations, taken off at each step, times the learning rate.",
        default=None,
        minimum=0,
    )
    clipnorm: float | None = param("Largest norm of one variable's gradient.", default=None, above=0)
    clipvalue: float | None = param("Largest absolute value of a gradient's element.", default=None, above=0)
    global_clipnorm: float | None = param("Largest norm of all gradients together.", default=None, above=0)
    use_ema: bool = param("Whether a running mean of the weights is kept, which measuring and the finished model take.", default=False)
    ema_momentum: float = param("Share of that mean that is kept at each step.", default=0.99, minimum=0, maximum=1)


@declare("optimizer", "sgd", target="keras.optimizers.SGD", examples=[{}, {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}])
class SGD(Optimizer):
    """Gradient descent, with momentum where it is asked.

    Formula: v = momentum * v - learning_rate * g; w = w + v; with Nesterov w = w + momentum * v - learning_rate * g.
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.01, minimum=0)
    momentum: float = param("Share of the last step that is kept.", default=0.0, minimum=0, maximum=1)
    nesterov: bool = param("Whether the gradient is looked at ahead, after the kept step.", default=False)


@declare("optimizer", "adagrad", target="keras.optimizers.Adagrad", examples=[{}, {"initial_accumulator_value": 0.0}])
class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients.

    Reference: Duchi et al., Adaptive subgradient methods, 2011, https://jmlr.org/papers/v12/duchi11a.html
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.001, minimum=0)
    initial_accumulator_value: float = param("Where the sum of squares starts.", default=0.1, minimum=0)
    epsilon: float = param("Added to the divisor.", default=1e-7, minimum=0)


@declare("optimizer", "rmsprop", target="keras.optimizers.RMSprop", examples=[{}, {"momentum": 0.9, "centered": True}])
class RMSprop(Optimizer):
    """Steps divided by the root of a running mean of squared gradients.

    Reference: Hinton, Neural networks for machine learning, lecture 6, 2012.
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.001, minimum=0)
    rho: float = param("Share of the running mean that is kept.", default=0.9, minimum=0, maximum=1)
    momentum: float = param("Share of the last step that is kept.", default=0.0, minimum=0, maximum=1)
    epsilon: float = param("Added to the divisor.", default=1e-7, minimum=0)
    centered: bool = param("Whether the gradients' running mean is taken off, so that their variance divides.", default=False)


@declare("optimizer", "adam", target="keras.optimizers.Adam", examples=[{}, {"beta_2": 0.98, "global_clipnorm": 1.0}])
class Adam(Optimizer):
    """Running means of the gradients, divided by the root of running means of their squares.

    Reference: Kingma and Ba, Adam: a method for stochastic optimization, 2014, https://arxiv.org/abs/1412.6980
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.001, minimum=0)
    beta_1: float = param("Share of the gradients' running mean that is kept.", default=0.9, minimum=0, maximum=1)
    beta_2: float = param("Share of the squares' running mean that is kept.", default=0.999, minimum=0, maximum=1)
    epsilon: float = param("Added to the divisor.", default=1e-7, minimum=0)
    amsgrad: bool = param("Whether the largest mean of squares so far divides.", default=False)


@declare("optimizer", "adamw", target="keras.optimizers.AdamW", examples=[{}, {"learning_rate": 1e-3, "weight_decay": 0.05}])
class AdamW(Optimizer):
    """Adam with weight decay that the division does not touch.

    Reference: Loshchilov and Hutter, Decoupled weight decay regularization, 2017, https://arxiv.org/abs/1711.05101
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.001, minimum=0)
    weight_decay: float = param(
        "Share of every weight, but for biases and normalizations, taken off at each step, times the learning rate.",
        default=0.004,
        minimum=0,
    )
    beta_1: float = param("Share of the gradients' running mean that is kept.", default=0.9, minimum=0, maximum=1)
    beta_2: float = param("Share of the squares' running mean that is kept.", default=0.999, minimum=0, maximum=1)
    epsilon: float = param("Added to the divisor.", default=1e-7, minimum=0)
    amsgrad: bool = param("Whether the largest mean of squares so far divides.", default=False)


class AdamLike(Optimizer):
    """What Adam's relatives take."""

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.001, minimum=0)
    beta_1: float = param("Share of the gradients' running mean that is kept.", default=0.9, minimum=0, maximum=1)
    beta_2: float = param("Share of the squares' running mean that is kept.", default=0.999, minimum=0, maximum=1)
    epsilon: float = param("Added to the divisor.", default=1e-7, minimum=0)


@declare("optimizer", "adamax", target="keras.optimizers.Adamax", examples=[{}, {"learning_rate": 0.002}])
class Adamax(AdamLike):
    """Adam with the largest gradient so far, which fades, in place of the mean of squares.

    Reference: Kingma and Ba, Adam: a method for stochastic optimization, 2014, section 7, https://arxiv.org/abs/1412.6980
    """


@declare("optimizer", "nadam", target="keras.optimizers.Nadam", examples=[{}, {"learning_rate": 0.002}])
class Nadam(AdamLike):
    """Adam that looks at the gradient ahead, as Nesterov's momentum does.

    Reference: Dozat, Incorporating Nesterov momentum into Adam, 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ
    """


@declare("optimizer", "lamb", target="keras.optimizers.Lamb", examples=[{}, {"learning_rate": 0.002, "weight_decay": 0.01}])
class Lamb(AdamLike):
    """Adam's steps in proportion to the norm of each variable: for batches of thousands.

    Reference: You et al., Large batch optimization for deep learning: training BERT in 76 minutes, 2019, https://arxiv.org/abs/1904.00962
    """


@declare("optimizer", "lion", target="keras.optimizers.Lion", examples=[{}, {"learning_rate": 1e-4, "weight_decay": 0.1}])
class Lion(Optimizer):
    """Steps of one size, whose signs are those of a running mean of gradients.

    Reference: Chen et al., Symbolic discovery of optimization algorithms, 2023, https://arxiv.org/abs/2302.06675
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.001, minimum=0)
    beta_1: float = param("Share of the running mean in the step.", default=0.9, minimum=0, maximum=1)
    beta_2: float = param("Share of the running mean that is kept.", default=0.99, minimum=0, maximum=1)


@declare("optimizer", "adafactor", target="keras.optimizers.Adafactor", examples=[{}, {"relative_step": False}])
class Adafactor(Optimizer):
    """Adam whose squares are kept by rows and columns: for little memory.

    Reference: Shazeer and Stern, Adafactor: adaptive learning rates with sublinear memory cost, 2018, https://arxiv.org/abs/1804.04235
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.001, minimum=0)
    beta_2_decay: float = param("Power of the steps by which the mean of squares fades.", default=-0.8, maximum=0)
    epsilon_1: float = param("Added to squares.", default=1e-30, minimum=0)
    epsilon_2: float = param("Least size of a variable, to which steps are in proportion.", default=1e-3, minimum=0)
    clip_threshold: float = param("Largest root mean square of a step.", default=1.0, above=0)
    relative_step: bool = param("Whether the rate is at most 1 over the root of the steps.", default=True)


@declare("optimizer", "adadelta", target="keras.optimizers.Adadelta", examples=[{}, {"learning_rate": 1.0}])
class Adadelta(Optimizer):
    """Steps in proportion to those before, divided by the root of a running mean of squared gradients.

    Reference: Zeiler, Adadelta: an adaptive learning rate method, 2012, https://arxiv.org/abs/1212.5701
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.001, minimum=0)
    rho: float = param("Share of the running means that is kept.", default=0.95, minimum=0, maximum=1)
    epsilon: float = param("Added to squares.", default=1e-7, minimum=0)


@declare(
    "optimizer",
    "lars",
    target="specc.training.optimizers.lars.LARS",
    examples=[{}, {"learning_rate": 1.2, "weight_decay": 1e-4, "exclude": ["bias", "gamma", "beta"]}],
)
class LARS(Optimizer):
    """Momentum, with steps in proportion to the norm of each variable: for batches of thousands.

    Formula: v = momentum * v + rate * trust * (g + decay * w); w = w - v, trust = trust_coefficient |w| / (|g| + decay |w| + epsilon)
    Reference: You et al., Large batch training of convolutional networks, 2017, https://arxiv.org/abs/1708.03888
    """

    learning_rate: float = param("Size of a step; a schedule starts from it.", default=0.1, minimum=0)
    momentum: float = param("Share of the last step that is kept.", default=0.9, minimum=0, maximum=1)
    trust_coefficient: float = param("How far a step may go, as a share of the variable's norm.", default=0.001, above=0)
    nesterov: bool = param("Whether the gradient is looked at ahead, after the kept step.", default=False)
    epsilon: float = param("Added to the divisor.", default=1e-8, minimum=0)
    exclude: list[str] = param(
        "Names, or globs of paths, of variables that are neither decayed nor scaled.", default=["bias", "gamma", "beta"]
    )
