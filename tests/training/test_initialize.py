"""Weights that were learned before: from files of every format, runs and `keras.applications`, whole or in parts."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import specc
from specc.diagnostics import SpecError
from specc.keras_backend.network import Network, build_network
from specc.language import loads
from specc.training.initialize import Report, initialize
from specc.training.pretrained import APPLICATIONS, Asking
from specc.training.run import train

NETWORK = """
specc: 1
name: small
params: {{classes: 10, into: ""}}
inputs: {{image: [8, 8, 3]}}
layers:
{body}
heads:
  logits: {{dense: =classes}}
  aside: {{dense: 3, when: =training}}
data: {{train: {{source: digits}}}}
train: {{losses: {{logits: softmax_cross_entropy, aside: softmax_cross_entropy}}, initialize: {initialize}}}
"""
BODY = """
- conv2d: {filters: 4, kernel_size: 3, name: NAME}
- batch_normalization
- conv2d: {filters: 6, kernel_size: 3}
  name: middle
- reshape: [16, 6]
- bidirectional: {layer: {lstm: 3}}
- flatten
"""


def spec(initialize: str = "null", *, inside: str = "", classes: int = 10, first: str = "first") -> Any:
    body = BODY.replace(", name: NAME}", "}\n  name: " + first)
    if inside:
        lines = body.strip("\n").splitlines()
        body = "- layers:\n" + "\n".join(f"    {line}" for line in lines) + f"\n  name: {inside}"
    body = "\n".join(f"  {line}" for line in body.strip("\n").splitlines())
    return loads(NETWORK.format(body=body, initialize=initialize), params={"classes": classes})


def network(given: Any, seed: int = 0) -> Network:
    keras.utils.set_random_seed(seed)
    made = build_network(given.graph(training=True), given.graph())
    random = np.random.default_rng(seed)
    for weight in made.weights:  # statistics too
        weight.assign(random.uniform(0.5, 1.0, weight.shape))
    return made


def initialized(given: Any, seed: int = 1) -> tuple[Network, Report, dict[str, np.ndarray]]:
    """A network with first weights, and those that it had before, by path."""
    made = network(given, seed)
    before = values(made)
    return made, initialize(made, given.experiment.train.initialize, Asking((given.name,))), before


def values(made: Network) -> dict[str, np.ndarray]:
    return {weight.path: np.asarray(weight).copy() for weight in made.weights}


def saved(made: Network, path: Path) -> str:
    if path.name.endswith(".weights.h5"):
        made.inference.save_weights(path)
    else:
        made.inference.save(path)  # `.keras`, or the older `.h5`
    return str(path)


def every_format(test: Any) -> Any:
    """Runs a test with a file of each format."""
    named = pytest.mark.parametrize("name", ["model.keras", "model.weights.h5", "model.h5"])
    return pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")(named(test))


@every_format
@pytest.mark.parametrize("by", ["name", "order"])
def test_a_whole_file(tmp_path: Path, name: str, by: str) -> None:
    source = network(spec())
    path = saved(source, tmp_path / name)
    made, report, before = initialized(spec(f"{{weights_file: {{path: '{path}', by: {by}}}}}"))
    expected = values(source)
    for key, value in values(made).items():
        np.testing.assert_array_equal(value, before[key] if key.startswith("aside") else expected[key], err_msg=key)
    assert report.loaded == ["first", "batch_normalization", "middle", "bidirectional", "logits"]
    assert report.skipped == {"aside": "as it is there only while learning, and not among them"}
    assert report.unused == []
    assert report.by == by
    assert str(report).splitlines() == [
        f"5 of 6 layers have weights of {path}, matched by {by}",
        "drawn anew, as it is there only while learning, and not among them: aside",
    ]


@every_format
@pytest.mark.parametrize("by", ["name", "order"])
def test_all_but_the_head(tmp_path: Path, name: str, by: str) -> None:
    source = network(spec())
    path = saved(source, tmp_path / name)
    made, report, before = initialized(spec(f"{{weights_file: {{path: '{path}', by: {by}, all_but: [logits, aside]}}}}", classes=7))
    expected = values(source)
    for key, value in values(made).items():
        drawn = key.startswith(("aside", "logits"))
        np.testing.assert_array_equal(value, before[key] if drawn else expected[key], err_msg=key)
    assert report.skipped == {"logits": "as named by `all_but`", "aside": "as named by `all_but`"}
    assert report.unused == ["logits"]


@every_format
def test_another_name_is_no_match_but_the_order_is(tmp_path: Path, name: str) -> None:
    source = network(spec(first="stem"))
    path = saved(source, tmp_path / name)
    with pytest.raises(SpecError) as error:
        initialized(spec(f"{{weights_file: {{path: '{path}'}}}}"))
    (found,) = error.value.diagnostics
    assert (found.code, found.message) == ("E0516", f"the weights of {path} do not fit `first`")
    assert [note.message for note in found.notes] == ["`first` is not there"]
    made, report, _ = initialized(spec(f"{{weights_file: {{path: '{path}', by: order}}}}"))
    assert "first" in report.loaded
    np.testing.assert_array_equal(values(made)["first/kernel"], values(source)["stem/kernel"])


@pytest.mark.parametrize("name", ["model.keras", "model.weights.h5"])
def test_in_order_each_layer_has_its_like(tmp_path: Path, name: str) -> None:
    """Also where a head has more layers there, or where a part alone is asked for; heads of learning are in no file."""
    source = network(spec(), 3)
    path = saved(source, tmp_path / name)
    made, report, before = initialized(spec(f"{{weights_file: {{path: '{path}', by: order, only: middle}}}}"))
    assert report.loaded == ["middle"]
    np.testing.assert_array_equal(values(made)["middle/kernel"], values(source)["middle/kernel"])
    # The head for learning alone has the shape of the file's head, and is not to get its weights.
    made, report, before = initialized(spec(f"{{weights_file: {{path: '{path}', by: order, all_but: logits}}}}", classes=3))
    assert report.loaded == ["first", "batch_normalization", "middle", "bidirectional"]
    assert "aside" in report.skipped
    for key, value in values(made).items():
        if key.startswith(("aside", "logits")):
            np.testing.assert_array_equal(value, before[key])
    # A file with a further layer at its end.
    longer = keras.Model(source.inference.input, keras.layers.Dense(4, name="further")(source.inference.output))
    longer.save(tmp_path / "longer.keras")
    made, report, _ = initialized(spec(f"{{weights_file: {{path: '{tmp_path}/longer.keras', by: order, only: middle}}}}"))
    np.testing.assert_array_equal(values(made)["middle/kernel"], values(source)["middle/kernel"])
    assert "further" in report.unused


def test_normalization_is_that_of_the_file(tmp_path: Path) -> None:
    """In the model that is trained, in the one that is saved, and in a run that goes on."""
    text = """
    specc: 1
    name: normalized
    inputs: {image: [8, 8, 1]}
    layers: [normalization, flatten]
    heads: {logits: {dense: 10}}
    data: {train: {source: digits}, validation: {source: {digits: test}}}
    train: {objective: softmax_cross_entropy, epochs: 2, optimizer: {sgd: 0.0}, initialize: INITIALIZE}
    """.replace("\n    ", "\n")
    source = build_network(*[loads(text.replace("INITIALIZE", "null")).graph()] * 2).inference
    source.get_layer("normalization").adapt(np.full((4, 8, 8, 1), [0.7], "float32") + np.arange(4, dtype="float32")[:, None, None, None])
    source.save(tmp_path / "source.keras")
    given = loads(text.replace("INITIALIZE", f"{{weights_file: {{path: '{tmp_path}/source.keras'}}}}"))
    images = np.random.default_rng(0).random((5, 8, 8, 1), dtype="float32")
    run = train(given, directory=tmp_path / "whole", progress=False)
    for model in (run.model, keras.saving.load_model(run.path / "model.keras")):
        np.testing.assert_allclose(np.asarray(model(images)), np.asarray(source(images)), atol=1e-6)
    again = train(given, directory=tmp_path / "whole", progress=False, resume=True)
    np.testing.assert_allclose(np.asarray(again.model(images)), np.asarray(source(images)), atol=1e-6)


def test_only_a_part(tmp_path: Path) -> None:
    path = saved(network(spec()), tmp_path / "model.keras")
    made, report, before = initialized(spec(f"{{weights_file: {{path: '{path}', only: middle}}}}"))
    assert report.loaded == ["middle"]
    assert {key for key, value in values(made).items() if not np.array_equal(value, before[key])} == {"middle/kernel", "middle/bias"}
    assert set(report.unused) == {"first", "batch_normalization", "bidirectional", "logits"}


def test_a_backbone_of_one_network_in_another(tmp_path: Path) -> None:
    """`part` takes it out of a place of its own, `into` puts it into one."""
    whole, inside = network(spec()), network(spec(inside="encoder"))
    plain, nested = saved(whole, tmp_path / "plain.keras"), saved(inside, tmp_path / "nested.keras")
    made, report, _ = initialized(spec(f"{{weights_file: {{path: '{plain}', into: encoder}}}}", inside="encoder"))
    assert report.loaded == [f"encoder/{name}" for name in ("first", "batch_normalization", "middle", "bidirectional")]
    assert report.skipped == {"logits": "as outside `encoder`", "aside": "as outside `encoder`"}
    for key, value in values(whole).items():
        if not key.startswith(("logits", "aside")):
            np.testing.assert_array_equal(values(made)[f"encoder-{key}"], value)
    made, report, _ = initialized(spec(f"{{weights_file: {{path: '{nested}', part: encoder, all_but: logits}}}}"))
    assert report.loaded == ["first", "batch_normalization", "middle", "bidirectional"]
    np.testing.assert_array_equal(values(made)["first/kernel"], values(inside)["encoder-first/kernel"])
    made, report, _ = initialized(spec(f"{{weights_file: {{path: '{nested}', part: encoder, into: core}}}}", inside="core"))
    np.testing.assert_array_equal(values(made)["core-first/kernel"], values(inside)["encoder-first/kernel"])


def test_a_model_inside_a_model_of_keras(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="one"), keras.layers.Dense(2, name="two")], name="inner")
    x = keras.Input((4,))
    outer = keras.Model(x, keras.layers.Dense(5, name="top")(inner(x)))
    text = """
    specc: 1
    inputs: {features: [4]}
    layers: [{dense: 3, name: one}, {dense: 2, name: two}]
    heads: {top: {dense: 5}}
    train: {objective: mean_squared_error, initialize: {weights_file: {path: 'PATH', part: 'OF', all_but: BUT, by: BY}}}
    """
    for file, by, part, but in (
        ("m.keras", "name", "inner", "top"),
        ("m.keras", "order", "", "[]"),
        ("m.weights.h5", "name", "inner", "top"),
    ):
        (outer.save_weights if file.endswith("h5") else outer.save)(tmp_path / file)
        given = text.replace("PATH", str(tmp_path / file)).replace("BY", by).replace("OF", part).replace("BUT", but)
        made, _, _ = initialized(loads(given.replace("\n    ", "\n")))
        np.testing.assert_array_equal(values(made)["one/kernel"], np.asarray(inner.get_layer("one").kernel))
        np.testing.assert_array_equal(values(made)["two/bias"], np.asarray(inner.get_layer("two").bias))


def refused(initialization: str, **options: Any) -> Any:
    before = network(given := spec(initialization, **options), 1)
    start = values(before)
    with pytest.raises(SpecError) as error:
        initialize(before, given.experiment.train.initialize, Asking((given.name,)), given.span_of("train", "initialize"))
    for key, value in values(before).items():
        np.testing.assert_array_equal(value, start[key])  # all or nothing
    (found,) = error.value.diagnostics
    assert found.code == "E0516"
    return found


def test_what_does_not_fit_is_told_and_nothing_is_changed(tmp_path: Path) -> None:
    path = saved(network(spec()), tmp_path / "model.keras")
    found = refused(f"{{weights_file: {{path: '{path}'}}}}", classes=7)
    assert found.message == f"the weights of {path} do not fit `logits`"
    assert [note.message for note in found.notes] == ["`logits` has a `kernel` of (6, 10) there, and of (6, 7) here"]
    assert found.help == "draw them anew: `all_but: [logits]`"
    assert found.span is not None


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no weights")
    assert refused("{weights_file: {path: nowhere.keras}}").message == "there is no file nowhere.keras"
    assert refused(f"{{weights_file: {{path: '{tmp_path}'}}}}").help == "that is a folder"
    assert refused(f"{{weights_file: {{path: '{tmp_path}/text.h5'}}}}").message.endswith("is no file of weights")
    path = Path(saved(network(spec()), tmp_path / "cut.keras"))
    path.write_bytes(path.read_bytes()[:5000])
    assert "cut.keras" in refused(f"{{weights_file: {{path: '{path}'}}}}").message
    path = Path(saved(network(spec()), tmp_path / "damaged.keras"))
    with zipfile.ZipFile(path) as archive:  # a bit of the first weights turned over, which only their checksum tells
        place = archive.getinfo("model.weights.h5").header_offset + archive.getinfo("model.weights.h5").file_size // 2
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert "damaged.keras cannot be read" in refused(f"{{weights_file: {{path: '{path}'}}}}").message
    path = Path(saved(network(spec()), tmp_path / "cut.weights.h5"))
    path.write_bytes(path.read_bytes()[:3000])
    assert "cannot be read" in refused(f"{{weights_file: {{path: '{path}'}}}}").message
    assert refused("{run: {path: nowhere}}").message == "there is no run in nowhere"
    assert refused(f"{{run: {{path: '{tmp_path}'}}}}").message.endswith("has no model.keras")
    assert refused(f"{{run: {{path: '{tmp_path}', model: best}}}}").help == "it is kept by `callbacks: [model_checkpoint]`"
    assert refused("keras_applications").message == "keras.applications has no network `small`"
    assert refused("{keras_applications: {network: resnet5}}").help == "did you mean `resnet50`?"
    assert refused("{keras_applications: {network: resnet50, weights: imagenett}}").message == (
        "keras.applications has no weights `imagenett` of `resnet50`, and there is no such file"
    )


def test_weights_that_cannot_be_fetched_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise OSError("URL fetch failure on https://storage.googleapis.com/...: None -- Name or service not known")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", offline)
    found = refused("{keras_applications: {network: mobilenet}}")
    assert found.message.startswith("the weights `imagenet` of `mobilenet` cannot be had: URL fetch failure")
    assert found.help == "where there is no network, name their file"


@pytest.mark.parametrize("suffix", ["h5", "weights.h5", "keras"])
def test_a_file_of_keras_applications_off_line(tmp_path: Path, suffix: str) -> None:
    """Random weights in the published form of a file, into a network with other classes and another size."""
    theirs = keras.applications.MobileNet(weights=None, alpha=0.25, classes=5)
    random = np.random.default_rng(0)
    theirs.set_weights([random.uniform(0.5, 1.0, weight.shape) for weight in theirs.weights])
    path = tmp_path / f"theirs.{suffix}"
    (theirs.save_weights if suffix == "weights.h5" else theirs.save)(path)
    given = specc.load(
        "mobilenet",
        params={"alpha": 0.25, "classes": 3, "size": 64},
        overrides={
            "train": {
                "objective": "softmax_cross_entropy",
                "initialize": {"keras_applications": {"weights": str(path), "all_but": "logits"}},
            }
        },
    )
    keras.utils.set_random_seed(0)
    made = build_network(given.graph(), given.graph())
    before = values(made)
    report = initialize(made, given.experiment.train.initialize, Asking(("mobilenet",), given.params))
    assert list(report.skipped.values()) == ["as named by `all_but`"]
    kept = [weight for weight in made.weights if not weight.path.startswith("logits")]
    for ours, other in zip(kept, theirs.weights, strict=False):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(other), err_msg=ours.path)
    assert len(kept) == len(theirs.weights) - 2
    assert all(np.array_equal(np.asarray(weight), before[weight.path]) for weight in made.weights if weight.path.startswith("logits"))


def test_the_download_is_that_of_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Keras asks for, at which width, and that its file is poured in; the network itself is not reached."""
    theirs = keras.applications.MobileNetV2(weights=None, alpha=0.35)
    path, asked = tmp_path / "theirs.h5", []
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    monkeypatch.setattr(
        "keras.src.utils.file_utils.get_file", lambda name, url, **_: asked.append(url) or str(tmp_path / "theirs.weights.h5")
    )
    text = (
        "specc: 1\nname: mine\nextends: mobilenet_v2\nparams: {alpha: 0.35, size: 96, classes: 4}\n"
        "train: {objective: softmax_cross_entropy, initialize: {keras_applications: {all_but: logits}}}"
    )
    given = loads(text)
    assert given.document.bases == ("mobilenet_v2",)
    made = build_network(given.graph(), given.graph())
    report = initialize(made, given.experiment.train.initialize, Asking((given.name, *given.document.bases), given.params))
    assert len(asked) == 1
    assert "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224.h5" in asked[0]
    assert report.source == "keras.applications' mobilenet_v2 (imagenet)"
    np.testing.assert_array_equal(np.asarray(made.weights[0]), np.asarray(theirs.weights[0]))
    assert len(report.unused) == 1
    assert not path.exists()


