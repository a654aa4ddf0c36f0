"""Image files: a folder for each class, or with a mask for each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError, Faulty, in_all
from specc.data.examples import Example, Examples, Record, examples_of
from specc.data.sources.decoding import are_photographs, read_image, read_photograph, require, same_size
from specc.data.sources.folders import IMAGES, by_stem, files_below, folders_in
from specc.data.sources.opening import existing_folder
from specc.data.sources.palette import pixel_numbers
from specc.registry.data.sources.classes import Classes, count_of, names_of
from specc.registry.data.sources.images import CHANNELS
from specc.registry.entry import nearest

NUMBERS = 65536  # that a pixel of a mask can have
NO_CLASS, UNKNOWN = -1, -2  # what pixels become that do not count, and those whose number stands for nothing


def image_folder(*, path: str, classes: Sequence[str] = (), color_mode: str = "rgb") -> Examples:
    """The images of each class's folder, class after class."""
    folder = existing_folder(path, of_folders=True)
    names = _classes(folder, classes)
    files = [files_below(folder / name, IMAGES) for name in names]
    empty = [name for name, found in zip(names, files) if not found]
    if (empty and not classes) or not any(files):
        message = f"the folder {folder / empty[0]} has no image" + in_all(len(empty), "such folders")
        raise DataError(message, f"images are files that end in {', '.join(IMAGES)}; or name the `classes`")
    labels = np.repeat(np.arange(len(names), dtype=np.int32), [len(found) for found in files])
    columns = {"name": names_column([name for found in files for name in found]), "label": table_column(labels)}
    folders, channels = names_column([f"{folder / name}/" for name in names]), CHANNELS[color_mode]

    def path_of(record: Record) -> Any:
        return tf.strings.join([folders[record["label"]], record["name"]])

    photographs = all(are_photographs(found) for found in files)

    def read(record: Record) -> Example:
        return {"image": read_image(path_of(record), channels, photographs=photographs), "label": record["label"]}

    def stored(record: Record) -> Example:
        return {"image": read_photograph(path_of(record), channels), "label": record["label"]}

    def place(index: int) -> str:
        return os.fsdecode(path_of({name: column[index] for name, column in columns.items()}).numpy())

    return examples_of(
        columns,
        read=read,
        kinds={"image": "image"},
        classes_of={"label": len(names)},
        classes=names,
        place=place,
        stored=stored if photographs and channels == 3 else None,
    )


def masks(
    *,
    images: str,
    masks: str,
    classes: Classes = None,
    values: Sequence[int] = (),
    ignore: int | None = None,
    image_suffix: str = "",
    mask_suffix: str = "",
    color_mode: str = "rgb",
) -> Examples:
    """Images and their masks, in alphabetical order."""
    count = count_of(classes) or len(values) or None
    numbering = class_table(count, values, ignore)
    pairs, faulty = _pairs(existing_folder(images), image_suffix, existing_folder(masks), mask_suffix)
    columns = {"image": names_column([image for image, _ in pairs]), "mask": names_column([mask for _, mask in pairs])}

    def read(record: Record) -> Example:
        image = read_image(record["image"], CHANNELS[color_mode])
        return {"image": image, "mask": read_mask(record["mask"], image, numbering)}

    return examples_of(
        columns,
        read=read,
        kinds={"image": "image", "mask": "mask"},
        classes_of={"mask": count},
        classes=names_of(classes),
        place=lambda index: " with ".join(filter(None, pairs[index])),
        faulty=faulty,
    )


def names_column(names: Sequence[str]) -> Any:
    """Names of files as a column. It stays in the memory of the machine, whatever devices there are."""
    with tf.device("CPU:0"):
        return tf.constant([os.fsencode(name) for name in names], tf.string)


def table_column(values: Any) -> Any:
    """Numbers as a column."""
    with tf.device("CPU:0"):
        return tf.constant(values)


