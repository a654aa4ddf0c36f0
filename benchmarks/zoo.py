"""How long `specc.build` takes, against the hand-written Keras code of the same network.

    python benchmarks/zoo.py [--rounds 7]

The two take turns in one process; which of them begins alternates. The ratio of each pair is taken, then the median.
`specc.build` is measured from the name of the spec to the model, reading and checking included.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import specc

APPLICATIONS: dict[str, str] = {
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "inception_v3": "InceptionV3",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
    "resnet152": "ResNet152",
    "xception": "Xception",
    "densenet121": "DenseNet121",
    "densenet169": "DenseNet169",
    "densenet201": "DenseNet201",
    "mobilenet": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
}


def seconds(make: Callable[[], Any]) -> float:
    """Time to make one model, with nothing left over from the one before."""
    keras.backend.clear_session()
    gc.collect()
    start = time.perf_counter()
    model = make()
    taken = time.perf_counter() - start
    del model
    return taken


def application(name: str) -> Callable[[], Any]:
    """The same network of keras.applications."""
    make = getattr(keras.applications, APPLICATIONS[name])
    return lambda: make(weights=None)


def emitted(name: str) -> Callable[[], Any]:
    """The source that `specc.emit` prints for a spec, as the function that it defines."""
    namespace: dict[str, Any] = {"__name__": name}
    exec(compile(specc.emit(name), f"{name}.py", "exec"), namespace)
    make: Callable[[], Any] = namespace[name]
    return make


def compare(label: str, ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> None:
    """Prints both medians and the median of the ratios of the pairs."""
    seconds(ours), seconds(theirs)
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            other, own = seconds(theirs), seconds(ours)
        else:
            own, other = seconds(ours), seconds(theirs)
        pairs.append((own, other))
    own_median, other_median = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratios = sorted(own / other for own, other in pairs)
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"{label:<36} specc {own_median:5.2f} s   by hand {other_median:5.2f} s   ratio {statistics.median(ratios):.3f} ({spread})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("names", nargs="*", default=list(APPLICATIONS))
    options = parser.parse_args()
    for name in options.names:
        if name in APPLICATIONS:
            compare(f"{name}, keras.applications", lambda name=name: specc.build(name), application(name), options.rounds)
        compare(f"{name}, emitted source", lambda name=name: specc.build(name), emitted(name), options.rounds)


if __name__ == "__main__":
    main()
