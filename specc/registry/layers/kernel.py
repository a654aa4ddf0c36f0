"""What layers with kernels and a bias have in common."""

from collections.abc import Sequence

from specc.graph import TensorSpec, Weight, product
from specc.registry.entry import Facts, param
from specc.registry.layers.checks import require_floats
from specc.registry.layers.window import Sizes
from specc.registry.shared import OwnFirst
from specc.registry.types import Activation, Constraint, Initializer, Regularizer


class KernelAndBias(OwnFirst):
    """The arguments that follow a layer's own ones, in Keras's order."""

    activation: Activation | None = param("Function applied to the output.", default=None)
    use_bias: bool = param("Whether a bias is added.", default=True)
    kernel_initializer: Initializer = param("Initial kernel.", default="glorot_uniform")
    bias_initializer: Initializer = param("Initial bias.", default="zeros")
    kernel_regularizer: Regularizer = param("Penalty on the kernel.", default=None)
    bias_regularizer: Regularizer = param("Penalty on the bias.", default=None)
    activity_regularizer: Regularizer = param("Penalty on the output.", default=None)
    kernel_constraint: Constraint = param("Projection of the kernel after each update.", default=None)
    bias_constraint: Constraint = param("Projection of the bias after each update.", default=None)


def convolved(word: str, x: TensorSpec, sizes: Sizes, kernels: Sequence[Weight], filters: int, use_bias: bool) -> Facts:
    """Facts of a convolution: every position of the window costs one product with all of each kernel."""
    require_floats(word, x)
    positions = product(sizes)
    bias = [Weight("bias", (filters,))] if use_bias else []
    macs = None if positions is None else positions * sum(kernel.size for kernel in kernels)
    return Facts(TensorSpec((x.shape[0], *sizes, filters)), [*kernels, *bias], macs)
