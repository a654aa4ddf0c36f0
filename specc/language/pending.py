"""What a spec uses of which only the declaration is there, told before anything is built or trained.

`check` and `summary` need no more than declarations. What they can tell is known early, so that architectures can be
written down, and counted, before every part of them can run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from specc.diagnostics import Note, Sink, Span
from specc.graph import Graph
from specc.language.document import Document
from specc.language.evaluation import own_place
from specc.language.spelling import ChoiceNode
from specc.language.syntax import ListNode, MapNode, Node, is_null
from specc.registry.entry import UNUSED, Param, choose, find
from specc.registry.types import ChoiceOf, ListOf, MapOf, Section, Type


def require_built(*graphs: Graph) -> None:
    """Raises SpecError where a graph has layers that are only declared; all of them are told."""
    sink = Sink()
    _layers(graphs, sink)
    sink.raise_errors()


def require_trained(document: Document, graphs: Iterable[Graph]) -> None:
    """Raises SpecError where training needs what is only declared."""
    sink = Sink()
    _layers(graphs, sink)
    _settings(document, [("train",)], sink)
    sink.raise_errors()


def require_measured(document: Document) -> None:
    """Raises SpecError where an evaluation needs what is only declared."""
    sink = Sink()
    _settings(document, [("train", "losses"), ("train", "objective"), ("evaluate",)], sink)
    sink.raise_errors()


def _layers(graphs: Iterable[Graph], sink: Sink) -> None:
    for graph in graphs:
        for node in graph.nodes:
            word = node.layer.word
            entry = find("layer", word)
            if entry is not None and entry.pending:
                chain = node.origin.chain
                ways = [
                    Note(f"{text}, at" if text.startswith("in repeat") else f"{text}, used at", where) for text, where in reversed(chain)
                ]
                help = "`specc check` and `specc summary` work with it"
                sink.error("E0602", f"`{word}` {entry.limits}", own_place(node.origin.span, chain).first_line, help=help, notes=ways)


def _settings(document: Document, paths: Iterable[tuple[str, ...]], sink: Sink) -> None:
    from specc.registry.experiment import SECTIONS

    for path in paths:
        kind: Type = SECTIONS[path[0]]
        node = document.root.get(path[0])
        for key in path[1:]:
            assert isinstance(kind, Section)
            kind, node = kind.params.parameters[key].type, node.get(key) if isinstance(node, MapNode) else None
        for word, span in _pending(kind, node):
            sink.error("E0602", f"`{word}` {UNUSED}", span, help="`specc check`, `specc summary` and `specc build` work beside it")


def _pending(kind: Type, node: Node | None) -> Iterator[tuple[str, Span]]:
    """The words below a value that are only declared, with their places."""
    match kind, node:
        case ChoiceOf(family), ChoiceNode():
            entry, written = choose(family, node.word), node.entries[node.word]
            if entry is None:
                return
            if entry.pending:
                yield node.word, written.key
            else:
                yield from _among(entry.params.parameters, written.value)
        case ListOf(item), ListNode():
            for each in node.items:
                yield from _pending(item, each)
        case MapOf(item), MapNode():
            for _, each in node:
                yield from _pending(item, each)
        case Section(params), MapNode():
            yield from _among(params.parameters, node)


def _among(parameters: Mapping[str, Param], node: Node) -> Iterator[tuple[str, Span]]:
    for name, written in node.entries.items() if isinstance(node, MapNode) else ():
        parameter = parameters.get(name)
        if parameter is None or is_null(written.value):
            continue
        yield from _pending(parameter.type, written.value)
