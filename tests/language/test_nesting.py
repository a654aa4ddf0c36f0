"""Layers as arguments of layers: how they are written, what they are checked against, what reaches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from specc import language
from specc.diagnostics import Source
from specc.graph import Graph
from specc.language.editor_schema import editor_schema
from specc.language.schema import document_schema
from specc.language.syntax import parse, plain_value
from specc.language.vocabulary import Vocabulary

VIDEO = "inputs: {video: [5, 8, 8, 3]}\n"
SENTENCE = "inputs: {sentence: [7, 4]}\n"


def weights(graph: Graph) -> list[tuple[str, tuple[int, ...]]]:
    return [(f"{layer.path}/{weight.name}", weight.shape) for layer in graph.layers for weight in layer.weights]


@pytest.mark.parametrize(
    "written",
    [
        "time_distributed: {layer: {conv2d: {filters: 4, kernel_size: 3}}}",
        "time_distributed: {conv2d: {filters: 4, kernel_size: 3}}",
        "time_distributed: {layer: {conv2d: {filters: =n, kernel_size: [3, =n - 1]}}}",
        "time_distributed: {layer: =inner}",
    ],
)
def test_what_is_known_comes_from_the_layer_inside(written: str, graph: Callable[..., Graph]) -> None:
    inner = "inner: {type: object, default: {conv2d: {filters: 4, kernel_size: 3}}}"
    made = graph(f"params: {{n: 4, {inner}}}\n{VIDEO}layers:\n  - {written}\n    name: steps\n")
    assert made.nodes[0].outputs[0].shape == (None, 5, 6, 6, 4)
    assert weights(made) == [("steps/conv2d/kernel", (3, 3, 3, 4)), ("steps/conv2d/bias", (4,))]
    assert made.macs == 5 * 36 * 27 * 4


@pytest.mark.parametrize("written", ["bidirectional: {layer: {lstm: 3}}", "bidirectional: {lstm: {units: 3}}", "bidirectional: lstm"])
def test_a_layer_alone_is_the_first_argument(written: str, graph: Callable[..., Graph]) -> None:
    made = graph(f"defaults: {{lstm: {{units: 3}}}}\n{SENTENCE}layers:\n  - {written}\n")
    assert made.nodes[0].outputs[0].shape == (None, 6)
    assert [name for name, _ in weights(made)][::3] == [
        "bidirectional/forward_lstm/lstm_cell/kernel",
        "bidirectional/backward_lstm/lstm_cell/kernel",
    ]


@pytest.mark.parametrize("written", ["lstm_cell: 3", "cell: {lstm_cell: 3}", "cell: [{lstm_cell: {units: 3}}]"])
def test_one_cell_stands_for_a_list_of_one(written: str, graph: Callable[..., Graph]) -> None:
    made = graph(f"{SENTENCE}layers:\n  - rnn: {{{written}}}\n")
    assert weights(made)[0] == ("rnn/lstm_cell/kernel", (4, 12))
    assert made.macs == 7 * 4 * 3 * (4 + 3)


def test_cells_of_one_word_are_numbered(graph: Callable[..., Graph]) -> None:
    made = graph(f"{SENTENCE}layers:\n  - rnn: {{cell: [{{gru_cell: 3}}, {{gru_cell: 2}}]}}\n")
    assert [name for name, _ in weights(made)][::3] == ["rnn/stacked_rnn_cells/gru_cell/kernel", "rnn/stacked_rnn_cells/gru_cell_1/kernel"]


def test_defaults_reach_the_layers_inside(graph: Callable[..., Graph]) -> None:
    made = graph(f"""
        params: {{wide: true}}
        defaults:
          conv2d: {{padding: same, use_bias: =not wide, filters: 6}}
          time_distributed: {{layer: {{conv2d: {{kernel_size: 5}}}}}}
        {VIDEO}
        blocks:
          own: {{layers: [{{time_distributed: {{layer: {{conv2d: {{kernel_size: 3}}}}}}}}]}}
        layers:
          - own
          - time_distributed: {{layer: {{conv2d: {{filters: 2, kernel_size: 1}}}}}}
          - time_distributed:
    """)
    assert [node.outputs[0].shape[1:] for node in made.nodes] == [(5, 8, 8, 6), (5, 8, 8, 2), (5, 8, 8, 6)]
    assert [shape for _, shape in weights(made)] == [(3, 3, 3, 6), (1, 1, 6, 2), (5, 5, 2, 6)]


def test_states_are_outputs_with_names(graph: Callable[..., Graph]) -> None:
    made = graph(f"""
        {SENTENCE}
        layers:
          - lstm: {{units: 3, return_state: true, return_sequences: true}}
            name: memory
          - lstm: 3
            from: {{sequences: memory, initial_state: [memory/state_h, memory/state_c]}}
            name: second
          - gru: {{units: 3, return_state: true}}
            from: {{sequences: memory, initial_state: memory/state_c}}
            name: gated
        heads:
          last: {{from: second}}
          out: {{from: gated/state_h}}
          size: {{dense: =memory.state_h.channels}}
    """)
    first, second, *_ = made.nodes
    assert [spec.shape for spec in first.outputs] == [(None, 7, 3), (None, 3), (None, 3)]
    assert [tensor.index for tensor in second.inputs] == [0, 1, 2]
    assert first.macs == 7 * 4 * 3 * (4 + 3)


def test_a_resolved_spec_loads_to_the_same_network(graph: Callable[..., Graph]) -> None:
    spec = language.loads(f"specc: 1\n{SENTENCE}layers: [{{bidirectional: {{lstm: 3}}}}, {{reshape: [2, 3]}}, {{rnn: {{gru_cell: 2}}}}]\n")
    assert "bidirectional: {layer: {lstm: {units: 3}}}" in spec.text
    assert "rnn: {cell: [{gru_cell: {units: 2}}]}" in spec.text
    assert weights(language.loads(spec.text).graph()) == weights(spec.graph())


@pytest.mark.parametrize(
    ("step", "message", "help", "marked"),
    [
        ("time_distributed: {layer: {conv2: {filters: 4}}}", "E0106: unknown layer `conv2`", "did you mean `conv2d`?", "conv2"),
        ("time_distributed: {layer: {dense: {unit: 4}}}", "E0108: `dense` has no `unit`", "did you mean `units`?", "unit"),
        ("time_distributed: {layer: {dense: {units: x}}}", "E0103: `units` of `dense` must be an integer, not the string `x`", None, "x"),
        ("time_distributed: {layer: {dense: {units: =0}}}", "E0104: `units` of `dense` must be at least 1, not 0", None, "=0"),
        ("time_distributed: {layer: conv2d}", "E0102: `conv2d` needs `filters` and `kernel_size`", None, "conv2d"),
        (
            "time_distributed: {layer: {dense: 3, flatten: }}",
            "E0110: `layer` of `time_distributed` takes exactly one layer, not `dense`, `flatten`",
            "keep one of them",
            "layer",
        ),
        (
            "time_distributed: {layer: {bottleneck: 3}}",
            "E0106: unknown layer `bottleneck`",
            "`bottleneck` is a block, and only a layer can stand inside a layer",
            "bottleneck",
        ),
        (
            "bidirectional: {lstm: 3, merge_mode: sum}",
            "E0108: `bidirectional` has no `lstm`",
            "a layer inside stands under `layer`: `layer: {lstm: ...}`",
            "lstm",
        ),
        ("rnn: {cell: [{gru_cel: 3}]}", "E0106: unknown cell `gru_cel`", "did you mean `gru_cell`?", "gru_cel"),
        (
            "time_distributed: {layer: {conv2d: {filters: 2, kernel_size: 30}}}",
            "E0302: inside `time_distributed`, the window of `conv2d`, 30 wide, is larger than its input, 8 wide",
            "use `padding: same`, a smaller window, or less downsampling before this step",
            "30",
        ),
        (
            "time_distributed: {time_distributed: {conv2d: {filters: 2, kernel_size: 3}}}",
            "E0301: inside `time_distributed`, inside `time_distributed`, `conv2d` takes (batch, height, width, channels), rank 4, "
            "but got (?, 8, 3) of rank 3",
            "`reshape` the input to (height, width, channels)",
            "conv2d",
        ),
        (
            "time_distributed: {layer: {concatenate: }}",
            "E0305: `time_distributed` calls its layer with one tensor, and `concatenate` takes a list of tensors",
            None,
            "concatenate",
        ),
        (
            "time_distributed: {layer: {squeeze: 2}}",
            "E0305: `time_distributed` takes a layer, and `squeeze` is a function of tensors",
            None,
            "squeeze",
        ),
        (
            "time_distributed: {layer: normalization}",
            "E0305: `normalization` inside `time_distributed` would never see the data that it takes its mean from",
            "give it `mean` and `variance`, or make it a step of its own, which is adapted before training",
            "normalization",
        ),
        (
            "bidirectional: {layer: flatten}",
            "E0305: `bidirectional` takes a recurrent layer, and `flatten` is none",
            "`lstm`, `gru`, `simple_rnn`, `rnn` and the convolutional LSTMs are",
            "flatten",
        ),
    ],
)
def test_mistakes_inside_are_told_at_their_place(step: str, message: str, help: str | None, marked: str) -> None:
    (found,) = language.check("my.yaml", text=f"specc: 1\n{VIDEO}layers:\n  - {step}\n")
    assert f"{found.code}: {found.message}" == message
    assert found.help == help
    assert found.span is not None
    assert found.span.source.line(found.span.line)[found.span.column - 1 : found.span.end_column - 1] == marked


def test_the_checkers_schema_knows_only_the_layers_that_are_used() -> None:
    used = ["time_distributed", "dense", "relu"]
    definitions = document_schema(Vocabulary(), used, (), {})["$defs"]
    assert sorted(definitions["layer"]["properties"]) == sorted(used)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("conv2d:", "convd2d:"), ("filters", "fitlers"), ("gru_cell", "gru_cel"), ("units", "unit"), ("merge_mode", "merge")],
)
def test_an_editor_completes_and_flags_inside(right: str, wrong: str) -> None:
    text = """
specc: 1
inputs: {video: [5, 8, 8, 3]}
layers:
  - time_distributed: {layer: {time_distributed: {layer: {conv2d: {filters: 4, kernel_size: 3}}}}}
  - bidirectional: {layer: {lstm: {units: 3}}, merge_mode: sum}
  - rnn: {cell: [{gru_cell: 3}, lstm_cell]}
  - time_distributed: flatten
"""
    validator: Any = Draft202012Validator(editor_schema())

    def errors(written: str) -> list[Any]:
        return list(validator.iter_errors(plain_value(parse(Source("my.yaml", written)))))

    assert errors(text) == []
    assert errors(text.replace(right, wrong))
