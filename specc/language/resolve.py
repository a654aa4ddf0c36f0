"""From a reference to one document: bases merged, overrides applied, shorthands spelled out, the schema checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from specc.diagnostics import Sink, Source, Span, fail
from specc.language.document import Document, read_document, text_of
from specc.language.spelling import ChoiceNode, Speller, StepNode
from specc.language.syntax import Entry, ListNode, MapNode, Node, ScalarNode, is_null, parse, parse_value, read
from specc.language.validation import check_document
from specc.language.vocabulary import Vocabulary, schema_of_default
from specc.registry.entry import nearest
from specc.zoo import spec_path, zoo

NOT_INHERITED = ("expect", "name", "summary", "reference", "published", "extends")
NOT_SET = {
    "extends": "write a spec that extends another one",
    "expect": "it is about the spec as it is written, and is not verified where values are set",
}
DEEPEST = 20  # names in the path of an override
NAMED_SECTIONS = {"params": "param", "inputs": "input", "heads": "head", "blocks": "block"}


@dataclass(frozen=True, slots=True, eq=False)
class _Raw:
    """A spelled-out root with what its own words and its bases' are, and the names of these, the nearest first."""

    root: MapNode
    vocabulary: Vocabulary
    used: frozenset[str]
    bases: tuple[str, ...] = ()


def locate(reference: str, base: Path | None = None, span: Span | None = None) -> Path:
    """The file of a zoo spec's name or of a path, relative to the file that names it.

    Raises SpecError where there is none.
    """
    is_file = reference.endswith((".yaml", ".yml"))
    if not is_file and ("\n" in reference or reference.startswith("{")):
        raise fail("E0405", "a text stands where a file or the name of a spec belongs", span, help="specc.language.loads reads a text")
    if span is not None and "/" in reference and not is_file:
        raise fail("E0405", f"`{reference}` is not the file of a spec", span, help="a spec's file ends in `.yaml`")
    if span is not None and is_file and Path(reference).is_absolute():
        help = "name it relative to this file, so that the two can be moved"
        raise fail("E0405", f"`{reference}` is an absolute path", span, help=help)
    if is_file or "/" in reference:
        return (base.parent / reference) if base is not None else Path(reference)
    found = spec_path(reference)
    if found is None:
        close = nearest(reference, zoo())
        help = f"did you mean `{close}`?" if close else "`specc list specs` names the zoo; a file's name ends in `.yaml`"
        raise fail("E0405", f"no spec is named `{reference}`", span, help=help)
    return found


def resolve_file(path: Path, assignments: Iterable[tuple[str, str, Node]] = (), sink: Sink | None = None) -> Document:
    """The document of a file. Raises SpecError where it cannot even be read; other errors go to the sink."""
    return resolve_source(read(path), path, assignments, sink)


def resolve_source(
    source: Source, path: Path | None, assignments: Iterable[tuple[str, str, Node]] = (), sink: Sink | None = None
) -> Document:
    """The document of a text.

    Args:
        path: where relative references start from; None for the working directory.
        assignments: overrides as (`param` or `set`, dotted path, value).
    """
    found = sink if sink is not None else Sink()
    raw = _load(source, path, (), found)
    given = list(assignments)
    root = _override(raw.root, given, raw.vocabulary, found)
    speller = Speller(raw.vocabulary, found, set(raw.used))
    if given:
        root = speller.document(root)
        root = MapNode({key: entry for key, entry in root.entries.items() if key != "expect"}, root.span)  # that is about the defaults
    root = _without_nulls(root)
    faults = check_document(root, raw.vocabulary, speller.used, found)
    _stop_if_unreadable(root, found)
    document = replace(read_document(root, source, path, raw.vocabulary, found, faults.steps, faults.words), bases=raw.bases)
    if sink is None:
        found.raise_errors()
    return document


def vocabulary_of(source: Source, path: Path | None) -> Vocabulary:
    """The words that a text can use, its bases' blocks included. What else is wrong with it does not matter.

    Raises SpecError where it, or a base, cannot be read.
    """
    return _load(source, path, (), Sink()).vocabulary


