"""Shorthands spelled out, so that all that follows sees one form.

`flatten` becomes `{flatten: {}}`, `dense: 10` becomes `dense: {units: 10}`, `he_normal` becomes `{he_normal: {}}`, one
step becomes a list of one, a list of sizes becomes `{shape: [...]}`. Spans stay those of the text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from specc.diagnostics import Sink, fail
from specc.language.syntax import Entry, ListNode, MapNode, Node, ScalarNode, is_null
from specc.language.vocabulary import EXPERIMENT, MODIFIERS, STRUCTURES, Vocabulary
from specc.registry.entry import Param, choose, find
from specc.registry.types import ChoiceOf, ListOf, MapOf, Section, Type

MAX_STEPS = 100_000  # of a network; no more are written either


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceNode(MapNode):
    """A word with its arguments, and modifiers if it is a step. A patch with another word replaces the whole."""

    word: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class StepNode(ChoiceNode):
    """A step: its word with arguments, and the modifiers beside it."""


@dataclass
class Speller:
    """Spells out one document. `used` collects the layers and blocks that its steps name.

    `heads` are those that it patches: what it says of one of them needs no word.
    """

    vocabulary: Vocabulary
    sink: Sink
    used: set[str] = field(default_factory=set)
    heads: Collection[str] = ()
    steps_read: int = 0

    def document(self, root: MapNode) -> MapNode:
        return self._mapped(
            root,
            {
                "inputs": lambda node: self._each(node, self._input),
                "blocks": lambda node: self._each(node, self.block),
                "defaults": self._defaults,
                "layers": self.steps,
                "heads": self._heads,
                **{section: partial(self._experiment, section) for section in EXPERIMENT},
            },
        )

    def block(self, node: Node) -> Node:
        return self._mapped(node, {"layers": self.steps}) if isinstance(node, MapNode) else node

    def _mapped(self, node: MapNode, rules: Mapping) -> MapNode:
        entries = {key: Entry(entry.key, rules[key](entry.value)) if key in rules else entry for key, entry in node.entries.items()}
        return MapNode(entries, node.span)

    def _each(self, node: Node, rule) -> Node:  # type: ignore[no-untyped-def]
        if not isinstance(node, MapNode):
            return node
        return MapNode({name: Entry(entry.key, rule(entry.value)) for name, entry in node.entries.items()}, node.span)

    def _input(self, node: Node) -> Node:
        if isinstance(node, ListNode) or (isinstance(node, ScalarNode) and node.is_expression):
            return MapNode({"shape": Entry(node.span, node)}, node.span)
        return node

    def _heads(self, node: Node) -> Node:
        if not isinstance(node, MapNode):
            return node
        return MapNode({name: Entry(entry.key, self._head(name, entry.value)) for name, entry in node.entries.items()}, node.span)

    def _head(self, name: str, node: Node) -> Node:
        if name in self.heads and isinstance(node, MapNode) and node.entries and set(node.entries) <= {*MODIFIERS} - {"from", "share"}:
            return StepNode(node.entries, node.span)
        return node if is_null(node) else self.step(node)

    def _defaults(self, node: Node) -> Node:
        if not isinstance(node, MapNode):
            return node
        entries = {}
        for name, entry in node.entries.items():
            word = self.vocabulary.find(name)
            if word is not None:
                self.used.add(name)
            value = entry.value
            if word is not None and isinstance(value, MapNode):
                value = self.arguments(value, word.parameters)
            entries[name] = Entry(entry.key, value)
        return MapNode(entries, node.span)

    def _experiment(self, section: str, node: Node) -> Node:
        from specc.registry.experiment import SECTIONS

        return self.typed(SECTIONS[section], node)

    # Steps

    def steps(self, node: Node) -> Node:
        """A list of steps; one step stands for a list of one, nothing for none."""
        if is_null(node):
            return ListNode((), node.span)
        items = node.items if isinstance(node, ListNode) else (node,)
        return ListNode(tuple(self.step(item) for item in items), node.span)

    def step(self, node: Node) -> Node:
        self.steps_read += 1
        if self.steps_read > MAX_STEPS:
            raise fail("E0207", f"the spec has more than {MAX_STEPS:,} steps", node.span)
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value and not node.is_expression:
            return self._worded(StepNode({node.value: Entry(node.span, ScalarNode(None, node.span))}, node.span, node.value))
        if not isinstance(node, MapNode):
            help = "a group of steps stands under a word: `layers: [...]`" if isinstance(node, ListNode) else "`- dense: 10` or `- flatten`"
            self.sink.error("E0107", f"a step is a word, or a mapping with a word, {_found(node)}", node.span, help=help)
            return StepNode({}, node.span)
        words = [key for key in node.entries if key not in MODIFIERS or key == "share"]
        known = [key for key in words if key in STRUCTURES or self.vocabulary.find(key) is not None]
        if len(known) > 1 and (first := self.vocabulary.find(known[0])) is not None and known[1] in first.parameters:
            known = known[:1]  # an argument beside its word, which the schema tells
        if len(known) > 1:
            second = node.entries[known[1]].key
            self.sink.error(
                "E0107", f"a step has one word, but here stand `{known[0]}` and `{known[1]}`", second, help="begin a new step with a dash"
            )
            return self._without_word(node)
        if not words:
            if "from" not in node.entries:
                if self.sink.tells_within(node.span):  # the word was no key
                    return self._without_word(node)
                help = (
                    "begin it with the word: `- dense: 10`, and `name:` and the like below"
                    if node.entries
                    else "`- dense: 10` or `- flatten`"
                )
                self.sink.error("E0107", "a step needs a word: a layer, a block or a structure", node.span.first_line, help=help)
                return self._without_word(node)
            return StepNode(node.entries, node.span, "from")
        return self._worded(StepNode(node.entries, node.span, known[0] if known else words[0]))

    def _without_word(self, node: MapNode) -> StepNode:
        """A step that says not what it does: its name is kept, so that using it is no further mistake."""
        return StepNode({key: entry for key, entry in node.entries.items() if key in MODIFIERS and key != "share"}, node.span)

    def _worded(self, node: StepNode) -> StepNode:
        """The arguments of the step's word, spelled out."""
        entry = node.entries.get(node.word)
        assert entry is not None
        match node.word:
            case "layers" | "skip":
                value = self.steps(entry.value)
            case "parallel":
                value = self._parallel(entry.value)
            case "model":
                value = self._named(entry.value, "spec")
            case "share":
                value = self._named(entry.value, "step")
            case _:
                value = self._call(node.word, entry)
        return StepNode({**node.entries, node.word: Entry(entry.key, value)}, node.span, node.word)

    def _named(self, node: Node, key: str) -> Node:
        return node if isinstance(node, MapNode) else MapNode({key: Entry(node.span, node)}, node.span)

    def _parallel(self, node: Node) -> Node:
        if not isinstance(node, MapNode):
            return node
        rules = {"merge": self._merge, "branches": lambda branches: self._each(branches, self.steps)}
        return self._mapped(node, rules)

    def _merge(self, node: Node) -> Node:
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            node = MapNode({node.value: Entry(node.span, ScalarNode(None, node.span))}, node.span)
        if isinstance(node, MapNode) and len(node.entries) == 1:
            word, entry = next(iter(node.entries.items()))
            return ChoiceNode({word: Entry(entry.key, self._call(word, entry))}, node.span, word)
        return node

    def _call(self, name: str, entry: Entry) -> Node:
        word = self.vocabulary.find(name)
        if word is None:
            return entry.value
        self.used.add(name)
        value = entry.value
        if is_null(value):
            return MapNode({}, value.span)
        if not isinstance(value, MapNode) or _is_choice(value, word.parameters):
            if word.first is None:
                self.sink.error("E0108", f"`{name}` takes no arguments", value.span)
                return MapNode({}, value.span)
            value = MapNode({word.first: Entry(value.span, value)}, value.span)
        return self.arguments(value, word.parameters)

    # Arguments, by their types

    def arguments(self, node: MapNode, parameters: Mapping[str, Param]) -> MapNode:
        entries = node.entries
        spelled = {
            key: Entry(entry.key, self.typed(parameters[key].type, entry.value)) if key in parameters else entry
            for key, entry in entries.items()
        }
        return MapNode(spelled, node.span)

    def typed(self, kind: Type, node: Node) -> Node:
        if isinstance(node, ScalarNode) and node.is_expression:
            return node
        match kind:
            case ChoiceOf(family) if not is_null(node):
                return self._choice(family, node)
            case ListOf(item):
                items = node.items if isinstance(node, ListNode) else () if is_null(node) else (node,)
                return ListNode(tuple(self.typed(item, each) for each in items), node.span)
            case MapOf(item):
                return self._each(node, lambda value: value if is_null(value) else self.typed(item, value))
            case Section(params) if isinstance(node, MapNode):
                return self.arguments(node, params.parameters)
            case Section(params, first=True) if not is_null(node):
                return self.arguments(MapNode({next(iter(params.parameters)): Entry(node.span, node)}, node.span), params.parameters)
        return node

    def _choice(self, family: str, node: Node) -> Node:
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            node = MapNode({node.value: Entry(node.span, ScalarNode(None, node.span))}, node.span)
        if isinstance(node, MapNode) and family == "layer":
            self.used.update(word for word in node.entries if find("layer", word) is not None)
        if not isinstance(node, MapNode) or len(node.entries) != 1:
            return node
        word, entry = next(iter(node.entries.items()))
        chosen = choose(family, word)
        value = entry.value
        if chosen is not None:
            parameters = chosen.params.parameters
            if is_null(value):
                value = MapNode({}, value.span)
            elif parameters and (not isinstance(value, MapNode) or _is_choice(value, parameters)):
                value = MapNode({next(iter(parameters)): Entry(value.span, value)}, value.span)
            if isinstance(value, MapNode):
                value = self.arguments(value, parameters)
        return ChoiceNode({word: Entry(entry.key, value)}, node.span, word)


