"""Plug-ins: words of a user's are found wherever words are, and a broken plug-in is told like a broken spec."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

import specc as library
from specc import plugins
from specc.diagnostics import SpecError
from specc.registry.plugins import HOMES
from tests.conftest import Result

WORDS = '''
from specc import register
from specc.register import BinaryLoss, Facts, Mismatch, Params, TensorSpec, Weight, example, param


class Scale(Params):
    """Every channel times a learned factor."""

    start: float = param("Factor at the start.", default=1.0, minimum=0)


@register.layer("scale_channels", keras="my_layers.Scale", examples=[example((4, 8), start=0.5)])
def scale(p: Scale, x: TensorSpec) -> Facts:
    if x.dtype != "float32":
        raise Mismatch("E0307", "`scale_channels` takes floats")
    return Facts(TensorSpec(x.shape), [Weight("factor", (register.known("scale_channels", x, -1, "channels"),))], macs=7)


register.block("scaled", """
summary: A scaled dense layer
params:
  units: {type: integer, minimum: 1}
layers:
  - dense: =units
  - scale_channels: {start: 2.0}
""")

register.head("scores", "scores.yaml")


@register.loss("brier", target="my_layers.brier")
class Brier(BinaryLoss):
    """Squared error of probabilities."""


@register.word("initializer", "checkerboard", target="my_layers.Checkerboard")
class Checkerboard(Params):
    """Plus and minus one in turn."""

    size: float = param("Absolute value.", default=1.0)
'''

SPEC = """
specc: 1
inputs: {image: [8]}
layers:
  - scaled: 16
  - scale_channels: 0.5
  - dense: {units: 4, kernel_initializer: checkerboard}
heads:
  logits: {scores: {classes: 3}}
