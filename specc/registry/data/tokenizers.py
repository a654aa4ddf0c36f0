"""Tokenizers: texts made sequences of whole numbers. Arguments are named as in KerasHub."""

from specc.registry.entry import Choice, declare, param
from specc.registry.shared import OwnFirst


class Tokenizer(OwnFirst):
    """What every tokenizer takes, after its own arguments.

    0 is padding, `[PAD]`; 1 is what the vocabulary lacks, `[UNK]`; with `add_start_end` 2 and 3 are `[START]` and `[END]`.
    The vocabulary is that of the training texts; validation and test use the same one.
    """

    vocabulary_size: int | None = param("How many numbers there are, padding and the unknown included; none: as many as needed.",
        default=None, minimum=2)  # fmt: skip
    sequence_length: int | None = param("Length that texts are cut or padded to; none leaves every text its own.", default=None, minimum=1)
    add_start_end: bool = param("Whether a text stands between `[START]` and `[END]`; one that is cut has no end.", default=False)


def tokenizer_params(choice: Choice) -> Tokenizer:
    """The parameters of a tokenizer that was chosen."""
    assert isinstance(choice.params, Tokenizer)
    return choice.params


@declare("tokenizer", "characters", target="specc.data.tokenizers.characters", examples=[{}, {"vocabulary_size": 96}])
class Characters(Tokenizer):
    """A number for every character: those of the training texts, the most frequent first. A character is a code point of Unicode."""


@declare(
    "tokenizer",
    "words",
    target="specc.data.tokenizers.words",
    examples=[{}, {"vocabulary_size": 10000}, {"vocabulary_size": 10000, "sequence_length": 20, "add_start_end": True}],
)
class Words(Tokenizer):
    """A number for every word and punctuation mark: the most frequent of the training texts. What is between them is lost."""

    lowercase: bool = param("Whether capitals count as small letters.", default=True)


@declare(
    "tokenizer",
    "subwords",
    target="specc.data.tokenizers.subwords",
    examples=[{"vocabulary_size": 37000}, {"vocabulary_size": 8000, "shared_with": "target"}],
)
class Subwords(Tokenizer):
    """A number for every byte, and for what often stands together: byte-pair encoding of the training texts.

    Pairs are joined within words, the most frequent first, as long as they occur twice. Bytes make every text possible: nothing is unknown.

    Reference: Sennrich et al., Neural machine translation of rare words with subword units, 2015, https://arxiv.org/abs/1508.07909
    """

    vocabulary_size: int = param("How many numbers there are: 256 bytes, padding and the unknown included.", minimum=258)
    shared_with: str | None = param("The field with whose texts the vocabulary is made together.", default=None)
