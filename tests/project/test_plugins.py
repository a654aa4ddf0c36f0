"""Plug-ins where Keras takes part: what is built, trained and loaded again with words of a user's, and how faults are told."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import specc as library
from specc import plugins
from specc.diagnostics import SpecError
from specc.registry.plugins import HOMES
from tests.conftest import Result

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"
OPTIONS = ("--plugin", "digit_words.py")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the example, in which to break things; what it registers is gone after the test."""
    for path in EXAMPLE.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    yield tmp_path
    from specc.keras_backend.build import resolve

    for family, name in list(HOMES):
        plugins._forget(family, name)
    for name in ("digit_words", "digit_keras"):
        sys.modules.pop(name, None)
    resolve.cache_clear()
    sys.path[:] = path


def broken(name: str, right: str, wrong: str) -> None:
    path = Path(name)
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), encoding="utf-8")


def outputs(model: keras.Model) -> np.ndarray:
    images = np.random.default_rng(0).uniform(0, 16, (4, 8, 8, 1)).astype("float32")
    return np.asarray(model(images, training=False))


def test_build_and_emitted_source_make_the_same_model() -> None:
    spec = library.load("gated_digits.yaml", plugins=["digit_words.py"])
    built = library.build(spec)
    scope: dict[str, object] = {"__name__": "emitted"}
    exec(library.emit(spec), scope)
    emitted = scope["gated_digits"]()  # type: ignore[operator]
    assert [layer.name for layer in emitted.layers] == [layer.name for layer in built.layers]
    emitted.set_weights(built.get_weights())
    np.testing.assert_array_equal(outputs(emitted), outputs(built))
    assert built.count_params() == sum(layer.parameters for layer in spec.graph().layers)


def test_a_run_says_which_plugin_it_needs(specc: Callable[..., Result]) -> None:
    done = specc("train", *OPTIONS, "gated_digits.yaml", "--set", "train.epochs=1", "-o", "run", "--quiet")
    assert done.code == 0, done.err
    assert "accuracy" in specc("evaluate", *OPTIONS, "run").out
    for family, name in list(HOMES):
        plugins._forget(family, name)
    without = specc("evaluate", "run")
    assert without.code == 2
    assert without.err.startswith(
        "error[E0705]: the run run needs `squeeze_excitation`, `gated_convolution`, `symmetric_cross_entropy` of a plug-in\n"
        "  = help: add `--plugin digit_words.py`, or import the module first in Python\n"
    )


def test_a_model_loads_where_its_plugin_is_known(specc_process: Callable[..., Result], folder: Path) -> None:
    from PIL import Image

    Image.new("L", (8, 8)).save("blank.png")
    library.build(library.load("gated_digits.yaml", plugins=["digit_words.py"])).save("model.keras")
    without = specc_process("predict", "model.keras", "blank.png", cwd=folder)
    assert without.code == 2
    assert "error[E0512]" in without.err
    assert "a layer of your own is known once `--plugin` names its module" in without.err
    done = specc_process("predict", *OPTIONS, "model.keras", "blank.png", cwd=folder)
    assert done.code == 0, done.err
    assert done.out.startswith("blank.png: ")


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said", "place"),
    [
        ("digit_words.py", "digit_keras.Squ", "digit_kears.Squ", "`digit_kears.SqueezeExcitation`, which a plug-in names, failed: ", None),
        ("digit_words.py", "digit_keras.SqueezeE", "digit_keras.SqueezE", "has no attribute 'SqueezExcitation'", None),
        ("digit_keras.py", "import keras\n", "import keras\n1 / 0\n", "failed: ZeroDivisionError", "digit_keras.py:4:1"),
        ("digit_keras.py", "def __init__(self, ratio=4,", "def __init__(self,", "the Keras layer of `squeeze_excitation` failed: ", None),
        (
            "digit_keras.py",
            "means @ self.squeeze",
            "means @ self.excite",
            "the Keras layer of `squeeze_excitation` failed: ",
            "self.excite + self.squeeze_bias",
        ),
        (
            "digit_words.py",
            "Facts(TensorSpec(x.shape)",
            "Facts(TensorSpec((*x.shape[:-1], 5))",
            "`squeeze_excitation` declares an output of (?, 8, 8, 5), but its Keras layer has (?, 8, 8, 32)",
            "gated_digits.yaml:",
        ),
        (
            "digit_words.py",
            'Weight("squeeze_bias", (middle,))',
            'Weight("squeeze_bias", (1,))',
            "`squeeze_excitation` declares weights of",
            "gated_digits.yaml:",
        ),
    ],
)
def test_a_layer_that_cannot_be_built(
    specc: Callable[..., Result], file: str, right: str, wrong: str, said: str, place: str | None
) -> None:
    broken(file, right, wrong)
    broken(
        "gated_digits.yaml",
        "  - gated_convolution: {filters: =16 * 2 ** i}\n    repeat: 2\n    name: stage\n",
        "  - conv2d: {filters: 32, kernel_size: 1}\n",
    )
    done = specc("build", *OPTIONS, "gated_digits.yaml", "-o", "model.keras")
    assert done.code == 2, done
    assert done.err.startswith("error[E0704]: ")
    assert said in done.err
    assert place is None or place in done.err
    assert not Path("model.keras").exists()


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("keras.ops.softmax(scores)", "keras.ops.sotfmax(scores)", "failed: AttributeError"),
        ("return alpha * forward + beta * backward", "return keras.ops.mean(forward)", "gives () for a batch of 2"),
        ("from_logits=True, alpha=0.1", "from_logits=True, alhpa=0.1", "failed: TypeError"),
    ],
)
def test_a_loss_that_fails_is_told_before_training(specc: Callable[..., Result], right: str, wrong: str, said: str) -> None:
    broken("digit_keras.py", right, wrong)
    done = specc("train", *OPTIONS, "gated_digits.yaml", "--set", "train.epochs=1", "-o", "run", "--quiet")
    assert done.code == 2
    assert re.match(r"error\[E0704\]: the loss `symmetric_cross_entropy` of a plug-in ", done.err), done.err
    assert said in done.err


