"""What the tests of the front end share: small specs, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from specc import language
from specc.graph import Graph, Tensor


def completed(text: str) -> str:
    """A spec from its interesting part: the version, and an image as input where no inputs are given."""
    text = dedent(text).lstrip("\n")
    inputs = "" if "inputs:" in text.split("blocks:")[0] or "extends:" in text else "inputs: {image: [8, 8, 3]}\n"
    return f"specc: 1\n{inputs}{text}"


@pytest.fixture
def graph() -> Callable[..., Graph]:
    """The graph of a spec that must be right."""

    def expanded(text: str, training: bool = False, **given: Any) -> Graph:
        assert [str(found) for found in language.check("my.yaml", text=completed(text)) if found.severity == "error"] == [] or given
        return language.loads(completed(text), "my.yaml", **given).graph(training)

    return expanded


@pytest.fixture
def told() -> Callable[..., list[str]]:
    """The codes and messages of what is wrong with a spec. What nothing uses is no concern of most tests."""

    def messages(text: str, *assignments: tuple[str, str]) -> list[str]:
        found = language.check("my.yaml", assignments, text=completed(text))
        return [f"{diagnostic.code}: {diagnostic.message}" for diagnostic in found if diagnostic.severity == "error"]

    return messages


@pytest.fixture
def paths() -> Callable[[Graph], list[str]]:
    return lambda graph: [node.path for node in graph.nodes]


@pytest.fixture
def shape() -> Callable[..., tuple[int | None, ...]]:
    """The shape of an output, the batch left out; of the only one, if none is named."""

    def of(graph: Graph, name: str | None = None) -> tuple[int | None, ...]:
        output = graph.outputs[name] if name is not None else next(iter(graph.outputs.values()))
        assert isinstance(output, Tensor)
        return output.spec.shape[1:]

    return of
