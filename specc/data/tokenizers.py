"""Tokenizers: vocabularies that are learned from texts, and the way from a text to numbers and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from specc.data.errors import DataError, first_line

PADDING, UNKNOWN, START, END = range(4)
SPECIAL = ("[PAD]", "[UNK]", "[START]", "[END]")

WORD = r"\w+(?:['’]\w+)*|[^\w\s]"  # letters, digits and marks, with apostrophes inside; or any one other sign
BYTES = 256
WHOLE = 2**62  # a vocabulary without limit

PIECE = 2**16  # characters that are encoded at a time: the library keeps an object for each token
BATCH = 2**20  # characters of the pieces that are encoded in parallel
SEAM = re.compile(r"(?<=\S)(?=[ \n]\S)")  # where no tokenizer looks from one side to the other


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """A vocabulary, and what makes texts its numbers.

    Args:
        engine: the tokenizer of the library `tokenizers`.
    """

    engine: Any = field(repr=False)

    def __post_init__(self) -> None:
        # A text that happens to have `[PAD]` in it has five characters there.
        self.engine.encode_special_tokens = True

    @property
    def size(self) -> int:
        """How many numbers there are; all are below it."""
        return int(self.engine.get_vocab_size())

    @property
    def is_framed(self) -> bool:
        """Whether texts get a start and an end."""
        return int(self.engine.num_special_tokens_to_add(False)) > 0

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The numbers of each text, (tokens,), int32."""
        parts: list[list[Any]] = [[[START]] if self.is_framed else [] for _ in texts]
        for batch in _batches(texts):
            found = self.engine.encode_batch_fast([piece for _, piece in batch], add_special_tokens=False)
            for (text, _), encoding in zip(batch, found, strict=True):
                parts[text].append(np.array(encoding.ids, np.int32))
        end = [[END]] if self.is_framed else []
        return [np.concatenate([*each, *end], dtype=np.int32) for each in parts]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of numbers. Padding, start and end are left out, and so is what is beyond the vocabulary."""
        silent = {PADDING} | ({START, END} if self.engine.token_to_id(SPECIAL[START]) == START else set())
        return str(self.engine.decode([int(each) for each in numbers if int(each) not in silent], skip_special_tokens=False))

    def framed(self, wanted: bool) -> Tokenizer:
        """The same vocabulary, with or without a start and an end around texts."""
        changed = from_json(self.to_json())
        changed.engine.post_processor = _frame() if wanted else None
        return changed

    def to_json(self) -> str:
        """The tokenizer as a `tokenizer.json`, which the libraries `tokenizers` and `transformers` read."""
        return str(self.engine.to_str(pretty=True))


def from_json(text: str) -> Tokenizer:
    """The tokenizer of a `tokenizer.json` that `to_json` wrote.

    Raises:
        DataError: it is no such file.
    """
    try:
        return Tokenizer(_library().Tokenizer.from_str(text))
    except DataError:
        raise
    except Exception as error:  # the library raises nothing more particular
        raise DataError(f"this is no `tokenizer.json`: {first_line(error)}") from error


def characters(texts: Iterable[str], *, vocabulary_size: int | None = None, add_start_end: bool = False) -> Tokenizer:
    """Every code point is a token. The most frequent have the lowest numbers; of equally frequent ones, the lower code points."""
    library = _library()
    found = library.Tokenizer(library.models.WordLevel(unk_token=SPECIAL[UNKNOWN]))
    found.pre_tokenizer = library.pre_tokenizers.Split("", "isolated")
    found.decoder = library.decoders.Fuse()
    trainer = library.trainers.WordLevelTrainer
    return _fitted(found, trainer, texts, "characters", vocabulary_size or WHOLE, add_start_end)


def words(texts: Iterable[str], *, vocabulary_size: int | None = None, lowercase: bool = True, add_start_end: bool = False) -> Tokenizer:
    """Words and signs are tokens, numbered as for `characters`; white space is none. Decoded texts have a space between any two."""
    library = _library()
    found = library.Tokenizer(library.models.WordLevel(unk_token=SPECIAL[UNKNOWN]))
    if lowercase:
        found.normalizer = library.normalizers.Lowercase()
    found.pre_tokenizer = library.pre_tokenizers.Split(library.Regex(WORD), "removed", invert=True)
    trainer = library.trainers.WordLevelTrainer
    return _fitted(found, trainer, texts, "words", vocabulary_size or WHOLE, add_start_end)


def subwords(texts: Iterable[str], *, vocabulary_size: int, add_start_end: bool = False) -> Tokenizer:
    """Bytes, then what was joined of them, in the order of joining. Decoding gives back the text to the last byte.

    A space belongs to the word after it. Of pairs that are equally frequent, the one with lower numbers is joined first.
    """
    library = _library()
    found = library.Tokenizer(library.models.BPE(unk_token=SPECIAL[UNKNOWN]))
    found.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = library.decoders.ByteLevel()

    def trainer(**arguments: Any) -> Any:
        alphabet = sorted(library.pre_tokenizers.ByteLevel.alphabet())
        return library.trainers.BpeTrainer(min_frequency=2, initial_alphabet=alphabet, **arguments)

    return _fitted(found, trainer, texts, "subwords", vocabulary_size, add_start_end, BYTES)


def _fitted(found: Any, trainer: Any, texts: Iterable[str], word: str, size: int, framed: bool, least: int = 1) -> Tokenizer:
    """A tokenizer of the library that has learned its vocabulary.

    Args:
        word: what the tokenizer is called in a spec.
        least: tokens that it must have besides the special ones.
    """
    special = SPECIAL if framed else SPECIAL[:START]
    if size < len(special) + least:
        taken = f"{', '.join(f'`{each}`' for each in special)}{f' and {least} bytes' if least > 1 else ''}"
        help = f"give at least {len(special) + least}: {taken} have numbers too"
        raise DataError(f"`vocabulary_size: {size}` of `{word}` leaves no number for any token", help)
    read = 0

    def all_pieces() -> Iterator[str]:
        nonlocal read
        for text in texts:
            for piece in pieces(text):
                read += len(piece)
                yield piece

    found.train_from_iterator(all_pieces(), trainer(vocab_size=size, special_tokens=list(special), show_progress=False))
    if not read or found.get_vocab_size() <= len(special):
        raise DataError(f"the texts have no {word}, so there is no vocabulary to learn")
    return Tokenizer(found).framed(framed)


def pieces(text: str, length: int = PIECE) -> Iterator[str]:
    """A text in pieces of about that many characters, cut where that changes no token: between words."""
    start = 0
    while len(text) - start > length and (seam := SEAM.search(text, start + length)):
        yield text[start : seam.start()]
        start = seam.start()
    yield text[start:]


def _batches(texts: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Pieces with the numbers of their texts, as many as are encoded at a time."""
    batch: list[tuple[int, str]] = []
    characters = 0
    for number, text in enumerate(texts):
        for piece in pieces(text):
            batch.append((number, piece))
            characters += len(piece)
            if characters >= BATCH:
                yield batch
                batch, characters = [], 0
    if batch:
        yield batch


def _frame() -> Any:
    """What puts a text between start and end, for tools that read the `tokenizer.json`."""
    template = f"{SPECIAL[START]} $A {SPECIAL[END]}"
    return _library().processors.TemplateProcessing(single=template, special_tokens=[(SPECIAL[START], START), (SPECIAL[END], END)])


def _library() -> ModuleType:
    try:
        import tokenizers
    except ImportError:
        raise DataError("texts are made numbers by the library `tokenizers`, which is not installed", "pip install 'specc[text]'") from None
    return tokenizers
