"""Weights that were learned before, layer by layer: read from files, runs and `keras.applications`."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras.src.saving import saving_lib
from keras.src.utils.naming import to_snake_case

from specc.language.roles import listed
from specc.registry.entry import nearest
from specc.training.folder import BEST, MODEL

APPLICATIONS = {
    "vgg16": "VGG16", "vgg19": "VGG19", "inception_v3": "InceptionV3", "xception": "Xception",
    "resnet50": "ResNet50", "resnet101": "ResNet101", "resnet152": "ResNet152",
    "densenet121": "DenseNet121", "densenet169": "DenseNet169", "densenet201": "DenseNet201",
    "mobilenet": "MobileNet", "mobilenet_v2": "MobileNetV2",
}  # fmt: skip
WIDE = ("MobileNet", "MobileNetV2")  # those whose width is a factor, `alpha`


class Unreadable(Exception):
    """Weights cannot be had. `train` turns it into a diagnostic.

    Args:
        message: what cannot be read, and why.
        help: what to change.
    """

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help


@dataclass(frozen=True)
class Asking:
    """Who asks for weights.

    Args:
        names: the spec's name, and those of the specs that it extends, the nearest first.
        params: the values of its params.
    """

    names: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """A layer's weights as they are stored.

    Args:
        name: the layer's, with `/` between parts; empty where the file does not tell it.
        key: its place among the layers of its class, by which Keras's files call it: `conv2d_3`; empty in other files.
        values: functions that read the weights: by their places inside the layer (`vars/0`, `cell/vars/1`), or by their
            numbers in the order of `layer.weights`.
        shapes: their shapes, which are known without reading them.
    """

    name: str
    key: str
    values: Mapping[str, Callable[[], np.ndarray]]
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def is_ordered(self) -> bool:
        """Whether weights are numbered, and not told apart by their places."""
        return all(place.isdecimal() for place in self.values)


@dataclass(frozen=True)
class Pretrained:
    """Layers that were learned before, in their order.

    Args:
        source: what they are, for messages.
        by: how they are matched: by name, in order, or by `key`, which is the order among the layers of a class.
    """

    source: str
    by: str
    layers: Sequence[Stored]


def weights_file(asking: Asking, *, path: str, by: str = "name") -> Pretrained:
    """The layers of a file."""
    file = Path(path).expanduser()
    if not file.is_file():
        raise Unreadable(
            f"there is no file {path}", "name a `.keras`, `.weights.h5` or `.h5` file" if not file.is_dir() else "that is a folder"
        )
    try:
        if zipfile.is_zipfile(file):
            return Pretrained(path, by, _of_archive(file))
        if not h5py.is_hdf5(file):
            raise Unreadable(f"{path} is no file of weights", "name a `.keras`, `.weights.h5` or `.h5` file")
        with h5py.File(file) as content:
            group = content.get("model_weights", content)
            if "layer_names" in group.attrs or "layer_names0" in group.attrs:
                return Pretrained(path, by, _of_older(file, group))
        layers = [stored for _, stored in _found(_Opened(file))]
        return Pretrained(path, "key" if by == "order" else by, layers)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error


def run(asking: Asking, *, path: str, model: str = "last") -> Pretrained:
    """The layers of a run's model."""
    folder, name = Path(path).expanduser(), {"last": MODEL, "best": BEST}[model]
    if not folder.is_dir():
        raise Unreadable(f"there is no run in {path}", "name the folder that `specc train` has printed")
    if not (folder / name).is_file():
        other = "it is written when a run ends, or is interrupted" if model == "last" else "it is kept by `callbacks: [model_checkpoint]`"
        raise Unreadable(f"the run in {path} has no {name}", other)
    return weights_file(asking, path=str(folder / name))


def keras_applications(asking: Asking, *, weights: str = "imagenet", network: str | None = None) -> Pretrained:
    """The layers of a network of `keras.applications`, in their order."""
    name = network or next((each for each in asking.names if each in APPLICATIONS), None)
    if name not in APPLICATIONS:
        close = nearest(name or asking.names[0], APPLICATIONS)
        help = f"did you mean `{close}`?" if close else f"name one: `network`, among {listed(APPLICATIONS)}"
        raise Unreadable(f"keras.applications has no network `{name or asking.names[0]}`", help)
    if Path(weights).expanduser().is_file():
        return weights_file(asking, path=weights, by="order")
    made = getattr(keras.applications, APPLICATIONS[name])
    arguments = {"alpha": asking.params["alpha"]} if APPLICATIONS[name] in WIDE and "alpha" in asking.params else {}
    try:
        model = made(weights=weights, **arguments)
    except ValueError as error:
        raise Unreadable(f"keras.applications has no weights `{weights}` of `{name}`, and there is no such file", _line(error)) from error
    except Exception as error:
        raise Unreadable(
            f"the weights `{weights}` of `{name}` cannot be had: {_line(error)}", "where there is no network, name their file"
        ) from error
    layers = [_of_layer(layer) for layer in model.layers if layer.weights]
    return Pretrained(f"keras.applications' {name} ({weights})", "order", layers)


