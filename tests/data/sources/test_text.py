"""Text files: what is read of them, which part, and what is told of those that are wrong."""

import pytest

from specc.data.errors import DataError
from specc.data.faults import sound
from specc.data.sources.text import pairs, text
from specc.registry.entry import bind, entries


def texts(examples, name="text"):
    return [examples.read(examples.record(index))[name].numpy().decode() for index in range(examples.count)]


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_a_text_is_read_as_it_is(tmp_path) -> None:
    content = "one\r\n\n  two\u2028 \U0001f469\u200d\U0001f680 é"
    path = write(tmp_path / "book.txt", content)
    found = text(path=path)
    assert texts(found) == [content]
    assert found.place(0) == path
    assert texts(text(path=write(tmp_path / "marked.txt", "\ufeffone"))) == ["one"], "the mark of an editor is no character"


def test_several_files_come_in_the_order_of_their_numbers(tmp_path) -> None:
    for number in (10, 9, 1):
        write(tmp_path / f"part{number}.txt", f"text {number}")
    write(tmp_path / "notes.md", "no text")
    found = text(path=str(tmp_path / "*.txt"))
    assert texts(found) == ["text 1", "text 9", "text 10"]
    assert found.place(2) == str(tmp_path / "part10.txt")


@pytest.mark.parametrize(
    ("content", "share", "first"),
    [
        ("one two three four", 0.5, "one two three "),  # the middle falls into a word
        ("one two\r\n three four", 0.4, "one two\r\n "),
        ("one two three four", 0.99, "one two three four"),
        ("wordwithoutanyend", 0.5, "wordwith"),
        ("one two", 0.0, ""),
    ],
)
def test_parts_are_cut_between_words_and_make_the_whole(tmp_path, content, share, first) -> None:
    path = write(tmp_path / "book.txt", content)

    def part(*bounds):
        try:
            return texts(text(path=path, part=bounds))[0]
        except DataError as error:
            assert error.message.endswith("has no text") or "is no part" in error.message  # noqa: PT017
            return ""

    assert part(0, share) == first
    assert part(0, share) + part(share, 1) == content


def test_parts_go_through_several_files(tmp_path) -> None:
    for number, content in enumerate(("aa bb\n", "cc dd\n", "ee ff\n")):
        write(tmp_path / f"{number}.txt", content)
    path = str(tmp_path / "*.txt")
    first, second = text(path=path, part=(0, 0.55)), text(path=path, part=(0.55, 1))
    assert texts(first) == ["aa bb\n", "cc dd\n"]
    assert texts(second) == ["ee ff\n"]
    assert second.place(0) == str(tmp_path / "2.txt")
    assert texts(text(path=path, part=(0.1, 0.4))) == ["bb\n", "cc "]


@pytest.mark.parametrize("part", [(0.5, 0.5), (0.9, 0.1)])
def test_what_is_no_part_is_an_error(tmp_path, part) -> None:
    for read in (lambda: text(path=write(tmp_path / "a", "a\tb"), part=part), lambda: pairs(path=write(tmp_path / "a", "a\tb"), part=part)):
        with pytest.raises(DataError, match="is no part: it goes from a share to a larger one"):
            read()


def test_a_text_that_cannot_be_read_is_an_error(tmp_path) -> None:
    write(tmp_path / "book.txt", "one")
    with pytest.raises(DataError) as caught:
        text(path=str(tmp_path / "bok.txt"))
    assert (caught.value.message, caught.value.help) == (f"there is no file {tmp_path}/bok.txt", f"did you mean `{tmp_path}/book.txt`?")
    with pytest.raises(DataError, match="is a folder, not a file"):
        text(path=str(tmp_path))
    with pytest.raises(DataError, match=r"no file matches .*\*\.md"):
        text(path=str(tmp_path / "*.md"))
    write(tmp_path / "empty.txt", "")
    with pytest.raises(DataError, match=r"empty\.txt is empty"):
        sound(text(path=str(tmp_path / "*.txt")))
    path = write(tmp_path / "latin.txt", b"one\ntwo caf\xe9\n")
    with pytest.raises(DataError) as caught:
        sound(text(path=path))
    assert caught.value.message == f"{path} is not UTF-8: byte 8 of line 2 is 0xe9"


def test_files_that_are_no_texts_keep_a_place_among_the_others(tmp_path) -> None:
    for name, content in {"1": "one two", "2": "", "3": b"caf\xe9", "4": "three"}.items():
        write(tmp_path / f"{name}.txt", content)
    found = text(path=str(tmp_path / "*.txt"))
    assert texts(found) == ["one two", "", "", "three"]
    (kind,) = found.faulty
    assert (kind.records, kind.said(0), kind.help) == ([1, 2], f"{tmp_path}/2.txt is empty", None)
    assert kind.said(1).startswith(f"{tmp_path}/3.txt is not UTF-8")
    assert [kind.records for kind in text(path=str(tmp_path / "*.txt"), part=(0.9, 1)).faulty] == [[0, 1]]


