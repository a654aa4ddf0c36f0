"""The Python interface. Every function takes a spec that was loaded, a file, or the name of a spec in the zoo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

    from specc.evaluation import Evaluation, Prediction
    from specc.graph import Graph
    from specc.language.spec import Spec
    from specc.probing import Probed
    from specc.training.run import Run


def load(
    reference: str | Path,
    params: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    plugins: Iterable[str | Path] = (),
) -> Spec:
    """Reads a spec and checks its document.

    Args:
        reference: a file (`my.yaml`), or the name of a spec in the zoo (`resnet50`).
        params: values for the spec's params.
        overrides: values by dotted key, set over the document: `{"train.epochs": 5}`.
        plugins: modules, or `.py` files, that register words (`specc.register`); one that was imported need not be named.

    Raises:
        SpecError: the spec, or a plug-in, is wrong; `.diagnostics` says what and where.
    """
    from specc import language

    if not isinstance(reference, (str, Path)):
        raise TypeError(
            f"a spec is a file or the name of one in the zoo, not {type(reference).__name__}; specc.language.loads reads a text"
        )
    if plugins:
        from specc.plugins import load as load_plugins

        load_plugins(plugins)
    return language.load(reference, params=params, overrides=overrides)


def analyze(spec: Spec | str | Path, *, training: bool = False, **params: Any) -> Graph:
    """The network of a spec: nodes, shapes, weights and costs. Needs no TensorFlow.

    Args:
        spec: what `load` returned, a file, or a name of the zoo.
        training: the graph that training runs, auxiliary heads included.
        params: values for the spec's params, where the spec is given by file or name.

    Raises:
        SpecError: the spec is wrong.
    """
    return _loaded(spec, params).graph(training=training)


def build(spec: Spec | str | Path, *, training: bool = False, **params: Any) -> keras.Model:
    """The Keras model of a spec. Arguments and errors are those of `analyze`.

    Layers are named by their paths in the spec, with `-` for `/`. The model needs specc no more.
    """
    graph = analyze(spec, training=training, **params)
    from specc.language.pending import require_built

    require_built(graph)
    from specc.keras_backend.build import Builder

    return Builder().model(graph)


def emit(spec: Spec | str | Path, **params: Any) -> str:
    """The Keras source of a spec's model, as if written by hand. Needs no TensorFlow."""
    loaded = _loaded(spec, params)
    from specc.keras_backend.emit import emit as source

    return source(loaded)


def draw(spec: Spec | str | Path, *, only: str | None = None, depth: int | None = None, training: bool = False, **params: Any) -> str:
    """The architecture as an SVG drawing. Needs no TensorFlow.

    Args:
        spec: what `load` returned, a file, or a name of the zoo.
        only: the path of a step, such as `stage/0`, that is drawn in place of the whole network; LookupError where there is none.
        depth: levels of boxes to show, the lowest folded; None shows as many as fit a page.
        training: the graph that training runs, auxiliary heads included.
        params: values for the spec's params, where the spec is given by file or name.
    """
    loaded = _loaded(spec, params)
    from specc import drawing

    graph = loaded.graph(training=training)
    if only is None:
        return drawing.draw(graph, depth, loaded.summary)
    from specc.excerpt import excerpt

    return drawing.draw(excerpt(graph, only), depth)


def train(spec: Spec | str | Path, data: Mapping[str, Any] | None = None, **options: Any) -> Run:
    """Trains a spec and returns the run: its model, history and folder.

    Args:
        spec: what `load` returned, a file, or a name of the zoo.
        data: `tf.data.Dataset`s that stand in for the spec's data: `{"train": ..., "validation": ...}`.
        options: `directory`, `strategy`, `callbacks`, `progress`; see `specc.training.run.train`.
    """
    loaded = _loaded(spec, {})
    from specc.training import run

    return run.train(loaded, data=data, **options)


def evaluate(model: Run | keras.Model | str | Path, *, spec: Spec | str | Path | None = None, **options: Any) -> Evaluation:
    """Measures a run, a run's folder, a model or a `.keras` file on held-out data.

    Args:
        model: what is measured.
        spec: the spec that says data and losses; needed where `model` is no run.
        options: `data`, `directory`, `batch_size`; see `specc.evaluation.evaluate`.
    """
    loaded = None if spec is None else _loaded(spec, {})
    from specc import evaluation

    return evaluation.evaluate(model, spec=loaded, **options)


def probe(run: Run | str | Path, evaluations: Sequence[str] | None = None, **options: Any) -> Probed:
    """Measures what the representation of a run is worth.

    Args:
        run: a run, or its folder.
        evaluations: words such as `knn`; by default those that the spec names, or `knn` and `linear_probe`.
        options: `spec`, `told`; see `specc.probing.probe`.
    """
    from specc import probing

    return probing.probe(run, evaluations, **options)


def predict(model: Run | keras.Model | str | Path, images: Sequence[str | Path], **options: Any) -> tuple[Prediction, ...]:
    """What a model says about image files.

    Args:
        model: a run, a run's folder, a model or a `.keras` file.
        images: the files.
        options: `picture`, `top`; see `specc.evaluation.predict`.
    """
    from specc import evaluation

    return evaluation.predict(model, images, **options)


def _loaded(spec: Spec | str | Path, params: Mapping[str, Any]) -> Spec:
    from specc.language.spec import Spec

    if not isinstance(spec, Spec):
        return load(spec, params=params)
    if params:
        names = ", ".join(f"`{name}`" for name in params)
        raise TypeError(f"{names}: params are given where the spec is loaded: specc.load(..., params={{...}})")
    return spec
