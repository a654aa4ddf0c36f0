"""Attention."""

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import known, place, require_floats, require_min_rank
from specc.registry.types import Axis, Constraint, Initializer, Regularizer, Size1D


class MultiHeadAttention(Params):
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
    ],
)
def multi_head_attention(p: MultiHeadAttention, query: TensorSpec, value: TensorSpec, key: TensorSpec | None = None) -> Facts:
    key = value if key is None else key
    _check_inputs(query, value, key)
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
    of_query, of_key = (tuple(x.shape[axis] for axis in attended) for x in (query, key))
    scores = (*apart, p.num_heads, *of_query, *of_key)
    costs += [product((*query.shape[1:-1], output.size)), product((*scores, p.key_dim + value_dim))]
    extras = {"attention_scores": TensorSpec((query.shape[0], *scores))} if p.return_attention_scores else {}
    macs = None if None in costs else sum(costs)  # type: ignore[arg-type]
    return Facts(TensorSpec((*query.shape[:-1], output_width)), weights, macs, extras)


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


def _check_inputs(query: TensorSpec, value: TensorSpec, key: TensorSpec) -> None:
    require_floats("multi_head_attention", query, value, key)
    require_min_rank("multi_head_attention", query, 3, "batch, ..., length, channels")
    for name, x in (("value", value), ("key", key)):
        if x.rank != query.rank:
            raise Mismatch("E0301", f"`{name}` of `multi_head_attention` must have the rank of `query`, {query}, but is {x}")
    if any(a != b for a, b in zip(value.shape[1:-1], key.shape[1:-1], strict=True)):
        raise Mismatch(
            "E0305",
            f"`value` and `key` of `multi_head_attention` have different lengths: {value} and {key}",
            help="a key says what each value is about, so there are as many of them",
        )
