"""Fine-tuning: what was learned on the digits 0 to 6 helps to learn 7, 8 and 9 from fifteen examples.

    python examples/fine_tuning.py

Train, freeze, put a new head on, train the head, then let everything learn slowly. Takes half a minute on a CPU.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits

import specc

KNOWN = 7  # classes that the first network learns; the second learns the other three


def fit(model: keras.Model, images: np.ndarray, labels: np.ndarray, epochs: int, learning_rate: float) -> None:
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)


def accuracy(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> str:
    return f"{model.evaluate(images, labels, verbose=0)[1]:.1%}"


def main() -> None:
    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype("float32") / 16
    low, high = labels < KNOWN, labels >= KNOWN
    few, few_labels = images[high][:15], labels[high][:15] - KNOWN
    held_out, held_out_labels = images[high][15:], labels[high][15:] - KNOWN

    known = specc.build("cnn_digits", classes=KNOWN)
    fit(known, images[low], labels[low], epochs=15, learning_rate=3e-3)

    # Everything before the last layer is what was learned about strokes.
    backbone = keras.Model(known.input, known.layers[-1].input, name="backbone")
    backbone.trainable = False
    features = backbone(known.input, training=False)  # batch normalization keeps its statistics in both phases
    model = keras.Model(known.input, keras.layers.Dense(10 - KNOWN, name="new_digits")(features))
    fit(model, few, few_labels, epochs=40, learning_rate=1e-2)
    print(f"a new head on frozen features: {accuracy(model, held_out, held_out_labels)}")

    backbone.trainable = True
    fit(model, few, few_labels, epochs=40, learning_rate=1e-3)
    print(f"everything fine-tuned:         {accuracy(model, held_out, held_out_labels)}")

    fresh = specc.build("cnn_digits", classes=10 - KNOWN)
    fit(fresh, few, few_labels, epochs=80, learning_rate=3e-3)
    print(f"learned from these few alone:  {accuracy(fresh, held_out, held_out_labels)}")


if __name__ == "__main__":
    main()