def _without_nulls(root: MapNode) -> MapNode:
    """What is null is not there: a section, or a head that a base has."""
    entries = {key: entry for key, entry in root.entries.items() if not is_null(entry.value)}
    heads = entries.get("heads")
    if heads is not None and isinstance(heads.value, MapNode):
        kept = {name: entry for name, entry in heads.value.entries.items() if not is_null(entry.value)}
        entries["heads"] = Entry(heads.key, MapNode(kept, heads.value.span))
    return MapNode(entries, root.span)


def _stop_if_unreadable(root: MapNode, sink: Sink) -> None:
    """Stops where a section has not even the right form: what follows could only echo it."""
    lists = isinstance(root.get("layers"), (ListNode, type(None)))
    inputs = isinstance(root.get("inputs"), MapNode)
    sections = all(
        is_null(root.get(key)) or isinstance(root.get(key), MapNode) for key in ("params", "blocks", "heads", "defaults", "expect")
    )
    blocks = root.get("blocks")
    bodies = not isinstance(blocks, MapNode) or all(isinstance(block, MapNode) for _, block in blocks)
    heads = root.get("heads")
    steps = not isinstance(heads, MapNode) or all(isinstance(head, StepNode) or is_null(head) for _, head in heads)
    if not (lists and inputs and sections and bodies and steps):
        sink.raise_errors()


def _load(source: Source, path: Path | None, chain: tuple[str, ...], sink: Sink) -> _Raw:
    """A text and its bases, spelled out and merged."""
    root = parse(source, sink)
    if not isinstance(root, MapNode):
        raise fail(
            "E0103", f"a spec is a mapping, but `{source.name}` is {'a list' if isinstance(root, ListNode) else 'one value'}", root.span
        )
    key = str(path.resolve()) if path is not None else source.name
    extends = root.get("extends")
    base = None
    if isinstance(extends, ScalarNode) and isinstance(extends.value, str):
        base_path = locate(extends.value, path, extends.span)
        base_source = read(base_path, extends.span, extended=True)
        if str(base_path.resolve()) in (*chain, key):
            raise fail("E0404", f"`{extends.value}` extends itself", extends.span, help="remove one `extends`")
        base = _load(base_source, base_path, (*chain, key), sink)
    vocabulary = (base.vocabulary if base else Vocabulary()).extended(_blocks(root))
    speller = Speller(vocabulary, sink, heads=_heads(base.root) if base else ())
    spelled = speller.document(root)
    if base is None:
        return _Raw(spelled, vocabulary, frozenset(speller.used))
    inherited = MapNode({key: entry for key, entry in base.root.entries.items() if key not in NOT_INHERITED}, base.root.span)
    inherited = _declared_for(spelled, inherited)
    merged = merge(inherited, spelled)
    assert isinstance(merged, MapNode)
    merged = _with_inherited_types(inherited, merged)
    merged = MapNode({key: entry for key, entry in merged.entries.items() if key != "extends"}, merged.span)
    return _Raw(merged, vocabulary, base.used | speller.used, (text_of(base.root, "name") or base_path.stem, *base.bases))


def _declared_for(patch: MapNode, base: MapNode) -> MapNode:
    """The base with those params declared at length of whose declaration the patch changes a part."""
    known, changed = base.get("params"), patch.get("params")
    if not isinstance(known, MapNode) or not isinstance(changed, MapNode):
        return base
    entries = {
        name: Entry(entry.key, _declaration(entry.value)) if isinstance(changed.get(name), MapNode) else entry
        for name, entry in known.entries.items()
    }
    return MapNode({**base.entries, "params": Entry(base.entries["params"].key, MapNode(entries, known.span))}, base.span)