def class_table(classes: int | None, values: Sequence[int] = (), ignore: int | None = None) -> Any:
    """The class of every number that a pixel of a mask can have, (65536,); -1 for those that do not count, -2 for unknown ones.

    Args:
        classes: how many classes there are; None where nobody said, so that every number is one.
        values: the numbers of the classes, where they are not 0, 1, 2 and so on.
        ignore: the number that does not count.
    """
    table = np.full(NUMBERS, UNKNOWN, np.int32)
    if values:
        if classes != len(values) or len(set(values)) < len(values):
            raise DataError(f"`values` of masks gives a number for each of the classes, {classes} different ones, not {list(values)}")
        if not all(0 <= value < NUMBERS for value in values):
            raise DataError(f"`values` of masks are from 0 to {NUMBERS - 1:,}, not {list(values)}")
        table[list(values)] = np.arange(len(values))
    else:
        known = NUMBERS if classes is None else classes
        table[:known] = np.arange(min(known, NUMBERS))
    if ignore is not None:
        if classes is not None and table[ignore] != UNKNOWN:
            raise DataError(f"`ignore: {ignore}` of masks is the number of a class", "leave out one or the other")
        table[ignore] = NO_CLASS
    return table_column(table)


def read_mask(path: Any, image: Any, table: Any) -> Any:
    """The class of every pixel of an image, int32 (height, width), from the PNG at a path.

    Args:
        table: as `class_table` makes it.

    Raises:
        tf.errors.InvalidArgumentError: the mask has another size than the image, or a number that stands for no class.
    """
    numbers = pixel_numbers(tf.io.read_file(path))
    classes = tf.gather(table, numbers)
    unknown = tf.reduce_max(tf.where(classes == UNKNOWN, numbers, -1))
    fits = same_size(numbers, tf.shape(image)[0], tf.shape(image)[1], "the mask must have the size of its image, ")
    known = require(unknown < 0, "the mask has the value ", unknown, ", which stands for no class")
    with tf.control_dependencies([fits, known]):
        return tf.ensure_shape(classes, (None, None))


def _classes(folder: Path, wanted: Sequence[str]) -> list[str]:
    """The folders that are classes, in the order of their labels."""
    found = folders_in(folder)
    if not found:
        raise DataError(f"{folder} has no folders", "it must have a folder of images for each class")
    for name in wanted:
        if name not in found:
            close = nearest(name, found)
            raise DataError(f"{folder} has no folder {name}", f"did you mean `{close}`?" if close else None)
    if len(set(wanted)) < len(wanted):
        raise DataError(f"`classes` of image_folder are different folders, not {list(wanted)}")
    return list(wanted) or found


def _pairs(images: Path, image_suffix: str, masks: Path, mask_suffix: str) -> tuple[list[tuple[str, str]], list[Faulty]]:
    """Paths of images and of the masks that belong to them; nothing stands for what is not there, which makes a pair faulty."""
    files, others = files_below(images, IMAGES), files_below(masks, (".png",))
    if images.resolve() == masks.resolve():
        if mask_suffix == image_suffix:
            raise DataError(f"{images} is the folder of images and of masks", "say how names of masks end by `mask_suffix`")
        # With `_mask` against nothing, `a_mask.png` would be an image too.
        if len(mask_suffix) > len(image_suffix):
            files = _without(files, mask_suffix)
        else:
            others = _without(others, image_suffix)
    found, masked = by_stem(files, images, image_suffix), by_stem(others, masks, mask_suffix)
    if not found:
        raise DataError(f"{images} has no images" + (f" whose names end in {image_suffix}" if image_suffix else ""))
    names = sorted({**found, **masked})
    first = {name: str(images / found[name]) if name in found else "" for name in names}
    second = {name: str(masks / masked[name]) if name in masked else "" for name in names}
    faulty = [
        _alone(first, second, f"no mask {masks}/{{}}{mask_suffix}.png", "images without masks"),
        _alone(second, first, f"no image {images}/{{}}{image_suffix} of any format", "masks without images"),
    ]
    return [(first[name], second[name]) for name in names], faulty


def _without(files: list[str], suffix: str) -> list[str]:
    return [file for file in files if not os.path.splitext(file)[0].endswith(suffix)]


def _alone(files: Mapping[str, str], others: Mapping[str, str], lacking: str, what: str) -> Faulty:
    """The pairs of which only one file is there.

    Args:
        files: paths of those that are there, by the names of all pairs; empty of those that are not.
        others: the same of what they lack.
        lacking: what they lack, with a place for the name.
        what: what they are called together.
    """
    alone = [(record, name) for record, name in enumerate(files) if files[name] and not others[name]]

    def said(number: int) -> str:
        _, name = alone[number]
        return f"there is {lacking.format(name)} for {files[name]}"

    return Faulty([record for record, _ in alone], said, what)
