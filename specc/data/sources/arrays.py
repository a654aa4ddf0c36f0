"""Files that hold whole arrays: NumPy's archives, and the format of MNIST."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError, Faulty, first_line
from specc.data.examples import Example, Examples, Record, examples_of
from specc.data.sources.interpretation import as_image, kind_of, plain_integers, sound_labels, sound_values
from specc.data.sources.opening import existing_file
from specc.registry.data.fields import Kind
from specc.registry.data.sources.classes import Classes, count_of, names_of
from specc.registry.data.sources.images import CHANNELS
from specc.registry.entry import nearest

CHOOSE = "name the arrays that are wanted by `arrays`"
NONE: Mapping[str, Classes] = MappingProxyType({})


def npz(*, path: str, arrays: Sequence[str] = (), classes: Mapping[str, Classes] = NONE) -> Examples:
    """Arrays of a NumPy archive; what each is, is told by its type and shape."""

    def place(index: int) -> str:
        return f"{path}, record {index}"

    found = _archive(path, arrays)
    for name in classes:
        if name not in found:
            close = nearest(name, found)
            help = f"did you mean `{close}`?" if close else f"the arrays are {_listed(found)}"
            raise DataError(f"`classes` names `{name}`, which is none of the arrays that are read", help)
    count = _common_count(path, found)
    columns, kinds = {}, {}
    faulty: list[Faulty] = []
    for name, array in found.items():
        columns[name], kinds[name] = _column(path, name, array, place, faulty)
        if name in classes:
            if columns[name].shape != (count,) or columns[name].dtype.kind != "i":
                raise DataError(f"{path}: `{name}` is ({_shape(array)}) {array.dtype}, but labels are one whole number a record")
            columns[name] = sound_labels(columns[name], count_of(classes[name]), name, place, faulty)
    images = [name for name, kind in kinds.items() if kind == "image"]
    return examples_of(
        {name: tf.constant(column) for name, column in columns.items()},
        count,
        _reader(images) if images else dict,
        kinds={name: kind for name, kind in kinds.items() if kind != "value"},
        classes_of={name: count_of(each) for name, each in classes.items()},
        classes=names_of(next(iter(classes.values()))) if len(classes) == 1 else (),
        place=place,
        faulty=faulty,
    )


def _reader(images: Sequence[str]) -> Callable[[Record], Example]:
    def read(record: Record) -> Example:
        return {name: as_image(value) if name in images else value for name, value in record.items()}

    return read


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


# NumPy's archives


def _archive(path: str, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays of a file, all or some. Nothing is unpickled: that could run anything."""
    file = existing_file(path)
    if not zipfile.is_zipfile(file):
        raise DataError(f"{path} is no NumPy archive, or is truncated", "`numpy.savez` writes one")
    try:
        with np.load(file, allow_pickle=False) as archive:
            for name in names:
                if name not in archive.files:
                    close = nearest(name, archive.files)
                    help = f"did you mean `{close}`?" if close else f"the arrays are {_listed(archive.files)}"
                    raise DataError(f"{path} has no array `{name}`", help)
            return {name: _plain(path, archive, name) for name in names or archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise DataError(f"{path} is corrupted: {first_line(error)}") from error


def _plain(path: str, archive: Any, name: str) -> np.ndarray:
    try:
        array = archive[name]
    except ValueError as error:
        said = "has Python objects, which are not read" if "pickle" in str(error) else f"cannot be read: {first_line(error)}"
        raise DataError(f"{path}: the array `{name}` {said}", CHOOSE) from error
    if not isinstance(array, np.ndarray):  # a file within the archive that is no array comes as its bytes
        raise DataError(f"{path}: `{name}` is no array")
    return array


def _common_count(path: str, arrays: Mapping[str, np.ndarray]) -> int:
    """How many records all arrays have."""
    if not arrays:
        raise DataError(f"{path} has no arrays")
    single = [name for name, array in arrays.items() if array.ndim == 0]
    if single:
        raise DataError(f"{path}: `{single[0]}` is one value, not one for each record", CHOOSE)
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) > 1:
        most = Counter(counts.values()).most_common(1)[0][0]
        together = ", ".join(name for name, count in counts.items() if count == most)
        told = ", ".join(f"`{name}` has {count:,}" for name, count in counts.items())
        raise DataError(f"{path}: the arrays differ in length, {told}", f"name those that belong together: `arrays: [{together}]`")
    if not next(iter(counts.values())):
        raise DataError(f"{path} has no records")
    return next(iter(counts.values()))


