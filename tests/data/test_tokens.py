"""Texts of examples made tokens, streams cut into pieces, and targets one place further, by sequences written by hand."""

import numpy as np
import pytest
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.examples import examples_of
from specc.data.sources.text import text
from specc.data.tokens import chunked, sequences, shifted, tokenized, wanted
from specc.registry.entry import bind, bind_value
from specc.registry.experiment import Pipeline
from specc.registry.types import ChoiceOf


def tokenizer(written):
    return bind_value(ChoiceOf("tokenizer"), written)


def pipeline(**written):
    return bind(Pipeline, written)


def values(examples):
    """All examples, read one by one and as a data set, which has to be the same."""
    plain = lambda example: {name: value.numpy().tolist() for name, value in example.items()}  # noqa: E731
    if not examples.is_table:
        return [plain(each) for each in examples.records.map(examples.read)]
    found = [plain(examples.read(examples.record(index))) for index in range(examples.count)]
    numbered = tf.data.Dataset.range(examples.count).map(lambda index: examples.read(examples.record(index)))
    assert [plain(each) for each in numbered] == found
    return found


def texts_of(texts, **more):
    return examples_of({"text": tf.constant(texts), **more}, place="sayings.txt, line {}".format)


def streams_of(tokens, **more):
    return examples_of({"tokens": tf.ragged.constant(tokens, dtype=tf.int32), **more}, place="book {}".format)


def test_a_text_becomes_the_numbers_of_its_tokens() -> None:
    found, tokenizers = tokenized(texts_of(["b a a", "", "c a"]), {"text": tokenizer("words")})
    assert values(found) == [{"text": [3, 2, 2]}, {"text": []}, {"text": [4, 2]}]
    assert found.fields["text"].spec.shape == (None, None)
    assert found.fields["text"].spec.dtype == "int32"
    assert found.fields["text"].classes == tokenizers["text"].size == 5
    assert found.place(2) == "sayings.txt, line 2"


def test_a_sequence_length_cuts_and_fills_up() -> None:
    choice = {"text": tokenizer({"words": {"sequence_length": 4, "add_start_end": True, "vocabulary_size": 100}})}
    found, _ = tokenized(texts_of(["b a", "a b a", "a a a b"]), choice)
    assert values(found) == [{"text": [2, 5, 4, 3]}, {"text": [2, 4, 5, 4]}, {"text": [2, 4, 4, 4]}], "what is cut has no end"
    found, _ = tokenized(texts_of(["b a", "a"]), {"text": tokenizer({"words": {"sequence_length": 3}})})
    assert values(found) == [{"text": [3, 2, 0]}, {"text": [2, 0, 0]}]
    assert found.fields["text"].spec.shape == (None, 3)


@pytest.mark.parametrize("table", [True, False])
def test_other_fields_stay_as_they_were(table) -> None:
    records = {"line": tf.constant(["a b", "b"]), "image": tf.zeros((2, 3, 3, 1)), "label": tf.constant([1, 0])}
    given = records if table else tf.data.Dataset.from_tensor_slices(records)
    examples = examples_of(given, 2, kinds={"image": "image"}, classes_of={"label": 2}, classes=("no", "yes"))
    found, _ = tokenized(examples, {"line": tokenizer("words")})
    assert [(each["line"], each["label"]) for each in values(found)] == [([3, 2], 1), ([2], 0)]
    assert {name: found.fields[name] for name in ("image", "label")} == {name: examples.fields[name] for name in ("image", "label")}
    assert found.classes == ("no", "yes")


def test_without_tokenizers_nothing_changes() -> None:
    examples = texts_of(["a"])
    assert tokenized(examples, {}) == (examples, {})
    assert sequences(examples, {}) == (examples, {})


def test_validation_has_the_vocabulary_of_training() -> None:
    choice = {"text": tokenizer("characters")}
    _, tokenizers = tokenized(texts_of(["aab"]), choice)
    found, again = tokenized(texts_of(["cba"]), choice, tokenizers)
    assert values(found) == [{"text": [1, 3, 2]}]
    assert again == tokenizers
    with pytest.raises(DataError) as caught:
        tokenized(texts_of(["a"]).then(lambda each: {"line": each["text"]}), {"line": tokenizer("characters")}, tokenizers)
    assert (caught.value.message, caught.value.help) == ("the training data have no tokens `line`", "they have `text`")


def test_a_vocabulary_limit_may_leave_numbers_without_tokens() -> None:
    found, _ = tokenized(texts_of(["ab"]), {"text": tokenizer({"characters": {"vocabulary_size": 96}})})
    assert found.fields["text"].classes == 96, "a head with 96 units is right"