def _with_inherited_types(base: MapNode, merged: MapNode) -> MapNode:
    """A new default for an inherited param keeps the type that the base declares."""
    before, after = base.get("params"), merged.get("params")
    if not isinstance(before, MapNode) or not isinstance(after, MapNode):
        return merged
    entries = {
        name: Entry(before.entries[name].key, with_default(before.entries[name], entry.value))
        if name in before.entries and entry is not before.entries[name] and not isinstance(entry.value, MapNode)
        else entry
        for name, entry in after.entries.items()
    }
    return MapNode({**merged.entries, "params": Entry(merged.entries["params"].key, MapNode(entries, after.span))}, merged.span)


def _heads(root: MapNode) -> tuple[str, ...]:
    """The names of the heads that are there."""
    heads = root.get("heads")
    return tuple(name for name, head in heads if isinstance(head, StepNode)) if isinstance(heads, MapNode) else ()


def _blocks(root: MapNode) -> MapNode | None:
    blocks = root.get("blocks")
    return blocks if isinstance(blocks, MapNode) else None


def merge(base: Node, patch: Node) -> Node:
    """JSON Merge Patch (RFC 7396): mappings merge, anything else replaces, null removes; another word replaces the whole choice.

    In what the base does not have, null stays a value: an `activation: null` there overrides `defaults`.
    """
    if not isinstance(base, MapNode) or not isinstance(patch, MapNode):
        return patch
    if isinstance(base, ChoiceNode) and isinstance(patch, ChoiceNode) and patch.word not in (base.word, ""):
        return patch
    entries = dict(base.entries)
    for key, entry in patch.entries.items():
        if is_null(entry.value):
            entries.pop(key, None)
        elif key in entries:
            merged = merge(entries[key].value, entry.value)
            entries[key] = Entry(entry.key, over(entries[key].value, merged) if merged is entry.value else merged)
        else:
            entries[key] = entry
    if isinstance(patch, StepNode):
        return StepNode(entries, patch.span, patch.word or getattr(base, "word", ""))
    if isinstance(patch, ChoiceNode):
        return ChoiceNode(entries, patch.span, patch.word)
    return MapNode(entries, patch.span)


def over(before: Node | None, value: Node) -> Node:
    """A value that knows what it overrides."""
    return replace(value, span=replace(value.span, over=None if before is None else before.span))


# Overrides


def read_assignment(option: str, text: str) -> tuple[str, str, Node]:
    """`--set train.epochs=5` as an override; the value is YAML. Raises SpecError."""
    key, equals, value = text.partition("=")
    span = Span(Source(option, text), 1, 1, 1, len(text) + 1)
    if not equals or not key.strip():
        raise fail("E0402", f"`{option} {text}` assigns nothing", span, help=f"`{option} name=value`")
    node = parse_value(Source(f"{option} {key}", value, is_override=True))
    return ("param" if option == "--param" else "set", key.strip(), node)


def from_python(params: Mapping[str, Any], overrides: Mapping[str, Any]) -> list[tuple[str, str, Node]]:
    """Overrides that are given as Python values."""
    given = [("param", name, _python_node(value, f"params[{name!r}]")) for name, value in params.items()]
    return given + [("set", name, _python_node(value, f"overrides[{name!r}]")) for name, value in overrides.items()]


def _python_node(value: Any, name: str) -> Node:
    try:
        return value_node(value, Source(name, repr(value), is_override=True))
    except RecursionError:
        raise fail("E0402", f"`{name}` is nested too deeply") from None


def value_node(value: Any, source: Source) -> Node:
    """A JSON-like Python value as nodes, all at the place of the whole."""
    span = Span(source, 1, 1, 1, len(source.text) + 1)
    if isinstance(value, Mapping):
        return MapNode({str(key): Entry(span, value_node(item, source)) for key, item in value.items()}, span)
    if isinstance(value, (list, tuple)):
        return ListNode(tuple(value_node(item, source) for item in value), span)
    if value is not None and not isinstance(value, (bool, int, float, str)):
        try:
            return value_node(value.tolist(), source)  # of NumPy
        except AttributeError:
            raise fail(
                "E0402", f"a {type(value).__name__} is not a value of a spec", span, help="numbers, strings, lists and mappings are"
            ) from None
    return ScalarNode(value, span, plain=False)


