"""Data sets of TensorFlow Datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from specc.data.errors import DataError, first_line
from specc.data.examples import Example, Examples, Record, examples_of
from specc.data.sources.features import in_pixels
from specc.data.sources.interpretation import as_image
from specc.registry.data.fields import Kind
from specc.registry.entry import nearest

MASKS = ("mask", "segmentation")  # words in the names of masks, where the library does not say that an image is one
# Orders of a box's numbers that are known; data sets of older versions have none, which meant the first.
RELATIVE, ABSOLUTE = ("REL_YXYX", None), ("YXYX",)


@dataclass(frozen=True)
class Leaf:
    """A feature that has none inside it.

    Args:
        path: the names that lead to it.
        feature: the library's description.
        sequences: how many sequences it is inside of.
        kind: what it is.
    """

    path: tuple[str, ...]
    feature: Any
    sequences: int
    kind: Kind


def tfds(*, name: str, split: str = "train", data_dir: str | None = None, download: bool = True) -> Examples:
    """A data set of TensorFlow Datasets, in the order of its files."""
    import tensorflow_datasets as library

    builder = _builder(library, name, data_dir)
    with _told(builder, name, download):
        if download:
            builder.download_and_prepare()
        _check_split(builder, name, split)
        leaves = {"/".join(leaf.path): leaf for leaf in _leaves(library.features, builder.info.features)}
        encoded = [leaf.path for leaf in leaves.values() if isinstance(leaf.feature, library.features.Image) and not leaf.sequences]
        dataset = _opened(library, builder, split, encoded)
    if not isinstance(dataset.element_spec, dict):
        raise DataError(f"the data set `{name}` gives no named fields")
    held = {key for key, spec in _flat(dataset.element_spec).items() if isinstance(spec, (tf.TensorSpec, tf.RaggedTensorSpec))}
    leaves = {key: leaf for key, leaf in leaves.items() if key in held}
    pictures = [key for key, leaf in leaves.items() if leaf.kind == "image"]
    picture = "image" if "image" in pictures else next(iter(pictures), None)

    def read(record: Record) -> Example:
        example = {key: _value(library.features, leaf, record[key]) for key, leaf in leaves.items()}
        if picture is None:
            return example
        boxed = {key: _boxes(leaf, example[key], example[picture]) for key, leaf in leaves.items() if leaf.kind == "boxes"}
        return {**example, **boxed}

    labels = {key: leaf.feature for key, leaf in leaves.items() if getattr(leaf.feature, "num_classes", None) is not None}
    return examples_of(
        dataset.map(lambda element: {key: value for key, value in _flat(element).items() if key in leaves}),
        int(dataset.cardinality()),
        read,
        kinds={key: leaf.kind for key, leaf in leaves.items() if leaf.kind != "value" and (leaf.kind != "boxes" or picture)},
        classes_of={key: feature.num_classes for key, feature in labels.items()},
        classes=_class_names(labels),
        place=f"record {{}} of {name}, {split}".format,
    )


# What the features are


def _leaves(features: Any, feature: Any, path: tuple[str, ...] = (), sequences: int = 0, beside_boxes: bool = False) -> Iterator[Leaf]:
    """The features inside of a feature; those of data sets within data sets are left out.

    Args:
        features: the library's kinds of features.
        beside_boxes: whether there are boxes in the same sequence, so that a feature has an entry for each object.
    """
    if isinstance(feature, features.Dataset):
        return
    if isinstance(feature, features.FeaturesDict):
        beside = beside_boxes or (sequences == 1 and any(isinstance(inner, features.BBoxFeature) for inner in feature.values()))
        for key, inner in feature.items():
            yield from _leaves(features, inner, (*path, key), sequences, beside)
    elif isinstance(feature, features.Sequence):
        yield from _leaves(features, feature.feature, path, sequences + 1, beside_boxes)
    else:
        yield Leaf(path, feature, sequences, _kind(features, feature, path, sequences, beside_boxes))


def _kind(features: Any, feature: Any, path: Sequence[str], sequences: int, beside_boxes: bool) -> Kind:
    if isinstance(feature, features.BBoxFeature) and sequences < 2 and _order(feature) in (*RELATIVE, *ABSOLUTE):
        return "boxes"
    if isinstance(feature, features.Image) and not sequences and len(feature.shape) == 3:
        is_named = feature.shape[-1] == 1 and any(word in path[-1] for word in MASKS)
        return "mask" if feature.use_colormap or is_named else "image"
    return "object" if beside_boxes else "value"


def _order(feature: Any) -> str | None:
    """The order of a box's numbers, and whether they are shares of the image."""
    order = getattr(feature, "bbox_format", None)
    return getattr(order, "value", order)


