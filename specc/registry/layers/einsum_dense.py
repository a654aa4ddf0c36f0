"""A fully connected layer whose sums are written as an equation."""

import re
from typing import Annotated

from specc.graph import Shape, TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_floats
from specc.registry.types import Activation, Constraint, Initializer, Plain, Regularizer

OutputShape = Annotated[
    int | tuple[int | None, ...],
    Plain(
        {"type": ["integer", "array"], "minimum": 1, "items": {"type": ["integer", "null"], "minimum": 1}, "minItems": 1},
        lambda value: int(value) if isinstance(value, (int, float)) else tuple(None if size is None else int(size) for size in value),
    ),
]


class EinsumDense(Params):
    """Sums of products of the input and a kernel, as an Einstein summation says.

    Input shape: (batch, ...)
    Output shape: (batch, *output_shape), with the axes for which `...` stands before or after it
    """

    equation: str = param(
        "Axes of the input, the kernel and the output, a letter each: `abc,cd->abd`; `...` stands for further axes of input and output.",
        pattern=r"^(\.\.\.[a-zA-Z]+,[a-zA-Z]+->\.\.\.[a-zA-Z]+|[a-zA-Z]+,[a-zA-Z]+->[a-zA-Z]+|[a-zA-Z]{2,}\.\.\.,[a-zA-Z]+->[a-zA-Z]+\.\.\.)$",
    )
    output_shape: OutputShape = param("Size of each axis of the output but the batch and what `...` stands for; none where it is unknown.")
    activation: Activation | None = param("Function applied to the output.", default=None)
    bias_axes: str | None = param(
        "Letters of the output along which the bias differs; none for no bias.", default=None, pattern="^[a-zA-Z]+$"
    )
    kernel_initializer: Initializer = param("Initial kernel.", default="glorot_uniform")
    bias_initializer: Initializer = param("Initial bias.", default="zeros")
    kernel_regularizer: Regularizer = param("Penalty on the kernel.", default=None)
    bias_regularizer: Regularizer = param("Penalty on the bias.", default=None)
    kernel_constraint: Constraint = param("Projection of the kernel after each update.", default=None)
    bias_constraint: Constraint = param("Projection of the bias after each update.", default=None)


@layer(
    "einsum_dense",
    keras="keras.layers.EinsumDense",
    examples=[
        example((16,), equation="ab,bc->ac", output_shape=8, bias_axes="c"),
        example((None, 16), equation="abc,cd->abd", output_shape=[None, 8], bias_axes="d", activation="relu"),
        example((5, 16), equation="...x,xy->...y", output_shape=8),
        example((5, 5, 16), equation="...x,xy->...y", output_shape=8, bias_axes="y"),
        example((6, 16), equation="abc,cde->abde", output_shape=[6, 2, 4], bias_axes="de", kernel_initializer="he_normal"),
        example((6, 5, 4), equation="ab...,bc->ac...", output_shape=[7], bias_axes="c"),
    ],
)
def einsum_dense(p: EinsumDense, inputs: TensorSpec) -> Facts:
    require_floats("einsum_dense", inputs)
    of_input, of_kernel, of_output = _letters(p, inputs)
    rest = _elided(p, inputs, of_input)
    partial = (p.output_shape,) if isinstance(p.output_shape, int) else p.output_shape
    leading = p.equation.startswith("...")
    if len(partial) != len(of_output) - (not leading):
        raise _wrong(f"`output_shape` of `einsum_dense` has {len(partial)} sizes, but the output has axes `{of_output}`", "output_shape")
    output: Shape = (*rest, *partial) if leading else (inputs.shape[0], *partial, *rest)
    sizes = dict(zip(of_input, inputs.shape[len(rest) :] if leading else inputs.shape, strict=False))
    for letter, size in zip(of_output, output[len(rest) :] if leading else output, strict=False):
        if letter in sizes and size is not None and size != sizes[letter]:
            raise _wrong(
                f"`output_shape` of `einsum_dense` gives `{letter}` the size {size}, but in {inputs} it is {sizes[letter]}", "output_shape"
            )
    # The kernel's size follows the output's, where both have the axis; costs follow whatever is known.
    axes = {**sizes, **dict(zip(of_output, output[len(rest) :] if leading else output, strict=False))}
    kernel = Weight("kernel", _known(of_kernel, axes))
    bias = [] if p.bias_axes is None else [Weight("bias", _bias_shape(p, of_output, axes, 0 if leading else len(rest)))]
    batch = of_input[0] if not leading else ""
    summed = (sizes.get(letter, axes[letter]) for letter in dict.fromkeys(of_input + of_kernel) if letter != batch)
    macs = product((*summed, *(rest[1:] if leading else rest)))
    return Facts(TensorSpec(output), [kernel, *bias], macs)