def test_two_fields_share_a_vocabulary() -> None:
    """The reference: a tokenizer of the texts of both. `ab` is joined only since both have it."""
    examples = examples_of({"source": tf.constant(["xab"]), "target": tf.constant(["yab"])})
    choices = {
        "source": tokenizer({"subwords": {"vocabulary_size": 270, "shared_with": "target"}}),
        "target": tokenizer({"subwords": {"vocabulary_size": 270, "add_start_end": True}}),
    }
    found, tokenizers = tokenized(examples, choices)
    ((source, target),) = ((each["source"], each["target"]) for each in values(found))
    joined = 4 + 256
    assert source[-1] == joined
    assert [target[0], *target[-2:]] == [2, joined, 3]
    assert len(source) == 2
    assert len(target) == 4
    assert tokenizers["source"].engine.get_vocab() == tokenizers["target"].engine.get_vocab()
    alone, _ = tokenized(examples, {name: tokenizer({"subwords": {"vocabulary_size": 270}}) for name in choices})
    assert len(values(alone)[0]["source"]) == 3


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ({"subwords": {"vocabulary_size": 300, "shared_with": "target"}}, "words", "which is no field with the tokenizer `subwords`"),
        ({"subwords": {"vocabulary_size": 300, "shared_with": "goal"}}, "words", "`source` shares its vocabulary with `goal`"),
        (
            {"subwords": {"vocabulary_size": 300, "shared_with": "target"}},
            {"subwords": {"vocabulary_size": 8000}},
            "`source` and `target` have one vocabulary, but their `vocabulary_size` is 300 and 8,000",
        ),
    ],
)
def test_what_cannot_be_shared_is_an_error(source, target, message) -> None:
    examples = examples_of({"source": tf.constant(["a"]), "target": tf.constant(["b"])})
    with pytest.raises(DataError, match=message):
        tokenized(examples, {"source": tokenizer(source), "target": tokenizer(target)})


@pytest.mark.parametrize("table", [True, False])
def test_every_caption_of_an_image_makes_an_example(table) -> None:
    captions = tf.ragged.constant([["a b", "b"], [], ["a c a"]])
    records = {"image": tf.constant([10.0, 20.0, 30.0]), "captions": captions, "title": tf.constant(["x", "y", "z z"])}
    given = records if table else tf.data.Dataset.range(3).map(lambda index: {name: each[index] for name, each in records.items()})
    examples = examples_of(given, 3, place="photo {}".format)
    choices = {"captions": tokenizer({"words": {"sequence_length": 2}}), "title": tokenizer("words")}
    found, _ = tokenized(examples, choices)
    assert found.count == 3
    assert values(found) == [
        {"image": 10.0, "captions": [2, 3], "title": [3]},
        {"image": 10.0, "captions": [3, 0], "title": [3]},
        {"image": 30.0, "captions": [2, 4], "title": [2, 2]},
    ]
    assert [found.place(index) for index in range(3)] == ["photo 0, text 1", "photo 0, text 2", "photo 2, text 1"]


def test_as_many_captions_for_every_image_are_no_special_case() -> None:
    examples = examples_of({"captions": tf.constant([["a", "b b"], ["b", "a"]])})
    found, _ = tokenized(examples, {"captions": tokenizer("words")})
    assert values(found) == [{"captions": [3]}, {"captions": [2, 2]}, {"captions": [2]}, {"captions": [3]}]


def test_the_same_captions_can_be_words_and_characters() -> None:
    captions = tf.ragged.constant([["a", "bb"], ["b"]])
    examples = examples_of({"words": captions, "signs": captions})
    found, _ = tokenized(examples, {"words": tokenizer("words"), "signs": tokenizer("characters")})
    assert values(found) == [{"words": [2], "signs": [3]}, {"words": [4], "signs": [2, 2]}, {"words": [3], "signs": [2]}]


def test_texts_of_different_numbers_are_an_error() -> None:
    examples = examples_of({"one": tf.ragged.constant([["a"], ["b"]]), "two": tf.ragged.constant([["a", "b"], []])})
    with pytest.raises(DataError, match="`one` and `two` have different numbers of texts in an example"):
        tokenized(examples, {name: tokenizer("words") for name in ("one", "two")})


def test_examples_without_any_text_are_an_error() -> None:
    examples = examples_of({"captions": tf.ragged.constant([[], []], dtype=tf.string)})
    _, tokenizers = tokenized(examples_of({"captions": tf.constant(["a"])}), {"captions": tokenizer("words")})
    with pytest.raises(DataError, match="no example has a text in `captions`"):
        tokenized(examples, {"captions": tokenizer("words")}, tokenizers)


