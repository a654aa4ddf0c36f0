"""Objectives of models that score the next token of a sequence."""

from typing import ClassVar

from specc.registry.entry import declare, param
from specc.registry.objectives.base import Objective


class Tokens(Objective):
    """What objectives of tokens share."""

    needs_outputs: ClassVar[tuple[str, ...]] = ("logits",)
    needs_targets: ClassVar[tuple[str, ...]] = ("labels",)
    ignore: int | None = param("The token that does not count, as 0 for padding; none: all count.", default=None)
    label_smoothing: float = param("Share of the label that goes to all tokens evenly.", default=0.0, minimum=0, below=1)


@declare(
    "objective",
    "sequence_cross_entropy",
    target="specc.objectives.sequence.SequenceCrossEntropy",
    examples=[{}, {"ignore": 0, "label_smoothing": 0.1}],
    pending=True,
)
class SequenceCrossEntropy(Tokens):
    """Cross-entropy of the next token, the mean over all tokens of the batch that count.

    Needs: the head `logits` (batch, length, vocabulary), and the field `labels` (batch, length)
    """


@declare(
    "objective", "language_model", target="specc.objectives.sequence.LanguageModel", examples=[{}, {"carry_state": True}], pending=True
)
class LanguageModel(Tokens):
    """Cross-entropy of the next token over a stream that is cut into pieces.

    Needs: the head `logits` (batch, length, vocabulary), and the field `labels` (batch, length)
    """

    carry_state: bool = param("Whether recurrent layers begin a piece in the state in which they ended the one before.", default=False)