WORDS = '''
from specc import register
from specc.register import Params, param

@register.word("initializer", "checkerboard", target="my_keras.Checkerboard")
class Checkerboard(Params):
    """Plus and minus one in turn."""

    size: float = param("Absolute value.", default=1.0)

@register.word("regularizer", "root", target="my_keras.Root")
class Root(Params):
    """Sum of square roots."""

@register.word("optimizer", "plain", target="keras.optimizers.SGD")
class Plain(Params):
    """Gradient descent."""

    learning_rate: float = param("Size of a step.", default=0.01)

@register.word("metric", "confidence", target="my_keras.confidence")
class Confidence(Params):
    """The highest score."""
'''

KERAS = """
import keras

@keras.saving.register_keras_serializable(package="mine")
class Checkerboard(keras.initializers.Initializer):
    def __init__(self, size=1.0):
        self.size = size
    def __call__(self, shape, dtype=None):
        places = keras.ops.reshape(keras.ops.arange(keras.ops.prod(shape)), shape)
        signs = 1 - 2 * (places % 2)
        return self.size * keras.ops.cast(signs, dtype or "float32")
    def get_config(self):
        return {"size": self.size}

@keras.saving.register_keras_serializable(package="mine")
class Root(keras.regularizers.Regularizer):
    def __call__(self, x):
        return keras.ops.sum(keras.ops.sqrt(keras.ops.abs(x)))
    def get_config(self):
        return {}

def confidence(targets, scores, *, from_logits, binary):
    return keras.ops.max(scores, axis=-1)
"""

SPEC = """
specc: 1
inputs: {image: [8, 8, 1]}
layers: [flatten]
heads: {logits: {dense: {units: 10, kernel_initializer: {checkerboard: 0.5}, kernel_regularizer: root}}}
data: {train: {source: {digits: {split: test}}}}
train: {objective: softmax_cross_entropy, optimizer: {plain: 0.0}, metrics: [accuracy, confidence], epochs: 1}
"""


def test_words_of_the_other_families(folder: Path) -> None:
    Path("other_words.py").write_text(WORDS, encoding="utf-8")
    Path("my_keras.py").write_text(KERAS, encoding="utf-8")
    Path("my.yaml").write_text(SPEC, encoding="utf-8")
    run = library.train(library.load("my.yaml", plugins=["other_words.py"]), directory="run", progress=False)
    kernel = np.asarray(run.model.layers[-1].kernel)
    np.testing.assert_array_equal(np.abs(kernel), 0.5)
    assert run.history[0]["confidence"] > 0
    assert run.history[0]["loss"] > 64 * 10 * 0.7  # the regularizer alone gives 640 times the root of a half
    del sys.modules["my_keras"], sys.modules["other_words"]


def test_a_target_that_is_not_there_has_no_traceback() -> None:
    broken("digit_words.py", "digit_keras.Squ", "digit_kears.Squ")
    with pytest.raises(SpecError) as caught:
        library.build(library.load("gated_digits.yaml", plugins=["digit_words.py"]))
    assert "No module named 'digit_kears'" in str(caught.value)
