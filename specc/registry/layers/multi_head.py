"""Attention by several heads, each with projections of its own."""

from collections.abc import Sequence

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, example, layer, param
from specc.registry.layers.attention import check_attended
from specc.registry.layers.checks import SEQUENCE, check_mask, known, place, require_rank
from specc.registry.shared import OwnFirst
from specc.registry.types import Axis, Constraint, Initializer, Regularizer, Size1D


class Projections(OwnFirst):
    """What attention with learned projections is made with, after the sizes of its heads."""

    kernel_initializer: Initializer = param("Initial kernels.", default="glorot_uniform")
    bias_initializer: Initializer = param("Initial biases.", default="zeros")
    kernel_regularizer: Regularizer = param("Penalty on the kernels.", default=None)
    bias_regularizer: Regularizer = param("Penalty on the biases.", default=None)
    activity_regularizer: Regularizer = param("Penalty on the output.", default=None)
    kernel_constraint: Constraint = param("Projection of the kernels after each update.", default=None)
    bias_constraint: Constraint = param("Projection of the biases after each update.", default=None)
    use_gate: bool = param("Whether a sigmoid gate, computed from the query, multiplies the heads' outputs.", default=False)
    seed: int | None = param("Makes dropout repeatable; none draws from the global generator.", default=None)
    use_causal_mask: bool = param("Whether a position sees only itself and those before.", default=False, call=True)
    return_attention_scores: bool = param("Whether the attention weights are an output as well.", default=False, call=True)


class MultiHeadAttention(Projections):
    """For every position of `query`, a mean of the positions of `value`, weighted by how well `key` fits; several times over.

    Input shape: query (batch, ..., length, width), value (batch, ..., length', width'), key as value, which it is where none is given
    Output shape: as query, or its last axis as `output_shape`; with `return_attention_scores` also `attention_scores`
        (batch, ..., heads, length, length')
    Reference: Vaswani et al., Attention is all you need, 2017, https://arxiv.org/abs/1706.03762
    """

    num_heads: int = param("Number of heads.", minimum=1)
    key_dim: int = param("Width of query and key in each head.", minimum=1)
    value_dim: int | None = param("Width of value in each head; none takes `key_dim`.", default=None, minimum=1)
    dropout: float = param("Share of the attention weights that is dropped while learning.", default=0.0, minimum=0, maximum=1)
    use_bias: bool = param("Whether the projections add a bias.", default=True)
    output_shape: Size1D | None = param("Width of the output; none takes the query's.", default=None)
    attention_axes: Axis | None = param("Axes over which attention goes; none takes all but batch, heads and channels.", default=None)
    sliding_window: int | None = param("Positions to each side that can be attended to; none for all.", default=None, minimum=1)


class GroupQueryAttention(Projections):
    """Multi-head attention whose heads share keys and values in groups, so that there are fewer of these to keep.

    Input shape: query (batch, length, width), value (batch, length', width), key as value, which it is where none is given
    Output shape: as query; with `return_attention_scores` also `attention_scores` (batch, num_query_heads, length, length')
    Reference: Ainslie et al., GQA: training generalized multi-query transformer models, 2023, https://arxiv.org/abs/2305.13245
    """

    head_dim: int = param("Width of query, key and value in each head.", minimum=1)
    num_query_heads: int = param("Number of heads of the query.", minimum=1)
    num_key_value_heads: int = param("Number of heads of key and value; divides `num_query_heads`.", minimum=1)
    dropout: float = param("Share of the attention weights that is dropped while learning.", default=0.0, minimum=0, maximum=1)
    use_bias: bool = param("Whether the projections add a bias.", default=True)
    sliding_window: int | None = param("Positions to each side that can be attended to; none for all.", default=None, minimum=1)


