"""Trains one small model on one device, then on two virtual ones, and prints how far their weights are apart. Run by a test."""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from specc.data.given import given_feed
from specc.graph import Graph, Tensor, TensorSpec
from specc.keras_backend.network import Network
from specc.language.wiring import Wired
from specc.objectives.by_head import ByHead
from specc.registry.entry import bind_value
from specc.registry.experiment import Train
from specc.registry.types import ChoiceOf
from specc.training.groups import Factors, set_factors
from specc.training.job import Job
from specc.training.loop import Watch, fit
from specc.training.optimizers.lars import LARS

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()]
)

GRAPH = Graph(
    "small", {"image": Tensor(TensorSpec((None, 6, 6, 1)), None, name="image")}, (), {"logits": Tensor(TensorSpec((None, 3)), None)}
)


def model(synchronized):
    keras.utils.set_random_seed(7)
    image = keras.Input((6, 6, 1), name="image")
    x = keras.layers.Conv2D(4, 3, kernel_regularizer=keras.regularizers.L2(0.05))(image)
    if synchronized is not None:
        x = keras.layers.BatchNormalization(synchronized=synchronized)(x)
    x = keras.layers.Flatten()(keras.layers.Activation("tanh")(x))
    return keras.Model(image, keras.layers.Dense(3)(x))


def trained(strategy, optimizer, examples, batch, synchronized=True, accumulate=1):
    random = np.random.default_rng(3)
    images = random.normal(size=(examples, 6, 6, 1)).astype("float32")
    labels = random.integers(0, 3, examples).astype("int32")
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch)
    feed = given_feed(data, GRAPH, Train(), batch)
    with strategy.scope():
        network = model(synchronized)
        maker = optimizer()
        maker.build(network.trainable_variables)
        set_factors(
            maker, [Factors(0.5, 2.0) if variable.name == "kernel" else Factors(1.0, 0.0) for variable in network.trainable_variables]
        )
        job = Job(
            network=Network(network, network, GRAPH, GRAPH),
            objective=ByHead([Wired("logits", "target", "logits", bind_value(ChoiceOf("loss"), "softmax_cross_entropy"))]),
            optimizer=maker,
            training=feed,
            validation=feed,
            strategy=strategy,
            epochs=1,
            accumulate=accumulate,
        )
    record = fit(job, Watch())[0]
    return [weight.astype("float64") for weight in network.get_weights()], record


SETTINGS = {
    # One step of plain descent with rate 1: the difference of the weights is the difference of the gradients.
    "gradient": (lambda: keras.optimizers.SGD(1.0), 8, 8),
    # Batches of 8, 8 and 3: the replicas get 4 and 4, then 1 and 2.
    "uneven": (lambda: keras.optimizers.SGD(0.5, momentum=0.9), 19, 8),
    # Batches of 8, 8 and 1: the last one has fewer examples than there are replicas.
    "fewer": (lambda: keras.optimizers.SGD(0.5), 17, 8),
    # Batch normalization of each replica by itself differs from one replica's, but an empty part must not give it NaN.
    "alone": (lambda: keras.optimizers.SGD(0.5), 17, 8, False),
    "clipped": (lambda: keras.optimizers.SGD(0.5, global_clipnorm=0.3), 19, 8),
    "decayed": (lambda: keras.optimizers.SGD(0.5, weight_decay=0.1), 19, 8),
    "lars": (lambda: LARS(0.5, trust_coefficient=0.05, weight_decay=0.1), 19, 8),
    # Parts of 2 and 2, then of 1 and 0 or 1 and 1 of each replica's share.
    "parts": (lambda: keras.optimizers.SGD(0.5, momentum=0.9), 19, 8, None, 2),
    # What is measured are the running means of the weights.
    "averaged": (lambda: keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5), 19, 8),
    "scaled": (lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5)), 19, 8),
}

mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
found = {}
for name in sys.argv[1:] or SETTINGS:
    one, first = trained(tf.distribute.get_strategy(), *SETTINGS[name])
    two, second = trained(mirrored, *SETTINGS[name])
    found[name] = {
        "finite": all(bool(np.isfinite(weight).all()) for weight in two),
        "weights": max(float(np.abs(a - b).max()) for a, b in zip(one, two)),
        "scale": max(float(np.abs(a).max()) for a in one),
        "loss": [first["loss"], second["loss"]],
        "val_loss": [first["val_loss"], second["val_loss"]],
        "val_accuracy": [first["val_accuracy"], second["val_accuracy"]],
    }
print(json.dumps(found))