train: {objective: {brier: {weight: 2}}}
"""


@pytest.fixture(autouse=True)
def unregistered(tmp_path: Path) -> Iterator[None]:
    """What a test registers is gone after it."""
    words, path = set(HOMES), list(sys.path)
    yield
    for family, name in set(HOMES) - words:
        plugins._forget(family, name)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]
    sys.path[:] = path


@pytest.fixture
def words(write: Callable[[str, str], Path]) -> Path:
    """A folder with a plug-in and a spec that uses it."""
    write("scores.yaml", "params: {classes: {type: integer}}\nlayers: [{dense: =classes}]\n")
    write("my.yaml", SPEC)
    return write("my_words.py", WORDS)


def test_a_spec_with_words_of_a_plugin_checks(specc: Callable[..., Result], words: Path) -> None:
    without = specc("check", "my.yaml")
    assert without.code == 1
    assert "unknown layer or block `scaled`" in without.out
    done = specc("check", "my.yaml", "--plugin", words)
    assert (done.code, done.out) == (0, "my.yaml: no errors\n")


def test_a_plugin_is_named_by_its_module_too(specc: Callable[..., Result], words: Path) -> None:
    assert specc("check", "--plugin", "my_words", "my.yaml").code == 0


def test_a_plugin_loads_no_framework(specc_process: Callable[..., Result], words: Path) -> None:
    program = "import sys; from specc.cli import main; main(['check', '--plugin', 'my_words.py', 'my.yaml']); print('keras' in sys.modules)"
    import subprocess

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "my.yaml: no errors\nFalse\n"


def test_summary_counts_what_a_layer_declares(specc: Callable[..., Result], words: Path) -> None:
    graph = library.analyze(library.load("my.yaml", plugins=["my_words.py"]))
    inner = next(node for node in graph.nodes if node.path == "scaled/scale_channels")
    assert [(weight.name, weight.shape) for weight in inner.layer.weights] == [("factor", (16,))]
    assert inner.macs == 7
    assert "scale_channels" in specc("summary", "my.yaml").out


def test_in_python_importing_the_module_is_enough(words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(words.parent.resolve())
    with pytest.raises(SpecError):
        library.load("my.yaml")
    import my_words  # noqa: F401

    assert library.load("my.yaml").name == "my"
    library.load("my.yaml", plugins=["my_words"])  # again, by name: nothing is registered twice
    library.load("my.yaml", plugins=["my_words.py"])


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("- scaled: 16", "- scalled: 16", "did you mean `scaled`?"),
        ("scale_channels: 0.5", "scale_chanels: 0.5", "did you mean `scale_channels`?"),
        ("scale_channels: 0.5", "scale_channels: {strat: 0.5}", "did you mean `start`?"),
        ("scale_channels: 0.5", "scale_channels: -1", "`start` of `scale_channels` must be at least 0"),
        ("brier:", "bier:", "did you mean `brier`?"),
        ("checkerboard", "chekerboard", "did you mean `checkerboard`?"),
        ("scores:", "score:", "did you mean `scores`?"),
        ("[8]}\nlayers:\n  - scaled: 16", "{shape: [8], dtype: int32}}\nlayers:", "error[E0307]: `scale_channels` takes floats"),
    ],
)
def test_a_mistake_beside_a_plugins_word(
    specc: Callable[..., Result], words: Path, write: Callable[[str, str], Path], right: str, wrong: str, told: str
) -> None:
    write("my.yaml", SPEC.replace(right, wrong))
    done = specc("check", "my.yaml", "--plugin", words)
    assert done.code == 1
    assert told in done.out


def test_a_documents_own_block_cannot_take_a_plugins_word(
    specc: Callable[..., Result], words: Path, write: Callable[[str, str], Path]
) -> None:
    write("my.yaml", SPEC + "blocks: {scale_channels: {layers: [{dense: 1}]}}\n")
    assert "error[E0213]" in specc("check", "my.yaml", "--plugin", words).out


def test_words_of_a_plugin_are_listed_and_explained(specc: Callable[..., Result], words: Path) -> None:
    assert "Every channel times a learned factor." in specc("list", "layers", "--plugin", words).out
    assert "A scaled dense layer" in specc("list", "blocks").out
    assert "scores" in specc("list", "heads").out
    assert "brier" in specc("list", "losses").out
    layer = specc("explain", "scale_channels", "--plugin", words).out
    assert "scale_channels: layer, my_layers.Scale" in layer
    assert "- scale_channels: {start: 0.5}    # (?, 4, 8) -> (?, 4, 8)" in layer
    assert "  - scale_channels: {start: 2.0}" in specc("explain", "scaled").out
    assert "did you mean `scaled`?" in specc("explain", "scald").err


def test_emitted_source_imports_the_users_class(specc: Callable[..., Result], words: Path) -> None:
    source = specc("build", "my.yaml", "--plugin", words, "-o", "-").out
    assert "import my_layers" in source
    assert 'my_layers.Scale(start=0.5, name="scale_channels")' in source
    assert "my_layers.Checkerboard()" in source
    assert "def scaled(x, units, *, name):" in source


def test_no_name_in_emitted_source_hides_the_users_module(
    specc: Callable[..., Result], words: Path, write: Callable[[str, str], Path]
) -> None:
    steps = "  - scale_channels: 0.5\n    name: my_layers\n  - dense: 1\n  - add:\n    from: [my_layers, x]\n"
    write("my.yaml", f"specc: 1\ninputs: {{image: [8]}}\nlayers:\n{steps}")
    source = specc("build", "my.yaml", "--plugin", words, "-o", "-").out
    assert "my_layers_ = my_layers.Scale(" in source


# Broken plug-ins: the command line was wrong, not the spec, so the exit code is 2


def broken(specc: Callable[..., Result], write: Callable[[str, str], Path], text: str) -> str:
    """What is told about a plug-in that cannot be used."""
    write("my.yaml", SPEC)
    write("broken.py", dedent(text))
    done = specc("check", "my.yaml", "--plugin", "broken.py")
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert not HOMES
    return done.err


def test_an_error_in_a_plugin_is_told_at_its_line(specc: Callable[..., Result], write: Callable[[str, str], Path]) -> None:
    told = broken(specc, write, "from specc import register\nregister.block('early', 'layers: [flatten]')\nwidth = 1 // 0\n")
    assert told.startswith(
        dedent("""\
        error[E0702]: the plug-in broken.py failed: ZeroDivisionError: integer division or modulo by zero
         --> broken.py:3:9
          |
        3 | width = 1 // 0
          |         ^^^^^^
        """)
    )


LAYER = """
    from specc import register
    from specc.register import Facts, Params, TensorSpec, example, param

    class Nothing(Params):
        '''Does nothing.'''

