"""The reference of every word, made from its declaration: what `specc list` and `specc explain` show."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from specc.language.syntax import MapNode, Node, ScalarNode, parse, read
from specc.language.vocabulary import Word, builtin_block, read_params
from specc.registry import MODULES
from specc.registry.entry import Entry, Param, Params, bind, entries, plural
from specc.registry.types import ChoiceOf, ListOf, MapOf, Plain, Section, Type

EXPLANATIONS = Path(__file__).parent / "explanations"
LEFT_OUT = "Not arguments here: `name` is the step's, channels come last (no `data_format`), `dtype` is `train.precision`."
CODE = re.compile(r"[EW]\d{4}")


def kinds() -> dict[str, Callable[[], dict[str, str]]]:
    """What can be listed, by its plural; each gives names with one line about them."""
    listed: dict[str, Callable[[], dict[str, str]]] = {"layers": lambda: _entries("layer")}
    listed["blocks"] = lambda: _block_summaries("blocks")
    listed["heads"] = lambda: _block_summaries("heads")
    for family in MODULES:
        if family != "layer":
            listed[plural(family)] = lambda family=family: _entries(family)  # type: ignore[misc]
    listed["specs"] = spec_summaries
    listed["codes"] = _codes
    return listed


def _entries(family: str) -> dict[str, str]:
    return {name: entry.summary for name, entry in sorted(entries(family).items())}


def _block_summaries(folder: str) -> dict[str, str]:
    names = [path.stem for path in sorted((Path(__file__).parent / "registry" / folder).glob("*.yaml"))]
    return {name: _text(word.block, "summary") for name in names if (word := builtin_block(name)) is not None}


def spec_summaries() -> dict[str, str]:
    """The specs of the zoo."""
    from specc.zoo import zoo

    return {name: _text(parse(read(path)), "summary") for name, path in zoo().items()}


def _codes() -> dict[str, str]:
    """The diagnostics by code, with the first line of what is said about each."""
    found = {}
    for path in sorted(EXPLANATIONS.glob("[EW]*.md")):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ")
        found[path.stem] = first.removeprefix(path.stem).lstrip(" :.-\N{EM DASH}")
    return found


def _text(node: Node | None, key: str) -> str:
    value = node.get(key) if isinstance(node, MapNode) else None
    return str(value.value) if isinstance(value, ScalarNode) and value.value is not None else ""


def explain(name: str, width: int = 100) -> str | None:
    """Everything that is known of a name: a diagnostic's code, a word of any family, a spec. None where nothing is."""
    page = EXPLANATIONS / f"{name.upper() if CODE.fullmatch(name.upper()) else name}.md"
    texts = [page.read_text(encoding="utf-8").rstrip()] if name.isidentifier() and page.is_file() else []
    texts += [_entry_text(entry, width) for family in MODULES if (entry := entries(family).get(name)) is not None]
    if (word := builtin_block(name)) is not None:
        texts.append(_block_text(word, width))
    from specc.zoo import spec_path

    path = spec_path(name)
    if path is not None:
        texts.append(_spec_text(name, path, width))
    return f"\n\n{'-' * width}\n\n".join(texts) if texts else None


def names() -> list[str]:
    """Every name that can be explained."""
    from specc.registry import block_files
    from specc.zoo import zoo

    words = [name for family in MODULES for name in entries(family)]
    return list(dict.fromkeys([*words, *block_files(), *zoo(), *(path.stem for path in EXPLANATIONS.glob("*.md"))]))


def _entry_text(entry: Entry, width: int) -> str:
    parts = [f"{entry.name}: {entry.family}, {entry.target}", entry.doc]
    if entry.infer is not None:
        parts.append(_call_text(entry))
    parts += _arguments(entry.params.parameters, width)
    if entry.family == "layer":
        parts.append("\n".join(textwrap.wrap(LEFT_OUT, width)))
    shown = _layer_examples(entry) if entry.infer is not None else [_spelled(entry.name, dict(use)) for use in entry.examples]
    if shown:
        parts.append("Examples\n" + "\n".join(f"  {line}" for line in shown))
    return "\n\n".join(part for part in parts if part)


def _call_text(entry: Entry) -> str:
    """How the layer is called, where one tensor is not all."""
    required = entry.required_call_arguments
    called = [name if number < required else f"{name} (optional)" for number, name in enumerate(entry.call_arguments)]
    if entry.takes_list:
        return "Takes a list of tensors: `from: [a, b]`"
    return f"Called with {', '.join(called)}: `from: {{{called[0]}: a, ...}}`" if len(called) > 1 else ""


