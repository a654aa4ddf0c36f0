"""What a trained model is worth, and what it says about an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

    from specc.language.spec import Spec
    from specc.training.run import Run


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a model on held-out data.

    Args:
        metrics: values by name: `loss`, `accuracy`, ...
        examples: how many there were.
        classes: names of the classes; empty where the task has none.
        confusion: examples by (class, answer), shape (classes, classes); None where the task has no classes.
        pictures: the files that were written.
    """

    metrics: dict[str, float]
    examples: int
    classes: tuple[str, ...] = ()
    confusion: np.ndarray | None = None
    pictures: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """What a model says about an image: the classes with the highest probabilities, the highest first."""

    path: Path
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]


def evaluate(
    model: Run | keras.Model | str | Path,
    *,
    spec: Spec | None = None,
    data: tf.data.Dataset | None = None,
    directory: str | Path | None = None,
    batch_size: int | None = None,
) -> Evaluation:
    """Measures a model on the spec's test data, or its validation data where it has no others.

    Args:
        model: a run, a run folder, a model, or a `.keras` file.
        spec: the spec that says data and losses; needed where `model` is no run.
        data: a data set that stands in for the spec's.
        directory: where pictures go; by default the run folder, without one nowhere.
        batch_size: by default the one of training.

    Raises:
        SpecError: there is no such run or model, or the data do not fit it.
    """
    raise NotImplementedError


def predict(
    model: Run | keras.Model | str | Path,
    images: Sequence[str | Path],
    *,
    picture: str | Path | None = None,
    top: int = 3,
) -> tuple[Prediction, ...]:
    """Classifies image files.

    Args:
        model: a run, a run folder, a model, or a `.keras` file.
        images: image files; each is resized to the model's input and gets its number of channels, values 0 to 1.
        picture: a file for the images with their answers beside them.
        top: how many classes are told.

    Raises:
        SpecError: there is no such model or image, or the model takes no images.
    """
    raise NotImplementedError
