"""Where data and network do not fit: what training refuses once the data are open, and the labels that its heads know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from specc.data.examples import Examples
from specc.data.inspection.findings import Finding, Labelled
from specc.diagnostics import Diagnostic, Sink
from specc.graph import Tensor
from specc.language.spec import Spec
from specc.language.wiring import Wired, check_feeding, wire
from specc.registry.data.fields import Field
from specc.registry.objectives.losses import Hinge, SquaredHinge, loss_params


def misfits(spec: Spec, part: str, fields: Mapping[str, Field]) -> tuple[Finding, ...]:
    """What training refuses of a part of the data: fields that no input takes, targets that no head can be compared with.

    Training does not open the test data, which may be there for probes alone, without targets of its losses.
    """
    if "train" not in spec.document.root:
        return ()
    graph, sink = spec.graph(training=part == "train"), Sink()
    check_feeding(graph, fields, sink=sink, span_of=spec.span_of, path=("data", part), strict=True)
    if part != "test" and all(name in fields for name in graph.inputs):  # else nobody knows which field is left over for a loss
        _wired(spec, fields, sink)
    return tuple(Finding("misfit", _told(each)) for each in sink)


def _wired(spec: Spec, fields: Mapping[str, Field], sink: Sink) -> list[Wired]:
    """The losses of all stages, as far as they find what they need."""
    graph = spec.graph(training=True)
    return [one for stage in spec.experiment.stages for one in wire(graph, stage, fields, sink=sink, span_of=spec.span_of)]


def _told(wrong: Diagnostic) -> str:
    """A diagnostic in a line: what is wrong, the places, and what to change."""
    places = [str(wrong.span)] if wrong.span is not None else []
    places += [f"{note.message} {note.span}" for note in wrong.notes if note.span is not None]
    where = f" ({'; '.join(places)})" if places else ""
    return f"{wrong.message}{where}" + (f"; {wrong.help}" if wrong.help else "")


def labelled(spec: Spec, stored: Mapping[str, Field], fields: Mapping[str, Field]) -> dict[str, Labelled]:
    """What the heads know of whole numbers of which nobody has said how many classes they are, by field.

    Args:
        stored: the fields before transforms.
        fields: the fields of a batch.
    """
    if "train" not in spec.document.root:
        return {}
    found: dict[str, Labelled] = {}
    for one in _wired(spec, fields, Sink()):
        known = _labelled(spec, one, fields[one.target]) if one.target in fields else None
        if known is None or one.target not in stored or not _is_undeclared(stored[one.target]):
            continue
        if one.target not in found or known.classes < found[one.target].classes:
            found[one.target] = known
    return found


def _labelled(spec: Spec, wired: Wired, field: Field) -> Labelled | None:
    """What a head knows of its target; None where that is no number of a class for each of the head's answers."""
    output, params = spec.graph(training=True).outputs[wired.head], loss_params(wired.loss)
    if not isinstance(output, Tensor) or params.labels is None or not _is_undeclared(field):
        return None
    scores, rank = output.spec.shape[-1], field.spec.rank - (field.spec.shape[-1:] == (1,))
    if scores is None or rank != output.spec.rank - 1:
        return None
    least = -1 if isinstance(params, (Hinge, SquaredHinge)) or field.kind != "value" else 0
    return Labelled(wired.head, scores, 2 if scores == 1 else scores, least)


def _is_undeclared(field: Field) -> bool:
    return field.is_integer and field.classes is None and field.kind in ("value", "mask", "object")


def with_classes(examples: Examples, known: Mapping[str, Labelled]) -> Examples:
    """The examples, with as many classes of labels as their heads know. Nothing is held to that: what is beyond is told."""
    fields = {name: replace(field, classes=known[name].classes) if name in known else field for name, field in examples.fields.items()}
    return replace(examples, fields=fields)
