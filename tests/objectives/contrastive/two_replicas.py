"""Learns from views on one device, then on two virtual ones, and prints for each objective how far all values are apart.

Run by a test: `python two_replicas.py FOLDER`. The rate is 1, so that weights move by their gradients. Batches are odd, so that the
replicas have parts of different sizes.
"""

import json
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import tensorflow as tf

import specc

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()]
)

TWO = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])  # one for all: a process bears no second one
HERE, FOLDER = Path(__file__).parent, Path(sys.argv[1])
CASES = {
    "info_nce": ("small.yaml", {"info_nce": {}}, 35),
    "simclr": ("small.yaml", {"simclr": {}}, 35),
    "dcl": ("small.yaml", {"dcl": {"sigma": 0.5}}, 35),
    "moco": ("small.yaml", {"moco": {"queue": 70, "momentum": 0.9}}, 35),
    "dino": ("small_dino.yaml", {"dino": {"freeze_last_layer_epochs": 0.5, "teacher_momentum": 0.9}}, 35),
    "simclr without gathering": ("small.yaml", {"simclr": {}}, 35),
}


def arrays_of(path):
    with np.load(path) as file:
        arrays = {name: np.asarray(file[name]) for name in file.files}
    return {name: array.astype("float64") for name, array in arrays.items() if array.dtype.kind in "fiu" and "/" in name}


def apart(one, two):
    assert sorted(one) == sorted(two)
    return max(float(np.max(np.abs(one[key] - two[key]), initial=0.0)) for key in one)


def compared(name):
    path, objective, batch_size = CASES[name]
    spec = specc.load(HERE / path, overrides={"train.epochs": 1, "train.objective": objective, "train.batch_size": batch_size})
    found = []
    for word, strategy in (("one", "one_device"), ("two", TWO)):
        run = specc.train(spec, strategy=strategy, directory=FOLDER / name / word, progress=False)
        found.append(([arrays_of(path) for path in sorted((run.path / "checkpoints").glob("step-*.npz"))], run.history[0]))
    (one, first), (two, second) = found
    return {
        "apart": [apart(*pair) for pair in zip(one, two, strict=True)],
        "gradient": apart(*({key: value for key, value in arrays.items() if key.startswith("model/")} for arrays in one[:2])),
        "state": sum(key.startswith("objective/") for key in one[0]),
        "metrics": max(abs(first[key] - second[key]) for key in first if key not in ("seconds", "examples_per_second")),
        "steps": first["steps"],
    }


found = {}
for case in CASES:
    if case.endswith("without gathering"):
        with (
            mock.patch("specc.objectives.contrastive.simclr.gathered", lambda rows: rows),
            mock.patch("specc.objectives.contrastive.simclr.own_places", lambda rows: tf.range(tf.shape(rows)[0])),
        ):
            found[case] = compared(case)
    else:
        found[case] = compared(case)
print(json.dumps(found))
