"""Penalties on weights and activations, added to the loss."""

from typing import Literal

from specc.registry.entry import Params, declare, param


@declare("regularizer", "l1", target="keras.regularizers.L1", examples=[{}, {"l1": 1e-4}], also=("lasso",))
class L1(Params):
    """`l1 * sum(|w|)`: drives weights to exactly 0."""

    l1: float = param("Strength of the penalty.", default=0.01, minimum=0)


@declare("regularizer", "l2", target="keras.regularizers.L2", examples=[{}, {"l2": 1e-4}], also=("weight_decay", "ridge"))
class L2(Params):
    """`l2 * sum(w ** 2)`: keeps weights small. Papers' weight decay is twice this strength."""

    l2: float = param("Strength of the penalty.", default=0.01, minimum=0)


# Keras exports `keras.regularizers.l1_l2` but its `get` knows only "l1l2", so the object is always made.
@declare(
    "regularizer",
    "l1_l2",
    target="keras.regularizers.L1L2",
    examples=[{}, {"l1": 1e-5, "l2": 1e-4}],
    by_name=False,
    also=("l1l2", "elastic_net"),
)
class L1L2(Params):
    """`l1 * sum(|w|) + l2 * sum(w ** 2)`."""

    l1: float = param("Strength of the penalty on absolute values.", default=0.0, minimum=0)
    l2: float = param("Strength of the penalty on squares.", default=0.0, minimum=0)


@declare(
    "regularizer",
    "orthogonal_regularizer",
    target="keras.regularizers.OrthogonalRegularizer",
    examples=[{}, {"factor": 0.1, "mode": "columns"}],
)
class OrthogonalRegularizer(Params):
    """Penalty on the cosine between the rows, or the columns, of a matrix."""

    factor: float = param("Strength of the penalty.", default=0.01, minimum=0)
    mode: Literal["rows", "columns"] = param("Which vectors are to be orthogonal.", default="rows")
