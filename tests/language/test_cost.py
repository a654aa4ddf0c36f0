"""Checking a spec ten times as long costs ten times as much. Calls are counted, since times depend on the machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from specc.language import check

HEAD = "specc: 1\nparams: {width: 8}\ninputs: {image: [8, 8, 8]}\nlayers:\n"


def layers(count: int) -> str:
    return HEAD + "".join(f"  - conv2d: {{filters: 8, kernel_size: 3, padding: same}}\n    name: c{number}\n" for number in range(count))


def expressions(count: int) -> str:
    return HEAD + "".join(f"  - dense: =width + {number % 9}\n    name: d{number}\n" for number in range(count))


def references(count: int) -> str:
    rows = (f"  - dense: 8\n    name: d{number}\n    from: [d{max(number - 5, 0)}]\n" for number in range(1, count))
    return HEAD + "  - dense: 8\n    name: d0\n" + "".join(rows)


def blocks(count: int) -> str:
    return HEAD + "  - residual: {filters: 8}\n" * (count // 8)


def mistakes(count: int) -> str:
    return HEAD + "".join(f"  - dense: =nobody_{number}\n    from: image\n" for number in range(count))


def calls(text: str) -> int:
    """Function calls of a check."""
    count = 0

    def counted(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        check("my.yaml", text=text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("made", [layers, expressions, references, blocks, mistakes])
def test_cost_grows_with_the_length(made: Callable[[int], str]) -> None:
    check("my.yaml", text=made(16))  # what is read once is read
    assert calls(made(1_000)) <= 11 * calls(made(100))
