"""Recurrent layers: a sequence read step by step, with a state that is carried along."""

from collections.abc import Sequence

from specc.graph import KerasCall, TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, inner_call, layer, lowered, param
from specc.registry.layers.cells import (
    CONSTRAINTS,
    DROPOUT,
    INITIALIZERS,
    REGULARIZERS,
    RETURNS,
    Recurrence,
    gated,
    gru_bias,
    stack_call,
    stack_step,
)
from specc.registry.layers.checks import SEQUENCE, check_mask, require_floats, require_rank
from specc.registry.types import Cell


class SimpleRNN(
    Recurrence,
    arguments=f"units activation use_bias {INITIALIZERS} {REGULARIZERS} activity_regularizer {CONSTRAINTS} {DROPOUT} {RETURNS} unroll seed",
):
    """A plain recurrence: `h' = tanh(x W + h U + b)` at every step.

    The mask of an `embedding` with `mask_zero` comes by itself; where `initial_state` is given, Keras sees only one that is named.

    Input shape: (batch, length, features)
    Output shape: (batch, units); with `return_sequences` (batch, length, units); with `return_state` also `state_h`
    """

    units: int = param("Size of the output and the state.", minimum=1)


class LSTM(
    Recurrence,
    arguments=f"units activation recurrent_activation use_bias {INITIALIZERS} unit_forget_bias {REGULARIZERS} activity_regularizer "
    f"{CONSTRAINTS} {DROPOUT} seed {RETURNS} unroll use_cudnn",
):
    """Long short-term memory: gates write to a state and forget of it, and the output is read from it.

    The mask of an `embedding` with `mask_zero` comes by itself; where `initial_state` is given, Keras sees only one that is named.

    Input shape: (batch, length, features)
    Output shape: (batch, units); with `return_sequences` (batch, length, units); with `return_state` also `state_h` and `state_c`
    Reference: Hochreiter and Schmidhuber, Long short-term memory, 1997.
    """

    units: int = param("Size of the output and of each state.", minimum=1)


class GRU(
    Recurrence,
    arguments=f"units activation recurrent_activation use_bias {INITIALIZERS} {REGULARIZERS} activity_regularizer "
    f"{CONSTRAINTS} {DROPOUT} seed {RETURNS} unroll reset_after use_cudnn",
):
    """Gated recurrent units: at every step a gate decides what of the state is replaced.

    The mask of an `embedding` with `mask_zero` comes by itself; where `initial_state` is given, Keras sees only one that is named.

    Input shape: (batch, length, features)
    Output shape: (batch, units); with `return_sequences` (batch, length, units); with `return_state` also `state_h`
    Reference: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014, https://arxiv.org/abs/1406.1078
    """

    units: int = param("Size of the output and the state.", minimum=1)


class RNN(Recurrence, arguments=f"cell {RETURNS} unroll zero_output_for_mask"):
    """A cell, or several above each other, run over a sequence.

    The mask of an `embedding` with `mask_zero` comes by itself; where `initial_state` is given, Keras sees only one that is named.

    Input shape: (batch, length, features)
    Output shape: (batch, units); with `return_sequences` (batch, length, units); with `return_state` also the
        states of a single cell: `state_h`, and `state_c` of an `lstm_cell`
    """

    cell: list[Cell] = param("The cell; several stand above each other, the lowest first.")


@layer(
    "simple_rnn",
    keras="keras.layers.SimpleRNN",
    examples=[
        example((5, 3), units=4),
        example((None, 3), units=4, return_sequences=True, return_state=True, activation="relu", kernel_regularizer="l2"),
        example((5, 3), units=2, use_bias=False, go_backwards=True, unroll=True, recurrent_initializer="identity"),
        example(inputs={"sequences": (5, 3), "initial_state": [(4,)], "mask": TensorSpec((None, 5), "bool")}, units=4, dropout=0.1),
    ],
)
def simple_rnn(p: SimpleRNN, sequences: TensorSpec, initial_state: list[TensorSpec] | None = None, mask: TensorSpec | None = None) -> Facts:
    step = gated("simple_rnn", p.units, 1, first_step("simple_rnn", sequences), (p.units,) if p.use_bias else None)
    return run("simple_rnn", p, "simple_rnn_cell", step, sequences, initial_state, mask)


@layer(
    "lstm",
    keras="keras.layers.LSTM",
    examples=[
        example((5, 3), units=4),
        example((None, 3), units=4, return_sequences=True, return_state=True, dropout=0.1, recurrent_dropout=0.2, seed=1),
        example((5, 3), units=2, use_bias=False, unit_forget_bias=False, go_backwards=True, unroll=True, use_cudnn=False),
        example(
            (5, 3), units=2, activation=None, recurrent_activation="hard_sigmoid", bias_regularizer="l1", recurrent_constraint="max_norm"
        ),
        example(inputs={"sequences": (5, 3), "initial_state": [(4,), (4,)]}, units=4, return_sequences=True),
        example(inputs={"sequences": (5, 3), "mask": TensorSpec((None, 5), "bool")}, units=4),
    ],
)
def lstm(p: LSTM, sequences: TensorSpec, initial_state: list[TensorSpec] | None = None, mask: TensorSpec | None = None) -> Facts:
    bias = (4 * p.units,) if p.use_bias else None
    step = gated("lstm", p.units, 4, first_step("lstm", sequences), bias, ("state_h", "state_c"))
    return run("lstm", p, "lstm_cell", step, sequences, initial_state, mask)


