"""The spelled-out document as typed steps: what `expand` runs and `emit` prints."""

from __future__ import annotations

import keyword
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specc.diagnostics import Note, Sink, Source, Span
from specc.language.spelling import ChoiceNode, StepNode
from specc.language.syntax import Entry, ListNode, MapNode, Node, ScalarNode, is_null, plain_value
from specc.language.vocabulary import RESERVED, STRUCTURES, ParamDeclaration, Vocabulary, Word, is_builtin, read_params


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step.

    `kind` is `word` (a layer or a block), a structure, or `from` (a step without a word). `label` is its part of
    the path: the written name, or the word, numbered in its scope.
    """

    span: Span
    kind: str
    word: str
    word_span: Span
    label: str
    name: str | None = None
    name_span: Span | None = None
    arguments: MapNode | None = None
    body: tuple[Step, ...] = ()
    branches: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    merge: Step | None = None
    source: Node | None = None
    when: Node | None = None
    repeat: Node | None = None
    element: str | None = None
    index: str = "i"
    each: Node | None = None
    trainable: Node | None = None
    faulty: bool = False

    @property
    def opens_scope(self) -> bool:
        """Whether the names inside are its own."""
        return self.kind in ("layers", "skip") and (self.name is not None or self.repeat is not None or self.each is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A block: params, inputs, steps and outputs."""

    name: str
    summary: str
    reference: str
    params: Mapping[str, ParamDeclaration]
    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: Mapping[str, Node]
    span: Span
    vocabulary: Vocabulary

    @property
    def single_input(self) -> bool:
        """A block that names no inputs has one, `input`."""
        return not self.inputs


@dataclass(frozen=True, slots=True, eq=False)
class InputDeclaration:
    """An input of the model: sizes without the batch, as they are written."""

    name: str
    span: Span
    shape: Node
    dtype: str
    when: Node | None


@dataclass(frozen=True, eq=False)
class Document:
    """A whole spec, resolved: bases merged, overrides applied, shorthands spelled out."""

    name: str
    summary: str
    reference: str
    params: Mapping[str, ParamDeclaration]
    inputs: Mapping[str, InputDeclaration]
    blocks: Mapping[str, Block]
    defaults: Mapping[str, MapNode]
    steps: tuple[Step, ...]
    heads: Mapping[str, Step]
    expect: MapNode | None
    root: MapNode
    source: Source
    vocabulary: Vocabulary
    path: Path | None = None
    broken: frozenset[str] = frozenset()
    bases: tuple[str, ...] = ()  # names of the specs that it extends, the nearest first

    def span_of(self, *path: str | int) -> Span | None:
        """Where a key, or an item of a list, stands, or the last one on the way to it: `span_of("train", "losses", "logits")`."""
        return next(reversed(self._way(path)), None)

    def says(self, *path: str | int) -> bool:
        """Whether a key, or an item of a list, is written: `says("train", "losses", "logits")`."""
        return len(self._way(path)) == len(path)

    def _way(self, path: Sequence[str | int]) -> list[Span]:
        """The places of the keys on the way to one, as far as they are written."""
        node: Node = self.root
        spans = []
        for key in path:
            if isinstance(node, ListNode) and isinstance(key, int) and key < len(node.items):
                node = node.items[key]
                spans.append(node.span)
                continue
            entry = node.entries.get(str(key)) if isinstance(node, MapNode) else None
            if entry is None:
                break
            node = entry.value
            spans.append(entry.key)
        return spans

    def block(self, word: Word) -> Block:
        """The block behind a word: the document's own or a built-in one."""
        own = self.blocks.get(word.name)
        return own if own is not None else builtin(word)


_BUILTIN: dict[Word, Block] = {}