def _line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _of_layer(layer: Any) -> Stored:
    weights = {str(number): weight for number, weight in enumerate(layer.weights)}
    return Stored(layer.name, "", {number: weight.numpy for number, weight in weights.items()}, _shapes(weights))


def _shapes(values: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {place: tuple(value.shape) for place, value in values.items()}


# Files of Keras 3: a `.weights.h5`, which is also inside a `.keras`.


class _Opened:
    """A file of weights, which is opened for each look into it. What is inside an archive is read once, and held."""

    def __init__(self, path: Path) -> None:
        self.path, self.held = path, b""
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                self.held = archive.read("model.weights.h5")

    @contextmanager
    def store(self) -> Iterator[Any]:
        store = saving_lib.H5IOStore(io.BytesIO(self.held) if self.held else self.path)
        try:
            yield store
        finally:
            store.close()

    def value(self, place: str) -> np.ndarray:
        inner, _, name = place.rpartition("/vars/")
        with self.store() as store:
            return np.asarray(store.get(inner)[name])


def _of_archive(path: Path) -> list[Stored]:
    """The layers of a `.keras`, in the order of its config, which also names them."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    names = dict(_named(config))
    found = dict(_found(_Opened(path)))
    return [replace(found[key], name=names[key]) for key in names if key in found]


def _named(config: Mapping[str, Any], key: str = "", name: str = "") -> Iterator[tuple[str, str]]:
    """The places of a config's layers in the file of weights, with their names, in order; those of a model inside too."""
    layers = config["config"].get("layers", ())
    for layer, numbered in zip(layers, numbered_classes(layer["class_name"] for layer in layers), strict=True):
        place = f"{key}layers/{numbered}"
        own = f"{name}{layer['config'].get('name', layer.get('name', ''))}"
        if layer["class_name"] in ("Functional", "Sequential", "Model"):
            yield from _named(layer, f"{place}/", f"{own}/")
        else:
            yield place, own


def numbered_classes(names: Iterable[str]) -> list[str]:
    """How Keras's files call layers of these classes, one after the other: `conv2d`, `conv2d_1`, `dense`."""
    counts: dict[str, int] = {}
    numbered = []
    for kind in map(to_snake_case, names):
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        numbered.append(f"{kind}_{number}" if number else kind)
    return numbered


def _found(opened: _Opened) -> Iterator[tuple[str, Stored]]:
    """The layers with weights in a file, by their places."""
    with opened.store() as store:
        yield from [*_layers(opened, store.h5_file, "", "")]


def _layers(opened: _Opened, group: Any, place: str, name: str) -> Iterator[tuple[str, Stored]]:
    for key, layer in group.get("layers", {}).items():
        here = f"{place}layers/{key}"
        own = f"{name}{layer['vars'].attrs.get('name', '') if 'vars' in layer else ''}"
        if "layers" in layer and isinstance(layer["layers"], h5py.Group) and not _is_wrapper(layer):
            yield from _layers(opened, layer, f"{here}/", f"{own}/")
            continue
        inside = dict(_datasets(layer))
        if inside:
            values = {inner: partial(opened.value, f"{here}/{inner}") for inner in inside}
            yield here, Stored(own, f"{place.replace('layers/', '')}{key}", values, _shapes(inside))


def _is_wrapper(group: Any) -> bool:
    """Whether what has `layers` inside is a layer, with variables or further parts beside them, and no model."""
    return any(key not in ("layers", "vars") for key in group) or bool(len(group["vars"]) if "vars" in group else 0)


def _datasets(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in group.items():
        if isinstance(item, h5py.Dataset):
            yield f"{path}{key}", item
        else:
            yield from _datasets(item, f"{path}{key}/")


# Files of Keras 2, in which keras.applications publishes its weights.


def _of_older(path: Path, group: Any) -> list[Stored]:
    layers = []
    for name in _texts(group, "layer_names"):
        places = [f"{group.name}/{name}/{weight}" for weight in _texts(group[name], "weight_names")]
        if places:
            values = {str(number): partial(_dataset, path, place) for number, place in enumerate(places)}
            shapes = {str(number): tuple(group.file[place].shape) for number, place in enumerate(places)}
            layers.append(Stored(name, "", values, shapes))
    return layers


def _texts(group: Any, name: str) -> list[str]:
    """A list of texts, which is cut in parts where it is too long for one attribute."""
    parts = [group.attrs[name]] if name in group.attrs else []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{name}{len(parts)}"])
    return [text.decode() if isinstance(text, bytes) else str(text) for part in parts for text in part]


def _dataset(path: Path, place: str) -> np.ndarray:
    with h5py.File(path) as content:
        return np.asarray(content[place])
