"""The sections of a spec that are about data, training and what comes after it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from specc.registry.data.pipeline import Data, Pipeline
from specc.registry.entry import Choice, Params, param
from specc.registry.types import ChoiceOf, ListOf, Names, Section, Type


class Freeze(Params):
    """Which weights do not learn, by the paths of their steps. `*` stands for any part of a path.

    Frozen batch normalization works as after training, by its averages, which stay as they are.
    """

    only: Names = param("The steps whose weights do not learn; without any, all but those of `all_but`.", default=[])
    all_but: Names = param("The steps whose weights go on learning.", default=[])


class Group(Params):
    """Weights that learn at a rate, or decay by a share, of their own. Of several groups that match a weight the last counts."""

    match: Names = param("Paths of steps or of weights: `stage/3`, `*/bias`. `*` stands for any part of a path.")
    learning_rate: float | None = param("What the learning rate is multiplied by; none: nothing.", default=None, minimum=0)
    weight_decay: float | None = param(
        "What the weight decay is multiplied by; none: by 1, and by 0 for biases and normalizations.", default=None, minimum=0
    )


class Stage(Params):
    """What a stage of training can set for itself: it is a patch of `train`."""

    losses: dict[str, Annotated[Choice, ChoiceOf("loss")]] = param("A loss for each head that learns, by the head's name.", default={})
    objective: Annotated[Choice | None, ChoiceOf("objective", optional=True)] = param(
        "What is optimised over the whole model; for a model of one output its loss.", default=None
    )
    optimizer: Annotated[Choice, ChoiceOf("optimizer")] = param("What turns gradients into steps.", default="adamw")
    groups: list[Group] = param("Weights with a learning rate, or a weight decay, of their own.", default=[])
    schedule: Annotated[Choice | None, ChoiceOf("schedule", optional=True)] = param(
        "How the learning rate changes from the optimizer's; none keeps it.", default=None
    )
    metrics: list[Annotated[Choice, ChoiceOf("metric")]] = param(
        "What is reported beside the losses; without any, what suits them: `accuracy` with classes.", default=[]
    )
    callbacks: list[Annotated[Choice, ChoiceOf("callback")]] = param("What looks at the epochs and acts: `early_stopping`.", default=[])
    epochs: int = param("Passes over the training data.", default=10, minimum=1)
    batch_size: int = param("Examples of a step, on all devices together.", default=32, minimum=1)
    accumulate: int = param(
        "Parts that a batch is taken in, one after the other, before an update of the weights: for batches that memory does not hold.",
        default=1,
        minimum=1,
    )
    freeze: Freeze | None = param("Weights that do not learn: `{all_but: logits}`.", default=None)


class Checkpoint(Params):
    """When a run is saved, so that it can go on after whatever ends it: after each epoch, and within one as is said here."""

    steps: int | None = param("Steps of an epoch between two checkpoints; none: by time alone.", default=None, minimum=1)
    minutes: float = param("Minutes between two checkpoints within an epoch.", default=10.0, above=0)
    keep: int = param("How many of the newest stay; of two, one may be damaged.", default=2, minimum=1)


class Train(Stage):
    """How a model is trained."""

    stages: list[Stage] = param(
        "Stages, one after the other, each a patch of `train`; weights and the state of what stays the same are carried over.",
        default=[],
    )
    initialize: Annotated[Choice | None, ChoiceOf("initialization", optional=True)] = param(
        "Where the first weights come from; none draws them by the layers' initializers.", default=None
    )
    distribute: Annotated[Choice, ChoiceOf("distribution")] = param("Which devices work on a batch together.", default="auto")
    seed: int = param("Where initial weights, data order and augmentation start from: one seed, one result.", default=0, minimum=0)
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = param(
        "Number format of layers; the mixed ones keep weights in float32.", default="float32"
    )
    checkpoint: Checkpoint | None = param("When the run is saved, so that it can go on; none: never.", default={})
    terminate_on_nan: bool = param("Whether a loss that is no number ends the run, at its very step.", default=True)
    steps_per_execution: int | None = param(
        "Steps between two looks at the progress; none: what takes a fraction of a second.", default=None, minimum=1
    )
    jit_compile: Literal["auto", True, False] = param("Whether XLA compiles a step; auto: on one GPU, not on a CPU.", default="auto")


# The sections by their keys in a spec.
SECTIONS: dict[str, Type] = {
    "data": Section(Data),
    "train": Section(Train),
    "evaluate": ListOf(ChoiceOf("evaluation")),
    "generate": ChoiceOf("sampler", optional=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """What a spec says about data and training, about how it is measured, and about what it writes."""

    data: Data
    train: Train
    evaluate: list[Choice] = field(default_factory=list)
    generate: Choice | None = None

    @property
    def stages(self) -> Sequence[Stage]:
        """The stages of training; without any, training is the only one."""
        return self.train.stages or [self.train]


__all__ = ["SECTIONS", "Checkpoint", "Data", "Experiment", "Freeze", "Group", "Pipeline", "Stage", "Train"]
