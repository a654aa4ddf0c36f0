"""How fast a step of the loop is, as a ratio to `keras.Model.fit`.

Both train the same small network on the same batches in one process, an epoch of one after an epoch of the other. The
ratio is fit's time by ours: 1.00 is equal, more is faster than fit. Run it on an idle machine:

    python benchmarks/training_step.py [--pairs 12] [--steps 100] [--fit-steps 1] [--jit]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from specc.data.given import given_feed
from specc.graph import Graph, Tensor, TensorSpec
from specc.keras_backend.network import Network
from specc.language.wiring import Wired
from specc.objectives.by_head import ByHead
from specc.registry.entry import bind_value
from specc.registry.experiment import Train
from specc.registry.types import ChoiceOf
from specc.training.job import Job
from specc.training.loop import Record, Watch, fit

BATCH = 64


def network() -> keras.Model:
    """About 26,000 weights, 32x32 colour images, ten classes."""
    keras.utils.set_random_seed(0)
    image = keras.Input((32, 32, 3), name="image")
    x = image
    for filters in (16, 32):
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU()(x)
        x = keras.layers.MaxPooling2D()(x)
    return keras.Model(image, keras.layers.Dense(10)(keras.layers.Flatten()(x)))


def batches(steps: int) -> tf.data.Dataset:
    """The same batches for both, kept in memory."""
    random = np.random.default_rng(0)
    images = random.random((steps * BATCH, 32, 32, 3), dtype=np.float32)
    labels = random.integers(0, 10, steps * BATCH, dtype=np.int32)
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(BATCH).prefetch(2)


class Alternate(keras.callbacks.Callback):
    """After each epoch of ours, one of fit's."""

    def __init__(self, data: tf.data.Dataset, steps_per_execution: int, jit: bool) -> None:
        super().__init__()
        self.reference, self.data, self.seconds = network(), data, []
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        metrics = [keras.metrics.SparseCategoricalAccuracy()]
        self.reference.compile("adam", loss, metrics=metrics, steps_per_execution=steps_per_execution, jit_compile=jit)

    def on_epoch_end(self, epoch: int, logs: Record | None = None) -> None:
        started = time.perf_counter()
        self.reference.fit(self.data, epochs=1, verbose=0)
        self.seconds.append(time.perf_counter() - started)


def main() -> None:
    """Prints the median ratio, its quartiles, and both rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=12, help="epochs of each that count")
    parser.add_argument("--steps", type=int, default=100, help="steps of an epoch; few of them make much of fit's start of an epoch")
    parser.add_argument("--fit-steps", type=int, default=1, help="fit's steps_per_execution; Keras's default is 1")
    parser.add_argument("--jit", action="store_true", help="both with XLA")
    options = parser.parse_args()
    warm = 3
    data, model = batches(options.steps), network()
    graph = Graph(
        "cnn", {"image": Tensor(TensorSpec((None, 32, 32, 3)), None, name="image")}, (), {"logits": Tensor(TensorSpec((None, 10)), None)}
    )
    other = Alternate(data, options.fit_steps, options.jit)
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    job = Job(
        network=Network(model, model, graph, graph),
        objective=ByHead([Wired("logits", "target", "logits", bind_value(ChoiceOf("loss"), "softmax_cross_entropy"))]),
        optimizer=optimizer,
        training=given_feed(data, graph, Train(), BATCH),
        validation=None,
        strategy=tf.distribute.get_strategy(),
        epochs=warm + options.pairs,
        jit_compile=options.jit,
        callbacks=[other],
    )
    ours = [record["seconds"] for record in fit(job, Watch())][warm:]
    theirs = other.seconds[warm:]
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)] + [b / a for a, b in zip(ours[1:], theirs, strict=False)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    images = options.steps * BATCH
    print(f"{options.pairs} pairs of {options.steps} steps of {BATCH} images, {os.cpu_count()} cores")
    print(f"fit's steps_per_execution: {options.fit_steps}")
    print(f"ours {images / statistics.median(ours):,.0f} images/s, fit {images / statistics.median(theirs):,.0f} images/s")
    print(f"ratio {middle:.3f} (quartiles {low:.3f} to {high:.3f})")
    sys.exit(0 if middle >= 0.98 else 1)


if __name__ == "__main__":
    main()
