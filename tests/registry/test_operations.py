"""Functions of `keras.ops` without Keras: what does not fit is told, and multiply-adds are counted."""

import pytest

from specc.graph import TensorSpec
from specc.registry.entry import Mismatch, bind, find

IMAGE = TensorSpec((None, 8, 6, 5))
SEQUENCE = TensorSpec((None, 5, 6))
VECTOR = TensorSpec((None, 6))
TOKENS = TensorSpec((None, 5), "int32")
TRUTH = TensorSpec((None, 5), "bool")
LONG = TensorSpec((None, None, 6))

# word, arguments, inputs; then code, a part of the message, a part of the help, the argument at fault
WRONG = [
    ("split", {"indices_or_sections": 2}, [SEQUENCE], "E0305", "would cut the batch", "-1 cuts channels", "axis"),
    ("split", {"indices_or_sections": 4, "axis": -1}, [SEQUENCE], "E0305", "into 4 equal parts", "divide", "indices_or_sections"),
    ("split", {"indices_or_sections": 0, "axis": -1}, [SEQUENCE], "E0305", "into 0 equal parts", "divide", "indices_or_sections"),
    ("split", {"indices_or_sections": [1, 9], "axis": 1}, [SEQUENCE], "E0305", "at [1, 9]", "places go up", "indices_or_sections"),
    ("split", {"indices_or_sections": [3, 1], "axis": 1}, [SEQUENCE], "E0305", "at [3, 1]", "places go up", "indices_or_sections"),
    ("unstack", {}, [SEQUENCE], "E0305", "take the batch apart", "1 is the first", "axis"),
    ("unstack", {"axis": 1}, [LONG], "E0304", "known size of axis 1", "`num`", None),
    ("unstack", {"axis": 1, "num": 4}, [SEQUENCE], "E0305", "not the size of axis 1", None, "num"),
    ("stack", {}, [[SEQUENCE, SEQUENCE]], "E0305", "before the batch", "`axis: 1`", "axis"),
    ("stack", {"axis": 1}, [[SEQUENCE, VECTOR]], "E0312", "inputs of `stack` have different shapes", "reshape", None),
    ("stack", {"axis": 1}, [[SEQUENCE, LONG]], "E0312", "inputs of `stack` have different shapes", "one shape", None),
    ("slice", {"start_indices": [0, 0, 0], "shape": [2, 2, 2]}, [SEQUENCE], "E0305", "cannot cut the batch", "with -1", "shape"),
    ("slice", {"start_indices": [0, 4, 0], "shape": [-1, 2, 2]}, [SEQUENCE], "E0305", "2 values from place 4 of axis 1", "from 0", "shape"),
    ("slice", {"start_indices": [0, 4], "shape": [-1, 2]}, [SEQUENCE], "E0305", "2 numbers", "the batch first", "start_indices"),
    ("top_k", {"k": 7}, [SEQUENCE], "E0305", "more than the last axis", None, "k"),
    ("one_hot", {"num_classes": 3}, [VECTOR], "E0307", "whole numbers", "cast", None),
    ("one_hot", {"num_classes": 3, "axis": 0}, [TOKENS], "E0305", "before the batch", "`axis: 1`", "axis"),
    ("take_along_axis", {"axis": 1}, [SEQUENCE, SEQUENCE], "E0307", "whole numbers", "cast", None),
    ("take_along_axis", {}, [SEQUENCE, TensorSpec((None, 2, 6), "int32")], "E0305", "needs `axis`", "in a row", None),
    ("take_along_axis", {"axis": 1}, [SEQUENCE, TOKENS], "E0312", "different numbers of axes", "expand_dims", None),
    ("take_along_axis", {"axis": 1}, [SEQUENCE, TensorSpec((None, 2, 5), "int32")], "E0312", "different shapes", "but for axis 1", None),
    ("matmul", {}, [SEQUENCE, SEQUENCE], "E0312", "inputs of `matmul`", "columns of the first, 6, must be the rows of the second, 5", None),
    ("matmul", {}, [VECTOR, SEQUENCE], "E0301", "rank 3 or more", "reshape", None),
    ("matmul", {}, [IMAGE, TensorSpec((None, 7, 5, 2))], "E0312", "inputs of `matmul`", "before the last two", None),
    ("matmul", {}, [TensorSpec((None, 4, None)), SEQUENCE], "E0304", "both summed sizes", None, None),
    ("einsum", {"subscripts": "bij"}, [[SEQUENCE]], "E0305", "cannot be read", "`->`", "subscripts"),
    ("einsum", {"subscripts": "bij,bjk->bik"}, [[SEQUENCE]], "E0305", "names 2 tensors, but got 1", None, "subscripts"),
    ("einsum", {"subscripts": "bi->b"}, [[SEQUENCE]], "E0305", "2 letters, but (?, 5, 6) has 3 axes", None, "subscripts"),
    ("einsum", {"subscripts": "bij,bjk->bik"}, [[SEQUENCE, SEQUENCE]], "E0312", "inputs of `einsum`", "`j` of `bij,bjk->bik` is 6", None),
    ("einsum", {"subscripts": "bij->bk"}, [[SEQUENCE]], "E0305", "the output `bk`", None, "subscripts"),
    ("cdist", {}, [SEQUENCE, TensorSpec((None, 5, 7))], "E0312", "inputs of `cdist`", "equally long", None),
    ("cdist", {}, [SEQUENCE, VECTOR], "E0301", "rank 3", None, None),
    ("normalize", {"axis": [1, 2], "order": 3}, [SEQUENCE], "E0305", "one of vectors", "leave `order` at 2", "order"),
    ("norm", {}, [SEQUENCE], "E0305", "needs `axis`", "channels", None),
    ("norm", {"axis": [0, 1, 2]}, [SEQUENCE], "E0305", "names 3 axes", None, "axis"),
    ("norm", {"axis": [1, 2], "ord": 3}, [SEQUENCE], "E0305", "none of matrices", None, "ord"),
    ("norm", {"axis": 1, "ord": "fro"}, [SEQUENCE], "E0305", "one of matrices", None, "ord"),
    ("diagonal", {}, [SEQUENCE], "E0305", "through the batch", "`axis1: 1, axis2: 2`", "axis1"),
    ("tril", {}, [VECTOR], "E0301", "rank 3 or more", "reshape", None),
    ("glu", {}, [IMAGE], "E0305", "which is odd", None, "axis"),
    ("glu", {"axis": 1}, [LONG], "E0304", "known size of axis 1", None, "axis"),
    ("gelu", {}, [TOKENS], "E0307", "floating-point", "float32", None),
    ("negative", {}, [TRUTH], "E0307", "computes with numbers", "cast: float32", None),
    ("clip", {"x_min": 1, "x_max": 0}, [VECTOR], "E0305", "is above", None, "x_min"),
    ("clip", {"x_min": 0, "x_max": 0.5}, [TOKENS], "E0307", "must be a whole number", "cast: float32", "x_max"),
    ("pad", {"pad_width": [[0, 0], [1, 1]]}, [SEQUENCE], "E0305", "2 pairs", "[0, 0] for the batch", "pad_width"),
    ("pad", {"pad_width": [[1, 0], [1, 1]]}, [VECTOR], "E0305", "cannot pad the batch", "[0, 0]", "pad_width"),
    ("pad", {"pad_width": [[0, 0], [6, 0]], "mode": "reflect"}, [VECTOR], "E0302", "cannot mirror 6 values", "constant", "pad_width"),
    (
        "pad",
        {"pad_width": [[0, 0], [1, 0]], "mode": "reflect", "constant_values": 1},
        [VECTOR],
        "E0305",
        "is nothing",
        None,
        "constant_values",
    ),
    ("tile", {"repeats": [2, 1]}, [VECTOR], "E0305", "1 for the batch", "`repeats: [1, 2]`", "repeats"),
    ("roll", {"shift": [1, 2], "axis": 1}, [SEQUENCE], "E0305", "`shift` of `roll` must be one number, not [1, 2]", None, "shift"),
    ("moveaxis", {"source": [1, 2], "destination": 1}, [SEQUENCE], "E0305", "1 places for 2 axes", None, "destination"),
    ("swapaxes", {"axis1": 1, "axis2": 3}, [SEQUENCE], "E0305", "out of range", "0 is the batch", "axis2"),
    ("depth_to_space", {"block_size": 2}, [IMAGE], "E0305", "squares of 2", "must divide the channels", "block_size"),
    ("space_to_depth", {"block_size": 4}, [IMAGE], "E0305", "into squares of 4", "multiples", "block_size"),
    ("extract_patches", {"size": 9}, [IMAGE], "E0302", "larger than its input", "padding: same", "size"),
    ("divide", {}, [VECTOR], "E0311", "one tensor and no number", "- divide: 2", None),
    ("divide", {"x2": 2}, [VECTOR, VECTOR], "E0311", "two tensors and a number", "- divide: 2", None),
    ("divide", {}, [SEQUENCE, VECTOR], "E0312", "different numbers of axes", "expand_dims", None),
    ("greater", {}, [SEQUENCE, LONG.with_shape(None, 4, 6)], "E0312", "inputs of `greater`", "equal, or 1", None),
    ("greater", {}, [TRUTH, TRUTH], "E0307", "computes with numbers", None, None),
    ("power", {"x2": -1}, [TOKENS], "E0307", "no whole number", "cast: float32", "x2"),
    ("where", {}, [TRUTH, VECTOR.with_shape(None, 5)], "E0311", "as `x2`, but got neither", "{x2: 0}", None),
    ("where", {"x1": 1, "x2": 2}, [TRUTH], "E0311", "two numbers", "name one", None),
    ("argmax", {"axis": 3}, [SEQUENCE], "E0305", "out of range", "0 is the batch", "axis"),
]


