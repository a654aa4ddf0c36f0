"""`share`: a layer, or a block, that was applied before is applied again."""

from __future__ import annotations

import ast

from specc.keras_backend.emission.context import Context
from specc.keras_backend.emission.references import regrouped
from specc.keras_backend.emission.steps import StepWriter
from specc.keras_backend.emission.values import Local, Named, Value
from specc.language.document import Step
from specc.language.syntax import ScalarNode


def write_share(writer: StepWriter, step: Step, context: Context, path: tuple[str | ast.expr, ...]) -> Value:
    assert step.arguments is not None
    node = step.arguments.get("step")
    assert isinstance(node, ScalarNode)
    found = writer.references.reference(str(node.value), context, node)
    if not isinstance(found, Named) or not isinstance(found.owner, Step):
        raise writer.translator.refused(f"`{node.value}` is made in another function, or in a loop", node)
    original = found.owner
    word = context.document.vocabulary.find(original.word)
    assert word is not None
    source = writer.references.source(step.source, context, step) if step.source is not None else None
    if word.entry is None:
        return writer.program.functions.call_again(writer, original, step, word, context, source, node)
    lowered = writer.program.lowered.get(original)
    if lowered is None:
        raise writer.translator.refused(f"`{node.value}` is not there yet", node)
    options = {key: writer.translator.value(entry.value, context, step) for key, entry in step.arguments.entries.items() if key != "step"}
    first, others = writer.call_arguments(word, step, context, source)
    made: ast.expr | None = None
    if not lowered.target.is_operation:
        known = writer.needs.ask(("layer", original))
        made = ast.Name(writer.program.layer_variables[original]) if known and original in writer.program.layer_variables else ast.Name("_")
    return writer.applied(step, context, lowered, made, first, {**others, **lowered.options, **options})


__all__ = ["Local", "regrouped", "write_share"]
