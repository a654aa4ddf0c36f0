"""MoCo: a view is to be like another view of its example, as a slowly following network sees it, and unlike those before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from specc.keras_backend.network import Network
from specc.objectives.contrastive.gather import gathered, own_places, replicas, shared
from specc.objectives.contrastive.info_nce import among_the_batch, info_nce
from specc.objectives.contrastive.similarity import alike, cosine
from specc.objectives.contrastive.views import outputs_of_views, views_of, width_of
from specc.objectives.objective import Batch, Length, Objective, Terms


class MoCo(Objective):
    """InfoNCE against a queue of keys (He et al., 2019, arXiv:1911.05722).

    State: `encoder`, the network of the keys, which follows; `queue`, the last keys, shape (queue, dimensions), each of length 1;
    `pointer`, where the next one goes; `step`, how many updates were made.

    Args:
        outputs: the head whose vectors are compared, by its role `projection`.
        queue: how many keys are kept.
        momentum: share of the key network's weights that an update keeps.
        temperature: what cosines are divided by.
        shuffle: whether keys are computed on other replicas than their queries.
    """

    def __init__(
        self, outputs: Mapping[str, str], targets: Mapping[str, str], queue: int, momentum: float, temperature: float, shuffle: bool
    ) -> None:
        self.head, self.queue, self.momentum, self.temperature, self.shuffle = outputs["projection"], queue, momentum, temperature, shuffle

    def setup(self, network: Network, length: Length) -> dict[str, Any]:
        rows = keras.random.normal((self.queue, width_of(network, self.head)), seed=keras.random.SeedGenerator())
        return {
            "encoder": network.twin(),
            "queue": shared(cosine(rows), "queue", "float32"),
            "pointer": shared(0, "pointer", "int32"),
            "step": shared(0, "step", "int32"),
        }

    def names(self, network: Network, *, training: bool) -> tuple[str, ...]:
        return ("accuracy", "similarity") if training else ("similarity",)

    def losses(self, network: Network, batch: Batch, state: Any) -> Terms:
        first, second = views_of(batch)
        query = cosine(*outputs_of_views(network, self.head, [first], training=True))
        key = tf.stop_gradient(self._keys(state, second))
        positive, negatives = tf.reduce_sum(query * key, axis=1), tf.matmul(query, state["queue"], transpose_b=True)
        loss = info_nce(positive, negatives, self.temperature)
        enqueue(state["queue"], state["pointer"], gathered(key))
        found = tf.cast(positive > tf.reduce_max(negatives, axis=1), tf.float32)
        return Terms(loss, {"accuracy": found, "similarity": positive})

    def measure(self, network: Network, batch: Batch) -> Terms:
        """Without queue and key network, which are there only while learning: negatives are the other examples of the batch."""
        first, second = outputs_of_views(network, self.head, views_of(batch), training=False)
        return Terms(among_the_batch(first, second, self.temperature), {"similarity": alike(first, second)})

    def after_update(self, network: Network, state: Any) -> None:
        state["encoder"].follow(network, self.momentum)
        state["step"].assign(state["step"] + 1)

    def _keys(self, state: Any, view: Batch) -> Any:
        """What the key network says of a view, rows of length 1, shape (batch, dimensions).

        Where each replica normalizes by its own part of the batch, a query could know its key by the statistics that they share. So
        the keys of a part are computed in parts that are drawn anew.
        """
        if not self.shuffle or replicas() == 1:
            return cosine(*outputs_of_views(state["encoder"], self.head, [view], training=True))
        places = own_places(next(iter(view.values())))
        everywhere = {name: gathered(value) for name, value in view.items()}
        count = tf.shape(next(iter(everywhere.values())))[0]
        order = tf.random.experimental.stateless_shuffle(tf.range(count), seed=tf.stack([0, tf.convert_to_tensor(state["step"])]))
        mine = {name: tf.gather(value, tf.gather(order, places)) for name, value in everywhere.items()}
        keys = gathered(cosine(*outputs_of_views(state["encoder"], self.head, [mine], training=True)))
        return tf.gather(keys, tf.gather(tf.argsort(order), places))


def enqueue(queue: Any, pointer: Any, keys: Any) -> None:
    """Puts keys in the place of the oldest ones, and moves the pointer on, which begins anew at the end.

    Args:
        queue: shape (size, dimensions).
        pointer: where the oldest key is.
        keys: shape (keys, dimensions), at most `size` of them.
    """
    places = (tf.convert_to_tensor(pointer) + tf.range(tf.shape(keys)[0])) % queue.shape[0]
    queue.assign(tf.tensor_scatter_nd_update(tf.convert_to_tensor(queue), places[:, None], keys))
    pointer.assign((pointer + tf.shape(keys)[0]) % queue.shape[0])