def test_what_is_no_text_is_an_error() -> None:
    with pytest.raises(DataError, match="a tokenizer makes numbers of texts, but `label` is"):
        tokenized(texts_of(["a"], label=tf.constant([1])), {"label": tokenizer("words")})
    with pytest.raises(DataError) as caught:
        tokenized(texts_of(["fine", b"caf\xe9"]), {"text": tokenizer("words")})
    assert caught.value.message == "sayings.txt, line 1: `text` is not UTF-8: byte 4 is 0xe9"
    with pytest.raises(DataError, match="`text`: the texts have no words, so there is no vocabulary to learn"):
        tokenized(texts_of(["", " "]), {"text": tokenizer("words")})


def test_a_record_that_cannot_be_read_is_told() -> None:
    def read(record):
        with tf.control_dependencies([tf.debugging.Assert(record["number"] != 2, ["the number is", record["number"]])]):
            return {"text": tf.identity(record["text"])}

    examples = examples_of({"number": tf.range(4), "text": tf.constant(["a"] * 4)}, read=read, place="line {}".format)
    with pytest.raises(DataError, match="a record cannot be read: line 2: the number is 2"):
        tokenized(examples, {"text": tokenizer("words")})


def test_of_records_with_texts_and_images_only_the_texts_are_read() -> None:
    def read(record):
        return {"text": record["text"], "image": tf.io.decode_jpeg(record["image"], channels=1)}

    examples = examples_of({"text": tf.constant(["a"]), "image": tf.constant(["no picture"])}, read=read)
    assert tokenized(examples, {"text": tokenizer("words")})[0].count == 1


def test_pieces_follow_one_another_and_the_rest_is_left_out() -> None:
    found = chunked(streams_of([[1, 2, 3, 4, 5], [6, 7], [], [8]]), 3)
    assert values(found) == [{"tokens": [1, 2, 3]}, {"tokens": [4, 5, 6]}]
    assert found.fields["tokens"].spec.shape == (None, 3)
    assert [found.place(index) for index in range(2)] == ["book 0, piece 1 of the stream", "book 0, piece 2 of the stream"]
    assert chunked(streams_of([[1, 2, 3, 4, 5], [6, 7], [], [8]]), 2).place(3) == "book 1, piece 4 of the stream"


@pytest.mark.parametrize(("total", "count"), [(6, 1), (7, 2), (8, 2), (9, 2), (10, 3)])
def test_with_targets_the_last_piece_needs_the_token_after_it(total, count) -> None:
    stream = list(range(1, total + 1))
    found = shifted(chunked(streams_of([stream]), 3, ahead=["tokens"]), {"tokens": "labels"}, ahead=["tokens"])
    assert found.count == count
    together = {name: [token for each in values(found) for token in each[name]] for name in ("tokens", "labels")}
    assert together == {"tokens": stream[: 3 * count], "labels": stream[1 : 3 * count + 1]}
    assert {field.spec.shape for field in found.fields.values()} == {(None, 3)}


def test_a_column_of_tokens_is_a_stream_too() -> None:
    found = chunked(examples_of({"tokens": tf.constant([5, 6, 7, 8, 9])}, classes_of={"tokens": 10}), 2)
    assert values(found) == [{"tokens": [5, 6]}, {"tokens": [7, 8]}]
    assert found.fields["tokens"].classes == 10


def test_fields_of_equally_many_tokens_are_cut_together() -> None:
    words = streams_of([[1, 2, 3], [4, 5]], tags=tf.ragged.constant([[7, 7, 8], [8, 9]]), name=tf.constant(["x", "y"]))
    assert values(chunked(words, 2)) == [{"tokens": [1, 2], "tags": [7, 7]}, {"tokens": [3, 4], "tags": [8, 8]}], "texts have no pieces"
    with pytest.raises(DataError, match="`tokens` and `tags` have different numbers of tokens"):
        chunked(streams_of([[1, 2, 3]], tags=tf.ragged.constant([[7]])), 2)


def test_what_cannot_be_cut_is_an_error() -> None:
    with pytest.raises(DataError) as caught:
        chunked(streams_of([[1, 2], [3]]), 3, ahead=["tokens"])
    assert caught.value.message == "the data have 3 tokens, but a piece of `chunk: 3` takes 4"
    with pytest.raises(DataError, match="`chunk` cuts tokens, but `image` is"):
        chunked(streams_of([[1, 2]], image=tf.zeros((1, 4))), 1)
    with pytest.raises(DataError, match="`chunk` cuts tokens, but the data have none"):
        chunked(texts_of(["a"]), 1)
    with pytest.raises(DataError, match="`chunk` cuts a stream, but `text` has texts of a `sequence_length`"):
        sequences(texts_of(["a"]), {"text": tokenizer({"words": {"sequence_length": 3}})}, chunk=2)


