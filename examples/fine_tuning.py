"""Fine-tuning: what was learned on the digits 0 to 4 helps to learn 5 to 9 from a few examples.

    python examples/fine_tuning.py

Train, freeze, put a new head on, train the head, then let everything learn slowly. Takes some seconds on a CPU.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits

import specc


def fit(model: keras.Model, images: np.ndarray, labels: np.ndarray, epochs: int, learning_rate: float) -> None:
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)


def main() -> None:
    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype("float32")
    low, high = np.flatnonzero(labels < 5), np.flatnonzero(labels >= 5)
    few, held_out = high[:100], high[100:]

    known = specc.build("cnn_digits", classes=5)
    fit(known, images[low], labels[low], epochs=8, learning_rate=3e-3)

    # The head is one dense layer, `logits`; everything before it is what was learned about strokes.
    backbone = keras.Model(known.input, known.get_layer(known.output_names[0]).input, name="backbone")
    backbone.trainable = False
    features = backbone(known.input, training=False)
    model = keras.Model(known.input, keras.layers.Dense(5, name="high_digits")(features))
    fit(model, images[few], labels[few] - 5, epochs=30, learning_rate=1e-2)
    print(f"new head on frozen features: {model.evaluate(images[held_out], labels[held_out] - 5, verbose=0)[1]:.1%}")

    backbone.trainable = True
    fit(model, images[few], labels[few] - 5, epochs=10, learning_rate=3e-4)
    print(f"everything fine-tuned:       {model.evaluate(images[held_out], labels[held_out] - 5, verbose=0)[1]:.1%}")

    fresh = specc.build("cnn_digits", classes=5)
    fit(fresh, images[few], labels[few] - 5, epochs=40, learning_rate=3e-3)
    print(f"the same without what came before: {fresh.evaluate(images[held_out], labels[held_out] - 5, verbose=0)[1]:.1%}")


if __name__ == "__main__":
    main()
