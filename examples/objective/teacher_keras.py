"""What `mean_teacher` computes."""

import keras
from keras import ops

from specc.objectives import Objective, Terms


class MeanTeacher(Objective):
    """Cross-entropy, and agreement with a teacher (Tarvainen and Valpola, 2017, arXiv:1703.01780).

    State: `teacher`, a network like the one that learns, with weights of its own; `step`, how many updates were made.

    Args:
        outputs: the head that gives the scores, by its role `logits`.
        targets: the field that has the classes, by its role `label`.
        momentum, weight, rampup: see `teacher_words`.
    """

    def __init__(self, outputs, targets, momentum, weight, rampup):
        self.head, self.label = outputs["logits"], targets["label"]
        self.momentum, self.weight, self.rampup = momentum, weight, rampup

    def setup(self, network, length):
        step = keras.Variable(0, dtype="int32", trainable=False, aggregation="only_first_replica", name="step")
        return {"teacher": network.twin(), "step": step}

    def names(self, network, *, training):
        return ("accuracy", "agreement") if training else ("accuracy",)

    def losses(self, network, batch, state):
        scores = network.outputs(batch, training=True)[self.head]
        answer = ops.softmax(state["teacher"].outputs(batch, training=True)[self.head])
        agreement = ops.sum((ops.softmax(scores) - ops.stop_gradient(answer)) ** 2, axis=-1)
        done = ops.minimum(ops.cast(state["step"], "float32") / self.rampup, 1.0)
        weight = self.weight * ops.exp(-5 * (1 - done) ** 2)
        cross_entropy, accuracy = self._judged(batch, scores)
        return Terms(cross_entropy + weight * agreement, {"accuracy": accuracy, "agreement": agreement})

    def measure(self, network, batch):
        cross_entropy, accuracy = self._judged(batch, network.outputs(batch, training=False)[self.head])
        return Terms(cross_entropy, {"accuracy": accuracy})

    def after_update(self, network, state):
        state["step"].assign(state["step"] + 1)
        state["teacher"].follow(network, self.momentum)

    def _judged(self, batch, scores):
        labels = ops.cast(batch[self.label], "int32")
        right = ops.cast(ops.cast(ops.argmax(scores, axis=-1), "int32") == labels, "float32")
        return keras.losses.sparse_categorical_crossentropy(labels, scores, from_logits=True), right
