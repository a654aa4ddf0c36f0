"""VOC's XML: a file for each image, with its size and its objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from specc.data.errors import DataError
from specc.data.sources.boxes import Objects, check_all
from specc.data.sources.folders import IMAGES, by_stem, files_below
from specc.data.sources.markup import lines_of, xml_of
from specc.data.sources.opening import existing_folder
from specc.registry.entry import nearest

CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class Listing:
    """The images of a split.

    Args:
        names: in the order of the list.
        paths: of the images.
        sizes: width and height of each image, (images, 2).
        files: of the annotations.
        objects: the elements of each image's objects.
    """

    names: list[str]
    paths: list[str]
    sizes: np.ndarray
    files: list[Path]
    objects: list[list[Element]]


def listing_of(path: str, split: str, part: str) -> Listing:
    """Reads the list of a split, and the annotations of its images.

    Args:
        part: the folder of lists: `Main`, or `Segmentation`.
    """
    folder = existing_folder(path)
    file = folder / "ImageSets" / part / f"{split}.txt"
    existing_folder(file.parent)
    names = lines_of(file)
    if not names:
        raise DataError(f"{file} lists no image")
    several = [name for name in names if len(name.split()) > 1]
    if several:
        raise DataError(f"{file} has the line `{several[0]}`", "it must have one name a line, of an image without what follows the dot")
    images = existing_folder(folder / "JPEGImages")
    there = by_stem(files_below(images, IMAGES), images)
    check_all(
        names, lambda name: name not in there, lambda name: f"there is no image {images / name}.jpg, which {file} lists", "such images"
    )
    annotations = existing_folder(folder / "Annotations")
    files = [annotations / f"{name}.xml" for name in names]
    roots = [xml_of(each) for each in files]
    sizes = np.array([_size(root, each) for root, each in zip(roots, files)])
    return Listing(names, [str(images / there[name]) for name in names], sizes, files, [root.findall("object") for root in roots])


def objects_of(listing: Listing, classes: Sequence[str], difficult: bool) -> Objects:
    """The objects of all images. Those that are hard to recognise are flagged, or left out."""
    if len(set(classes)) < len(classes):
        raise DataError(f"`classes` of voc are different names, not {list(classes)}")
    found = [(row, element) for row, elements in enumerate(listing.objects) for element in elements]
    flags = [_flag(element, listing.files[row]) for row, element in found]
    kept = [number for number, flag in enumerate(flags) if difficult or not flag]
    rows = np.array([found[number][0] for number in kept], np.int64)
    elements = [found[number][1] for number in kept]
    labels = [_label(element, classes, listing.files[row]) for row, element in zip(rows, elements)]
    # The first pixel is 1, and the last one lies inside of the box.
    boxes = np.array([_box(element) for element in elements], np.float64).reshape(-1, 4) - (1, 1, 0, 0)

    def described(number: int) -> str:
        return f"{listing.files[rows[number]]}: a `{classes[labels[number]]}`"

    return Objects(rows, boxes, np.array(labels, np.int32), np.array([flags[number] for number in kept], np.int32), described)


def _size(root: Element, file: Path) -> tuple[int, int]:
    try:
        width, height = (int(root.findtext(f"size/{side}", "")) for side in ("width", "height"))
    except ValueError:
        width = height = 0
    if width < 1 or height < 1:
        raise DataError(f"{file} must have the image's size, `width` and `height` as whole numbers from 1")
    return width, height


def _flag(element: Element, file: Path) -> int:
    """Whether an object is hard to recognise."""
    text = element.findtext("difficult", "0").strip()
    if text not in ("0", "1"):
        raise DataError(f"{file}: `difficult` of an object is 0 or 1, not `{text}`")
    return int(text)


def _label(element: Element, classes: Sequence[str], file: Path) -> int:
    name = element.findtext("name", "").strip()
    if name not in classes:
        close = nearest(name, classes)
        help = f"did you mean `{close}`?" if close else "name the `classes` of your own data"
        raise DataError(f"{file}: an object has the name `{name}`, which is no class", help)
    return classes.index(name)


def _box(element: Element) -> list[float]:
    """The corners as they are written; NaN where one is no number."""
    try:
        return [float(element.findtext(f"bndbox/{corner}", "")) for corner in CORNERS]
    except ValueError:
        return [np.nan] * 4
