"""An objective of our own: the mean teacher.

    specc train --plugin teacher_words.py taught_digits.yaml

This module is imported whenever a spec is checked, so it imports no Keras. What computes is in `teacher_keras`.
"""

from typing import ClassVar

from specc import register
from specc.register import ObjectiveParams, param


@register.objective("mean_teacher", target="teacher_keras.MeanTeacher", examples=[{}, {"momentum": 0.99}])
class MeanTeacher(ObjectiveParams):
    """Cross-entropy, and agreement with a teacher, whose weights are the running mean of the network's.

    Formula: -log p_y + w(t) sum over classes of (p - q)^2, q the teacher's answer, w(t) = weight exp(-5 (1 - t / rampup)^2) up to rampup
    Reference: Tarvainen and Valpola, Mean teachers are better role models, 2017, https://arxiv.org/abs/1703.01780
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ("logits",)
    needs_targets: ClassVar[tuple[str, ...]] = ("label",)

    momentum: float = param("How slowly the teacher follows.", default=0.99, minimum=0, below=1)
    weight: float = param("How much agreement counts, in the end.", default=1.0, minimum=0)
    rampup: int = param("Steps until it counts that much.", default=100, minimum=1)
