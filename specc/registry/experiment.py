"""The sections `data` and `train` of a spec."""

from dataclasses import dataclass
from typing import Annotated, Literal

from specc.registry.data.fields import Field
from specc.registry.data.sources import Source
from specc.registry.data.transforms import transform_params
from specc.registry.entry import Choice, Params, param
from specc.registry.types import ChoiceOf


class Pipeline(Params):
    """Where examples come from, and what is done to each before it is batched."""

    source: Annotated[Choice, ChoiceOf("source")] = param("The examples: `digits`, `{tfds: {name: cifar10}}`.")
    transforms: list[Annotated[Choice, ChoiceOf("transform")]] = param(
        "What is done to each example, in order. Random transforms draw anew in every epoch.", default=[]
    )

    def fields(self) -> dict[str, Field] | None:
        """The fields of an example after the transforms; None where only the data themselves can tell."""
        assert isinstance(self.source.params, Source)
        known = self.source.params.fields()
        for transform in self.transforms:
            known = None if known is None else transform_params(transform).fields(known)
        return known


class Data(Params):
    """The data of an experiment."""

    train: Pipeline | None = param("What the model learns from, shuffled in every epoch.", default=None)
    validation: Pipeline | None = param("What is measured after each epoch.", default=None)
    test: Pipeline | None = param("What `evaluate` measures; without it, the validation data.", default=None)


class Train(Params):
    """How a model is trained."""

    losses: dict[str, Annotated[Choice, ChoiceOf("loss")]] = param("A loss for each head that learns, by the head's name.", default={})
    objective: Annotated[Choice | None, ChoiceOf("loss", optional=True)] = param(
        "What is optimised: for a model of one output its loss.", default=None
    )
    optimizer: Annotated[Choice, ChoiceOf("optimizer")] = param("What turns gradients into steps.", default="adam")
    schedule: Annotated[Choice | None, ChoiceOf("schedule", optional=True)] = param(
        "How the learning rate changes from the optimizer's; none keeps it.", default=None
    )
    metrics: list[Annotated[Choice, ChoiceOf("metric")]] = param(
        "What is reported beside the losses; without any, what suits them: `accuracy` with classes.", default=[]
    )
    epochs: int = param("Passes over the training data.", default=10, minimum=1)
    batch_size: int = param("Examples of a step, on all devices together.", default=32, minimum=1)
    seed: int = param("Where initial weights, data order and augmentation start from: one seed, one result.", default=0, minimum=0)
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = param(
        "Number format of layers; the mixed ones keep weights in float32.", default="float32"
    )
    steps_per_execution: int | None = param(
        "Steps between two looks at the progress; none: what takes a fraction of a second.", default=None, minimum=1
    )
    jit_compile: Literal["auto", True, False] = param("Whether XLA compiles a step; auto: on one GPU, not on a CPU.", default="auto")


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """What a spec says about data and training."""

    data: Data
    train: Train
