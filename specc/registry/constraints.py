"""Projections of weights after each update."""

from specc.registry.entry import Params, declare, param
from specc.registry.types import Axis


@declare("constraint", "max_norm", target="keras.constraints.MaxNorm", examples=[{}, {"max_value": 3, "axis": [0, 1, 2]}])
class MaxNorm(Params):
    """Scales down what has a norm above `max_value`.

    Reference: Srivastava et al., Dropout, 2014.
    """

    max_value: float = param("Largest norm that is left alone.", default=2, above=0)
    axis: Axis = param("Axes over which the norm is taken: [0, 1, 2] for a 2-D convolution's kernel.", default=0)


@declare("constraint", "non_neg", target="keras.constraints.NonNeg", also=("non_negative",))
class NonNeg(Params):
    """Sets negative weights to 0."""


@declare("constraint", "unit_norm", target="keras.constraints.UnitNorm", examples=[{}, {"axis": [0, 1, 2]}])
class UnitNorm(Params):
    """Scales to norm 1."""

    axis: Axis = param("Axes over which the norm is taken.", default=0)


@declare("constraint", "min_max_norm", target="keras.constraints.MinMaxNorm", examples=[{}, {"min_value": 0.5, "rate": 0.9}])
class MinMaxNorm(Params):
    """Scales towards a norm between two bounds."""

    min_value: float = param("Smallest norm.", default=0.0, minimum=0)
    max_value: float = param("Largest norm.", default=1.0, above=0)
    rate: float = param("Share of the way that one update goes, up to 1 for all of it.", default=1.0, above=0, maximum=1)
    axis: Axis = param("Axes over which the norm is taken.", default=0)
