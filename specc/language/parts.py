"""The parts of a spec's data, by name."""

from __future__ import annotations

from specc.diagnostics import fail
from specc.language.spec import Spec
from specc.registry.experiment import Pipeline

PARTS = ("train", "validation", "test")


def pipeline_of(spec: Spec, part: str) -> Pipeline:
    """The pipeline of a part. Raises SpecError where there is none."""
    data = spec.experiment.data
    pipeline: Pipeline | None = getattr(data, part)
    if pipeline is None:
        there = [f"`{each}`" for each in PARTS if getattr(data, each) is not None]
        help = f"the spec has {' and '.join(there)}" if there else f"add a section `data: {{{part}: {{source: ...}}}}`"
        raise fail("E0509", f"`{spec.name}` has no {part} data", spec.span_of("data"), help=help)
    return pipeline