@layer(
    "gru",
    keras="keras.layers.GRU",
    examples=[
        example((5, 3), units=4),
        example((None, 3), units=4, return_sequences=True, return_state=True, dropout=0.1),
        example((5, 3), units=4, reset_after=False, go_backwards=True, unroll=True),
        example((5, 3), units=4, use_bias=False, recurrent_dropout=0.3, use_cudnn=False, activity_regularizer="l2"),
        example(inputs={"sequences": (5, 3), "initial_state": [(4,)]}, units=4),
    ],
)
def gru(p: GRU, sequences: TensorSpec, initial_state: list[TensorSpec] | None = None, mask: TensorSpec | None = None) -> Facts:
    bias = gru_bias(p.units, p.reset_after) if p.use_bias else None
    step = gated("gru", p.units, 3, first_step("gru", sequences), bias)
    return run("gru", p, "gru_cell", step, sequences, initial_state, mask)


def _rnn_call(p: RNN) -> KerasCall:
    if len(p.cell) == 1:
        made = inner_call(p.cell[0])
    else:
        stack = stack_call(p.cell)
        made = KerasCall(stack.target, stack.args, {"name": "stacked_rnn_cells"})
    others = {name: lowered(value) for name, value in p.given().items() if name != "cell"}
    return KerasCall("keras.layers.RNN", (made,), others)


@layer(
    "rnn",
    keras="keras.layers.RNN",
    lower=_rnn_call,
    examples=[
        example((5, 3), cell=[{"lstm_cell": {"units": 4}}]),
        example((None, 3), cell=[{"gru_cell": {"units": 4}}], return_sequences=True, return_state=True, go_backwards=True),
        example((5, 3), cell=[{"lstm_cell": {"units": 4}}], return_state=True, unroll=True, zero_output_for_mask=True),
        example((5, 3), cell=[{"lstm_cell": {"units": 4}}, {"gru_cell": {"units": 2}}, {"lstm_cell": {"units": 3}}]),
        example((5, 3), cell=[{"gru_cell": {"units": 4}}, {"simple_rnn_cell": {"units": 2, "dropout": 0.1}}], return_sequences=True),
        example(
            inputs={"sequences": (5, 3), "initial_state": [(4,), (2,)]},
            cell=[{"stacked_rnn_cells": {"cells": [{"gru_cell": {"units": 4}}, {"gru_cell": {"units": 2}}]}}],
            return_sequences=True,
        ),
    ],
)
def rnn(p: RNN, sequences: TensorSpec, initial_state: list[TensorSpec] | None = None, mask: TensorSpec | None = None) -> Facts:
    first = first_step("rnn", sequences)
    if len(p.cell) == 1:
        assert p.cell[0].entry.infer is not None
        prefix, step = p.cell[0].name, p.cell[0].entry.infer(p.cell[0].params, first)
    else:
        prefix, step = "stacked_rnn_cells", stack_step("rnn", p.cell, first)
    several = len(step.extras) > 1 and next(iter(step.extras)).startswith("state_0")
    # Keras nests the states of stacked cells, and promises another nesting than it computes.
    if several and (p.return_state or (initial_state is not None and any("/" in name for name in step.extras))):
        raise Mismatch(
            "E0305",
            "the states of several cells in one `rnn` have no names",
            help="stack recurrent layers in place of cells: each has its own states, `first/state_h`",
            argument="return_state",
        )
    return run("rnn", p, prefix, step, sequences, initial_state, mask)


def first_step(word: str, sequences: TensorSpec) -> TensorSpec:
    """What the cell sees at each step. Raises E0301 unless it is a sequence of vectors."""
    require_rank(word, sequences, 3, SEQUENCE)
    require_floats(word, sequences)
    return TensorSpec((sequences.shape[0], sequences.shape[2]))


def run(
    word: str,
    p: Params,
    cell: str,
    step: Facts,
    sequences: TensorSpec,
    initial_state: Sequence[TensorSpec] | None,
    mask: TensorSpec | None,
) -> Facts:
    """Facts of a recurrence, from those of one step. `cell` is the name of the cell, under which Keras keeps the weights."""
    assert isinstance(p, Recurrence)
    assert isinstance(step.output, TensorSpec)
    length = sequences.shape[1]
    if getattr(p, "unroll", False) and length is None:
        raise Mismatch("E0304", f"`{word}` cannot unroll a sequence whose length is unknown: {sequences}", argument="unroll")
    check_states(word, step, initial_state)
    if mask is not None:
        check_mask(word, "mask", mask, sequences)
    output = TensorSpec((sequences.shape[0], length, *step.output.shape[1:])) if p.return_sequences else step.output
    macs = None if length is None or step.macs is None else length * step.macs
    return Facts(output, step.weights_below(cell), macs, step.extras if p.return_state else {})


def check_states(word: str, step: Facts, given: Sequence[TensorSpec] | None) -> None:
    """Raises Mismatch unless the states that a recurrence starts from are those of its cell."""
    if given is None:
        return
    names = ", ".join(f"`{name}`" for name in step.extras)
    if len(given) != len(step.extras):
        help = "`return_state: true` of the layer before gives the same states, `encoder/state_h` for one"
        count = len(step.extras)
        message = f"`{word}` starts from {count} state{'s' * (count > 1)}, {names}, but got {len(given)}"
        raise Mismatch("E0311", message, help=help)
    for (name, wanted), found in zip(step.extras.items(), given, strict=True):
        if wanted.rank != found.rank or any(
            None not in pair and pair[0] != pair[1] for pair in zip(wanted.shape, found.shape, strict=True)
        ):
            raise Mismatch("E0312", f"the initial `{name}` of `{word}` must be {wanted}, but is {found}")
