"""`model:`, another spec's layers inside this one, with params, blocks and defaults of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Note, SpecError, fail
from specc.graph import Group
from specc.language.document import Document, Step
from specc.language.documents import meets, open_document
from specc.language.evaluation import Frame
from specc.language.scope import POISON, Given, Result, Scope
from specc.language.syntax import MapNode, ScalarNode, read
from specc.registry.entry import nearest

if TYPE_CHECKING:
    from specc.language.expand import Expander


def document_of(step: Step, frame: Frame, known: dict[Path, Document | SpecError]) -> Document:
    """The spec that a step names; `known` are those that were read already. Raises SpecError where it cannot be used."""
    from specc.language.resolve import locate, resolve_source

    node = _reference(step)
    if node.is_expression:
        raise fail("E0405", "a spec is named, not computed", node.span, help="write the name itself, or its file")
    path = locate(str(node.value), _folder_of(node, frame.document), node.span)
    if path not in known:
        try:
            known[path] = resolve_source(read(path, node.span), path)
        except SpecError as error:
            known[path] = error
    found = known[path]
    if isinstance(found, SpecError):
        raise found
    return found


def _folder_of(node: ScalarNode, document: Document) -> Path | None:
    """The file beside which a reference is looked for: the one that it stands in, which may be a base."""
    source = node.span.source
    return document.path if source == document.source or source.is_override or document.path is None else Path(source.name)


def _reference(step: Step) -> ScalarNode:
    """The file, or the name of a spec, as it is written."""
    node = None if step.arguments is None else step.arguments.get("spec")
    assert isinstance(node, ScalarNode)
    return node


def inline(expander: Expander, step: Step, frame: Frame, path: str, source: Any) -> Result:
    """Runs the layers of another spec under `path`; its heads are left out, its named steps can be referenced."""
    evaluator = expander.evaluator
    try:
        document = document_of(step, frame, expander.documents)
    except SpecError as error:
        way = Note(f"in model `{_reference(step).value}`, used at", step.word_span)
        for found in error.diagnostics:
            own = found.span is None or found.span.source == step.span.source
            expander.sink.add(found if own else replace(found, notes=(*found.notes, way)))
        return POISON
    given, origins = _params(expander, step, frame, document)
    expander.groups[path] = Group("model", document.name, given)
    scope = Scope(path)
    label = f"in model `{document.name}`" + (f", {frame.turn}" if frame.turn else "")
    inside = open_document(expander, document, scope, given, origins).at(
        chain=(*frame.chain, (label, step.word_span)), shared=frame.shared, trainable=frame.trainable, depth=expander.deeper(step, frame)
    )
    inputs = _inputs(expander, step, frame, document, inside, source)
    scope.steps.update(inputs)
    alone = next(iter(inputs.values())) if len(inputs) == 1 else None
    after = expander.run_all(document.steps, inside.at(x=alone, input=alone))
    if after.x is None:
        raise evaluator.error(frame, "E0306", f"the spec `{document.name}` has no steps", step.word_span)
    if after.x.poisoned or any(result.poisoned for result in inputs.values()):
        return POISON
    inner = {name: result for name, result in scope.steps.items() if name not in inputs}
    return Result(after.x.value, inner, label=path)


def _params(expander: Expander, step: Step, frame: Frame, document: Document) -> tuple[dict[str, Any], dict[str, Given]]:
    """The values given for the params of a spec, and where they come from."""
    assert step.arguments is not None
    written = step.arguments.get("params")
    given, origins = {}, {}
    for name, entry in written.entries.items() if isinstance(written, MapNode) else ():
        if name not in document.params:
            close = nearest(name, document.params)
            help = f"did you mean `{close}`?" if close else f"it has {', '.join(f'`{each}`' for each in document.params)}"
            raise expander.evaluator.error(frame, "E0401", f"the spec `{document.name}` has no param `{name}`", entry.key, help=help)
        value = expander.evaluator.value(entry.value, frame)
        origins[name] = Given(entry.value, frame.scope)
        given[name] = value if meets(expander, value, document.params[name], entry.value) else POISON
    return given, origins


def _inputs(expander: Expander, step: Step, frame: Frame, document: Document, inside: Frame, source: Any) -> dict[str, Result]:
    names = [
        name
        for name, declared in document.inputs.items()
        if declared.when is None or expander.evaluator.decision(declared.when, inside, "when")
    ]
    span = step.source.span if step.source is not None else step.word_span
    if isinstance(source, dict):
        found = {name: expander.regroup(value) for name, value in source.items()}
    elif len(names) == 1:
        current = expander.regroup(source) if source is not None else frame.x
        if current is None:
            raise expander.no_current(step, frame)
        found = {names[0]: current}
    else:
        found = {}
    if set(found) != set(names):
        listed = ", ".join(f"{name}: ..." for name in names)
        raise expander.evaluator.error(
            frame, "E0311", f"the spec `{document.name}` takes the inputs {', '.join(names)}", span, help=f"`from: {{{listed}}}`"
        )
    return found
