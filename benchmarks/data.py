"""How fast pipelines are, as ratios: to the same pipeline written by hand in tf.data, and to Keras's own loading and layers.

All read the same JPEG files in one process, taking turns. A ratio is the other's time by ours: 1.00 is equal, more is faster
than the other. Run it on an idle machine:

    python benchmarks/data.py [--rounds 7] [--images 640] [--only folder|views]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from specc.data.feed import Feed, feed
from specc.data.pipeline import open_pipeline
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import bind

BATCH, SIZE, CLASSES = 32, 224, 10
TUNE = tf.data.AUTOTUNE


def photographs(folder: Path, count: int) -> None:
    """JPEG files of 500 by 375 pixels, the usual size of ImageNet's, that are smooth in places and detailed in others."""
    random = np.random.default_rng(0)
    for number in range(count):
        coarse = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC)
        noisy = np.asarray(image, np.int16) + random.integers(-12, 13, (375, 500, 3))
        path = folder / f"class_{number % CLASSES}" / f"{number:05d}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=90)


def ours(path: Path) -> Feed:
    """Decoded, a random part of each at 224, mirrored or not, in batches."""
    declared = {
        "source": {"image_folder": {"path": str(path)}},
        "transforms": [{"random_resized_crop": {"size": SIZE}}, {"random_flip": {"mode": "horizontal"}}],
    }
    return feed(open_pipeline(bind(Pipeline, declared)), BATCH, training=True)


def by_hand(path: Path) -> tf.data.Dataset:
    """The same, as one writes it."""
    files = sorted(str(file) for file in path.glob("*/*.jpg"))
    names = sorted({Path(file).parent.name for file in files})
    labels = [names.index(Path(file).parent.name) for file in files]

    def load(file: Any, label: Any) -> tuple[Any, Any]:
        image = tf.image.convert_image_dtype(tf.io.decode_jpeg(tf.io.read_file(file), 3), tf.float32)
        whole = tf.zeros((1, 0, 4))
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            tf.shape(image), whole, area_range=(0.08, 1.0), aspect_ratio_range=(3 / 4, 4 / 3), use_image_if_no_bounding_boxes=True
        )
        image = tf.image.resize(tf.slice(image, begin, size), (SIZE, SIZE))
        return tf.image.random_flip_left_right(tf.ensure_shape(image, (SIZE, SIZE, 3))), label

    numbered = tf.data.Dataset.from_tensor_slices((files, labels)).shuffle(len(files), reshuffle_each_iteration=True)
    return numbered.map(load, num_parallel_calls=TUNE).batch(BATCH).prefetch(TUNE)


def by_keras(path: Path) -> tf.data.Dataset:
    """Keras's loading, which makes all images one size first, and its layers for random parts and mirroring."""
    loaded = keras.utils.image_dataset_from_directory(str(path), batch_size=BATCH, image_size=(256, 256), verbose=False)
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.RandomCrop(SIZE, SIZE), keras.layers.RandomFlip("horizontal")]

    def augment(images: Any, labels: Any) -> tuple[Any, Any]:
        for layer in layers:
            images = layer(images, training=True)
        return images, labels

    return loaded.map(augment, num_parallel_calls=TUNE).prefetch(TUNE)


JITTER = {"brightness_factor": 0.4, "contrast_factor": 0.4, "saturation_factor": 0.4, "hue_factor": 0.1, "probability": 0.8}


def our_views(images: np.ndarray, path: Path) -> Feed:
    """SimCLR's two views of images of 32 by 32."""
    np.savez(path / "small.npz", image=images)
    declared = {
        "source": {"npz": {"path": str(path / "small.npz")}},
        "transforms": [
            {"random_resized_crop": {"size": 32}},
            {"random_flip": {"mode": "horizontal"}},
            {"random_color_jitter": JITTER},
            {"random_grayscale": {"factor": 0.2}},
        ],
        "views": [{"count": 2}],
    }
    return feed(open_pipeline(bind(Pipeline, declared)), 256, training=True)


