"""Long short-term memory whose products are convolutions: for sequences of sequences, images and volumes."""

from typing import Literal

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, example, layer, param
from specc.registry.layers.cells import CONSTRAINTS, DROPOUT, INITIALIZERS, REGULARIZERS, RETURNS, Recurrence
from specc.registry.layers.checks import known, require_floats, require_rank
from specc.registry.layers.recurrent import run
from specc.registry.layers.window import along, check_steps, positions
from specc.registry.types import Size1D, Size2D, Size3D

ARGUMENTS = (
    f"filters kernel_size strides padding dilation_rate activation recurrent_activation use_bias {INITIALIZERS} unit_forget_bias "
    f"{REGULARIZERS} activity_regularizer {CONSTRAINTS} {DROPOUT} seed {RETURNS}"
)
AXES = {1: "batch, length, size, channels", 2: "batch, length, height, width, channels", 3: "batch, length, depth, height, width, channels"}


class ConvolutionalLSTM(Recurrence):
    """What the three have in common."""

    filters: int = param("Number of channels of the output and of each state.", minimum=1)
    padding: Literal["valid", "same"] = param("Border rule for the input; the state is always padded to keep its size.", default="valid")


class ConvLSTM1D(ConvolutionalLSTM, arguments=ARGUMENTS):
    """Long short-term memory over a sequence of sequences, by 1-D convolutions.

    Input shape: (batch, length, size, channels)
    Output shape: (batch, size', filters); with `return_sequences` (batch, length, size', filters); with `return_state` also
        `state_h` and `state_c`
    Reference: Shi et al., Convolutional LSTM network, 2015, https://arxiv.org/abs/1506.04214
    """

    kernel_size: Size1D = param("Length of the window.")
    strides: Size1D = param("Step of the window over the input.", default=1)
    dilation_rate: Size1D = param("Distance between the window's taps on the input.", default=1)


class ConvLSTM2D(ConvolutionalLSTM, arguments=ARGUMENTS):
    """Long short-term memory over a sequence of images, by 2-D convolutions.

    Input shape: (batch, length, height, width, channels)
    Output shape: (batch, height', width', filters); with `return_sequences` (batch, length, height', width', filters); with
        `return_state` also `state_h` and `state_c`
    Reference: Shi et al., Convolutional LSTM network, 2015, https://arxiv.org/abs/1506.04214
    """

    kernel_size: Size2D = param("Window, one int or [height, width].")
    strides: Size2D = param("Step of the window over the input.", default=1)
    dilation_rate: Size2D = param("Distance between the window's taps on the input.", default=1)


class ConvLSTM3D(ConvolutionalLSTM, arguments=ARGUMENTS):
    """Long short-term memory over a sequence of volumes, by 3-D convolutions.

    Input shape: (batch, length, depth, height, width, channels)
    Output shape: (batch, depth', height', width', filters); with `return_sequences` (batch, length, depth', height', width',
        filters); with `return_state` also `state_h` and `state_c`
    Reference: Shi et al., Convolutional LSTM network, 2015, https://arxiv.org/abs/1506.04214
    """

    kernel_size: Size3D = param("Window, one int or [depth, height, width].")
    strides: Size3D = param("Step of the window over the input.", default=1)
    dilation_rate: Size3D = param("Distance between the window's taps on the input.", default=1)


@layer(
    "conv_lstm1d",
    keras="keras.layers.ConvLSTM1D",
    examples=[
        example((5, 9, 3), filters=4, kernel_size=3),
        example((None, 9, 3), filters=4, kernel_size=[3], strides=2, padding="same", return_sequences=True, return_state=True),
        example(inputs={"sequences": (5, 9, 3), "initial_state": [(7, 4), (7, 4)]}, filters=4, kernel_size=3, go_backwards=True),
    ],
)
def conv_lstm1d(
    p: ConvLSTM1D, sequences: TensorSpec, initial_state: list[TensorSpec] | None = None, mask: TensorSpec | None = None
) -> Facts:
    return run("conv_lstm1d", p, "conv_lstm_cell", _step("conv_lstm1d", p, sequences, 1), sequences, initial_state, mask)


@layer(
    "conv_lstm2d",
    keras="keras.layers.ConvLSTM2D",
    examples=[
        example((5, 9, 8, 3), filters=4, kernel_size=3),
        example((None, 9, 8, 3), filters=2, kernel_size=[3, 2], padding="same", strides=[1, 2], return_sequences=True, dropout=0.1),
        example((3, 9, 8, 3), filters=2, kernel_size=3, dilation_rate=2, use_bias=False, return_state=True, activation="relu"),
    ],
)
def conv_lstm2d(
    p: ConvLSTM2D, sequences: TensorSpec, initial_state: list[TensorSpec] | None = None, mask: TensorSpec | None = None
) -> Facts:
    return run("conv_lstm2d", p, "conv_lstm_cell", _step("conv_lstm2d", p, sequences, 2), sequences, initial_state, mask)


@layer(
    "conv_lstm3d",
    keras="keras.layers.ConvLSTM3D",
    examples=[
        example((3, 5, 6, 7, 2), filters=2, kernel_size=2),
        example((None, 5, 6, 7, 2), filters=2, kernel_size=[1, 2, 3], padding="same", return_sequences=True, recurrent_dropout=0.1),
    ],
)
def conv_lstm3d(
    p: ConvLSTM3D, sequences: TensorSpec, initial_state: list[TensorSpec] | None = None, mask: TensorSpec | None = None
) -> Facts:
    return run("conv_lstm3d", p, "conv_lstm_cell", _step("conv_lstm3d", p, sequences, 3), sequences, initial_state, mask)


def _step(word: str, p: ConvLSTM1D | ConvLSTM2D | ConvLSTM3D, x: TensorSpec, rank: int) -> Facts:
    """One step: the input is convolved as the window says, the state by a window of the same size that keeps its size."""
    require_rank(word, x, rank + 3, AXES[rank])
    require_floats(word, x)
    sizes = x.shape[2:-1]
    if None in sizes:
        raise Mismatch("E0304", f"`{word}` needs known sizes to make its first state, but got {x}", help="give the sizes in `inputs`")
    window, strides, dilation = along(p.kernel_size, rank), along(p.strides, rank), along(p.dilation_rate, rank)
    check_steps(word, strides, dilation)
    made = positions(word, sizes, window, strides, p.padding, dilation)
    kernel = Weight("kernel", (*window, known(word, x, -1, "input channels"), 4 * p.filters))
    recurrent = Weight("recurrent_kernel", (*window, p.filters, 4 * p.filters))
    bias = [Weight("bias", (4 * p.filters,))] if p.use_bias else []
    output = TensorSpec((x.shape[0], *made, p.filters))
    macs = (product(made) or 0) * (kernel.size + recurrent.size)
    return Facts(output, [kernel, recurrent, *bias], macs, {"state_h": output, "state_c": output})
