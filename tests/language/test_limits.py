"""Hostile and absurd specs are refused, soon, with a diagnostic at a place; nothing is run, written or waited for."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from specc.diagnostics import MOST, Diagnostic
from specc.language import check, expressions
from specc.language.expand import MAX_STEPS
from specc.language.syntax import MAX_BYTES
from specc.render import render_text

SECONDS = 2  # of the processor's time, as in test_fuzz.py
START = "specc: 1\ninputs: {image: [8, 8, 3]}\n"


def refused(reference: str | Path, text: str | None = None, *assignments: tuple[str, str]) -> Diagnostic:
    """The first thing that is wrong with a spec."""
    return all_refused(reference, text, *assignments)[0]


def all_refused(reference: str | Path, text: str | None = None, *assignments: tuple[str, str]) -> tuple[Diagnostic, ...]:
    """What is wrong with a spec, which must be told soon, at places, and not at length."""
    started = time.process_time()
    found = check(reference, assignments, text=text)
    rendered = render_text(found)
    assert time.process_time() - started < SECONDS
    assert found
    assert found[0].severity == "error"
    assert len(rendered) < 200_000
    assert all(len(diagnostic.message) <= 1_100 and diagnostic.span is not None for diagnostic in found)
    return found


def code_of(text: str) -> str:
    return refused("my.yaml", text).code


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In an empty folder, to which nothing may be added by reading, and without the collector, as `specc check` runs."""
    monkeypatch.chdir(tmp_path)
    gc.disable()
    yield
    gc.enable()
    assert all(path.name.startswith(("my", "base", "other")) for path in tmp_path.iterdir())


# The size of a network


def nested(count: int, depth: int, times: str = "repeat: 1000") -> str:
    text = "- dense: 3\n"
    for _ in range(depth):
        inner = "".join(f"    {line}\n" for line in text.splitlines())
        text = f"- layers:\n{inner}  {times}\n" * count
        count = 1
    return START + "layers:\n" + text


@pytest.mark.parametrize(
    "text",
    [
        START + f"layers: [{{dense: 3, repeat: {MAX_STEPS}}}, flatten]",
        START + "layers:\n" + "- flatten\n" * (MAX_STEPS + 1),
        nested(1, 2),
        nested(2, 4),
        nested(1, 2, "repeat: =n").replace("layers:", "params: {n: 1000}\nlayers:", 1),
        START + "blocks: {unit: {layers: [{dense: 3, repeat: 1000}]}}\nlayers: [{unit: , repeat: 1000}]",
        START + f"blocks: {{unit: {{layers: [{'flatten, ' * 900}]}}}}\nlayers:\n" + "- unit\n" * 900,
        START + f"layers:\n- &a {{layers: [{'flatten, ' * 400}]}}\n" + "- *a\n" * 400,
    ],
)
def test_networks_of_too_many_steps(text: str) -> None:
    found = refused("my.yaml", text)
    assert (found.code, "has more than 100,000 steps" in found.message) == ("E0207", True)


def test_a_large_network_is_none_of_them() -> None:
    assert check("my.yaml", text=START + "layers: [{dense: 3, repeat: 9999}]") == ()
    switched = nested(1, 2).replace("repeat: 1000", "repeat: 1000\n  when: =n > 5", 1).replace("layers:", "params: {n: 2}\nlayers:", 1)
    assert check("my.yaml", text=switched + "- flatten\n") == ()


@pytest.mark.parametrize("count", ["1000000", "10**15", "=10 ** 15", "=2 ** 62"])
def test_a_repeat_that_is_too_long(count: str) -> None:
    assert code_of(START + f"layers: [{{dense: 3, repeat: {count}}}]") in ("E0206", "E0103")


# What contains itself


@pytest.mark.parametrize(
    ("blocks", "message", "places"),
    [
        ("{a: {layers: [a]}}", "the block `a` contains itself, more than 60 deep", 1),
        ("{a: {layers: [{a: {}, repeat: 9}]}}", "the block `a` contains itself, more than 60 deep", 1),
        ("{a: {layers: [{parallel: {merge: add, branches: {l: a, r: a}}}]}}", "the block `a` contains itself, more than 60 deep", 1),
        ("{a: {layers: [b]}, b: {layers: [c]}, c: {layers: [{skip: b}]}}", "the block `b` contains itself, more than 60 deep", 3),
    ],
)
def test_blocks_inside_themselves(blocks: str, message: str, places: int) -> None:
    found = refused("my.yaml", START + f"blocks: {blocks}\nlayers: [a]")
    assert (found.code, found.message, len(found.notes)) == ("E0207", message, places)