def _class_names(labels: Mapping[str, Any]) -> Sequence[str]:
    """What the classes are called: those of the feature `label`, inside of others or not, or those that all labels have in common."""
    called = [key for key in labels if key == "label"] or [key for key in labels if key.endswith("/label")] or list(labels)
    names = {tuple(labels[key].names) for key in called}
    return next(iter(names)) if len(names) == 1 else ()


# From a record to an example


def _flat(nested: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Values by the path that leads to each."""
    flat = {}
    for key, value in nested.items():
        flat.update(_flat(value, (*path, key)) if isinstance(value, Mapping) else {"/".join((*path, key)): value})
    return flat


def _value(features: Any, leaf: Leaf, value: Any) -> Any:
    """A feature as a field; boxes as they are stored."""
    value = value.to_tensor() if isinstance(value, tf.RaggedTensor) else value
    if isinstance(leaf.feature, features.Image):
        if value.dtype == tf.string:
            value = leaf.feature.decode_example(value)
        return tf.cast(value[..., 0], tf.int32) if leaf.kind == "mask" else as_image(value)
    return tf.cast(value, tf.int32) if isinstance(leaf.feature, features.ClassLabel) else value


def _boxes(leaf: Leaf, stored: Any, picture: Any) -> Any:
    """Boxes, stored as top, left, bottom and right, as left, top, right and bottom in pixels.

    One box is a list of one, or of none where it has no size: so the library has it where there is no object.
    """
    found = tf.gather(tf.reshape(stored, (-1, 4)), [1, 0, 3, 2], axis=-1)
    if not leaf.sequences:
        found = tf.boolean_mask(found, tf.reduce_all(found[:, 2:] > found[:, :2], axis=-1))
    return in_pixels(found, picture) if _order(leaf.feature) in RELATIVE else found


# How a data set is opened. The library raises what it likes: a network's error, a disk's, its own


def _builder(library: Any, name: str, data_dir: str | None) -> Any:
    try:
        return library.builder(name, data_dir=data_dir)
    except library.core.DatasetNotFoundError:
        here = [each.name for each in Path(data_dir).iterdir()] if data_dir is not None and Path(data_dir).is_dir() else []
        close = nearest(name, [*here, *library.list_builders()])
        help = f"did you mean `{close}`?" if close else "https://www.tensorflow.org/datasets/catalog/overview names them"
        raise DataError(f"TensorFlow Datasets has no data set `{name}`", help) from None
    except Exception as error:
        raise DataError(f"the data set `{name}` cannot be opened: {first_line(error)}") from error


@contextmanager
def _told(builder: Any, name: str, download: bool) -> Iterator[None]:
    """Turns what goes wrong inside into DataErrors."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        help = None if download or builder.is_prepared() else f"it is not in {builder.data_dir}; `data_dir` names another folder"
        raise DataError(f"the data set `{name}` cannot be read: {first_line(error)}", help) from error


def _opened(library: Any, builder: Any, split: str, encoded: Sequence[Sequence[str]]) -> tf.data.Dataset:
    """The records of a split.

    Args:
        encoded: paths of the images, which stay as they are stored until they are needed.
    """
    decoders: dict[str, Any] = {}
    for *outer, last in encoded:
        inner = decoders
        for key in outer:
            inner = inner.setdefault(key, {})
        inner[last] = library.decode.SkipDecoding()
    # Files one after the other: a record's number is its place in them.
    reading = library.ReadConfig(try_autocache=False, interleave_cycle_length=1, skip_prefetch=True)
    return builder.as_dataset(split=split, decoders=decoders or None, read_config=reading, shuffle_files=False)


def _check_split(builder: Any, name: str, split: str) -> None:
    """Raises DataError where there is no such split, or nothing in it."""
    known = builder.info.splits
    if known and split.split("[")[0] not in known and not any(sign in split for sign in "+%"):
        close = nearest(split, known)
        help = f"did you mean `{close}`?" if close else f"its splits are {', '.join(known)}"
        raise DataError(f"the data set `{name}` has no split `{split}`", help)
    if known and not known[split].num_examples:
        raise DataError(f"the split `{split}` of the data set `{name}` has no examples")
