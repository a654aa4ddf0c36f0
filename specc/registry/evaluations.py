"""Evaluations: what a model is worth beyond the metrics of its losses."""

from specc.registry.entry import Choice, declare, param
from specc.registry.shared import OwnFirst


class OfFeatures(OwnFirst):
    """What holds the features of a step against labels, those of the training data's source and those of the held-out data.

    Both are prepared as the held-out data are: `test`, or `validation` where it has no views. Maps and sequences are averaged
    over their places.
    """

    features: str | None = param("The step whose output is taken; none: the model's output.", default=None)
    every: int | None = param("Epochs of training after each of which it is measured; none: after training alone.", default=None, minimum=1)


@declare("evaluation", "knn", target="specc.representations.knn.knn", examples=[{}, {"k": 20, "features": "features", "every": 1}])
class KNN(OfFeatures):
    """Accuracy of a vote among the nearest training examples, whose features are compared by cosine similarity.

    Formula: class c has the sum over its examples among the nearest k of exp(similarity / temperature)
    Reference: Wu et al., Unsupervised feature learning via non-parametric instance discrimination, 2018,
        https://arxiv.org/abs/1805.01978
    """

    k: int = param("How many neighbours vote.", default=200, minimum=1)
    temperature: float = param("How much more the nearest of them count; the smaller the more.", default=0.1, above=0)


def evaluation_params(choice: Choice) -> OfFeatures:
    """The parameters of an evaluation that was chosen."""
    assert isinstance(choice.params, OfFeatures)
    return choice.params
