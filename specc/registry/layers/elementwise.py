"""Functions of `keras.ops` on every value by itself. They own no weights."""

from collections.abc import Callable
from typing import Annotated, Literal

from specc.graph import TensorSpec
from specc.registry.entry import Entry, Example, Facts, Mismatch, Params, example, layer, param, register
from specc.registry.layers.checks import require_floats
from specc.registry.layers.dtypes import as_float, as_number, require_fitting, require_numbers, require_single
from specc.registry.types import Plain

ANY = "\n\nInput shape: any\nOutput shape: as the input"

Number = Annotated[float, Plain({"type": "number"})]


class Function(Params):
    """A function without arguments."""


# Whole numbers stay such; truth values are refused where Keras fails on them.
NUMBERS = {
    "sign": "-1, 0 or 1, by the sign.",
    "abs": "Absolute value.",
    "negative": "The negative: `-x`.",
}
FRACTIONS = {
    "sqrt": "Square root.",
    "exp": "Exponential.",
    "expm1": "`exp(x) - 1`, exact near 0.",
    "exp2": "2 to the power of `x`.",
    "log": "Natural logarithm.",
    "log1p": "`log(1 + x)`, exact near 0.",
    "log2": "Logarithm to base 2.",
    "log10": "Logarithm to base 10.",
    "sin": "Sine, of radians.",
    "cos": "Cosine, of radians.",
    "tan": "Tangent, of radians.",
    "sinh": "Hyperbolic sine.",
    "cosh": "Hyperbolic cosine.",
    "tanh": "Hyperbolic tangent, from -1 to 1.",
    "arcsin": "Angle in radians whose sine it is.",
    "arccos": "Angle in radians whose cosine it is.",
    "arctan": "Angle in radians whose tangent it is.",
    "arcsinh": "Inverse of the hyperbolic sine.",
    "arccosh": "Inverse of the hyperbolic cosine.",
    "arctanh": "Inverse of the hyperbolic tangent.",
    "floor": "The next whole number below, as a float.",
    "ceil": "The next whole number above, as a float.",
}
FLOATS_ONLY = {
    "rsqrt": "One over the square root.",
    "reciprocal": "One over the value.",
    "erf": "Error function.",
    "erfc": "One less the error function.",
    "erfinv": "Inverse of the error function.",
}
TRUTHS = {
    "isnan": "Whether a value is not a number.",
    "isinf": "Whether a value is infinite.",
    "isfinite": "Whether a value is a number, and not infinite.",
    "logical_not": "The opposite of a truth value; of a number, whether it is 0.",
}


def _declared(word: str, doc: str, infer: Callable[..., Facts], *dtypes: str) -> None:
    examples = [example((5, 8)), example((None,)), *(example((4,), dtype=dtype) for dtype in dtypes)]
    register(Entry("layer", word, Function, f"keras.ops.{word}", examples, infer, doc=doc + ANY))


def _number(word: str) -> Callable[..., Facts]:
    def infer(p: Function, x: TensorSpec) -> Facts:
        if word != "abs":
            require_numbers(word, x)
        if word == "negative" and x.dtype == "uint8":
            raise Mismatch("E0307", f"`negative` of {x} has no place in uint8", help="`cast: int32` before this step")
        return Facts(x)

    return infer


def _fraction(word: str) -> Callable[..., Facts]:
    return lambda p, x: Facts(TensorSpec(x.shape, as_float(x.dtype)))


def _float(word: str) -> Callable[..., Facts]:
    def infer(p: Function, x: TensorSpec) -> Facts:
        if word == "reciprocal":
            require_single(word, x)
        require_floats(word, x)
        return Facts(x)

    return infer


def _truth(word: str) -> Callable[..., Facts]:
    return lambda p, x: Facts(TensorSpec(x.shape, "bool"))


for table, made, dtypes in (
    (NUMBERS, _number, ("int32",)),
    (FRACTIONS, _fraction, ("int32", "float16", "bool")),
    (FLOATS_ONLY, _float, ()),
    (TRUTHS, _truth, ("int32", "bool")),
):
    for name, text in table.items():
        _declared(name, text, made(name), *dtypes)


class Square(Params):
    """The value times itself.

    Input shape: any
    Output shape: as the input
    """


class Round(Params):
    """The nearest number of so many decimals; halves go to the even neighbour.

    Input shape: any
    Output shape: as the input
    """

    decimals: int = param("Decimals that are kept.", default=0)


class Clip(Params):
    """Values below `x_min` become that, values above `x_max` become that.

    Input shape: any
    Output shape: as the input
    """

    x_min: Number = param("Smallest value of the output.")
    x_max: Number = param("Largest value of the output.")


class Cast(Params):
    """The values in another number type.

    Input shape: any
    Output shape: as the input
    """

    dtype: Literal["float32", "float16", "bfloat16", "float64", "int32", "int64", "uint8", "int8", "bool"] = param("The type.")


class StopGradient(Params):
    """Passes its input, and no gradient back.

    Input shape: any
    Output shape: as the input
    """


@layer("square", keras="keras.ops.square", examples=[example((5, 8)), example((None,), dtype="int32"), example((4,), dtype="bool")])
def square(p: Square, x: TensorSpec) -> Facts:
    return Facts(TensorSpec(x.shape, as_number(x.dtype)))


@layer("round", keras="keras.ops.round", examples=[example((5, 8)), example((None,), decimals=2), example((4,), dtype="int32")])
def round_(p: Round, x: TensorSpec) -> Facts:
    require_numbers("round", x)
    return Facts(x)


@layer(
    "clip",
    keras="keras.ops.clip",
    examples=[example((5, 8), x_min=0, x_max=1), example((None,), x_min=-1.5, x_max=1.5), example((4,), dtype="int32", x_min=-2, x_max=2)],
)
def clip(p: Clip, x: TensorSpec) -> Facts:
    if p.x_min > p.x_max:
        raise Mismatch("E0305", f"`x_min: {p.x_min}` of `clip` is above `x_max: {p.x_max}`", argument="x_min")
    for name, bound in (("x_min", p.x_min), ("x_max", p.x_max)):
        require_fitting("clip", name, x, bound)
    return Facts(TensorSpec(x.shape, as_number(x.dtype)))


@layer(
    "cast",
    keras="keras.ops.cast",
    examples=[
        Example({"dtype": "float16"}, {"0": TensorSpec((None, 5, 8))}),
        Example({"dtype": "int32"}, {"0": TensorSpec((None, None), "bool")}),
        Example({"dtype": "bool"}, {"0": TensorSpec((None, 4), "uint8")}),
    ],
)
def cast(p: Cast, x: TensorSpec) -> Facts:
    return Facts(TensorSpec(x.shape, p.dtype))


@layer("stop_gradient", keras="keras.ops.stop_gradient", examples=[example((5, 8)), example((None,), dtype="float16")])
def stop_gradient(p: StopGradient, variable: TensorSpec) -> Facts:
    return Facts(variable)
