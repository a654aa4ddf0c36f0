"""Every word of the language, declared once and free of TensorFlow.

Words are loaded when they are first asked for: layers by the module that declares them, others by family. Blocks and
heads are YAML files, found by their names.
"""

import importlib
from functools import cache
from pathlib import Path

from specc.registry.layers import LAYERS

MODULES: dict[str, tuple[str, ...]] = {
    "layer": tuple(f"layers.{concept}" for concept in LAYERS),
    "cell": ("layers.cells",),
    "activation": ("activations",),
    "initializer": ("initializers",),
    "regularizer": ("regularizers",),
    "constraint": ("constraints",),
    "loss": ("objectives.losses",),
    "objective": ("objectives.contrastive", "objectives.detection", "objectives.sequence"),
    "optimizer": ("optimizers",),
    "schedule": ("schedules",),
    "distribution": ("distributions",),
    "callback": ("callbacks",),
    "initialization": ("initializations",),
    "source": (
        "data.sources.embedded",
        "data.sources.records",
        "data.sources.images",
        "data.sources.annotated",
        "data.sources.text",
        "data.sources.tables",
        "data.sources.arrays",
        "data.sources.scenes",
    ),
    "feature": ("data.sources.features",),
    "tokenizer": ("data.tokenizers",),
    "transform": (
        "data.transforms.geometric",
        "data.transforms.color",
        "data.transforms.photometric",
        "data.transforms.values",
        "data.transforms.mixing",
        "data.transforms.pretext",
    ),
    "metric": ("metrics",),
    "evaluation": ("evaluations",),
    "sampler": ("samplers",),
}


@cache
def load(family: str) -> None:
    """Imports the modules that declare the words of a family."""
    for module in MODULES.get(family, ()):
        importlib.import_module(f"specc.registry.{module}")


@cache
def load_layer(name: str) -> None:
    """Imports the module that declares a layer, if one does: a document pays for the layers that it uses."""
    for module, names in LAYERS.items():
        if name in names:
            importlib.import_module(f"specc.registry.layers.{module}")


@cache
def block_files() -> dict[str, str]:
    """Path of the YAML file of every built-in block and head, by name."""
    return {**_yaml_files("blocks"), **_yaml_files("heads")}


@cache
def _yaml_files(folder: str) -> dict[str, str]:
    return {path.stem: str(path) for path in sorted((Path(__file__).parent / folder).glob("*.yaml"))}
