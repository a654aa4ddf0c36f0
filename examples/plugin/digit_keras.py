"""What the words of `digit_words` compute, in Keras: a layer and a loss."""

import keras


@keras.saving.register_keras_serializable(package="digits")
class SqueezeExcitation(keras.layers.Layer):
    """Channels weighed by gates that a small network computes from their means (Hu et al., 2017, arXiv:1709.01507).

    Args:
        ratio: how many times fewer units than channels the small network has in its middle.

    Input shape:
        (batch, height, width, channels)

    Output shape:
        as the input
    """

    def __init__(self, ratio=4, **kwargs):
        super().__init__(**kwargs)
        self.ratio = ratio

    def build(self, input_shape):
        channels = input_shape[-1]
        middle = max(1, channels // self.ratio)
        self.squeeze = self.add_weight(name="squeeze", shape=(channels, middle))
        self.squeeze_bias = self.add_weight(name="squeeze_bias", shape=(middle,), initializer="zeros")
        self.excite = self.add_weight(name="excite", shape=(middle, channels))
        self.excite_bias = self.add_weight(name="excite_bias", shape=(channels,), initializer="zeros")

    def call(self, inputs):
        means = keras.ops.mean(inputs, axis=(1, 2))
        hidden = keras.ops.relu(means @ self.squeeze + self.squeeze_bias)
        gates = keras.ops.sigmoid(hidden @ self.excite + self.excite_bias)
        return inputs * gates[:, None, None, :]

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "ratio": self.ratio}


def symmetric_cross_entropy(targets, scores, *, from_logits=True, alpha=0.1, beta=1.0, log_zero=-4.0):
    """-alpha log p_y - beta log_zero (1 - p_y), p_y the probability of the label's class (Wang et al., 2019, arXiv:1908.06112).

    The reverse cross-entropy is -sum_j p_j log t_j, where log 1 = 0 and log 0 is `log_zero`.

    Args:
        targets: integers (batch,).
        scores: (batch, classes), logits or probabilities.

    Returns:
        A value for each example, shape (batch,).
    """
    shares = keras.ops.softmax(scores) if from_logits else scores
    right = keras.ops.sum(keras.ops.one_hot(targets, scores.shape[-1], dtype=shares.dtype) * shares, axis=-1)
    forward = -keras.ops.log(keras.ops.maximum(right, keras.config.epsilon()))
    backward = -log_zero * (1 - right)
    return alpha * forward + beta * backward
