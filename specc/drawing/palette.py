"""Colours by what a layer does. Pale grounds and dark text, apart also for those who see fewer colours; the words say the same."""

from __future__ import annotations

import re
from typing import NamedTuple

from specc.graph import KerasCall, Layer


class Family(NamedTuple):
    """A kind of layer: its name in the legend, the ground of its boxes and their border."""

    name: str
    ground: str
    border: str


TEXT = "#1f2933"
FAINT = "#5f6c7b"
LINE = "#52606d"
PAPER = "#ffffff"
PAPER_BORDER = "#d9dee5"
BOX = "#f6f8fa"
BOX_INSIDE = "#ffffff"
BOX_BORDER = "#b8c2cc"
HEADER = "#e6ebf0"
FOLDED = "#eef1f5"
FOLDED_BORDER = "#8d9bab"

_FUNCTIONS = r"^(activation|softplus|softsign|exponential|mish|elu|[a-z_]*(relu6?|[cgs]elu|softmax|sigmoid|tanh|silu|shrink))$"

# The first pattern that fits a word says its family.
_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"attention", Family("attention", "#f8dcec", "#c05a94")),
    (r"conv", Family("convolution", "#d6e6fa", "#4a82c4")),
    (r"pool", Family("pooling", "#fbdcd6", "#cf6a54")),
    (r"norm|rescaling", Family("normalization", "#dcefdc", "#5d9e62")),
    (r"dropout|noise|regularization", Family("regularization", "#e9e9e4", "#96968a")),
    (r"embedding|class_token|position|anchor", Family("embedding", "#e3e0f8", "#7d70c4")),
    (r"dense", Family("dense", "#fbe6c8", "#c98a2b")),
    (r"rnn|lstm|gru|recurrent|bidirectional", Family("recurrent", "#d0eeec", "#3a9a94")),
    (_FUNCTIONS, Family("activation", "#fdf5bd", "#bda428")),
)
OTHER = Family("tensor operation", "#eceff3", "#8593a3")


def family(layer: Layer) -> Family:
    """The family of a layer by its word; that of a layer around another is the other's."""
    arguments = (*layer.call.args, *layer.call.kwargs.values())
    inner = [each.target for each in arguments if isinstance(each, KerasCall) and each.target.startswith("keras.layers.")]
    word = inner[0].rsplit(".", 1)[-1].lower() if inner else layer.word
    for pattern, found in _FAMILIES:
        if re.search(pattern, word):
            return found
    return OTHER
