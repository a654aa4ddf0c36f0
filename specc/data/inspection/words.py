"""What stands beside the pictures of a sample: classes, texts, numbers, and vectors as strips of colour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from specc.data.inspection.looks import range_of
from specc.data.inspection.sample import Example, Sample
from specc.data.inspection.statistics import class_names
from specc.registry.data.fields import Field

FEW = 4  # numbers that stand as a text
MANY = 60  # numbers of a sequence that are written
SOME = 12  # where they are written as a text besides
SHARE = 0.005  # the least share of a class that is told
BEST = 3  # classes of which shares are told


@dataclass(frozen=True)
class Strip:
    """Numbers as colours.

    Args:
        caption: what they are.
        values: (rows, columns).
        low: what has the darkest colour.
        high: what has the brightest.
    """

    caption: str
    values: np.ndarray
    low: float
    high: float


@dataclass(frozen=True)
class Words:
    """What is said of an example: its classes above it, the rest below."""

    heading: str
    texts: tuple[str, ...]
    strips: tuple[Strip, ...]


def words_of(sample: Sample) -> tuple[Words, ...]:
    """What is said of each example."""
    fields = {name: known for name, known in sample.fields.items() if known.kind == "value"}
    extents = {name: _extent([example[name][0] for example in sample.examples]) for name, known in fields.items() if not known.is_text}
    return tuple(_words(example, fields, extents, sample) for example in sample.examples)


def _extent(values: Sequence[np.ndarray]) -> tuple[float, float]:
    ranges = [range_of(value) for value in values if value.size]
    finite = [each for each in ranges if all(map(math.isfinite, each))] or [(0.0, 1.0)]
    return min(low for low, _ in finite), max(high for _, high in finite)


def _words(example: Example, fields: Mapping[str, Field], extents: Mapping[str, tuple[float, float]], sample: Sample) -> Words:
    classes = sample.classes
    headings: dict[str, str] = {}
    texts: list[str] = []
    numbers: list[str] = []
    strips: list[Strip] = []
    alone = sum(known.is_text for known in fields.values()) == 1
    for name, known in fields.items():
        value = example[name][0]
        if known.is_text:
            said = " / ".join(each.decode(errors="replace") for each in np.ravel(value))
            texts.append(said if alone else f"{name}: {said}")
        elif name in sample.tokenizers:
            texts.append(f"{name}: {sample.tokenizers[name].decode(value)}")
            texts.append(f"{name}: {_listed(value, SOME)}")
        elif known.classes is not None and value.ndim == 0:
            headings[name] = class_name(int(value), known, classes) if known.is_integer else f"{float(value):.4g}"
        elif known.classes is not None and value.shape == (known.classes,) and value.dtype.kind == "f":
            headings[name] = shares(value, known, classes)
        elif value.size <= FEW:
            numbers.append(f"{name} {', '.join(_short(each) for each in np.ravel(value))}")
        elif value.dtype.kind in "iu" and value.ndim == 1:
            texts.append(f"{name}: {_listed(value, MANY)}")
        elif value.ndim <= 2:
            caption = f"{name} {value.shape}, {' to '.join(_short(end) for end in extents[name])}".replace(",)", ")")
            strips.append(Strip(caption, np.atleast_2d(value).astype(np.float64), *extents[name]))
        else:
            texts.append(f"{name} {value.shape}, {' to '.join(_short(end) for end in range_of(value))}")
    heading = next(iter(headings.values())) if len(headings) == 1 else " · ".join(f"{name} {said}" for name, said in headings.items())
    return Words(heading, (*texts, *([" · ".join(numbers)] if numbers else [])), tuple(strips))


def class_name(number: int, known: Field, classes: Sequence[str]) -> str:
    """What a class is called."""
    names = class_names(known, classes, known.classes or 0)
    return names[number] if 0 <= number < len(names) else str(number)


def shares(values: np.ndarray, known: Field, classes: Sequence[str]) -> str:
    """Shares of classes, the largest first: `70% rose, 30% tulip`; of one class alone its name."""
    order = [int(number) for number in np.argsort(-values, kind="stable") if values[number] >= SHARE][:BEST]
    if len(order) == 1 and values[order[0]] == 1:
        return class_name(order[0], known, classes)
    return ", ".join(f"{values[number]:.0%} {class_name(number, known, classes)}" for number in order)


def _listed(values: np.ndarray, count: int) -> str:
    return " ".join(map(str, values[:count])) + (" …" if len(values) > count else "")


def _short(value: float) -> str:
    return f"{float(value):.4g}"
