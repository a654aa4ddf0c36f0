"""Losses of a head against a target. Names and arguments are Keras's where Keras has the loss.

Whether a head gives logits or probabilities is read from the network, and whether labels are integers or one-hot from
the data: neither is an argument.
"""

from typing import ClassVar

from specc.registry.entry import Choice, declare, param
from specc.registry.shared import OwnFirst


class Loss(OwnFirst):
    """What every loss takes, after its own arguments.

    `labels` tells losses of classes (`classes`: one of many; `binary`: each score for itself) from those of values;
    `metrics` are reported where the spec names none. `by_position` tells whether positions have values of their own.
    """

    labels: ClassVar[str | None] = None
    by_position: ClassVar[bool] = True
    metrics: ClassVar[tuple[str, ...]] = ()

    weight: float = param("Factor of the loss in the sum of all losses.", default=1.0, minimum=0)
    target: str | None = param("The batch's field to compare with; none takes the one named like the head, or the only one.", default=None)
    sample_weight: str | None = param("The batch's field that says how much each example, or position, counts; none: 1.", default=None)


def loss_params(choice: Choice) -> Loss:
    """The parameters of a loss that was chosen."""
    assert isinstance(choice.params, Loss)
    return choice.params


class ClassLoss(Loss):
    """A loss whose targets are classes."""

    labels = "classes"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy",)

    class_weight: list[float] | None = param(
        "How much an example, or position, of each class counts, in their order; none: 1.", default=None
    )


class BinaryLoss(Loss):
    """A loss whose targets are 0 or 1 for each score."""

    labels = "binary"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy",)


@declare(
    "loss",
    "softmax_cross_entropy",
    target="specc.objectives.classification.softmax_cross_entropy",
    examples=[{}, {"label_smoothing": 0.1}],
    also=["categorical_crossentropy", "sparse_categorical_crossentropy", "cross_entropy", "crossentropy"],
)
class SoftmaxCrossEntropy(ClassLoss):
    """Cross-entropy of the label's class under the softmax of the scores.

    Formula: -sum over j of t_j log softmax(s)_j, t the one-hot label, smoothed to (1 - a) t + a / classes
    Targets: integers (batch, ...), or one-hot (batch, ..., classes)
    """

    label_smoothing: float = param("Share of the label that goes to all classes evenly.", default=0.0, minimum=0, below=1)


@declare(
    "loss",
    "sigmoid_cross_entropy",
    target="specc.objectives.classification.sigmoid_cross_entropy",
    examples=[{}, {"label_smoothing": 0.1}],
    also=["binary_crossentropy", "binary_cross_entropy"],
)
class SigmoidCrossEntropy(BinaryLoss):
    """Cross-entropy of each score's own yes or no under its sigmoid, the mean over the scores.

    Formula: -t log sigmoid(s) - (1 - t) log(1 - sigmoid(s)), t smoothed to (1 - a) t + a / 2
    Targets: 0 or 1 for each score; for one score (batch,); integers stand for one class of many
    """

    label_smoothing: float = param("Share of the target that goes to both answers evenly.", default=0.0, minimum=0, below=1)


@declare(
    "loss",
    "categorical_focal_crossentropy",
    target="specc.objectives.classification.categorical_focal_crossentropy",
    examples=[{}, {"gamma": 1.0}],
)
class CategoricalFocalCrossEntropy(ClassLoss):
    """Softmax cross-entropy in which well-recognised examples count less.

    Formula: -alpha sum over j of (1 - p_j)^gamma t_j log p_j
    Reference: Lin et al., Focal loss for dense object detection, 2017, https://arxiv.org/abs/1708.02002
    """

    alpha: float = param("Factor.", default=0.25, minimum=0)
    gamma: float = param("How much less well-recognised examples count.", default=2.0, minimum=0)
    label_smoothing: float = param("Share of the label that goes to all classes evenly.", default=0.0, minimum=0, below=1)


@declare(
    "loss",
    "categorical_generalized_cross_entropy",
    target="specc.objectives.classification.categorical_generalized_cross_entropy",
    examples=[{}, {"q": 0.7}],
)
class CategoricalGeneralizedCrossEntropy(ClassLoss):
    """Between cross-entropy (q to 0) and the absolute error (q = 1): wrong labels pull less.

    Formula: (1 - p_y^q) / q, p_y the probability of the label's class
    Reference: Zhang and Sabuncu, Generalized cross entropy loss, 2018, https://arxiv.org/abs/1805.07836
    """

    q: float = param("How little wrong labels pull.", default=0.5, above=0, below=1)


@declare(
    "loss", "binary_focal_crossentropy", target="specc.objectives.classification.binary_focal_crossentropy", examples=[{}, {"gamma": 1.0}]
)
class BinaryFocalCrossEntropy(BinaryLoss):
    """Sigmoid cross-entropy in which well-recognised examples count less.

    Formula: -(1 - p_t)^gamma log p_t, p_t the probability of the right answer; with class balancing times alpha for yes, 1 - alpha for no
    Reference: Lin et al., Focal loss for dense object detection, 2017, https://arxiv.org/abs/1708.02002
    """

    apply_class_balancing: bool = param("Whether alpha weighs the two answers.", default=False)
    alpha: float = param("Weight of yes; no has 1 - alpha.", default=0.25, minimum=0, maximum=1)
    gamma: float = param("How much less well-recognised examples count.", default=2.0, minimum=0)
    label_smoothing: float = param("Share of the target that goes to both answers evenly.", default=0.0, minimum=0, below=1)


