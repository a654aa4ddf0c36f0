"""Trains by an objective with state for five steps on one device, then on two virtual ones, and prints how far all values are apart.

Run by a test: `python two_replicas_taught.py FOLDER`.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

import specc
from specc import plugins
from specc.training.checkpoint import Checkpoints

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()]
)

EXAMPLE = Path(__file__).parents[2] / "examples" / "objective"
plugins.load([EXAMPLE / "teacher_words.py"])
# 1,437 digits: five batches, the last of them smaller. A rate of 0.05 moves the weights far enough to see.
spec = specc.load(EXAMPLE / "taught_digits.yaml", overrides={"train.epochs": 1, "train.batch_size": 300})
found = []
for word in ("one_device", "mirrored"):
    run = specc.train(spec, strategy=word, directory=Path(sys.argv[1]) / word, progress=False)
    arrays = dict(Checkpoints(run.path / "checkpoints").newest().arrays)
    found.append((arrays, run.history[0]))
(one, first), (two, second) = found
print(
    json.dumps(
        {
            "apart": max(float(np.max(np.abs(one[name].astype("float64") - two[name].astype("float64")), initial=0.0)) for name in one),
            "names": sorted(one) == sorted(two),
            "objective": sum(name.startswith("objective/") for name in one),
            "steps": [int(value) for name, value in one.items() if name.endswith("/step")],
            "metrics": max(abs(first[name] - second[name]) for name in ("loss", "accuracy", "agreement", "val_loss", "val_accuracy")),
        }
    )
)
