"""The loop against Keras's own, and over two replicas. Seeds stand at each draw."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.data.given import given_feed
from specc.graph import Graph, Tensor, TensorSpec
from specc.keras_backend.network import Network
from specc.language.wiring import Wired
from specc.objectives.by_head import ByHead
from specc.registry.entry import bind_value
from specc.registry.experiment import Train
from specc.registry.types import ChoiceOf
from specc.training.job import Job
from specc.training.loop import Watch, fit
from specc.training.pace import Pace, pace_of
from specc.training.step import training_step

GRAPH = Graph("small", {"x": Tensor(TensorSpec((None, 5)), None, name="x")}, (), {"logits": Tensor(TensorSpec((None, 3)), None)})


class Silent(Watch):
    """A watch that may stop after some steps."""

    def __init__(self, stop_after=None):
        self.stop_after, self.seen, self.records = stop_after, [], []

    @property
    def stopping(self):
        return self.stop_after is not None and sum(self.seen) >= self.stop_after

    def epoch(self, epoch):
        self.last = 0

    def steps(self, position, means):
        self.seen.append(position.done - self.last)
        self.last = position.done

    def record(self, record):
        self.records.append(record)


def model(dropout=0.0):
    keras.utils.set_random_seed(7)
    x = keras.Input((5,), name="x")
    y = keras.layers.Dense(8, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01))(x)
    y = keras.layers.Dropout(dropout)(keras.layers.BatchNormalization(momentum=0.8)(y))
    return keras.Model(x, keras.layers.Dense(3)(y))


def batches(examples=37, batch=8):
    random = np.random.default_rng(1)
    return tf.data.Dataset.from_tensor_slices(
        (random.normal(size=(examples, 5)).astype("float32"), random.integers(0, 3, examples).astype("int32"))
    ).batch(batch)


def job(network, optimizer=None, **options):
    optimizer = optimizer or keras.optimizers.Adam(0.01)
    optimizer.build(network.trainable_variables)
    feed = given_feed(batches(), GRAPH, Train(), 8)
    given = {"training": feed, "validation": feed, "epochs": 2, "strategy": tf.distribute.get_strategy(), **options}
    objective = ByHead([Wired("logits", "target", "logits", bind_value(ChoiceOf("loss"), "softmax_cross_entropy"))])
    return Job(network=Network(network, network, GRAPH, GRAPH), objective=objective, optimizer=optimizer, **given)


@pytest.mark.parametrize(
    "optimizer", [lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), lambda: keras.optimizers.AdamW(0.01, global_clipnorm=0.5)]
)
def test_it_computes_what_fit_computes(optimizer):
    ours, theirs = model(), model()
    records = fit(job(ours, optimizer()), Silent())
    theirs.compile(optimizer(), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    history = theirs.fit(batches(), epochs=2, shuffle=False, verbose=0, validation_data=batches()).history
    for mine, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(mine, other, atol=2e-6)
    for epoch, record in enumerate(records):
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert record[name] == pytest.approx(history[name][epoch], abs=2e-6), (epoch, name)


@pytest.mark.parametrize("options", [{"steps_per_execution": 1}, {"steps_per_execution": 3}, {"jit_compile": True}])
def test_how_steps_are_run_changes_nothing(options):
    first, second = model(), model()
    one, other = fit(job(first), Silent()), fit(job(second, **options), Silent())
    for mine, theirs in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_allclose(mine, theirs, atol=2e-6)
    assert [record["loss"] for record in one] == pytest.approx([record["loss"] for record in other], abs=1e-6)


def test_steps_are_compiled_once_for_all_epochs():
    traces = []
    work = job(model(), epochs=4)
    losses, measure = work.objective.losses, work.objective.measure
    work.objective.losses = lambda *given: traces.append("step") or losses(*given)
    work.objective.measure = lambda *given: traces.append("measure") or measure(*given)
    fit(work, Silent())
    # Autograph may look at a loop's body twice to settle its types, and a loop over None batches is traced once.
    assert traces.count("step") <= 2
    assert traces.count("measure") <= 2


class Seen(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_begin(self, logs=None):
        self.calls.append("train")
        assert self.params["epochs"] == 3

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(("begin", epoch))
        self.model.optimizer.learning_rate = 0.01 / (epoch + 1)

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(batch)
        assert logs["loss"] > 0

    def on_epoch_end(self, epoch, logs=None):
        assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(logs)
        self.calls.append(("end", epoch))
        if epoch == 1:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.calls.append("over")


def test_callbacks_of_keras_are_honoured():
    seen, watch = Seen(), Silent()
    network = model()
    records = fit(job(network, epochs=3, callbacks=[seen]), watch)
    epoch = list(range(5))
    assert seen.calls == ["train", ("begin", 0), *epoch, ("end", 0), ("begin", 1), *epoch, ("end", 1), "over"]
    assert [record["learning_rate"] for record in records] == pytest.approx([0.01, 0.005])
    assert not hasattr(network, "optimizer")


def test_early_stopping_restores_the_best_weights():
    network, kept = model(), []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(network.get_weights()))
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=0, restore_best_weights=True, mode="max")  # the loss falls
    records = fit(job(network, epochs=9, callbacks=[keep, stopping]), Silent())
    assert len(records) == 2
    for found, first, second in zip(network.get_weights(), *kept):
        np.testing.assert_array_equal(found, first)
        assert not np.array_equal(found, second)


def test_stopping_keeps_what_was_done():
    watch = Silent(stop_after=7)
    records = fit(job(model(), steps_per_execution=1, epochs=5), watch)
    assert [(record["epoch"], record["steps"], record.get("interrupted", False)) for record in records] == [(1, 5, False), (2, 2, True)]
    assert "val_loss" not in records[-1]
    assert records == watch.records


def test_half_precision_learns():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = model()
    finally:
        keras.config.set_dtype_policy(before)
    records = fit(job(network, keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.2)), epochs=8), Silent())
    assert records[-1]["loss"] < 0.9 * records[0]["loss"]
    assert all(variable.dtype == "float32" for variable in network.trainable_variables)


def without_statistics():
    """A model whose examples do not look at each other."""
    keras.utils.set_random_seed(7)
    x = keras.Input((5,), name="x")
    y = keras.layers.Dense(8, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01))(x)
    return keras.Model(x, keras.layers.Dense(3)(keras.layers.LayerNormalization()(y)))


@pytest.mark.parametrize("parts", [2, 3, 8, 100])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_batch_in_parts_is_the_batch(parts, jit_compile):
    """Batches of 8, the last of 5: parts of different sizes, and more parts than examples."""
    whole, parted = without_statistics(), without_statistics()
    one, other = (keras.optimizers.SGD(0.5, momentum=0.9, global_clipnorm=0.3) for _ in range(2))
    first = fit(job(whole, one), Silent())
    second = fit(job(parted, other, accumulate=parts, jit_compile=jit_compile), Silent())
    for one, other in zip(whole.get_weights(), parted.get_weights()):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for name in ("loss", "accuracy", "val_loss"):
        assert first[-1][name] == pytest.approx(second[-1][name], abs=1e-5)


def test_only_a_part_is_in_memory_at_a_time():
    """The parts run in a loop whose iterations wait for each other."""
    network = without_statistics()
    step = training_step(job(network, accumulate=4), ["accuracy"])
    batch = next(iter(job(network).training.stream(0, 1)))
    graph = tf.function(step).get_concrete_function(batch).graph
    (loop,) = [operation for operation in graph.get_operations() if operation.type in ("While", "StatelessWhile")]
    assert loop.get_attr("parallel_iterations") == 1


def test_variables_without_a_gradient_stay_without_one_in_parts():
    network = without_statistics()
    idle = keras.layers.Dense(2, name="idle")
    idle.build((None, 3))
    network.idle = idle  # tracked, and not in the graph
    before = idle.get_weights()
    fit(job(network, keras.optimizers.AdamW(0.1, weight_decay=0.5), accumulate=2), Silent())
    for one, other in zip(before, idle.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_a_loss_that_is_no_number_ends_the_run_at_its_step():
    """Example 21 of 37 is in the third batch of 8."""
    images, labels = np.ones((37, 5), "float32"), np.zeros(37, "int32")
    images[20] = np.inf
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8)
    for options in ({}, {"steps_per_execution": 4}, {"jit_compile": True}, {"accumulate": 2}):
        feed = given_feed(data, GRAPH, Train(), 8)
        (record,) = fit(job(without_statistics(), training=feed, **options), Silent())
        assert (record["epoch"], record["steps"], record["diverged"]) == (1, 3, True)
        assert not np.isfinite(record["loss"])
        assert "val_loss" not in record


def test_pace_grows_only_while_executions_are_short(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    pace, seen = Pace(), []
    for _ in range(12):
        steps = pace.start(10_000)
        clock[0] += 0.01 * steps
        pace.end(steps)
        seen.append(steps)
    assert seen == [1, 1, 2, 4, 8, 16, 16, 16, 16, 16, 16, 16]
    assert Pace(5).start(3) == 3
    assert pace_of(None, [Seen()]).start(9) == 1
    assert pace_of(4, [Seen()]).start(9) == 4


def test_two_replicas_compute_what_one_computes():
    script = Path(__file__).parent / "two_replicas.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    for name, found in json.loads(done.stdout.splitlines()[-1]).items():
        assert found["finite"], name
        if name == "alone":
            continue
        assert found["weights"] < 1e-6, name
        assert found["scale"] > 0.4, name
        if name != "fewer":  # there each replica counts the last example
            assert found["loss"][0] == pytest.approx(found["loss"][1], abs=1e-6), name
        assert found["val_loss"][0] == pytest.approx(found["val_loss"][1], abs=1e-6), name
        assert found["val_accuracy"][0] == pytest.approx(found["val_accuracy"][1], abs=1e-6), name
