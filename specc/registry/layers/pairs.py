"""Functions of `keras.ops` on the values of two tensors, or of a tensor and a number. They own no weights."""

from collections.abc import Callable
from typing import Annotated

from specc.graph import KerasCall, TensorSpec
from specc.registry.entry import Entry, Facts, Mismatch, Params, example, layer, param, register
from specc.registry.layers.broadcast import stretched
from specc.registry.layers.checks import FLOATS
from specc.registry.layers.dtypes import as_float, as_number, promoted, require_numbers, with_number
from specc.registry.types import Plain

# A fraction or a whole number, as it is written: what comes out of whole numbers and a whole number are whole numbers.
Number = Annotated[int | float | None, Plain({"type": ["number", "null"]})]

SHAPES = "\n\nInput shape: two of the same rank, equal but for sizes of 1; or one\nOutput shape: the larger of each size"


class Second(Params):
    """What functions of two tensors share."""

    x2: Number = param("A number in place of a second tensor.", default=None)


class TwoTensors(Params):
    """A function of two tensors, without arguments."""


QUOTIENTS = {"divide": "The first over the second."}
ARITHMETIC = {
    "power": "The first to the power of the second.",
    "mod": "What is left of the first when it is divided by the second, with the second's sign.",
    "floor_divide": "The first over the second, down to a whole number.",
}
COMPARISONS = {
    "equal": "Whether the first equals the second.",
    "not_equal": "Whether the first differs from the second.",
    "greater": "Whether the first is greater than the second.",
    "greater_equal": "Whether the first is the second or greater.",
    "less": "Whether the first is less than the second.",
    "less_equal": "Whether the first is the second or less.",
}
LOGIC = {
    "logical_and": "Whether both are true, or not 0.",
    "logical_or": "Whether one of them is true, or not 0.",
    "logical_xor": "Whether just one of them is true, or not 0.",
}
FRACTIONS = {
    "divide_no_nan": "The first over the second, and 0 where that is 0.",
    "arctan2": "Angle in radians of the point whose second coordinate is the first and whose first is the second.",
    "logaddexp": "`log(exp(x1) + exp(x2))`, without overflow.",
}


def together(word: str, *tensors: TensorSpec) -> tuple[int | None, ...]:
    """The shape of tensors side by side. Raises E0312 where they do not fit.

    Keras's functions put missing axes in front, before the batch: tensors of different rank would meet at the wrong axes.
    """
    shape = tensors[0].shape
    for x in tensors[1:]:
        if x.rank != len(shape):
            help = "give the inputs the same number of axes with `expand_dims` or `reshape`"
            raise Mismatch("E0312", f"inputs of `{word}` have different numbers of axes", help=help)
        merged = stretched(shape, x.shape)
        if merged is None:
            raise Mismatch("E0312", f"inputs of `{word}` have different shapes", help="sizes must be equal, or 1")
        shape = merged
    return shape


def _lowered(word: str) -> Callable[..., KerasCall]:
    return lambda p: KerasCall(f"keras.ops.{word}", () if p.x2 is None else (p.x2,))


def _second(word: str, p: Second, x2: TensorSpec | None) -> None:
    if (x2 is None) == (p.x2 is None):
        found = "one tensor and no number" if x2 is None else "two tensors and a number"
        raise Mismatch(
            "E0311", f"`{word}` takes two tensors, or one and a number, but got {found}", help=f"`from: [a, b]`, or `- {word}: 2`"
        )


def _function(word: str, dtype: Callable[..., str]) -> Callable[..., Facts]:
    def infer(p: Second, x1: TensorSpec, x2: TensorSpec | None = None) -> Facts:
        _second(word, p, x2)
        shape = x1.shape if x2 is None else together(word, x1, x2)
        return Facts(TensorSpec(shape, dtype(word, p, x1, x2)))

    return infer


def _quotient(word: str, p: Second, x1: TensorSpec, x2: TensorSpec | None) -> str:
    return as_float(x1.dtype if x2 is None else promoted(x1.dtype, x2.dtype))


