"""VOC's XML: a file for each image, with its size and its objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from xml.etree.ElementTree import Element

import numpy as np

from specc.data.errors import DataError, Faulty
from specc.data.sources.boxes import Objects, wrong_ones
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
        faulty: what is found wrong with images, or with their annotations, kind by kind.
    """

    names: list[str]
    paths: list[str]
    sizes: np.ndarray
    files: list[Path]
    objects: list[list[Element]]
    faulty: list[Faulty] = field(default_factory=list)


def listing_of(path: str, split: str, part: str) -> Listing:
    """Reads the list of a split, and the annotations of its images.

    Args:
        part: the folder of lists: `Main`, or `Segmentation`.
    """
    folder = existing_folder(path, of_folders=True)
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
    missing = wrong_ones(
        names, lambda name: name not in there, lambda name: f"there is no image {images / name}.jpg, which {file} lists", "such images"
    )
    paths = [str(images / there.get(name, f"{name}.jpg")) for name in names]
    annotations = existing_folder(folder / "Annotations")
    files = [annotations / f"{name}.xml" for name in names]
    unknown: _Annotation = ((1, 1), [])
    read, broken = _each(files, _annotation, unknown)
    return Listing(names, paths, np.array([size for size, _ in read]), files, [objects for _, objects in read], [missing, broken])


def objects_of(listing: Listing, classes: Sequence[str], difficult: bool) -> Objects:
    """The objects of all images. Those that are hard to recognise are flagged, or left out. What is wrong with one is reported."""
    if len(set(classes)) < len(classes):
        raise DataError(f"`classes` of voc are different names, not {list(classes)}")

    def of_image(image: tuple[list[Element], Path]) -> list[_Object]:
        elements, file = image
        flagged = [(element, _flag(element, file)) for element in elements]
        return [(_label(element, classes, file), flag, _box(element)) for element, flag in flagged if difficult or not flag]

    none: list[_Object] = []
    read, wrong = _each(list(zip(listing.objects, listing.files)), of_image, none)
    listing.faulty.append(wrong)
    rows = np.repeat(np.arange(len(read)), [len(objects) for objects in read])
    found = [each for objects in read for each in objects]
    # The first pixel is 1, and the last one lies inside of the box.
    boxes = np.array([box for _, _, box in found], np.float64).reshape(-1, 4) - (1, 1, 0, 0)

    def described(number: int) -> str:
        return f"{listing.files[rows[number]]}: a `{classes[found[number][0]]}`"

    labels, flags = (np.array([each[place] for each in found], np.int32) for place in (0, 1))
    return Objects(rows, boxes, labels, flags, described)


_Annotation = tuple[tuple[int, int], list[Element]]  # width and height of the image, and its objects
_Object = tuple[int, int, list[float]]  # label, whether it is hard to recognise, corners of the box
_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


def _each(items: Sequence[_Item], make: Callable[[_Item], _Made], otherwise: _Made) -> tuple[list[_Made], Faulty]:
    """What is made of each image's annotations; of those that are wrong something else, and why they are."""
    made: list[_Made] = []
    errors: dict[int, DataError] = {}
    for number, item in enumerate(items):
        try:
            made.append(make(item))
        except DataError as error:
            errors[number] = error
            made.append(otherwise)
    told = list(errors.values())
    return made, Faulty(list(errors), lambda place: told[place].message, "faulty annotations", told[0].help if told else None)


def _annotation(file: Path) -> _Annotation:
    """What a file says of its image."""
    root = xml_of(file)
    return _size(root, file), root.findall("object")


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
