"""`published`: what the literature says of a network. Facts for readers and tables, each with its source; nothing is computed from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_TEXT = {"type": "string"}
_AMOUNT = {"type": "number", "exclusiveMinimum": 0}
_PER_CENT = {"type": "number", "minimum": 0, "maximum": 100}

# The keys of one source's figures, and of the section, each with its schema and what it means.
FIGURES: dict[str, tuple[dict[str, Any], str]] = {
    "source": (_TEXT, "Where they stand: an address."),
    "parameters": (_AMOUNT, "Number of weights."),
    "macs": (_AMOUNT, "Multiply-adds for one example."),
    "top_1": (_PER_CENT, "Per cent of a test set whose class is the first answer."),
    "top_5": (_PER_CENT, "Per cent of a test set whose class is among the first five answers."),
    "data": (_TEXT, "The data set on which answers were counted; ImageNet without it."),
    "note": (_TEXT, "What has to be known about them."),
}
SECTION: dict[str, tuple[dict[str, Any], str]] = {
    "family": (_TEXT, "The name that variants of the network share: `ResNet`."),
    "year": ({"type": "integer", "minimum": 1900}, "The year of the publication."),
}


@dataclass(frozen=True)
class Figures:
    """What one source says. Accuracies are per cent."""

    source: str
    parameters: float | None = None
    macs: float | None = None
    top_1: float | None = None
    top_5: float | None = None
    data: str = "ImageNet"
    note: str = ""


@dataclass(frozen=True)
class Published:
    """What was published about a network."""

    family: str = ""
    year: int | None = None
    figures: tuple[Figures, ...] = ()

    def stated(self, figure: str) -> Iterator[Figures]:
        """The sources that give a figure: `macs`."""
        return (each for each in self.figures if getattr(each, figure) is not None)


def published_of(section: Any) -> Published:
    """The section, as plain data that the schema admits, or None where a spec has none."""
    if not section:
        return Published()
    figures = tuple(Figures(**each) for each in section.get("figures") or ())
    return Published(section.get("family", ""), section.get("year"), figures)
