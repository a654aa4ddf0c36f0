"""COCO's JSON: a list of images, one of categories, and one of annotations, each of an image."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from specc.data.errors import DataError, Faulty
from specc.data.sources.boxes import SKIP, Objects, wrong_ones
from specc.data.sources.folders import IMAGES, files_below
from specc.data.sources.markup import json_of
from specc.data.sources.opening import existing_folder
from specc.data.sources.run_length import unpacked
from specc.registry.entry import nearest

AT_ONCE = 4096  # texts that are unpacked together
LARGEST = 2**31  # a number of pixels that is none
NO_NUMBER = "has an outline with a value that is no number"
FAR = 1.0  # widths and heights of the image by which an outline may leave it; drawing further ones costs time and memory


@dataclass(frozen=True)
class Listing:
    """What a file of annotations lists.

    Args:
        path: the file.
        paths: of the images, in the order of the file.
        rows: the image's number in that order, by its id.
        sizes: width and height of each image, (images, 2); of images whose size is not asked for zeros.
        annotations: as they stand there.
        categories: names by id.
        faulty: what is found wrong with images, or with their annotations, kind by kind, by the number of the image.
    """

    path: str
    paths: list[str]
    rows: Mapping[Any, int]
    sizes: np.ndarray
    annotations: list[dict[str, Any]]
    categories: Mapping[Any, str]
    faulty: list[Faulty] = field(default_factory=list)


def listing_of(path: str, folder: str, part: str) -> Listing:
    """Reads a file of annotations.

    Args:
        folder: where the images are.
        part: what annotations must have: `bbox`, with which images must have sizes and categories be listed, or `caption`.
    """
    document = json_of(path)
    annotations = _list(document, "annotations", path)
    _require(annotations, lambda each: _is_known(each.get("image_id")), lambda each: f"{_called(each)} of {path} has no `image_id`")
    _check_part(annotations, path, part)
    images = _list(document, "images", path)
    if not images:
        raise DataError(f"{path} lists no image")
    rows = {image.get("id"): row for row, image in enumerate(images) if _is_known(image.get("id"))}
    if len(rows) < len(images):
        raise DataError(f"{path} lists images without an `id`, or two with the same")
    _require(
        annotations,
        lambda each: each["image_id"] in rows,
        lambda each: f"{_called(each)} of {path} is of the image {each['image_id']}, which the file does not list",
    )
    paths, faulty = _paths(images, path, existing_folder(folder))
    sizes, unsized = _sizes(images, path) if part == "bbox" else (np.zeros((len(images), 2)), [])
    return Listing(path, paths, rows, sizes, annotations, _categories(document, path) if part == "bbox" else {}, [*faulty, *unsized])


def labels_of(listing: Listing, classes: Sequence[str]) -> tuple[dict[Any, int], tuple[str, ...]]:
    """Labels by id of category, and the names of the classes: those that are kept, or all in the order of their ids.

    Annotations of other categories than are listed are reported.
    """
    categories = listing.categories
    names = set(categories.values())
    for name in classes:
        if name not in names:
            close = nearest(name, names)
            raise DataError(f"{listing.path} has no category `{name}`", f"did you mean `{close}`?" if close else None)
    if len(set(classes)) < len(classes):
        raise DataError(f"`classes` of coco are different categories, not {list(classes)}")
    unlisted = wrong_ones(
        listing.annotations,
        lambda each: not _is_known(each.get("category_id")) or each["category_id"] not in categories,
        lambda each: f"{_called(each)} of {listing.path} has the category {each.get('category_id')}, which the file does not list",
        "such annotations",
        record=lambda each: listing.rows[each["image_id"]],
    )
    listing.faulty.append(unlisted)
    if classes:
        return {id: classes.index(name) for id, name in categories.items() if name in classes}, tuple(classes)
    ids = sorted(categories, key=lambda id: (isinstance(id, str), id))
    return {id: label for label, id in enumerate(ids)}, tuple(categories[id] for id in ids)


def objects_of(listing: Listing, labels: Mapping[Any, int], crowd: bool) -> tuple[Objects, list[Any]]:
    """The objects of the classes that are kept, and the outline of each as the file has it. Crowds are flagged."""
    kept = [each for each in listing.annotations if _is_among(each, labels) and (crowd or not each.get("iscrowd"))]
    kept.sort(key=lambda each: listing.rows[each["image_id"]])
    rows = np.array([listing.rows[each["image_id"]] for each in kept], np.int64)
    boxes = np.array([_box(each.get("bbox")) for each in kept], np.float64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]

    def described(number: int) -> str:
        return f"{_called(kept[number])} of {listing.path} ({listing.paths[rows[number]]})"

    found = np.array([labels[each["category_id"]] for each in kept], np.int32)
    flags = np.array([bool(each.get("iscrowd")) for each in kept], np.int32)
    return Objects(rows, boxes, found, flags, described), [each.get("segmentation") for each in kept]


def runs_of(listing: Listing, outlines: Sequence[Any], objects: Objects, on_invalid: str) -> tuple[list[np.ndarray], np.ndarray]:
    """Masks as lengths of runs, and the numbers of the objects that have one.

    Args:
        listing: where faults are reported.
        outlines: of each object: polygons, or runs, packed or not.
        on_invalid: `fail`, which reports the images of objects without a mask, or `skip`.
    """
    sizes = listing.sizes
    found: list[np.ndarray] = []
    faults: dict[int, str] = {}
    for first in range(0, len(outlines), AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, len(outlines)))
        made = [_made(outlines[number], sizes[objects.rows[number]], number, faults) for number in numbers]
        for number, runs in zip(numbers, _counted(made, first, faults)):
            pixels = int(sizes[objects.rows[number]].prod())
            if runs is not None and ((runs < 0).any() or runs.sum() != pixels):
                faults[number] = f"has runs of {runs.sum():,} pixels, but the image has {pixels:,}"
            elif runs is not None:
                found.append(runs.astype(np.int32))
    if on_invalid == "fail":
        listing.faulty.append(
            wrong_ones(
                range(len(outlines)),
                lambda number: number in faults,
                lambda number: f"{objects.described(number)} {faults[number]}",
                "such objects",
                SKIP,
                lambda number: int(objects.rows[number]),
            )
        )
    return found, np.array([number for number in range(len(outlines)) if number not in faults], np.int64)


def captions_of(listing: Listing) -> tuple[np.ndarray, list[str], Faulty]:
    """The number of each caption's image, the captions in the order of the file, and those that are no texts: they are empty."""
    texts = [each["caption"].strip() if isinstance(each.get("caption"), str) else "" for each in listing.annotations]
    rows = np.array([listing.rows[each["image_id"]] for each in listing.annotations], np.int64)
    empty = [number for number, text in enumerate(texts) if not text]

    def said(place: int) -> str:
        return f"{_called(listing.annotations[empty[place]])} of {listing.path} has no text as `caption`"

    return rows, texts, Faulty(empty, said, "such annotations")


