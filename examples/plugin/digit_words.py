"""Words of our own: a layer, a block and a loss, declared as specc declares its own.

    specc check --plugin digit_words.py gated_digits.yaml

This module is imported whenever a spec is checked, so it imports no Keras. What computes is in `digit_keras`, which is
imported when a model is built.
"""

from specc import register
from specc.register import ClassLoss, Facts, Params, TensorSpec, Weight, example, param


class SqueezeExcitation(Params):
    """Channels weighed by gates that a small network computes from their means.

    Input shape: (batch, height, width, channels)
    Output shape: as the input
    Reference: Hu et al., Squeeze-and-excitation networks, 2017, https://arxiv.org/abs/1709.01507
    """

    ratio: int = param("How many times fewer units than channels the small network has in its middle.", default=4, minimum=1)


@register.layer(
    "squeeze_excitation",
    keras="digit_keras.SqueezeExcitation",
    examples=[example((8, 8, 16)), example((8, 8, 16), ratio=8)],
)
def squeeze_excitation(p: SqueezeExcitation, x: TensorSpec) -> Facts:
    register.require_rank("squeeze_excitation", x, 4, "batch, height, width, channels")
    channels = register.known("squeeze_excitation", x, -1, "channels")
    middle = max(1, channels // p.ratio)
    weights = [
        Weight("squeeze", (channels, middle)),
        Weight("squeeze_bias", (middle,)),
        Weight("excite", (middle, channels)),
        Weight("excite_bias", (channels,)),
    ]
    return Facts(TensorSpec(x.shape), weights, macs=2 * channels * middle)


# What the language can say needs no Python: a block is YAML, as it would stand under `blocks:` of a spec.
register.block("gated_convolution", "gated_convolution.yaml")


@register.loss("symmetric_cross_entropy", target="digit_keras.symmetric_cross_entropy", examples=[{}, {"alpha": 1.0, "beta": 0.1}])
class SymmetricCrossEntropy(ClassLoss):
    """Cross-entropy plus the same with label and answer exchanged: a wrong label can pull only so hard.

    Formula: -alpha log p_y - beta A (1 - p_y), p_y the probability of the label's class, A < 0 in place of log 0
    Reference: Wang et al., Symmetric cross entropy for robust learning with noisy labels, 2019, https://arxiv.org/abs/1908.06112
    """

    alpha: float = param("Factor of the cross-entropy.", default=0.1, minimum=0)
    beta: float = param("Factor of the reverse cross-entropy.", default=1.0, minimum=0)
    log_zero: float = param("What stands for the logarithm of 0.", default=-4.0, below=0)
