"""What a spec says and nothing uses: params, inputs, blocks, and steps on which no output depends.

Only what stands in the spec's own text is told. A base offers what its heirs may leave, and a model that is inlined
for its middle has an end that is not wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from specc.diagnostics import Diagnostic, Note, Sink, Span
from specc.graph import Graph, Layer, Node
from specc.language.document import Document, Step
from specc.language.evaluation import names_read
from specc.language.syntax import MapNode
from specc.language.vocabulary import ParamDeclaration

TOLD = 3  # steps before an unused one that are named


def warn_of_unused(document: Document, graphs: Sequence[Graph], sink: Sink) -> None:
    """Warns of what neither of a right document's graphs, nor its text, uses."""
    for found in (*_params(document), *_inputs(document, graphs), *_blocks(document), *_steps(document, graphs)):
        sink.add(found)


def _warning(code: str, message: str, span: Span, help: str, notes: Iterable[Note] = ()) -> Diagnostic:
    return Diagnostic(code, message, span, help=help, notes=tuple(notes), severity="warning")


# Params, inputs, blocks


def _params(document: Document) -> Iterator[Diagnostic]:
    root = document.root
    sections = MapNode({key: entry for key, entry in root.entries.items() if key != "blocks"}, root.span)
    yield from _unread(document, document.params, sections, "")
    blocks = root.get("blocks")
    for name, block in blocks if isinstance(blocks, MapNode) else ():
        if name in document.blocks and isinstance(block, MapNode):
            yield from _unread(document, document.blocks[name].params, block, f" of block `{name}`")


def _unread(document: Document, params: Mapping[str, ParamDeclaration], written: MapNode, owner: str) -> Iterator[Diagnostic]:
    """Params that no expression reads."""
    own = {name: declared for name, declared in params.items() if declared.span.source == document.source}
    set_outside = any(declared.default is not None and declared.default.span.source.is_override for declared in params.values())
    if not own or set_outside:  # a value from outside takes the place of a default, which may read others
        return
    missing = set(own)
    for name in names_read(written):
        missing.discard(name)
        if not missing:
            return
    for name in own:
        if name in missing:
            help = f"remove it, or write `={name}` where its value is meant"
            yield _warning("W0201", f"the param `{name}`{owner} is never used", own[name].span, help)


def _inputs(document: Document, graphs: Sequence[Graph]) -> Iterator[Diagnostic]:
    used = {name for graph in graphs for name in graph.inputs}
    for name, declared in document.inputs.items():
        if name not in used and declared.when is None and declared.span.source == document.source:
            help = "use it by `from:`, or remove it: the model is built without it"
            yield _warning("W0202", f"no output depends on the input `{name}`", declared.span, help)


def _blocks(document: Document) -> Iterator[Diagnostic]:
    """Blocks that no step uses, nor a block that is used."""
    used: set[str] = set()
    pending = [*document.steps, *document.heads.values()]
    while pending:
        step = pending.pop()
        pending += _inner(step)
        if step.kind == "word" and step.word in document.blocks and step.word not in used:
            used.add(step.word)
            pending += document.blocks[step.word].steps
    for name, block in document.blocks.items():
        if name not in used and block.span.source == document.source:
            yield _warning("W0203", f"the block `{name}` is never used", block.span, f"remove it, or use it as a step: `- {name}`")


def _inner(step: Step) -> list[Step]:
    """The steps that stand in a step."""
    merge = [] if step.merge is None else [step.merge]
    return [*step.body, *(each for steps in step.branches.values() for each in steps), *merge]


# Steps


@dataclass
class _Dead:
    """A step on which no output depends: its nodes, and the dead steps that it reads."""

    span: Span
    nodes: list[Node] = field(default_factory=list)
    reads: dict[Span, None] = field(default_factory=dict)
    is_read: bool = False


def _steps(document: Document, graphs: Sequence[Graph]) -> Iterator[Diagnostic]:
    """The last of the steps on which no output depends; those that lead only to it are its notes."""
    if not any(graph.dropped for graph in graphs):
        return
    alive = {span for graph in graphs for node in graph.nodes for span in _way(node)}
    kept = {node.layer.path for graph in graphs for node in graph.nodes}
    dead: dict[Span, _Dead] = {}
    owner: dict[Node, _Dead] = {}
    for graph in graphs:
        for node in graph.dropped:
            place = next((span for span in _way(node) if span not in alive), None)
            if place is None or place.source != document.source:
                continue
            owner[node] = dead.setdefault(place, _Dead(place))
            owner[node].nodes.append(node)
            for tensor in node.inputs:
                before = owner.get(tensor.node) if tensor.node is not None else None
                if before is not None and before is not owner[node]:
                    before.is_read = True
                    owner[node].reads[before.span] = None
    steps = _by_place(document)
    for each in dead.values():
        if not each.is_read:
            yield _unused(each, dead, kept, steps)


def _way(node: Node) -> Iterator[Span]:
    """The steps that a node stands in, outermost first."""
    for _, place in node.origin.chain:
        yield place
    yield node.origin.span


def _unused(end: _Dead, dead: Mapping[Span, _Dead], kept: set[str], steps: Mapping[Span, Step]) -> Diagnostic:
    before = _leading_to(end, dead)
    lost: dict[str, Layer] = {node.layer.path: node.layer for each in (end, *before) for node in each.nodes if node.layer.path not in kept}
    weights = sum(layer.parameters for layer in lost.values())
    step = steps[end.span]
    notes = [Note(f"{_title(steps[each.span])} leads only there", steps[each.span].word_span) for each in before[:TOLD]]
    if len(before) > TOLD:
        more = len(before) - TOLD
        notes.append(Note(f"so do {more} more steps" if more > 1 else "so does one more step"))
    help = "use it by `from:`, export it by a head, `{from: ...}`, or remove it"
    message, span = f"no output depends on {_title(step)}", step.name_span or step.word_span
    if weights:
        return _warning("W0205", f"{message}: {weights:,} weights are left out of the model", span, help, notes)
    return _warning("W0204", message, span, help, notes)


def _leading_to(end: _Dead, dead: Mapping[Span, _Dead]) -> list[_Dead]:
    """The dead steps before one, the nearest first."""
    found: dict[Span, _Dead] = {}
    pending = list(end.reads)
    while pending:
        span = pending.pop(0)
        if span not in found:
            found[span] = dead[span]
            pending += dead[span].reads
    return list(found.values())


def _title(step: Step) -> str:
    return f"`{step.name}`" if step.name is not None else f"this `{step.word}`"


def _by_place(document: Document) -> dict[Span, Step]:
    """The steps of a document and of its blocks, by their places and by those of their words."""
    found: dict[Span, Step] = {}
    pending = [*document.steps, *document.heads.values(), *(step for block in document.blocks.values() for step in block.steps)]
    while pending:
        step = pending.pop()
        pending += _inner(step)
        found[step.span] = found[step.word_span] = step
    return found
