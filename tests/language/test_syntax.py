"""YAML as the language takes it: YAML 1.2 scalars, places, no tags, no duplicate keys."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.diagnostics import Source, SpecError
from specc.language.syntax import ListNode, MapNode, Node, ScalarNode, parse, parse_value, plain_value, read, resolve_scalar


def value(text: str) -> object:
    return plain_value(parse(Source("my.yaml", text)))


def refused(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse(Source("my.yaml", text))
    return [f"{found.code} {found.span}: {found.message}" for found in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("-12", -12),
        ("+3", 3),
        ("010", 10),
        ("0o17", 15),
        ("0xff", 255),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e-4", 1e-4),
        ("1E+3", 1000.0),
        ("-.inf", -math.inf),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        # Strings, though YAML 1.1 has other ideas about them.
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("25_000", "25_000"),
        ("2026-01-01", "2026-01-01"),
        ("0b11", "0b11"),
        ("=a + 1", "=a + 1"),
        ("1e400", "1e400"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text: str, expected: object) -> None:
    found = resolve_scalar(text)
    assert found == expected
    assert type(found) is type(expected)


def test_not_a_number_is_read() -> None:
    found = resolve_scalar(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


def test_quoted_scalars_are_strings() -> None:
    assert value("['1', \"true\", |-\n  null\n]".replace("|-\n  null\n", "'null'")) == ["1", "true", "null"]
    assert value("a: |-\n  12") == {"a": "12"}


@given(st.text(alphabet="0123456789+-.eExXoabf_", max_size=12))
def test_every_scalar_has_a_value(text: str) -> None:
    found = resolve_scalar(text)
    assert found is None or isinstance(found, (bool, int, float, str))


def test_places_count_from_one_and_in_characters() -> None:
    node = parse(Source("my.yaml", "é: {ü: 10}\nb:\n  - ñ  # c\n  - 'x'\n"))
    assert isinstance(node, MapNode)
    inner = node.entries["é"].value
    assert isinstance(inner, MapNode)
    assert str(inner.entries["ü"].key) == "my.yaml:1:5"
    assert str(inner.entries["ü"].value.span) == "my.yaml:1:8"
    items = node.entries["b"].value
    assert isinstance(items, ListNode)
    assert [(item.span.line, item.span.column, item.span.end_column) for item in items.items] == [(3, 5, 6), (4, 5, 8)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_are_those_of_yaml(newline: str) -> None:
    source = Source("my.yaml", newline.join(["a: 1", "b: 2", "c: 3"]))
    node = parse(source)
    assert isinstance(node, MapNode)
    key = node.entries["c"].key
    assert (key.line, source.line(key.line)) == (3, "c: 3")


def test_lines_that_are_not_there_are_empty() -> None:
    assert [Source("", "a").line(number) for number in (0, 1, 2)] == ["", "a", ""]


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_bytes("\ufeffname: ä".encode())
    assert plain_value(parse(read(path))) == {"name": "ä"}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: ä".encode("latin-1"))
    for unreadable, said in ((path, "UTF-8"), (tmp_path, "directory"), (tmp_path / "none.yaml", "no such file"), (Path("a\0b"), "no path")):
        with pytest.raises(SpecError, match="E0001") as caught:
            read(unreadable)
        assert said in caught.value.diagnostics[0].message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "E0003 my.yaml:3:1: the key `a` stands twice"),
        ("a: {b: 1, 'b': 2}", "E0003 my.yaml:1:11: the key `b` stands twice"),
        ("a: !!python/object:os.system x", "E0005 my.yaml:1:4: the tag `!!python/object:os.system` is not allowed: a spec is data"),
        ("a: !!int 3", "E0005 my.yaml:1:4: the tag `!!int` is not allowed: a spec is data"),
        ("a: &a [*a]", "E0006 my.yaml:1:4: an alias makes the document endless or too large"),
        ("[a, b]: 1", "E0007 my.yaml:1:1: a key must be a word"),
        ("'': 1", "E0007 my.yaml:1:1: a key must be a word"),
        ("<<: {a: 1}", "E0007 my.yaml:1:1: YAML 1.2 has no merge keys"),
        ("- add\n  from: [a, b]", "E0008 my.yaml:1:3: `- add` takes no modifiers without a colon"),
        ("-   add   # two\n\n    name: sum", "E0008 my.yaml:1:5: `- add` takes no modifiers without a colon"),
        ("a: {b: =f(c, d)}", "E0004 my.yaml:1:8: YAML cuts the expression `=f(c` short at the comma"),
        ("a: {b: =c[0], d: 1}", "E0004 my.yaml:1:8: YAML cuts the expression `=c` short at the bracket"),
        ("a: b: c", "E0002 my.yaml:1:5: this is not YAML: mapping values are not allowed in this context"),
        ("a: [1, 2", "E0002 my.yaml:1:9: this is not YAML: did not find expected ',' or ']'"),
        ("a: 1\n\tb: 2", "E0002 my.yaml:2:1: this is not YAML: found a tab character that violates indentation"),
        ("a: 1\n---\nb: 2", "E0002 my.yaml:2:1: this is not YAML: found another document"),
        ("a: *b", "E0002 my.yaml:1:4: this is not YAML: found undefined alias"),
        ("a: 1 # \x0c", "E0002 my.yaml:1:8: this is not YAML: the character U+000C is not allowed"),
        ("a: \ud800", "E0002 my.yaml:1:4: this is not YAML: the character U+D800 is not allowed"),
        ("[" * 300 + "]" * 300, "E0002 my.yaml:1:100: this is not YAML: it is nested more than 100 deep"),
        ("", "E0001 my.yaml:1:1: `my.yaml` is empty"),
        ("# nothing", "E0001 my.yaml:1:1: `my.yaml` is empty"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    assert refused(text) == [said]


def test_a_modifier_that_is_indented_into_the_list_is_told_where_it_belongs() -> None:
    with pytest.raises(SpecError) as caught:
        parse(Source("my.yaml", "- layers:\n    - flatten\n    repeat: 2\n"))
    assert caught.value.diagnostics[0].help == "every item of a list has a dash: indent `repeat:` like the word that it stands beside"


def test_several_mistakes_of_a_text_are_told_together() -> None:
    assert len(refused("a: 1\na: 2\nb: !x 3\n<<: 4")) == 3


def test_keys_are_the_words_that_are_written() -> None:
    assert value("1: a\ntrue: b\nnull: c") == {"1": "a", "true": "b", "null": "c"}


def test_an_alias_stands_for_its_anchor() -> None:
    assert value("a: &x [1, {b: 2}]\nc: *x") == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


def test_aliases_that_multiply_are_refused_at_once() -> None:
    rows = [f"{chr(98 + row)}: &{chr(98 + row)} [{', '.join([f'*{chr(97 + row)}'] * 9)}]" for row in range(20)]
    assert "E0006" in refused("\n".join(["a: &a [1, 2, 3]", *rows]))[0]


def test_nothing_assigned_is_null() -> None:
    node = parse_value(Source("--param a", " "))
    assert isinstance(node, ScalarNode)
    assert node.value is None


@given(st.text(max_size=60) | st.text(alphabet="ab:-=[]{},&*!|>'\" \n\t#%", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    source = Source("my.yaml", text)
    try:
        node: Node | None = parse(source)
    except SpecError as error:
        node = None
        for found in error.diagnostics:
            assert found.code.startswith("E000")
    if node is not None:
        assert node.span.line >= 1
