"""DINO's loss, its schedules, its centre and teacher, and how a collapse is told."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.keras_backend.network import Network, build_network
from specc.objectives.contrastive.dino import DINO, dino, momentum_at
from specc.objectives.contrastive.views import outputs_of_views
from specc.objectives.objective import Length

HERE = Path(__file__).parent
RANDOM = np.random.default_rng(2)
VIEWS, GLOBAL, BATCH, PROTOTYPES = 4, 2, 3, 5
SETTINGS: dict[str, Any] = {
    "teacher_momentum": 0.9,
    "teacher_temperature": 0.06,
    "student_temperature": 0.1,
    "center_momentum": 0.7,
    "warmup_teacher_temperature": 0.04,
    "warmup_teacher_temperature_epochs": 2.0,
    "freeze_last_layer_epochs": 1.0,
    "global_views": GLOBAL,
}


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


def by_loop(students: np.ndarray, teachers: np.ndarray, center: np.ndarray, warm: float, cold: float) -> np.ndarray:
    """The loss of each example, as the paper's algorithm 1 writes it, for several crops."""
    costs = np.zeros(students.shape[1])
    for example in range(students.shape[1]):
        pairs = 0
        for i, teacher in enumerate(teachers[:, example]):
            for j, student in enumerate(students[:, example]):
                if i != j:
                    costs[example] -= np.sum(softmax((teacher - center) / warm) * np.log(softmax(student / cold)))
                    pairs += 1
        costs[example] /= pairs
    return costs


STUDENTS, TEACHERS, CENTER = (
    RANDOM.normal(size=(VIEWS, BATCH, PROTOTYPES)),
    RANDOM.normal(size=(GLOBAL, BATCH, PROTOTYPES)),
    RANDOM.normal(size=PROTOTYPES),
)


def test_values_and_gradients_are_those_of_the_formula() -> None:
    students = tf.Variable(STUDENTS.astype("float32"))
    teachers = tf.Variable(TEACHERS.astype("float32"))
    with tf.GradientTape() as tape:
        found = dino(tf.unstack(students), tf.unstack(teachers), tf.constant(CENTER, tf.float32), 0.5, 0.3)
    np.testing.assert_allclose(found, by_loop(STUDENTS, TEACHERS, CENTER, 0.5, 0.3), atol=1e-5)
    gradient, none = tape.gradient(found, [students, teachers])
    assert none is None  # the teacher's answers are what is learned, and do not learn
    for place in np.ndindex(STUDENTS.shape):
        moved = []
        for step in (1e-5, -1e-5):
            changed = STUDENTS.copy()
            changed[place] += step
            moved.append(by_loop(changed, TEACHERS, CENTER, 0.5, 0.3).sum())
        assert gradient.numpy()[place] == pytest.approx((moved[0] - moved[1]) / 2e-5, abs=1e-4)


def test_the_momentum_rises_to_1() -> None:
    found = [float(momentum_at(tf.constant(step), 0.9, 10)) for step in (0, 5, 10)]
    assert found == pytest.approx([0.9, 0.95, 1.0], abs=1e-6)


@pytest.fixture
def network() -> Network:
    spec = specc.load(HERE / "small_dino.yaml")
    keras.utils.set_random_seed(3)
    return build_network(spec.graph(training=True), spec.graph())


def objective(**settings: Any) -> DINO:
    return DINO({"prototypes": "prototypes"}, {}, **{**SETTINGS, **settings})


