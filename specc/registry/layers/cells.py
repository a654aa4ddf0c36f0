"""One step of a recurrence: what `rnn` runs over a sequence, and what the recurrent layers are made of."""

from collections.abc import Sequence
from typing import Literal

from specc.graph import KerasCall, TensorSpec, Weight
from specc.registry.entry import Choice, Facts, Mismatch, Params, example, inner_call, layer, param
from specc.registry.layers.checks import known
from specc.registry.types import Activation, Cell, Constraint, Initializer, Regularizer

INITIALIZERS = "kernel_initializer recurrent_initializer bias_initializer"
REGULARIZERS = "kernel_regularizer recurrent_regularizer bias_regularizer"
CONSTRAINTS = "kernel_constraint recurrent_constraint bias_constraint"
DROPOUT = "dropout recurrent_dropout"
RETURNS = "return_sequences return_state go_backwards"


class Recurrence(Params):
    """What recurrent layers and cells are made with. `arguments` names, in Keras's order, what a word has of it."""

    activation: Activation | None = param(
        "Function that makes the output and the candidate of the state; none for the identity.", default="tanh"
    )
    recurrent_activation: Activation | None = param("Function of the gates; none for the identity.", default="sigmoid")
    use_bias: bool = param("Whether a bias is added.", default=True)
    kernel_initializer: Initializer = param("Initial kernel, which the input is multiplied by.", default="glorot_uniform")
    recurrent_initializer: Initializer = param("Initial recurrent kernel, which the state is multiplied by.", default="orthogonal")
    bias_initializer: Initializer = param("Initial bias.", default="zeros")
    unit_forget_bias: bool = param("Whether the forget gate's bias begins at 1, so that the state is kept at first.", default=True)
    kernel_regularizer: Regularizer = param("Penalty on the kernel.", default=None)
    recurrent_regularizer: Regularizer = param("Penalty on the recurrent kernel.", default=None)
    bias_regularizer: Regularizer = param("Penalty on the bias.", default=None)
    activity_regularizer: Regularizer = param("Penalty on the output.", default=None)
    kernel_constraint: Constraint = param("Projection of the kernel after each update.", default=None)
    recurrent_constraint: Constraint = param("Projection of the recurrent kernel after each update.", default=None)
    bias_constraint: Constraint = param("Projection of the bias after each update.", default=None)
    dropout: float = param("Share of the inputs that is dropped while learning, the same at every step.", default=0.0, minimum=0, maximum=1)
    recurrent_dropout: float = param("Share of the state that is dropped while learning.", default=0.0, minimum=0, maximum=1)
    reset_after: bool = param("Whether the reset gate comes after the product with the recurrent kernel, as cuDNN has it.", default=True)
    seed: int | None = param("Makes dropout repeatable; none draws from the global generator.", default=None)
    return_sequences: bool = param("Whether the output is that of every step, not of the last alone.", default=False)
    return_state: bool = param("Whether the last state is an output as well: `state_h`, and what else the cell carries.", default=False)
    go_backwards: bool = param("Whether the sequence is read from its end; the output is in the order of reading.", default=False)
    unroll: bool = param("Whether the steps are written out, not looped over: faster for short sequences, at more memory.", default=False)
    # `true` would make the same spec fail on a machine without a GPU.
    use_cudnn: Literal["auto", False] = param("Whether a GPU may run it in cuDNN's own kernel, which XLA cannot compile.", default="auto")
    zero_output_for_mask: bool = param("Whether the output of a masked step is zeros, not that of the step before.", default=False)

    def __init_subclass__(cls, arguments: str = "") -> None:
        super().__init_subclass__()
        if arguments:
            cls.parameters = {name: cls.parameters[name] for name in arguments.split()}


class SimpleRNNCell(Recurrence, arguments=f"units activation use_bias {INITIALIZERS} {REGULARIZERS} {CONSTRAINTS} {DROPOUT} seed"):
    """One step of a plain recurrence: `h' = tanh(x W + h U + b)`.

    Input shape: (batch, features)
    Output shape: (batch, units); the state is `state_h`
    """

    units: int = param("Size of the output and the state.", minimum=1)


class LSTMCell(
    Recurrence,
    arguments=f"units activation recurrent_activation use_bias {INITIALIZERS} unit_forget_bias {REGULARIZERS} {CONSTRAINTS} {DROPOUT} seed",
):
    """One step of long short-term memory: a state `c` that gates write to and forget, and an output `h` read from it.

    Input shape: (batch, features)
    Output shape: (batch, units); the states are `state_h` and `state_c`
    Reference: Hochreiter and Schmidhuber, Long short-term memory, 1997.
    """

    units: int = param("Size of the output and of each state.", minimum=1)


class GRUCell(
    Recurrence,
    arguments=f"units activation recurrent_activation use_bias {INITIALIZERS} {REGULARIZERS} {CONSTRAINTS} {DROPOUT} reset_after seed",
):
    """One step of a gated recurrent unit: a gate decides what of the state is replaced.

    Input shape: (batch, features)
    Output shape: (batch, units); the state is `state_h`
    Reference: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014, https://arxiv.org/abs/1406.1078
    """

    units: int = param("Size of the output and the state.", minimum=1)


