"""How fast the loop is, as ratios: to `keras.Model.fit`, to a bare `tf.function` over the data, and with checkpoints to without.

All train the same small network on the same batches in one process, in the same precision, an epoch of one after an epoch of
the other. A ratio is the other's time by ours: 1.00 is equal, more is faster than the other. Run it on an idle machine:

    python benchmarks/training.py [--pairs 12] [--steps 100] [--fit-steps 1] [--precision float32] [--jit]
    python benchmarks/training.py --checkpoints [--pairs 12]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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
from specc.registry.experiment import Checkpoint, Train
from specc.registry.types import ChoiceOf
from specc.training.job import Job
from specc.training.loop import Position, Record, Watch, fit
from specc.training.saving import Saver

BATCH, WARM = 64, 3
EVERY = 100  # steps between two checkpoints
GRAPH = Graph(
    "cnn", {"image": Tensor(TensorSpec((None, 32, 32, 3)), None, name="image")}, (), {"logits": Tensor(TensorSpec((None, 10)), None)}
)


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
    """The same batches for all, kept in memory."""
    random = np.random.default_rng(0)
    images = random.random((steps * BATCH, 32, 32, 3), dtype=np.float32)
    labels = random.integers(0, 10, steps * BATCH, dtype=np.int32)
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(BATCH).prefetch(2)


def optimizer_of(precision: str) -> Any:
    """Adam, which scales the loss in half precision, as `fit` has it too."""
    adam = keras.optimizers.Adam()
    return keras.optimizers.LossScaleOptimizer(adam) if precision == "mixed_float16" else adam


def job(data: tf.data.Dataset, options: argparse.Namespace, epochs: int, callbacks: Sequence[keras.callbacks.Callback]) -> Job:
    """What our loop is given."""
    model, optimizer = network(), optimizer_of(options.precision)
    optimizer.build(model.trainable_variables)
    return Job(
        network=Network(model, model, GRAPH, GRAPH),
        objective=ByHead([Wired("logits", "target", "logits", bind_value(ChoiceOf("loss"), "softmax_cross_entropy"))]),
        optimizer=optimizer,
        training=given_feed(data, GRAPH, Train(), BATCH),
        validation=None,
        strategy=tf.distribute.get_strategy(),
        epochs=epochs,
        jit_compile=options.jit,
        callbacks=callbacks,
    )


def keras_fit(data: tf.data.Dataset, options: argparse.Namespace) -> Callable[[], Any]:
    """An epoch of `fit`."""
    model = network()
    loss, metrics = keras.losses.SparseCategoricalCrossentropy(from_logits=True), [keras.metrics.SparseCategoricalAccuracy()]
    model.compile(keras.optimizers.Adam(), loss, metrics=metrics, steps_per_execution=options.fit_steps, jit_compile=options.jit)
    return lambda: model.fit(data, epochs=1, verbose=0)


def bare_loop(data: tf.data.Dataset, options: argparse.Namespace) -> Callable[[], Any]:
    """An epoch of a step and nothing around it: no metrics, nobody who looks, one call from Python."""
    model, optimizer = network(), optimizer_of(options.precision)
    variables = model.trainable_variables
    optimizer.build(variables)

    def step(images: Any, labels: Any) -> None:
        with tf.GradientTape() as tape:
            scores = tf.cast(model(images, training=True), tf.float32)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, scores, from_logits=True))
            loss = optimizer.scale_loss(loss)
        optimizer.apply(tape.gradient(loss, variables), variables)

    if options.jit:
        step = tf.function(step, jit_compile=True)

    batches = iter(data.repeat())

    @tf.function
    def epoch(batches: Any) -> None:
        for _ in tf.range(options.steps):
            step(*next(batches))

    return lambda: epoch(batches)


class Alternate(keras.callbacks.Callback):
    """After each epoch of ours, one of each of the others."""

    def __init__(self, others: dict[str, Callable[[], Any]]) -> None:
        super().__init__()
        self.others, self.seconds = others, {name: list[float]() for name in others}

    def on_epoch_end(self, epoch: int, logs: Record | None = None) -> None:
        for name, run in self.others.items():
            started = time.perf_counter()
            run()
            self.seconds[name].append(time.perf_counter() - started)


def compared(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Quartiles of the ratios of neighbours, before and after."""
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)] + [b / a for a, b in zip(ours[1:], theirs, strict=False)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return low, middle, high


def speed(options: argparse.Namespace) -> bool:
    """Prints the ratios to `fit` and to the bare loop. True where they are as high as they have to be."""
    keras.config.set_dtype_policy(options.precision)
    data = batches(options.steps)
    other = Alternate({"fit": keras_fit(data, options), "bare": bare_loop(data, options)})
    ours = [record["seconds"] for record in fit(job(data, options, WARM + options.pairs, [other]), Watch())][WARM:]
    images = options.steps * BATCH
    print(f"{options.pairs} pairs of {options.steps} steps of {BATCH} images, {os.cpu_count()} cores, {options.precision}")
    print(f"fit's steps_per_execution: {options.fit_steps}")
    print(f"ours {images / statistics.median(ours):,.0f} images/s")
    enough = True
    for name, least in (("fit", 0.98), ("bare", 0.95)):
        theirs = other.seconds[name][WARM:]
        low, middle, high = compared(ours, theirs)
        print(f"{name} {images / statistics.median(theirs):,.0f} images/s, ratio {middle:.3f} (quartiles {low:.3f} to {high:.3f})")
        enough = enough and middle >= least
    return enough


class Saving(Watch):
    """Saves every second epoch after so many steps, and stops as often in the others."""

    def __init__(self, folder: Path) -> None:
        self.saver, self.done, self.saves = Saver(Checkpoint(steps=EVERY, minutes=1e9), folder), 0, False

    def stage(self, job: Job, position: Position) -> None:
        self.saver.begin(job, Position(1), 0)

    def epoch(self, epoch: int) -> None:
        self.done, self.saves = 0, epoch % 2 == 0

    @property
    def room(self) -> int:
        return EVERY - self.done % EVERY

    def steps(self, position: Position, means: Record) -> None:
        self.done = position.done
        if self.saves:
            self.saver.after(position, 0)


def checkpoints(options: argparse.Namespace) -> bool:
    """Prints what a checkpoint every 100 steps costs. True where it is under 3 %."""
    data = batches(4 * EVERY)
    with tempfile.TemporaryDirectory() as folder:
        work = job(data, options, 2 * (WARM + options.pairs), [])
        seconds = [record["seconds"] for record in fit(work, Saving(Path(folder)))]
        files = sorted((Path(folder) / "checkpoints").iterdir())
        size = files[-1].stat().st_size
    saving, not_saving = seconds[2 * WARM :: 2], seconds[2 * WARM + 1 :: 2]
    low, middle, high = (value - 1 for value in compared(not_saving, saving))
    print(f"{options.pairs} pairs of {4 * EVERY} steps of {BATCH} images, {os.cpu_count()} cores; checkpoints of {size / 1e6:.1f} MB")
    print(f"a checkpoint every {EVERY} steps costs {middle:.1%} (quartiles {low:.1%} to {high:.1%})")
    return middle < 0.03


def main() -> None:
    """Prints ratios; the exit code is 1 where one is not what it has to be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=12, help="epochs of each that count")
    parser.add_argument("--steps", type=int, default=100, help="steps of an epoch; few of them make much of fit's start of an epoch")
    parser.add_argument("--fit-steps", type=int, default=1, help="fit's steps_per_execution; Keras's default is 1")
    parser.add_argument("--precision", default="float32", choices=["float32", "mixed_float16", "mixed_bfloat16"])
    parser.add_argument("--jit", action="store_true", help="all with XLA")
    parser.add_argument("--checkpoints", action="store_true", help="what checkpoints cost, instead")
    options = parser.parse_args()
    sys.exit(0 if (checkpoints if options.checkpoints else speed)(options) else 1)


if __name__ == "__main__":
    main()