@declare("loss", "multiclass_hinge", target="specc.objectives.classification.multiclass_hinge", examples=[{}, {"margin": 0.5}])
class MulticlassHinge(ClassLoss):
    """Support vector machine of many classes: every wrong class should score a margin below the right one.

    Formula: sum over j != y of max(0, s_j - s_y + margin)
    Reference: Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999.
    """

    margin: float = param("How far below the right class the others should be.", default=1.0, minimum=0)


@declare("loss", "categorical_hinge", target="specc.objectives.classification.categorical_hinge")
class CategoricalHinge(ClassLoss):
    """The highest wrong score should be 1 below the right one. Keras's `categorical_hinge`.

    Formula: max(0, max over j of (1 - t_j) s_j - sum over j of t_j s_j + 1), t the one-hot label
    """


@declare("loss", "hinge", target="specc.objectives.classification.hinge")
class Hinge(BinaryLoss):
    """Scores should be at least 1 for yes and at most -1 for no. Targets are -1 and 1, or 0 and 1.

    Formula: mean of max(0, 1 - t s)
    """


@declare("loss", "squared_hinge", target="specc.objectives.classification.squared_hinge")
class SquaredHinge(BinaryLoss):
    """The hinge, squared. Targets are -1 and 1, or 0 and 1.

    Formula: mean of max(0, 1 - t s)^2
    """


@declare("loss", "kl_divergence", target="specc.objectives.classification.kl_divergence", also=["kld"])
class KLDivergence(ClassLoss):
    """Divergence of the output's distribution from the target's.

    Formula: sum over j of t_j log(t_j / p_j)
    """

    metrics = ()


@declare("loss", "dice", target="specc.objectives.segmentation.dice")
class Dice(BinaryLoss):
    """One less the overlap of two masks, each example for itself.

    Formula: 1 - 2 sum(t p) / (sum(t) + sum(p))
    Reference: Milletari et al., V-Net, 2016, https://arxiv.org/abs/1606.04797
    """

    by_position = False


@declare("loss", "tversky", target="specc.objectives.segmentation.tversky", examples=[{}, {"alpha": 0.3, "beta": 0.7}])
class Tversky(BinaryLoss):
    """One less the overlap of two masks, with weights for what is wrongly there and what is missed, each example for itself.

    Formula: 1 - sum(t p) / (sum(t p) + alpha sum((1 - t) p) + beta sum(t (1 - p)))
    Reference: Salehi et al., Tversky loss function for image segmentation, 2017, https://arxiv.org/abs/1706.05721
    """

    by_position = False

    alpha: float = param("Weight of what is wrongly there.", default=0.5, minimum=0)
    beta: float = param("Weight of what is missed.", default=0.5, minimum=0)


class ValueLoss(Loss):
    """A loss whose targets are values."""

    metrics: ClassVar[tuple[str, ...]] = ("mean_absolute_error",)


@declare("loss", "mean_squared_error", target="keras.losses.mean_squared_error", also=["mse", "l2"])
class MeanSquaredError(ValueLoss):
    """Formula: mean of (t - y)^2."""


@declare("loss", "mean_absolute_error", target="keras.losses.mean_absolute_error", also=["mae", "l1"])
class MeanAbsoluteError(ValueLoss):
    """Formula: mean of |t - y|."""

    metrics = ()


@declare("loss", "mean_absolute_percentage_error", target="keras.losses.mean_absolute_percentage_error", also=["mape"])
class MeanAbsolutePercentageError(ValueLoss):
    """Formula: mean of 100 |t - y| / |t|."""


@declare("loss", "mean_squared_logarithmic_error", target="keras.losses.mean_squared_logarithmic_error", also=["msle"])
class MeanSquaredLogarithmicError(ValueLoss):
    """Formula: mean of (log(1 + t) - log(1 + y))^2."""


@declare("loss", "huber", target="keras.losses.huber", examples=[{}, {"delta": 0.5}])
class Huber(ValueLoss):
    """Squared near 0, straight beyond `delta`.

    Formula: mean of d^2 / 2 where |d| <= delta, else delta |d| - delta^2 / 2, with d = t - y
    """

    delta: float = param("Where the square turns into a line.", default=1.0, above=0)


@declare("loss", "log_cosh", target="keras.losses.log_cosh")
class LogCosh(ValueLoss):
    """Formula: mean of log(cosh(y - t))."""


@declare("loss", "poisson", target="keras.losses.poisson")
class Poisson(ValueLoss):
    """Formula: mean of y - t log(y)."""


@declare("loss", "cosine_similarity", target="keras.losses.cosine_similarity", examples=[{}, {"axis": 1}])
class CosineSimilarity(ValueLoss):
    """Formula: -sum(t y) / (|t| |y|): -1 for the same direction."""

    metrics = ()
    axis: int = param("Axis of the vectors.", default=-1)
