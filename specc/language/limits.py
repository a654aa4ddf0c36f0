"""How large a network may be, and what is sure to be larger, told before it is run up to there."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Span
from specc.language import expressions
from specc.language.document import Document, Step
from specc.language.expressions import ExpressionError, Unavailable
from specc.language.scope import Result, Scope
from specc.language.spelling import MAX_STEPS
from specc.language.syntax import ListNode, Node, ScalarNode

MAX_DEPTH = 60  # blocks and groups inside each other

Chain = tuple[tuple[str, Span], ...]


def surely_too_large(document: Document, scope: Scope) -> Step | None:
    """The step by which a document is sure to have more than MAX_STEPS steps, if it is.

    Args:
        scope: where the document's params have their values.
    """
    return _Count(document, scope).crossing(document.steps)


class _Count:
    """Counts the steps that are applied in any case: what is switched by `when` counts for nothing, and so does a
    `repeat` that is computed from more than params."""

    def __init__(self, document: Document, scope: Scope) -> None:
        self.document, self.scope = document, scope
        self.blocks: dict[str, int] = {}
        self.budget = expressions.Budget()

    def crossing(self, steps: Iterable[Step]) -> Step | None:
        total = 0
        for step in steps:
            total += self.step(step, frozenset())
            if total > MAX_STEPS:
                return self.crossing(step.body) or step if step.repeat is None else step
        return None

    def step(self, step: Step, hidden: frozenset[str] | None) -> int:
        """The applications of a step and of those inside it. `hidden` are params behind a variable of a repeat; None: all are."""
        if step.when is not None or step.each is not None or step.faulty:
            return 0
        times = 1 if step.repeat is None else self.times(step.repeat, hidden)
        if hidden is not None and step.repeat is not None:
            hidden = hidden | {step.index, step.element or step.index}
        inside = sum(self.step(each, hidden) for steps in (step.body, *step.branches.values()) for each in steps)
        return min(times * (1 + inside + self.block(step)), MAX_STEPS + 1)

    def block(self, step: Step) -> int:
        """The steps of a block, where the step's word is one. Inside itself it counts for nothing."""
        word = self.document.vocabulary.find(step.word) if step.kind == "word" else None
        if word is None or word.entry is not None:
            return 0
        if word.name not in self.blocks:
            self.blocks[word.name] = 0
            self.blocks[word.name] = sum(self.step(each, None) for each in self.document.block(word).steps)
        return self.blocks[word.name]

    def times(self, node: Node, hidden: frozenset[str] | None) -> int:
        """How often a step is repeated; 0 where that is not known, or wrong by itself."""
        value: object = 0
        if isinstance(node, ListNode):
            value = node.items
        elif isinstance(node, ScalarNode) and not node.is_expression:
            value = node.value
        elif isinstance(node, ScalarNode) and hidden is not None:
            try:
                value = expressions.evaluate(expressions.parse(node.value), lambda name: self.param(name, hidden), self.budget)
            except (ExpressionError, Unavailable):
                return 0
        if isinstance(value, (list, tuple)):
            return len(value)
        return value if isinstance(value, int) and 0 <= value <= MAX_STEPS else 0

    def param(self, name: str, hidden: frozenset[str]) -> object:
        value = self.scope.values.get(name)
        if name in hidden or name not in self.scope.values or isinstance(value, Result):
            raise Unavailable
        return value


def first_round(chain: Chain) -> tuple[Chain, tuple[str, Span] | None]:
    """The way to the first use of a block or a model that is inside itself already, and that use; the whole way, if there is none."""
    entered: set[str] = set()
    for position, (text, span) in enumerate(chain):
        name = text.split("`")[1]
        again = any(place == span for _, place in chain[position + 1 :])
        if text.startswith(("in block", "in model")) and name in entered and (again or position == len(chain) - 1):
            return chain[:position], (text, span)
        entered.add(name)
    return chain, None