def _list(document: Any, name: str, path: str) -> list[dict[str, Any]]:
    """A list of mappings in the file."""
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise DataError(f"{path} is no file of COCO's form: it has no list `{name}`", "https://cocodataset.org/#format-data shows it")
    return found


def _check_part(annotations: Sequence[dict[str, Any]], path: str, part: str) -> None:
    """Raises DataError where the annotations are of another sort."""
    sorts = {"bbox": ("objects", "coco"), "caption": ("captions", "coco_captions")}
    other = "caption" if part == "bbox" else "bbox"
    if any(part in each for each in annotations):
        return
    if any(other in each for each in annotations):
        raise DataError(f"{path} has {sorts[other][0]}, not {sorts[part][0]}", f"the source `{sorts[other][1]}` reads it")
    if part == "caption" or annotations:
        raise DataError(f"{path} has no {sorts[part][0]}: no annotation has a `{part}`")


def _paths(images: list[dict[str, Any]], path: str, folder: Path) -> tuple[list[str], list[Faulty]]:
    """Paths of the images, and those that are not there."""
    unnamed = wrong_ones(
        images,
        lambda image: not isinstance(image.get("file_name"), str),
        lambda image: f"the image {image['id']} of {path} has no `file_name`",
        "such images",
    )
    there = set(files_below(folder, IMAGES))
    names = [os.path.normpath(image["file_name"]) if isinstance(image.get("file_name"), str) else "" for image in images]
    missing = wrong_ones(
        names,
        lambda name: bool(name) and name not in there,
        lambda name: f"there is no image {folder / name}, which {path} lists",
        "such images",
        f"is {folder} the folder that belongs to it? Images end in {', '.join(IMAGES)}",
    )
    return [str(folder / name) for name in names], [unnamed, missing]


def _sizes(images: list[dict[str, Any]], path: str) -> tuple[np.ndarray, list[Faulty]]:
    """Width and height of each image, and the images that have none: these are 1 by 1."""

    def is_sized(image: dict[str, Any]) -> bool:
        return all(type(image.get(side)) is int and image[side] >= 1 for side in ("width", "height"))

    unsized = wrong_ones(
        images,
        lambda image: not is_sized(image),
        lambda image: f"the image {image['id']} of {path} must have a `width` and a `height`, whole numbers from 1",
        "such images",
    )
    return np.array([(image["width"], image["height"]) if is_sized(image) else (1, 1) for image in images]).reshape(-1, 2), [unsized]


