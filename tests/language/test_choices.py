"""Words with arguments as values: an activation, an initializer; written, or given by an expression."""

from __future__ import annotations

import pytest

from specc.graph import KerasCall
from specc.language import check, loads
from specc.language.vocabulary import Vocabulary
from specc.language.wiring import scores_of
from specc.registry.entry import nearest_entry

LEAKY = KerasCall("keras.layers.LeakyReLU", (), {"negative_slope": 0.1})


def calls(text: str, word: str = "dense") -> list[KerasCall]:
    spec = loads(f"specc: 1\ninputs: {{image: [4]}}\n{text}")
    return [node.layer.call for node in spec.graph().nodes if node.layer.word == word]


def told(text: str) -> list[tuple[str, str, str | None]]:
    return [(found.code, found.message, found.help) for found in check("my.yaml", text=f"specc: 1\ninputs: {{image: [4]}}\n{text}")]


@pytest.mark.parametrize(
    ("written", "call"),
    [
        ("relu", "relu"),
        ("{relu: }", "relu"),
        ("{leaky_relu: {}}", "leaky_relu"),
        ("{leaky_relu: 0.1}", LEAKY),
        ("{leaky_relu: {negative_slope: 0.1}}", LEAKY),
        ("{leaky_relu: {negative_slope: =slope}}", LEAKY),
        ("{leaky_relu: =slope}", LEAKY),
        ("{leaky_relu: =2 * slope}", "leaky_relu"),
        ("=name", "relu"),
        ("=act", LEAKY),
        ("=act if slope > 0.5 else name", "relu"),
    ],
)
def test_a_choice_is_a_name_or_a_name_with_arguments_or_what_an_expression_gives(written: str, call: object) -> None:
    params = "params: {name: relu, slope: 0.1, act: {default: {leaky_relu: 0.1}}}\n"
    assert calls(f"{params}layers: [{{dense: {{units: 2, activation: '{written}'}}}}]".replace("'{", "{").replace("}'", "}"))[
        0
    ] == KerasCall("keras.layers.Dense", (2,), {"activation": call})
    assert calls(f"{params}layers:\n  - activation: {written}\n", "activation")[0].args == (call,)


def test_null_is_no_activation() -> None:
    assert calls("defaults: {dense: {activation: relu}}\nlayers: [{dense: {units: 2, activation: null}}]") == [
        KerasCall("keras.layers.Dense", (2,))
    ]


@pytest.mark.parametrize(
    ("init", "call"), [("he_normal", "he_normal"), ("{constant: 2}", KerasCall("keras.initializers.Constant", (), {"value": 2.0}))]
)
def test_an_initializer_comes_from_a_param(init: str, call: object) -> None:
    text = f"params: {{init: {{default: {init}}}}}\nlayers: [{{dense: {{units: 2, kernel_initializer: =init}}}}]"
    assert calls(text)[0].kwargs == {"kernel_initializer": call}


@pytest.mark.parametrize(
    "block", ["residual: {filters: 3, ", "bottleneck: {filters: 3, ", "inverted_residual: {filters: 3, expansion: 2, "]
)
def test_blocks_hand_an_activation_on(block: str) -> None:
    spec = loads(f"specc: 1\ninputs: {{image: [8, 8, 3]}}\nlayers:\n  - {block}activation: {{leaky_relu: 0.1}}}}\n")
    given = [node.layer.call.args for node in spec.graph().nodes if node.layer.word == "activation"]
    assert given
    assert all(args == (LEAKY,) for args in given)


def test_heads_hand_an_activation_on() -> None:
    spec = loads("specc: 1\ninputs: {image: [4]}\nheads: {a: {classification: {classes: 3, activation: {softmax: {axis: -1}}}}}\n")
    assert scores_of(spec.graph().outputs["a"]) == "softmax"


@pytest.mark.parametrize(
    ("activation", "scores"),
    [
        ("{softmax: {axis: -1}}", "softmax"),
        ("{softmax: {axis: 1}}", "softmax"),
        ("sigmoid", "sigmoid"),
        ("{gelu: {approximate: true}}", "logits"),
        ("{leaky_relu: 0.1}", "logits"),
    ],
)
def test_whether_scores_are_probabilities_is_read_from_an_activation_with_arguments(activation: str, scores: str) -> None:
    for step in (f"{{dense: {{units: 3, activation: {activation}}}}}", f"{{activation: {activation}}}"):
        spec = loads(f"specc: 1\ninputs: {{image: [4]}}\nlayers: [{step}]\n")
        assert scores_of(next(iter(spec.graph().outputs.values()))) == scores


@pytest.mark.parametrize(("step", "scores"), [("sigmoid", "sigmoid"), ("softmax", "softmax"), ("gelu", "logits")])
def test_functions_as_steps_and_what_only_rearranges_say_it_too(step: str, scores: str) -> None:
    text = (
        f"layers: [{{dense: 6}}, {step}, {{reshape: [2, 3]}}, {{slice: {{start_indices: [0, 0, 0], shape: [-1, 1, 3]}}}},"
        " {split: {indices_or_sections: 1, axis: 1}}, {stop_gradient: , from: x}]"
    )
    spec = loads(f"specc: 1\ninputs: {{image: [4]}}\n{text}\n")
    assert scores_of(next(iter(spec.graph().outputs.values()))) == scores


