"""Functions of `keras.ops` over axes: what is left of many values. They own no weights, and count axes with the batch as 0."""

from collections.abc import Callable
from typing import Annotated

from specc.graph import Shape, TensorSpec
from specc.registry.entry import Entry, Facts, Mismatch, Params, example, layer, param, register
from specc.registry.layers.checks import FLOATS, place, places
from specc.registry.layers.dtypes import as_float, as_sum, require_single
from specc.registry.types import Axis, Plain

SHAPES = "\n\nInput shape: any\nOutput shape: without the axes, or 1 along them with `keepdims`"
KEPT = "\n\nInput shape: any\nOutput shape: as the input, or all values in a row without an axis"


class Reduction(Params):
    """What is left of the values along axes."""

    axis: Axis | None = param("Axis or axes; none takes everything, batch included.", default=None)
    keepdims: bool = param("Whether the axes stay, with size 1.", default=False)


class Place(Params):
    """Where along an axis."""

    axis: int | None = param("The axis; none takes all values in a row, batch included.", default=None)
    keepdims: bool = param("Whether the axis stays, with size 1.", default=False)


class Running(Params):
    """A running total along an axis."""

    axis: int | None = param("The axis; none takes all values in a row, batch included.", default=None)


REDUCTIONS: dict[str, tuple[str, Callable[[str], str]]] = {
    "mean": ("Mean over axes.", as_float),
    "sum": ("Sum over axes.", as_sum),
    "prod": ("Product over axes.", as_sum),
    "std": ("Standard deviation over axes, the root of the mean squared distance from the mean.", as_float),
    "var": ("Variance over axes, the mean squared distance from the mean.", as_float),
    "median": ("Median over axes.", as_float),
    "any": ("Whether any value over axes is true, or not 0.", lambda dtype: "bool"),
    "all": ("Whether all values over axes are true, or not 0.", lambda dtype: "bool"),
    "logsumexp": ("Logarithm of the sum of exponentials over axes, without overflow.", lambda dtype: dtype),
}
PLACES = {"argmax": "Place of the largest value along an axis.", "argmin": "Place of the smallest value along an axis."}
RUNNING = {"cumsum": "Sum of the values so far along an axis.", "cumprod": "Product of the values so far along an axis."}


def reduced(word: str, x: TensorSpec, axis: int | tuple[int, ...] | None, keepdims: bool) -> Shape:
    """The shape without axes, or with 1 along them."""
    axes = range(x.rank) if axis is None else places(word, x.rank, axis)
    return tuple(1 if place in axes else size for place, size in enumerate(x.shape) if keepdims or place not in axes)


def _reduction(word: str, dtype: Callable[[str], str]) -> Callable[..., Facts]:
    def infer(p: Reduction, x: TensorSpec) -> Facts:
        if word == "logsumexp":
            require_single(word, x)
        return Facts(TensorSpec(reduced(word, x, p.axis, p.keepdims), dtype(x.dtype)))

    return infer


def _place(word: str) -> Callable[..., Facts]:
    return lambda p, x: Facts(TensorSpec(reduced(word, x, p.axis, p.keepdims), "int32"))


def _running(word: str) -> Callable[..., Facts]:
    def infer(p: Running, x: TensorSpec) -> Facts:
        dtype = "int32" if x.dtype == "bool" else x.dtype
        if p.axis is None:
            return Facts(TensorSpec((None if x.elements is None or x.shape[0] is None else x.shape[0] * x.elements,), dtype))
        place(word, x.rank, p.axis)
        return Facts(TensorSpec(x.shape, dtype))

    return infer


for name, (text, kind) in REDUCTIONS.items():
    examples = [
        example((5, 8), axis=1),
        example((None, 8), axis=[1, 2], keepdims=True),
        example((5, 8)),
        example((5,), axis=-1, keepdims=True),
        *(() if name == "logsumexp" else (example((5,), axis=-1, dtype=dtype) for dtype in ("int32", "uint8", "bool", "float16"))),
    ]
    register(Entry("layer", name, Reduction, f"keras.ops.{name}", examples, _reduction(name, kind), doc=text + SHAPES))

