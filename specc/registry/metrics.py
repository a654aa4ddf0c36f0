"""Metrics that training and evaluation report. Each is a mean over examples."""

from specc.registry.entry import Params, declare, param


@declare("metric", "accuracy", target="specc.objectives.metrics.accuracy")
class Accuracy(Params):
    """Share of examples whose highest score is at the label; for one score, or one for each label, of scores on the right side.

    Positions of dense labels (segmentation) count alike within an example.
    """


@declare("metric", "top_k_accuracy", target="specc.objectives.metrics.top_k_accuracy", examples=[{}, {"k": 3}])
class TopKAccuracy(Params):
    """Share of examples whose label is among the k highest scores."""

    k: int = param("How many scores count.", default=5, minimum=1)


@declare("metric", "mean_absolute_error", target="specc.objectives.metrics.mean_absolute_error")
class MeanAbsoluteError(Params):
    """Mean of |target - output|."""


@declare("metric", "mean_squared_error", target="specc.objectives.metrics.mean_squared_error")
class MeanSquaredError(Params):
    """Mean of (target - output)^2."""
