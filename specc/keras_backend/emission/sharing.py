"""`share`: a layer, or a block, that was applied before is applied again."""

from __future__ import annotations

import ast

from specc.keras_backend.emission.context import Context
from specc.keras_backend.emission.references import Source
from specc.keras_backend.emission.steps import StepWriter
from specc.keras_backend.emission.values import Made, Value
from specc.language.document import Step
from specc.language.syntax import ScalarNode
from specc.registry.entry import find


def write_share(writer: StepWriter, step: Step, context: Context, given: Value | None) -> Value:
    """The step that made a result, on other tensors. `given` is one of those that `each` names."""
    assert step.arguments is not None
    node = step.arguments.get("step")
    assert isinstance(node, ScalarNode)
    found = writer.references.source(node, context, step)
    made = found.made if isinstance(found, Value) else None
    if made is None:
        raise writer.translator.refused(f"which layer `{node.value}` stands for is not known", node)
    source: Source | None = given
    if given is None and step.source is not None:
        source = writer.references.source(step.source, context, step)
    if find("layer", made.step.word) is not None:
        return _layer_again(writer, step, context, made, source, node)
    if not made.here:
        raise writer.translator.refused(f"the block `{node.value}` is applied in another function, or in a loop", node)
    return writer.program.functions.call_again(writer, made.step, step, context, source, node)


def _layer_again(writer: StepWriter, step: Step, context: Context, made: Made, source: Source | None, node: ScalarNode) -> Value:
    assert step.arguments is not None
    word = context.document.vocabulary.find(made.step.word)
    assert word is not None
    lowered = writer.program.lowered[made.step]
    options = {key: writer.translator.value(entry.value, context, step) for key, entry in step.arguments.entries.items() if key != "step"}
    inherited = {key: value for key, value in lowered.options.items() if key not in options}
    if not made.here and not all(isinstance(value, ast.Constant) for value in inherited.values()):
        raise writer.translator.refused(f"the call arguments of `{node.value}` are known only where it was made", node)
    first, others = writer.call_arguments(word, step, context, source)
    layer = None if lowered.target.is_operation else made.layer()
    return writer.applied(step, context, lowered, layer, first, {**others, **inherited, **options})
