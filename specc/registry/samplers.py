"""Samplers: how a model that scores the next token writes a sequence. Named as in KerasHub."""

from specc.registry.entry import declare, param
from specc.registry.shared import OwnFirst


class Sampler(OwnFirst):
    """What every sampler takes, after its own arguments."""

    maximum_length: int | None = param("Tokens after which a sequence ends at the latest; none: as many as the model's input takes.",
        default=None, minimum=1)  # fmt: skip


@declare("sampler", "sample", target="specc.evaluation.samplers.sample", examples=[{}, {"temperature": 0.8, "top_k": 40}], pending=True)
class Sample(Sampler):
    """Draws each token from the model's distribution.

    Formula: softmax(s / temperature), over the `top_k` highest scores, and of these over the fewest whose probabilities reach `top_p`
    """

    temperature: float = param("How even the distribution is made; near 0 the highest score always wins.", default=1.0, above=0)
    top_k: int | None = param("How many of the highest scores can be drawn; none: all.", default=None, minimum=1)
    top_p: float | None = param(
        "Probability that the tokens that can be drawn reach together; none: all.", default=None, above=0, maximum=1
    )


@declare("sampler", "beam", target="specc.evaluation.samplers.beam", examples=[{}, {"size": 3, "maximum_length": 20}], pending=True)
class Beam(Sampler):
    """Goes on with the most probable beginnings, and ends with the most probable sequence.

    Formula: log p(sequence) / ((5 + length) / 6)^length_penalty
    Reference: Wu et al., Google's neural machine translation system, 2016, https://arxiv.org/abs/1609.08144
    """

    size: int = param("How many beginnings are kept.", default=4, minimum=1)
    length_penalty: float = param("How much longer sequences are preferred.", default=0.0, minimum=0)
