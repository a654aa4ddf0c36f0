"""Features as a map: examples in two dimensions, those that are alike beside each other."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from specc.graph import Graph
from specc.language.spec import Spec
from specc.registry.evaluations import evaluation_params
from specc.representations.features import Features, Representation
from specc.representations.labelled import labelled_data

EXAMPLES = 2000  # more would cover each other


def draw_map(spec: Spec, graph: Graph, model: keras.Model, path: Path) -> Path:
    """Draws the features of held-out examples, by class, at the step that the first evaluation names.

    They are brought into two dimensions by t-SNE (van der Maaten and Hinton, 2008) with cosine distances.
    """
    data = labelled_data(spec, graph)
    step = next((evaluation_params(choice).features for choice in spec.experiment.evaluate), None)
    representation = Representation(graph, data, step)
    representation.take_over(model)
    held_out = representation.held_out()
    names = data.names if len(data.names) == data.classes else tuple(map(str, range(data.classes)))
    path.parent.mkdir(parents=True, exist_ok=True)
    _draw(held_out, names, path, spec.name)
    return path


def _draw(features: Features, names: tuple[str, ...], path: Path, title: str) -> None:
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from sklearn.manifold import TSNE

    count = min(len(features.vectors), EXAMPLES)
    chosen = np.sort(np.random.default_rng(0).permutation(len(features.vectors))[:count])
    vectors, labels = features.vectors[chosen], features.labels[chosen]
    perplexity = min(30.0, max(1.0, (count - 1) / 3))
    begun = "pca" if vectors.shape[1] > 1 else "random"
    places = TSNE(metric="cosine", init=begun, perplexity=perplexity, random_state=0).fit_transform(vectors)
    figure = Figure(figsize=(8.0, 7.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = colormaps["tab10" if len(names) <= 10 else "tab20" if len(names) <= 20 else "turbo"]
    for label in np.unique(labels):
        here = places[labels == label]
        colour = colours(label) if len(names) <= 20 else colours(label / len(names))
        axes.scatter(here[:, 0], here[:, 1], s=12, color=colour, label=names[label])
    axes.set_title(f"{title}: features of {count:,} held-out examples (t-SNE)")
    axes.set_xticks([])
    axes.set_yticks([])
    if len(names) <= 40:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=2, ncols=1 if len(names) <= 20 else 2)
    figure.savefig(path, dpi=120)
