"""Losses wired to heads and targets, as `check` does it. No TensorFlow."""

import pytest

import specc
from specc.diagnostics import Sink, SpecError
from specc.graph import TensorSpec
from specc.language.wiring import check_feeding, check_wiring, comparable, wire
from specc.registry.data.fields import Field

SPEC = """
specc: 1
name: two
inputs: {{image: [8, 8, 1]}}
layers:
  - flatten
  - dense: 12
heads:
  logits: {{dense: {{units: 10{activation}}}}}
{heads}
{data}
train:
  {train}
"""


def load(tmp_path, train, heads="", data="", activation=""):
    path = tmp_path / "two.yaml"
    path.write_text(SPEC.format(train=train, heads=heads, data=data, activation=activation))
    return specc.load(path)


def wired(spec, **fields):
    return wire(spec.graph(training=True), spec.experiment.train, fields or None, span_of=spec.span_of)


def label(*shape, dtype="int32", classes=None):
    return Field(TensorSpec((None, *shape), dtype), classes)


IMAGE = Field(TensorSpec((None, 8, 8, 1)))
TWO = "  other: {from: logits}"


@pytest.mark.parametrize(
    ("activation", "scores"),
    [("", "logits"), (", activation: softmax", "softmax"), (", activation: sigmoid", "sigmoid"), (", activation: relu", "logits")],
)
def test_whether_a_head_gives_logits_is_read_from_the_network(tmp_path, activation, scores):
    (one,) = wired(load(tmp_path, "objective: softmax_cross_entropy", activation=activation), image=IMAGE, label=label())
    assert (one.head, one.target, one.scores, one.loss.name) == ("logits", "label", scores, "softmax_cross_entropy")


@pytest.mark.parametrize(
    ("step", "scores"),
    [
        ("softmax", "softmax"),
        ("activation: sigmoid", "sigmoid"),
        ("activation: linear", "softmax"),
        ("{reshape: {target_shape: [10]}}", "softmax"),
        ("relu", "logits"),
    ],
)
def test_the_last_word_that_says_so_decides(tmp_path, step, scores):
    step = step if ":" in step else f"{{{step}: {{}}}}"
    step = step if step.startswith("{") else f"{{{step}}}"
    heads = f"  last: {step[:-1]}, from: logits}}"
    spec = load(tmp_path, "losses: {last: softmax_cross_entropy}", heads=heads, activation=", activation: softmax")
    assert wired(spec, image=IMAGE, label=label())[0].scores == scores


def test_targets_are_found_by_name_then_alone_then_as_asked(tmp_path):
    spec = load(tmp_path, "losses: {logits: softmax_cross_entropy, other: {softmax_cross_entropy: {target: kind}}}", TWO)
    assert [one.target for one in wired(spec, image=IMAGE, logits=label(), kind=label())] == ["logits", "kind"]
    alone = load(tmp_path, "objective: softmax_cross_entropy")
    assert wired(alone, image=IMAGE, anything=label())[0].target == "anything"
    assert wired(alone)[0].target == ""