@pytest.mark.parametrize(
    ("layers", "code", "message", "help"),
    [
        ("- dense: {units: 2, activation: rulu}", "E0106", "unknown activation `rulu`", "did you mean `relu`?"),
        ("- activation: rulu", "E0106", "unknown activation `rulu`", "did you mean `relu`?"),
        ("- activation: {gleu: {approximate: true}}", "E0106", "unknown activation `gleu`", "did you mean `gelu`?"),
        ("- activation: swish", "E0106", "unknown activation `swish`", "did you mean `silu`?"),
        ("- activation: hard_swish", "E0106", "unknown activation `hard_swish`", "did you mean `hard_silu`?"),
        ("- activation: prelu", "E0106", "unknown activation `prelu`", "`prelu` is a layer: make it a step of its own, `- prelu`"),
        ("- activation: zzzzz", "E0106", "unknown activation `zzzzz`", "the activations are listed by `specc list activations`"),
        ("- activation: {gelu: {aproximate: true}}", "E0108", "`gelu` has no `aproximate`", "did you mean `approximate`?"),
        ("- activation: {leaky_relu: -1}", "E0104", "`negative_slope` of `leaky_relu` must be at least 0, not -1", None),
        ("- activation: {threshold: 1}", "E0102", "`threshold` needs `default_value`", None),
        ("- activation: {relu: 1, gelu: }", "E0108", "`activation` has no `relu`", None),
        ("- dense: {units: 2, activation: =wrong}", "E0106", "unknown activation `rulu`", "did you mean `relu`?"),
        ("- dense: {units: 2, activation: =wronger}", "E0106", "unknown activation `rulu`", "did you mean `relu`?"),
        (
            "- dense: {units: 2, kernel_initializer: xavier_uniform}",
            "E0106",
            "unknown initializer `xavier_uniform`",
            "did you mean `glorot_uniform`?",
        ),
    ],
)
def test_a_wrong_choice_is_told(layers: str, code: str, message: str, help: str | None) -> None:
    found = told(f"params: {{wrong: rulu, wronger: {{default: {{rulu: 1}}}}}}\nlayers:\n  {layers}\n")
    assert (code, message, help) in [(one, two, three if help is not None else None) for one, two, three in found]


@pytest.mark.parametrize(
    ("family", "name", "meant"),
    [
        ("initializer", "kaiming_normal", "he_normal"),
        ("initializer", "xavier_normal", "glorot_normal"),
        ("initializer", "HeNormal", "he_normal"),
        ("initializer", "normal", "random_normal"),
        ("regularizer", "weight_decay", "l2"),
        ("regularizer", "L1L2", "l1_l2"),
        ("constraint", "non_negative", "non_neg"),
        ("activation", "swish", "silu"),
    ],
)
def test_words_known_by_other_names(family: str, name: str, meant: str) -> None:
    assert nearest_entry(family, name) == meant


@pytest.mark.parametrize(
    ("step", "help"),
    [
        ("swish", "did you mean `silu`?"),
        ("unsqueeze: 1", "did you mean `expand_dims`?"),
        ("pixel_shuffle: 2", "did you mean `depth_to_space`?"),
        ("linear: 10", "did you mean `dense`?"),
        ("mish", "`mish` is an activation: `- activation: mish`"),
        ("sigmoyd", "did you mean `sigmoid`?"),
    ],
)
def test_layers_known_by_other_names(step: str, help: str) -> None:
    name = step.split(":")[0]
    assert told(f"layers:\n  - {step}\n") == [("E0106", f"unknown layer or block `{name}`", help)]


def test_names_from_elsewhere_are_no_words_and_lead_to_words() -> None:
    from specc.registry.entry import entries
    from specc.registry.layers import ALSO

    assert not set(ALSO) & set(entries("layer"))
    assert set(ALSO.values()) <= set(entries("layer"))


def test_a_document_makes_only_the_definitions_that_it_looks_at() -> None:
    from specc.language.schema import document_schema

    partial = document_schema(Vocabulary(), {"dense"}, (), {}, partial=True)["$defs"]
    whole = document_schema(Vocabulary(), {"dense"}, (), {})["$defs"]
    assert "activation_gelu" not in partial
    assert {"activation_gelu", "initializer_zeros", "step"} <= set(whole)
    assert partial["optional_activation"] == whole["optional_activation"]
    assert dict(partial.complete()) == dict(whole)


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("relu", True),
        ("=act", True),
        ("{leaky_relu: 0.1}", True),
        ("{gelu: {approximate: true}}", True),
        ("rulu", False),
        ("{gelu: {a: 1}}", False),
    ],
)
def test_editors_know_choices(written: str, right: bool) -> None:
    from jsonschema import Draft202012Validator

    from specc.diagnostics import Source
    from specc.language.editor_schema import editor_schema
    from specc.language.syntax import parse, plain_value

    document = plain_value(parse(Source("my.yaml", f"specc: 1\nlayers:\n  - dense: {{units: 2, activation: {written}}}\n")))
    assert (list(Draft202012Validator(editor_schema()).iter_errors(document)) == []) == right
