"""Counts and sizes as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from specc.graph import Argument, Graph, Tensor, TensorSpec


def count(number: float | None) -> str:
    """A large count with three digits or so: `3.86 G`."""
    if number is None:
        return "?"
    for power, prefix in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= power:
            scaled = number / power
            return f"{scaled:.{2 if scaled < 10 else 1 if scaled < 100 else 0}f}{prefix}"
    return str(number)


def memory(size: int | None) -> str:
    """A number of bytes in binary units: `97.8 MiB`."""
    if size is None:
        return "?"
    for power, unit in ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= power:
            return f"{size / power:.1f} {unit}"
    return f"{size} B"


def brief(graph: Graph) -> str:
    """`25,636,712 parameters, 3.86 G multiply-adds`; what is not known is left out."""
    macs = "" if graph.macs is None else f", {count(graph.macs)} multiply-adds"
    return f"{graph.parameters:,} parameters{macs}"


def weights_text(graph: Graph) -> str:
    """`25,636,712, 25,583,592 of them trainable (97.8 MiB as float32)`."""
    weights = f"{graph.parameters:,}"
    if graph.trainable_parameters != graph.parameters:
        weights += f", {graph.trainable_parameters:,} of them trainable"
    return f"{weights} ({memory(4 * graph.parameters)} as float32)"


def shapes(specs: Sequence[TensorSpec]) -> str:
    """Some shapes in a cell of a table; of many the first three."""
    shown = ", ".join(str(spec) for spec in specs[:3])
    return shown if len(specs) <= 3 else f"{shown}, ... {len(specs)} in all"


def specs_of(argument: Argument) -> list[TensorSpec]:
    """The shape of a tensor, or those of a list of them."""
    return [argument.spec] if isinstance(argument, Tensor) else [tensor.spec for tensor in argument]
