"""A layer applied: its call's arguments found, its facts inferred, its weights shared where paths are equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Note, Span
from specc.graph import Argument, Layer, Node, Origin, Tensor
from specc.language.document import Step
from specc.language.evaluation import Bound, Failed, Frame, own_place, value_origins
from specc.language.scope import POISON, Result
from specc.language.syntax import ListNode, MapNode
from specc.language.syntax import Node as Written
from specc.language.vocabulary import Word
from specc.registry import plugins
from specc.registry.entry import Choice, Entry, Facts, Mismatch, Params, nearest
from specc.registry.types import NESTED

if TYPE_CHECKING:
    from specc.language.expand import Expander


def apply_layer(
    expander: Expander,
    step: Step,
    word: Word,
    entry: Entry,
    frame: Frame,
    path: str,
    source: Any,
    bound: Bound | None = None,
    options: Mapping[str, Any] | None = None,
) -> Result:
    """One application of a layer: its node goes into the graph.

    Args:
        source: what `from` names; None for the current tensor.
        bound: the layer's parameters, where they are known already.
        options: call arguments beside those that the step gives.
    """
    params, call, own = bound if bound is not None else expander.evaluator.bound(word, entry, step, frame)
    applied = params.replaced(options) if options else params
    arguments = _call_arguments(expander, step, entry, frame, source)
    if arguments is None:
        return POISON
    try:
        facts = _infer(entry, applied, arguments)
    except Mismatch as mismatch:
        raise _mismatch(expander, mismatch, step, arguments, frame) from None
    except Exception as error:
        failing = next((each for each in _with_those_inside(entry, params) if plugins.registered("layer", each.name)), None)
        if failing is None:
            raise
        raise _plugin_failure(expander, failing, error, step, frame) from None
    layer = _layer_at(expander, path, word, call, facts, frame, step)
    outputs = [*(facts.output if isinstance(facts.output, list) else [facts.output]), *facts.extras.values()]
    chosen = {**own, **options} if options else own
    sequence = isinstance(facts.output, list) or bool(facts.extras)
    node = Node(path, layer, arguments, chosen, tuple(outputs), facts.macs, Origin(step.span, frame.chain), sequence)
    expander.nodes.append(node)
    expander.made[node] = step, frame.scope
    tensors = [Tensor(spec, node, index) for index, spec in enumerate(outputs)]
    extras = {name: Result(tensor) for name, tensor in zip(facts.extras, tensors[len(outputs) - len(facts.extras) :], strict=True)}
    value: Argument = tuple(tensors) if isinstance(facts.output, list) else tensors[0]
    return Result(value, extras, applied=(step, word, Bound(params, call, own), layer.path), label=path)


def _layer_at(expander: Expander, path: str, word: Word, call: Any, facts: Facts, frame: Frame, step: Step) -> Layer:
    """The layer of a path; where weights are shared, the one that was made first."""
    own = frame.owner(path)
    layer = expander.layers.get(own)
    if layer is None:
        layer = expander.layers[own] = Layer(own, word.name, call, tuple(facts.weights), frame.trainable)
    elif own == path and expander.sink.failed:
        raise Failed  # the name that stands twice was reported
    elif own == path:
        raise expander.evaluator.error(frame, "E0212", f"two steps have the path `{path}`", step.word_span, help="name one of them")
    elif layer.weights != tuple(facts.weights):
        there, here = (", ".join(f"{each.name} {each.shape}" for each in weights) for weights in (layer.weights, facts.weights))
        notes = (Note(f"it was made with {there}"), Note(f"here it needs {here}"))
        message = f"`{word.name}` cannot share its weights: they would have other shapes here"
        raise expander.evaluator.error(frame, "E0309", message, step.word_span, notes=notes)
    return layer


def _call_arguments(expander: Expander, step: Step, entry: Entry, frame: Frame, source: Any) -> dict[str, Argument] | None:
    """The tensors of the call, by argument; None where one of them is known to be wrong already."""
    names = entry.call_arguments
    if source is None:
        if frame.x is None:
            raise expander.no_current(step, frame)
        source = frame.x
    given: dict[str, Any]
    if isinstance(source, dict):
        given = source
    elif entry.takes_list or isinstance(source, Result):
        given = {names[0]: source}
    else:
        given = dict(zip(names, source, strict=False))
        if len(source) > len(names):
            raise _too_many(expander, step, entry, len(source), frame)
    for name in given:
        if name not in names:
            close = nearest(name, names)
            help = f"did you mean `{close}`?" if close else f"it is called with {', '.join(f'`{each}`' for each in names)}"
            raise expander.evaluator.error(frame, "E0311", f"`{step.word}` has no call argument `{name}`", _span(step), help=help)
    for name in names[: entry.required_call_arguments]:
        if name not in given:
            help = f"`from: {{{', '.join(f'{each}: ...' for each in names[: entry.required_call_arguments])}}}`"
            raise expander.evaluator.error(frame, "E0311", f"`{step.word}` needs the call argument `{name}`", _span(step), help=help)
    results = {name: expander.regroup(given[name]) for name in names if name in given}
    if any(result.poisoned for result in results.values()):
        return None
    return {name: _argument(expander, name, result, step, entry, frame) for name, result in results.items()}


def _argument(expander: Expander, name: str, result: Result, step: Step, entry: Entry, frame: Frame) -> Argument:
    wants_list = name in entry.list_arguments
    value = result.value
    if value is None:
        raise expander.no_current(step, frame)
    if wants_list:
        if isinstance(value, Tensor) and not entry.takes_list:
            return (value,)
        if isinstance(value, Tensor) or not value:
            count = "one" if isinstance(value, Tensor) else "none"
            message = f"`{step.word}` takes a list of tensors, but got {count}"
            raise expander.evaluator.error(frame, "E0311", message, _span(step), help="name them: `from: [a, b]`")
        return value
    if isinstance(value, tuple):
        if len(value) == 1:
            return value[0]
        raise _too_many(expander, step, entry, len(value), frame)
    return value


def _too_many(expander: Expander, step: Step, entry: Entry, count: int, frame: Frame) -> Failed:
    names = entry.call_arguments
    takes = "one tensor" if len(names) == 1 else f"at most {len(names)} tensors"
    help = "merge them first, by `add` or `concatenate`; or apply the layer to each with `each:`"
    return expander.evaluator.error(frame, "E0311", f"`{step.word}` takes {takes}, but got {count}", _span(step), help=help)


def _mismatch(expander: Expander, mismatch: Mismatch, step: Step, arguments: Mapping[str, Argument], frame: Frame) -> Failed:
    span, label, about = step.word_span, "", None
    if mismatch.argument is not None:
        span, about = _written(step, mismatch.argument.split("/"))
    tensors = [tensor for value in arguments.values() for tensor in (value if isinstance(value, tuple) else (value,))]
    if mismatch.code == "E0312":
        label = " and ".join(str(tensor.spec) for tensor in tensors)
    notes = tuple(dict.fromkeys(_origin_note(tensor) for tensor in tensors))
    if mismatch.code == "E0312":
        origins = [note for tensor in tensors for note in _size_origins(expander, tensor)]
        notes = (*notes, *list(dict.fromkeys(origins))[:4])
    return expander.evaluator.error(frame, mismatch.code, mismatch.message, span, label=label, help=mismatch.help, notes=notes, about=about)


def _written(step: Step, path: list[str]) -> tuple[Span, Written | None]:
    """Where an argument stands: its value, or the word of a layer inside; the step's word where `defaults` say it."""
    node: Written | None = step.arguments
    span = step.word_span
    for part in path:
        if isinstance(node, ListNode):
            node = node.items[int(part)] if part.isdigit() and int(part) < len(node.items) else None
            continue
        entry = node.entries.get(part) if isinstance(node, MapNode) else None
        if entry is None:
            return span, None
        node, span = entry.value, entry.key
    return (span if isinstance(node, (MapNode, ListNode)) else node.span if node is not None else span), node


