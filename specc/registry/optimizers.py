"""Optimizers: Keras's, with Keras's arguments and defaults, and what Keras lacks."""

from specc.registry.entry import declare, param
from specc.registry.shared import OwnFirst


class Optimizer(OwnFirst):
    """What every optimizer takes. These arguments come after the optimizer's own, as in Keras."""

    weight_decay: float | None = param("Share of every weight taken off at each step, times the learning rate.", default=None, minimum=0)
    clipnorm: float | None = param("Largest norm of one variable's gradient.", default=None, above=0)
    clipvalue: float | None = param("Largest absolute value of a gradient's element.", default=None, above=0)
    global_clipnorm: float | None = param("Largest norm of all gradients together.", default=None, above=0)


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
    weight_decay: float = param("Share of every weight taken off at each step, times the learning rate.", default=0.004, minimum=0)
    beta_1: float = param("Share of the gradients' running mean that is kept.", default=0.9, minimum=0, maximum=1)
    beta_2: float = param("Share of the squares' running mean that is kept.", default=0.999, minimum=0, maximum=1)
    epsilon: float = param("Added to the divisor.", default=1e-7, minimum=0)
    amsgrad: bool = param("Whether the largest mean of squares so far divides.", default=False)


@declare(
    "optimizer",
    "lars",
    target="specc.training.optimizers.lars.LARS",
    examples=[{}, {"learning_rate": 1.2, "weight_decay": 1e-4, "exclude": ["bias", "gamma", "beta"]}],
    pending=True,
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
    exclude: list[str] = param("Names of variables that are neither decayed nor scaled.", default=["bias", "gamma", "beta"])
