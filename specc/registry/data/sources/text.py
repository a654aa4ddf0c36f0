"""Text files."""

from typing import Annotated, Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources.source import Source
from specc.registry.entry import Choice, bind_value, declare, param
from specc.registry.types import ChoiceOf, Plain

Part = Annotated[
    list[float],
    Plain(
        {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 2, "maxItems": 2},
        lambda shares: [float(share) for share in shares],
    ),
]


@declare(
    "source",
    "text",
    target="specc.data.sources.text.text",
    examples=[
        {"path": "book.txt"},
        {"path": "book.txt", "part": [0, 0.9]},
        {"path": "books/*.txt", "unit": "word", "vocabulary_size": 10000},
        {"path": "book.txt", "unit": "subword", "vocabulary_size": 1000},
    ],
)
class Text(Source):
    """One stream of tokens: a text file, or several in alphabetical order. `chunk` cuts it into examples.

    Files are UTF-8, and read as they are, line ends included. `unit` says what a token is; for other tokenizers, name the
    feature: `fields: {tokens: {feature: text, tokenizer: {words: {lowercase: false}}}}`.

    Fields: characters, words or subwords, as the unit is called; text, where `fields` asks for it
    """

    path: str = param("A file, or several by `*`.")
    unit: Literal["character", "word", "subword"] = param("What a token is: the tokenizer `characters`, `words` or `subwords`.",
        default="character")  # fmt: skip
    vocabulary_size: int | None = param(
        "How many tokens are known, padding and the unknown one included; none: all that the text has. `subword` needs it.",
        default=None,
        minimum=2,
    )
    part: Part = param(
        "Which share of the text, from and to: [0, 0.9] for training, [0.9, 1] for validation. Cuts are moved on to the next white space.",
        default=[0, 1],
    )

    def fields(self) -> dict[str, Field]:
        return {f"{self.unit}s": Field(TensorSpec((None, None), "int32"), self.vocabulary_size, "tokens")}

    def tokenizers(self) -> dict[str, tuple[str, Choice]]:
        word = f"{self.unit}s"
        return {word: ("text", bind_value(ChoiceOf("tokenizer"), {word: {"vocabulary_size": self.vocabulary_size}}))}


@declare(
    "source",
    "pairs",
    target="specc.data.sources.text.pairs",
    examples=[{"path": "sentences.tsv"}, {"source": "train.en", "target": "train.de"}, {"path": "sentences.tsv", "part": [0, 0.9]}],
)
class Pairs(Source):
    """Texts in pairs, as for translation, one pair a line: of two files, or of one with a tab in every line.

    Files are UTF-8. In a file with tabs the first two columns count.

    Fields: source, target: texts, which a tokenizer makes numbers
    """

    path: str | None = param("One file, with a tab between source and target; none: two files.", default=None)
    source: str | None = param("The file of the sources.", default=None)
    target: str | None = param("The file of the targets, line by line.", default=None)
    part: Part = param("Which share of the lines, from and to: [0, 0.9] for training, [0.9, 1] for validation.", default=[0, 1])

    def fields(self) -> dict[str, Field]:
        return {"source": Field(TensorSpec((None,), "string")), "target": Field(TensorSpec((None,), "string"))}
