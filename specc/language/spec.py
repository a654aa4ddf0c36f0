"""A spec that was read and whose document is right: what the rest of the compiler works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostic, Sink, Span
from specc.graph import Graph
from specc.language.document import Document
from specc.language.documents import open_document
from specc.language.dump import dump
from specc.language.expand import Expander, expand
from specc.language.expectations import check_expectations
from specc.language.published import Published, published_of
from specc.language.scope import Scope
from specc.language.syntax import plain_value
from specc.language.unused import warn_of_unused
from specc.language.vocabulary import EXPERIMENT

if TYPE_CHECKING:
    from specc.registry.experiment import Experiment


@dataclass(frozen=True, eq=False)
class Spec:
    """A spec: its document, and on demand its graphs and its experiment."""

    document: Document

    def __repr__(self) -> str:
        return f"<Spec {self.name}>"

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def summary(self) -> str:
        return self.document.summary

    @property
    def reference(self) -> str:
        return self.document.reference

    @property
    def published(self) -> Published:
        """What the literature says of it."""
        return published_of(self.section("published"))

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """The values of its params."""
        sink = Sink()
        scope = open_document(Expander(True, sink), self.document, Scope(""), {}).scope
        sink.raise_errors()
        return {name: scope.values[name] for name in self.document.params}

    @property
    def text(self) -> str:
        """The resolved spec as YAML, bases merged and shorthands spelled out. Loading it gives the same spec."""
        return dump(self.document.root)

    def graph(self, training: bool = False) -> Graph:
        """The graph of `build`, or the one that training runs. Raises SpecError."""
        return self._training_graph if training else self._inference_graph

    @property
    def uses_training(self) -> bool:
        """Whether the two graphs differ."""
        return self._expanded[1]

    @cached_property
    def _expanded(self) -> tuple[Graph, bool]:
        return self._expand(training=False)

    @property
    def _inference_graph(self) -> Graph:
        return self._expanded[0]

    @cached_property
    def _training_graph(self) -> Graph:
        if not self.uses_training:
            return self._inference_graph
        return self._expand(training=True)[0]

    def _expand(self, training: bool) -> tuple[Graph, bool]:
        sink = Sink()
        graph, depends = expand(self.document, training, sink)
        sink.raise_errors()
        check_expectations(self.document, graph, sink, both=not depends)
        sink.raise_errors()
        return graph, depends

    @cached_property
    def experiment(self) -> Experiment:
        """Data and training, bound. Raises SpecError."""
        from specc.language.experiment import bind_experiment

        return bind_experiment(self.document)

    def span_of(self, *path: str | int) -> Span | None:
        """Where a key of the document stands: `span_of("train", "losses", "logits")`."""
        return self.document.span_of(*path)

    def section(self, name: str) -> object:
        """A section as plain data, as it is written."""
        node = self.document.root.get(name)
        return None if node is None else plain_value(node)


def diagnose(document: Document, sink: Sink) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a document, in both its graphs and its experiment."""
    graph, depends = expand(document, False, sink)
    graphs = [graph]
    if depends:
        graphs.append(expand(document, True, sink)[0])
    if not sink.failed:
        for each in graphs:
            check_expectations(document, each, sink, both=not depends)
        from specc.language.experiment import check_experiment

        if any(document.root.get(section) is not None for section in EXPERIMENT):
            check_experiment(document, graphs[-1], graphs[0], sink)
    if not sink.failed:
        warn_of_unused(document, graphs, sink)
    return tuple(sink)