def _override(root: MapNode, assignments: list[tuple[str, str, Node]], vocabulary: Vocabulary, sink: Sink) -> MapNode:
    for kind, key, value in assignments:
        speller = Speller(vocabulary, sink, heads=_heads(root))
        if kind == "param":
            root = _assign_param(root, key, value, sink)
            continue
        parts = key.split(".")
        if parts[0] in NOT_SET:
            sink.error("E0401", f"`{parts[0]}` cannot be set from outside", value.span, help=NOT_SET[parts[0]])
            continue
        if len(parts) > DEEPEST:
            sink.error("E0401", f"nothing in a spec is {len(parts)} names deep", value.span, help="`--set train.epochs=5`")
            continue
        if not _exists(root, parts, value, sink) or _in_list(root, parts, value, sink):
            continue
        if parts[0] == "params" and len(parts) == 2:
            root = _assign_param(root, parts[1], value, sink)
            continue
        patch: Node = value
        for part in reversed(parts):
            patch = MapNode({part: Entry(value.span, patch)}, value.span)
        assert isinstance(patch, MapNode)
        merged = merge(_declared_for(patch, root), speller.document(patch))
        assert isinstance(merged, MapNode)
        root = merged
    return root


def _exists(root: MapNode, parts: list[str], value: Node, sink: Sink) -> bool:
    """Whether the path leads to something: what the user named himself must be there already."""
    if parts[0] not in NAMED_SECTIONS or len(parts) < 2:
        return True
    section = root.get(parts[0])
    names = section.entries if isinstance(section, MapNode) else {}
    if parts[1] in names:
        return True
    _unknown(parts[1], NAMED_SECTIONS[parts[0]], list(names), value.span, sink)
    return False


def _in_list(root: MapNode, parts: list[str], value: Node, sink: Sink) -> bool:
    """Reports a path through a list, whose items have no names."""
    node: Node | None = root
    for position, part in enumerate(parts):
        if isinstance(node, ListNode):
            help = "what is to be changed from outside is made a param"
            sink.error("E0401", f"`{'.'.join(parts[:position])}` is a list, so it has no `{part}` to set", value.span, help=help)
            return True
        node = node.get(part) if isinstance(node, MapNode) else None
    return False


def _unknown(name: str, kind: str, names: list[str], span: Span, sink: Sink) -> None:
    close = nearest(name, names)
    known = f"the {kind}s are {', '.join(f'`{each}`' for each in names)}" if names else f"the spec has no {kind}s"
    sink.error("E0401", f"the spec has no {kind} `{name}`", span, help=f"did you mean `{close}`?" if close else known)


def _assign_param(root: MapNode, name: str, value: Node, sink: Sink) -> MapNode:
    """The root with another default for a param; its declared type stays."""
    params = root.get("params")
    if not isinstance(params, MapNode) or name not in params.entries:
        _unknown(name, "param", list(params.entries) if isinstance(params, MapNode) else [], value.span, sink)
        return root
    declared = params.entries[name]
    fragment = with_default(declared, value)
    entries = {**params.entries, name: Entry(declared.key, fragment)}
    return MapNode({**root.entries, "params": Entry(root.entries["params"].key, MapNode(entries, params.span))}, root.span)


def with_default(declared: Entry, value: Node) -> Node:
    """A param's declaration as a fragment with another default; a bare default keeps its type."""
    node = _declaration(declared.value)
    return MapNode({**node.entries, "default": Entry(value.span, over(node.get("default"), value))}, node.span)


def _declaration(node: Node) -> MapNode:
    """A param's declaration at length: a bare default has a type and is the default."""
    if isinstance(node, MapNode):
        return node
    kind = schema_of_default(node).get("type")
    typed = {"type": Entry(node.span, ScalarNode(kind, node.span))} if kind else {}
    return MapNode({**typed, "default": Entry(node.span, node)}, node.span)
