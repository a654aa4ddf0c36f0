"""What is learned from the digits without labels: each method against its encoder untrained, and against labels alone.

    python benchmarks/representations.py [--seeds 3] [--methods simclr dcl moco dino rotation] [--epochs 100]

The methods are the specs of specs/self_supervised whose names end in `digits`.

For each seed: nearest neighbours and a linear layer on all training labels, and a linear layer on 20 labels in all, two of each
digit, which are others for each seed. `labels alone` learns the same encoder from those 20, with the same augmentation and as
many steps as do it good. Accuracies on the 360 held-out digits, mean and standard deviation over the seeds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import specc
from specc.keras_backend.network import build_network
from specc.probing.derived import HEAD, Task, derived
from specc.probing.learned import STANDARDIZED
from specc.representations.features import Representation
from specc.representations.knn import knn
from specc.representations.labelled import labelled_data
from specc.training.run import train

METHODS = ("simclr", "dcl", "moco", "dino", "rotation", "jigsaw", "autoencoder", "denoising", "inpainting")
PROBE = {
    "optimizer": {"sgd": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}},
    "schedule": "cosine",
    "epochs": 100,
    "batch_size": 256,
    "freeze": {"all_but": HEAD},
}
SCRATCH = {"optimizer": {"adamw": {"learning_rate": 2e-3}}, "schedule": "cosine", "epochs": 300, "batch_size": 20}


def few(seed: int) -> dict[str, int]:
    """Two labels of each digit."""
    return {"per_class": 2, "seed": seed}


def worth(spec: Any, model: keras.Model, seed: int, folder: Path) -> dict[str, float]:
    """Accuracies of what is learned from a network's features."""
    data = labelled_data(spec, spec.graph())
    representation = Representation(spec.graph(), data)
    representation.take_over(model)
    found = knn(representation, k=20, temperature=0.1)
    model.save(folder / "model.keras")
    begun = {"initialize": {"weights_file": {"path": str(folder / "model.keras"), "all_but": HEAD}}, "seed": seed}
    for name, subset in (("linear", {}), ("20 labels", few(seed))):
        task = Task("probe", data.classes, data.label, None, subset, {**PROBE, **begun}, [STANDARDIZED])
        found[name] = train(derived(spec, task), directory=folder / name, progress=False).history[-1]["val_accuracy"]
    return found


def labels_alone(seed: int, folder: Path) -> float:
    """The encoder learned from 20 labels, augmented as for SimCLR."""
    spec = specc.load("simclr_digits")
    task = Task("scratch", 10, "label", None, few(seed), {**SCRATCH, "seed": seed})
    transforms = spec.section("data")["train"]["transforms"]
    made = specc.language.loads(derived(spec, task).text, overrides={"data.train.transforms": transforms})
    return train(made, directory=folder / "scratch", progress=False).history[-1]["val_accuracy"]


def told(name: str, found: list[dict[str, float]], seconds: float) -> None:
    values = [[each[key] for each in found] for key in found[0]]
    cells = [f"{statistics.mean(column):.3f} +- {statistics.stdev(column) if len(column) > 1 else 0:.3f}" for column in values]
    print(f"{name:<14}", *(f"{cell:>16}" for cell in cells), f"{seconds / len(found):8.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    given = parser.parse_args()
    print(f"{'':<14}", *(f"{name:>16}" for name in ("kNN", "linear", "20 labels")), "   a run")
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        alone = [labels_alone(seed, Path(folder) / f"alone-{seed}") for seed in range(given.seeds)]
        deviation = statistics.stdev(alone) if len(alone) > 1 else 0
        print(f"{'labels alone':<14}", " " * 33, f"{statistics.mean(alone):.3f} +- {deviation:.3f}", flush=True)
        for method in ("untrained", *given.methods):
            found, begun = [], time.perf_counter()
            for seed in range(given.seeds):
                here = Path(folder) / f"{method}-{seed}"
                here.mkdir()
                asked = {"train.epochs": given.epochs, "train.batch_size": given.batch_size}
                overrides = {"train.seed": seed, "evaluate": [], **{key: value for key, value in asked.items() if value}}
                spec = specc.load(f"{'simclr' if method == 'untrained' else method}_digits", overrides=overrides)
                if method == "untrained":
                    keras.utils.set_random_seed(seed)
                    model = build_network(spec.graph(training=True), spec.graph()).inference
                else:
                    model = train(spec, directory=here / "run", progress=False).model
                found.append(worth(spec, model, seed, here))
                keras.backend.clear_session()
            told(method, found, time.perf_counter() - begun)


if __name__ == "__main__":
    main()
