"""The weights of keras.applications in a network of the zoo, and in its backbone.

    python examples/weights_of_keras_applications.py             # with random weights, off line
    python examples/weights_of_keras_applications.py imagenet    # with those learned on ImageNet, which Keras downloads

Weights go over in their order. A file that Keras has saved is read likewise: `model.load_weights("...weights.h5")`.
Takes half a minute on a CPU.
"""

import sys

import keras
import numpy as np

import specc


def agreement(ours: np.ndarray, theirs: np.ndarray) -> str:
    """How many of the numbers are the same to four decimals."""
    return f"{np.mean(np.abs(ours - theirs) <= 1e-4):.1%}"


def main(weights: str | None) -> None:
    keras.utils.set_random_seed(0)
    theirs = keras.applications.MobileNetV2(weights=weights, classifier_activation=None)
    images = keras.applications.mobilenet_v2.preprocess_input(np.random.default_rng(0).integers(0, 256, (4, 224, 224, 3)).astype("float32"))

    ours = specc.build("mobilenet_v2")
    ours.set_weights(theirs.get_weights())
    print(f"logits that agree:   {agreement(ours(images), theirs(images))}")

    # Without the classifier, whose kernel and bias are the last two weights; another one can stand on these features.
    backbone = specc.build("mobilenet_v2", include_top=False)
    backbone.set_weights(theirs.get_weights()[:-2])
    features = keras.Model(theirs.input, theirs.layers[-3].output)
    print(f"features that agree: {agreement(backbone(images), features(images))}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
