"""What the tests of drawings share: the specs that are drawn, and drawings laid out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import dedent, indent

import pytest

from specc import language
from specc.drawing.hierarchy import tree
from specc.drawing.layout import Figure, figure
from specc.drawing.page import in_columns
from specc.drawing.wiring import boxes
from specc.graph import Graph
from specc.zoo import zoo

# What the zoo has not: several inputs and outputs, a tensor around many boxes, weights shared, a pyramid, heads side by side.
TRANSLATION = """\
specc: 1
name: translation
inputs:
  source: {shape: [32], dtype: int32}
  target: {shape: [32], dtype: int32}
blocks:
  decoder:
    inputs: [sequence, memory]
    layers:
      - skip:
          - multi_head_attention: {num_heads: 4, key_dim: 8}
            from: {query: x, value: x}
        from: sequence
      - layer_normalization
      - skip:
          - multi_head_attention: {num_heads: 4, key_dim: 8}
            from: {query: x, value: memory}
      - layer_normalization
layers:
  - embedding: {input_dim: 1000, output_dim: 32}
    from: source
    name: tokens
  - transformer_encoder: {heads: 4}
    repeat: 6
    name: encoder
  - share: tokens
    from: target
  - decoder:
    from: {sequence: x, memory: encoder}
    repeat: 6
    name: decoders
heads:
  logits: {dense: 1000}
"""
PYRAMID = """\
specc: 1
name: pyramid
inputs: {image: [64, 64, 3]}
blocks:
  head:
    layers:
      - conv2d: {filters: 8, kernel_size: 3, padding: same}
        name: shared
      - conv2d: {filters: 3, kernel_size: 1}
        name: scores
      - conv2d: {filters: 12, kernel_size: 1}
        from: shared
        name: offsets
    outputs: {scores: scores, offsets: offsets}
layers:
  - layers:
      - conv2d: {filters: =8 * 2 ** stage, kernel_size: 3, strides: 2, padding: same}
      - batch_normalization
    repeat: 4
    index: stage
    name: stage
  - conv2d: {filters: 8, kernel_size: 1}
    from: =level
    repeat: =stage[::-1]
    as: level
    name: lateral
  - from: lateral/0
  - layers:
      - up_sampling2d: 2
      - add:
        from: [=side, x]
    repeat: =lateral[1:]
    as: side
    name: merged
  - head:
    each: [lateral/0, merged/*]
    name: head
heads:
  scores: {from: [head/*/scores]}
  offsets: {from: [head/*/offsets]}
"""
OWN = {"translation": TRANSLATION, "pyramid": PYRAMID}
SYSTEMS = Path(__file__).parent.parent / "language" / "dogfood"  # of these the ones with most edges
NAMES = (*zoo(), *OWN, "ssd300_vgg16", "mask_rcnn_resnet50_fpn")


@cache
def graph_of(name: str) -> Graph:
    """The graph that training runs, which mostly has more."""
    if name in OWN:
        return language.loads(OWN[name]).graph()
    return language.load(name if name in zoo() else SYSTEMS / f"{name}.yaml").graph(training=True)


def laid_out(graph: Graph, depth: int) -> Figure:
    root, stand_in = tree(graph)
    return in_columns(figure(boxes(graph, root, stand_in, depth), graph))


@cache
def drawing_of(name: str, depth: int) -> Figure:
    return laid_out(graph_of(name), depth)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """The name of each spec that is drawn."""
    return str(request.param)


@pytest.fixture
def graph(name: str) -> Graph:
    return graph_of(name)


@pytest.fixture
def drawings(name: str) -> tuple[Figure, ...]:
    """Each spec, laid out to some depths."""
    return tuple(drawing_of(name, depth) for depth in (1, 2, 100))


@pytest.fixture
def figures(drawings: tuple[Figure, ...]) -> tuple[Figure, ...]:
    """What is open in them: the whole, and every open box."""
    return tuple(figure for drawing in drawings for figure in drawing.opened())


@pytest.fixture
def lay() -> Callable[..., Figure]:
    """The layers of a spec on an image, laid out: `lay("- conv2d: ...", depth=2)`."""

    def made(layers: str, depth: int = 100, blocks: str = "{}") -> Figure:
        text = f"specc: 1\nname: own\ninputs: {{image: [8, 8, 4]}}\nblocks: {blocks}\nlayers:\n{indent(dedent(layers), '  ')}"
        return laid_out(language.loads(text).graph(), depth)

    return made