def batch(seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {"image": tuple(tf.constant(random.random((BATCH, size, size, 1), dtype="float32")) for size in (8, 8, 4, 4))}


def test_a_step(network: Network) -> None:
    """The teacher sees the large views alone, with the centre from before; the centre follows the mean of what it says."""
    made, views = objective(), batch()
    state = made.setup(network, Length(10, 4))
    state["center"].assign(RANDOM.normal(size=12, scale=0.1))
    center = state["center"].numpy()
    each = [{"image": view} for view in views["image"]]
    students = np.array([rows.numpy() for rows in outputs_of_views(network, "prototypes", each, training=True)])
    teachers = np.array([rows.numpy() for rows in outputs_of_views(state["teacher"], "prototypes", each[:2], training=True)])
    with tf.GradientTape() as tape:
        terms = made.losses(network, views, state)
    np.testing.assert_allclose(terms.loss, by_loop(students, teachers, center, 0.04, 0.1), atol=1e-4)
    np.testing.assert_allclose(state["center"].numpy(), 0.7 * center + 0.3 * teachers.mean(axis=(0, 1)), atol=1e-6)
    assert all(gradient is None for gradient in tape.gradient(terms.loss, state["teacher"].training.trainable_variables))
    answers = np.array([[softmax((row - center) / 0.04) for row in rows] for rows in teachers])
    entropy = -(answers * np.log(answers)).sum(axis=-1)
    np.testing.assert_allclose(terms.reported["teacher_entropy"], entropy.mean(axis=0), atol=1e-4)
    mean = answers.mean(axis=(0, 1))
    told = -(mean * np.log(mean)).sum() - entropy.mean(axis=0)
    np.testing.assert_allclose(terms.reported["teacher_information"], told, atol=1e-4)


def test_the_teacher_follows_by_the_schedule(network: Network) -> None:
    made = objective()
    state = made.setup(network, Length(10, 4))
    before = [weight.numpy() for weight in network.weights]
    for weight in network.weights:
        weight.assign(weight + 1)
    state["step"].assign(20)
    made.after_update(network, state)
    momentum = 1 - 0.1 * (math.cos(math.pi * 20 / 40) + 1) / 2
    for old, weight in zip(before, state["teacher"].weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), old + (1 - momentum) * weight.trainable, atol=1e-6)
    assert int(state["step"].numpy()) == 21


@pytest.mark.parametrize(("step", "expected"), [(0, 0.04), (10, 0.05), (20, 0.06), (39, 0.06)])
def test_the_temperature_rises(network: Network, step: int, expected: float) -> None:
    made = objective()
    state = made.setup(network, Length(10, 4))
    state["step"].assign(step)
    assert float(made.temperature_at(state)) == pytest.approx(expected)
    assert float(objective(warmup_teacher_temperature_epochs=0.0).temperature_at(state)) == pytest.approx(0.06)


@pytest.mark.parametrize(("step", "learns"), [(0, False), (9, False), (10, True)])
def test_the_prototypes_learn_after_the_first_epoch(network: Network, step: int, learns: bool) -> None:
    made = objective()
    state = made.setup(network, Length(10, 4))
    state["step"].assign(step)
    variables = network.training.trainable_variables
    gradients = made.learned(network, state, [tf.ones(variable.shape) for variable in variables])
    still = [variable.path for variable, gradient in zip(variables, gradients, strict=True) if not np.any(gradient)]
    last = network.training.get_layer("prototypes-weight_normalized_dense").kernel.path
    assert still == ([] if learns else [last])


@pytest.mark.parametrize(
    ("means", "told"),
    [
        ({"teacher_entropy": 1.0, "teacher_information": 0.5}, None),
        ({"teacher_entropy": 2.47, "teacher_information": 0.001}, "evenly over all prototypes"),
        ({"teacher_entropy": 0.01, "teacher_information": 0.001}, "to one prototype"),
    ],
)
def test_a_collapse_is_told(network: Network, means: dict[str, float], told: str | None) -> None:
    found = objective().finding(network, means)
    assert (found is None) if told is None else (told in str(found))


def test_a_collapsed_run_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A teacher that sharpens nothing answers evenly, whatever it sees."""
    warm = {"dino": {"teacher_temperature": 20.0, "warmup_teacher_temperature": 20.0}}
    spec = specc.load(HERE / "small_dino.yaml", overrides={"train.objective": warm, "train.epochs": 1})
    run = specc.train(spec, directory=tmp_path / "run")
    told = "the representation has collapsed: the teacher's answers are the same for every example, evenly over all prototypes"
    assert run.history[0]["finding"].startswith(told)
    assert f"warning: {told}" in capfd.readouterr().err
    assert told in (tmp_path / "run" / "metrics.jsonl").read_text()
    assert (tmp_path / "run" / "curves.png").exists()
