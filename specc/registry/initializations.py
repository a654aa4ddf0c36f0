"""Where the first weights of a training come from, in place of the layers' initializers."""

from typing import Literal

from specc.registry.entry import declare, param
from specc.registry.shared import OwnFirst
from specc.registry.types import Names


class Initialization(OwnFirst):
    """What all initializations take, after their own arguments.

    Every weight of the steps that are to get some is found, or an error says which is not: nothing is left to chance unseen.
    """

    only: Names = param("The steps that get weights, by their paths; without any, all but those of `all_but`.", default=[])
    all_but: Names = param("The steps whose weights are drawn anew: a head for other classes.", default=[])
    part: str = param("Of what is read, the steps below this path, without it: `encoder`.", default="")
    into: str = param("The step of this network whose inside gets the weights, by paths without it: `backbone`.", default="")


@declare(
    "initialization",
    "keras_applications",
    target="specc.training.pretrained.keras_applications",
    examples=[{}, {"weights": "imagenet", "all_but": ["logits"]}],
)
class KerasApplications(Initialization):
    """The weights of the network of `keras.applications` that has the spec's name, or that of the spec it extends.

    Layers are matched in their order. Keras downloads the weights, and keeps them in `~/.keras`.
    """

    weights: str = param("The name of the weights, or a file in their format.", default="imagenet")
    network: str | None = param("The network's name, `resnet50`; none takes the spec's.", default=None)


@declare(
    "initialization",
    "weights_file",
    target="specc.training.pretrained.weights_file",
    examples=[{"path": "pretrained.weights.h5"}, {"path": "pretrained.keras", "by": "order", "all_but": "logits"}],
    also=["file", "weights", "checkpoint"],
)
class WeightsFile(Initialization):
    """The weights of a file, layer by layer: of a model that specc, or anybody, has saved."""

    path: str = param("A `.keras`, `.weights.h5` or older `.h5` file.")
    by: Literal["name", "order"] = param(
        "Whether layers are matched by their names, or in their order, for networks with other names.", default="name"
    )


@declare(
    "initialization",
    "run",
    target="specc.training.pretrained.run",
    examples=[{"path": "runs/simclr"}, {"path": "runs/simclr", "model": "best", "part": "encoder"}],
)
class Run(Initialization):
    """The weights of a run's model, layer by layer of equal path."""

    path: str = param("The run's folder.")
    model: Literal["last", "best"] = param("Whether it is the last one, or the best, which `model_checkpoint` keeps.", default="last")
