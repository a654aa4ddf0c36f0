"""Files of JSON, XML and lines of text. What is wrong with them is told with line and column."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers.expat import ErrorString

from specc.data.errors import DataError
from specc.data.sources.opening import existing_file


def json_of(path: str | Path) -> Any:
    """What a file of JSON holds."""
    text = text_of(path)
    collects = gc.isenabled()
    gc.disable()  # it would search millions of lists for garbage again and again, while all are in use
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError):  # of numbers with thousands of digits, or lists in lists in lists
        raise DataError(f"{path} holds a number or a list that is too large to be read") from None
    finally:
        if collects:
            gc.enable()


def xml_of(path: str | Path) -> ElementTree.Element:
    """The root of a file of XML."""
    text = text_of(path)
    if "<!DOCTYPE" in text:  # what it declares can make a small file fill the memory
        raise DataError(f"{path} declares a document type, which annotations do not need", "take the DOCTYPE out of the file")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        line, column = error.position
        raise DataError(f"{path} is not XML: line {line}, column {column + 1}: {ErrorString(error.code)}") from None


def lines_of(path: str | Path) -> list[str]:
    """The lines of a text without blanks around them; empty ones are left out."""
    return [line for line in map(str.strip, text_of(path).splitlines()) if line]


def text_of(path: str | Path) -> str:
    """What stands in a file of UTF-8 text."""
    try:
        return existing_file(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: byte {error.start + 1} is not part of a character") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
