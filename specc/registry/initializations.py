"""Where the first weights of a training come from, in place of the layers' initializers."""

from specc.registry.entry import Params, declare, param
from specc.registry.types import Names


class Initialization(Params):
    """Base of the initializations."""

    all_but: Names = param("The steps whose weights are drawn anew, by their paths: a head for other classes.", default=[])


@declare(
    "initialization",
    "keras_applications",
    target="specc.training.initializations.keras_applications",
    examples=[{}, {"weights": "imagenet", "all_but": ["logits"]}],
    pending=True,
)
class KerasApplications(Initialization):
    """The weights of the network of `keras.applications` that has the spec's name, or that of the spec it extends."""

    weights: str = param("The name of the weights, which Keras downloads, or a file in their format.", default="imagenet")
    network: str | None = param("The network's name, `resnet50`; none takes the spec's.", default=None)


@declare(
    "initialization",
    "weights_file",
    target="specc.training.initializations.weights_file",
    examples=[{"path": "pretrained.weights.h5"}],
    pending=True,
)
class WeightsFile(Initialization):
    """The weights of a file, layer by layer of equal path and shape."""

    path: str = param("A `.keras` or a `.weights.h5` file.")


@declare("initialization", "run", target="specc.training.initializations.run", examples=[{"path": "runs/simclr"}], pending=True)
class Run(Initialization):
    """The weights of a run, layer by layer of equal path and shape."""

    path: str = param("The run's folder.")