def _categories(document: Any, path: str) -> dict[Any, str]:
    listed = _list(document, "categories", path)
    found = {each["id"]: each["name"] for each in listed if _is_known(each.get("id")) and isinstance(each.get("name"), str)}
    if not found or len(found) < len(listed):
        raise DataError(f"{path} must list categories, each with an `id` of its own and a `name`")
    return found


def _require(annotations: Sequence[dict[str, Any]], right: Callable[[Any], bool], said: Callable[[Any], str]) -> None:
    """Raises DataError about the first annotation that is not right: without an image it is in no record that could be left out."""
    wrong = wrong_ones(annotations, lambda each: not right(each), said, "such annotations")
    if wrong.records:
        raise wrong.error()


def _is_known(id: Any) -> bool:
    return isinstance(id, (int, str))


def _is_among(annotation: Mapping[str, Any], categories: Mapping[Any, int]) -> bool:
    return _is_known(annotation.get("category_id")) and annotation["category_id"] in categories


def _called(annotation: Mapping[str, Any]) -> str:
    """What a message calls an annotation."""
    return f"annotation {annotation['id']}" if "id" in annotation else "an annotation"


def _box(given: Any) -> list[float]:
    """Left, top, width and height; NaN where they are not four numbers."""
    return given if isinstance(given, list) and len(given) == 4 and all(map(_is_number, given)) else [np.nan] * 4


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -LARGEST < value < LARGEST


def _made(outline: Any, size: np.ndarray, number: int, faults: dict[int, str]) -> bytes | np.ndarray | None:
    """The runs of one object, packed or not; None, and the fault noted, where there are none."""
    width, height = int(size[0]), int(size[1])
    try:
        return _from_runs(outline, width, height) if isinstance(outline, dict) else _drawn(outline, width, height)
    except ValueError as error:
        faults[number] = str(error)
        return None


def _from_runs(outline: Mapping[str, Any], width: int, height: int) -> bytes | np.ndarray:
    runs, size = outline.get("counts"), outline.get("size")
    if size != [height, width]:
        raise ValueError(f"has runs for an image of the size {size}, but it is {[height, width]}, height and width")
    if isinstance(runs, str) and runs.isascii():
        return runs.encode()
    if isinstance(runs, list) and all(type(run) is int and 0 <= run <= width * height for run in runs):
        return np.array(runs, np.int64)
    raise ValueError("has runs that are no numbers of pixels")


def _drawn(outline: Any, width: int, height: int) -> bytes:
    """The packed runs of what polygons enclose together, as COCO's library draws it."""
    if not isinstance(outline, list) or not outline:
        raise ValueError("has no outline")
    for polygon in outline:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            raise ValueError("has an outline that is not three or more points")
        points = _numbers(polygon).reshape(-1, 2) / (width, height)
        if not (np.abs(points - 0.5) <= 0.5 + FAR).all():
            raise ValueError("has an outline far outside of the image" if np.isfinite(points).all() else NO_NUMBER)
    library = _library()
    drawn = library.frPyObjects(outline, height, width)
    runs: bytes = (drawn[0] if len(drawn) == 1 else library.merge(drawn))["counts"]
    return runs


def _numbers(values: list[Any]) -> np.ndarray:
    """Values as an array, which is quicker than to look at each."""
    try:
        found = np.array(values)
    except ValueError:  # lists of different lengths
        raise ValueError(NO_NUMBER) from None
    if found.ndim != 1 or found.dtype.kind not in "if":
        raise ValueError(NO_NUMBER)
    return found


def _counted(made: Sequence[bytes | np.ndarray | None], first: int, faults: dict[int, str]) -> list[np.ndarray | None]:
    """The runs of objects as numbers; `first` is the number of the first of them."""
    found = [None if isinstance(runs, bytes) else runs for runs in made]
    packed = {number: runs for number, runs in enumerate(made) if isinstance(runs, bytes)}
    for number, runs in zip(packed, unpacked(list(packed.values()))):
        found[number] = runs
        if runs is None:
            faults[first + number] = "has packed runs that are damaged"
    return found


def _library() -> Any:
    try:
        from pycocotools import mask
    except ImportError:
        raise DataError("masks of outlines need the library pycocotools", "pip install 'specc[coco]'") from None
    return mask
