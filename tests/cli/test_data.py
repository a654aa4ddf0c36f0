"""`specc data show` and `specc data stats`; what they find is tested in `tests/data`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent

Run = Callable[..., Any]
Write = Callable[[str, str], Path]

SPEC = """\
specc: 1
name: small
params: {{classes: 2, channels: 1}}
inputs: {{image: [8, 8, =channels]}}
layers: [flatten]
heads: {{logits: {{dense: =classes}}}}
data:
{data}
train: {{objective: softmax_cross_entropy, batch_size: 50}}
"""
FEW = "{digits: {classes: [3, 5], per_class: 30}}"
DATA = f"  train: {{source: {FEW}, transforms: [random_flip, {{normalize: {{mean: [0.5], std: [0.25]}}}}]}}"


def written(write: Write, data: str = DATA) -> Path:
    return write("my.yaml", SPEC.format(data=data))


def test_what_is_shown(specc: Run, write: Write) -> None:
    result = specc("data", "show", written(write))
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "small, train: 60 examples, 2 steps of 50 an epoch",
        "every example was looked at",
        "",
        "field   kind    shape       dtype     values",
        "─" * 45,
        "image   image   (8, 8, 1)   float32   -2 to 2",
        "label   value   ()          int32     0 to 1",
        "",
        "image before transforms: height 8, width 8",
        "",
        "class of label   examples   share",
        "─" * 60,
        "3                      30   50.0%   " + "█" * 24,
        "5                      30   50.0%   " + "█" * 24,
        "",
        "nothing looks wrong",
        "small_train.png: 24 examples as the network gets them, epoch 0",
    ]
    assert Path("small_train.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in Path().iterdir()) == ["my.yaml", "small_train.png"]


def test_what_is_shown_as_json(specc: Run, write: Write) -> None:
    path = written(write)
    result = specc("data", "show", path, "--format", "json", "-o", "sheet.svg", "--count", 3, "--epoch", 2, "--limit", 20)
    found = json.loads(result.out)
    assert (found["spec"], found["part"], found["picture"], found["epoch"]) == ("small", "train", "sheet.svg", 2)
    assert (found["examples"], found["looked_at"], found["drawn"]) == (60, 20, "random")
    assert found["steps_per_epoch"] == [{"batch_size": 50, "steps": 2}]
    assert found["classes"][0]["counts"] == [30, 30]
    assert found["sizes"] == [{"field": "image", "heights": [8, 8.0, 8], "widths": [8, 8.0, 8]}]
    assert (found["objects"], found["findings"]) == (None, [])
    assert found["fields"][0]["shapes"] == [[8, 8, 1]]
    assert "<svg" in Path("sheet.svg").read_text(encoding="utf-8")


def test_random_transforms_are_left_out_on_demand(specc: Run, write: Write) -> None:
    path = written(write)
    pictures = []
    for number, options in enumerate([[], ["--epoch", 1], ["--no-augment"], []]):
        result = specc("data", "show", path, "-o", f"{number}.png", "--count", 2, *options)
        assert result.code == 0
        pictures.append(Path(f"{number}.png").read_bytes())
    assert pictures[0] == pictures[3]
    assert len(set(pictures)) == 3
    assert specc("data", "show", path, "--no-augment").out.endswith("24 examples as the network gets them, without random transforms\n")


def test_what_looks_wrong(specc: Run, write: Write) -> None:
    """Training and validation data are the same, and there are more of one class than of another."""
    path = written(write, f"  train: {{source: {FEW}}}\n  validation: {{source: {FEW}}}")
    result = specc("data", "show", path, "--part", "validation")
    assert "1 thing looks wrong:\n- 60 images are in `train` too: scan" in result.out
    found = json.loads(specc("data", "show", path, "--format", "json").out)["findings"]
    assert [each["kind"] for each in found] == ["shared"]
    assert len(found[0]["records"]) == 60


def test_a_part_that_cannot_be_opened_is_told_beside_the_other(specc: Run, write: Write) -> None:
    path = written(write, f"  train: {{source: {FEW}}}\n  validation: {{source: {{image_folder: nowhere}}}}")
    assert "- `validation` cannot be looked at: " in specc("data", "show", path).out
    assert specc("data", "show", path, "--part", "validation").code == 1


def test_what_looks_wrong_fails_on_demand(specc: Run, write: Write) -> None:
    path = written(write)
    assert specc("data", "show", path, "--strict").code == 0
    assert specc("data", "show", path, "--param", "classes=3").code == 0
    result = specc("data", "show", path, "--param", "classes=3", "--strict")
    assert (result.code, result.err) == (1, "")
    assert "1 thing looks wrong:\n- `label` has 2 classes, but head `logits` gives 3 scores (" in result.out
    assert result.out.endswith("small_train.png: 24 examples as the network gets them, epoch 0\n")


def test_what_training_refuses_is_told_with_both_places(specc: Run, write: Write, flowers: Path) -> None:
    """What only the files tell: images each of their own size, and how many classes there are."""
    path = written(write, "  train: {source: {image_folder: flowers}}")
    lines = specc("data", "show", path, "--param", "channels=3", "--param", "classes=4").out.splitlines()
    shapes = "`image` of the data is (?, ?, ?, 3), but the input takes (?, 8, 8, 3)"
    places = "my.yaml:8:11; the input is declared at my.yaml:4:10"
    assert f"- {shapes} ({places}); add `transforms: [{{resize: [8, 8]}}]`, or change the input" in lines
    scores = "`label` has 2 classes, but head `logits` gives 4 scores"
    places = "my.yaml:9:9; the head is at my.yaml:6:9; the labels come from my.yaml:8:11"
    assert f"- {scores} ({places}); give the head 2 units" in lines
    assert "nothing looks wrong" not in lines
    assert [each.message for each in specc_errors(path, channels=3, classes=4)] == [shapes]  # training refuses the first of them


def specc_errors(path: Path, **params: int) -> tuple[Any, ...]:
    """What training refuses."""
    import specc

    with pytest.raises(specc.SpecError) as caught:
        specc.train(specc.load(path, params=params), directory="run")
    return caught.value.diagnostics


def test_data_that_train_nothing_are_held_to_no_network(specc: Run, write: Write) -> None:
    text = SPEC.format(data=f"  train: {{source: {FEW}}}").replace("classes: 2", "classes: 3")
    assert "gives 3 scores" in specc("data", "show", write("my.yaml", text)).out
    alone = text[: text.index("train: {objective")]
    assert "nothing looks wrong" in specc("data", "show", write("my.yaml", alone)).out


def test_only_what_training_opens_is_held_to_its_losses(specc: Run, write: Write) -> None:
    """Test data may be there for probes, but they feed the same inputs."""
    other = "{digits: {split: test, classes: [3, 5, 7]}}"
    path = written(write, f"  train: {{source: {FEW}}}\n  validation: {{source: {other}}}\n  test: {{source: {other}}}")
    assert "`label` has 3 classes, but head `logits` gives 2 scores" in specc("data", "show", path, "--part", "validation").out
    assert "gives 2 scores" not in specc("data", "show", path, "--part", "test").out
    assert "but the input takes" in specc("data", "show", path, "--part", "test", "--param", "channels=3").out


def saved_labels(labels: Any) -> str:
    """A pipeline of images with labels of which nobody says how many classes they are."""
    import numpy as np

    images = np.random.default_rng(0).random((len(labels), 8, 8, 1)).astype("float32")
    np.savez("labels.npz", image=images, label=np.asarray(labels))
    return "  train: {source: {npz: labels.npz}}"


def test_labels_that_the_head_has_no_score_for(specc: Run, write: Write) -> None:
    path = written(write, saved_labels([0, 1] * 30 + [5]))
    result = specc("data", "show", path, "--count", 4)
    assert "- `label` goes up to 5, but head `logits` gives 2 scores: labels.npz, record 60\n" in result.out
    assert re.search(r"^label +value +\(\) +int32 +0 to 5$", result.out, flags=re.MULTILINE)
    assert re.search(r"^5 +1 +1.6%", result.out, flags=re.MULTILINE)
    some = specc("data", "show", path, "--limit", 2).out  # labels are counted and looked for in all examples all the same
    assert "gives 2 scores: labels.npz, record 60\n" in some
    found = json.loads(specc("data", "show", path, "--format", "json").out)["findings"][0]
    assert (found["kind"], found["records"]) == ("beyond_head", ["labels.npz, record 60"])
    good = specc("data", "show", written(write, saved_labels([0, 1] * 30)))
    assert "nothing looks wrong" in good.out
    assert re.search(r"^1 +30 +50.0%", good.out, flags=re.MULTILINE)


def test_labels_below_0(specc: Run, write: Write) -> None:
    out = specc("data", "show", written(write, saved_labels([0, 1] * 30 + [-7, 1, -1]))).out
    assert "- `label` goes down to -7, but classes are counted from 0: labels.npz, record 60; labels.npz, record 62\n" in out


def test_numbers_far_beyond_what_the_head_knows_make_no_table(specc: Run, write: Write) -> None:
    out = specc("data", "show", written(write, saved_labels([0, 1] * 30 + [2_000_000_000, 90_000, 60_000])), "--limit", 10).out
    assert "- `label` goes up to 2000000000, but head `logits` gives 2 scores: labels.npz, record 60; labels.npz, record 61; " in out
    assert "class of label" not in out


def test_a_head_of_one_score_knows_two_classes(specc: Run, write: Write) -> None:
    text = SPEC.format(data=saved_labels([0, 1] * 30)).replace("classes: 2", "classes: 1").replace("softmax", "sigmoid")
    assert "nothing looks wrong" in specc("data", "show", write("my.yaml", text)).out
    saved_labels([0, 1, 1, 2])
    out = specc("data", "show", "my.yaml").out
    assert "- `label` goes up to 2, but head `logits` gives one score, for the classes 0 and 1: labels.npz, record 3\n" in out
    saved_labels([-1, 1, 1, -1])
    hinge = write("my.yaml", text.replace("sigmoid_cross_entropy", "hinge"))
    assert "classes are counted from 0" not in specc("data", "show", hinge).out


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """A folder with images of two classes, of which one is none, and one is black."""
    from PIL import Image

    for number in range(6):
        folder = tmp_path / "flowers" / ("rose" if number < 2 else "tulip")
        folder.mkdir(parents=True, exist_ok=True)
        size = (4 + number, 8)
        Image.frombytes("RGB", size, bytes((number * 31 + place * 7) % 256 for place in range(3 * size[0] * 8))).save(
            folder / f"{number}.png"
        )
    Image.new("RGB", (5, 8)).save(tmp_path / "flowers" / "rose" / "black.png")
    (tmp_path / "flowers" / "rose" / "torn.png").write_bytes(b"no image")
    return tmp_path / "flowers"


def test_images_of_files(specc: Run, write: Write, flowers: Path) -> None:
    path = written(write, "  train: {source: {image_folder: flowers}, transforms: [{resize: 8}]}")
    result = specc("data", "show", path, "--param", "channels=3")
    assert result.code == 0, result.err
    assert "image before transforms: height 8, width 4 to 9, median 6" in result.out
    assert re.search(r"^rose +3 +42.9%", result.out, flags=re.MULTILINE)
    assert "2 things look wrong:\n- 1 record cannot be read: flowers/rose/torn.png: " in result.out
    assert "- 1 image of `image` is all of one colour: flowers/rose/black.png\n" in result.out
    assert result.out.endswith("small_train.png: 7 examples as the network gets them, epoch 0\n")
    assert flowers.is_dir()


def test_what_is_left_out_is_counted_as_the_run_does(specc: Run, write: Write, flowers: Path) -> None:
    import specc as interface

    (flowers / "rose" / "black.png").unlink()
    path = written(write, "  train: {source: {image_folder: flowers}, transforms: [{resize: 8}], on_error: skip}")
    options = ["--param", "channels=3", "--set", "train.batch_size=6"]
    result = specc("data", "show", path, *options, "--strict")
    assert result.code == 0, result.out
    first, second, third, *others = result.out.splitlines()
    assert (first, third) == ("small, train: 6 examples, 1 step of 6 an epoch", "every example was looked at")
    assert second.startswith("left out 1 of 7 records of `image_folder`: flowers/rose/torn.png: ")
    assert "nothing looks wrong" in others
    found = json.loads(specc("data", "show", path, *options, "--format", "json").out)
    assert (found["examples"], found["steps_per_epoch"]) == (6, [{"batch_size": 6, "steps": 1}])
    assert found["left_out"] == [second]
    overrides = {"train.batch_size": 6, "train.epochs": 1}
    run = interface.train(interface.load(path, params={"channels": 3}, overrides=overrides), directory="run")
    status = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert status["steps_per_epoch"] == 1


@pytest.mark.parametrize("subset", ["", ", subset: {per_class: 2}"])  # labels that are read at once, to choose by them
def test_records_that_the_source_knows_to_be_none(specc: Run, write: Write, flowers: Path, subset: str) -> None:
    names = [f"flowers/{'rose' if number < 2 else 'tulip'}/{number}.png" for number in range(6)]
    rows = [f"{name},{name.split('/')[1]}" for name in (names[0], "flowers/gone.png", *names[1:])]
    write("flowers.csv", "\n".join(["file,kind", *rows]))
    pipeline = f"source: {{csv: {{path: flowers.csv, image: file, label: kind}}}}, transforms: [{{resize: 8}}]{subset}"
    skipped = specc("data", "show", written(write, f"  train: {{{pipeline}, on_error: skip}}"), "--param", "channels=3").out
    count = 4 if subset else 6
    assert skipped.startswith(
        f"small, train: {count} examples, 1 step of 50 an epoch\n"
        "left out 1 of 7 records of `csv`: flowers.csv, line 3: there is no file flowers/gone.png\n"
    )
    assert "nothing looks wrong" in skipped
    refused = specc("data", "show", written(write, f"  train: {{{pipeline}}}"), "--param", "channels=3").out
    said = "a run refuses 1 of 7 records of `csv`" if subset else "1 record cannot be read"
    assert f"1 thing looks wrong:\n- {said}: flowers.csv, line 3: there is no file flowers/gone.png\n" in refused


def test_steps_of_an_objective_that_compares_examples(specc: Run, write: Write) -> None:
    """Training has whole batches only."""
    text = SPEC.format(data=f"  train: {{source: {FEW}, views: 2}}").replace("softmax_cross_entropy", "simclr")
    text = text.replace("logits", "projection")
    assert specc("data", "show", write("my.yaml", text)).out.startswith("small, train: 60 examples, 1 step of 50 an epoch\n")


def test_names_from_the_data_cannot_forge_the_output(specc: Run, write: Write, flowers: Path) -> None:
    (flowers / "rose").rename(flowers / "[red]\x1b[31mrose")
    result = specc("data", "show", written(write, "  train: {source: {image_folder: flowers}}"))
    assert "\x1b" not in result.out
    assert "[red]\\x1b[31mrose" in result.out


def test_many_classes_are_shortened(specc: Run, write: Write) -> None:
    import numpy as np

    labels = np.repeat(np.arange(50), np.arange(1, 51))
    np.savez("many.npz", x=np.arange(len(labels)), label=labels)
    lines = specc("data", "show", written(write, "  train: {source: {npz: {path: many.npz, classes: {label: 50}}}}")).out.splitlines()
    rows = lines[lines.index(next(line for line in lines if line.startswith("class of label"))) + 2 :]
    names = [row.split()[0] for row in rows[: rows.index("")]]
    assert names == [*map(str, range(49, 27, -1)), "20", *map(str, range(7, -1, -1))]
    assert "- `label`: class `49` has 50 times as many examples as `0`: 50 and 1" in lines


def test_statistics_of_images(specc: Run, write: Write) -> None:
    from sklearn.datasets import load_digits

    path = written(write, "  train: {source: {digits: all}, transforms: [random_flip, {normalize: {mean: [9], std: [9]}}]}")
    result = specc("data", "stats", path)
    values = load_digits().images / 16
    assert result.code == 0, result.err
    assert result.out == (
        f"# 1,797 images, 115,008 pixels, values from 0 to 1\nnormalize: {{mean: [{values.mean():.4g}], std: [{values.std():.4g}]}}\n"
    )
    (found,) = json.loads(specc("data", "stats", path, "--format", "json").out)
    assert found["mean"] == pytest.approx([values.mean()], rel=1e-12)
    assert found["std"] == pytest.approx([values.std()], rel=1e-12)
    assert found["normalize"] in result.out
    assert specc("data", "stats", path, "--limit", 100).out.startswith("# 100 of 1,797 images, 6,400 pixels")


def test_statistics_are_pasted_into_a_spec(specc: Run, write: Write) -> None:
    written(write)
    _, line = specc("data", "stats", "my.yaml").out.splitlines()
    written(write, f"  train: {{source: {FEW}, transforms: [{line}]}}")
    assert specc("check", "my.yaml").code == 0


def test_statistics_name_what_cannot_be_read(specc: Run, write: Write, flowers: Path) -> None:
    path = written(write, "  train: {source: {image_folder: flowers}, transforms: [{resize: 8}]}")
    first, second, third = specc("data", "stats", path, "--param", "channels=3").out.splitlines()
    assert first.startswith("# 7 images, 448 pixels, ")
    assert first.endswith("; 1 could not be read")
    assert second.startswith("# flowers/rose/torn.png: ")
    assert third.startswith("normalize: ")
    (found,) = json.loads(specc("data", "stats", path, "--param", "channels=3", "--format", "json").out)
    assert (found["unreadable"], found["faults"]) == (1, [second.removeprefix("# ")])
    for number in range(6):
        (flowers / "tulip" / f"torn_{number}.png").write_bytes(b"no image")
    *_, last, _ = specc("data", "stats", path, "--param", "channels=3").out.splitlines()
    assert last == "# and 2 more"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "faulty.yaml"], 1, "error[E0106]"),
        (["show", "missing.yaml"], 2, "no such file"),
        (["show", "bare.yaml"], 1, "error[E0509]: `small` has no train data"),
        (["show", "bare.yaml"], 1, "add a section `data: {train: {source: ...}}`"),
        (["show", "my.yaml", "--part", "test"], 1, "the spec has `train`"),
        (["show", "my.yaml", "--part", "tests"], 2, "'tests' is not one of"),
        (["show", "my.yaml", "-o", "nowhere/sheet.png"], 2, "nowhere: no such directory"),
        (["show", "my.yaml", "-o", "sheet.txt"], 2, "sheet.txt: a picture ends in .png, .jpg, .svg or .pdf"),
        (["show", "my.yaml", "--param", "classes"], 2, "write a name"),
        (["show", "wrong.yaml"], 1, "error[E0507]: `random_flip` changes the field `picture`"),
        (["stats", "bare.yaml"], 1, "error[E0509]"),
        (["stats", "numbers.yaml"], 1, "error[E0507]: the train data of `small` have no images: they have `x`"),
        (["shwo", "my.yaml"], 2, "No such command 'shwo'"),
    ],
)
def test_mistakes(specc: Run, write: Write, arguments: list[str], code: int, said: str) -> None:
    import numpy as np

    np.savez("numbers.npz", x=np.zeros(3))
    good = SPEC.format(data=DATA)
    write("my.yaml", good)
    write("faulty.yaml", good.replace("flatten", "flaten"))
    write("bare.yaml", good.replace(f"data:\n{DATA}\n", ""))
    write("wrong.yaml", good.replace("random_flip", "{random_flip: {field: picture}}"))
    write("numbers.yaml", SPEC.format(data="  train: {source: {npz: numbers.npz}}"))
    result = specc("data", *arguments)
    assert (result.code, result.out) == (code, ""), result
    assert said in result.err
    assert not list(Path().glob("*.png"))


def test_data_of_which_nothing_can_be_read(specc: Run, write: Write, tmp_path: Path) -> None:
    (tmp_path / "flowers" / "rose").mkdir(parents=True)
    (tmp_path / "flowers" / "rose" / "torn.png").write_bytes(b"no image")
    path = written(write, "  train: {source: {image_folder: flowers}, transforms: [{resize: 8}]}")
    for verb in ("show", "stats"):
        result = specc("data", verb, path)
        assert result.code == 1
        assert "error[E0517]" in result.err
        assert "flowers/rose/torn.png" in result.err


def test_missing_data_are_told_before_tensorflow_is_loaded(specc_process: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['tensorflow'] = None\nsys.modules['keras'] = None\n")
    for verb in ("show", "stats"):
        result = specc_process("data", verb, "resnet50", PYTHONPATH=str(tmp_path))
        assert result.code == 1
        assert "`resnet50` has no train data" in result.err


@pytest.mark.parametrize("verb", ["show", "stats"])
def test_the_readme_shows_what_is_printed(specc: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(rf"```text\n\$ (specc data {verb} .*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    line, out = block.split("\n", 1)
    assert specc(*line.split()[1:]).out == out
