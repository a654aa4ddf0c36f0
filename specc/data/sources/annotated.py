"""Images with annotations: COCO's JSON, and VOC's XML."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError, Faulty
from specc.data.examples import Example, Examples, Record, examples_of
from specc.data.sources import coco_annotations, voc_annotations
from specc.data.sources.boxes import Objects, by_image, with_valid_boxes, wrong_ones
from specc.data.sources.decoding import read_image, same_size
from specc.data.sources.folders import files_below
from specc.data.sources.images import class_table, names_column, read_mask, table_column
from specc.data.sources.opening import existing_folder
from specc.data.sources.run_length import masks_of
from specc.registry.data.fields import Kind
from specc.registry.data.sources.annotated import VOC
from specc.registry.data.sources.images import CHANNELS

VOID = 255  # the number of pixels around objects in VOC's masks


def coco(
    *,
    annotations: str,
    images: str,
    classes: Sequence[str] = (),
    masks: bool = False,
    crowd: bool = False,
    empty: bool = True,
    on_invalid: str = "fail",
    color_mode: str = "rgb",
) -> Examples:
    """COCO's images and their objects."""
    listing = coco_annotations.listing_of(annotations, images, "bbox")
    labels, names = coco_annotations.labels_of(listing, classes)
    objects, outlines = coco_annotations.objects_of(listing, labels, crowd)
    objects, kept = with_valid_boxes(objects, listing.sizes, on_invalid, listing.faulty)
    runs: list[np.ndarray] = []
    if masks:
        outlined = [outlines[number] for number in kept]
        runs, kept = coco_annotations.runs_of(listing, outlined, objects, on_invalid)
        objects = objects.only(kept)
    flags = "crowd" if crowd else None
    columns = {**_image_columns(listing.paths, listing.sizes), **objects.columns(len(listing.paths), flags)}
    if masks:
        columns |= _run_columns(runs, objects, len(listing.paths))
    paths, faulty = listing.paths, listing.faulty
    if not empty:
        used = np.unique(np.concatenate([objects.rows, *(np.array(kind.records, np.int64) for kind in faulty)]))
        faulty = [kind.moved({int(row): [record] for record, row in enumerate(used)}) for kind in faulty]
        columns, paths = {name: tf.gather(column, used) for name, column in columns.items()}, [paths[row] for row in used]
        if not paths:
            raise DataError(f"no image of {annotations} has an object of {', '.join(f'`{name}`' for name in names)}")

    def read(record: Record) -> Example:
        example = _read(record, flags, color_mode)
        if masks:
            example["masks"] = masks_of(record["runs"], record["run_counts"], record["size"][0], record["size"][1])
        return example

    kinds: dict[str, Kind] = {"image": "image", **_object_kinds(flags), **({"masks": "masks"} if masks else {})}
    return examples_of(
        columns, read=read, kinds=kinds, classes_of={"labels": len(names)}, classes=names, place=paths.__getitem__, faulty=faulty
    )


def coco_captions(*, annotations: str, images: str, per: str = "caption", color_mode: str = "rgb") -> Examples:
    """COCO's images and their captions: an example a caption, or an image."""
    listing = coco_annotations.listing_of(annotations, images, "caption")
    rows, captions, textless = coco_annotations.captions_of(listing)
    records = np.arange(len(rows))  # which the captions are in
    if per == "image":
        texts = [_encoded(caption) for _, caption in sorted(zip(rows, captions), key=lambda pair: pair[0])]
        rows, records, counts = np.unique(rows, return_inverse=True, return_counts=True)
        columns = {"captions": by_image(np.array(texts), counts)}
    else:
        columns = {"caption": table_column(list(map(_encoded, captions)))}
    paths = [listing.paths[row] for row in rows]
    of_image: dict[int, list[int]] = defaultdict(list)
    for record, row in enumerate(rows):
        of_image[int(row)].append(record)
    faulty = [*(kind.moved(of_image) for kind in listing.faulty), textless.moved({n: [int(record)] for n, record in enumerate(records)})]

    def read(record: Record) -> Example:
        texts = {name: text for name, text in record.items() if name != "path"}
        return {"image": read_image(record["path"], CHANNELS[color_mode]), **texts}

    return examples_of(
        {"path": names_column(paths), **columns}, read=read, kinds={"image": "image"}, place=paths.__getitem__, faulty=faulty
    )


