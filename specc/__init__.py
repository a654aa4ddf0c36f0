"""specc compiles YAML model specs to Keras models.

    import specc

    spec = specc.load("my.yaml", params={"classes": 10})
    graph = specc.analyze(spec)     # nodes, shapes, weights, costs; no TensorFlow
    model = specc.build(spec)       # a keras.Model
    source = specc.emit(spec)       # the same model as Python source
    drawing = specc.draw(spec)      # the architecture as SVG; no TensorFlow
    run = specc.train(spec)

Importing this package is cheap: each name is fetched when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from specc.version import __version__

if TYPE_CHECKING:
    from specc import register
    from specc.api import analyze, build, draw, emit, evaluate, load, predict, probe, train
    from specc.diagnostics import SpecError
    from specc.graph import Graph
    from specc.language.spec import Spec
    from specc.training.run import Run

__all__ = [
    "Graph", "Run", "Spec", "SpecError", "__version__", "analyze", "build", "draw", "emit", "evaluate", "load",
    "predict", "probe", "register", "train",
]  # fmt: skip

_HOMES = {
    "Graph": "specc.graph",
    "Run": "specc.training.run",
    "Spec": "specc.language.spec",
    "SpecError": "specc.diagnostics",
    **dict.fromkeys(["analyze", "build", "draw", "emit", "evaluate", "load", "predict", "probe", "train"], "specc.api"),
}


def __getattr__(name: str) -> Any:
    if name == "register":
        return importlib.import_module("specc.register")  # a module of its own name, which importing binds here
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
