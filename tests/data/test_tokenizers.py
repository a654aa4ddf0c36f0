"""Tokenizers: which vocabularies they learn, against counting in plain Python, and that texts come back."""

import json
import os
import random
import re
import subprocess
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest
import tokenizers as library

from specc.data.errors import DataError
from specc.data.tokenizers import BYTES, characters, from_json, pieces, subwords, words

STRANGE = [
    "",
    " ",
    "a\r\nb\n\n\tc  d ",
    "naïve café, Ærø; 東京 — नमस्ते",
    "\U0001f469\u200d\U0001f680 and \U0001f1e9\U0001f1ea, e\u0301 is not \u00e9",
    "[PAD][UNK] [START]x[END]",
    "nul \x00, bom \ufeff, replaced \ufffd, line \u2028 end",
]
SHAKEN = "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\nRough winds do shake the darling buds of May,"


def numbers_of(tokenizer):
    return tokenizer.engine.get_vocab()


def lists(arrays):
    return [each.tolist() for each in arrays]


def by_frequency(tokens, special):
    """The reference: numbers by falling frequency, then by code points, after the special tokens."""
    ordered = sorted(Counter(tokens).items(), key=lambda item: (-item[1], item[0]))
    return {token: number for number, token in enumerate([*special, *(token for token, _ in ordered)])}


def test_characters_are_numbered_by_frequency_then_by_code_point() -> None:
    draw = random.Random(3)
    text = "".join(draw.choice("aabbcdé\n 東\U0001f680") for _ in range(400))
    assert numbers_of(characters([text, SHAKEN])) == by_frequency(text + SHAKEN, ["[PAD]", "[UNK]"])
    assert numbers_of(characters(["cab"], add_start_end=True)) == {"[PAD]": 0, "[UNK]": 1, "[START]": 2, "[END]": 3, "a": 4, "b": 5, "c": 6}


@pytest.mark.parametrize("lowercase", [True, False])
def test_words_are_numbered_by_frequency_then_by_code_point(lowercase) -> None:
    texts = [SHAKEN, "The end -- the END. It's the end!", "ÄRGER ärger"]
    joined = " ".join(texts)
    tokens = re.findall(r"\w+(?:'\w+)*|[^\w\s]", joined.lower() if lowercase else joined)
    assert numbers_of(words(texts, lowercase=lowercase)) == by_frequency(tokens, ["[PAD]", "[UNK]"])


def test_words_of_any_script_are_whole_and_every_sign_is_one() -> None:
    text = "Don’t stop—नमस्ते, e\u0301te\u0301?! 3.5 snake_case"
    expected = ["don’t", "stop", "—", "नमस्ते", ",", "e\u0301te\u0301", "?", "!", "3", ".", "5", "snake_case"]
    found = words([text])
    assert [found.engine.id_to_token(int(number)) for number in found.encode([text])[0]] == expected


def test_a_limited_vocabulary_has_the_most_frequent() -> None:
    found = characters(["aaabbcd"], vocabulary_size=4)
    assert found.size == 4
    assert lists(found.encode(["abcd"])) == [[2, 3, 1, 1]]
    found = words(["one two two three three three"], vocabulary_size=5, add_start_end=True)
    assert found.size == 5
    assert lists(found.encode(["three two"])) == [[2, 4, 1, 3]]


def test_a_vocabulary_is_no_larger_than_the_texts_make_it() -> None:
    assert characters(["abc"], vocabulary_size=100).size == 5
    assert words(["a b"], vocabulary_size=100).size == 4
    assert subwords(["abc"], vocabulary_size=1000).size == BYTES + 2


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (characters, {"vocabulary_size": 2}, "`vocabulary_size: 2` of `characters` leaves no number for any token"),
        (words, {"vocabulary_size": 4, "add_start_end": True}, "`vocabulary_size: 4` of `words` leaves no number for any token"),
        (subwords, {"vocabulary_size": 257}, "`vocabulary_size: 257` of `subwords` leaves no number for any token"),
    ],
)
def test_a_vocabulary_without_room_is_an_error(make, arguments, message) -> None:
    with pytest.raises(DataError) as caught:
        make(["some text"], **arguments)
    assert caught.value.message == message
    least = {characters: 3, words: 5, subwords: 258}[make]
    assert caught.value.help.startswith(f"give at least {least}")
    assert make(["some text"], **{**arguments, "vocabulary_size": least}).size == least


@pytest.mark.parametrize("make", [characters, words, lambda texts: subwords(texts, vocabulary_size=300)])
def test_nothing_can_be_learned_from_nothing(make) -> None:
    for texts in ([], [""], ["", ""]):
        with pytest.raises(DataError, match="so there is no vocabulary to learn"):
            make(texts)
    with pytest.raises(DataError, match="the texts have no words"):
        words([" \n "])


