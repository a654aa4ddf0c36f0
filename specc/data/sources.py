"""Sources: each is a function that opens its examples. Errors are told by `SourceError`, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.examples import Examples, fields_of
from specc.registry.entry import nearest


class SourceError(Exception):
    """Data cannot be read."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help


def digits(
    *, split: str = "train", fraction: float = 0.2, seed: int = 0, classes: Sequence[int] = (), per_class: int | None = None
) -> Examples:
    """scikit-learn's scans, divided into parts that have all classes in equal shares."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    labels = labels.astype(np.int32)
    if split != "all":
        least = 10  # the stratified split needs an example of every class on both sides
        if not least <= round(fraction * len(labels)) <= len(labels) - least:
            raise SourceError(
                f"`fraction: {fraction}` of digits leaves a part without examples of every class", "choose a fraction near 0.2"
            )
        parts = train_test_split(images, labels, test_size=fraction, random_state=seed, stratify=labels)
        images, labels = (parts[0], parts[2]) if split == "train" else (parts[1], parts[3])
    wanted = list(classes) or list(range(10))
    if not set(wanted) <= set(range(10)) or len(set(wanted)) < len(wanted):
        raise SourceError(f"`classes` of digits are different digits from 0 to 9, not {wanted}")
    order = np.sort(np.concatenate([np.flatnonzero(labels == digit)[:per_class] for digit in wanted]))
    images, labels = images[order], np.array([wanted.index(label) for label in labels[order]], np.int32)
    dataset = tf.data.Dataset.from_tensor_slices({"image": images, "label": labels})
    fields = fields_of(dataset.element_spec, {"label": len(wanted)}, batched=False)
    return Examples(dataset, len(labels), fields, tuple(map(str, wanted)))


def tfds(*, name: str, split: str = "train", data_dir: str | None = None, download: bool = True) -> Examples:
    """A data set of TensorFlow Datasets, in the order of its files; images as floats from 0 to 1."""
    import tensorflow_datasets

    builder = _builder(tensorflow_datasets, name, data_dir)
    dataset = _opened(builder, name, split, download)
    features = builder.info.features
    images = {key for key, feature in features.items() if isinstance(feature, tensorflow_datasets.features.Image)}
    labels = {key: feature for key, feature in features.items() if isinstance(feature, tensorflow_datasets.features.ClassLabel)}
    kept = [key for key, tensor in dataset.element_spec.items() if isinstance(tensor, tf.TensorSpec) and tensor.dtype != tf.string]

    def numbers(example: dict[str, Any]) -> dict[str, Any]:
        return {key: _scaled(example[key]) if key in images else example[key] for key in kept}

    numbers_of_classes = {key: feature.num_classes for key, feature in labels.items()}
    dataset = dataset.map(numbers, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    count = int(dataset.cardinality())
    if count < 0:
        count = int(builder.info.splits[split].num_examples)
    classes = tuple(labels["label"].names) if "label" in labels else ()
    return Examples(dataset, count, fields_of(dataset.element_spec, numbers_of_classes, batched=False), classes)


def _scaled(image: Any) -> Any:
    """Integers as floats from 0 to 1."""
    return tf.image.convert_image_dtype(image, tf.float32) if image.dtype.is_integer else tf.cast(image, tf.float32)


def _builder(library: Any, name: str, data_dir: str | None) -> Any:
    try:
        return library.builder(name, data_dir=data_dir)
    except library.core.DatasetNotFoundError:
        close = nearest(name, library.list_builders())
        help = f"did you mean `{close}`?" if close else "https://www.tensorflow.org/datasets/catalog/overview names them"
        raise SourceError(f"TensorFlow Datasets has no data set `{name}`", help) from None
    except Exception as error:
        raise SourceError(f"the data set `{name}` cannot be opened: {first_line(error)}") from error


def _opened(builder: Any, name: str, split: str, download: bool) -> tf.data.Dataset:
    """The split, downloaded where it is not there. The library raises what it likes: a network's error, a disk's, its own."""
    try:
        if download:
            builder.download_and_prepare()
        known = builder.info.splits
        if known and split.split("[")[0] not in known and not any(sign in split for sign in "+%"):
            close = nearest(split, known)
            help = f"did you mean `{close}`?" if close else f"its splits are {', '.join(known)}"
            raise SourceError(f"the data set `{name}` has no split `{split}`", help)
        dataset = builder.as_dataset(split=split, shuffle_files=False)
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(f"the data set `{name}` cannot be read: {first_line(error)}") from error
    if not isinstance(dataset.element_spec, dict):
        raise SourceError(f"the data set `{name}` gives no named fields")
    return dataset


def first_line(error: BaseException) -> str:
    """What an error of a library says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