for name, text in PLACES.items():
    examples = [example((5, 8), axis=-1), example((None, 8), axis=1, keepdims=True), example((5,)), example((5,), axis=1, dtype="int32")]
    register(Entry("layer", name, Place, f"keras.ops.{name}", examples, _place(name), doc=text + SHAPES))

for name, text in RUNNING.items():
    examples = [example((5, 8), axis=1), example((None, 8), axis=-1), example((5,)), example((5,), axis=1, dtype="bool")]
    register(Entry("layer", name, Running, f"keras.ops.{name}", examples, _running(name), doc=text + KEPT))


class Extreme(Reduction):
    """The largest, or the smallest, of the values along axes."""

    initial: Annotated[float, Plain({"type": ["number", "null"]})] = param(
        "A value that takes part beside those of the tensor.", default=None
    )


def _extreme(word: str) -> Callable[..., Facts]:
    def extreme(p: Extreme, x: TensorSpec) -> Facts:
        whole = isinstance(p.initial, int) and x.dtype != "bool" and (p.initial >= 0 or x.dtype != "uint8")
        if p.initial is not None and x.dtype not in FLOATS and not whole:
            raise Mismatch("E0307", f"`initial: {p.initial}` of `{word}` is no value of {x}", argument="initial")
        return Facts(TensorSpec(reduced(word, x, p.axis, p.keepdims), x.dtype))

    return extreme


for name, text in {"max": "Largest value over axes.", "min": "Smallest value over axes."}.items():
    examples = [
        example((5, 8), axis=1),
        example((None, 8), axis=[1, 2], keepdims=True),
        example((5, 8)),
        example((5,), axis=-1, initial=0.5),
        example((5,), axis=-1, dtype="int32"),
    ]
    register(Entry("layer", name, Extreme, f"keras.ops.{name}", examples, _extreme(name), doc=text + SHAPES))


class Norm(Params):
    """Length of vectors along an axis; of matrices along two.

    Input shape: any
    Output shape: without the axes, or 1 along them with `keepdims`
    """

    ord: Annotated[float | str, Plain({"type": ["number", "string", "null"]})] = param(
        "Order: 1 sums absolute values, 2 is Euclid's; of a matrix also `fro` and `nuc`. None is 2, or `fro`.", default=None
    )
    axis: Axis | None = param("The axis of the vectors, or the two of the matrices.", default=None)
    keepdims: bool = param("Whether the axes stay, with size 1.", default=False)


@layer(
    "norm",
    keras="keras.ops.norm",
    examples=[
        example((5, 8), axis=-1),
        example((None, 8), axis=2, ord=1, keepdims=True),
        example((5, 8), axis=[1, 2]),
        example((5, 8), axis=[1, 2], ord="fro"),
        example((5,), axis=1, dtype="int32"),
    ],
)
def norm(p: Norm, x: TensorSpec) -> Facts:
    if p.axis is None:
        raise Mismatch("E0305", "`norm` needs `axis`, one for vectors or two for matrices", help="`axis: -1`: over the channels")
    axes = places("norm", x.rank, p.axis)
    if len(axes) > 2:
        raise Mismatch("E0305", f"`axis` of `norm` names {len(axes)} axes; vectors have one, matrices two", argument="axis")
    if len(axes) == 2 and p.ord not in (None, "fro", "nuc", 1, -1, 2, -2):
        raise Mismatch("E0305", f"`ord: {p.ord}` of `norm` is none of matrices: 1, -1, 2, -2, fro, nuc", argument="ord")
    if len(axes) == 1 and isinstance(p.ord, str):
        raise Mismatch("E0305", f"`ord: {p.ord}` of `norm` is one of matrices, but `axis` names one axis", argument="ord")
    return Facts(TensorSpec(reduced("norm", x, p.axis, p.keepdims), as_float(x.dtype)))