# Byte-pair encoding in plain Python, after the algorithm of Sennrich et al., 2015, with merges down to pairs that occur twice.


def merged(symbols, pair):
    found = []
    for symbol in symbols:
        if found and (found[-1], symbol) == pair:
            found[-1] = "".join(pair)
        else:
            found.append(symbol)
    return found


def pairs_joined(counts, size):
    """The merges that lead to a vocabulary of that size, from how often each word occurs. Of equal pairs, that of lower numbers."""
    split = {word: list(word) for word in counts}
    numbers = {symbol: number for number, symbol in enumerate(sorted(library.pre_tokenizers.ByteLevel.alphabet()), 2)}
    merges = []
    while len(numbers) + 2 < size:
        pairs = Counter()
        for word, count in counts.items():
            for pair in zip(split[word], split[word][1:]):
                pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], numbers[pair[0]], numbers[pair[1]]), default=None)
        if best is None or pairs[best] < 2:
            break
        merges.append(best)
        numbers.setdefault("".join(best), len(numbers) + 2)
        split = {word: merged(symbols, best) for word, symbols in split.items()}
    return merges


def merges_of(tokenizer):
    return [tuple(pair) for pair in json.loads(tokenizer.to_json())["model"]["merges"]]


TOY = {"low": 5, "lower": 2, "newest": 6, "widest": 3}


def test_byte_pairs_of_the_example_of_the_paper() -> None:
    """Sennrich et al. join e s, es t, and l o, lo w, between them the end of the word, which is no symbol here."""
    texts = [word for word, count in TOY.items() for _ in range(count)]
    found = merges_of(subwords(texts, vocabulary_size=BYTES + 2 + 6))
    assert found[:4] == [("e", "s"), ("es", "t"), ("l", "o"), ("lo", "w")]
    assert found == pairs_joined(TOY, BYTES + 2 + 6)
    assert merges_of(subwords(texts, vocabulary_size=400)) == pairs_joined(TOY, 400)


def test_byte_pairs_of_a_text() -> None:
    """The words are those of ASCII text: letters with the space before them, signs, and line feeds, which are written Ċ."""
    text = re.sub(r"[^a-z \n]", "", SHAKEN.lower())
    counts = Counter(word.replace(" ", "Ġ").replace("\n", "Ċ") for word in re.findall(r" ?[a-z]+|\n", text))
    found = subwords([text], vocabulary_size=300)
    expected = pairs_joined(counts, 300)
    assert len(expected) > 15
    assert merges_of(found) == expected

    def split(word):
        symbols = list(word)
        for pair in expected:
            symbols = merged(symbols, pair)
        return symbols

    tokens = [token for word in re.findall(r" ?[a-z]+|\n", text) for token in split(word.replace(" ", "Ġ").replace("\n", "Ċ"))]
    assert [found.engine.id_to_token(int(number)) for number in found.encode([text])[0]] == tokens


def test_a_text_of_characters_comes_back() -> None:
    found = characters(STRANGE)
    assert [found.decode(numbers) for numbers in found.encode(STRANGE)] == STRANGE
    assert [len(numbers) for numbers in found.encode(STRANGE)] == [len(text) for text in STRANGE]


def test_any_text_of_subwords_comes_back_though_none_was_seen() -> None:
    found = subwords([SHAKEN], vocabulary_size=300)
    assert [found.decode(numbers) for numbers in found.encode(STRANGE)] == STRANGE
    assert not any((numbers == 1).any() for numbers in found.encode(STRANGE))


def test_words_come_back_with_a_space_between_any_two() -> None:
    found = words(["The cat,  the\r\nDOG."])
    assert found.decode(found.encode(["The cat,  the\r\nDOG."])[0]) == "the cat , the dog ."


def test_what_is_unknown_has_the_number_one() -> None:
    for found, text, count in ((characters(["abc"]), "xyz", 3), (words(["a b c"]), "x y z", 3), (words(["a"]), "\U0001f680?", 2)):
        (numbers,) = found.encode([text])
        assert numbers.tolist() == [1] * count
    assert characters(["abc"]).decode([1, 2]) == "[UNK]a"


def test_special_tokens_that_stand_in_a_text_are_characters_there() -> None:
    for make in (characters, words, lambda texts, **more: subwords(texts, vocabulary_size=400, **more)):
        found = make(["[START] [PAD] [END] [UNK]"] * 3, add_start_end=True)
        again = from_json(found.to_json())
        for each in (found, again):
            (numbers,) = each.encode(["[PAD] [END]"])
            assert numbers[0] == 2
            assert numbers[-1] == 3
            assert min(numbers[1:-1]) > 3