def test_targets_of_texts_are_one_place_further() -> None:
    examples, shift = texts_of(["b a", "a a a a", ""]), {"text": "labels"}
    found, _ = sequences(examples, {"text": tokenizer({"words": {"sequence_length": 4, "add_start_end": True}})}, shift=shift)
    assert values(found) == [
        {"text": [2, 5, 4, 3], "labels": [5, 4, 3, 0]},
        {"text": [2, 4, 4, 4], "labels": [4, 4, 4, 4]},  # the token after the cut is known
        {"text": [2, 3, 0, 0], "labels": [3, 0, 0, 0]},
    ]
    assert found.fields["labels"] == found.fields["text"]
    found, _ = sequences(examples, {"text": tokenizer({"words": {"add_start_end": True}})}, shift=shift)
    assert values(found) == [
        {"text": [2, 5, 4], "labels": [5, 4, 3]},
        {"text": [2, 4, 4, 4, 4], "labels": [4, 4, 4, 4, 3]},
        {"text": [2], "labels": [3]},
    ]
    found, _ = sequences(examples, {"text": tokenizer("words")}, shift=shift)
    assert values(found)[2] == {"text": [], "labels": []}


def test_after_tokens_that_nobody_knows_more_of_comes_padding() -> None:
    found, _ = sequences(examples_of({"tokens": tf.constant([[5, 6, 7], [8, 9, 0]])}), {}, shift={"tokens": "labels"})
    assert values(found) == [{"tokens": [5, 6, 7], "labels": [6, 7, 0]}, {"tokens": [8, 9, 0], "labels": [9, 0, 0]}]


@pytest.mark.parametrize(
    ("shift", "message", "help"),
    [
        ({"token": "labels"}, "`shift` moves `token`, but the data have no such field", "did you mean `tokens`?"),
        ({"tokens": "image"}, "`shift` makes the field `image`, but the data have one already", "give it another name"),
        ({"image": "labels"}, "`shift` moves a sequence of tokens, but `image` is (?, 4)", None),
    ],
)
def test_what_cannot_be_moved_on_is_an_error(shift, message, help) -> None:
    with pytest.raises(DataError) as caught:
        shifted(streams_of([[1, 2]], image=tf.zeros((1, 4))), shift)
    assert (caught.value.message, caught.value.help) == (message, help)


def test_a_source_has_tokenizers_of_its_own_where_none_are_named() -> None:
    source = {"text": {"path": "x", "unit": "word", "vocabulary_size": 9}}
    features, choices = wanted(pipeline(source=source))
    assert features == {"words": "text"}
    assert choices["words"].name == "words"
    assert choices["words"].params.vocabulary_size == 9
    features, choices = wanted(pipeline(source=source, fields={"tokens": {"feature": "words"}}))
    assert (features, choices["tokens"].params.vocabulary_size) == ({"tokens": "text"}, 9)
    features, choices = wanted(pipeline(source=source, fields={"tokens": {"feature": "text", "tokenizer": "characters"}}))
    assert (features, choices["tokens"].name) == ({"tokens": "text"}, "characters")
    assert wanted(pipeline(source="digits")) == ({}, {})
    assert wanted(pipeline(source="digits", fields={"picture": {"feature": "image"}})) == ({"picture": "image"}, {})


@pytest.mark.parametrize("shift", [{}, {"characters": "labels"}])
def test_a_book_makes_examples_of_the_shapes_that_were_announced(tmp_path, shift) -> None:
    path = tmp_path / "book.txt"
    path.write_text("abcabcabd")
    given = pipeline(source={"text": {"path": str(path)}}, chunk=4, shift=shift)
    features, choices = wanted(given)
    opened = text(path=str(path)).then(lambda example: {name: example[feature] for name, feature in features.items()})
    found, tokenizers = sequences(opened, choices, chunk=given.chunk, shift=given.shift)
    assert tokenizers["characters"].decode(np.concatenate([each["characters"] for each in values(found)])) == "abcabcab"
    assert [[tokenizers["characters"].decode(each[target]) for each in values(found)] for target in shift.values()] in (
        [],
        [["bcab", "cabd"]],
    )
    announced = given.known_fields()
    assert announced is not None
    assert {name: field.spec for name, field in found.fields.items()} == {name: field.spec for name, field in announced.items()}
