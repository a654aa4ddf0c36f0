"""What layers with one kernel and a bias have in common."""

from specc.registry.entry import param
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