@layer(
    "multi_head_attention",
    keras="keras.layers.MultiHeadAttention",
    examples=[
        example((10, 16), (10, 16), num_heads=2, key_dim=8),
        example((10, 16), (12, 6), (12, 5), num_heads=2, key_dim=3, value_dim=4, output_shape=7, use_bias=False),
        example((None, 16), (None, 16), num_heads=4, key_dim=4, dropout=0.1, use_causal_mask=True, kernel_initializer="he_normal"),
        example((10, 16), (12, 16), num_heads=2, key_dim=8, return_attention_scores=True),
        example((3, 10, 16), (3, 12, 16), num_heads=2, key_dim=8, attention_axes=2, return_attention_scores=True),
        example((3, 5, 16), (4, 6, 16), num_heads=2, key_dim=8, return_attention_scores=True),
        example((10, 16), (10, 16), num_heads=2, key_dim=8, use_gate=True, sliding_window=3),
        example(
            inputs={"query": (10, 16), "value": (12, 16), "attention_mask": TensorSpec((None, 10, 12), "bool")}, num_heads=2, key_dim=8
        ),
        example(
            inputs={"query": (10, 16), "value": (12, 16), "value_mask": TensorSpec((None, 12), "bool")},
            num_heads=2,
            key_dim=8,
            return_attention_scores=True,
        ),
    ],
)
def multi_head_attention(
    p: MultiHeadAttention,
    query: TensorSpec,
    value: TensorSpec,
    key: TensorSpec | None = None,
    value_mask: TensorSpec | None = None,
    key_mask: TensorSpec | None = None,
    attention_mask: TensorSpec | None = None,
) -> Facts:
    key = value if key is None else key
    check_attended("multi_head_attention", query, value, key)
    value_dim = p.value_dim or p.key_dim
    width = known("multi_head_attention", query, -1, "channels of the query")
    output_width = width if p.output_shape is None else p.output_shape if isinstance(p.output_shape, int) else p.output_shape[0]
    # The order in which Keras makes the projections; the gate reads the query too.
    projections = [
        ("query", query, p.key_dim),
        ("key", key, p.key_dim),
        *([("gate", query, value_dim)] if p.use_gate else []),
        ("value", value, value_dim),
    ]
    weights: list[Weight] = []
    costs: list[int | None] = []
    for name, x, size in projections:
        kernel = Weight(f"{name}/kernel", (known("multi_head_attention", x, -1, f"channels of the {name}"), p.num_heads, size))
        weights += [kernel, Weight(f"{name}/bias", (p.num_heads, size))] if p.use_bias else [kernel]
        costs.append(product((*x.shape[1:-1], kernel.size)))
    output = Weight("attention_output/kernel", (p.num_heads, value_dim, output_width))
    weights += [output, Weight("attention_output/bias", (output_width,))] if p.use_bias else [output]
    attended = _attended_axes(query, p.attention_axes)
    apart = tuple(query.shape[axis] for axis in range(1, query.rank - 1) if axis not in attended)
    for axis in range(1, query.rank - 1):
        if axis not in attended and query.shape[axis] != key.shape[axis] and None not in (query.shape[axis], key.shape[axis]):
            raise Mismatch(
                "E0312",
                f"`query` and `key` of `multi_head_attention` differ along axis {axis}, which attention does not go over",
                help=f"make {query} and {key} equal there, or name the axis in `attention_axes`",
            )
    for name, asked in (("use_causal_mask", p.use_causal_mask), ("sliding_window", p.sliding_window is not None)):
        if asked and attended != (1,):
            # Keras 3.15 makes the mask for the first axis, and fails when it runs.
            raise Mismatch(
                "E0305",
                f"`{name}` of `multi_head_attention` goes with attention over axis 1 alone",
                help="say `attention_axes: 1`, or give an `attention_mask`",
                argument=name,
            )
    of_query, of_key = (tuple(x.shape[axis] for axis in attended) for x in (query, key))
    for name, mask in (("value_mask", value_mask), ("key_mask", key_mask)):
        if mask is not None:
            check_mask("multi_head_attention", name, mask, value)
    _check_attention_mask("multi_head_attention", attention_mask, (*of_query, *of_key))
    scores = (*apart, p.num_heads, *of_query, *of_key)
    costs += [product((*query.shape[1:-1], output.size)), product((*scores, p.key_dim + value_dim))]
    extras = {"attention_scores": TensorSpec((query.shape[0], *scores))} if p.return_attention_scores else {}
    macs = None if None in costs else sum(costs)  # type: ignore[arg-type]
    return Facts(TensorSpec((*query.shape[:-1], output_width)), weights, macs, extras)


