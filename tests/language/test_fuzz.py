"""Whatever stands in a file, `check` returns diagnostics with places, and soon.

A few hundred broken specs are checked each time, ten thousand by `pytest -m slow tests/language/test_fuzz.py`.
"""

from __future__ import annotations

import heapq
import json
import os
import random
import re
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specc.diagnostics import Diagnostic, SpecError
from specc.language import check
from specc.language.syntax import decoded
from specc.registry import block_files
from specc.render import render_github, render_json, render_text
from specc.zoo import zoo

ROOT = Path(__file__).parents[2]
DOGFOOD = ROOT / "tests/language/dogfood"
FENCED = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 2  # of the processor's time, for one spec


def specs_at_hand() -> dict[str, str]:
    """Every spec of the repository: files, those in documents, and the built-in blocks as blocks of one's own."""
    files = [*zoo().values(), *sorted((ROOT / "examples").rglob("*.yaml")), *sorted(DOGFOOD.rglob("*.yaml"))]
    found = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    for page in [*sorted((ROOT / "specc/explanations").glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]:
        for number, text in enumerate(FENCED.findall(page.read_text(encoding="utf-8"))):
            found[f"{page.name} {number}"] = text if "specc:" in text else f"specc: 1\ninputs: {{image: [8, 8, 3]}}\n{text}"
    for name, file in block_files().items():
        body = textwrap.indent(Path(file).read_text(encoding="utf-8"), "    ")
        found[name] = f"specc: 1\ninputs: {{image: [32, 32, 8]}}\nblocks:\n  mine:\n{body}\nlayers:\n  - mine: {{}}\n"
    return found


TEXTS = specs_at_hand()
TOKEN = re.compile(r"\s+|[\w.]+|.", re.DOTALL)
WRITTEN = """
null true 3 0 -1 1.5 1e400 .nan .inf [] {} [1,2] {a:b} =x =input =i =[] =x.shape =training =1/0 =len(x) =2**999 = == =[[
=range(10**9) name from when repeat as index each share trainable layers parallel skip model merge branches blocks params
inputs outputs defaults heads expect extends specc data train x input training conv2d dense add concatenate resnet18 a-b
: - "" ' *a &a !!int | > @ % # ? , stage/0 stage/* */* // -- ... 99999999999999999999 __class__ <<
"""
FOREIGN = [*WRITTEN.split(), "\t", "\n", "\u00e9", "\u2028", "\x0c", "\x00", "\ufeff", "\x1b[31m", "\u202e", "\r", "---\n", "- " * 60]


def with_other_lines(text: str, rng: random.Random) -> str:
    """A text with a line deleted, repeated, moved, or moved in."""
    lines = text.split("\n")
    row, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[row]
        case 1:
            lines.insert(other, lines[row])
        case 2:
            lines[row], lines[other] = lines[other], lines[row]
        case 3:
            del lines[min(row, other) : max(row, other)]
        case _:
            lines[row] = rng.choice(["  " + lines[row], lines[row][2:], "\t" + lines[row], "- " + lines[row].lstrip(), "# " + lines[row]])
    return "\n".join(lines)


def with_other_tokens(text: str, rng: random.Random) -> str:
    """A text with a word or a sign deleted, replaced, inserted or exchanged."""
    tokens = TOKEN.findall(text)
    if not tokens:
        return text
    place, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    match rng.randrange(5):
        case 0:
            del tokens[place]
        case 1:
            tokens[place] = rng.choice(FOREIGN)
        case 2:
            tokens[place] = tokens[other]
        case 3:
            tokens.insert(place, rng.choice(FOREIGN))
        case _:
            tokens[place], tokens[other] = tokens[other], tokens[place]
    return "".join(tokens)


WORD = re.compile(r"[\w.]+")
WORDS_AT_HAND = sorted({word for text in TEXTS.values() for word in WORD.findall(text)})


def with_other_words(text: str, rng: random.Random) -> str:
    """A text that mostly stays YAML: a word or a number replaced by another, misspelt, or made an expression."""
    places = list(WORD.finditer(text))
    if not places:
        return text
    place = rng.choice(places)
    word, at = place.group(), rng.randrange(len(place.group()))
    match rng.randrange(5):
        case 0:
            new = rng.choice(WORDS_AT_HAND)
        case 1:
            new = rng.choice(places).group()
        case 2:
            new = word[:at] + word[at + 1 :] or "a"
        case 3:
            new = rng.choice(["=", "'=", "[", "{a: ", "-", "'", "=training and "]) + word
        case _:
            new = rng.choice([item for item in FOREIGN if item.isprintable()])
    return text[: place.start()] + new + text[place.end() :]


def with_other_bytes(content: bytes, rng: random.Random) -> bytes:
    """Bytes with a few deleted, flipped, inserted or cut off."""
    place = rng.randrange(len(content) + 1)
    match rng.randrange(5):
        case 0:
            return content[:place] + content[place + rng.randint(1, 9) :]
        case 1:
            return content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :]
        case 2:
            return content[:place] + bytes([rng.randrange(256)]) + content[place:]
        case 3:
            return content[:place]
        case _:
            return content[:place] + content[max(0, place - 40) : place] * rng.randint(1, 3) + content[place:]


