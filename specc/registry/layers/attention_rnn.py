"""A recurrence that looks at a memory before every step."""

import math
from typing import Literal

from specc.graph import TensorSpec, Weight
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.cells import gated, gru_bias
from specc.registry.layers.checks import SEQUENCE, check_mask, known, require_floats, require_rank
from specc.registry.layers.recurrent import check_states


class AttentionRNN(Params):
    """A recurrence whose cell sees, beside its input, a mean of a memory, weighted by how well each place of it fits the last state.

    The gate on what was seen that Xu et al. add is left out.

    Input shape: sequence (batch, length, features), memory (batch, places, width)
    Output shape: (batch, units); with `return_sequences` (batch, length, units); with `return_state` also `state_h`, and `state_c`
        of an lstm; with `return_attention_scores` also `attention_scores` (batch, length, places)
    Reference: Bahdanau et al., Neural machine translation by jointly learning to align and translate, 2014,
        https://arxiv.org/abs/1409.0473; Xu et al., Show, attend and tell, 2015, https://arxiv.org/abs/1502.03044
    """

    units: int = param("Size of the output and of each state.", minimum=1)
    cell: Literal["simple_rnn", "lstm", "gru"] = param("The recurrence.", default="lstm")
    attention: Literal["additive", "dot", "scaled_dot"] = param(
        "How state and memory are compared: `v tanh(W s + U m)`, their product, or that divided by the root of its width.",
        default="additive",
    )
    attention_units: int | None = param(
        "Width in which they are compared; none takes `units` for `additive`, and the memory as it is for a product.",
        default=None,
        minimum=1,
    )
    return_sequences: bool = param("Whether the output is that of every step, not of the last alone.", default=False)
    return_state: bool = param("Whether the last state is an output as well.", default=False)
    return_attention_scores: bool = param("Whether the weights of the memory's places are an output as well.", default=False)


GATES = {"simple_rnn": 1, "lstm": 4, "gru": 3}


@layer(
    "attention_rnn",
    keras="specc.keras_backend.layers.attention_rnn.AttentionRNN",
    examples=[
        example((5, 3), (6, 2), units=4),
        example((5, 3), (6, 2), units=4, cell="gru", attention_units=3, return_sequences=True, return_attention_scores=True),
        example((None, 3), (None, 4), units=4, cell="simple_rnn", attention="dot", return_state=True),
        example((5, 3), (6, 2), units=4, attention="scaled_dot", attention_units=7, return_state=True, return_attention_scores=True),
        example(
            inputs={
                "sequence": (5, 3),
                "memory": (6, 2),
                "initial_state": [(4,), (4,)],
                "sequence_mask": TensorSpec((None, 5), "bool"),
                "memory_mask": TensorSpec((None, 6), "bool"),
            },
            units=4,
            return_sequences=True,
        ),
    ],
)
def attention_rnn(
    p: AttentionRNN,
    sequence: TensorSpec,
    memory: TensorSpec,
    initial_state: list[TensorSpec] | None = None,
    sequence_mask: TensorSpec | None = None,
    memory_mask: TensorSpec | None = None,
) -> Facts:
    word = "attention_rnn"
    require_rank(word, sequence, 3, SEQUENCE)
    require_rank(word, memory, 3, "batch, places, width")
    require_floats(word, sequence, memory)
    features, width = known(word, sequence, -1, "input features"), known(word, memory, -1, "channels of the memory")
    weights, each, once = _attention(p, width)
    bias = gru_bias(p.units, True) if p.cell == "gru" else (GATES[p.cell] * p.units,)
    states = ("state_h", "state_c") if p.cell == "lstm" else ("state_h",)
    step = gated(word, p.units, GATES[p.cell], TensorSpec((sequence.shape[0], features + width)), bias, states)
    check_states(word, step, initial_state)
    for name, mask, x in (("sequence_mask", sequence_mask, sequence), ("memory_mask", memory_mask, memory)):
        if mask is not None:
            check_mask(word, name, mask, x)
    (batch, length, _), places = sequence.shape, memory.shape[1]
    assert isinstance(step.output, TensorSpec)
    macs = None
    if length is not None and places is not None and step.macs is not None:
        query = p.units * _width(p) if weights else 0
        macs = places * once + length * (step.macs + query + places * (each + width))
    extras = dict(step.extras) if p.return_state else {}
    if p.return_attention_scores:
        extras["attention_scores"] = TensorSpec((batch, length, places))
    output = TensorSpec((batch, length, p.units)) if p.return_sequences else step.output
    return Facts(output, [*weights, *step.weights_below(f"attention_cell/{p.cell}_cell")], macs, extras)


def _width(p: AttentionRNN) -> int:
    return p.attention_units or p.units


def _attention(p: AttentionRNN, width: int) -> tuple[list[Weight], int, int]:
    """The weights of the comparison, and its multiply-adds a place: at every step, and once."""
    if p.attention != "additive" and p.attention_units is None:
        if width != p.units:
            raise Mismatch(
                "E0312",
                f"`attention_rnn` multiplies its state of {p.units} with a memory of {width} channels",
                help="give `attention_units`, the width in which both are compared",
                argument="units",
            )
        return [], width, 0
    shapes = {"query_kernel": (p.units, _width(p)), "memory_kernel": (width, _width(p))}
    if p.attention == "additive":
        shapes["score_kernel"] = (_width(p), 1)
    return [Weight(f"attention_cell/{name}", shape) for name, shape in shapes.items()], _width(p), math.prod(shapes["memory_kernel"])
