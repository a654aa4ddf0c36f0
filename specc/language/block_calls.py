"""A block entered, and a step applied again by `share`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Sink
from specc.graph import Group
from specc.language.document import Block, Step
from specc.language.documents import assign_params, named_node
from specc.language.evaluation import Failed, Frame
from specc.language.layer_calls import apply_layer
from specc.language.schema import SchemaBuilder
from specc.language.scope import POISON, Result, Scope
from specc.language.syntax import MapNode, ScalarNode
from specc.language.validation import check_values, validator_of
from specc.language.vocabulary import Word
from specc.registry.entry import nearest

if TYPE_CHECKING:
    from specc.language.expand import Expander


def apply_block(
    expander: Expander, step: Step, word: Word, frame: Frame, path: str, source: Any, values: dict[str, Any] | None = None
) -> Result:
    """Runs a block's steps in a scope of their own.

    Args:
        source: what `from` names; None for the current tensor.
        values: the block's params, where they are known already.
    """
    block = frame.document.block(word)
    given, origins = expander.evaluator.block_values(word, step, frame) if values is None else (values, {})
    inputs = expander.block_inputs(step, block, frame, source)
    scope = Scope(path)
    alone = next(iter(inputs.values())) if block.single_input else None
    label = f"in block `{block.name}`" + (f", {frame.turn}" if frame.turn else "")
    chain = (*frame.chain, (label, step.word_span))
    inside = frame.at(scope=scope, x=alone, input=alone, chain=chain, turn="", depth=expander.deeper(step, frame))
    if not block.single_input:
        scope.steps.update(inputs)
    assign_params(expander, block.params, given, scope, inside, origins)
    expander.groups[path] = Group("block", block.name, scope.values)
    expander.announce(block.steps, scope)
    after = expander.run_all(block.steps, inside)
    inner = {name: result for name, result in scope.steps.items() if name not in inputs}
    inner.update({name: expander.regroup(expander.evaluator.source(node, after)) for name, node in block.outputs.items()})
    result = after.x if after.x is not None else POISON
    # Where an input is wrong already, the steps are run all the same: what is wrong in them by itself is told in one go.
    if result.poisoned or any(value.poisoned for value in inputs.values()):
        return POISON
    return Result(
        result.value, inner, result.items if isinstance(result.value, tuple) else None, (step, word, given, frame.owner(path)), path
    )


def block_inputs(expander: Expander, step: Step, block: Block, frame: Frame, source: Any) -> dict[str, Result]:
    """The results that a block works on, by the names of its inputs."""
    names = block.inputs or ("input",)
    span = step.source.span if step.source is not None else step.word_span
    if isinstance(source, dict):
        for name in source:
            if name not in names:
                close = nearest(name, names)
                help = f"did you mean `{close}`?" if close else f"its inputs are {', '.join(f'`{each}`' for each in names)}"
                raise expander.evaluator.error(frame, "E0311", f"the block `{block.name}` has no input `{name}`", span, help=help)
        missing = [name for name in names if name not in source]
        if missing:
            raise expander.evaluator.error(frame, "E0311", f"the block `{block.name}` needs the input `{missing[0]}`", span)
        return {name: expander.regroup(source[name]) for name in names}
    if len(names) == 1:
        if source is None and frame.x is None:
            raise expander.no_current(step, frame)
        return {names[0]: expander.regroup(source) if source is not None else frame.x}  # type: ignore[dict-item]
    if isinstance(source, list) and len(source) == len(names):
        return dict(zip(names, source, strict=True))
    listed = ", ".join(f"{name}: ..." for name in names)
    raise expander.evaluator.error(
        frame, "E0311", f"the block `{block.name}` takes {len(names)} inputs", span, help=f"`from: {{{listed}}}`"
    )


def apply_again(expander: Expander, step: Step, frame: Frame, path: str, given: Any) -> Result:
    """The same step again, on other tensors."""
    assert step.arguments is not None
    target = step.arguments.get("step")
    assert isinstance(target, ScalarNode)
    found = expander.evaluator.source(target, frame)
    if isinstance(found, Result) and found.poisoned:
        return POISON
    if not isinstance(found, Result) or found.applied is None:
        help = f"name one application: `{str(target.value).removesuffix('/*')}/0`" if isinstance(found, list) or found.items else None
        raise expander.evaluator.error(
            frame, "E0310", f"`{target.value}` is not a layer or a block, so it cannot be shared", target.span, help=help
        )
    _, word, bound, origin = found.applied
    source = given
    if source is None and step.source is not None:
        source = expander.evaluator.source(step.source, frame)
    inside = frame.at(shared=(*frame.shared, (path, origin)))
    options = _shared_options(expander, step, word, step.arguments, frame)
    if word.entry is None:
        return apply_block(expander, step, word, inside, path, source, bound)
    return apply_layer(expander, step, word, word.entry, inside, path, source, bound, options)


def _shared_options(expander: Expander, step: Step, word: Word, arguments: MapNode, frame: Frame) -> dict[str, Any]:
    """Call arguments that a further application changes. What makes the layer is fixed."""
    known = {name: parameter for name, parameter in word.parameters.items() if parameter.call and word.entry is not None}
    options = {}
    for key, entry in arguments.entries.items():
        if key == "step":
            continue
        if key not in known:
            fixed = f"`{key}` of `{word.name}` is fixed when the step is made"
            message = fixed if key in word.parameters else f"`{word.name}` takes no `{key}` when it is applied again"
            listed = f"it takes {', '.join(f'`{name}`' for name in known)}" if known else "write another step for other arguments"
            raise expander.evaluator.error(frame, "E0108", message, entry.key, help=listed)
        value = expander.evaluator.value(entry.value, frame)
        schema = SchemaBuilder()
        validator = validator_of(json.dumps({"properties": {key: schema.of(known[key].type)}, "$defs": schema.definitions.complete()}))
        local = Sink()
        if not check_values(validator, {key: value}, named_node(key, entry.value), local, word.name):
            for found in local:
                expander.evaluator.error(frame, found.code, found.message, entry.value.span, help=found.help)
            raise Failed
        options[key] = value
    return options