def _column(
    path: str, name: str, array: np.ndarray, place: Callable[[int], str], faulty: MutableSequence[Faulty]
) -> tuple[np.ndarray, Kind]:
    """An array as it is kept, and what it is."""
    match array.dtype.kind:
        case "i" | "u":
            kind = kind_of(name, array.dtype, array.shape[1:])
            if kind == "image":
                return array, kind  # as bytes, a quarter of the memory
            try:
                return plain_integers(array[:, 0] if array.shape[1:] == (1,) else array), kind
            except OverflowError:
                raise DataError(f"{path}: `{name}` has numbers that are too large for int64") from None
        case "f":
            with np.errstate(over="ignore"):
                values = sound_values(array.astype(np.float32), name, place, faulty)
            is_image = values.ndim == 4 and values.shape[3] in CHANNELS.values() and values.size and values.min() >= 0 and values.max() <= 1
            return values, "image" if is_image else "value"
        case "b":
            return array, "value"
        case "U":
            return np.char.encode(array, "utf-8").astype(object), "value"
        case "S":
            return array.astype(object), "value"
    raise DataError(f"{path}: `{name}` holds {array.dtype}, which is neither numbers nor texts", CHOOSE)


def _shape(array: np.ndarray) -> str:
    return ", ".join(map(str, array.shape)) + ("," if array.ndim == 1 else "")


# The format of MNIST: 0, 0, a code of the type, the number of axes, their sizes, the values; numbers are big-endian

IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"


def idx(*, images: str, labels: str | None = None, classes: Classes = None) -> Examples:
    """Images and labels in the format of MNIST."""

    def place(index: int) -> str:
        return f"{images}, record {index}"

    faulty: list[Faulty] = []
    records = {"image": _idx_images(images, place, faulty)}
    count = len(records["image"])
    if labels is not None:
        found = read_idx(labels)
        if found.ndim != 1 or found.dtype.kind not in "iu":
            raise DataError(f"{labels} has ({_shape(found)}) {found.dtype}, but labels are one whole number a record")
        if len(found) != count:
            raise DataError(f"{images} has {count:,} images, but {labels} has {len(found):,} labels")
        records["label"] = sound_labels(found, count_of(classes), "label", lambda index: f"{labels}, record {index}", faulty)
    return examples_of(
        {name: tf.constant(column) for name, column in records.items()},
        count,
        _reader(["image"]),
        kinds={"image": "image"},
        classes_of={} if labels is None else {"label": count_of(classes)},
        classes=names_of(classes),
        place=place,
        faulty=faulty,
    )


def _idx_images(path: str, place: Callable[[int], str], faulty: MutableSequence[Faulty]) -> np.ndarray:
    """The images of a file, bytes or float32."""
    found = read_idx(path)
    if found.ndim not in (3, 4):
        raise DataError(
            f"{path} has ({_shape(found)}) values, but images are (count, height, width), or with channels as the last axis",
            "are `images` and `labels` the wrong way round?" if found.ndim == 1 else None,
        )
    if not found.size:
        raise DataError(f"{path} has no images")
    if found.dtype == np.uint8:
        return found
    with np.errstate(over="ignore"):
        return sound_values(found.astype(np.float32), "image", place, faulty)


def read_idx(path: str) -> np.ndarray:
    """The array of a file, in this machine's byte order.

    Raises:
        DataError: there is no such file, it is none of the format, or it is longer or shorter than its header says.
    """
    data = existing_file(path).read_bytes()
    whole = True
    if data.startswith(GZIP):
        data, whole = _unzipped(path, data)
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in IDX_TYPES or not data[3]:
        begins = f"it begins with {data[:4].hex(' ')}" if data else "it is empty"
        raise DataError(f"{path} is no IDX file: {begins}", "such a file begins with two zeros, the code of a type and the number of axes")
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise DataError(f"{path} is truncated: {start - len(data)} bytes of its header are missing")
    sizes = np.frombuffer(data, ">u4", data[3], 4).tolist()
    dtype = np.dtype(IDX_TYPES[data[2]])
    missing = start + math.prod(sizes) * dtype.itemsize - len(data)
    if missing > 0:
        raise DataError(f"{path} is truncated: of {math.prod(sizes) * dtype.itemsize:,} bytes of values {missing:,} are missing")
    if missing < 0:
        raise DataError(f"{path} has {-missing:,} bytes more than its header says")
    if not whole:
        raise DataError(f"{path} is truncated: the end of the compressed data is missing")
    return np.frombuffer(data, dtype, offset=start).reshape(sizes).astype(dtype.newbyteorder("="))


def _unzipped(path: str, data: bytes) -> tuple[bytes, bool]:
    """What gzip has compressed, as far as it is there, and whether that is all."""
    inflated = zlib.decompressobj(wbits=31)
    try:
        return inflated.decompress(data) + inflated.flush(), inflated.eof
    except zlib.error as error:
        raise DataError(f"{path} is corrupted: {first_line(error)}") from error