def test_every_network_of_keras_applications_is_in_the_zoo() -> None:
    from specc.zoo import zoo

    assert set(APPLICATIONS) <= set(zoo())
    assert all(hasattr(keras.applications, name) for name in APPLICATIONS.values())


DIGITS = """
specc: 1
name: digits
inputs: {image: [8, 8, 1]}
layers:
  - conv2d_bn: {filters: 8, kernel_size: 3}
    name: body
  - flatten
heads: {logits: {dense: 10}}
data: {train: {source: digits}, validation: {source: {digits: test}}}
train: {objective: softmax_cross_entropy, epochs: 1, callbacks: [model_checkpoint]}
"""


@pytest.mark.parametrize("model", ["last", "best"])
def test_a_run_begins_where_another_has_ended(tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    first = train(loads(DIGITS), directory=tmp_path / "first", progress=False)
    initialization = {"run": {"path": str(tmp_path / "first"), "model": model}}
    overrides = {
        "train.initialize": initialization,
        "train.optimizer": {"sgd": 0.0},
        "train.callbacks": [],
        "train.freeze": {"only": "body"},
    }
    second = train(loads(DIGITS, overrides=overrides), directory=tmp_path / "second")
    for one, other in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    said = json.loads((tmp_path / "second" / "run.json").read_text())["initialized"]
    assert said["loaded"] == ["body/conv2d", "body/batch_normalization", "logits"]
    assert f"3 of 3 layers have weights of {tmp_path / 'first'}" in capsys.readouterr().err


def test_a_run_that_goes_on_is_not_initialized_again(tmp_path: Path) -> None:
    train(loads(DIGITS), directory=tmp_path / "first", progress=False)
    given = loads(DIGITS, overrides={"train.initialize": {"run": {"path": str(tmp_path / "first")}}, "train.epochs": 2})

    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(given, directory=tmp_path / "run", progress=False, callbacks=[Broken()])
    (tmp_path / "first" / "model.keras").unlink()
    assert train(given, directory=tmp_path / "run", progress=False, resume=True).status == "finished"
