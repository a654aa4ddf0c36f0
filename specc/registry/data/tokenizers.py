"""Tokenizers: texts made sequences of whole numbers. Arguments are named as in KerasHub."""

from specc.registry.entry import declare, param
from specc.registry.shared import OwnFirst


class Tokenizer(OwnFirst):
    """What every tokenizer takes, after its own arguments. 0 is padding."""

    sequence_length: int | None = param("Length that texts are cut or padded to; none leaves every text its own.", default=None, minimum=1)


@declare("tokenizer", "characters", target="specc.data.tokenizers.characters", examples=[{}, {"vocabulary_size": 96}], pending=True)
class Characters(Tokenizer):
    """A number for every character: those of the training texts, the most frequent first."""

    vocabulary_size: int | None = param("How many numbers there are, padding and the unknown included; none: as many as needed.",
        default=None, minimum=2)  # fmt: skip


@declare("tokenizer", "words", target="specc.data.tokenizers.words", examples=[{"vocabulary_size": 10000}], pending=True)
class Words(Tokenizer):
    """A number for every word and punctuation mark: the most frequent of the training texts."""

    vocabulary_size: int = param("How many numbers there are, padding and the unknown included.", minimum=2)
    lowercase: bool = param("Whether capitals count as small letters.", default=True)


@declare("tokenizer", "subwords", target="specc.data.tokenizers.subwords", examples=[{"vocabulary_size": 37000}], pending=True)
class Subwords(Tokenizer):
    """A number for every word that is frequent, and for the parts of those that are not: byte-pair encoding of the training texts.

    Reference: Sennrich et al., Neural machine translation of rare words with subword units, 2015, https://arxiv.org/abs/1508.07909
    """

    vocabulary_size: int = param("How many numbers there are, padding included.", minimum=2)
    shared_with: str | None = param("The field with whose texts the vocabulary is made together.", default=None)