def _size_origins(expander: Expander, tensor: Tensor) -> list[Note]:
    """Where the params come from that gave a tensor its shape: those of the last step with expressions, if it is near."""
    node = tensor.node
    for _ in range(6):
        if node is None:
            break
        step, scope = expander.made[node]
        notes = value_origins(step.arguments, scope) if step.arguments is not None else []
        if notes or (node.layer.weights[:1] and len(node.layer.weights[0].shape) > 1):
            return notes
        before = next(node.inputs, None)
        node = None if before is None else before.node
    return []


def _origin_note(tensor: Tensor) -> Note:
    if tensor.node is None:
        return Note(f"{tensor.spec} is the input `{tensor.name}`")
    origin = tensor.node.origin
    return Note(f"{tensor.spec} is the output of `{tensor.node.path}`", own_place(origin.span, origin.chain))


def _infer(entry: Entry, params: Params, arguments: Mapping[str, Argument]) -> Facts:
    assert entry.infer is not None
    specs = {name: [tensor.spec for tensor in value] if isinstance(value, tuple) else value.spec for name, value in arguments.items()}
    facts = entry.infer(params, **specs)
    if plugins.registered("layer", entry.name):
        plugins.check_facts(facts)
    return facts


def _with_those_inside(entry: Entry, params: Params) -> Iterator[Entry]:
    """The layer, and the layers that stand in it."""
    yield entry
    for value in params.__dict__.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, Choice) and inner.entry.family in NESTED:
                yield from _with_those_inside(inner.entry, inner.params)


def _plugin_failure(expander: Expander, entry: Entry, error: Exception, step: Step, frame: Frame) -> Failed:
    """A registered layer whose function fails: nobody can use it, and its author finds the line in a note."""
    assert entry.infer is not None
    place = plugins.place_of(error) or plugins.definition_of(entry.infer)
    message = f"the declaration of `{entry.name}` failed: {plugins.said(error)}"
    help = "a layer's function gives Facts, or raises Mismatch where it cannot take its inputs; unknown sizes are None"
    return expander.evaluator.error(frame, "E0704", message, step.word_span, help=help, notes=(Note("it failed at", place),))


def _span(step: Step) -> Span:
    return step.source.span if step.source is not None else step.word_span
