"""What the steps of a spec were seen to do while it was expanded: values, kinds and numbers that the text alone leaves open."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specc.diagnostics import Sink, SpecError
from specc.language.document import Block, Document, Step
from specc.language.evaluation import Evaluator, Failed, Frame
from specc.language.expand import Expander
from specc.language.scope import Result
from specc.language.spec import Spec
from specc.language.syntax import ScalarNode

MAX_SEEN = 4_000


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One run of a step: where, and what it gave. A step that is met is not yet repeated, and may be switched off."""

    frame: Frame
    result: Result | None
    evaluator: Evaluator


class _Watching(Expander):
    """Expands as always and takes notes."""

    def __init__(self, training: bool, profile: Profile) -> None:
        super().__init__(training, Sink())
        self.profile = profile
        # Both graphs, and the emitter, must speak of the same steps.
        self.documents = profile.documents

    def apply(self, step: Step, frame: Frame, path: str, given: Any = None) -> Result:
        result = super().apply(step, frame, path, given)
        self.profile.note(self.profile.single, step, Seen(frame, result, self.evaluator))
        return result

    def result(self, step: Step, frame: Frame) -> Result | None:
        self.profile.note(self.profile.met, step, Seen(frame, None, self.evaluator))
        return super().result(step, frame)

    def block_inputs(self, step: Step, block: Block, frame: Frame, source: Any) -> dict[str, Result]:
        inputs = super().block_inputs(step, block, frame, source)
        for name, result in inputs.items():
            self.profile.lists.setdefault((block, name), set()).add(isinstance(result.value, tuple))
        return inputs


class Profile:
    """Notes on both graphs of a spec."""

    def __init__(self, spec: Spec) -> None:
        self.met: dict[Step, list[Seen]] = {}
        self.single: dict[Step, list[Seen]] = {}
        self.lists: dict[tuple[Block, str], set[bool]] = {}
        self.documents: dict[Path, Document | SpecError] = {}
        for training in (False, True) if spec.uses_training else (False,):
            _Watching(training, self).graph(spec.document)

    def note(self, notes: dict[Step, list[Seen]], key: Step, seen: Seen) -> None:
        found = notes.setdefault(key, [])
        if len(found) < MAX_SEEN:
            found.append(seen)

    def values(self, step: Step, tree: ast.expr) -> Iterator[Any]:
        """The values that an expression in a step was seen to have."""
        node = ScalarNode(f"={ast.unparse(tree)}", step.span, plain=False)
        for seen in (*self.single.get(step, ()), *self.met.get(step, ())):
            try:
                yield Evaluator(Sink(), seen.evaluator.training).value(node, seen.frame)
            except Failed:
                continue

    def results(self, step: Step) -> list[Result]:
        """What single applications of a step gave."""
        return [seen.result for seen in self.single.get(step, ()) if seen.result is not None and not seen.result.poisoned]

    def gives_list(self, step: Step) -> bool:
        """Whether one application gives a list of tensors."""
        return any(isinstance(result.value, tuple) for result in self.results(step))

    def named_outputs(self, step: Step) -> Mapping[str, Result]:
        """The further outputs of a layer, by name, in order."""
        return next((result.inner for result in self.results(step) if result.inner), {})

    def takes_list(self, block: Block, name: str) -> bool:
        """Whether an input of a block is a list of tensors."""
        return any(self.lists.get((block, name), ()))