def test_a_start_and_an_end_stand_around_a_text_and_are_not_decoded() -> None:
    found = characters(["ab"], add_start_end=True)
    assert found.is_framed
    assert lists(found.encode(["ab", ""])) == [[2, 4, 5, 3], [2, 3]]
    assert found.decode([2, 4, 5, 3, 0, 0]) == "ab"
    bare = found.framed(False)
    assert not bare.is_framed
    assert lists(bare.encode(["ab", ""])) == [[4, 5], []]
    assert bare.decode([2, 4, 5, 3, 0, 0]) == "ab"
    assert characters(["ab"]).decode([2, 3, 0]) == "ab", "without start and end their numbers belong to tokens"


def test_numbers_beyond_the_vocabulary_are_left_out() -> None:
    assert characters(["ab"]).decode(np.array([2, 95, 3], np.int64)) == "ab"


@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize("make", [characters, words, lambda texts, **more: subwords(texts, vocabulary_size=300, **more)])
def test_a_tokenizer_survives_as_json(make, framed) -> None:
    found = make([SHAKEN, *STRANGE], add_start_end=framed)
    again = from_json(found.to_json())
    assert again.to_json() == found.to_json()
    assert (again.size, again.is_framed) == (found.size, framed)
    texts = [SHAKEN, "Unseen: ß"]
    assert lists(again.encode(texts)) == lists(found.encode(texts))
    # Other tools read the file without us.
    assert [each.ids for each in library.Tokenizer.from_str(found.to_json()).encode_batch(texts)] == lists(found.encode(texts))


def test_what_is_no_tokenizer_is_an_error() -> None:
    with pytest.raises(DataError, match=r"this is no `tokenizer\.json`"):
        from_json("{}")


def test_another_process_learns_the_same() -> None:
    made = """if True:
        import json, sys
        from specc.data.tokenizers import subwords, words
        text = json.load(sys.stdin)
        json.dump([words([text]).to_json(), subwords([text], vocabulary_size=330).to_json()], sys.stdout)
    """
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TOKENIZERS_PARALLELISM": "false"}
    run = subprocess.run(
        [sys.executable, "-c", made], input=json.dumps(SHAKEN), capture_output=True, text=True, env=environment, check=True
    )
    assert json.loads(run.stdout) == [words([SHAKEN]).to_json(), subwords([SHAKEN], vocabulary_size=330).to_json()]


def test_a_long_text_is_cut_where_that_changes_no_token() -> None:
    draw = random.Random(5)
    text = "".join(draw.choice(["ab", "don't", "É", "9", " ", " ", "\n", "  ", "\r\n", ".", "\u2028", "\x1c"]) for _ in range(3000))
    cut = list(pieces(text, 20))
    assert "".join(cut) == text
    assert len(cut) > 50
    for tokenizer in (characters([text]), words([text]), subwords([text], vocabulary_size=320)):
        whole = tokenizer.encode([text])[0]
        np.testing.assert_array_equal(np.concatenate(tokenizer.encode(cut)), whole)
        reference = tokenizer.engine.encode(text, add_special_tokens=False).ids
        np.testing.assert_array_equal(whole, reference)


def test_a_text_without_a_place_to_cut_is_one_piece() -> None:
    assert list(pieces("x" * 50, 20)) == ["x" * 50]
    assert list(pieces("", 20)) == [""]


def test_a_long_text_among_others_keeps_its_place(monkeypatch) -> None:
    monkeypatch.setattr("specc.data.tokenizers.BATCH", 7)
    found = characters(["abc"])
    texts = ["a" * 5, "", "b" * 4, "abc" * 6, "c"]
    assert lists(found.encode(texts)) == [[{"a": 2, "b": 3, "c": 4}[sign] for sign in text] for text in texts]


def test_capitals_of_any_script_count_as_small_letters() -> None:
    found = words(["straße ÉTÉ ΑΒΓ"])
    assert found.encode(["Straße été αβγ"])[0].tolist() == found.encode(["straße ÉTÉ ΑΒΓ"])[0].tolist()
    assert 1 not in found.encode([unicodedata.normalize("NFC", "Straße été αβγ")])[0]


def test_a_missing_library_is_told(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(DataError) as caught:
        characters(["abc"])
    assert caught.value.message == "texts are made numbers by the library `tokenizers`, which is not installed"
    assert caught.value.help == "pip install 'specc[text]'"
