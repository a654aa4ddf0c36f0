"""`specc build`: what is written, and what is left alone when it fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[[str, str], Path]

SPEC = """\
specc: 1
name: tiny
params: {classes: 3}
inputs: {image: [8, 8, 1]}
layers:
  - conv2d: {filters: 4, kernel_size: 3}
  - flatten
  - dense: {units: =classes}
"""


def test_a_keras_file(specc: Run, write: Write) -> None:
    import keras

    result = specc("build", write("tiny.yaml", SPEC), "--param", "classes=5")
    assert (result.code, result.err) == (0, "")
    assert result.out == "tiny.keras: 765 parameters, 2.02 k multiply-adds\n"
    model = keras.saving.load_model("tiny.keras")
    assert model.count_params() == 765
    assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == []


def test_python_source(specc: Run, write: Write) -> None:
    path = write("tiny.yaml", SPEC)
    printed = specc("build", path, "-o", "-")
    assert printed.code == 0
    compile(printed.out, "tiny.py", "exec")
    assert "import specc" not in printed.out
    assert specc("build", path, "-o", "tiny.py").code == 0
    assert Path("tiny.py").read_text() == printed.out


@pytest.mark.parametrize(("target", "out"), [("saved_model", "saved"), ("litert", "tiny.tflite")])
def test_exports(specc: Run, write: Write, target: str, out: str) -> None:
    result = specc("build", write("tiny.yaml", SPEC), "--to", target, "-o", out)
    assert result.code == 0, result.err
    assert Path(out).exists()


def test_onnx_says_what_it_needs(specc: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = specc("build", write("tiny.yaml", SPEC), "-o", "tiny.onnx")
    assert result.code == 2
    assert "pip install 'specc[onnx]'" in result.err


def test_onnx_is_made_of_a_model_that_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """keras.Model.export refuses others. Without the packages: a model with several inputs, one of no fixed size."""
    import sys
    from types import ModuleType

    import keras

    from specc import api, language
    from specc.keras_backend import onnx_export

    text = "specc: 1\nname: two\ninputs: {a: [null, 4], b: [4]}\nlayers:\n  - add: {}\n    from: [a, b]\n"
    packages = {name: ModuleType(name) for name in ("onnx", "onnx.checker")}
    packages["onnx"].checker = packages["onnx.checker"]  # type: ignore[attr-defined]
    packages["onnx"].checker.check_model = lambda path: None
    packages["onnx"].checker.ValidationError = ValueError
    for name, module in packages.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(onnx_export, "_declare_erfc", lambda: None)
    called = []
    monkeypatch.setattr(keras.Model, "export", lambda model, path, **options: called.append((model._called, options["format"])))
    model = api.build(language.loads(text))
    assert not model._called
    onnx_export.export_onnx(model, tmp_path / "two.onnx")
    assert called == [(True, "onnx")]


@pytest.mark.parametrize("name", ["lenet5", "vit_digits"])
def test_onnx_computes_what_keras_does(name: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    import numpy as np

    from specc import api
    from specc.keras_backend.onnx_export import export_onnx

    model = api.build(name)
    export_onnx(model, tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    images = np.random.default_rng(0).random((3, *model.inputs[0].shape[1:]), np.float32)
    (found,) = session.run(None, {session.get_inputs()[0].name: images})
    expected = np.asarray(next(iter(model(images).values())) if isinstance(model.output, dict) else model(images))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_saved_model_is_not_in_the_way_of_the_zoo(specc: Run, write: Write) -> None:
    path = write("tiny.yaml", SPEC)
    assert specc("build", path, "--to", "saved_model").code == 0
    assert Path("tiny_saved_model").is_dir()
    Path("lenet5").mkdir()
    assert specc("check", "lenet5").code == 0


def test_a_faulty_spec_leaves_the_old_file_alone(specc: Run, write: Write) -> None:
    write("tiny.keras", "precious")
    result = specc("build", write("tiny.yaml", SPEC.replace("dense", "dens")), "-o", "tiny.keras")
    assert result.code == 1
    assert "error[E" in result.err
    assert Path("tiny.keras").read_text() == "precious"


def test_a_failed_save_leaves_the_old_file_alone(tmp_path: Path) -> None:
    from specc.cli.build import aside

    out = tmp_path / "model.keras"
    out.write_text("precious")

    def save() -> None:
        with aside(out) as partial:
            partial.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        save()
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert out.read_text() == "precious"


def test_a_saved_model_is_not_written_over(specc: Run, write: Write) -> None:
    path = write("tiny.yaml", SPEC)
    Path("saved").mkdir()
    assert specc("build", path, "--to", "saved_model", "-o", "saved").code == 2