class StackedRNNCells(Params):
    """Cells above each other as one: the output of each is the input of the next.

    Input shape: (batch, features)
    Output shape: that of the last cell; the states are those of every cell
    """

    cells: list[Cell] = param("The cells, the lowest first.")


@layer(
    "simple_rnn_cell",
    family="cell",
    keras="keras.layers.SimpleRNNCell",
    examples=[example((3,), units=4), example((3,), units=4, activation="relu", use_bias=False, kernel_regularizer="l2")],
)
def simple_rnn_cell(p: SimpleRNNCell, inputs: TensorSpec) -> Facts:
    return gated("simple_rnn_cell", p.units, 1, inputs, (p.units,) if p.use_bias else None)


@layer(
    "lstm_cell",
    family="cell",
    keras="keras.layers.LSTMCell",
    examples=[example((3,), units=4), example((3,), units=4, unit_forget_bias=False, recurrent_dropout=0.2, recurrent_initializer="zeros")],
)
def lstm_cell(p: LSTMCell, inputs: TensorSpec) -> Facts:
    return gated("lstm_cell", p.units, 4, inputs, (4 * p.units,) if p.use_bias else None, ("state_h", "state_c"))


@layer(
    "gru_cell",
    family="cell",
    keras="keras.layers.GRUCell",
    examples=[example((3,), units=4), example((3,), units=4, reset_after=False, dropout=0.1, seed=1)],
)
def gru_cell(p: GRUCell, inputs: TensorSpec) -> Facts:
    return gated("gru_cell", p.units, 3, inputs, gru_bias(p.units, p.reset_after) if p.use_bias else None)


def _stacked(p: StackedRNNCells) -> KerasCall:
    return stack_call(p.cells)


@layer(
    "stacked_rnn_cells",
    family="cell",
    keras="keras.layers.StackedRNNCells",
    lower=_stacked,
    examples=[
        example((3,), cells=[{"gru_cell": {"units": 4}}, {"gru_cell": {"units": 2}}]),
        example((3,), cells=[{"lstm_cell": {"units": 4}}, {"simple_rnn_cell": {"units": 2}}]),
    ],
)
def stacked_rnn_cells(p: StackedRNNCells, inputs: TensorSpec) -> Facts:
    return stack_step("stacked_rnn_cells", p.cells, inputs)


def gru_bias(units: int, reset_after: bool) -> tuple[int, ...]:
    """Shape of the bias: with the reset gate after the product, input and state have each their own."""
    return (2, 3 * units) if reset_after else (3 * units,)


def gated(
    word: str, units: int, gates: int, inputs: TensorSpec, bias: tuple[int, ...] | None, states: Sequence[str] = ("state_h",)
) -> Facts:
    """One step: every gate is one product with the input and one with the state."""
    kernel = Weight("kernel", (known(word, inputs, -1, "input features"), gates * units))
    recurrent = Weight("recurrent_kernel", (units, gates * units))
    output = TensorSpec((inputs.shape[0], units))
    weights = [kernel, recurrent, *([Weight("bias", bias)] if bias is not None else [])]
    return Facts(output, weights, kernel.size + recurrent.size, dict.fromkeys(states, output))


def names_of(cells: Sequence[Choice]) -> list[str]:
    """Names of cells in a stack: their words, numbered where one stands twice."""
    counts: dict[str, int] = {}
    names = []
    for cell in cells:
        count = counts[cell.name] = counts.get(cell.name, -1) + 1
        names.append(f"{cell.name}_{count}" if count else cell.name)
    return names


def stack_call(cells: Sequence[Choice]) -> KerasCall:
    """Cells as one."""
    made = [inner_call(cell, name) for cell, name in zip(cells, names_of(cells), strict=True)]
    return KerasCall("keras.layers.StackedRNNCells", (made,))


def stack_step(word: str, cells: Sequence[Choice], inputs: TensorSpec) -> Facts:
    """One step of a stack. Its states are those of the cells, numbered; a cell of several states has a list of its own in Keras."""
    if not cells:
        raise Mismatch("E0305", f"`{word}` needs at least one cell", argument="cells" if word == "stacked_rnn_cells" else "cell")
    x, macs = inputs, 0
    weights: list[Weight] = []
    states: dict[str, TensorSpec] = {}
    for position, (cell, name) in enumerate(zip(cells, names_of(cells), strict=True)):
        assert cell.entry.infer is not None
        facts = cell.entry.infer(cell.params, x)
        assert isinstance(facts.output, TensorSpec)
        x, macs = facts.output, macs + (facts.macs or 0)
        weights += facts.weights_below(name)
        parts = list(facts.extras.values())
        names = [f"state_{position}"] if len(parts) == 1 else [f"state_{position}/{part.removeprefix('state_')}" for part in facts.extras]
        states.update(zip(names, parts, strict=True))
    return Facts(x, weights, macs, states)
