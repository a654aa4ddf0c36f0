"""Layer-wise adaptive rate scaling."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="specc")
class LARS(keras.optimizers.Optimizer):
    """Momentum, with steps in proportion to the norm of each variable.

    Formula, for a variable w with the gradient g:
        trust = trust_coefficient |w| / (|g| + weight_decay |w| + epsilon), or 1 where |w| or |g| is 0
        v = momentum * v + learning_rate * trust * (g + weight_decay * w)
        w = w - v, or with Nesterov w = w - momentum * v - learning_rate * trust * (g + weight_decay * w)
    Variables that are excluded have trust 1 and no decay: plain momentum.

    Args:
        exclude: globs of names, or of paths, of variables: `bias`, `*/gamma`.

    Reference: You et al., Large batch training of convolutional networks, 2017, https://arxiv.org/abs/1708.03888
    """

    def __init__(
        self,
        learning_rate: Any = 0.1,
        momentum: float = 0.9,
        trust_coefficient: float = 0.001,
        nesterov: bool = False,
        epsilon: float = 1e-8,
        exclude: Sequence[str] = ("bias", "gamma", "beta"),
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        name: str = "lars",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            name=name,
            **kwargs,
        )
        self.momentum, self.trust_coefficient, self.nesterov, self.epsilon = momentum, trust_coefficient, nesterov, epsilon
        self.exclude, self.decay = list(exclude), weight_decay or 0.0  # Keras's own `weight_decay` would be outside the trust

    def build(self, variables: list[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        self._excluded = [self._is_excluded(variable) for variable in variables]

    def _is_excluded(self, variable: Any) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.exclude for name in (variable.name, variable.path))

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        velocity = self._velocities[index]
        rate, gradient = ops.cast(learning_rate, variable.dtype), ops.cast(gradient, variable.dtype)
        step = rate * gradient
        if not self._excluded[index]:
            weight = ops.convert_to_tensor(variable)
            norm, slope = ops.sqrt(ops.sum(ops.square(weight))), ops.sqrt(ops.sum(ops.square(gradient)))
            trust = self.trust_coefficient * norm / (slope + self.decay * norm + self.epsilon)
            step = rate * ops.where((norm > 0) & (slope > 0), trust, 1.0) * (gradient + self.decay * weight)
        moved = self.momentum * velocity + step
        self.assign(velocity, moved)
        self.assign_sub(variable, self.momentum * moved + step if self.nesterov else moved)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "trust_coefficient": self.trust_coefficient,
            "nesterov": self.nesterov,
            "epsilon": self.epsilon,
            "exclude": self.exclude,
            "weight_decay": self.decay,
        }