def test_a_block_inside_itself_that_ends_is_right() -> None:
    block = "{a: {params: {n: 5}, layers: [{dense: 3}, {a: {n: =n - 1}, when: =n > 0}]}}"
    assert check("my.yaml", text=START + f"blocks: {block}\nlayers: [a]") == ()


def write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text)


def test_models_inside_themselves() -> None:
    write(my=START + "layers: [model: my.yaml]", other=START + "layers: [model: base.yaml]", base=START + "layers: [model: other.yaml]")
    assert refused(Path("my.yaml")).message == "the model `my` contains itself, more than 60 deep"
    found = refused(Path("other.yaml"))
    assert found.message == "the model `base` contains itself, more than 60 deep"
    assert {note.span.source.name for note in found.notes if note.span is not None} == {"base.yaml", "other.yaml"}


def test_bases_of_themselves() -> None:
    write(my="extends: my.yaml", other="extends: base.yaml", base="extends: ./other.yaml")
    for name in ("my", "other", "base"):
        assert refused(Path(f"{name}.yaml")).code == "E0404"


def test_a_model_that_is_used_twice_is_none() -> None:
    write(base=START + "layers: [dense: 3]", other=START + "layers: [model: base.yaml]")
    write(my=START + "layers: [{model: other.yaml}, {model: base.yaml}, {model: other.yaml}]")
    assert check(Path("my.yaml")) == ()


# Files


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("/dev/zero", "E0405"),
        ("/etc/passwd", "E0405"),
        ("../../../../etc/passwd", "E0405"),
        ("/etc/my.yaml", "E0405"),
        ("~/my.yaml", "E0001"),
        ("my-pipe.yaml", "E0001"),
        ("my-folder.yaml", "E0001"),
        ("my-link.yaml", "E0001"),
        ("my-loop.yaml", "E0001"),
        ("my-device.yaml", "E0001"),
        ("nothing.yaml", "E0001"),
        ("https://example.org/my.yaml", "E0001"),
        ("my\\0.yaml", "E0001"),
        ("a" * 5000 + ".yaml", "E0001"),
        ("..", "E0405"),
        ("__class__", "E0405"),
        ("=range(3)", None),
    ],
)
@pytest.mark.parametrize("form", ['extends: "{}"', 'layers: [model: "{}"]', 'layers: [model: {{spec: "{}"}}]'])
def test_what_a_spec_may_not_name(reference: str, code: str | None, form: str) -> None:
    os.mkfifo("my-pipe.yaml")  # reading it would wait for ever
    Path("my-folder.yaml").mkdir()
    Path("my-link.yaml").symlink_to("nowhere")
    Path("my-loop.yaml").symlink_to("my-loop.yaml")
    Path("my-device.yaml").symlink_to("/dev/zero")
    Path("my.yaml").write_text(START + form.format(reference))
    found = refused(Path("my.yaml"))
    assert found.code == code or code is None
    assert found.span is not None
    assert (found.span.source.name, found.span.line) == ("my.yaml", 3)


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b"", "E0001", "my.yaml:1:1"),
        (b"\xef\xbb\xbf", "E0001", "my.yaml:1:1"),
        (b"# only a comment\n", "E0001", "my.yaml:1:1"),
        (b"---\n", "E0103", "my.yaml:2:1"),
        (b"specc: 1\n---\nspecc: 1\n", "E0002", "my.yaml:2:1"),
        (b"- a\n- b\n", "E0103", "my.yaml:1:1"),
        (b"word", "E0103", "my.yaml:1:1"),
        (b"name: caf\xe9\n", "E0001", "my.yaml:1:10"),
        ("specc: 1\n".encode("utf-16"), "E0001", "my.yaml:1:1"),
        ("specc: 1\n".encode("utf-32"), "E0001", "my.yaml:1:1"),
        (b"specc: 1\nname: a\0b\n", "E0002", "my.yaml:2:8"),
        (b"specc: 1\n\tname: a\n", "E0002", "my.yaml:2:1"),
        (b"specc: 1\nname: \x1b[31mred\n", "E0002", "my.yaml:2:7"),
        (b"specc: 1\r\nname: a\rname: b\r\n", "E0003", "my.yaml:3:1"),
        (b"\x89PNG\r\n\x1a\n", "E0001", "my.yaml:1:1"),
        (b"specc: !!python/object/apply:os.system ['touch ran']\n", "E0005", "my.yaml:1:8"),
        (b"%TAG ! tag:yaml.org,2002:python/object/apply:\n---\nspecc: !os.system ['touch ran']\n", "E0005", "my.yaml:3:8"),
        (b"a" * (MAX_BYTES + 1), "E0009", "my.yaml:1:1"),
    ],
)
def test_files_that_are_no_specs(content: bytes, code: str, place: str) -> None:
    Path("my.yaml").write_bytes(content)
    found = refused(Path("my.yaml"))
    assert (found.code, str(found.span)) == (code, place)


