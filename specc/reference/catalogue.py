"""What there is: the words of every family, the specs of the zoo, the codes of diagnostics, each with a line about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from specc.language.syntax import MapNode, Node, ScalarNode, parse, read
from specc.language.vocabulary import builtin_block
from specc.registry import MODULES, plugins
from specc.registry.entry import entries, plural

EXPLANATIONS = Path(__file__).parent.parent / "explanations"
CODE = re.compile(r"[EW]\d{4}")


def kinds() -> dict[str, Callable[[], dict[str, str]]]:
    """What can be listed, by its plural; each gives names with one line about them."""
    listed: dict[str, Callable[[], dict[str, str]]] = {"layers": lambda: _entries("layer")}
    listed["blocks"] = lambda: _block_summaries("blocks")
    listed["heads"] = lambda: _block_summaries("heads")
    for family in MODULES:
        if family != "layer":
            listed[plural(family)] = lambda family=family: _entries(family)  # type: ignore[misc]
    listed["specs"] = spec_summaries
    listed["codes"] = code_titles
    return listed


def _entries(family: str) -> dict[str, str]:
    return {name: f"{entry.summary}{' (not yet)' if entry.pending else ''}" for name, entry in sorted(entries(family).items())}


def _block_summaries(folder: str) -> dict[str, str]:
    names = [path.stem for path in sorted((Path(__file__).parent.parent / "registry" / folder).glob("*.yaml"))]
    names += [name for name, block in plugins.BLOCKS.items() if folder == plural(block.kind)]
    return {name: text_of(word.block, "summary") for name in sorted(names) if (word := builtin_block(name)) is not None}


def spec_summaries() -> dict[str, str]:
    """The specs of the zoo."""
    from specc.zoo import zoo

    return {name: text_of(parse(read(path)), "summary") for name, path in zoo().items()}


def code_titles() -> dict[str, str]:
    """The diagnostics by code, with the first line of what is said about each."""
    found = {}
    for path in sorted(EXPLANATIONS.glob("[EW]*.md")):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ")
        found[path.stem] = first.removeprefix(path.stem).lstrip(" :.-\N{EM DASH}")
    return found


def text_of(node: Node | None, key: str) -> str:
    """The text under a key of a document; empty where there is none."""
    value = node.get(key) if isinstance(node, MapNode) else None
    return str(value.value) if isinstance(value, ScalarNode) and value.value is not None else ""


def names() -> list[str]:
    """Every name that can be explained."""
    from specc.registry import block_files
    from specc.zoo import zoo

    words = [name for family in MODULES for name in entries(family)]
    return list(dict.fromkeys([*words, *block_files(), *plugins.BLOCKS, *zoo(), *(path.stem for path in EXPLANATIONS.glob("*.md"))]))
