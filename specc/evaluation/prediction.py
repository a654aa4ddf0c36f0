"""What a model says about image files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.data.errors import first_line
from specc.data.faults import reason_of
from specc.data.processing import transformed
from specc.data.sources.decoding import read_image
from specc.diagnostics import fail
from specc.evaluation.pictures import draw_predictions
from specc.evaluation.trained import Trained, output_of, trained
from specc.graph import TensorSpec
from specc.language.wiring import Scores, scores_of
from specc.registry.data.fields import Field
from specc.registry.data.transforms.transform import transform_params
from specc.registry.entry import Choice

MODES = {1: "grayscale", 3: "rgb", 4: "rgba"}


@dataclass(frozen=True)
class Prediction:
    """What a model says about an image: the classes with the highest probabilities, the highest first."""

    path: Path
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]


def predict(
    model: Any,
    images: Sequence[str | Path],
    *,
    picture: str | Path | None = None,
    top: int = 3,
) -> tuple[Prediction, ...]:
    """Classifies image files.

    An image gets the model's size and number of channels, and the values 0 to 1; of a run also the fixed transforms of
    its data.

    Args:
        model: a run, a run folder, a model, or a `.keras` file.
        images: image files.
        picture: a file for the images with their answers beside them.
        top: how many classes are told.

    Raises:
        SpecError: there is no such model or image, or the model takes no images.
    """
    found = trained(model)
    head, index = _class_output(found.model)
    tensor = _image_input(found.model)
    paths = [Path(path) for path in images]
    shown = [_read(path, tensor.shape[-1]) for path in paths]
    fixed = _fixed_transforms(found, tensor.name)
    fed = [_fitted(image, tensor, fixed) for image in shown]
    kind = _scores(found, head)
    answers = [_answer(found, tensor, image, index, kind, top) for image in fed]
    if picture is not None and paths:
        _draw(Path(picture), shown, paths, answers)
    return tuple(
        Prediction(path, tuple(name for name, _ in answer), tuple(share for _, share in answer))
        for path, answer in zip(paths, answers, strict=True)
    )


def _image_input(model: keras.Model) -> Any:
    """The input that takes images."""
    inputs = model.inputs
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[-1] not in MODES:
        shapes = ", ".join(f"{tensor.name} {tuple(tensor.shape)}" for tensor in inputs)
        raise fail("E0512", f"the model does not take one image: its inputs are {shapes}")
    return inputs[0]


def _class_output(model: keras.Model) -> tuple[str | None, Any]:
    """The first output with a score for each class: its name, where outputs have names, and its place."""
    outputs = output_of(model)
    named = (
        outputs if isinstance(outputs, dict) else {None: outputs} if not isinstance(outputs, (list, tuple)) else dict(enumerate(outputs))
    )
    for name, tensor in named.items():
        if len(tensor.shape) == 2 and tensor.shape[1] is not None:
            return (name if isinstance(name, str) else None), name
    raise fail("E0512", "the model gives no scores of classes: none of its outputs has the shape (batch, classes)")


def _read(path: Path, channels: int) -> np.ndarray:
    """An image file with values 0 to 1, shape (height, width, channels)."""
    try:
        image = keras.utils.img_to_array(keras.utils.load_img(path, color_mode=MODES[channels]))  # some are decoded only here
    except FileNotFoundError:
        raise fail("E0512", f"there is no image {path}") from None
    except (OSError, ValueError) as error:
        raise fail("E0512", f"{path} is no image that can be read: {_reason(path, channels) or first_line(error)}") from error
    return image / 255


def _reason(path: Path, channels: int) -> str | None:
    """Why an image cannot be read, in the words of training; None where training could read it."""
    if path.is_dir():
        return "it is a folder"
    try:
        read_image(str(path), channels)
    except tf.errors.OpError as error:
        return reason_of(error)
    return None


def _fixed_transforms(found: Trained, field: str) -> list[Choice]:
    """What the run's data do to every image."""
    if found.spec is None:
        return []
    data = found.spec.experiment.data
    pipeline = data.test or data.validation or data.train
    transforms = [] if pipeline is None else pipeline.transforms
    return [choice for choice in transforms if transform_params(choice).field == field and not transform_params(choice).random]


def _fitted(image: np.ndarray, tensor: Any, fixed: Sequence[Choice]) -> Any:
    """An image as the model takes it."""
    name, (height, width) = tensor.name, tensor.shape[1:3]
    known = {name: Field(TensorSpec((None, *image.shape)), kind="image")}
    value = transformed({name: tf.constant(image)}, fixed, known)[name]
    size = (height or value.shape[0], width or value.shape[1])
    if tuple(value.shape[:2]) == size:
        return value
    shrinks = value.shape[0] >= size[0] and value.shape[1] >= size[1]
    return tf.image.resize(value, size, method="area" if shrinks else "bilinear")


def _answer(found: Trained, tensor: Any, image: Any, index: Any, kind: Scores, top: int) -> list[tuple[str, float]]:
    """The most probable classes of an image."""
    outputs = found.model(tf.cast(image, tensor.dtype)[None], training=False)
    scores = np.asarray(outputs if index is None else outputs[index], np.float32)[0]
    if len(scores) == 1:
        yes = float(1 / (1 + np.exp(-scores[0]))) if kind == "logits" else float(scores[0])
        shares = np.array([1 - yes, yes])
    else:
        shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum() if kind == "logits" else scores
    names = found.classes if len(found.classes) == len(shares) else tuple(str(number) for number in range(len(shares)))
    return [(names[place], float(shares[place])) for place in np.argsort(-shares, kind="stable")[:top]]


def _scores(found: Trained, head: str | None) -> Scores:
    """Whether the output gives logits or probabilities: read from the spec's graph, or from the layer that makes it."""
    if found.spec is not None:
        outputs = found.spec.graph().outputs
        return scores_of(outputs[head] if head is not None and head in outputs else next(iter(outputs.values())))
    outputs = output_of(found.model)
    tensor = outputs[head] if isinstance(outputs, dict) else outputs[0] if isinstance(outputs, (list, tuple)) else outputs
    layer = tensor._keras_history.operation
    function = getattr(layer, "activation", layer)  # a softmax with arguments is a layer too
    name = "softmax" if isinstance(function, keras.layers.Softmax) else getattr(function, "__name__", "linear")
    return "softmax" if name == "softmax" else "sigmoid" if name == "sigmoid" else "logits"


def _draw(picture: Path, shown: Sequence[np.ndarray], paths: Sequence[Path], answers: Sequence[Sequence[tuple[str, float]]]) -> None:
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        draw_predictions(shown, [path.name for path in paths], answers, picture)
    except (OSError, ValueError) as error:
        raise fail("E0512", f"{picture} cannot be written: {first_line(error)}") from error
