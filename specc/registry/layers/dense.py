"""Fully connected layers."""

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, Params, example, layer, param
from specc.registry.layers.checks import known, require_floats, require_min_rank
from specc.registry.layers.kernel import KernelAndBias
from specc.registry.types import Initializer


class Dense(KernelAndBias):
    """Every output a weighted sum of all inputs, over the last axis.

    Input shape: (batch, ..., features)
    Output shape: (batch, ..., units)
    """

    units: int = param("Number of outputs.", minimum=1)


class WeightNormalizedDense(Params):
    """Products with weight vectors of length 1: of inputs of length 1, the cosines. Lengths are no part of what is learned.

    Formula: y_j = x v_j / |v_j|, v_j the columns of the kernel
    Input shape: (batch, ..., features)
    Output shape: (batch, ..., units)
    Reference: Salimans and Kingma, Weight normalization, 2016, https://arxiv.org/abs/1602.07868, with a gain of 1 and without a bias
    """

    units: int = param("Number of outputs.", minimum=1)
    kernel_initializer: Initializer = param("Initial kernel.", default="glorot_uniform")


@layer(
    "dense",
    keras="keras.layers.Dense",
    examples=[
        example((16,), units=4),
        example((5, 16), units=4, activation="gelu", use_bias=False, kernel_constraint={"max_norm": {"max_value": 3}}),
        example(
            (None, 3, 8), units=2, kernel_regularizer={"l1_l2": {"l1": 1e-5, "l2": 1e-4}}, bias_initializer={"constant": {"value": 0.1}}
        ),
        example((6,), dtype="int32", units=2),
    ],
)
def dense(p: Dense, x: TensorSpec) -> Facts:
    require_min_rank("dense", x, 2, "batch, ..., features")
    kernel = Weight("kernel", (known("dense", x, -1, "input features"), p.units))
    bias = [Weight("bias", (p.units,))] if p.use_bias else []
    positions = product(x.shape[1:-1])
    return Facts(TensorSpec((*x.shape[:-1], p.units)), [kernel, *bias], None if positions is None else positions * kernel.size)


@layer(
    "weight_normalized_dense",
    keras="specc.keras_backend.layers.weight_normalized_dense.WeightNormalizedDense",
    examples=[example((16,), units=4), example((5, 16), units=4, kernel_initializer="he_normal"), example((None, 3, 8), units=2)],
)
def weight_normalized_dense(p: WeightNormalizedDense, x: TensorSpec) -> Facts:
    require_min_rank("weight_normalized_dense", x, 2, "batch, ..., features")
    require_floats("weight_normalized_dense", x)
    kernel = Weight("kernel", (known("weight_normalized_dense", x, -1, "input features"), p.units))
    positions = product(x.shape[1:-1])
    return Facts(TensorSpec((*x.shape[:-1], p.units)), [kernel], None if positions is None else positions * kernel.size)
