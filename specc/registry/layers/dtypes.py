"""Number types that functions of `keras.ops` give, by Keras's rules of promotion."""

from specc.graph import TensorSpec
from specc.registry.entry import Mismatch
from specc.registry.layers.checks import FLOATS

WIDTH = {
    "float16": 16,
    "bfloat16": 16,
    "float32": 32,
    "float64": 64,
    "bool": 0,
    "uint8": 8,
    "int8": 8,
    "uint32": 32,
    "int32": 32,
    "int64": 64,
}


def as_float(dtype: str) -> str:
    """Of functions whose values are fractions: whole numbers become float32."""
    return dtype if dtype in FLOATS else "float32"


def as_number(dtype: str) -> str:
    """Of arithmetic: truth values become int32."""
    return "int32" if dtype == "bool" else dtype


def as_sum(dtype: str) -> str:
    """Of sums and products: small whole numbers become wider, so that they do not overflow at once."""
    return {"bool": "int32", "int8": "int32", "uint8": "uint32"}.get(dtype, dtype)


def promoted(*dtypes: str) -> str:
    """The type that holds all of several, as `keras.backend.result_type` has it."""
    kinds = set(dtypes) - {"bool"} or {"bool"}
    floats = {kind for kind in kinds if kind in FLOATS}
    if floats:
        return "float32" if floats == {"float16", "bfloat16"} else max(floats, key=lambda kind: WIDTH[kind])
    widest = max(WIDTH[kind] for kind in kinds)
    signed = [kind for kind in kinds if not kind.startswith("u")]
    unsigned = [kind for kind in kinds if kind.startswith("u")]
    if not (signed and unsigned) or max(WIDTH[kind] for kind in unsigned) < widest:
        return max(kinds, key=lambda kind: (WIDTH[kind], kind.startswith("i")))
    return {8: "int16", 32: "int64"}[max(WIDTH[kind] for kind in unsigned)]


def with_number(dtype: str, number: int | float) -> str:
    """The type of a tensor's values together with a number of Python's, which is only a fraction or a whole number."""
    return as_number(dtype) if isinstance(number, int) else as_float(dtype)


def require_numbers(word: str, *tensors: TensorSpec) -> None:
    """Raises E0307 for truth values."""
    for x in tensors:
        if x.dtype == "bool":
            raise Mismatch("E0307", f"`{word}` computes with numbers, but got {x}", help="make numbers of it: `- cast: float32`")


def require_fitting(word: str, argument: str, x: TensorSpec, number: int | float) -> None:
    """Raises E0307 for a fraction among whole numbers."""
    if x.dtype not in FLOATS and not isinstance(number, int):
        message = f"`{argument}` of `{word}` must be a whole number, as the values of {x} are, not {number}"
        raise Mismatch("E0307", message, help="`cast: float32` before this step", argument=argument)


def require_single(word: str, x: TensorSpec) -> None:
    """Raises E0307 but for float32: what a model is promised otherwise is not what it gets, since Keras speaks of float32 there too."""
    if x.dtype != "float32":
        raise Mismatch("E0307", f"`{word}` takes float32, but got {x}", help="`cast: float32` before this step")


def require_whole(word: str, argument: str, x: TensorSpec) -> None:
    """Raises E0307 unless the tensor holds whole numbers."""
    if x.dtype in FLOATS or x.dtype == "bool":
        raise Mismatch("E0307", f"`{argument}` of `{word}` must hold whole numbers, but is {x}", help="`cast: int32` makes them")
