"""A compiled backbone inside hand-written Keras: do two scans show the same digit?

    python examples/backbone_in_keras.py

The backbone is described by `backbone.yaml` beside this file. It looks at both images with the same weights; what
compares the two views, and how that is learned, is plain Keras. Takes some seconds on a CPU.
"""

from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import load_digits

import specc


def siamese(backbone: keras.Model) -> keras.Model:
    """Two images to the logit of their being the same digit."""
    left, right = keras.Input(backbone.input_shape[1:], name="left"), keras.Input(backbone.input_shape[1:], name="right")
    distance = keras.ops.abs(backbone(left) - backbone(right))
    return keras.Model([left, right], keras.layers.Dense(1, name="same")(distance))


def pairs(labels: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of two images and whether they show the same digit; half of the pairs do."""
    random = np.random.default_rng(seed)
    first = random.integers(len(labels), size=count)
    same = random.random(count) < 0.5
    second = [random.choice(np.flatnonzero((labels == labels[i]) == alike)) for i, alike in zip(first, same, strict=True)]
    return first, np.array(second), same.astype("float32")


def main() -> None:
    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype("float32")
    seen, held_out = slice(0, 1300), slice(1300, None)

    backbone = specc.build(Path(__file__).with_name("backbone.yaml"), features=32)
    model = siamese(backbone)
    model.compile(optimizer=keras.optimizers.Adam(2e-3), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    first, second, same = pairs(labels[seen], 6000, seed=1)
    model.fit([images[seen][first], images[seen][second]], same, batch_size=64, epochs=4, verbose=2)

    first, second, same = pairs(labels[held_out], 1000, seed=2)
    logits = model.predict([images[held_out][first], images[held_out][second]], verbose=0)[:, 0]
    print(f"held-out pairs judged rightly: {np.mean((logits > 0) == same):.1%}")


if __name__ == "__main__":
    main()
