"""What is laid out: vertices with ports, and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass, field

Key = tuple[int, int] | str  # what an edge carries; edges that leave a vertex with the same key are one line that forks


@dataclass(eq=False, slots=True)
class Vertex:
    """A box to place. Ports are given as distances from its middle.

    Args:
        width: without what is written beside its outgoing edges.
        height: zero for a point on the border of what surrounds the diagram.
        inputs: where edges come in; None for ports that are spread in the order in which edges arrive.
        outputs: where edges leave; None likewise.
        step: the distance between outgoing edges that are spread.
        labels: widths of what is written right of the outgoing edges, just below the box.
        round: a small circle, which edges may enter from the side.
        place: `top` or `bottom` for one that stands in the first or last row.
        is_bend: made by the layout, where a long edge passes a row.
    """

    width: float
    height: float
    inputs: dict[Key, float] | None = None
    outputs: dict[Key, float] | None = None
    step: float = 24.0
    labels: dict[Key, float] = field(default_factory=dict)
    round: bool = False
    place: str = ""
    is_bend: bool = False
    rank: int = 0
    x: float = 0.0
    y: float = 0.0

    @property
    def left(self) -> float:
        """How far it reaches to the left of its middle."""
        return self.width / 2

    @property
    def right(self) -> float:
        """How far it reaches to the right of its middle, labels included."""
        return max([self.width / 2, *(self.exit(key) + 6 + width for key, width in self.labels.items())])

    def entry(self, key: Key) -> float:
        return 0.0 if self.inputs is None else self.inputs.get(key, 0.0)

    def exit(self, key: Key) -> float:
        return 0.0 if self.outputs is None else self.outputs.get(key, 0.0)


@dataclass(frozen=True, slots=True)
class Edge:
    """From one vertex to another, by their positions among the vertices."""

    source: int
    target: int
    key: Key


@dataclass(slots=True)
class Layers:
    """Vertices in rows, edges cut into segments between neighbouring rows.

    `ways` has for every edge the vertices that it passes, its ends included; `weak` the segments that others go before
    where only one of them can be straight.
    """

    vertices: list[Vertex]
    rows: list[list[int]]
    below: list[list[tuple[int, Key]]]
    above: list[list[tuple[int, Key]]]
    ways: list[list[int]]
    weak: set[tuple[int, int]] = field(default_factory=set)
