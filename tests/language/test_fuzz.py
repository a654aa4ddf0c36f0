"""Whatever stands in a file, `check` returns diagnostics, and soon."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specc.language import check
from specc.render import render_github, render_json, render_text
from specc.zoo import zoo

TEXTS = [path.read_text(encoding="utf-8") for path in zoo().values()]
TOKEN = re.compile(r"\s+|[\w.]+|.", re.DOTALL)
WRITTEN = """
null true 3 0 -1 1.5 1e400 .nan .inf [] {} [1,2] {a:b} =x =input =i =[] =x.shape =training =1/0 =len(x) =2**999 = == =[[
=range(10**9) name from when repeat as index each share trainable layers parallel skip model merge branches blocks params
inputs outputs defaults heads expect extends specc data train x input training conv2d dense add concatenate resnet18 a-b
: - "" ' *a &a !!int | > @ % # ? , stage/0 stage/* */* //
"""
FOREIGN = [*WRITTEN.split(), "\t", "\n", "\u00e9", "\u2028", "\x0c", "\x00", "\ufeff"]
SECONDS = 5  # for one spec; hundreds of times what a right one of this size takes


def changed(text: str, rng: random.Random) -> str:
    """A text with a few of its lines and tokens deleted, repeated, moved or replaced."""
    for _ in range(rng.randint(1, 4)):
        lines, tokens = text.split("\n"), TOKEN.findall(text)
        if not tokens:
            return text
        place, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
        row = rng.randrange(len(lines))
        match rng.randrange(8):
            case 0:
                del lines[row]
            case 1:
                lines.insert(rng.randrange(len(lines)), lines[row])
            case 2:
                lines[row] = rng.choice(["  " + lines[row], lines[row][2:], "\t" + lines[row]])
            case 3:
                del tokens[place]
            case 4:
                tokens[place] = rng.choice(FOREIGN)
            case 5:
                tokens[place] = tokens[other]
            case 6:
                tokens.insert(place, rng.choice(FOREIGN))
            case _:
                tokens[place], tokens[other] = tokens[other], tokens[place]
        by_line = "\n".join(lines)
        text = by_line if by_line != text else "".join(tokens)
    return text


def survives(text: str) -> None:
    started = time.perf_counter()
    found = check("my.yaml", text=text)
    for render in (render_text, render_json, render_github):
        render(found)
    lines = text.count("\n") + text.count("\u2028") + text.count("\r") + text.count("\x85") + 1
    for diagnostic in found:
        assert diagnostic.message
        assert diagnostic.span is None or 1 <= diagnostic.span.line <= lines
        # Never in a file that is not the user's, and so not for him to change.
        assert diagnostic.span is None or diagnostic.span.source.name == "my.yaml"
    assert time.perf_counter() - started < SECONDS


@given(st.integers(0, 2**32), st.sampled_from(TEXTS))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_changed_specs(seed: int, text: str) -> None:
    survives(changed(text, random.Random(seed)))


WORDS = st.sampled_from([word for word in FOREIGN if word.isidentifier()])
SCALARS = WORDS | st.sampled_from(["1", "=x", "=i + 1", "null", "[3, 3]", "same", "2.5", "true", "''", "image"])
FLOW = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(WORDS, inner), max_size=3, unique_by=lambda pair: pair[0]).map(
            lambda pairs: f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(WORDS, FLOW, max_size=5), st.lists(FLOW, max_size=4))
@settings(max_examples=150, deadline=None)
def test_specs_of_random_parts(sections: dict[str, str], steps: list[str]) -> None:
    sections = {"specc": "1", "inputs": "{image: [8, 8, 3]}", "layers": f"[{', '.join(steps)}]", **sections}
    survives("\n".join(f"{key}: {value}" for key, value in sections.items()))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: " * 2_000,
        "\n".join(" " * depth + "- " for depth in range(500)),
        "specc: 1\ninputs: {a: [3]}\nlayers:\n"
        + "".join(" " * (4 * depth + 2) + "- skip:\n" for depth in range(45))
        + " " * 190
        + "- dense: 3\n",
        "specc: 1\ninputs: {a: [3]}\nlayers: [{dense: " + "9" * 10_000 + "}]",
        "specc: 1\ninputs: {a: [3]}\nlayers: [{dense: =" + "9" * 10_000 + "}]",
        "specc: 1\ninputs: {a: [3]}\nparams: {" + ", ".join(f"p{n}: '=[p{n - 1}] * 99'" for n in range(1, 99)) + "}\nlayers: [flatten]",
        "specc: 1\ninputs: {a: [3]}\nparams: {p0: 1, " + ", ".join(f"p{n}: '=[p{n - 1}]'" for n in range(1, 3000)) + "}\nlayers: [flatten]",
        "specc: 1\ninputs: {a: [3]}\nblocks: {b: {layers: [{b: {}, repeat: 9}]}}\nlayers: [b]",
        "specc: 1\ninputs: {a: [3]}\nblocks: {b: {layers: [{parallel: {merge: add, branches: {l: b, r: b}}}]}}\nlayers: [b]",
        "specc: 1\ninputs: {a: [3]}\nlayers:\n- &a {layers: [flatten, flatten]}\n"
        + "".join(f"- &a {{layers: [{'*a, ' * 30}]}}\n" for _ in range(9)),
    ],
    ids=lambda text: text[-40:].strip()[:20],
)
def test_bombs(text: str) -> None:
    survives(text)
