"""`specc build`: a spec made into a model file, or into Python source."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specc.cli.options import Refusal, assignments, load, quiet_tensorflow, spec_options, writable

if TYPE_CHECKING:
    from specc.language.spec import Spec

SUFFIXES = {"keras": ".keras", "python": ".py", "saved_model": "", "onnx": ".onnx", "litert": ".tflite"}


@click.command("build", short_help="Make a Keras model, or Keras source.")
@click.argument("spec")
@click.option("-o", "--output", metavar="OUT", help="The file to write, for a saved_model a directory.  [default: the spec's name]")
@click.option("--to", "target", type=click.Choice(list(SUFFIXES)), help="What to make.  [default: as OUT ends, else keras]")
@click.option("--training", is_flag=True, help="The model as training runs it, auxiliary heads included.")
@spec_options
def command(spec: str, output: str | None, target: str | None, training: bool, params: tuple[str, ...], settings: tuple[str, ...]) -> None:
    """Builds the model of a spec and saves it, with fresh weights.

    \b
    keras        a .keras file, loaded by keras.saving.load_model
    python       Keras source as an expert would write it; - as OUT prints it
    saved_model  a TensorFlow SavedModel, for serving
    onnx         an ONNX file; needs the packages onnx and tf2onnx
    litert       a .tflite file, for devices
    """
    loaded = load(spec, assignments(params, settings))
    target = target or _target_of(output)
    if target == "python":
        _write_source(loaded, output, training)
        return
    out = _destination(loaded, output, target)
    _require_packages(target)
    _write_model(loaded, target, out, training)


def _target_of(output: str | None) -> str:
    """What the name of the output asks for."""
    if output is None:
        return "keras"
    if output == "-":
        return "python"
    suffix = Path(output).suffix
    for target, ending in SUFFIXES.items():
        if ending and suffix == ending:
            return target
    raise Refusal(f"{output}: cannot tell what to make from its name; use --to {'|'.join(SUFFIXES)}")


def _destination(spec: Spec, output: str | None, target: str) -> Path:
    ending = SUFFIXES[target]
    if output == "-":
        raise Refusal("only --to python can be printed")
    out = Path(output or f"{spec.name}{ending or '_' + target}")
    if ending and out.suffix != ending:
        raise Refusal(f"{out}: a file made by --to {target} ends in {ending}")
    if target == "saved_model":
        if out.exists():
            raise Refusal(f"{out}: exists already; a SavedModel wants a new directory")
        return out
    return writable(out)


def _write_source(spec: Spec, output: str | None, training: bool) -> None:
    from specc.api import emit

    if training:
        raise Refusal("--to python writes the model for both uses; leave --training out")
    source = emit(spec)
    if output == "-":
        click.echo(source, nl=False)
        return
    out = writable(Path(output or f"{spec.name}.py"))
    with aside(out) as partial:
        partial.write_text(source, encoding="utf-8")
    click.echo(f"{out}: {len(source.splitlines())} lines of Keras")


def _write_model(spec: Spec, target: str, out: Path, training: bool) -> None:
    quiet_tensorflow()
    from specc.api import build
    from specc.report import brief

    model: Any = build(spec, training=training)
    if target == "keras":
        with aside(out) as partial:
            model.save(partial)
    elif target == "saved_model":
        model.export(out, verbose=False)
    elif target == "onnx":
        _write_onnx(model, out)
    else:
        with aside(out) as partial:
            model.export(partial, format=target, verbose=False)
    click.echo(f"{out}: {brief(spec.graph(training=training))}")


def _write_onnx(model: Any, out: Path) -> None:
    from specc.keras_backend.onnx_export import UnsupportedByOnnx, export_onnx

    try:
        with aside(out) as partial:
            export_onnx(model, partial)
    except UnsupportedByOnnx as error:
        raise Refusal(f"the model cannot be written as ONNX: {error}") from error


def _require_packages(target: str) -> None:
    """Raises Refusal where an export needs a package that is not there."""
    from importlib.util import find_spec

    missing = [name for name in ("onnx", "tf2onnx") if target == "onnx" and find_spec(name) is None]
    if missing:
        raise Refusal(f"--to onnx needs {' and '.join(missing)}: pip install 'specc[onnx]'")


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """A file to write in place of `out`, renamed when it is whole: what stood there is lost only for something better."""
    partial = out.with_name(f".{out.stem}-{os.getpid()}{out.suffix}")
    try:
        yield partial
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
