"""What is suggested where a word is not known, and that one mistake does not hide the others."""

from __future__ import annotations

import pytest

from specc.language import check
from specc.registry import MODULES
from specc.registry.entry import entries, nearest_entry, plural

SPEC = """
specc: 1
inputs: {image: [8, 8, 1]}
layers: [flatten]
heads: {logits: {dense: 10}}
train: {objective: LOSS, optimizer: OPTIMIZER}
"""


def told(loss: str = "softmax_cross_entropy", optimizer: str = "adam") -> list[tuple[str, str | None]]:
    return [(found.code, found.help) for found in check("my.yaml", text=SPEC.replace("LOSS", loss).replace("OPTIMIZER", optimizer))]


@pytest.mark.parametrize(
    ("keras", "ours"),
    [
        ("sparse_categorical_crossentropy", "softmax_cross_entropy"),
        ("categorical_crossentropy", "softmax_cross_entropy"),
        ("binary_crossentropy", "sigmoid_cross_entropy"),
        ("mse", "mean_squared_error"),
        ("MeanSquaredError", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
    ],
)
def test_losses_known_by_other_names(keras: str, ours: str) -> None:
    assert told(loss=keras) == [("E0106", f"did you mean `{ours}`?")]


def test_capitals_do_not_count() -> None:
    assert told(optimizer="SGD") == [("E0106", "did you mean `sgd`?")]


def test_what_is_not_near_is_listed_by_a_command_that_there_is() -> None:
    assert told(loss="zzz") == [("E0106", "the objectives are listed by `specc list objectives`")]
    from specc.reference import kinds

    assert {plural(family) for family in MODULES} <= set(kinds())


@pytest.mark.parametrize("family", MODULES)
def test_other_names_are_no_words_themselves(family: str) -> None:
    for entry in entries(family).values():
        for also in entry.also:
            assert also not in entries(family)
            assert nearest_entry(family, also) == entry.name


def test_a_key_that_stands_twice_hides_nothing() -> None:
    text = SPEC.replace("LOSS", "mse").replace("OPTIMIZER", "adam").replace("[flatten]", "[{dense: {units: 3, units: 4}}, {flaten: }]")
    assert [found.code for found in check("my.yaml", text=text)] == ["E0003", "E0106", "E0106"]


@pytest.mark.parametrize("expression", ["=[36, 2]", "=sizes[0]", "=[sizes[0], 2]", "=max(sizes[0], 2)"])
def test_the_whole_expression_is_to_be_quoted(expression: str) -> None:
    text = "specc: 1\nparams: {sizes: [36, 2]}\ninputs: {v: [72]}\nlayers:\n  - reshape: {target_shape: " + expression + "}\n"
    (found,) = check("my.yaml", text=text)
    assert (found.code, found.help) == ("E0004", f'quote it: "{expression}"')


START = "specc: 1\nparams: {width: 8, sizes: {default: {high: 3}}}\ninputs: {image: [8, 8, 1]}\n"
TRAINED = START + "layers: [flatten]\nheads: {logits: {dense: 10}}\ndata: {train: {source: digits}}\n"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # Keys
        (START + "layers: [flatten]\nhead: {a: relu}", "heads"),
        (START + "layers: [dense: 3]\nconv2d: 3", None),  # a step
        (START + "layers: [{dense: 3, nmae: a}]", "name"),
        (START + "layers: [{parallel: {merg: add, branches: {a: relu}}}]", "merge"),
        (START + "layers: [{model: {spec: resnet18, parms: {}}}]", "params"),
        (START + "layers: [relu]\nblocks: {unit: {layer: [relu]}}", "layers"),
        (START + "layers: [relu]\nexpect: {paramters: 3}", "parameters"),
        ("specc: 1\nparams: {n: {typ: integer}}\ninputs: {image: [8]}\nlayers: [dense: =n]", "type"),
        ("specc: 1\nparams: {n: {type: integr, default: 3}}\ninputs: {image: [8]}\nlayers: [dense: =n]", "integer"),
        ("specc: 1\ninputs: {image: {shpe: [8]}}\nlayers: [dense: 3]", "shape"),
        # Words
        (START + "layers: [flaten]", "flatten"),
        (START + "layers: [GlobalAveragePooling2D]", "global_average_pooling2d"),
        (START + "layers: [paralel: {branches: {a: relu}}]", "parallel"),
        (START + "blocks: {my_unit: {layers: [relu]}}\nlayers: [my_untt]", "my_unit"),
        (START + "layers: [{dense: {units: 3, activation: rleu}}]", "relu"),
        (START + "layers: [{dense: {units: 3, kernel_initializer: he_norml}}]", "he_normal"),
        (START + "layers: [{dense: {units: 3, kernel_regularizer: l1l2}}]", "l1_l2"),
        (START + "layers: [{dense: {units: 3, kernel_constraint: maxnorm}}]", "max_norm"),
        (START + "layers: [{parallel: {merge: concat, branches: {a: relu}}}]", "concatenate"),
        (START + "layers: [{parallel: {merge: multipy, branches: {a: relu}}}]", "multiply"),
        (START + "layers: [time_distributed: dens]", "dense"),
        (START + "defaults: {conv2: {padding: same}}\nlayers: [flatten]", "conv2d"),
        (TRAINED + "train: {objective: softmax_crossentropy}", "softmax_cross_entropy"),
        (TRAINED + "train: {losses: {logits: mse_loss}}", None),
        (TRAINED + "train: {objective: mse, optimizer: adamm}", "adam"),
        (TRAINED + "train: {objective: mse, schedule: {cosin: {}}}", "cosine"),
        (TRAINED + "train: {objective: softmax_cross_entropy, metrics: [acuracy]}", "accuracy"),
        (TRAINED.replace("digits", "digit") + "train: {objective: mse}", "digits"),
        (TRAINED.replace("digits}", "digits, transforms: [random_flipp]}") + "train: {objective: mse}", "random_flip"),
        # Arguments
        (START + "layers: [conv2d: {filters: 3, kernal_size: 3}]", "kernel_size"),
        (START + "layers: [{dense: {units: 3, kernel_initializer: {he_normal: {sed: 1}}}}]", "seed"),
        (START + "defaults: {conv2d: {paddin: same}}\nlayers: [flatten]", "padding"),
        (START + "layers: [residual: {filter: 3}]", "filters"),
        (START + "layers: [conv2d: {filters: 3, kernel_size: 3, padding: smae}]", "same"),
        ("specc: 1\ninputs: {a: {shape: [8], dtype: flot32}}\nlayers: [dense: 3]", "float32"),
        (TRAINED + "train: {objective: softmax_cross_entropy, optimizer: {adam: {lr: 0.1}}}", "learning_rate"),
        (TRAINED + "train: {objective: softmax_cross_entropy, precision: float16}", "mixed_float16"),
        (TRAINED + "train: {objective: softmax_cross_entropy, epoch: 3}", "epochs"),
        # Names
        (START + "layers: [dense: =widht]", "width"),
        (START + "layers: [dense: =image.chanels]", "channels"),
        (START + "layers: [dense: =sizes.hihg]", "high"),
        (START + "layers: [dense: \"=sizes['hihg']\"]", "high"),
        (START + "layers: [dense: =maxi(width)]", "max"),
        (START + "layers: [{relu: , from: imgae}]", "image"),
        (START + "layers: [{relu: , from: [image, imgae]}]", "image"),
        (START + "layers: [{relu: , each: [imgae]}]", "image"),
        (START + "layers: [{layers: [{relu: , name: inner}], name: group}, {relu: , from: group/iner}]", "group/inner"),
        (START + "layers: [{dense: 3, name: once}, {share: onec}]", "once"),
        (START + "layers: [relu]\nheads: {a: {from: imgae}}", "image"),
        (START + "blocks: {unit: {layers: [{relu: , name: act}], outputs: {a: atc}}}\nlayers: [unit]", "act"),
        (START + "layers: [{multi_head_attention: {num_heads: 1, key_dim: 2}, from: {query: image, valeu: image}}]", "value"),
        (START + "blocks: {two: {inputs: [left, right], layers: [{relu: , from: left}]}}\nlayers: [{two: , from: {lfet: image}}]", "left"),
        (START + "layers: [flatten]\nexpect: {outputs: {outptu: [64]}}", "output"),
        (START + "layers: [model: resnt50]", "resnet50"),
        (START + "layers: [model: {spec: cnn_digits, params: {clases: 3}}]", "classes"),
        ("specc: 1\nextends: resnt50", "resnet50"),
        (TRAINED + "train: {losses: {logit: softmax_cross_entropy}}", "logits"),
        (TRAINED + "train: {objective: {softmax_cross_entropy: {target: lable}}}", "label"),
        (TRAINED + "train: {objective: softmax_cross_entropy, stages: [{freeze: {only: logit}}]}", "logits"),
        (TRAINED + "train: {objective: softmax_cross_entropy, stages: [{epoch: 3}]}", "epochs"),
    ],
)
def test_a_near_name_is_suggested(text: str, meant: str | None) -> None:
    helps = [found.help for found in check("my.yaml", text=text) if found.severity == "error"]
    if meant is None:
        assert helps
        assert all("did you mean" not in (help or "") for help in helps)
    else:
        assert f"did you mean `{meant}`?" in helps


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ("--param", "widht=3", "width"),
        ("--set", "params.widht=3", "width"),
        ("--set", "inputs.imgae=[3]", "image"),
        ("--set", "heads.logit.dense.units=3", "logits"),
        ("--set", "heads.logits.dense.unit=3", "units"),
        ("--set", "trian.epochs=3", "train"),
        ("--set", "train.epoch=3", "epochs"),
        ("--set", "train.optimizer=adma", "adam"),
        ("--set", "train.optimizer.adam.learning_rat=3", "learning_rate"),
    ],
)
def test_a_near_name_is_suggested_for_values_from_outside(option: str, value: str, meant: str) -> None:
    text = TRAINED + "train: {objective: softmax_cross_entropy, optimizer: adam}"
    (found,) = check("my.yaml", [(option, value)], text=text.replace("dense: 10", "dense: {units: 10}"))
    assert found.help == f"did you mean `{meant}`?"


@pytest.mark.parametrize("step", ["{dense: width}", "{dense: 3, when: training}", "{dense: 3, repeat: width}", "{dense: 3 * width}"])
def test_an_expression_without_its_sign_is_recognised(step: str) -> None:
    (found,) = [found for found in check("my.yaml", text=START + f"layers: [{step}]") if found.code == "E0103"]
    assert found.help is not None
    assert found.help.startswith("an expression starts with `=`: `=")
