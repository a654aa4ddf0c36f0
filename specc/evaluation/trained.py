"""A trained model, from wherever it is."""

from __future__ import annotations

import importlib
import json
import pkgutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from specc import plugins
from specc.data.errors import first_line
from specc.data.tokenizers import Tokenizer, from_json
from specc.diagnostics import SpecError, fail

if TYPE_CHECKING:
    from specc.language.spec import Spec


@dataclass(frozen=True)
class Trained:
    """A model with what is known of it.

    Args:
        spec: what it was compiled from, where that is known.
        path: the run folder, where there is one.
        classes: names of the classes; empty where nobody told them.
    """

    model: keras.Model
    spec: Spec | None = None
    path: Path | None = None
    classes: tuple[str, ...] = ()

    def tokenizers(self) -> dict[str, Tokenizer] | None:
        """What has made the texts of the training data numbers, by field; None where no run tells."""
        files = () if self.path is None else sorted((self.path / "tokenizers").glob("*.json"))
        return {file.stem: from_json(file.read_text(encoding="utf-8")) for file in files} or None


def trained(model: Any) -> Trained:
    """The trained model of a run, a run folder, a `.keras` file, or of itself. Raises SpecError where there is none."""
    if isinstance(model, keras.Model):
        return Trained(model)
    if not isinstance(model, (str, Path)):
        return Trained(model.model, model.spec, model.path, model.classes)
    path = Path(model)
    if path.is_dir():
        return _of_folder(path)
    if not path.exists():
        raise fail("E0512", f"there is no run and no model at {path}", help="name a run folder, as `specc train` made it, or a .keras file")
    beside = path.parent / "run.json"
    return _of_folder(path.parent, path) if beside.exists() else Trained(_load(path))


def output_of(model: keras.Model) -> Any:
    """A model's output as it gives it: a tensor, a list, or a mapping by head. Raises SpecError where it is not known before a call."""
    if not model.built or not getattr(model, "inputs", None):
        raise fail("E0512", f"the model `{model.name}` does not tell its inputs", help="make it functional, or sequential with an Input")
    return model.outputs[0] if isinstance(model, keras.Sequential) else model.output


def _of_folder(path: Path, file: Path | None = None) -> Trained:
    from specc import language

    plugins.require(_noted(path / "run.json", "plugins", {}), f"the run {path}")
    file = file or path / "model.keras"
    if not file.exists():
        raise fail("E0512", f"{path} holds no model.keras", help="name a run folder, as `specc train` made it, or a .keras file")
    spec = path / "spec.yaml"
    classes = tuple(map(str, _noted(path / "run.json", "classes", [])))
    loaded = language.load(spec) if spec.exists() else None
    name = _noted(path / "run.json", "name", "")
    if loaded is not None and name:  # a spec that gives itself none would be called as its file is
        loaded = replace(loaded, document=replace(loaded.document, name=name))
    return Trained(_load(file), loaded, path, classes)


def _noted(path: Path, key: str, otherwise: Any) -> Any:
    """What stands in a run's notes, if they can be read and it has the form of `otherwise`."""
    try:
        noted = json.loads(path.read_text(encoding="utf-8")).get(key, otherwise)
    except (OSError, ValueError, AttributeError):
        return otherwise
    return noted if isinstance(noted, type(otherwise)) else otherwise


def _load(path: Path) -> keras.Model:
    _register_layers()
    try:
        return keras.saving.load_model(path, compile=False)
    except SpecError:
        raise
    except Exception as error:  # Keras raises whatever reading a broken archive gives
        help = "a layer of your own is known once `--plugin` names its module" if "Could not locate class" in str(error) else None
        raise fail("E0512", f"{path} cannot be loaded as a Keras model: {first_line(error)}", help=help) from error


def _register_layers() -> None:
    """Imports our own layers and those of plug-ins, so that Keras finds them by their names."""
    from specc.keras_backend import layers

    for module in pkgutil.iter_modules(layers.__path__):
        importlib.import_module(f"{layers.__name__}.{module.name}")
    plugins.import_layers()
