"""Evaluations: what a model is worth beyond the metrics of its losses."""

from specc.registry.entry import Params, declare, param


@declare("evaluation", "knn", target="specc.evaluation.knn.knn", examples=[{}, {"k": 20, "features": "features"}], pending=True)
class KNN(Params):
    """Accuracy of a vote among the nearest training examples, whose features are compared by cosine similarity.

    Formula: class c has the sum over its examples among the nearest k of exp(similarity / temperature)
    Reference: Wu et al., Unsupervised feature learning via non-parametric instance discrimination, 2018,
        https://arxiv.org/abs/1805.01978
    """

    k: int = param("How many neighbours vote.", default=200, minimum=1)
    temperature: float = param("How much more the nearest of them count; the smaller the more.", default=0.1, above=0)
    features: str | None = param("The step whose output is compared; none: the model's output.", default=None)
