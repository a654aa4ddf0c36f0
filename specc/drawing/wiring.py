"""Which tensors go from part to part, once it is known which parts are open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from specc.drawing.hierarchy import Part
from specc.drawing.multiples import Consumers, Place
from specc.graph import Graph, TensorSpec


@dataclass(eq=False, repr=False)
class Box:
    """A part as it is drawn: open, with boxes and edges in it, or folded; or an input or an output of the network.

    Args:
        part: what is drawn; None for an input or an output.
        name: that of the input or output.
        inside: the boxes in it, where it is open.
        edges: the tensors between them, as (source, target, tensor); None stands for the border of this box.
        given: the tensors that come from outside, with their shapes.
        made: the tensors that are needed outside, with their shapes there.
    """

    part: Part | None
    name: str = ""
    is_open: bool = False
    inside: list[Box] = field(default_factory=list)
    edges: dict[tuple[Box | None, Box | None, Place], None] = field(default_factory=dict)
    given: dict[Place, TensorSpec] = field(default_factory=dict)
    made: dict[Place, TensorSpec] = field(default_factory=dict)
    above: Box | None = None

    @property
    def is_node(self) -> bool:
        return self.part is not None and self.part.group is None


def boxes(graph: Graph, root: Part, stand_in: list[int], depth: int) -> Box:
    """The drawing's boxes, open down to a depth, with what goes between them."""
    wiring = _Wiring(graph, stand_in)
    top = Box(root, is_open=True)
    for name, tensor in graph.inputs.items():
        box = Box(None, name, above=top)
        box.made[name] = tensor.spec
        wiring.owners_of_inputs[name] = box
        top.inside.append(box)
    wiring.open(top, depth)
    for name, value in graph.outputs.items():
        box = Box(None, name, above=top)
        top.inside.append(box)
        for tensor in value if isinstance(value, tuple) else (value,):
            wiring.connect(wiring.consumers.place(tensor), tensor.spec, box)
    for box in wiring.ends:
        wiring.connect_inputs(box)
    return top


def closed(box: Box) -> Iterator[Box]:
    """The nodes and the folded boxes in a box."""
    for inner in box.inside:
        if inner.is_open:
            yield from closed(inner)
        elif inner.part is not None:
            yield inner


class _Wiring:
    def __init__(self, graph: Graph, stand_in: list[int]) -> None:
        self.graph, self.stand_in = graph, stand_in
        self.consumers = Consumers(graph)
        self.owners_of_inputs: dict[str, Box] = {}
        self.owners: list[Box | None] = [None] * len(graph.nodes)
        self.ends: list[Box] = []

    def open(self, box: Box, depth: int) -> None:
        assert box.part is not None
        for part in box.part.children:
            child = Box(part, above=box, is_open=part.group is not None and depth > part.levels)
            box.inside.append(child)
            if child.is_open:
                self.open(child, depth - part.levels)
                continue
            self.ends.append(child)
            for position in range(part.start, part.end):
                self.owners[position] = child

    def connect_inputs(self, box: Box) -> None:
        """Edges for everything that a closed box needs; of iterations that are drawn once, for what the first needs."""
        part = box.part
        assert part is not None
        for node in self.graph.nodes[part.start : part.stop]:
            for tensor in node.inputs:
                place = self.consumers.place(tensor)
                if isinstance(place, str) or not part.start <= place[0] < part.end:
                    self.connect(place, tensor.spec, box)

    def connect(self, place: Place, spec: TensorSpec, target: Box) -> None:
        """An edge to a box from the one that makes a tensor, through the borders of the boxes that they stand in."""
        if isinstance(place, str):
            source: Box | None = self.owners_of_inputs[place]
        else:
            place = (self.stand_in[place[0]], place[1])
            source = self.owners[place[0]]
        assert source is not None
        sources, targets = list(_ways_out(source)), list(_ways_out(target))
        common = next(box for box in sources[1:] if box in targets[1:])
        shown = spec if isinstance(place, str) else self.graph.nodes[place[0]].outputs[place[1]]
        for inner, outer in pairwise(sources):
            if inner.part is not None and inner.part.times > 1:
                shown = spec  # what leaves the last iteration, in place of the first, which is drawn
            inner.made.setdefault(place, shown)
            if outer is common:
                break
            outer.edges[inner, None, place] = None
        for inner, outer in pairwise(targets):
            inner.given.setdefault(place, spec)
            if outer is common:
                break
            outer.edges[None, inner, place] = None
        common.edges[sources[sources.index(common) - 1], targets[targets.index(common) - 1], place] = None


def _ways_out(box: Box | None) -> Iterator[Box]:
    while box is not None:
        yield box
        box = box.above
