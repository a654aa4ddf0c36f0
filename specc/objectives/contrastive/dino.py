"""DINO: a network is to say of small views what its slowly following teacher says of large ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from specc.keras_backend.network import Network
from specc.objectives.contrastive.gather import mean_everywhere, shared
from specc.objectives.contrastive.last_layer import last_layer
from specc.objectives.contrastive.views import outputs_of_views, views_of, width_of
from specc.objectives.objective import Batch, Length, Objective, Terms

COLLAPSED = 0.02  # nats that a teacher's answers tell of an example, below which they tell nothing


def dino(students: Sequence[Any], teachers: Sequence[Any], center: Any, teacher_temperature: Any, student_temperature: float) -> Any:
    """The cross-entropy of the student's answer for a view under the teacher's answer for another one, shape (batch,).

    Formula: the mean over teacher's views i and student's views j != i of -sum over k of p_i log q_j, with
        p = softmax((teacher - center) / teacher_temperature), q = softmax(student / student_temperature)
    Reference: Caron et al., Emerging properties in self-supervised vision transformers, 2021, arXiv:2104.14294

    Args:
        students: scores of each view, shape (batch, prototypes), those of the teacher's views first.
        teachers: the teacher's scores of its views, likewise.
        center: shape (prototypes,).
    """
    answers = answers_of(teachers, center, teacher_temperature)
    logarithms = [tf.nn.log_softmax(scores / student_temperature) for scores in students]
    pairs = [(p, q) for i, p in enumerate(answers) for j, q in enumerate(logarithms) if i != j]
    return tf.add_n([-tf.reduce_sum(p * q, axis=1) for p, q in pairs]) / len(pairs)


def answers_of(teachers: Sequence[Any], center: Any, temperature: Any) -> list[Any]:
    """The teacher's answers: its scores centred and sharpened, without gradients."""
    return [tf.stop_gradient(tf.nn.softmax((scores - center) / temperature)) for scores in teachers]


def momentum_at(step: Any, start: float, total: int) -> Any:
    """Rises from the start to 1 along a half cosine: 1 - (1 - start) (cos(pi step / total) + 1) / 2."""
    return 1 - (1 - start) * (tf.cos(math.pi * tf.cast(step, tf.float32) / total) + 1) / 2


class DINO(Objective):
    """Self-distillation without labels.

    State: `teacher`, the network that follows; `center`, the running mean of its scores, shape (prototypes,); `step`, how many
    updates were made.

    Args:
        outputs: the head that gives a score for each prototype, by its role `prototypes`.
        others: see `specc.registry.objectives.contrastive`.
    """

    def __init__(
        self,
        outputs: Mapping[str, str],
        targets: Mapping[str, str],
        teacher_momentum: float,
        teacher_temperature: float,
        student_temperature: float,
        center_momentum: float,
        warmup_teacher_temperature: float,
        warmup_teacher_temperature_epochs: float,
        freeze_last_layer_epochs: float,
        global_views: int,
    ) -> None:
        self.head, self.global_views = outputs["prototypes"], global_views
        self.momentum, self.center_momentum = teacher_momentum, center_momentum
        self.cold, self.temperature, self.warmup_epochs = warmup_teacher_temperature, teacher_temperature, warmup_teacher_temperature_epochs
        self.student_temperature, self.frozen_epochs = student_temperature, freeze_last_layer_epochs

    def setup(self, network: Network, length: Length) -> dict[str, Any]:
        center = shared(tf.zeros(width_of(network, self.head)), "center", "float32")
        return {"teacher": network.twin(), "center": center, "step": shared(0, "step", "int32"), "length": length}

    def names(self, network: Network, *, training: bool) -> tuple[str, ...]:
        return ("teacher_entropy", "teacher_information")

    def losses(self, network: Network, batch: Batch, state: Any) -> Terms:
        views = views_of(batch)
        students = outputs_of_views(network, self.head, views, training=True)
        teachers = outputs_of_views(state["teacher"], self.head, views[: self.global_views], training=True)
        terms = self._compared(students, teachers, tf.convert_to_tensor(state["center"]), self.temperature_at(state))
        mean = mean_everywhere(tf.stop_gradient(tf.concat(teachers, axis=0)))
        state["center"].assign(self.center_momentum * state["center"] + (1 - self.center_momentum) * mean)
        return terms

    def measure(self, network: Network, batch: Batch) -> Terms:
        """The network is its own teacher, with the mean of the batch as centre: state is there only while learning."""
        students = outputs_of_views(network, self.head, views_of(batch), training=False)
        teachers = students[: self.global_views]
        return self._compared(students, teachers, mean_everywhere(tf.concat(teachers, axis=0)), self.temperature)

    def _compared(self, students: Sequence[Any], teachers: Sequence[Any], center: Any, temperature: Any) -> Terms:
        answers = answers_of(teachers, center, temperature)
        entropy = tf.add_n([_entropy(answer) for answer in answers]) / len(answers)
        information = _entropy(mean_everywhere(tf.concat(answers, axis=0))) - entropy
        loss = dino(students, teachers, center, temperature, self.student_temperature)
        return Terms(loss, {"teacher_entropy": entropy, "teacher_information": information})

    def temperature_at(self, state: Any) -> Any:
        """The teacher's temperature, which rises evenly at the beginning."""
        warmup = self.warmup_epochs * state["length"].steps
        risen = tf.minimum(tf.cast(state["step"], tf.float32) / warmup, 1.0) if warmup else 1.0
        return self.cold + (self.temperature - self.cold) * risen

    def learned(self, network: Network, state: Any, gradients: Sequence[Any]) -> Sequence[Any]:
        """The prototypes do not learn at the beginning, while the teacher's answers say little."""
        learns = tf.cast(tf.convert_to_tensor(state["step"]) >= round(self.frozen_epochs * state["length"].steps), tf.float32)
        last = {id(weight) for weight in last_layer(network, self.head).trainable_weights}
        of_last = [id(variable) in last for variable in network.training.trainable_variables]
        return [
            gradient * tf.cast(learns, gradient.dtype) if here and gradient is not None else gradient
            for here, gradient in zip(of_last, gradients, strict=True)
        ]

    def after_update(self, network: Network, state: Any) -> None:
        state["teacher"].follow(network, momentum_at(state["step"], self.momentum, state["length"].total))
        state["step"].assign(state["step"] + 1)

    def finding(self, network: Network, means: Mapping[str, float]) -> str | None:
        """A collapse: the teacher answers every example alike."""
        if means["teacher_information"] >= COLLAPSED:
            return None
        most = math.log(width_of(network, self.head))
        even = means["teacher_entropy"] > most / 2
        how = (
            "evenly over all prototypes; a lower `teacher_temperature` sharpens them" if even else "to one prototype; centring is too slow"
        )
        return f"the representation has collapsed: the teacher's answers are the same for every example, {how}"


def _entropy(probabilities: Any) -> Any:
    """-sum over k of p log p, in nats."""
    return -tf.reduce_sum(tf.math.multiply_no_nan(tf.math.log(tf.maximum(probabilities, 1e-30)), probabilities), axis=-1)
