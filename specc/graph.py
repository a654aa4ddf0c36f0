"""The compiled network: tensors, the layers that own weights, and their applications.

Everything here is known without TensorFlow. Shapes carry the batch first; `None` is a size not known before running.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from specc.diagnostics import Span

Shape = tuple[int | None, ...]

BYTES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "float16": 2, "bfloat16": 2, "int32": 4, "uint32": 4, "float32": 4, "int64": 8,
    "float64": 8,
}  # fmt: skip


def product(sizes: Shape) -> int | None:
    """The product of sizes; None where one of them is unknown."""
    return None if None in sizes else math.prod(sizes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape, batch included, and dtype of a tensor."""

    shape: Shape
    dtype: str = "float32"

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def channels(self) -> int | None:
        return self.shape[-1]

    @property
    def elements(self) -> int | None:
        """Values of one example, the batch left out."""
        return product(self.shape[1:])

    @property
    def bytes(self) -> int | None:
        """Memory of one example."""
        return None if self.elements is None else self.elements * BYTES[self.dtype]

    def with_shape(self, *shape: int | None) -> TensorSpec:
        return TensorSpec(shape, self.dtype)

    def __str__(self) -> str:
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"({sizes}{',' if len(self.shape) == 1 else ''})" + ("" if self.dtype == "float32" else f" {self.dtype}")


@dataclass(frozen=True, slots=True)
class Weight:
    """A variable of a layer. `name` is Keras's path below the layer: `kernel`, `query/kernel`."""

    name: str
    shape: tuple[int, ...]
    trainable: bool = True

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class KerasCall:
    """What a layer, an operation or an object of Keras is made by. `build` calls it, `emit` prints it.

    Arguments are JSON values, tuples, or further calls.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_operation(self) -> bool:
        """A function of `keras.ops`, applied to tensors directly, in place of a layer that is made first."""
        return self.target.startswith("keras.ops.")

    @property
    def tensors_last(self) -> bool:
        """Whether an operation takes its tensors one by one, after its arguments: `einsum("ij,jk->ik", a, b)`."""
        return self.target == "keras.ops.einsum"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a node comes from: its step, and the blocks and repeats that led there, outermost first."""

    span: Span
    chain: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, eq=False)
class Layer:
    """Owns weights. Its path is the path of the step that made it; equal paths are equal weights."""

    path: str
    word: str
    call: KerasCall
    weights: tuple[Weight, ...]
    trainable: bool = True

    @property
    def name(self) -> str:
        """The name in Keras, which refuses `/`."""
        return self.path.replace("/", "-")

    @property
    def parameters(self) -> int:
        return sum(weight.size for weight in self.weights)

    @property
    def trainable_parameters(self) -> int:
        return sum(weight.size for weight in self.weights if weight.trainable) if self.trainable else 0


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """An output of a node, or an input of the model (then `node` is None and `name` is the input's)."""

    spec: TensorSpec
    node: Node | None
    index: int = 0
    name: str = ""


Argument = Tensor | tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """One application of a layer.

    `arguments` are the call's tensors by the name of the call argument, the first one passed by position;
    `options` are its other call arguments. Where `outputs` has several, the call returns a sequence.
    """

    path: str
    layer: Layer
    arguments: Mapping[str, Argument] = field(repr=False)  # ways through a graph are too many to print
    options: Mapping[str, Any]
    outputs: tuple[TensorSpec, ...]
    macs: int | None
    origin: Origin
    returns_sequence: bool = False

    @property
    def inputs(self) -> Iterator[Tensor]:
        for argument in self.arguments.values():
            if isinstance(argument, Tensor):
                yield argument
            else:
                yield from argument

    @property
    def activation_bytes(self) -> int | None:
        """Memory of the outputs for one example."""
        sizes = [output.bytes for output in self.outputs]
        return None if None in sizes else sum(sizes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Group:
    """A step that others stand in: their paths begin with its own.

    `kind` is what it is written as (`block`, `model`, `layers`, `skip`, `parallel`, `branch`, `repeat`, `each`);
    `word` is the block's or the model's name, `params` are a block's values.
    """

    kind: str
    word: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Graph:
    """A network: inputs, nodes in the order of the spec, outputs by name, and the groups that nodes stand in, by path.

    `dropped` are the nodes on which no output depends: they are not built. `switched_off` are the heads that are declared
    and not in this graph.
    """

    name: str
    inputs: Mapping[str, Tensor]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, Argument]
    training: bool = False
    groups: Mapping[str, Group] = field(default_factory=dict)
    dropped: tuple[Node, ...] = ()
    switched_off: frozenset[str] = frozenset()

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Every layer once, in the order of first use."""
        return tuple({node.layer: None for node in self.nodes})

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def trainable_parameters(self) -> int:
        return sum(layer.trainable_parameters for layer in self.layers)

    @property
    def macs(self) -> int | None:
        """Multiply-adds for one example."""
        counts = [node.macs for node in self.nodes]
        return None if None in counts else sum(counts)  # type: ignore[arg-type]

    @property
    def activation_bytes(self) -> int | None:
        """Memory of every node's output for one example: what back-propagation keeps."""
        sizes = [node.activation_bytes for node in self.nodes]
        return None if None in sizes else sum(sizes)  # type: ignore[arg-type]
