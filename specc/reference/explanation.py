"""The page about a name, as text for a terminal: what `specc explain` shows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from specc.language.published import Figures, Published, published_of
from specc.language.syntax import MapNode, parse, plain_value, read
from specc.language.vocabulary import Word, builtin_block
from specc.reference.catalogue import CODE, EXPLANATIONS, text_of
from specc.reference.notation import flow, spelled, type_text
from specc.reference.uses import LEFT_OUT, call_text, layer_examples, outputs_text
from specc.registry import MODULES
from specc.registry.entry import Entry, Param, entries
from specc.report import count


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


def _entry_text(entry: Entry, width: int) -> str:
    parts = [f"{entry.name}: {entry.family}{'' if entry.pending else f', {entry.target}'}", entry.doc]
    if entry.limits:
        parts.append(f"`{entry.name}` {entry.limits}.")
    if entry.infer is not None:
        parts += [call_text(entry), outputs_text(entry)]
    parts += _arguments(entry.params.parameters, width)
    if entry.family == "layer":
        parts.append("\n".join(textwrap.wrap(LEFT_OUT, width)))
    shown = layer_examples(entry) if entry.infer is not None else [spelled(entry.name, dict(use)) for use in entry.examples]
    if shown:
        parts.append("Examples\n" + "\n".join(f"  {line}" for line in shown))
    return "\n\n".join(part for part in parts if part)


def _block_text(word: Word, width: int) -> str:
    assert word.block is not None
    from specc.registry import block_files, plugins

    kind: str
    registered = plugins.BLOCKS.get(word.name)
    if registered is not None:
        kind, body = registered.kind, registered.source.text.strip("\n")
    else:
        path = Path(block_files()[word.name])
        kind, body = path.parent.name.removesuffix("s"), path.read_text(encoding="utf-8").rstrip()
    head = f"{word.name}: {kind}, written in the spec language"
    return "\n\n".join([*_about(head, word.block), *_arguments(word.parameters, width), "Definition\n" + textwrap.indent(body, "  ")])


def _spec_text(name: str, path: Path, width: int) -> str:
    root = parse(read(path))
    assert isinstance(root, MapNode)
    from specc.language.resolve import resolve_file

    # Resolved, since a base may have declared most of them.
    parameters = {name: declared.as_param() for name, declared in resolve_file(path).params.items()}
    base = text_of(root, "extends")
    section = root.get("published")
    published = published_of(None if section is None else plain_value(section))
    parts = [*_about(f"{name}: spec, {path}", root), f"Extends: {base}" if base else "", *_published(published)]
    return "\n\n".join(part for part in [*parts, *_arguments(parameters, width, title="Params")] if part)


def _published(published: Published) -> list[str]:
    """Family and year, and what was published, a line for each source."""
    known = [published.family, "" if published.year is None else str(published.year)]
    lines = [f"  {', '.join(_figure_texts(figures))}  {figures.source}" for figures in published.figures]
    return [f"Family: {', '.join(filter(None, known))}" if any(known) else "", "\n".join(["Published figures", *lines]) if lines else ""]


def _figure_texts(figures: Figures) -> Iterator[str]:
    if figures.parameters is not None:
        yield f"{count(figures.parameters)} parameters"
    if figures.macs is not None:
        yield f"{count(figures.macs)} multiply-adds"
    for rank, share in ((1, figures.top_1), (5, figures.top_5)):
        if share is not None:
            yield f"top-{rank} {share:.1f} % on {figures.data}"
    if figures.note:
        yield figures.note


def _about(head: str, node: MapNode) -> list[str]:
    reference = text_of(node, "reference")
    return [text for text in (head, text_of(node, "summary"), f"Reference: {reference}" if reference else "") if text]


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
