"""Every word of the language, declared once and free of TensorFlow.

Words are loaded by family, when they are first asked for. Blocks and heads are YAML files, found by their names.
"""

import importlib
from functools import cache
from pathlib import Path

LAYERS = ("activation", "attention", "conv", "dense", "embedding", "merge", "norm", "operations", "pool", "regularization", "shape")

MODULES: dict[str, tuple[str, ...]] = {
    "layer": tuple(f"layers.{concept}" for concept in LAYERS),
    "initializer": ("initializers",),
    "regularizer": ("regularizers",),
    "constraint": ("constraints",),
    "loss": ("objectives.losses",),
    "optimizer": ("optimizers",),
    "schedule": ("schedules",),
    "source": ("data.sources",),
    "transform": ("data.transforms",),
    "metric": ("metrics",),
}


@cache
def load(family: str) -> None:
    """Imports the modules that declare the words of a family."""
    for module in MODULES.get(family, ()):
        importlib.import_module(f"specc.registry.{module}")


@cache
def block_files() -> dict[str, str]:
    """Path of the YAML file of every built-in block and head, by name."""
    return {**_yaml_files("blocks"), **_yaml_files("heads")}


@cache
def _yaml_files(folder: str) -> dict[str, str]:
    return {path.stem: str(path) for path in sorted((Path(__file__).parent / folder).glob("*.yaml"))}
