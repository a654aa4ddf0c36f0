"""Attention without projections: every position of a query takes a weighted mean of another sequence."""

from typing import Literal

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import check_mask, known, require_floats, require_min_rank


class Attention(Params):
    """For every position of a query, a mean of the positions of a value, weighted by how well its key fits the query.

    Input shape: list of query (batch, ..., length, width), value (batch, ..., length', width') and, where it is not the value, key
        (batch, ..., length', width)
    Output shape: (batch, ..., length, width'); with `return_attention_scores` also `attention_scores` (batch, ..., length, length')
    Reference: Luong et al., Effective approaches to attention-based neural machine translation, 2015, https://arxiv.org/abs/1508.04025
    """

    use_scale: bool = param("Whether the scores are multiplied by one learned number.", default=False)
    score_mode: Literal["dot", "concat"] = param("How query and key are compared: their product, or `sum(tanh(q + k))`.", default="dot")
    dropout: float = param("Share of the attention weights that is dropped while learning.", default=0.0, minimum=0, maximum=1)
    seed: int | None = param("Makes dropout repeatable; none draws from the global generator.", default=None)
    return_attention_scores: bool = param("Whether the attention weights are an output as well.", default=False, call=True)
    use_causal_mask: bool = param("Whether a position sees only itself and those before.", default=False, call=True)


class AdditiveAttention(Params):
    """Attention whose scores are `sum(scale * tanh(query + key))`, with a learned scale for every channel.

    Input shape: list of query (batch, ..., length, width), value (batch, ..., length', width') and, where it is not the value, key
        (batch, ..., length', width)
    Output shape: (batch, ..., length, width'); with `return_attention_scores` also `attention_scores` (batch, ..., length, length')
    Reference: Bahdanau et al., Neural machine translation by jointly learning to align and translate, 2014, https://arxiv.org/abs/1409.0473
    """

    use_scale: bool = param("Whether there is a learned scale; 1 without.", default=True)
    dropout: float = param("Share of the attention weights that is dropped while learning.", default=0.0, minimum=0, maximum=1)
    return_attention_scores: bool = param("Whether the attention weights are an output as well.", default=False, call=True)
    use_causal_mask: bool = param("Whether a position sees only itself and those before.", default=False, call=True)


MASKED = {
    "inputs": [(5, 4), (7, 4)],
    "mask": [TensorSpec((None, 5), "bool"), TensorSpec((None, 7), "bool")],
}


@layer(
    "attention",
    keras="keras.layers.Attention",
    examples=[
        example([(5, 4), (7, 4)]),
        example([(5, 4), (7, 6), (7, 4)], use_scale=True, return_attention_scores=True, dropout=0.1),
        example([(None, 4), (None, 4)], score_mode="concat", use_scale=True, use_causal_mask=True),
        example([(2, 5, 4), (2, 7, 4)]),
        example(inputs=MASKED),
    ],
)
def attention(p: Attention, inputs: list[TensorSpec], mask: list[TensorSpec] | None = None) -> Facts:
    scale = [Weight("scale", ())] if p.use_scale else []
    concat = [Weight("concat_score_weight", ())] if p.score_mode == "concat" else []
    return _attended("attention", inputs, mask, [*scale, *concat], p.return_attention_scores)


@layer(
    "additive_attention",
    keras="keras.layers.AdditiveAttention",
    examples=[
        example([(5, 4), (7, 4)]),
        example([(5, 4), (7, 6), (7, 4)], use_scale=False, return_attention_scores=True),
        example([(None, 4), (None, 4)], dropout=0.1, use_causal_mask=True),
        example(inputs=MASKED),
    ],
)
def additive_attention(p: AdditiveAttention, inputs: list[TensorSpec], mask: list[TensorSpec] | None = None) -> Facts:
    width = known("additive_attention", inputs[0], -1, "channels of the query")
    scale = [Weight("scale", (width,))] if p.use_scale else []
    return _attended("additive_attention", inputs, mask, scale, p.return_attention_scores)


def _attended(word: str, inputs: list[TensorSpec], mask: list[TensorSpec] | None, weights: list[Weight], scores_too: bool) -> Facts:
    if len(inputs) not in (2, 3):
        message = f"`{word}` takes [query, value] or [query, value, key], but got {len(inputs)} tensor{'s' * (len(inputs) > 1)}"
        raise Mismatch("E0311", message, help="`from: [x, x]` lets a sequence attend to itself" if len(inputs) == 1 else None)
    query, value = inputs[:2]
    key = inputs[2] if len(inputs) == 3 else value
    check_attended(word, query, value, key)
    for name, x in (("value", value), ("key", key)):
        if any(None not in pair and pair[0] != pair[1] for pair in zip(x.shape[1:-2], query.shape[1:-2], strict=True)):
            raise Mismatch("E0312", f"`{name}` of `{word}` differs from `query` before the last two axes: {x} and {query}")
    if None not in (query.shape[-1], key.shape[-1]) and query.shape[-1] != key.shape[-1]:
        what = "value" if key is value else "key"
        help = f"project one with `dense: {query.shape[-1]}`, or use `multi_head_attention`, which projects both"
        raise Mismatch("E0312", f"`query` and `{what}` of `{word}` have different channels: {query} and {key}", help=help)
    if mask is not None:
        if len(mask) != 2:
            raise Mismatch("E0311", f"`mask` of `{word}` is a list of two, for query and value, but got {len(mask)}")
        check_mask(word, "mask", mask[0], query)
        check_mask(word, "mask", mask[1], value)
    scores = (*query.shape[:-1], key.shape[-2])
    costs = product((*scores[1:], key.shape[-1])), product((*scores[1:], value.shape[-1]))
    macs = None if None in costs else sum(costs)  # type: ignore[arg-type]
    extras = {"attention_scores": TensorSpec(scores)} if scores_too else {}
    return Facts(TensorSpec((*query.shape[:-1], value.shape[-1])), weights, macs, extras)


def check_attended(word: str, query: TensorSpec, value: TensorSpec, key: TensorSpec) -> None:
    require_floats(word, query, value, key)
    require_min_rank(word, query, 3, "batch, ..., length, channels")
    for name, x in (("value", value), ("key", key)):
        if x.rank != query.rank:
            raise Mismatch("E0301", f"`{name}` of `{word}` must have the rank of `query`, {query}, but is {x}")
    if any(a != b and None not in (a, b) for a, b in zip(value.shape[1:-1], key.shape[1:-1], strict=True)):
        raise Mismatch(
            "E0305",
            f"`value` and `key` of `{word}` have different lengths: {value} and {key}",
            help="a key says what each value is about, so there are as many of them",
        )