"""


@pytest.mark.parametrize(
    ("text", "code", "said", "place"),
    [
        ("def f(:\n    pass\n", "E0702", "SyntaxError", "broken.py:1:7"),
        ("import no_such_module\n", "E0702", "No module named 'no_such_module'", "broken.py:1:1"),
        ("raise SystemExit(3)\n", "E0702", "SystemExit: 3", "broken.py:1:1"),
        ("\n\ndef inner():\n    return {}['a']\n\ninner()\n", "E0702", "KeyError: 'a'", "broken.py:4:12"),
        ("import yaml\nyaml.safe_load(3)\n", "E0702", "AttributeError", "broken.py:2:1"),
        ("width = 3\n", "E0703", "registers no words", ""),
        (
            "from specc import register\nregister.block('dense', 'layers: [flatten]')\n",
            "E0702",
            "`dense` is a word of the language",
            ":2:1",
        ),
        ("from specc import register\nregister.block('residual', 'layers: [flatten]')\n", "E0702", "`residual` is a word of", ":2:1"),
        ("from specc import register\nregister.block('when', 'layers: [flatten]')\n", "E0702", "`when` is a word of", ":2:1"),
        ("from specc import register\nregister.block('x', 'layers: [flatten]')\n", "E0702", "`x` is a word of", ":2:1"),
        ("from specc import register\nregister.block('Big', 'layers: [flatten]')\n", "E0702", "'Big' is no word", ":2:1"),
        (
            "from specc import register\nregister.block('a', 'layers: [flaten]')\n",
            "E0106",
            "did you mean `flatten`?",
            "broken.py: block a:1:10",
        ),
        (
            "from specc import register\nregister.block('a', 'layer: [flatten]')\n",
            "E0108",
            "did you mean `layers`?",
            "broken.py: block a:1:1",
        ),
        ("from specc import register\nregister.block('a', 'flatten')\n", "E0103", "must be a mapping", "broken.py: block a:1:1"),
        ("from specc import register\nregister.block('a', 'no.yaml')\n", "E0", "no.yaml", ""),
        (
            "from specc import register\nfor _ in range(2):\n    register.block('twice', 'layers: [flatten]')\n",
            "E0702",
            "the block `twice` is registered already",
            ":3:5",
        ),
        (LAYER + "    @register.layer('a_b', keras='Nothing')\n    def f(p: Nothing, x): ...\n", "E0702", "dotted path", "broken.py:8:2"),
        (
            LAYER + "    @register.layer('a_b', keras='my.Nothing')\n    def f(q: Nothing, x): ...\n",
            "E0702",
            "needs parameters `p`",
            "broken.py:8:2",
        ),
        (
            LAYER
            + "    @register.layer('a_b', keras='my.Nothing', examples=[example((4,))])\n    def f(p: Nothing, x):\n        return x\n",
            "E0702",
            "it gives TensorSpec, not Facts",
            "broken.py:8:2",
        ),
        (LAYER + "    @register.loss('a_b', target='my.loss')\n    class Wrong(Params): ...\n", "E0702", "`ClassLoss`", "broken.py:8:2"),
        (
            LAYER + "    @register.loss('huber', target='my.loss')\n    class Wrong(Params): ...\n",
            "E0702",
            "the loss `huber` is registered",
            ":8:2",
        ),
        (
            LAYER + "    @register.word('layer', 'a_b', target='my.loss')\n    class Wrong(Params): ...\n",
            "E0702",
            "`layer` is no family",
            ":8:2",
        ),
    ],
)
def test_a_broken_plugin(
    specc: Callable[..., Result], write: Callable[[str, str], Path], text: str, code: str, said: str, place: str
) -> None:
    told = broken(specc, write, text)
    assert told.startswith(f"error[{code}")
    assert said in told
    assert place in told


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my_wrods.py", "did you mean `my_words.py`?"),
        ("folder/my_words.py", "there is no plug-in folder/my_words.py"),
        ("no_such_words", "there is no plug-in no_such_words"),
        ("my_words.inner", "there is no plug-in my_words.inner"),
        ("", "names no module"),
        (".my_words", "names no module"),
        ("my_words.pyx", "there is no plug-in my_words.pyx"),
        ("my words", "names no module"),
        ("my-words.py", "`my-words` is no name in Python"),
        ("json.py", "another module is called `json`"),
    ],
)
def test_a_plugin_that_is_not_there(
    specc: Callable[..., Result], words: Path, write: Callable[[str, str], Path], name: str, said: str
) -> None:
    if name in ("my-words.py", "json.py"):
        write(name, WORDS)
    done = specc("check", "my.yaml", "--plugin", name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error[E0701]")
    assert said in done.err


def test_a_plugin_named_by_its_module_fails_as_one_named_by_its_file(specc: Callable[..., Result], words: Path) -> None:
    words.write_text("raise ValueError('not today')\n", encoding="utf-8")
    told = specc("check", "my.yaml", "--plugin", "my_words").err
    assert told.startswith("error[E0702]: the plug-in my_words failed: ValueError: not today\n --> my_words.py:1:1\n")


def test_a_corrected_plugin_loads(specc: Callable[..., Result], words: Path) -> None:
    """Nothing of the failed attempt is left behind."""
    right = words.read_text(encoding="utf-8")
    words.write_text(right + "\nraise RuntimeError('half way')\n", encoding="utf-8")
    assert "RuntimeError: half way" in specc("check", "my.yaml", "--plugin", words).err
    words.write_text(right, encoding="utf-8")
    assert specc("check", "my.yaml", "--plugin", words).code == 0


def test_a_layer_whose_function_fails_is_told_at_the_step(specc: Callable[..., Result], words: Path) -> None:
    text = (
        words.read_text(encoding="utf-8")
        .replace("    if x.dtype", "    p.strat\n    if x.dtype")
        .replace(", examples=[example((4, 8), start=0.5)]", "")
    )
    words.write_text(text, encoding="utf-8")
    done = specc("check", "my.yaml", "--plugin", words)
    assert done.code == 1
    assert "error[E0704]: the declaration of `scale_channels` failed: AttributeError: 'Scale' object has no attribute 'strat'" in done.out
    assert "used at my.yaml:5:5" in done.out
    assert "my_words.py:14:5" in done.out


def test_a_layer_that_fails_inside_another_is_told_as_its_own_failure(specc: Callable[..., Result], words: Path) -> None:
    text = words.read_text(encoding="utf-8").replace("    if x.dtype", "    p.strat\n    if x.dtype")
    words.write_text(text.replace(", examples=[example((4, 8), start=0.5)]", ""), encoding="utf-8")
    Path("inside.yaml").write_text(
        "specc: 1\ninputs: {video: [3, 4, 8]}\nlayers: [{time_distributed: {scale_channels: {start: 2.0}}}]\n", encoding="utf-8"
    )
    done = specc("check", "inside.yaml", "--plugin", words)
    assert done.code == 1
    assert "error[E0704]: the declaration of `scale_channels` failed" in done.out
    assert "inside.yaml:3:11" in done.out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("None", "it gives NoneType, not Facts"),
        ("Facts(x.shape)", "an output is a TensorSpec"),
        ("Facts(TensorSpec([1, 2]))", "an output is a TensorSpec whose shape is a tuple"),
        ("Facts(x, [('factor', (3,))])", "a weight is a Weight"),
        ("Facts(x, [Weight('factor', (None,))])", "a weight is a Weight whose shape is a tuple of known sizes"),
        ("Facts(x, macs=0.5)", "multiply-adds are a whole number or None, not 0.5"),
    ],
)
def test_what_a_layers_function_gives_is_checked(specc: Callable[..., Result], words: Path, given: str, said: str) -> None:
    lines = words.read_text(encoding="utf-8").replace(", examples=[example((4, 8), start=0.5)]", "").splitlines()
    words.write_text("\n".join(f"    return {given}" if "return Facts" in line else line for line in lines), encoding="utf-8")
    done = specc("check", "my.yaml", "--plugin", words)
    assert done.code == 1
    assert said in done.out
    assert "my_words.py:1" in done.out


def test_annotations_may_be_texts(specc: Callable[..., Result], words: Path) -> None:
    words.write_text("from __future__ import annotations\n" + WORDS, encoding="utf-8")
    assert specc("check", "my.yaml", "--plugin", words).code == 0