@pytest.mark.parametrize(("word", "arguments", "inputs", "code", "message", "help", "argument"), WRONG)
def test_what_does_not_fit_is_told(word, arguments, inputs, code, message, help, argument) -> None:
    entry = find("layer", word)
    with pytest.raises(Mismatch) as raised:
        entry.infer(bind(entry.params, arguments), *inputs)
    found = raised.value
    assert found.code == code
    assert message in found.message
    assert "\n" not in found.message
    assert help is None or help in found.help
    assert found.argument == argument


def macs(word, arguments, *inputs):
    entry = find("layer", word)
    return entry.infer(bind(entry.params, arguments), *inputs).macs


def test_multiply_adds_of_products() -> None:
    """Counts by hand: every value of the output is a sum over the inner size."""
    assert macs("matmul", {}, SEQUENCE, TensorSpec((None, 6, 7))) == 5 * 7 * 6
    assert macs("matmul", {}, TensorSpec((None, 3, 5, 6)), TensorSpec((None, 1, 6, 7))) == 3 * 5 * 7 * 6
    assert macs("matmul", {}, LONG, TensorSpec((None, 6, 7))) is None
    assert macs("einsum", {"subscripts": "bij,bkj->bik"}, [SEQUENCE, TensorSpec((None, 7, 6))]) == 5 * 6 * 7
    assert macs("einsum", {"subscripts": "bij->bi"}, [SEQUENCE]) == 0
    assert macs("cdist", {}, SEQUENCE, TensorSpec((None, 4, 6))) == 5 * 4 * 6
    assert macs("gelu", {}, SEQUENCE) == 0


@pytest.mark.parametrize(
    ("word", "arguments", "inputs", "shape"),
    [
        ("divide", {}, [LONG, SEQUENCE], (None, 5, 6)),
        ("divide", {}, [LONG, TensorSpec((None, 1, 6))], (None, None, 6)),
        ("einsum", {"subscripts": "b...j,bj...->b..."}, [[TensorSpec((None, 4, 3, 2)), TensorSpec((None, 2, 1, 3))]], (None, 4, 3)),
        ("slice", {"start_indices": [0, 2, 0], "shape": [-1, 3, 6]}, [LONG], (None, 3, 6)),
    ],
)
def test_shapes_that_are_easily_got_wrong(word, arguments, inputs, shape) -> None:
    entry = find("layer", word)
    assert entry.infer(bind(entry.params, arguments), *inputs).output.shape == shape