def voc(
    *,
    path: str,
    split: str = "train",
    classes: Sequence[str] = VOC,
    difficult: bool = False,
    segmentation: bool = False,
    on_invalid: str = "fail",
    color_mode: str = "rgb",
) -> Examples:
    """VOC's images and their objects."""
    listing = voc_annotations.listing_of(path, split, "Segmentation" if segmentation else "Main")
    objects = voc_annotations.objects_of(listing, classes, difficult)
    objects, _ = with_valid_boxes(objects, listing.sizes, on_invalid, listing.faulty)
    flags = "difficult" if difficult else None
    columns = {**_image_columns(listing.paths, listing.sizes), **objects.columns(len(listing.paths), flags)}
    places, numbering = listing.paths, None
    if segmentation:
        masks, missing = _voc_masks(Path(path), listing.names)
        numbering = class_table(len(classes) + 1, ignore=VOID)
        listing.faulty.append(missing)
        columns["mask"], places = names_column(masks), [f"{image} with {mask}" for image, mask in zip(listing.paths, masks)]

    def read(record: Record) -> Example:
        example = _read(record, flags, color_mode)
        if segmentation:
            example["mask"] = read_mask(record["mask"], example["image"], numbering)
        return example

    kinds: dict[str, Kind] = {"image": "image", **_object_kinds(flags), **({"mask": "mask"} if segmentation else {})}
    classes_of: dict[str, int | None] = {"labels": len(classes), **({"mask": len(classes) + 1} if segmentation else {})}
    return examples_of(
        columns, read=read, kinds=kinds, classes_of=classes_of, classes=classes, place=places.__getitem__, faulty=listing.faulty
    )


def _image_columns(paths: Sequence[str], sizes: np.ndarray) -> dict[str, Any]:
    """Paths, and heights and widths, of images whose widths and heights are given."""
    return {"path": names_column(paths), "size": table_column(sizes[:, ::-1].astype(np.int32))}


def _run_columns(runs: Sequence[np.ndarray], objects: Objects, images: int) -> dict[str, Any]:
    """Masks by image: the lengths of all objects' runs, and how many each object has."""
    counts = np.array([len(each) for each in runs], np.int32)
    lengths = np.concatenate(runs) if runs else np.zeros(0, np.int32)
    by_row = np.bincount(objects.rows, weights=counts, minlength=images)
    return {"runs": by_image(lengths, by_row), "run_counts": by_image(counts, np.bincount(objects.rows, minlength=images))}


def _object_kinds(flags: str | None) -> dict[str, Kind]:
    return {"boxes": "boxes", "labels": "object", **({flags: "object"} if flags else {})}


def _read(record: Record, flags: str | None, color_mode: str) -> Example:
    """An image, which must have the size that its annotations are for, and what they say of its objects."""
    image = read_image(record["path"], CHANNELS[color_mode])
    with tf.control_dependencies([same_size(image, record["size"][0], record["size"][1], "by its annotations the image has ")]):
        return {"image": tf.identity(image), **{name: record[name] for name in _object_kinds(flags)}}


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")  # JSON can name halves of characters


def _voc_masks(folder: Path, names: Sequence[str]) -> tuple[list[str], Faulty]:
    """Paths of the masks of some images, and those that are not there."""
    masks = existing_folder(folder / "SegmentationClass")
    there = set(files_below(masks, (".png",)))
    missing = wrong_ones(names, lambda name: f"{name}.png" not in there, lambda name: f"there is no mask {masks / name}.png", "such masks")
    return [str(masks / f"{name}.png") for name in names], missing