def broken(text: str, seed: int) -> bytes:
    """A spec with a few mistakes of one kind, or of all."""
    rng = random.Random(seed)
    kind = rng.choice(["words", "words", "words", "lines", "tokens", "bytes", "all"])
    content = text.encode("utf-8")
    for _ in range(rng.randint(1, 4)):
        chosen = rng.choice([*CHANGES, "bytes"]) if kind == "all" else kind
        if chosen == "bytes":
            content = with_other_bytes(content, rng)
        else:
            content = CHANGES[chosen](content.decode("utf-8", errors="replace"), rng).encode("utf-8")
    return content


CHANGES = {"words": with_other_words, "lines": with_other_lines, "tokens": with_other_tokens}


def survives(content: bytes | str) -> float:
    """Checks a spec. Whatever happens is told, with places, and in all forms; returns the seconds that it took."""
    started = time.process_time()
    found = told_about(content.encode("utf-8", errors="surrogatepass") if isinstance(content, str) else content)
    texts = [render(found) for render in (render_text, render_github, render_json)]
    seconds = time.process_time() - started
    assert seconds < SECONDS
    for diagnostic in found:
        assert diagnostic.message
        span = diagnostic.span
        assert span is not None
        assert 1 <= span.line <= max(1, len(span.source.lines))
        assert not span.source.name.startswith("specc/blocks/")  # nobody can edit the wheel
    assert "\x1b" not in "".join(texts)
    assert len(json.loads(texts[-1])["diagnostics"]) == len(found)
    return seconds


def told_about(content: bytes) -> tuple[Diagnostic, ...]:
    try:
        source = decoded("my.yaml", content)
    except SpecError as error:
        return error.diagnostics
    return check("my.yaml", text=source.text)


@pytest.fixture(autouse=True, scope="module")
def beside_the_specs() -> Iterator[None]:
    """Specs name others by their files."""
    before = Path.cwd()
    os.chdir(DOGFOOD)
    yield
    os.chdir(before)


SPECS = st.sampled_from(sorted(TEXTS))
SEEDS = st.integers(0, 2**32)


@given(SEEDS, SPECS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_broken_specs(seed: int, name: str) -> None:
    survives(broken(TEXTS[name], seed))


SLOWEST: list[tuple[float, int, str]] = []


@pytest.mark.slow
@given(SEEDS, SPECS)
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_ten_thousand_broken_specs(seed: int, name: str) -> None:
    heapq.heappush(SLOWEST, (survives(broken(TEXTS[name], seed)), seed, name))
    if len(SLOWEST) > 10:
        heapq.heappop(SLOWEST)


@pytest.mark.slow
def test_the_slowest_of_them() -> None:
    """Prints what took longest: `pytest -s` shows it."""
    for seconds, seed, name in sorted(SLOWEST, reverse=True):
        print(f"{seconds:6.3f} s  {name}, seed {seed}")
    assert all(seconds < SECONDS for seconds, _, _ in SLOWEST)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_specs_at_hand(name: str) -> None:
    survives(TEXTS[name])


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


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_bytes_without_any_sense(content: bytes) -> None:
    survives(content)