@pytest.mark.parametrize(
    ("train", "heads", "fields", "code", "message", "help"),
    [
        ("losses: {logit: softmax_cross_entropy}", "", {}, "E0501", "no head is named `logit`", "did you mean `logits`?"),
        ("losses: {zzz: huber}", TWO, {}, "E0501", "no head is named `zzz`", "the heads are `logits` and `other`"),
        ("epochs: 3", "", {}, "E0501", "`train` needs a loss", "softmax_cross_entropy"),
        ("objective: huber", TWO, {}, "E0502", "the model has `logits` and `other`", "`losses: {logits: huber, other: huber}`"),
        ("{objective: huber, losses: {logits: huber}}", "", {}, "E0502", "both `objective` and `losses`", "keep one"),
        (
            "objective: huber",
            "",
            {"image": IMAGE, "a": label(10), "b": label(10)},
            "E0503",
            "the data have fields beside the inputs: `a` and `b`",
            "{huber: {target: a}}",
        ),
        ("objective: huber", "", {"image": IMAGE}, "E0503", "no field beside those that feed the inputs", "labels"),
        (
            "objective: {huber: {target: kinds}}",
            "",
            {"image": IMAGE, "kind": label(10)},
            "E0503",
            "no field `kinds`; they have `image` and `kind`",
            "`kind`",
        ),
        (
            "objective: softmax_cross_entropy",
            "",
            {"image": IMAGE, "l": label(classes=9)},
            "E0504",
            "`l` has 9 classes, but head `logits` gives 10 scores",
            "9 units",
        ),
        (
            "objective: softmax_cross_entropy",
            "",
            {"image": IMAGE, "l": label(8)},
            "E0504",
            "cannot compare head `logits`, (?, 10), with `l`, (?, 8)",
            "integers (?,) or (?, 10)",
        ),
        (
            "objective: mean_squared_error",
            "",
            {"image": IMAGE, "l": label()},
            "E0504",
            "cannot compare head `logits`, (?, 10), with `l`, (?,)",
            "(?, 10)",
        ),
        (
            "losses: {one: softmax_cross_entropy}",
            "  one: {dense: 1}",
            {"image": IMAGE, "l": label()},
            "E0504",
            "needs a score for each class",
            "sigmoid_cross_entropy",
        ),
    ],
)
def test_faults_are_told_at_their_place(tmp_path, train, heads, fields, code, message, help):
    spec = load(tmp_path, train, heads)
    with pytest.raises(SpecError) as caught:
        wired(spec, **fields)
    (found,) = caught.value.diagnostics
    assert (found.code, found.span is not None) == (code, True)
    assert message in found.message
    assert help in found.help


def test_comparable():
    for scores, target, classes, fits in [
        ((None, 10), (None,), True, True),
        ((None, 10), (None, 1), True, True),
        ((None, 10), (None, 10), True, True),
        ((None, 10), (None, 10, 1), True, False),
        ((None, 8, 8, 3), (None, 8, 8), True, True),
        ((None, 8, 8, 3), (None, 8, 8, 1), True, True),
        ((None, 8, 8, 3), (None, 7, 8), True, False),
        ((None, 1), (None,), False, True),
        ((None, 2), (None,), False, False),
    ]:
        assert comparable(scores, target, classes) is fits, (scores, target)


def test_inputs_are_fed_by_name_and_shape(tmp_path):
    spec = load(tmp_path, "objective: softmax_cross_entropy")
    graph = spec.graph()
    check_feeding(graph, {"image": IMAGE, "label": label()})
    for field, code, help in [
        (None, "E0505", "an input takes the field of its own name: rename the input, or the field"),
        (Field(TensorSpec((None, 28, 28, 1))), "E0506", "add `transforms: [{resize: [8, 8]}]`, or change the input"),
        (Field(TensorSpec((None, 8, 8, 3))), "E0506", "change the input to (?, 8, 8, 3)"),
        (Field(TensorSpec((None, None, None, 1))), "E0506", "add `transforms: [{resize: [8, 8]}]`, or change the input"),
    ]:
        sink = Sink()
        check_feeding(graph, {"picture" if field is None else "image": field or IMAGE}, sink=sink, strict=True)
        (found,) = sink
        assert (found.code, found.help) == (code, help)
    check_feeding(graph, {"image": Field(TensorSpec((None, None, None, 1)))})


def test_check_finds_what_the_declared_data_tell(tmp_path):
    data = "data: {train: {source: digits, transforms: [{resize: 16}]}, validation: {source: {digits: test}}}"
    spec = load(tmp_path, "losses: {other: softmax_cross_entropy}", "  other: {dense: 9}", data)
    sink = Sink()
    check_wiring(spec.document, spec.graph(), spec.experiment, sink)
    assert {(found.code, found.span.line) for found in sink} == {("E0506", 11), ("E0504", 13)}
