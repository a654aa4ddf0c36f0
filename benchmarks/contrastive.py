"""What contrastive objectives cost: a step of each against the same encoder alone, and the loss by the size of the batch.

    python benchmarks/contrastive.py [--rounds 9] [--only steps|batches|largest]

`steps`: the time of a step with forward and backward of a ResNet-18 for 32x32, against forward and backward of the same two views
through the same network with a mean in place of the loss. A ratio of 1.05 is 5% more.
`batches`: the time of the loss alone, and the memory that it needs, by the global batch, in a process of its own for each.
`largest`: the largest batch of `simclr_cifar10` whose step fits into a given memory, found by doubling, each in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

DIMENSIONS = 128
BATCHES = (256, 512, 1024, 2048, 4096, 8192)


def network_and_objectives(batch: int) -> tuple[Any, dict[str, Callable[[Any, Any], Any]], Any]:
    """The encoder with its head, a function from two views to a loss for each objective, and a batch of views."""
    import numpy as np
    import tensorflow as tf

    import specc
    from specc.keras_backend.network import build_network
    from specc.objectives.choice import objective_of
    from specc.objectives.contrastive.views import outputs_of_views, views_of
    from specc.objectives.objective import Length

    random = np.random.default_rng(0)
    views = {"image": tuple(tf.constant(random.random((batch, 32, 32, 3), dtype="float32")) for _ in range(2))}
    found: dict[str, Callable[[Any, Any], Any]] = {}
    networks = {}
    for name, head in (
        ("simclr", "projection"),
        ("dcl", "projection"),
        ("info_nce", "projection"),
        ("moco", "projection"),
    ):
        arguments = {"queue": 16 * batch} if name == "moco" else {}
        spec = specc.load("simclr_cifar10", overrides={"train.objective": {name: arguments}, "train.batch_size": batch})
        network = networks[head] = networks.get(head) or build_network(spec.graph(training=True), spec.graph())
        objective = objective_of(spec.experiment.stages[0], (), spec.graph(training=True), ["image"])
        state = objective.setup(network, Length(100, 1))
        found[name] = lambda network, views, objective=objective, state=state: tf.reduce_mean(objective.losses(network, views, state).loss)
    found["encoder alone"] = lambda network, views: tf.add_n(
        [tf.reduce_mean(rows) for rows in outputs_of_views(network, "projection", views_of(views), training=True)]
    )
    return networks["projection"], found, views


def steps(rounds: int, batch: int = 64) -> None:
    """Prints the time of each objective's step, as a ratio to the encoder's alone: taking turns, the median with its quartiles."""
    import tensorflow as tf

    network, objectives, views = network_and_objectives(batch)

    def compiled(loss: Callable[[Any, Any], Any]) -> Any:
        @tf.function
        def step() -> Any:
            with tf.GradientTape() as tape:
                value = loss(network, views)
            return value, tape.gradient(value, network.training.trainable_variables)

        step()
        return step

    made = {name: compiled(loss) for name, loss in objectives.items()}
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(rounds):
        for name, step in made.items():
            begun = time.perf_counter()
            tf.nest.map_structure(lambda value: value.numpy(), step()[0])
            seconds[name].append(time.perf_counter() - begun)
    alone = seconds["encoder alone"]
    print(f"{'objective':<14} {'ms':>8}  ratio to the encoder alone, batch {batch}")
    for name, times in seconds.items():
        ratios = [mine / other for mine, other in zip(times, alone, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4) if name != "encoder alone" else (1.0, 1.0, 1.0)
        print(f"{name:<14} {1000 * statistics.median(times):8.0f}  {middle:.2f} ({low:.2f}-{high:.2f})")


def one_batch(batch: int) -> None:
    """Prints the time of NT-Xent and its gradient, and the memory that the process needed at most."""
    import tensorflow as tf

    from specc.objectives.contrastive.simclr import nt_xent

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first, second = (tf.Variable(tf.random.normal((batch, DIMENSIONS))) for _ in range(2))

    @tf.function
    def step() -> Any:
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(nt_xent(first, second, 0.1))
        return tape.gradient(value, [first, second])

    step()
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        [gradient.numpy() for gradient in step()]
        times.append(time.perf_counter() - begun)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{batch:>6} {1000 * statistics.median(times):10.1f} ms {(after - before) / 1024:10.0f} MiB")


def one_step(batch: int) -> None:
    """Makes one step of SimCLR of a batch. Fails where memory does not hold it."""
    import tensorflow as tf

    network, objectives, views = network_and_objectives(batch)
    with tf.GradientTape() as tape:
        value = objectives["simclr"](network, views)
    tape.gradient(value, network.training.trainable_variables)
    print(f"{batch:>6} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:10.0f} MiB at most")


def apart(*arguments: str, megabytes: int | None = None) -> bool:
    """Runs this file in a process of its own, in so much memory. Whether it went well."""

    def limited() -> None:
        if megabytes is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))

    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, check=False, preexec_fn=limited, stderr=subprocess.DEVNULL).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=("steps", "batches", "largest"))
    parser.add_argument("--megabytes", type=int, default=8192, help="the memory of `largest`")
    parser.add_argument("--one-batch", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--one-step", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one_batch:
        one_batch(given.one_batch)
    elif given.one_step:
        one_step(given.one_step)
    else:
        if given.only in (None, "steps"):
            steps(given.rounds)
        if given.only in (None, "batches"):
            print("NT-Xent and its gradient, by the global batch")
            for batch in BATCHES:
                apart("--one-batch", str(batch))
        if given.only in (None, "largest"):
            print(f"a step of simclr_cifar10 in {given.megabytes} MiB")
            batch = 64
            while apart("--one-step", str(batch), megabytes=given.megabytes):
                batch *= 2


if __name__ == "__main__":
    main()
