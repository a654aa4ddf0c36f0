"""A compiled model is an ordinary Keras model: compile it, fit it, save it, load it anywhere.

    python examples/fit_a_built_model.py

Reads scikit-learn's 1,797 scans of handwritten digits, 8 x 8 pixels each. Takes some seconds on a CPU.
"""

import tempfile
from pathlib import Path

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import specc


def main() -> None:
    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype("float32")
    train_x, test_x, train_y, test_y = train_test_split(images, labels, test_size=0.25, random_state=0, stratify=labels)

    # Costs are known before TensorFlow is loaded; nothing below needs more of specc than this and the next line.
    print(f"{specc.analyze('cnn_digits').parameters:,} parameters")
    model = specc.build("cnn_digits")

    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(train_x, train_y, batch_size=64, epochs=8, verbose=2)
    _, accuracy = model.evaluate(test_x, test_y, verbose=0)
    print(f"accuracy on held-out digits: {accuracy:.1%}")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.keras"
        model.save(path)  # the file knows nothing of specc
        again = keras.saving.load_model(path)
        print(f"after saving and loading:    {again.evaluate(test_x, test_y, verbose=0)[1]:.1%}")


if __name__ == "__main__":
    main()
