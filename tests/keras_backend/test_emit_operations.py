"""Functions of `keras.ops` in specs: built, printed and run alike, inside blocks and repeats too; saved and loaded by plain Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from specc.keras_backend.build import Builder
from specc.keras_backend.emit import emit
from specc.language import loads

SPECS: dict[str, str] = {
    "a list is taken apart": """
inputs: {a: [6, 8]}
layers:
  - split: {indices_or_sections: [2, 5], axis: -1}
    name: parts
  - gelu:
    from: parts/0
    name: left
  - concatenate:
    from: [left, parts/2, parts/1]
""",
    "a list is merged whole": """
inputs: {a: [6, 8]}
layers:
  - split: {indices_or_sections: 4, axis: -1}
    name: parts
  - add:
    from: parts
  - unstack: {axis: 1}
    name: rows
  - stack: {axis: 1}
    from: rows
""",
    "channels are shuffled by branches": """
inputs: {image: [4, 4, 6]}
layers:
  - split: {indices_or_sections: 2, axis: -1}
    name: halves
  - parallel:
      merge: {stack: {axis: -1}}
      branches:
        a: {from: halves/0}
        b:
          - conv2d: {filters: 3, kernel_size: 1}
            from: halves/1
  - reshape: [4, 4, 6]
""",
    "named outputs": """
inputs: {a: [8]}
layers:
  - top_k: 3
    name: best
  - one_hot: 8
    from: best/indices
    name: places
  - expand_dims: -1
    from: best
    name: values
  - multiply:
    from: [places, values]
""",
    "several tensors": """
inputs: {query: [5, 4], key: [7, 4], mask: {shape: [5, 7], dtype: bool}}
layers:
  - swapaxes: {axis1: 1, axis2: 2}
    from: key
    name: turned
  - matmul:
    from: [query, turned]
  - divide: 2
  - where: {x2: -1.0e9}
    from: {condition: mask, x1: x}
  - softmax
  - matmul:
    from: {x1: x, x2: key}
""",
    "einsum": """
inputs: {query: [5, 2, 4], key: [7, 2, 4]}
layers:
  - einsum: bqhd,bkhd->bhqk
    from: [query, key]
  - split: {indices_or_sections: 2, axis: 1}
    name: heads_of
  - einsum: bhqk,bhqk->bqk
    from: heads_of
""",
    "numbers and tensors": """
params: {scale: 255, low: 0}
inputs: {a: [4], b: [4]}
layers:
  - divide: =scale
    from: a
  - power: 2
  - divide:
    from: {x1: x, x2: b}
  - clip: {x_min: =low, x_max: 1}
  - greater_equal: 0.5
    name: large
  - cast: float32
""",
    "in a block and a repeat": """
params: {depth: 2}
inputs: {image: [4, 4, 8]}
blocks:
  shuffle_unit:
    params: {groups: 2}
    layers:
      - split: {indices_or_sections: =groups, axis: -1}
        name: halves
      - conv2d: {filters: =input.channels // groups, kernel_size: 1, activation: {leaky_relu: 0.1}}
        from: halves/0
        name: left
      - concatenate:
        from: [left, halves/1]
      - flip: 1
layers:
  - shuffle_unit:
    repeat: =depth
  - depth_to_space: 2
  - pad: {pad_width: [[0, 0], [1, 1], [1, 1], [0, 0]], mode: reflect}
  - extract_patches: {size: 2}
  - mean: [1, 2]
""",
    "each of several": """
inputs: {a: [4, 6], b: [3, 6]}
layers:
  - max: 1
    each: [a, b]
  - add:
  - sigmoid
""",
    "reductions and order": """
inputs: {a: [5, 6]}
layers:
  - normalize: -1
  - cumsum: 1
  - sort
  - moveaxis: {source: 1, destination: 2}
  - norm: {axis: -1, keepdims: true}
  - logsumexp: {axis: [1, 2]}
  - expand_dims: 1
  - tile: {repeats: [1, 3]}
""",
}


def text(name: str) -> str:
    return f"specc: 1\nname: small\n{SPECS[name]}"


@pytest.mark.parametrize("name", SPECS)
def test_the_source_makes_the_model_that_the_spec_makes(name: str, same: Callable[..., str]) -> None:
    same(text(name))


@pytest.mark.parametrize("name", SPECS)
def test_a_saved_model_loads_in_plain_keras_and_computes_the_same(name: str, tmp_path: Path) -> None:
    """Seed 0; the same functions in the same order give the same numbers."""
    model = Builder().model(loads(text(name)).graph())
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", custom_objects={})
    rng = np.random.default_rng(0)
    inputs = [rng.normal(0, 1, (2, *each.shape[1:])).astype("float32") for each in model.inputs]
    given = [value > 0 if each.dtype == "bool" else value for each, value in zip(model.inputs, inputs, strict=True)]
    arguments = given[0] if len(given) == 1 else dict(zip([each.name for each in model.inputs], given, strict=True))
    np.testing.assert_allclose(again(arguments), model(arguments), rtol=1e-6)


def test_functions_read_as_one_would_write_them() -> None:
    source = emit(loads(text("numbers and tensors")))
    assert "x = keras.ops.divide(a, scale)" in source
    assert "x = keras.ops.power(x, 2)" in source
    assert "x = keras.ops.divide(x, x2=b)" in source
    assert 'x = keras.ops.einsum("bqhd,bkhd->bhqk", query, key)' in emit(loads(text("einsum")))
    assert "best, indices = keras.ops.top_k(a, 3)" in emit(loads(text("named outputs")))


def test_attention_by_hand_is_attention() -> None:
    """A loop over queries, seed 0."""
    model = Builder().model(loads(text("several tensors")).graph())
    rng = np.random.default_rng(0)
    query, key, mask = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 7, 4)), rng.random((2, 5, 7)) > 0.3
    made = np.asarray(model({"query": query.astype("float32"), "key": key.astype("float32"), "mask": mask}))
    for example in range(2):
        for row in range(5):
            scores = np.array([query[example, row] @ key[example, column] / 2 for column in range(7)])
            weights = np.exp(scores) * mask[example, row]
            expected = (weights / weights.sum()) @ key[example]
            np.testing.assert_allclose(made[example, row], expected, rtol=1e-4, atol=1e-5)
