"""Every step that ships compiles whole under XLA on the CPU, and asks Python for nothing: what there is instead of a GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.keras_backend.network import build_network
from specc.language import loads
from specc.registry.entry import entries
from specc.registry.objectives.base import Objective
from specc.registry.objectives.losses import Loss
from specc.training.job import Beginning
from specc.training.loop import executor
from specc.training.preparation import prepare
from specc.training.run import precision
from specc.training.stages import Stages
from specc.training.step import measuring_step, training_step

NETWORK = """
specc: 1
name: tiny
inputs: {image: [8, 8, 1]}
layers:
LAYERS
heads:
  OUTPUT
train: {epochs: 1, batch_size: 16}
"""
# Compiling takes the time: what a loss, an optimizer or a schedule computes does not depend on the layers.
SMALL = """
  - flatten
  - dense: {units: 4, kernel_regularizer: {l2: 1e-4}}
"""
WHOLE = """
  - conv2d: {filters: 4, kernel_size: 3, kernel_regularizer: {l2: 1e-4}}
  - batch_normalization
  - activation: relu
  - global_average_pooling2d
  - dropout: 0.1
"""
CLASSES, BINARY, VALUES = "{dense: 3}", "{dense: 1}", "{dense: {units: 2, activation: softplus}}"

pytestmark = pytest.mark.usefixtures("mean_teacher")


def data(kind: str, *, weighed: bool = False, views: int = 1) -> tf.data.Dataset:
    random = np.random.default_rng(0)
    labels = {
        "classes": random.integers(0, 3, 16).astype("int32"),
        "binary": random.integers(0, 2, 16).astype("int32"),
        "values": random.uniform(0.1, 2, (16, 2)).astype("float32"),
    }[kind]
    pictures = tuple(random.random((16, 8, 8, 1), dtype="float32") for _ in range(views))
    fields = {"image": pictures if views > 1 else pictures[0], "label": labels}
    if weighed:
        fields["sure"] = random.random(16, dtype="float32")
    return tf.data.Dataset.from_tensor_slices(fields).batch(16)


def compiled(
    train: dict[str, Any], kind: str = "classes", head: str = CLASSES, layers: str = SMALL, output: str = "logits", views: int = 1
) -> float:
    """Runs two training steps and a measuring step, each compiled as one. Gives the loss."""
    spec = loads(
        NETWORK.replace("OUTPUT", f"{output}: {head}").replace("LAYERS", layers.strip("\n")),
        overrides={"train": {"epochs": 1, "batch_size": 16, "jit_compile": True, **train}},
    )
    examples = data(kind, weighed="sample_weight" in str(train), views=views)
    graphs = (spec.graph(training=True), spec.graph())
    keras.utils.set_random_seed(0)
    prepared = prepare(spec, graphs, {"train": examples, "validation": examples})
    with precision(spec.experiment.train.precision):
        stages = Stages(build_network(*graphs), prepared, spec.experiment.train, tf.distribute.get_strategy(), (), Path())
        job = stages.job(Beginning())
    names = job.objective.names(job.network, training=True)
    batch = next(iter(examples))
    # Around all of it, so that what the loop would leave outside is compiled too: accumulation alone, whose parts change in size.
    step = training_step(job, names)
    whole = step if job.accumulate > 1 else tf.function(step, jit_compile=True)
    for _ in range(2):
        sums = whole(batch)
    measure = tf.function(measuring_step(job, job.objective.names(job.network, training=False)), jit_compile=True)
    assert np.isfinite(measure(batch).numpy()).all()
    execute = executor(step, job.strategy).get_concrete_function(iter(examples), tf.constant(1), tf.zeros(len(names) + 3))
    assert not {name for name in operations_of(execute.graph) if "PyFunc" in name}
    assert np.isfinite(sums.numpy()).all()
    return float(sums[0])


def operations_of(graph: Any) -> set[str]:
    """The operations of a graph, those inside its loops and branches included."""
    definition = graph.as_graph_def()
    inside = [node.op for function in definition.library.function for node in function.node_def]
    return {*inside, *(node.op for node in definition.node)}


def test_what_asks_python_would_be_found() -> None:
    @tf.function
    def loop(steps: Any) -> Any:
        total = tf.constant(0.0)
        for _ in tf.range(steps):
            total += tf.reshape(tf.py_function(lambda: 1.0, [], tf.float32), ())
        return total

    assert "EagerPyFunc" in operations_of(loop.get_concrete_function(tf.constant(3)).graph)


def losses() -> list[str]:
    return sorted(entries("loss"))


@pytest.mark.parametrize("name", losses())
def test_every_loss(name: str) -> None:
    params = entries("loss")[name].params
    assert issubclass(params, Loss)
    kind = {"classes": "classes", "binary": "binary", None: "values"}[params.labels]
    compiled(
        {"objective": {name: {"sample_weight": "sure", "target": "label"}}},
        kind,
        {"classes": CLASSES, "binary": BINARY, "values": VALUES}[kind],
    )


@pytest.mark.parametrize("name", [*sorted(name for name, entry in entries("objective").items() if not entry.pending), "mean_teacher"])
def test_every_objective(name: str) -> None:
    params = entries("objective")[name].params
    assert issubclass(params, Objective)
    (output,) = params.needs_outputs
    compiled({"objective": {name: {}}}, views=params.needs_views, output=output, layers=WHOLE)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["simclr", "moco", "dino"])
def test_objectives_that_compare_views_in_half_precision(name: str, precision: str) -> None:
    """Similarities and softmax are in float32: low temperatures would not fit into the exponents of half precision."""
    params = entries("objective")[name].params
    assert issubclass(params, Objective)
    (output,) = params.needs_outputs
    setting = {"objective": {name: {"temperature": 0.01} if name != "dino" else {"teacher_temperature": 0.01}}, "precision": precision}
    assert compiled(setting, views=params.needs_views, output=output, layers=WHOLE) > 0


@pytest.mark.parametrize("name", sorted(entries("optimizer")))
def test_every_optimizer(name: str) -> None:
    compiled({"objective": "softmax_cross_entropy", "optimizer": {name: {"use_ema": True, "global_clipnorm": 1.0}}})


@pytest.mark.parametrize("name", sorted(entries("schedule")))
def test_every_schedule(name: str) -> None:
    (example, *_) = (example for example in entries("schedule")[name].examples)
    compiled({"objective": "softmax_cross_entropy", "schedule": {name: dict(example)}})


@pytest.mark.parametrize(
    "setting",
    [
        {"precision": "mixed_float16"},
        {"precision": "mixed_bfloat16"},
        {"accumulate": 3},
        {"freeze": {"all_but": "logits"}},
        {"groups": [{"match": "*/bias", "learning_rate": 0.1, "weight_decay": 1.0}]},
        {"metrics": ["accuracy", {"top_k_accuracy": {"k": 2}}]},
        {"objective": {"softmax_cross_entropy": {"class_weight": [1.0, 2.0, 0.5]}}},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_every_way_to_take_a_step(setting: dict[str, Any]) -> None:
    compiled({"objective": "softmax_cross_entropy", **setting}, layers=WHOLE)


def test_under_xla_the_loss_is_the_same() -> None:
    plain = compiled({"objective": "softmax_cross_entropy", "jit_compile": False, "seed": 3})
    assert compiled({"objective": "softmax_cross_entropy", "seed": 3}) == pytest.approx(plain, rel=1e-5)
