"""The reference as Markdown, one page a kind: what stands in `docs/reference`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from specc.language.syntax import MapNode, parse, read
from specc.language.vocabulary import builtin_block
from specc.reference.catalogue import code_titles, kinds, text_of
from specc.reference.notation import flow, spelled, values_text
from specc.reference.uses import LEFT_OUT, call_text, layer_examples, outputs_text
from specc.registry import MODULES, block_files
from specc.registry.entry import Entry, Param, entries, plural
from specc.registry.layers import LAYERS

NOTE = "<!-- Made by `make reference` from the declarations. Do not edit. -->"
INTRODUCTIONS = {
    "layers": "Steps of a network: Keras's layers and functions, under Keras's names with Keras's arguments. " + LEFT_OUT,
    "blocks": "Steps written in the spec language itself, exactly as one writes one's own under `blocks:`.",
    "heads": "Blocks that end a network.",
}


def pages() -> dict[str, str]:
    """The text of every page by the name of its file."""
    written = {"layers.md": _layers(), "blocks.md": _blocks("blocks"), "heads.md": _blocks("heads")}
    for family in MODULES:
        if family != "layer":
            written[f"{plural(family)}.md"] = _family(family)
    written |= {"specs.md": _specs(), "codes.md": _codes()}
    return {"README.md": _contents(), **written}


def _contents() -> str:
    rows = [f"| [{kind}]({kind}.md) | {len(read())} |" for kind, read in kinds().items()]
    return _page("Reference", "Every word of the language, by kind.", ["\n".join(["| Kind | Words |", "|---|---|", *rows])])


def _layers() -> str:
    chapters = []
    for module in sorted(LAYERS):
        doc = (importlib.import_module(f"specc.registry.layers.{module}").__doc__ or "").strip()
        title, _, more = doc.partition("\n\n")
        words = [entries("layer")[name] for name in LAYERS[module]]
        chapters.append(
            "\n\n".join(
                [
                    f"## {' '.join(title.split()).rstrip('.')}",
                    *([_paragraph(more)] if more else []),
                    *(_entry(entry, level=3) for entry in words),
                ]
            )
        )
    return _page("Layers", INTRODUCTIONS["layers"], [_index(LAYERS), *chapters])


def _index(groups: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(f"- **{_title(group)}**: {', '.join(f'[`{name}`](#{name})' for name in groups[group])}" for group in sorted(groups))


def _family(family: str) -> str:
    words = entries(family)
    return _page(_title(plural(family)), f"Words where a spec asks for a {family}.", [_entry(entry, level=2) for entry in words.values()])


def _entry(entry: Entry, level: int) -> str:
    parts = [f"{'#' * level} {entry.name}", _paragraph(entry.doc)]
    if entry.limits:
        parts.append(f"`{entry.name}` {entry.limits}.")
    if entry.infer is not None:
        parts += [call_text(entry), outputs_text(entry)]
    parts.append(_arguments(entry.params.parameters))
    shown = layer_examples(entry) if entry.infer is not None else [spelled(entry.name, dict(use)) for use in entry.examples]
    parts += [_code(shown), "" if entry.pending else f"Is `{entry.target}`."]
    return "\n\n".join(part for part in parts if part)


def _arguments(parameters: Mapping[str, Param]) -> str:
    rows = [
        f"| `{name}` | {_cell(values_text(p.type))} | {'required' if p.required else _cell(f'`{flow(p.default)}`')} | {_cell(p.doc)} |"
        for name, p in parameters.items()
    ]
    return "\n".join(["| Argument | Takes | Default | Meaning |", "|---|---|---|---|", *rows]) if rows else ""


def _blocks(folder: str) -> str:
    sections = []
    for name, path in block_files().items():
        word = builtin_block(name)
        if Path(path).parent.name != folder or word is None:
            continue
        body = Path(path).read_text(encoding="utf-8").rstrip().splitlines()
        about = [text_of(word.block, "summary"), _reference(text_of(word.block, "reference"))]
        sections.append("\n\n".join(part for part in [f"## {name}", *about, _arguments(word.parameters), _code(body)] if part))
    return _page(_title(folder), INTRODUCTIONS[folder], sections)


def _specs() -> str:
    from specc.zoo import zoo

    rows = []
    for name, path in sorted(zoo().items(), key=lambda item: (Path(item[1]).parent.name, item[0])):
        root = parse(read(path))
        assert isinstance(root, MapNode)
        folder = Path(path).parent.name
        reference = text_of(root, "reference")
        link = f"[`{name}`](../../specs/{folder}/{name}.yaml)"
        rows.append(f"| {link} | {_title(folder)} | {_cell(text_of(root, 'summary'))} | {f'<{reference}>' if reference else ''} |")
    table = "\n".join(["| Spec | Task | What it is | Reference |", "|---|---|---|---|", *rows])
    return _page(
        "Specs", "Networks and recipes that come with specc; a name works wherever a file does: `specc summary resnet50`.", [table]
    )


def _codes() -> str:
    rows = [f"| [{code}](../../specc/explanations/{code}.md) | {_cell(title)} |" for code, title in code_titles().items()]
    table = "\n".join(["| Code | Says |", "|---|---|", *rows])
    return _page("Codes", "What specc can find wrong. `specc explain E0312` shows the page of a code.", [table])


def _page(title: str, introduction: str, parts: Iterable[str]) -> str:
    return "\n\n".join([NOTE, f"# {title}", introduction, *parts]) + "\n"


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _paragraph(doc: str) -> str:
    """A docstring with its labelled lines set apart."""
    return re.sub(r"(?<=\S)\n(?=[A-Z][\w ]*: )", "  \n", _linked(doc.strip()))


def _reference(address: str) -> str:
    return f"Reference: <{address}>" if address.startswith("http") else f"Reference: {address}" if address else ""


def _linked(text: str) -> str:
    return re.sub(r"(https?://[^\s,]+)", r"<\1>", text)


def _code(lines: Sequence[str]) -> str:
    return "\n".join(["```yaml", *lines, "```"]) if lines else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