def _letters(p: EinsumDense, inputs: TensorSpec) -> tuple[str, str, str]:
    """The letters of input, kernel and output. Raises E0305 where one of them comes from nowhere, or stands twice in a term."""
    of_input, of_kernel, of_output = re.split(",|->", p.equation.replace("...", ""))
    for term in (of_input, of_kernel, of_output):
        if len(set(term)) < len(term):
            raise _wrong(f"`{p.equation}` of `einsum_dense` has a letter twice in `{term}`", "equation")
    for letters, given, what in (
        (of_output, of_input + of_kernel, "input or kernel"),
        (of_kernel, of_input + of_output, "input or output"),
    ):
        for letter in letters:
            if letter not in given:
                raise _wrong(f"`{letter}` in `{p.equation}` of `einsum_dense` is no axis of {what}", "equation")
    if not p.equation.startswith("...") and (of_input[0] != of_output[0] or of_input[0] in of_kernel):
        raise _wrong(f"the batch must come first in input and output of `{p.equation}`, and not be in the kernel", "equation")
    return of_input, of_kernel, of_output


def _elided(p: EinsumDense, inputs: TensorSpec, of_input: str) -> Shape:
    """Sizes of the axes for which `...` stands. Raises E0301 where the rank does not fit the equation."""
    count = inputs.rank - len(of_input)
    if count < 0 or (count > 0 and "..." not in p.equation) or (count == 0 and p.equation.startswith("...")):
        raise Mismatch(
            "E0301", f"`einsum_dense` takes {_axes(p)} by `{p.equation}`, but got {inputs} of rank {inputs.rank}", argument="equation"
        )
    if not p.equation.startswith("..."):
        return inputs.shape[len(of_input) :]
    inner = inputs.shape[1:count]
    if inner != inner[::-1]:
        # Keras 3.15 promises them in reversed order, and makes them in the right one.
        raise Mismatch(
            "E0305",
            f"`...` of `{p.equation}` stands for axes of different sizes, {inner}, which Keras turns round in `einsum_dense`",
            help="write a letter for each of them",
            argument="equation",
        )
    return inputs.shape[:count]


def _axes(p: EinsumDense) -> str:
    term = p.equation.split(",")[0]
    count = len(term.replace("...", ""))
    if term.startswith("..."):
        return f"rank {count + 1} or more"
    return f"rank {count} or more" if term.endswith("...") else f"rank {count}"


def _bias_shape(p: EinsumDense, of_output: str, sizes: dict[str, int | None], elided: int) -> tuple[int, ...]:
    """From the first of the bias's axes to the end of the output, 1 where it is not one of them."""
    assert p.bias_axes is not None
    for letter in p.bias_axes:
        if letter not in of_output:
            raise _wrong(f"`{letter}` in `bias_axes` of `einsum_dense` is no axis of the output, `{of_output}`", "bias_axes")
    first = min(of_output.index(letter) for letter in p.bias_axes)
    spread = {**sizes, **{letter: 1 for letter in of_output if letter not in p.bias_axes}}
    return (*_known(of_output[first:], spread), *(1,) * elided)


def _known(letters: str, sizes: dict[str, int | None]) -> tuple[int, ...]:
    shape: list[int] = []
    for letter in letters:
        size = sizes[letter]
        if size is None:
            raise Mismatch(
                "E0304", f"`einsum_dense` needs to know the size of axis `{letter}`", help="give it in `output_shape` or `inputs`"
            )
        shape.append(size)
    return tuple(shape)


def _wrong(message: str, argument: str) -> Mismatch:
    return Mismatch("E0305", message, argument=argument)
