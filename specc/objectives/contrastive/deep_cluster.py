"""DeepCluster: a network is to say of an example in which cluster its own features lay before the epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from specc.keras_backend.network import Network, by_name, inputs_of
from specc.objectives.contrastive.gather import shared
from specc.objectives.contrastive.last_layer import last_layer
from specc.objectives.contrastive.similarity import cosine
from specc.objectives.contrastive.views import outputs_of_views, views_of, width_of
from specc.objectives.objective import Batch, Length, Objective, Terms


class DeepCluster(Objective):
    """Pseudo-labels by k-means between epochs (Caron et al., 2018, arXiv:1807.05520).

    State: `assigner`, the network as it was before the epoch; `centers`, those of the clusters of its features, shape (clusters,
    dimensions); `weights`, by which examples of small clusters count more, shape (clusters,).

    Args:
        outputs: the head that gives a score for each cluster, by its role `clusters`.
        every: epochs after which clusters are found anew.
    """

    def __init__(self, outputs: Mapping[str, str], targets: Mapping[str, str], every: int) -> None:
        self.head, self.every = outputs["clusters"], every

    def setup(self, network: Network, length: Length) -> dict[str, Any]:
        count, dimensions = width_of(network, self.head), int(network.inference.outputs[0].shape[-1])
        return {
            "assigner": network.twin(),
            "centers": shared(tf.zeros((count, dimensions)), "centers", "float32"),
            "weights": shared(tf.ones(count), "weights", "float32"),
        }

    def names(self, network: Network, *, training: bool) -> tuple[str, ...]:
        return ("accuracy",)

    def before_epoch(self, network: Network, state: Any, epoch: int, batches: Callable[[], Iterable[Batch]]) -> None:
        """Finds clusters of the features of all first views, and lets the head begin anew, since clusters have new numbers."""
        if epoch % self.every:
            return
        assigner = state["assigner"]
        for copied, weight in zip(assigner.weights, network.weights, strict=True):
            copied.assign(weight)
        features = np.concatenate([np.asarray(features_of(assigner, views_of(batch)[0])) for batch in batches()])
        centers, sizes = clusters_of(features, width_of(network, self.head), seed=epoch)
        state["centers"].assign(centers)
        state["weights"].assign(len(features) / (len(sizes) * np.maximum(sizes, 1)))
        last = last_layer(network, self.head)
        for weight in last.weights:
            drawn = getattr(last, f"{weight.name}_initializer")
            weight.assign(drawn(weight.shape))

    def losses(self, network: Network, batch: Batch, state: Any) -> Terms:
        plain, view = views_of(batch)
        labels = nearest(features_of(state["assigner"], plain), tf.convert_to_tensor(state["centers"]))
        (scores,) = outputs_of_views(network, self.head, [view], training=True)
        return _judged(scores, labels, tf.gather(tf.convert_to_tensor(state["weights"]), labels))

    def measure(self, network: Network, batch: Batch) -> Terms:
        """What the head says of the second view against what it says of the first: clusters are there only while learning."""
        first, second = outputs_of_views(network, self.head, views_of(batch), training=False)
        return _judged(second, tf.argmax(first, axis=1, output_type=tf.int32), tf.ones_like(first[:, 0]))


def features_of(network: Network, view: Batch) -> Any:
    """Features of length 1 as the network gives them after training, shape (batch, dimensions)."""
    output = by_name(network.inference(inputs_of(network.inference, view), training=False), tuple(network.inference_graph.outputs))
    return tf.stop_gradient(cosine(next(iter(output.values()))))


def clusters_of(features: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Centres of clusters, shape (count, dimensions), and how many rows each has.

    One thread: several add up in an order of their own, and a run that goes on has to find the same centres.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        found = KMeans(count, n_init=1, random_state=seed).fit(features)
    return found.cluster_centers_.astype("float32"), np.bincount(found.labels_, minlength=count)


def nearest(features: Any, centers: Any) -> Any:
    """The number of the nearest centre, shape (batch,), int32."""
    distances = tf.reduce_sum(centers**2, axis=1) - 2 * tf.matmul(features, centers, transpose_b=True)
    return tf.argmin(distances, axis=1, output_type=tf.int32)


def _judged(scores: Any, labels: Any, weights: Any) -> Terms:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores)
    right = tf.cast(tf.argmax(scores, axis=1, output_type=tf.int32) == labels, tf.float32)
    return Terms(weights * losses, {"accuracy": right})