def test_faulty_lines_are_counted_within_their_part(tmp_path) -> None:
    path = write(tmp_path / "pairs.tsv", "a\tb\nc\nd\te\nf\n\tg\nh\ti\n")
    first, second = pairs(path=path, part=(0, 0.5)), pairs(path=path, part=(0.5, 1))
    assert [kind.records for kind in first.faulty] == [[1]]
    assert [kind.records for kind in second.faulty] == [[0], [1]]
    assert second.faulty[0].said(0) == f"{path}, line 4, has no tab between source and target"


def test_subwords_need_a_size(tmp_path) -> None:
    path = write(tmp_path / "book.txt", "one")
    with pytest.raises(DataError, match="`unit: subword` needs a `vocabulary_size`"):
        text(path=path, unit="subword")
    assert texts(text(path=path, unit="subword", vocabulary_size=300)) == ["one"]


@pytest.mark.parametrize("unit", ["character", "word", "subword"])
def test_the_unit_is_a_tokenizer(unit) -> None:
    source = bind(entries("source")["text"].params, {"path": "x", "unit": unit})
    assert list(source.fields()) == [f"{unit}s"]
    ((feature, choice),) = source.tokenizers().values()
    assert (feature, choice.name) == ("text", f"{unit}s")
    assert not choice.entry.pending


def test_pairs_of_one_file_are_parted_by_a_tab(tmp_path) -> None:
    path = write(tmp_path / "pairs.tsv", "Go.\tVa !\tCC-BY\r\nHi \u2028 there\t Salut \r\n")
    found = pairs(path=path)
    assert texts(found, "source") == ["Go.", "Hi \u2028 there"]
    assert texts(found, "target") == ["Va !", " Salut "]
    assert found.place(1) == f"{path}, line 2"
    announced = bind(entries("source")["pairs"].params, {"path": path}).fields()
    assert found.fields == announced


def test_pairs_of_two_files_are_lines_of_the_same_number(tmp_path) -> None:
    """Only line feeds end a line: \\x85 and \\u2028 do not, though Python would split there."""
    source, target = write(tmp_path / "a.en", "one\x85\ntwo\nthree"), write(tmp_path / "a.de", "eins\nzwei\u2028\ndrei\n")
    found = pairs(source=source, target=target)
    assert texts(found, "source") == ["one\x85", "two", "three"]
    assert texts(found, "target") == ["eins", "zwei\u2028", "drei"]
    assert found.place(2) == f"{source} and {target}, line 3"


def test_parts_of_pairs_make_the_whole(tmp_path) -> None:
    path = write(tmp_path / "pairs.tsv", "".join(f"{number}\tx\n" for number in range(11)))
    first, second = pairs(path=path, part=(0, 0.7)), pairs(path=path, part=(0.7, 1))
    assert texts(first, "source") + texts(second, "source") == [str(number) for number in range(11)]
    assert first.count == 8
    assert second.place(0) == f"{path}, line 9"
    with pytest.raises(DataError, match="has no lines; it has 11 in all"):
        pairs(path=path, part=(0, 0.01))


@pytest.mark.parametrize(
    "arguments", [{}, {"source": "a"}, {"target": "a"}, {"path": "a", "source": "b"}, {"path": "a", "source": "b", "target": "c"}]
)
def test_pairs_are_of_one_file_or_of_two(arguments) -> None:
    with pytest.raises(DataError, match="`pairs` reads one file by `path`, or two by `source` and `target`"):
        pairs(**arguments)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\nc d\ne\tf\ng\n", "line 2, has no tab between source and target (2 such lines in all)"),
        ("a\tb\n\tc\n", "line 2, has no source"),
        ("a\tb\nc\t \n", "line 2, has no target"),
        ("a\tb\n\nc\td\n", "line 2, has no tab between source and target"),
        (b"a\tb\nc\td\xff\n", " is not UTF-8: byte 4 of line 2 is 0xff"),
        ("", " is empty"),
    ],
)
def test_a_faulty_file_of_pairs_is_told(tmp_path, content, message) -> None:
    path = write(tmp_path / "pairs.tsv", content)
    with pytest.raises(DataError) as caught:
        sound(pairs(path=path))
    assert caught.value.message == f"{path}{'' if message.startswith(' ') else ', '}{message}"


def test_two_files_that_do_not_fit_are_told(tmp_path) -> None:
    source, target = write(tmp_path / "a.en", "one\ntwo\n"), write(tmp_path / "a.de", "eins\n")
    with pytest.raises(DataError) as caught:
        sound(pairs(source=source, target=target))
    assert caught.value.message == f"{source} has 2 lines, but {target} has 1"
    write(tmp_path / "a.de", "eins\n \n")
    with pytest.raises(DataError) as caught:
        sound(pairs(source=source, target=target))
    assert caught.value.message == f"{target}, line 2, is empty"
