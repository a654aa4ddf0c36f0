"""Whole numbers and bins as categories."""

from typing import Annotated, Any, Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_integers, require_rank
from specc.registry.types import Plain

Encoding = Literal["int", "one_hot", "multi_hot", "count"]

ENCODING = "Numbers as they are, a vector with a 1 for each, one vector an example with a 1 for all that occur, or with their counts."


def _salt(value: Any) -> int | tuple[int, ...]:
    return int(value) if isinstance(value, (int, float)) else tuple(int(number) for number in value)


Salt = Annotated[
    int | tuple[int, int], Plain({"type": ["integer", "array"], "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}, _salt)
]


class CategoryEncoding(Params):
    """Whole numbers as vectors.

    Input shape: (batch, values), any for `one_hot`; integers from 0 to `num_tokens` - 1
    Output shape: (batch, num_tokens); (batch, ..., num_tokens) for `one_hot`, a last axis of 1 replaced
    """

    num_tokens: int | None = param("Number of categories; must be given.", default=None, minimum=1)
    output_mode: Literal["multi_hot", "one_hot", "count"] = param(
        "One vector an example with a 1 for all that occur, a vector for each value, or one with counts.", default="multi_hot"
    )


class Discretization(Params):
    """The numbers of the bins that values fall in.

    Input shape: any
    Output shape: as the input, int32; for the other modes a vector of as many as there are bins, one more than boundaries
    """

    bin_boundaries: list[float] | None = param("Where one bin ends and the next begins, growing; must be given.", default=None, min_items=1)
    output_mode: Encoding = param(ENCODING, default="int")


class Hashing(Params):
    """Whole numbers as the numbers of bins, spread by a hash.

    Input shape: any, integers
    Output shape: as the input, int64; (batch, num_bins) for the other modes
    """

    num_bins: int = param("Number of bins.", minimum=1)
    mask_value: int | None = param("A number that goes to bin 0, which no other goes to then.", default=None)
    salt: Salt | None = param("Makes the hash another one, keyed: one number or two.", default=None)
    output_mode: Encoding = param(ENCODING, default="int")


class HashedCrossing(Params):
    """Pairs of whole numbers as the numbers of bins, spread by a hash.

    Input shape: a list of two, (batch,) or (batch, 1), integers
    Output shape: as the inputs, int64; (batch, num_bins) for `one_hot`
    """

    num_bins: int = param("Number of bins.", minimum=1)
    output_mode: Literal["int", "one_hot"] = param("Numbers as they are, or a vector with a 1 for each.", default="int")


class IntegerLookup(Params):
    """Whole numbers as their places in a vocabulary, after the places of what is masked and what is unknown.

    Input shape: any, integers
    Output shape: as the input, int64
    """

    max_tokens: int | None = param("Most places that there can be.", default=None, minimum=2)
    num_oov_indices: int = param("Places for what is not in the vocabulary.", default=1, minimum=0)
    mask_token: int | None = param("A number that stands for nothing; it takes place 0.", default=None)
    oov_token: int = param("The number that stands for what is unknown; what it is matters with `invert`.", default=-1)
    vocabulary: list[int] | None = param("The numbers that are known, each once; must be given.", default=None, min_items=1)
    invert: bool = param("Whether places are turned back into numbers.", default=False)
    output_mode: Encoding = param("Numbers; Keras's other modes promise floats and hand on integers.", default="int")
    oov_method: Literal["floormod", "farmhash"] = param("How unknown numbers are spread over several places.", default="floormod")
    salt: Salt | None = param("Key of `farmhash`: one number or two.", default=None)


@layer(
    "category_encoding",
    keras="keras.layers.CategoryEncoding",
    examples=[
        example((4,), dtype="int32", num_tokens=6),
        example((4,), dtype="int64", num_tokens=6, output_mode="count"),
        example((3, 1), dtype="uint8", num_tokens=6, output_mode="one_hot"),
        example((None, 4), dtype="int32", num_tokens=6, output_mode="one_hot"),
    ],
)
def category_encoding(p: CategoryEncoding, inputs: TensorSpec) -> Facts:
    require_integers("category_encoding", inputs)
    if p.num_tokens is None:
        raise Mismatch("E0305", "`category_encoding` needs `num_tokens`", help="say how many categories there are")
    return Facts(_encoded("category_encoding", inputs, p.output_mode, p.num_tokens))


@layer(
    "discretization",
    keras="keras.layers.Discretization",
    examples=[
        example((4,), bin_boundaries=[0.0, 0.5, 2.0]),
        example((None, 4), bin_boundaries=[0.0], dtype="int32"),
        example((4, 1), bin_boundaries=[0.0, 0.5], output_mode="one_hot"),
        example((4,), bin_boundaries=[0.0, 0.5], output_mode="count"),
    ],
)
def discretization(p: Discretization, inputs: TensorSpec) -> Facts:
    if p.bin_boundaries is None:
        raise Mismatch("E0305", "`discretization` needs `bin_boundaries`", help="list where one bin ends and the next begins")
    if sorted(p.bin_boundaries) != p.bin_boundaries:
        raise Mismatch("E0305", "`bin_boundaries` of `discretization` do not grow", argument="bin_boundaries")
    if p.output_mode == "int":
        return Facts(TensorSpec(inputs.shape, "int32"))
    return Facts(_encoded("discretization", inputs, p.output_mode, len(p.bin_boundaries) + 1))


@layer(
    "hashing",
    keras="keras.layers.Hashing",
    examples=[
        example((4,), dtype="int64", num_bins=6),
        example((None, 4), dtype="int32", num_bins=6, mask_value=0, salt=[3, 5]),
        example((4,), dtype="int32", num_bins=6, output_mode="multi_hot"),
        example((3, 1), dtype="int32", num_bins=6, output_mode="one_hot"),
    ],
)
def hashing(p: Hashing, inputs: TensorSpec) -> Facts:
    require_integers("hashing", inputs)
    if p.output_mode == "int":
        return Facts(TensorSpec(inputs.shape, "int64"))
    if p.output_mode == "one_hot" and (inputs.shape[-1] != 1 or inputs.shape[-2:-1] == (1,)):
        # Keras promises one vector for all of the last axis and makes one for each; and of two axes of 1 it takes out both.
        raise Mismatch(
            "E0301",
            f"`hashing` with `output_mode: one_hot` takes (batch, ..., 1), one axis of 1, but got {inputs}",
            help="put `category_encoding` with `output_mode: one_hot` after it",
        )
    return Facts(_encoded("hashing", inputs, p.output_mode, p.num_bins))


@layer(
    "hashed_crossing",
    keras="keras.layers.HashedCrossing",
    examples=[
        example([(), ()], dtype="int64", num_bins=6),
        example([(1,), (1,)], dtype="int32", num_bins=6),
        example([(1,), (1,)], dtype="int32", num_bins=6, output_mode="one_hot"),
    ],
)
def hashed_crossing(p: HashedCrossing, inputs: list[TensorSpec]) -> Facts:
    require_integers("hashed_crossing", *inputs)
    if len(inputs) != 2:
        raise Mismatch("E0305", f"`hashed_crossing` takes two inputs, but got {len(inputs)}", help="name two tensors: `from: [a, b]`")
    for x in inputs:
        if x.rank > 2 or x.shape[1:] not in ((), (1,)):
            raise Mismatch("E0301", f"`hashed_crossing` takes (batch,) or (batch, 1), but got {x}")
    if inputs[0].shape[1:] != inputs[1].shape[1:]:
        raise Mismatch("E0312", "inputs of `hashed_crossing` have different shapes", help="give both the shape (batch, 1)")
    if p.output_mode == "int":
        return Facts(TensorSpec(inputs[0].shape, "int64"))
    return Facts(_encoded("hashed_crossing", inputs[0], p.output_mode, p.num_bins))


@layer(
    "integer_lookup",
    keras="keras.layers.IntegerLookup",
    examples=[
        example((4,), dtype="int64", vocabulary=[1, 5, 9]),
        example((None, 3), dtype="int32", vocabulary=[1, 5, 9], mask_token=0, num_oov_indices=2, oov_method="farmhash", salt=7),
        example((3,), dtype="int32", vocabulary=[1, 5, 9], invert=True, max_tokens=8),
    ],
)
def integer_lookup(p: IntegerLookup, inputs: TensorSpec) -> Facts:
    require_integers("integer_lookup", inputs)
    if p.vocabulary is None:
        raise Mismatch("E0305", "`integer_lookup` needs a `vocabulary`", help="list the numbers that are known")
    if p.output_mode != "int":
        raise Mismatch(
            "E0305",
            f"`integer_lookup` with `output_mode: {p.output_mode}` promises floating-point numbers in Keras, and makes integers",
            help=f"leave `output_mode` out, and put `category_encoding` with `output_mode: {p.output_mode}` after it",
            argument="output_mode",
        )
    _check_vocabulary(p, p.vocabulary)
    return Facts(TensorSpec(inputs.shape, "int64"))


def _check_vocabulary(p: IntegerLookup, vocabulary: list[int]) -> None:
    special = [] if p.mask_token is None else [p.mask_token]
    places = len(vocabulary) + len(special) + p.num_oov_indices
    # Keras takes these two, at the beginning of a vocabulary, for a part of it that is written out.
    taken = sorted({*special, p.oov_token} & set(vocabulary))
    wrong = None
    if len(set(vocabulary)) < len(vocabulary):
        wrong = "`vocabulary` of `integer_lookup` has a number twice", "vocabulary"
    elif taken:
        wrong = f"`vocabulary` of `integer_lookup` has {taken[0]}, which stands for what is masked or unknown", "vocabulary"
    elif p.max_tokens is not None and places > p.max_tokens:
        wrong = f"`integer_lookup` has {places} places, but `max_tokens` is {p.max_tokens}", "max_tokens"
    elif p.salt is not None and p.oov_method != "farmhash":
        wrong = "`salt` of `integer_lookup` goes with `oov_method: farmhash`", "salt"
    if wrong is not None:
        raise Mismatch("E0305", wrong[0], argument=wrong[1])


def _encoded(word: str, x: TensorSpec, mode: str, depth: int) -> TensorSpec:
    if mode == "one_hot":
        return TensorSpec((*(x.shape[:-1] if x.rank > 1 and x.shape[-1] == 1 else x.shape), depth))
    # Keras promises another shape than it makes of more axes.
    require_rank(word, x, 2, "batch, values")
    if word == "category_encoding" and x.dtype not in ("int32", "int64"):
        help = "give the input `dtype: int32`, or `cast: int32` before this step"
        raise Mismatch("E0307", f"`{word}` counts int32 and int64 alone, but got {x.dtype}", help=help)
    return TensorSpec((x.shape[0], depth))
