"""Layers that hand their input on."""

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_min_rank, standard


class Identity(Params):
    """Passes its input.

    Input shape: any
    Output shape: as the input
    """


class Masking(Params):
    """Marks the steps of a sequence whose values are all `mask_value`, so that layers which heed masks skip them.

    Input shape: (batch, length, features)
    Output shape: as the input
    """

    mask_value: float = param("The value that stands for nothing.", default=0.0)


@layer("identity", keras="keras.layers.Identity", examples=[example((4, 5)), example((None,), dtype="int32"), example((), dtype="bool")])
def identity(p: Identity, x: TensorSpec) -> Facts:
    return Facts(standard(x, *x.shape))


@layer("masking", keras="keras.layers.Masking", examples=[example((4, 5)), example((None, 3), mask_value=-1)])
def masking(p: Masking, x: TensorSpec) -> Facts:
    require_min_rank("masking", x, 2, "batch, ..., features")
    require_floats("masking", x)
    return Facts(TensorSpec(x.shape))