def builtin(word: Word) -> Block:
    """A block that comes with specc or was registered, read once. Registering checks it; tests check the others."""
    if word not in _BUILTIN:
        from specc.language.spelling import Speller

        assert word.block is not None
        vocabulary, sink = Vocabulary(), Sink()
        node = Speller(vocabulary, sink).block(word.block)
        assert isinstance(node, MapNode)
        _BUILTIN[word] = _Reader(sink).block(word.name, node, vocabulary)
        assert not sink.failed, f"the built-in block {word.name} is faulty: {[found.message for found in sink]}"
    return _BUILTIN[word]


def read_document(
    root: MapNode,
    source: Source,
    path: Path | None,
    vocabulary: Vocabulary,
    sink: Sink,
    faulty: Set[StepNode] = frozenset(),
    broken: frozenset[str] = frozenset(),
) -> Document:
    """The document of a spelled-out root. Names are checked here.

    Args:
        path: its file, where it is one; the name of a spec that gives itself none, and where relative references start.
        faulty: the steps that violate the schema; they are kept, marked, so that what they name is still known.
        broken: the words whose block or defaults violate it.
    """
    reader = _Reader(sink, faulty)
    params = read_params(root.get("params"), sink)
    inputs = {key: _input(key, entry) for key, entry in entries_of(root.get("inputs"))}
    blocks = {key: reader.block(key, entry.value, vocabulary, entry.key) for key, entry in entries_of(root.get("blocks"))}
    heads_node = {key: entry for key, entry in entries_of(root.get("heads")) if not is_null(entry.value)}
    scope = _Numbering({*inputs, *heads_node})
    steps = reader.steps(root.get("layers"), scope)
    heads = {key: reader.step(entry.value, scope, key, entry.key) for key, entry in heads_node.items()}
    places = {key: item.span for key, item in inputs.items()}
    declared = {key: item.span for key, item in params.items()}
    reader.unique(declared, places, steps, heads)
    reader.hides_nothing((*steps, *heads.values()), ChainMap({**declared, **places}))
    defaults = {key: entry.value for key, entry in entries_of(root.get("defaults")) if isinstance(entry.value, MapNode)}
    expect = root.get("expect")
    return Document(
        name=text_of(root, "name") or (path.stem if path is not None else "model"),
        summary=text_of(root, "summary"),
        reference=text_of(root, "reference"),
        params=params,
        inputs=inputs,
        blocks=blocks,
        defaults=defaults,
        steps=steps,
        heads=heads,
        expect=expect if isinstance(expect, MapNode) else None,
        root=root,
        source=source,
        vocabulary=vocabulary,
        path=path,
        broken=broken,
    )


def entries_of(node: Node | None) -> Iterable[tuple[str, Entry]]:
    """The entries of a mapping; none where something else, or nothing, is written."""
    return node.entries.items() if isinstance(node, MapNode) else ()


def text_of(node: MapNode, key: str) -> str:
    value = node.get(key)
    return str(value.value) if isinstance(value, ScalarNode) and isinstance(value.value, str) else ""


def _input(name: str, entry: Entry) -> InputDeclaration:
    node = entry.value
    if not isinstance(node, MapNode):  # it was reported
        return InputDeclaration(name, entry.key, node, "float32", None)
    shape = node.get("shape")
    return InputDeclaration(name, entry.key, shape or ScalarNode(None, node.span), text_of(node, "dtype") or "float32", node.get("when"))


class _Numbering:
    """Labels of the unnamed steps of one scope: the word, then the word with 1, 2, ... What is `taken` is passed over."""

    def __init__(self, taken: Set[str] = frozenset()) -> None:
        self.counts: dict[str, int] = {}
        self.taken = set(taken)

    def label(self, word: str) -> str:
        while True:
            count = self.counts.get(word, 0)
            self.counts[word] = count + 1
            label = f"{word}_{count}" if count else word
            if label not in self.taken:
                return label


