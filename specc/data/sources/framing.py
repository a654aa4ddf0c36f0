"""Where the records of a TFRecord file are.

A record is the length of its data (8 bytes, the lowest first), a checksum of that (4), the data, and a checksum of these (4).
Lengths are enough to find all records, so that a file of many gigabytes is gone through in seconds. TensorFlow checks the data
when they are read.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from specc.data.errors import DataError

HEAD, FRAME = 12, 16  # bytes before the data; bytes around them
POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected


@dataclass(frozen=True)
class Frames:
    """The records of a file.

    Args:
        path: the file.
        offsets: where each begins, its length included; of a compressed file within what it unpacks to.
        lengths: bytes of the data of each.
        first: the data of the first; empty where there are none.
        truncated: what is wrong where the file ends within its last record.
    """

    path: Path
    offsets: np.ndarray
    lengths: np.ndarray
    first: bytes
    truncated: str | None = None


def frames(path: Path, compressed: bool = False) -> Frames:
    """Finds the records of a file.

    Raises:
        DataError: it is no such file, or, compressed, ends within a record.
    """
    try:
        with gzip.open(path) if compressed else open(path, "rb", buffering=0) as file:
            return _scanned(path, file, None if compressed else os.path.getsize(path))
    except gzip.BadGzipFile as error:
        raise DataError(f"{path} is not compressed by gzip", "`compression: none` reads it as it is") from error
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path} is truncated or corrupted: its compressed data do not end as they should") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _scanned(path: Path, file: Any, size: int | None) -> Frames:
    """The records from the start of an open file to its end; `size` is None where it is known only when the end is reached."""
    offsets: list[int] = []
    lengths: list[int] = []
    first, at = b"", 0
    while head := file.read(HEAD):
        length, checksum = struct.unpack("<QI", head) if len(head) == HEAD else (0, 0)
        end = at + FRAME + length
        if not offsets:
            _check_first(path, head, checksum)
            first = file.read(length) if size is None or end <= size else b""
        is_whole = len(head) == HEAD and (end <= size if size is not None else file.seek(end) == end)
        if not is_whole:
            if len(head) == HEAD and masked_checksum(head[:8]) != checksum:
                raise DataError(f"{path} is corrupted at byte {at:,}, where record {len(offsets)} should begin")
            truncated = f"{path} is truncated: it ends within record {len(offsets)}"
            if size is None:  # TensorFlow does not get beyond that place, and so not to other files
                raise DataError(truncated)
            return Frames(path, np.array([*offsets, at], np.int64), np.array([*lengths, length], np.int64), first, truncated)
        file.seek(end)
        offsets.append(at)
        lengths.append(length)
        at = end
    return Frames(path, np.array(offsets, np.int64), np.array(lengths, np.int64), first)


def _check_first(path: Path, head: bytes, checksum: int) -> None:
    if len(head) < HEAD or masked_checksum(head[:8]) != checksum:
        help = "`compression: gzip` unpacks it" if head.startswith(b"\x1f\x8b") else None
        raise DataError(f"{path} is no TFRecord file: it does not begin with a record", help)


def masked_checksum(data: bytes) -> int:
    """CRC-32C of bytes, turned and shifted as TFRecord files have it."""
    checksum = 0xFFFFFFFF
    for byte in data:
        checksum ^= byte
        for _ in range(8):
            checksum = checksum >> 1 ^ (POLYNOMIAL if checksum & 1 else 0)
    checksum ^= 0xFFFFFFFF
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