def test_a_device_is_read_no_further_than_a_spec_may_be() -> None:
    assert refused(Path("/dev/zero")).code == "E0009"


def test_memory_is_bounded() -> None:
    """A process of its own, which may not take more than 600 MB."""
    deep = "b0: &b0 [x, x, x, x, x, x, x, x, x]\n" + "".join(f"b{n}: &b{n} [{f'*b{n - 1}, ' * 9}]\n" for n in range(1, 20))
    texts = {
        "specc: 1\n" + deep,
        START + "layers: [dense: '=[0] * 10 ** 9']",
        "[" * 10**6,
        "- " * 10**6,
        "[]," * 10**6,
    }
    program = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, (600_000_000, 600_000_000))\n"
        f"from specc.language import check\nfor text in {sorted(texts)!r}:\n    assert check('my.yaml', text=text), text[:80]\n"
    )
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


# Text


LAUGHS = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"{after}: &{after} [{f'*{before}, ' * 9}]\n" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 10_000, "E0002"),
        ("{a: " * 10_000, "E0002"),
        ("a: " * 2_000, "E0002"),
        ("- " * 10_000, "E0002"),
        ("\n".join(" " * depth + "a:" for depth in range(2_000)), "E0002"),
        (LAUGHS, "E0006"),
        ("a: &a {b: *a}", "E0006"),
        ("a: &a [*a]", "E0006"),
        ("? &a [*a]\n: b", "E0006"),
        ("[],\n" * 300_000, "E0002"),
        ("[" + "[], " * 300_000 + "]", "E0009"),
        ("".join(f"a{number}: 1\n" for number in range(20_000)), "E0009"),
        ("a: 1\n" * 100_000, "E0009"),
        ("a: 1\n" * 9_999, "E0003"),
        (START + "layers: [dense: " + "a" * 1_000_000 + "]", "E0103"),
        (START + "layers: [dense: " + "9" * 1_000_000 + "]", "E0103"),
        (START + "layers: [" + "a" * 1_000_000 + "]", "E0106"),
        (START + "layers: [{dense: 3, name: " + "a" * 1_000 + "}]", "E0109"),
        (START + 'layers: [{dense: 3, name: "a\\n"}]', "E0109"),
        (START + "layers: [{dense: 3, name: а}]", "E0109"),  # a letter of the Cyrillic alphabet
        (START + "layers: [{dense: 3, name: __class__}]", "E0109"),
        (START + "layers: [__class__]", "E0106"),
        (START + "layers: [__import__]", "E0106"),
        (START + "layers: [{dense: {units: 3, __init__: 4}}]", "E0108"),
        (START + "layers: [{flatten: , from: image/__class__}]", "E0210"),
    ],
)
def test_absurd_texts(text: str, code: str) -> None:
    assert code_of(text) == code


def test_the_nesting_of_a_step_is_told_where_it_begins() -> None:
    text = START + "layers:\n" + "".join(" " * (2 * depth) + "- skip:\n" for depth in range(2_000))
    found = refused("my.yaml", text)
    assert (found.code, found.message) == ("E0002", "this is not YAML: it is nested more than 100 deep")


# Numbers and expressions


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("=9**9**9", "E0206"),
        ("=(-9)**9**9", "E0206"),
        ("=2**64", "E0206"),
        ("'=\"a\" * 10**9'", "E0206"),
        ("'=[0] * 10**9'", "E0206"),
        ("'=[[0] * 1000] * 1000'", "E0206"),
        ("=len(range(10**12))", "E0206"),
        ("=sum(range(10**5)) * sum(range(10**5)) * 10**9", "E0206"),
        ("=" + "(" * 900 + "1" + ")" * 900, "E0201"),
        ("=" + "-" * 1_900 + "1", "E0206"),
        ("=" + "1 + " * 400 + "1", "E0206"),
        ("=" + "1 + " * 100_000 + "1", "E0206"),
        ("=" + "9" * 1_000, "E0206"),
        ("=1e400", "E0206"),
        ("=10.0 ** 400", "E0206"),
        ("=1 // 0", "E0204"),
        ("=image.__class__", "E0203"),
        ("=().__class__.__bases__", "E0203"),
        ("=__import__('os')", "E0203"),
        ("=open('/etc/passwd')", "E0203"),
        ("=[x for x in range(9)]", "E0203"),
        ("'=lambda: 1'", "E0203"),
        ("='%1000000000d' % 1", "E0204"),
        ('=f"{1}"', "E0203"),
        ("=round(1, 10 ** 9)", "E0206"),
        ("=image", "E0205"),
        (".nan", "E0103"),
        (".inf", "E0103"),
        ("1e400", "E0103"),
        ("=1 / 3", "E0103"),
        ("1180591620717411303424", "E0103"),
        ("-9223372036854775809", "E0103"),
        ("=2 ** 63", "E0103"),
    ],
)
def test_values_that_nobody_means(value: str, code: str) -> None:
    assert code_of(START + f"layers:\n  - dense: {value}\n") == code


