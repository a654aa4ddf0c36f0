"""Objectives that learn representations from views of unlabelled examples."""

from typing import ClassVar

from specc.registry.entry import declare, param
from specc.registry.objectives.base import Objective

TEMPERATURE = "What similarities are divided by: the smaller, the more the hardest negatives count."


@declare("objective", "simclr", target="specc.objectives.contrastive.simclr.SimCLR", examples=[{}, {"temperature": 0.5}], pending=True)
class SimCLR(Objective):
    """Two views of an example are to be alike, and unlike all other examples of the batch.

    Formula: -log(exp(sim(i, j) / t) / sum over k != i of exp(sim(i, k) / t)), the mean over all views i with their partners j
    Needs: the head `projection`, and two views of each example
    Reference: Chen et al., A simple framework for contrastive learning, 2020, https://arxiv.org/abs/2002.05709
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ("projection",)
    temperature: float = param(TEMPERATURE, default=0.1, above=0)


@declare("objective", "moco", target="specc.objectives.contrastive.moco.MoCo", examples=[{}, {"queue": 4096}], pending=True)
class MoCo(Objective):
    """A view is to be like another view of its example, as a slowly following network sees it, and unlike those before.

    Formula: -log(exp(q k / t) / (exp(q k / t) + sum over the queue of exp(q k' / t)))
    Needs: the head `projection`, and two views of each example
    Reference: He et al., Momentum contrast, 2019, https://arxiv.org/abs/1911.05722; Chen et al., 2020, https://arxiv.org/abs/2003.04297
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ("projection",)
    queue: int = param("How many of the last keys are negatives.", default=65536, minimum=1)
    momentum: float = param("Share of the key network's weights that a step keeps.", default=0.999, minimum=0, maximum=1)
    temperature: float = param(TEMPERATURE, default=0.07, above=0)


@declare("objective", "dino", target="specc.objectives.contrastive.dino.DINO", examples=[{}, {"teacher_momentum": 0.99}], pending=True)
class DINO(Objective):
    """A network is to say of small views what its slowly following teacher says of large ones.

    Formula: -sum over classes of softmax((teacher - centre) / t_teacher) log softmax(student / t_student)
    Needs: the head `prototypes`, and two or more views of each example, the largest first
    Reference: Caron et al., Emerging properties in self-supervised vision transformers, 2021, https://arxiv.org/abs/2104.14294
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ("prototypes",)
    teacher_momentum: float = param(
        "Share of the teacher's weights that a step keeps at the start; it rises to 1.", default=0.996, minimum=0, maximum=1
    )
    teacher_temperature: float = param("What the teacher's scores are divided by.", default=0.04, above=0)
    student_temperature: float = param("What the student's scores are divided by.", default=0.1, above=0)
    center_momentum: float = param("Share of the centre that a step keeps.", default=0.9, minimum=0, maximum=1)
    warmup_teacher_temperature: float = param("The teacher's temperature at the start of its warm-up.", default=0.04, above=0)
    warmup_teacher_temperature_epochs: float = param("Epochs in which it rises from there to its own.", default=0.0, minimum=0)
    freeze_last_layer_epochs: float = param("Epochs in which the prototypes do not learn.", default=1.0, minimum=0)