def views_by_hand(images: np.ndarray) -> tf.data.Dataset:
    """The same, as one writes it."""

    def view(image: Any) -> Any:
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            tf.shape(image), tf.zeros((1, 0, 4)), area_range=(0.08, 1.0), aspect_ratio_range=(3 / 4, 4 / 3),
            use_image_if_no_bounding_boxes=True,
        )  # fmt: skip
        image = tf.ensure_shape(tf.image.resize(tf.slice(image, begin, size), (32, 32)), (32, 32, 3))
        image = tf.image.random_flip_left_right(image)
        image = tf.cond(tf.random.uniform(()) < 0.8, lambda: jittered(image), lambda: image)
        return tf.cond(tf.random.uniform(()) < 0.2, lambda: tf.image.grayscale_to_rgb(tf.image.rgb_to_grayscale(image)), lambda: image)

    def jittered(image: Any) -> Any:
        changes = [
            lambda x: tf.image.random_brightness(x, 0.4),
            lambda x: tf.image.random_contrast(x, 0.6, 1.4),
            lambda x: tf.image.random_saturation(x, 0.6, 1.4),
            lambda x: tf.image.random_hue(x, 0.1),
        ]
        order = tf.random.shuffle(tf.range(4))
        for place in range(4):
            image = tf.switch_case(
                order[place], [lambda change=change, x=image: tf.clip_by_value(change(x), 0.0, 1.0) for change in changes]
            )
        return image

    numbered = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images))
    scaled = numbered.map(lambda image: tf.image.convert_image_dtype(image, tf.float32))
    return scaled.map(lambda image: (view(image), view(image)), num_parallel_calls=TUNE).batch(256).prefetch(TUNE)


def seconds(batches: tf.data.Dataset) -> float:
    """How long an epoch takes."""
    started = time.perf_counter()
    for _ in batches:
        pass
    return time.perf_counter() - started


def turns(rounds: int, epochs: dict[str, tf.data.Dataset], images: int) -> dict[str, float]:
    """Prints images per second of each, and returns the ratios to the first, in the median."""
    found: dict[str, list[float]] = {name: [] for name in epochs}
    for number in range(rounds + 1):
        for name, epoch in epochs.items():
            taken = seconds(epoch)
            if number:  # the first round warms up
                found[name].append(taken)
    first, *others = found
    print(f"{first}: {images / statistics.median(found[first]):,.0f} images/s")
    ratios = {}
    for name in others:
        pairs = [other / mine for mine, other in zip(found[first], found[name], strict=True)]
        low, ratios[name], high = statistics.quantiles(pairs, n=4)
        print(f"{name}: {images / statistics.median(found[name]):,.0f} images/s, ratio {ratios[name]:.2f} ({low:.2f} to {high:.2f})")
    return ratios


def memory() -> float:
    """The most memory that the process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def folder(options: argparse.Namespace, path: Path) -> None:
    photographs(path, options.images)
    one, hand, layers = ours(path), by_hand(path), by_keras(path)
    peaks = []
    for epoch in range(3):
        seconds(one.stream(epoch, epoch + 1))
        peaks.append(memory())
    print("most memory after each of three epochs:", ", ".join(f"{peak:,.0f} MiB" for peak in peaks))
    turns(
        options.rounds,
        {"specc": one.stream(0, 1), "tf.data by hand": hand, "Keras": layers},
        options.images,
    )


def views(options: argparse.Namespace, path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (4096, 32, 32, 3), dtype=np.uint8)
    one, hand = our_views(images, path), views_by_hand(images)
    turns(options.rounds, {"specc": one.stream(0, 1), "tf.data by hand": hand}, len(images))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="epochs of each that count")
    parser.add_argument("--images", type=int, default=640, help="JPEG files that are made")
    parser.add_argument("--only", choices=["folder", "views"])
    options = parser.parse_args()
    for name, measure in (("folder", folder), ("views", views)):
        if options.only in (None, name):
            print(f"== {name}: {os.cpu_count()} cores")
            with tempfile.TemporaryDirectory() as path:
                measure(options, Path(path))


if __name__ == "__main__":
    main()