@pytest.mark.parametrize("size", ["1180591620717411303424", ".inf", ".nan", "1e400", "-3", "0", "3.5", "=2 ** 70", "three"])
def test_sizes_that_no_tensor_has(size: str) -> None:
    assert code_of(f"specc: 1\ninputs: {{image: [8, {size}]}}\nlayers: [dense: 3]") in ("E0103", "E0104", "E0206")


@pytest.mark.parametrize(
    "text",
    [
        "params: {" + ", ".join(f"p{n}: '=range(99999)'" for n in range(999)) + "}\nlayers: [flatten]",
        "params: {p: '=range(99999)'}\nlayers:\n" + "  - dense: '=3 if p == p else 4'\n" * 3_000,
        "params: {p: '=range(99999)'}\nlayers:\n" + "  - dense: =1 if 99998 in p else 2\n" * 3_000,
        "params: {p: '=range(99999)'}\nlayers:\n" + "  - dense: '=len(p[:])'\n" * 3_000,
        "params: {p: '=range(99999)'}\nblocks: {b: {params: {q: [1]}, layers: [flatten]}}\nlayers:\n" + "  - b: {q: =p}\n" * 3_000,
        "params: {p: '=range(99999)'}\nlayers: [{layers: [{dense: =len(p)}], repeat: 3000}]",
        "params: {p0: [1, 2], " + ", ".join(f"p{n}: '=p{n - 1} + p{n - 1}'" for n in range(1, 99)) + "}\nlayers: [flatten]",
        "params: {p0: 1, " + ", ".join(f"p{n}: '=[p{n - 1}] * 99'" for n in range(1, 99)) + "}\nlayers: [flatten]",
        "params: {p0: 1, " + ", ".join(f"p{n}: '=[p{n - 1}]'" for n in range(1, 3000)) + "}\nlayers: [flatten]",
    ],
    ids=["many", "compare", "in", "slice", "pass on", "repeat", "double", "multiply", "deep"],
)
def test_expressions_that_work_too_much_together(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "MAX_WORK", 300_000)  # the real limit takes half a second of each
    assert code_of(START + text) == "E0206"


def test_the_limit_of_all_expressions_together_is_soon_reached() -> None:
    assert code_of(START + "params: {" + ", ".join(f"p{n}: '=range(99999)'" for n in range(999)) + "}\nlayers: [flatten]") == "E0206"


def test_lists_of_tensors_that_double() -> None:
    text = "layers:\n  - {parallel: {branches: {a: , b: }}, name: p}\n"
    text += "".join(f"  - {{from: [x/*, x/*], name: q{n}}}\n" for n in range(40))
    assert code_of(START + text) == "E0206"


# What is told


@pytest.mark.parametrize(
    "text",
    [
        START + "layers:\n" + "- flaten\n" * 3_000,
        START + "layers:\n" + "- dense: =unit\n" * 3_000,
        START + "layers:\n" + "- dense: {a: 1, b: 2, c: 3}\n" * 3_000,
        START + "layers:\n" + "".join(f"- dense: 3\n  from: n{number}\n" for number in range(3_000)),
        START + "layers:\n" + "- dense: 3\n  name: n\n" * 3_000,
        START + "layers: [flatten]\n" + "".join(f"a{number}: 1\n" for number in range(9_000)),
        START + "layers:\n" + "- dense: !a 3\n" * 3_000,
    ],
)
def test_thousands_of_mistakes_are_not_all_looked_for(text: str) -> None:
    assert len(all_refused("my.yaml", text)) <= MOST


def test_what_stands_in_a_spec_cannot_colour_a_terminal(told: Callable[..., Any]) -> None:
    text = START + 'layers: [{dense: {units: 3, "\\e[31m": 4}}, "\\u202eabc", {dense: "\\x9b31m"}]'
    rendered = render_text(check("my.yaml\x1b[1m", text=text))
    assert all(character == "\n" or character.isprintable() for character in rendered)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--param", "n=" + "[" * 10_000),
        ("--set", "inputs.image=" + LAUGHS.replace("\n", " ")),
        ("--set", "." * 10_000 + "=1"),
        ("--param", "n=!!python/name:os.system"),
    ],
)
def test_overrides_are_read_with_the_same_care(option: str, value: str) -> None:
    refused("my.yaml", START + "params: {n: 3}\nlayers: [dense: =n]", (option, value))
