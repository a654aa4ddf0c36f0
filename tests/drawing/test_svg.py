"""The file itself: XML that every viewer reads, the same each time, and nothing of a spec's in it but text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from specc import language
from specc.diagnostics import Source, Span
from specc.drawing import draw, text
from specc.graph import Graph, Group, KerasCall, Layer, Node, Origin, Tensor, TensorSpec, Weight

TAGS = {"svg", "title", "desc", "g", "rect", "circle", "path", "text", "tspan"}
ATTRIBUTES = {
    "width", "height", "viewBox", "role", "font-family", "x", "y", "rx", "fill", "stroke", "stroke-width", "opacity", "d", "cx", "cy", "r",
    "font-size", "font-weight", "textLength", "lengthAdjust", "{http://www.w3.org/XML/1998/namespace}space",
}  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert('x')</script><a href=\"javascript:x\" onload='y'>&amp;\x00\x1b]]>\ud800"


def test_well_formed_and_within_its_bounds(graph: Graph) -> None:
    root = ET.fromstring(draw(graph))
    width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
    assert root.attrib["role"] == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == graph.name
    assert root[1].tag == f"{SVG}desc"
    for each in root.iter(f"{SVG}text"):
        assert float(each.attrib["x"]) >= 20
        assert float(each.attrib["x"]) + float(each.attrib["textLength"]) <= width - 20
        assert float(each.attrib["y"]) <= height - 10
    for each in root.iter(f"{SVG}rect"):
        assert float(each.attrib["x"]) >= 0
        assert float(each.attrib["x"]) + float(each.attrib["width"]) <= width
        assert float(each.attrib["y"]) >= 0
        assert float(each.attrib["y"]) + float(each.attrib["height"]) <= height


def test_nothing_is_run_or_fetched(graph: Graph) -> None:
    drawing = draw(graph)
    assert "<script" not in drawing
    assert set(re.findall(r"[a-z]+://[^\"]*", drawing)) == {"http://www.w3.org/2000/svg"}
    assert {each.tag.removeprefix(SVG) for each in ET.fromstring(drawing).iter()} <= TAGS


def hostile() -> Graph:
    """A graph whose every name is an attack."""
    spec = TensorSpec((None, 4))
    origin = Origin(Span(Source("x", ""), 1, 1, 1, 1))
    tensor = Tensor(spec, None, name=HOSTILE)
    image = tensor
    nodes = []
    for position in range(3):
        call = KerasCall(HOSTILE, (HOSTILE,), {HOSTILE: [HOSTILE], "activation": HOSTILE, "kernel_size": HOSTILE, "filters": HOSTILE})
        path = f"{HOSTILE}/{position}"
        nodes.append(Node(path, Layer(path, HOSTILE, call, (Weight(HOSTILE, (4,)),)), {"x": tensor}, {}, (spec,), None, origin))
        tensor = Tensor(spec, nodes[-1])
    groups = {HOSTILE: Group("block", HOSTILE, {HOSTILE: HOSTILE, "kernel_size": HOSTILE})}
    return Graph(HOSTILE, {HOSTILE: image}, tuple(nodes), {HOSTILE: tensor}, groups=groups)


@pytest.mark.parametrize("depth", [1, 9])
def test_what_stands_in_a_spec_is_only_text(depth: int) -> None:
    drawing = draw(hostile(), depth, summary=HOSTILE)
    root = ET.fromstring(drawing)
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= TAGS
    assert {name for each in root.iter() for name in each.attrib} <= ATTRIBUTES
    assert "<script" not in drawing
    assert "alert('x')" in "".join(root.itertext())
    drawing.encode("utf-8")


def test_every_box_tells_what_it_is() -> None:
    """Under the pointer: path, word and arguments, shapes, costs."""
    drawing = draw(language.load("resnet50").graph(), 100)
    notes = {note.split("\n")[0]: note for each in ET.fromstring(drawing).iter(f"{SVG}title") if (note := each.text)}
    assert notes["stage/0/unit/0/parallel/body/conv2d_1"].split("\n")[1:] == [
        "conv2d(filters=64, kernel_size=3, padding=same)",
        "(?, 56, 56, 64) → (?, 56, 56, 64)",
        "36.9 k weights, 116 M multiply-adds",
    ]
    assert notes["stage/0/unit/0/parallel"].split("\n")[1:] == ["add()", "(?, 56, 56, 256), (?, 56, 56, 256) → (?, 56, 56, 256)"]
    assert "bottleneck(filters=64, strides=1" in notes["stage/0/unit/1 and 1 more like it"]


def test_widths_are_those_of_helvetica() -> None:
    """As Adobe's font metrics (AFM) have them."""
    assert text.width("conv2d", 1000) == 500 + 556 + 556 + 500 + 556 + 556
    assert text.width("conv2d", 1000, bold=True) == 556 + 611 + 611 + 556 + 556 + 611
    assert text.width("Wi", 10) == pytest.approx(9.44 + 2.22)
    printable = {chr(code) for code in range(32, 127)}
    for widths in (text._REGULAR, text._BOLD):
        characters = "".join(widths.values())
        assert len(set(characters)) == len(characters)
        assert printable <= set(characters)


def test_long_names_are_shortened() -> None:
    graph = language.loads(
        f"specc: 1\nname: n{'a' * 90}\ninputs: {{i{'b' * 90}: [4]}}\nlayers:\n  - dense: 4\n    name: d{'c' * 90}"
    ).graph()
    root = ET.fromstring(draw(graph))
    assert float(root.attrib["width"]) < 1000
    assert any(title.text.startswith(f"d{'c' * 90}\n") for title in root.iter(f"{SVG}title") if title.text)