def _is_choice(node: MapNode, parameters: Mapping[str, Param]) -> bool:
    """Whether a mapping is a choice for the first parameter, not the arguments: `activation: {gelu: {approximate: true}}`."""
    kind = next((parameter.type for parameter in parameters.values()), None)
    kind = kind.item if isinstance(kind, ListOf) else kind
    if not isinstance(kind, ChoiceOf) or len(node.entries) != 1:
        return False
    (key,) = node.entries
    return key not in parameters and (len(parameters) == 1 or find(kind.family, key) is not None)


def spelled_value(kind: Type, value: Any) -> Any:
    """What an expression gave, in the form that text of the type is spelled out to: `relu` is `{relu: {}}`."""
    match kind:
        case ChoiceOf(family) if isinstance(value, str):
            return spelled_value(kind, {value: {}})
        case ChoiceOf(family) if isinstance(value, dict) and len(value) == 1:
            ((word, given),) = value.items()
            chosen = choose(family, word)
            parameters = {} if chosen is None else chosen.params.parameters
            if given is not None and not isinstance(given, dict) and parameters:
                given = {next(iter(parameters)): given}
            return {word: _spelled_values(parameters, {} if given is None else given)}
        case ListOf(item):
            return [spelled_value(item, each) for each in (value if isinstance(value, list) else [] if value is None else [value])]
        case MapOf(item) if isinstance(value, dict):
            return {key: spelled_value(item, each) for key, each in value.items()}
        case Section(params, first=True) if value is not None and not isinstance(value, dict):
            return _spelled_values(params.parameters, {next(iter(params.parameters)): value})
        case Section(params):
            return _spelled_values(params.parameters, value)
    return value


def _spelled_values(parameters: Mapping[str, Param], given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    return {key: spelled_value(parameters[key].type, value) if key in parameters else value for key, value in given.items()}


def _found(node: Node) -> str:
    if isinstance(node, ListNode):
        return "not a list"
    assert isinstance(node, ScalarNode)
    return "not an expression" if node.is_expression else "but nothing is written" if node.value in (None, "") else f"not `{node.value}`"
