"""Schedules of the learning rate, from the optimizer's `learning_rate` on. All of them can warm up."""

from typing import Literal

from specc.registry.entry import declare, param
from specc.registry.shared import OwnFirst


class Schedule(OwnFirst):
    """What every schedule takes, after its own arguments."""

    warmup_epochs: float = param(
        "Epochs in which the rate rises evenly to the optimizer's; part of an epoch counts.", default=0.0, minimum=0
    )
    warmup_steps: int | None = param("The same in steps; takes the place of `warmup_epochs`.", default=None, minimum=0)


@declare("schedule", "constant", target="specc.training.schedules.constant", examples=[{}, {"warmup_steps": 100}])
class Constant(Schedule):
    """The optimizer's learning rate throughout, after the warm-up.

    Formula: rate = peak * (step + 1) / warmup while step < warmup, steps counted from 0; then peak.
    """


@declare("schedule", "cosine", target="specc.training.schedules.cosine", examples=[{}, {"warmup_epochs": 5, "alpha": 0.01}])
class Cosine(Schedule):
    """Half a cosine from the optimizer's learning rate down to `alpha` times it, over what the warm-up leaves of the run.

    Formula: rate = peak * (alpha + (1 - alpha) * (1 + cos(pi * done)) / 2), done from 0 to 1 after the warm-up.
    Reference: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2016, https://arxiv.org/abs/1608.03983
    """

    alpha: float = param("What is left of the rate at the end.", default=0.0, minimum=0, maximum=1)


@declare(
    "schedule", "piecewise", target="specc.training.schedules.piecewise", examples=[{"epochs": [30, 60]}, {"epochs": [2], "factor": 0.5}]
)
class Piecewise(Schedule):
    """The rate times `factor` at the beginning of each of the given epochs.

    Reference: He et al., Deep residual learning, 2015, https://arxiv.org/abs/1512.03385
    """

    epochs: list[float] = param("Epochs after which the rate falls, counted from the start of the run, or of its stage.", default=[])
    steps: list[int] = param("The same in steps; with them epochs are not needed.", default=[])
    factor: float = param("What each fall multiplies the rate by.", default=0.1, above=0)


@declare("schedule", "linear", target="specc.training.schedules.linear", examples=[{}, {"warmup_epochs": 5, "alpha": 0.1}])
class Linear(Schedule):
    """An even fall from the optimizer's learning rate to `alpha` times it, over what the warm-up leaves of the run.

    Formula: rate = peak * (alpha + (1 - alpha) * (1 - done)), done from 0 to 1 after the warm-up.
    """

    alpha: float = param("What is left of the rate at the end.", default=0.0, minimum=0, maximum=1)


@declare("schedule", "polynomial", target="specc.training.schedules.polynomial", examples=[{}, {"power": 0.9}])
class Polynomial(Schedule):
    """A fall by a power of what is left of the run, after the warm-up.

    Formula: rate = peak * (alpha + (1 - alpha) * (1 - done)^power), done from 0 to 1 after the warm-up.
    """

    power: float = param("The power.", default=2.0, above=0)
    alpha: float = param("What is left of the rate at the end.", default=0.0, minimum=0, maximum=1)


@declare(
    "schedule",
    "exponential",
    target="specc.training.schedules.exponential",
    examples=[{}, {"decay_rate": 0.94, "decay_epochs": 2, "staircase": True}, {"decay_steps": 1000}],
)
class Exponential(Schedule):
    """The rate times `decay_rate` in every so many epochs or steps after the warm-up, evenly or all at once.

    Formula: rate = peak * decay_rate^(step / decay_steps), the power rounded down for a staircase.
    """

    decay_rate: float = param("What the rate is multiplied by.", default=0.96, above=0)
    decay_epochs: float = param("Epochs in which it is; part of an epoch counts.", default=1.0, above=0)
    decay_steps: int | None = param("The same in steps; takes the place of `decay_epochs`.", default=None, minimum=1)
    staircase: bool = param("Whether it is multiplied at the end of them all at once.", default=False)


@declare(
    "schedule",
    "cosine_restarts",
    target="specc.training.schedules.cosine_restarts",
    examples=[{}, {"first_epochs": 5, "t_mul": 1.0, "m_mul": 0.8}, {"first_steps": 1000}],
)
class CosineRestarts(Schedule):
    """Half a cosine, begun again and again after the warm-up, each time longer and from another rate.

    Formula: rate = peak * (alpha + (1 - alpha) * m_mul^i * (1 + cos(pi * done)) / 2) in the i-th of them, counted from 0, done
    from 0 to 1 in each, which takes first_steps * t_mul^i steps.
    Reference: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2016, https://arxiv.org/abs/1608.03983
    """

    first_epochs: float = param("Epochs of the first; part of an epoch counts.", default=10.0, above=0)
    first_steps: int | None = param("The same in steps; takes the place of `first_epochs`.", default=None, minimum=1)
    t_mul: float = param("How much longer each is than the one before.", default=2.0, minimum=1)
    m_mul: float = param("What each height above the end is of the one before.", default=1.0, above=0, maximum=1)
    alpha: float = param("What is left of the rate at the end of each.", default=0.0, minimum=0, maximum=1)


@declare(
    "schedule",
    "reduce_on_plateau",
    target="specc.training.schedules.reduce_on_plateau",
    examples=[{}, {"monitor": "val_accuracy", "factor": 0.5, "patience": 3}],
    also=["reduce_lr_on_plateau", "plateau"],
)
class ReduceOnPlateau(Schedule):
    """The optimizer's learning rate, times `factor` whenever a metric gets no better. Keras's `ReduceLROnPlateau`.

    The metric is looked at after each epoch, also while the rate is warming up.
    """

    monitor: str = param("The metric that is watched: `val_loss`, `val_accuracy`, `loss`.", default="val_loss")
    factor: float = param("What each fall multiplies the rate by.", default=0.1, above=0, below=1)
    patience: int = param("Epochs in a row that may be no better.", default=10, minimum=1)
    min_delta: float = param("By how much a metric must be better to count.", default=1e-4, minimum=0)
    cooldown: int = param("Epochs after a fall in which nothing is counted.", default=0, minimum=0)
    mode: Literal["auto", "min", "max"] = param(
        "Whether less or more is better; auto: less of losses and errors, more of others.", default="auto"
    )
    min_lr: float = param("What the rate does not fall below.", default=0.0, minimum=0)


@declare("schedule", "inverse_square_root", target="specc.training.schedules.inverse_square_root", examples=[{"warmup_steps": 4000}])
class InverseSquareRoot(Schedule):
    """An even rise to the optimizer's learning rate, then a fall with the root of the steps: the transformer's schedule.

    Formula: rate = peak * min((step + 1) / warmup, sqrt(warmup / (step + 1))), steps counted from 0. The paper's is the one with
    the peak (width * warmup)^-0.5.
    Reference: Vaswani et al., Attention is all you need, 2017, section 5.3, https://arxiv.org/abs/1706.03762
    """

    warmup_steps: int = param("Steps in which the rate rises.", minimum=1)