class _Reader:
    def __init__(self, sink: Sink, faulty: Set[StepNode] = frozenset()) -> None:
        self.sink = sink
        self.faulty = faulty

    def block(self, name: str, node: Node, vocabulary: Vocabulary, span: Span | None = None) -> Block:
        assert isinstance(node, MapNode)
        span = span or node.span
        if span is not node.span and is_builtin(name):
            self.sink.error("E0213", f"`{name}` is a word of the language already", span, help="give the block another name")
        params = read_params(node.get("params"), self.sink)
        inputs = node.get("inputs")
        items = inputs.items if isinstance(inputs, ListNode) else ()
        names = tuple(str(plain_value(item)) for item in items)
        places = dict(zip(reversed(names), (item.span for item in reversed(items)), strict=True))
        steps = self.steps(node.get("layers"), _Numbering())
        declared = {key: item.span for key, item in params.items()}
        self.unique(declared, places, steps, {})
        self.hides_nothing(steps, ChainMap({**declared, **places}))
        for item, key in zip(items, names, strict=True):
            if item.span != places[key]:
                first = Note(f"`{key}` is first used here", places[key])
                self.sink.error("E0212", f"the name `{key}` is taken in this scope", item.span, notes=[first])
        outputs = {key: entry.value for key, entry in entries_of(node.get("outputs"))}
        return Block(name, text_of(node, "summary"), text_of(node, "reference"), params, names, steps, outputs, span, vocabulary)

    def steps(self, node: Node | None, scope: _Numbering) -> tuple[Step, ...]:
        if not isinstance(node, ListNode):
            return ()
        scope.taken.update(_written_names(node))
        return tuple(self.step(item, scope) for item in node.items)

    def step(self, node: Node, scope: _Numbering, name: str | None = None, name_span: Span | None = None) -> Step:
        assert isinstance(node, StepNode)
        word = node.word
        entry = node.entries.get(word) if word != "from" else None
        written = node.entries.get("name")
        if written is not None and isinstance(written.value, ScalarNode):
            name, name_span = str(written.value.value), written.value.span
        kind = word if word in STRUCTURES or word == "from" else "word"
        sound = self._check_modifiers(node)
        repeated = "repeat" in node.entries or "each" in node.entries
        shown = word or "step"
        label = name or (shown if kind == "layers" and not repeated else scope.label(shown))
        value = entry.value if entry is not None else None
        inner = scope if kind in ("layers", "skip") and name is None and not repeated else _Numbering()
        body = self.steps(value, inner) if kind in ("layers", "skip") else ()
        self._own_scope(body, name is not None or repeated)
        branches, merge = self._parallel(value, label) if kind == "parallel" else ({}, None)
        return Step(
            span=node.span,
            kind=kind,
            word=shown,
            word_span=entry.key if entry is not None else node.span,
            label=label,
            name=name,
            name_span=name_span,
            arguments=value if isinstance(value, MapNode) and kind in ("word", "model", "share") else None,
            body=body,
            branches=branches,
            merge=merge,
            source=node.get("from"),
            when=node.get("when"),
            repeat=node.get("repeat"),
            element=text_of(node, "as") or None,
            index=text_of(node, "index") or "i",
            each=node.get("each"),
            trainable=node.get("trainable"),
            faulty=not word or not sound or node in self.faulty,
        )

    def _check_modifiers(self, node: StepNode) -> bool:
        """Reports modifiers that mean nothing beside, or without, another, and variables with a reserved name."""
        entries, sound = node.entries, True
        for key in ("as", "index"):
            if key not in entries:
                continue
            if "repeat" not in entries:
                self.sink.error("E0111", f"`{key}` means nothing without `repeat`", entries[key].key, help="add `repeat:`, or remove it")
            variable = entries[key].value
            if isinstance(variable, ScalarNode):
                self.reserved(str(variable.value), variable.span, keywords=True)
        if "as" in entries and "index" in entries and text_of(node, "as") == text_of(node, "index"):
            help = "`as` is the element, `index` its position"
            self.sink.error("E0212", f"the name `{text_of(node, 'index')}` is taken by `as`", entries["index"].value.span, help=help)
        for other in ("repeat", "from"):
            if "each" in entries and other in entries:
                help = "`each` names the tensors itself" if other == "from" else "`each` is one layer for all, `repeat` one layer for each"
                self.sink.error("E0111", f"`each` and `{other}` cannot stand together", entries["each"].key, help=help)
                sound = False
        return sound

    def reserved(self, name: str, span: Span, keywords: bool = False) -> None:
        """Reports a name that expressions could not tell from a word of the language."""
        if name in RESERVED:
            meanings = {"x": "the output of the step before", "input": "the only input", "training": "whether the model learns"}
            self.sink.error("E0213", f"the name `{name}` is reserved: it is {meanings[name]}", span, help="choose another name")
        elif keywords and keyword.iskeyword(name):
            self.sink.error("E0213", f"the name `{name}` is reserved: it means something in expressions", span, help="choose another name")

    def _parallel(self, value: Node | None, label: str) -> tuple[Mapping[str, tuple[Step, ...]], Step | None]:
        if not isinstance(value, MapNode):
            return {}, None
        branches = {}
        for key, entry in entries_of(value.get("branches")):
            branches[key] = self.steps(entry.value, _Numbering())
            self._own_scope(branches[key], True)
        merge = value.get("merge")
        if not isinstance(merge, ChoiceNode):
            return branches, None
        entry = merge.entries[merge.word]
        arguments = entry.value if isinstance(entry.value, MapNode) else None
        return branches, Step(merge.span, "word", merge.word, entry.key, label, arguments=arguments)

    def _own_scope(self, steps: tuple[Step, ...], own: bool) -> None:
        if own:
            self.unique({}, {}, steps, {})

    def unique(self, params: Mapping[str, Span], inputs: Mapping[str, Span], steps: tuple[Step, ...], heads: Mapping[str, Any]) -> None:
        """Reports names that stand twice in one scope."""
        first: dict[str, Span] = dict(params)
        for name, span in params.items():
            self.reserved(name, span, keywords=True)
        found = list(inputs.items())
        found += [(step.name, step.name_span or step.span) for step in names_in_scope(steps) if step.name is not None]
        found += [(name, step.name_span or step.span) for name, step in heads.items()]
        for name, span in found:
            self.reserved(name, span)
            if name in first:
                self.sink.error(
                    "E0212", f"the name `{name}` is taken in this scope", span, notes=[Note(f"`{name}` is first used here", first[name])]
                )
            first.setdefault(name, span)

    def hides_nothing(self, steps: tuple[Step, ...], outer: ChainMap[str, Span]) -> None:
        """Reports steps of inner scopes with the name of an outer one's param, input, step, head or variable."""
        visible = outer.new_child({step.name: step.name_span or step.span for step in names_in_scope(steps) if step.name is not None})
        for step in names_in_scope(steps):
            scopes = (*((step.body,) if step.opens_scope else ()), *step.branches.values())
            around = visible
            if scopes and step.repeat is not None:
                around = visible.new_child({name: step.word_span for name in (step.element, step.index) if name is not None})
            for inner in scopes:
                for each in names_in_scope(inner):
                    if each.name is not None and each.name in around:
                        notes = [Note(f"`{each.name}` is first used here", around[each.name])]
                        help = "only a variable of `repeat` may hide a name"
                        span = each.name_span or each.span
                        self.sink.error("E0212", f"the name `{each.name}` is taken in an outer scope", span, help=help, notes=notes)
                self.hides_nothing(inner, around)


def _written_names(node: ListNode) -> Iterator[str]:
    for item in node.items:
        if not isinstance(item, StepNode):
            continue
        name = item.get("name")
        if isinstance(name, ScalarNode):
            yield str(name.value)
        body = item.get(item.word)
        if item.word in ("layers", "skip") and name is None and "repeat" not in item and isinstance(body, ListNode):
            yield from _written_names(body)


def names_in_scope(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps of a scope: unnamed groups do not open one, so theirs belong to it."""
    for step in steps:
        yield step
        if step.kind in ("layers", "skip") and not step.opens_scope:
            yield from names_in_scope(step.body)
