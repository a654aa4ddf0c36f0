"""Evaluations: what a model is worth beyond the metrics of its losses."""

from typing import Annotated, ClassVar

from specc.registry.entry import Choice, declare, param
from specc.registry.shared import OwnFirst
from specc.registry.types import ChoiceOf


class OfFeatures(OwnFirst):
    """What holds the features of a step against labels, those of the training data's source and those of the held-out data.

    Both are prepared as the held-out data are: `test`, or `validation` where it has no views. Maps and sequences are averaged
    over their places.
    """

    learns: ClassVar[bool] = False  # whether it trains something, so that it takes longer than a pass over the data

    features: str | None = param("The step whose output is taken; none: the model's output.", default=None)


@declare("evaluation", "knn", target="specc.representations.knn.knn", examples=[{}, {"k": 20, "features": "features", "every": 1}])
class KNN(OfFeatures):
    """Accuracy of a vote among the nearest training examples, whose features are compared by cosine similarity.

    Formula: class c has the sum over its examples among the nearest k of exp(similarity / temperature)
    Reference: Wu et al., Unsupervised feature learning via non-parametric instance discrimination, 2018,
        https://arxiv.org/abs/1805.01978
    """

    k: int = param("How many neighbours vote.", default=200, minimum=1)
    temperature: float = param("How much more the nearest of them count; the smaller the more.", default=0.1, above=0)
    every: int | None = param("Epochs of training after each of which it is measured; none: after training alone.", default=None, minimum=1)


class Learned(OfFeatures):
    """What learns to tell classes from features, in a run of its own beside the run that it probes.

    Without `shares` and `per_class`, all labels are used. With them there is a run for each, and the name of its metric says which.
    """

    learns: ClassVar[bool] = True

    shares: list[float] = param("Shares of the labels of each class that are used, above 0, at most 1.", default=[])
    per_class: list[int] = param("How many labels of each class are used.", default=[])
    epochs: int = param("Passes over the labelled examples.", default=100, minimum=1)
    batch_size: int = param("Examples of a step.", default=256, minimum=1)
    schedule: Annotated[Choice | None, ChoiceOf("schedule", optional=True)] = param("How the learning rate changes.", default="cosine")


@declare(
    "evaluation",
    "linear_probe",
    target="specc.probing.learned.linear_probe",
    examples=[{}, {"features": "features", "per_class": [2], "epochs": 50}],
)
class LinearProbe(Learned):
    """Accuracy of a linear layer that learns on the features, which stay as they are, brought to mean 0 and deviation 1.

    Reference: Chen et al., A simple framework for contrastive learning, 2020, appendix B.6, https://arxiv.org/abs/2002.05709
    """

    optimizer: Annotated[Choice, ChoiceOf("optimizer")] = param(
        "What turns gradients into steps.", default={"sgd": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}}
    )


@declare(
    "evaluation",
    "fine_tuning",
    target="specc.probing.learned.fine_tuning",
    examples=[{}, {"shares": [0.01, 0.1, 1.0], "epochs": 50}],
)
class FineTuning(Learned):
    """Accuracy of the whole network when it goes on learning, with a linear layer behind the features.

    Reference: Chen et al., A simple framework for contrastive learning, 2020, appendix B.5, https://arxiv.org/abs/2002.05709
    """

    optimizer: Annotated[Choice, ChoiceOf("optimizer")] = param(
        "What turns gradients into steps.", default={"sgd": {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}}
    )


def evaluation_params(choice: Choice) -> OfFeatures:
    """The parameters of an evaluation that was chosen."""
    assert isinstance(choice.params, OfFeatures)
    return choice.params