def _layer_examples(entry: Entry) -> list[str]:
    return [f"- {_spelled(entry.name, dict(use.arguments))}{_effect(entry, use)}" for use in entry.examples]


def _effect(entry: Entry, use: Any) -> str:
    """The shapes of an example, computed by the declaration itself."""
    assert entry.infer is not None
    arguments = {name: value for name, value in use.inputs.items() if not name.isdigit()}
    positional = [value for name, value in use.inputs.items() if name.isdigit()]
    output = entry.infer(_bound(entry, use.arguments), *positional, **arguments).output
    return f"    # {', '.join(_shapes(value) for value in use.inputs.values())} -> {_shapes(output)}"


def _bound(entry: Entry, arguments: Mapping[str, Any]) -> Params:
    return bind(entry.params, arguments)


def _shapes(value: Any) -> str:
    return f"[{', '.join(str(each) for each in value)}]" if isinstance(value, list) else str(value)


def _block_text(word: Word, width: int) -> str:
    assert word.block is not None
    from specc.registry import block_files

    path = Path(block_files()[word.name])
    head = f"{word.name}: {path.parent.name.removesuffix('s')}, written in the spec language"
    body = path.read_text(encoding="utf-8").rstrip()
    return "\n\n".join([*_about(head, word.block), *_arguments(word.parameters, width), "Definition\n" + textwrap.indent(body, "  ")])


def _spec_text(name: str, path: Path, width: int) -> str:
    root = parse(read(path))
    assert isinstance(root, MapNode)
    from specc.diagnostics import Sink

    parameters = {name: declared.as_param() for name, declared in read_params(root.get("params"), Sink()).items()}
    return "\n\n".join([*_about(f"{name}: spec, {path}", root), *_arguments(parameters, width, title="Params")])


def _about(head: str, node: MapNode) -> list[str]:
    reference = _text(node, "reference")
    return [text for text in (head, _text(node, "summary"), f"Reference: {reference}" if reference else "") if text]


def _arguments(parameters: Mapping[str, Param], width: int, title: str = "Arguments") -> list[str]:
    """A table of parameters: name, type, default, and what it is about, wrapped."""
    if not parameters:
        return []
    rows = [(name, type_text(p.type), "required" if p.required else flow(p.default), p.doc) for name, p in parameters.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    widths[1], widths[2] = min(widths[1], 30), min(widths[2], 20)
    indent = sum(widths) + 8
    lines = []
    for name, kind, default, doc in rows:
        cells = f"  {name:<{widths[0]}}  {kind:<{widths[1]}}  {default:<{widths[2]}}"
        wrapped = textwrap.wrap(doc, max(width - indent, 30)) or [""]
        if len(cells) > indent - 2:
            lines.append(cells.rstrip())
            cells = ""
        lines.append(f"{cells:<{indent - 2}}  {wrapped[0]}".rstrip())
        lines += [" " * indent + rest for rest in wrapped[1:]]
    return [f"{title}\n" + "\n".join(lines)]


def type_text(kind: Type) -> str:
    """A type in a few words."""
    match kind:
        case Plain(schema):
            return _schema_text(schema)
        case ChoiceOf(family, optional):
            return family + (" or null" if optional else "")
        case ListOf(item):
            return f"list of {type_text(item)}"
        case MapOf(item):
            return f"mapping to {type_text(item)}"
        case Section():
            return "mapping"


def _schema_text(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        values = schema["enum"]
        return " | ".join(flow(value) for value in values) if len(values) <= 6 else f"one of {len(values)} names"
    kinds = schema.get("type", "any")
    text = " or ".join(_kind_text(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    signs = (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"))
    return ", ".join([text, *(f"{sign} {flow(schema[key])}" for key, sign in signs if key in schema)])


def _kind_text(kind: str, schema: Mapping[str, Any]) -> str:
    if kind != "array":
        return kind
    fixed = schema.get("minItems") if schema.get("minItems") == schema.get("maxItems") else None
    return "list" if fixed is None else f"list of {fixed}"


def _spelled(name: str, arguments: dict[str, Any]) -> str:
    """A word with its arguments, as a spec has them."""
    return f"{name}: {flow(arguments)}" if arguments else name


def flow(value: Any) -> str:
    """A JSON value in YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z=_][\w =*/.+-]*", value) and value not in ("true", "false", "null"):
        return value
    return json.dumps(value, ensure_ascii=False)
