"""The front end: text to a checked document and its graph. Imports neither TensorFlow, Keras nor NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from specc.diagnostics import Diagnostic, Sink, Source, SpecError
from specc.language.resolve import from_python, locate, read_assignment, resolve_file, resolve_source
from specc.language.spec import Spec, diagnose


def load(
    reference: str | Path,
    params: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    assignments: Iterable[tuple[str, str]] = (),
) -> Spec:
    """Reads a spec and checks its document.

    Args:
        reference: a file, or the name of a spec in the zoo.
        params: values for the spec's params.
        overrides: values by dotted key: `{"train.epochs": 5}`.
        assignments: the same as text, from a command line: `("--param", "classes=10")`, `("--set", "train.epochs=5")`.

    Raises:
        SpecError: the document is wrong. What only the graph shows is raised by `Spec.graph`.
    """
    path = reference if isinstance(reference, Path) else locate(reference)
    return Spec(resolve_file(path, _given(params, overrides, assignments)))


def loads(
    text: str,
    name: str = "<text>",
    params: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    assignments: Iterable[tuple[str, str]] = (),
) -> Spec:
    """The same for a text; `name` stands for it in messages."""
    return Spec(resolve_source(Source(name, text), None, _given(params, overrides, assignments)))


def check(reference: str | Path, assignments: Iterable[tuple[str, str]] = (), text: str | None = None) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a spec, in both its graphs and its experiment; empty where all is well.

    Args:
        text: the spec itself; then `reference` only names it.
    """
    sink = Sink()
    try:
        given = _given(None, None, assignments)
        if text is not None:
            document = resolve_source(Source(str(reference), text), None, given, sink)
        else:
            path = reference if isinstance(reference, Path) else locate(reference)
            document = resolve_file(path, given, sink)
        return diagnose(document, sink)
    except SpecError as error:
        return tuple(dict.fromkeys((*sink, *error.diagnostics)))


def _given(params: Mapping[str, Any] | None, overrides: Mapping[str, Any] | None, assignments: Iterable[tuple[str, str]]) -> list[Any]:
    written = [read_assignment(option, text) for option, text in assignments]
    return [*from_python(params or {}, overrides or {}), *written]


__all__ = ["Spec", "SpecError", "check", "load", "loads"]