def _number(word: str, p: Second, x1: TensorSpec, x2: TensorSpec | None) -> str:
    if x2 is not None and x1.dtype == x2.dtype:
        require_numbers(word, x1)
    if word == "mod" and isinstance(p.x2, int) and x1.dtype in ("uint8", "int8"):
        # Keras promises the input's type, and gives int32.
        raise Mismatch("E0307", f"`mod` of {x1} and a number has no place in {x1.dtype}", help="`cast: int32` before this step")
    if word == "power" and p.x2 is not None and x1.dtype not in FLOATS and p.x2 < 0:
        message = f"`power` of {x1} is no whole number for an exponent of {p.x2}"
        raise Mismatch("E0307", message, help="`cast: float32` before this step", argument="x2")
    if x2 is not None:
        return as_number(promoted(x1.dtype, x2.dtype))
    assert p.x2 is not None
    return with_number(x1.dtype, p.x2)


def _comparison(word: str, p: Second, x1: TensorSpec, x2: TensorSpec | None) -> str:
    if word not in ("equal", "not_equal") and x2 is not None and x1.dtype == x2.dtype:
        require_numbers(word, x1)
    return "bool"


for table, dtype, dtypes in ((QUOTIENTS, _quotient, ("int32",)), (ARITHMETIC, _number, ("int32",)), (COMPARISONS, _comparison, ("int32",))):
    for name, text in table.items():
        examples = [
            example((5, 8), (5, 8)),
            example((None, 1, 3), (1, 4, 3)),
            example((4,), x2=2),
            *(example((4,), dtype=each, x2=number) for each in dtypes for number in (2, 0.5)),
            example(inputs={"x1": TensorSpec((None, 4), "int32"), "x2": TensorSpec((None, 4))}),
        ]
        register(Entry("layer", name, Second, f"keras.ops.{name}", examples, _function(name, dtype), _lowered(name), text + SHAPES))


def _both(word: str, dtype: Callable[[str, str], str]) -> Callable[..., Facts]:
    return lambda p, x1, x2: Facts(TensorSpec(together(word, x1, x2), dtype(x1.dtype, x2.dtype)))


BOTH = SHAPES.replace("; or one", "")
for name, text in (LOGIC | FRACTIONS).items():
    result = (lambda one, two: "bool") if name in LOGIC else (lambda one, two: as_float(promoted(one, two)))
    examples = [example((5, 8), (5, 8)), example((None, 1), (1, 4)), example((4,), (4,), dtype="int32")]
    register(Entry("layer", name, TwoTensors, f"keras.ops.{name}", examples, _both(name, result), doc=text + BOTH))


class Where(Params):
    """Of two tensors, the first where a condition holds, the second elsewhere; a number can stand for either.

    Input shape: three of the same rank, equal but for sizes of 1
    Output shape: the largest of each size
    """

    x1: Number = param("A number in place of the first tensor.", default=None)
    x2: Number = param("A number in place of the second tensor.", default=None)


@layer(
    "where",
    keras="keras.ops.where",
    examples=[
        example(inputs={"condition": TensorSpec((None, 5, 1), "bool"), "x1": TensorSpec((None, 5, 8)), "x2": TensorSpec((None, 1, 8))}),
        example(inputs={"condition": TensorSpec((None, 5), "bool"), "x1": TensorSpec((None, 5))}, x2=-1e9),
        example(inputs={"condition": TensorSpec((None, 5), "bool"), "x2": TensorSpec((None, 5), "int32")}, x1=0),
        example(inputs={"condition": TensorSpec((None, None), "bool"), "x1": TensorSpec((None, None), "float16")}, x2=0.5),
    ],
)
def where(p: Where, condition: TensorSpec, x1: TensorSpec | None = None, x2: TensorSpec | None = None) -> Facts:
    for name, tensor, number in (("x1", x1, p.x1), ("x2", x2, p.x2)):
        if (tensor is None) == (number is None):
            found = "neither" if tensor is None else "both"
            help = "`from: {condition: mask, x1: a, x2: b}`, or a number for one of them: `- where: {x2: 0}`"
            raise Mismatch("E0311", f"`where` takes a tensor or a number as `{name}`, but got {found}", help=help)
    tensors = [each for each in (x1, x2) if each is not None]
    if not tensors:
        raise Mismatch(
            "E0311", "`where` takes a tensor as `x1` or `x2`, but got two numbers", help="name one: `from: {condition: a, x1: b}`"
        )
    numbers = [each for each in (p.x1, p.x2) if each is not None]
    dtype = promoted(*(each.dtype for each in tensors))
    for number in numbers:
        dtype = with_number(dtype, number)
    return Facts(TensorSpec(together("where", condition, *tensors), dtype))