@layer(
    "group_query_attention",
    keras="keras.layers.GroupQueryAttention",
    examples=[
        example((10, 16), (10, 16), head_dim=4, num_query_heads=4, num_key_value_heads=2),
        example((10, 16), (12, 16), (12, 5), head_dim=3, num_query_heads=6, num_key_value_heads=1, use_bias=False, use_causal_mask=True),
        example((None, 8), (None, 8), head_dim=4, num_query_heads=2, num_key_value_heads=2, use_gate=True, dropout=0.1),
        example((10, 8), (12, 8), head_dim=4, num_query_heads=4, num_key_value_heads=2, sliding_window=2, return_attention_scores=True),
        example(
            inputs={"query": (10, 8), "value": (12, 8), "attention_mask": TensorSpec((None, 10, 12), "bool")},
            head_dim=4,
            num_query_heads=4,
            num_key_value_heads=2,
        ),
    ],
)
def group_query_attention(
    p: GroupQueryAttention,
    query: TensorSpec,
    value: TensorSpec,
    key: TensorSpec | None = None,
    value_mask: TensorSpec | None = None,
    key_mask: TensorSpec | None = None,
    attention_mask: TensorSpec | None = None,
) -> Facts:
    word = "group_query_attention"
    key = value if key is None else key
    require_rank(word, query, 3, SEQUENCE)
    check_attended(word, query, value, key)
    if p.num_query_heads % p.num_key_value_heads:
        raise Mismatch(
            "E0305",
            f"`num_query_heads` of `{word}`, {p.num_query_heads}, is no multiple of `num_key_value_heads`, {p.num_key_value_heads}",
            argument="num_key_value_heads",
        )
    width = known(word, query, -1, "channels of the query")
    if value.shape[-1] != width:
        message = f"`value` of `{word}` must have the channels of `query`, {query}, but is {value}"
        raise Mismatch("E0312", message, help="project it with `dense` first")
    projections = [
        ("query", query, p.num_query_heads),
        ("key", key, p.num_key_value_heads),
        *([("gate", query, p.num_query_heads)] if p.use_gate else []),
        ("value", value, p.num_key_value_heads),
    ]
    weights: list[Weight] = []
    costs: list[int | None] = []
    for name, x, heads in projections:
        kernel = Weight(f"{name}/kernel", (known(word, x, -1, f"channels of the {name}"), heads, p.head_dim))
        weights += [kernel, Weight(f"{name}/bias", (heads, p.head_dim))] if p.use_bias else [kernel]
        costs.append(product((x.shape[1], kernel.size)))
    output = Weight("attention_output/kernel", (p.num_query_heads, p.head_dim, width))
    weights += [output, Weight("attention_output/bias", (width,))] if p.use_bias else [output]
    for name, mask in (("value_mask", value_mask), ("key_mask", key_mask)):
        if mask is not None:
            check_mask(word, name, mask, value)
    _check_attention_mask(word, attention_mask, (query.shape[1], key.shape[1]))
    scores = (p.num_query_heads, query.shape[1], key.shape[1])
    costs += [product((query.shape[1], output.size)), product((*scores, 2 * p.head_dim))]
    extras = {"attention_scores": TensorSpec((query.shape[0], *scores))} if p.return_attention_scores else {}
    return Facts(TensorSpec(query.shape), weights, None if None in costs else sum(costs), extras)  # type: ignore[arg-type]


def _attended_axes(query: TensorSpec, axes: int | tuple[int, ...] | None) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(1, query.rank - 1))
    found = tuple(
        place("multi_head_attention", query.rank, axis, "attention_axes") for axis in ((axes,) if isinstance(axes, int) else axes)
    )
    if 0 in found or query.rank - 1 in found:
        raise Mismatch(
            "E0305",
            "`attention_axes` of `multi_head_attention` names the batch or the channels",
            help=f"the axes between them go from 1 to {query.rank - 2}",
            argument="attention_axes",
        )
    return found


def _check_attention_mask(word: str, mask: TensorSpec | None, positions: Sequence[int | None]) -> None:
    """Raises Mismatch unless the mask says of every pair of positions whether the one sees the other."""
    if mask is None:
        return
    if mask.dtype != "bool":
        raise Mismatch("E0307", f"`attention_mask` of `{word}` must be of dtype bool, but is {mask}")
    ends = mask.shape[-len(positions) :]
    fits = all(None in pair or pair[0] == pair[1] or pair[0] == 1 for pair in zip(ends, positions, strict=False))
    if mask.rank not in (len(positions) + 1, len(positions) + 2) or not fits:
        wanted = TensorSpec((None, *positions), "bool")
        raise Mismatch("E0312", f"`attention_mask` of `{word}` must be {wanted}, from each query to each value, but is {mask}")
