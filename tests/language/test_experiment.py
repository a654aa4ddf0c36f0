"""The sections about data and training: what is found without reading data, also of words that cannot be used yet."""

from __future__ import annotations

import pytest

from specc import language
from specc.diagnostics import Sink
from specc.graph import TensorSpec
from specc.language.wiring import wire
from specc.registry.data.fields import Field
from specc.registry.data.pipeline import Pipeline

NETWORK = """
    layers:
      - conv2d: {filters: 4, kernel_size: 3}
        name: features
      - flatten
"""


def spec(*sections: str, head: str = "logits: {dense: 10}") -> str:
    return "\n".join(["", *NETWORK.strip("\n").splitlines(), f"    heads: {{{head}}}", *(f"    {section}" for section in sections)])


def pipeline(text: str) -> Pipeline:
    found = language.loads(f"specc: 1\ninputs: {{image: [8]}}\nlayers: [flatten]\ndata: {{train: {text}}}").experiment.data.train
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("train: {objectif: simclr}", "E0108: `train` has no `objectif`"),
        ("train: {objective: simclri}", "E0106: unknown objective `simclri`"),
        ("train: {objective: {simclr: {temprature: 1}}}", "E0108: `simclr` has no `temprature`"),
        ("train: {objective: {simclr: {temperature: 0}}}", "E0104: `temperature` of `simclr` must be more than 0, not 0"),
        ("train: {objective: mse, stages: [{epoch: 3}]}", "E0108: `stages` has no `epoch`"),
        ("train: {objective: mse, stages: [{stages: []}]}", "E0108: `stages` has no `stages`"),
        ("train: {objective: mse, freeze: {but: logits}}", "E0108: `freeze` has no `but`"),
        ("train: {objective: mse, initialize: keras_application}", "E0106: unknown initialization `keras_application`"),
        ("data: {train: {source: digits, views: [{number: 2}]}}", "E0108: `views` has no `number`"),
        ("data: {train: {source: digits, views: 0}}", "E0104: `count` of `views` must be at least 1, not 0"),
        ("data: {train: {source: digits, fields: {image: {tokenizer: word}}}}", "E0106: unknown tokenizer `word`"),
        ("data: {train: {source: digits, chunk: many}}", "E0103: `chunk` of `train` must be an integer or null, not the string `many`"),
        ("evaluate: [kmm]", "E0106: unknown evaluation `kmm`"),
        ("generate: {beam: {width: 3}}", "E0108: `beam` has no `width`"),
        ("generate: {beam: {}, sample: {}}", "E0110: `generate` takes exactly one sampler, not `beam`, `sample`"),
    ],
)
def test_words_and_keys_are_closed(told, section, message) -> None:
    section = section.replace("mse", "mean_squared_error")
    assert message in told(spec(section))


def test_values_may_be_expressions(told) -> None:
    text = """
        params: {length: 8, warmup: 100}
        inputs: {characters: {shape: [=length], dtype: int32}}
        layers: [embedding: {input_dim: 9, output_dim: 4}]
        heads: {logits: {dense: 9}}
        data: {train: {source: {text: {path: book.txt}}, chunk: =length, shift: {characters: labels}}}
        train: {objective: language_model, schedule: {inverse_square_root: =warmup}}
        generate: {sample: {maximum_length: =2 * length}}
    """
    assert told(text) == []
    assert any(found.startswith("E0104") for found in told(text.replace("warmup: 100", "warmup: 0")))


@pytest.mark.parametrize(
    ("head", "objective", "expected"),
    [
        ("projection: {dense: 4}", "simclr", []),
        ("only: {dense: 4}", "simclr", []),
        ("one: {dense: 4}, two: {dense: 4}", "simclr", ["E0502: `simclr` needs the head `projection`, but the model has `one` and `two`"]),
        ("one: {dense: 4}, two: {dense: 4}", "{simclr: {outputs: {projection: two}}}", []),
        ("one: {dense: 4}, two: {dense: 4}", "{simclr: {outputs: {projection: tow}}}", ["E0501: no head is named `tow`"]),
        ("projection: {dense: 4}", "{simclr: {outputs: {head: projection}}}", ["E0502: `simclr` has no role `head` among its outputs"]),
        ("scores: {dense: 4}", "ssd", ["E0502: `ssd` needs the heads `offsets` and `anchors`, but the model has `scores`"]),
        ("one: {dense: 4}, two: {dense: 4}", "softmax_cross_entropy",
         ["E0502: `objective: softmax_cross_entropy` is a loss of one head, but the model has `one` and `two`"]),
    ],
)  # fmt: skip
def test_an_objective_finds_the_heads_that_it_needs(told, head, objective, expected) -> None:
    assert told(spec(f"train: {{objective: {objective}}}", head=head)) == expected


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("{}", []),  # the only field that feeds no input
        ("{labels: label}", []),
        ("{labels: lable}", ["E0503: no field is named `lable`"]),
        ("{label: label}", ["E0502: `sequence_cross_entropy` has no role `label` among its targets"]),
    ],
)
def test_an_objective_finds_the_fields_that_it_needs(told, targets, expected) -> None:
    objective = f"{{sequence_cross_entropy: {{targets: {targets}}}}}"
    text = f"""
        inputs: {{image: [8, 8, 1]}}
        layers: [flatten, dense: 10]
        data: {{train: {{source: digits}}}}
        train: {{objective: {objective}}}
    """
    assert told(text) == expected


def test_what_feeds_an_input_is_no_target(told) -> None:
    text = """
        inputs: {image: [8, 8, 1], label: {shape: [], dtype: int32}}
        layers:
          - flatten:
            from: image
            name: pixels
          - embedding: {input_dim: 10, output_dim: 4}
            from: label
          - concatenate:
            from: [pixels, x]
        heads: {logits: {dense: 10}}
        data: {train: {source: digits}}
        train: {objective: sequence_cross_entropy}
    """
    assert told(text) == ["E0503: `sequence_cross_entropy` needs the field `labels`, but the data have none"]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("{sample_weight: weight}", []),
        ("{sample_weight: wieght}", ["E0503: the data have no field `wieght`; they have `image`, `label` and `weight`"]),
        ("{sample_weight: image}", ["E0504: `image`, (?, 8, 8, 1), cannot weigh the losses of head `logits`, (?, 10)"]),
        ("{sample_weight: weight, class_weight: [1, 2]}", ["E0504: `class_weight` has 2 weights, but head `logits` has 10 classes"]),
        ("{class_weight: [1, 2]}", ["E0504: `class_weight` has 2 weights, but head `logits` has 10 classes"]),
    ],
)
def test_weights_of_classes_and_examples_fit(loss, expected) -> None:
    document = language.loads(
        f"""
        specc: 1
        inputs: {{image: [8, 8, 1]}}
        layers: [flatten]
        heads: {{logits: {{dense: 10}}}}
        train: {{losses: {{logits: {{softmax_cross_entropy: {loss}}}}}}}
        """
    )
    known = {"image": (None, 8, 8, 1), "label": (None,), "weight": (None,)}
    fields = {name: Field(TensorSpec(shape)) for name, shape in known.items()}
    if "sample_weight: w" not in loss:
        del fields["weight"]
    sink = Sink()
    wired = wire(document.graph(training=True), document.experiment.train, fields, sink=sink)
    assert [f"{found.code}: {found.message}" for found in sink] == expected
    assert {one.target for one in wired} <= {"label"}  # the other field beside the input weighs
    assert len(wired) == 1 or "wieght" in loss


def test_stages_are_wired_each_for_itself(told) -> None:
    stages = "stages: [{epochs: 1, objective: softmax_cross_entropy}, {losses: {logitz: softmax_cross_entropy}}]"
    assert told(spec(f"train: {{{stages}}}")) == ["E0501: no head is named `logitz`"]
    assert told(spec("train: {stages: [{epochs: 1}]}")) == ["E0501: `train` needs a loss: an `objective`, or `losses` by head"]
    both = "train: {objective: softmax_cross_entropy, stages: [{objective: simclr}, {epochs: 2}]}"
    assert told(spec(both)) == []
    assert told(spec("train: {stages: [{objective: simclr}, {epochs: 2}]}")) == [
        "E0501: `train` needs a loss: an `objective`, or `losses` by head"
    ]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("train: {objective: softmax_cross_entropy, freeze: {all_but: logits}}", []),
        ("train: {objective: softmax_cross_entropy, freeze: {only: [feat*, conv]}}", ["E0210: no step has the path `conv`"]),
        (
            "train: {objective: softmax_cross_entropy, stages: [{freeze: {all_but: [logits, logit]}}]}",
            ["E0210: no step has the path `logit`"],
        ),
        ("train: {objective: softmax_cross_entropy, freeze: {}}", []),
        (
            "train: {objective: softmax_cross_entropy, stages: [{freeze: {only: '*'}}, {freeze: {all_but: logits}}]}",
            ["E0509: everything is frozen, so nothing is left that learns"],
        ),
        ("train: {objective: softmax_cross_entropy, initialize: {run: {path: x, all_but: head}}}", ["E0210: no step has the path `head`"]),
        ("evaluate: [knn: {features: features}]", []),
        ("evaluate: knn", []),
        ("evaluate: [knn: {features: feature}]", ["E0210: no step has the path `feature`"]),
    ],
)
def test_paths_name_steps(told, section, expected) -> None:
    assert told(spec(section)) == expected


def test_what_a_stage_has_from_train_is_told_once(told) -> None:
    """Where it is written: stages are patches, and have the rest from `train`."""
    train = "objective: softmax_cross_entropy, freeze: {only: conv}, groups: [{match: foo}]"
    expected = ["E0210: no step has the path `conv`", "E0210: no weight has the path `foo`"]
    assert told(spec(f"train: {{{train}, stages: [{{epochs: 1}}, {{epochs: 2}}]}}")) == expected
    own = "stages: [{epochs: 1, freeze: {all_but: logit}}, {groups: [{match: bar}]}]"
    more = ["E0210: no step has the path `logit`", "E0210: no weight has the path `bar`"]
    assert sorted(told(spec(f"train: {{{train}, {own}}}"))) == sorted([*expected, *more])
    assert told(spec("train: {objective: mean_squared, stages: [{epochs: 1}]}")) == ["E0106: unknown objective `mean_squared`"]
    losses = "losses: {logit: softmax_cross_entropy}"
    assert told(spec(f"train: {{{losses}, stages: [{{epochs: 1}}, {{epochs: 2}}]}}")) == ["E0501: no head is named `logit`"]


def test_a_path_names_what_is_inside(told) -> None:
    text = """
        layers:
          - layers: [flatten, {dense: 4, repeat: 2, name: unit}]
            name: stage
          - dense: 3
        train: {objective: mean_squared_error, freeze: {only: [stage, stage/unit/1, "*/unit/0", stage/*/1]}}
    """
    assert told(text) == []
    assert told(text.replace("stage/unit/1", "stage/unit/2")) == ["E0210: no step has the path `stage/unit/2`"]


def test_a_path_is_told_at_its_place() -> None:
    train = "train:\n  objective: mean_squared_error\n  freeze:\n    only: [dense, dens]\n"
    text = f"specc: 1\ninputs: {{image: [8]}}\nlayers: [dense: 4, activation: relu]\nheads: {{out: {{dense: 1}}}}\n{train}"
    (found,) = language.check("my.yaml", text=text)
    assert (found.span.line, found.span.column, found.help) == (8, 19, "did you mean `dense`?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{source: {image_folder: {path: x}}}", {"image": (None, None, 3), "label": ()}),
        ("{source: {image_folder: {path: x}}, views: 2, transforms: [{random_resized_crop: 32}]}", {"image": (32, 32, 3), "label": ()}),
        (
            "{source: {image_folder: {path: x}}, views: [{transforms: [{random_resized_crop: 64}]}, {transforms: [{resize: 16}]}]}",
            {"image": (64, 64, 3), "label": ()},
        ),
        ("{source: digits, fields: {picture: image, class: label}}", {"picture": (8, 8, 1), "class": ()}),
        ("{source: digits, fields: {picture: image, class: color}}", None),
        ("{source: {text: {path: x}}, chunk: 16}", {"characters": (16,)}),
        ("{source: {text: {path: x, unit: word}}, chunk: 16, shift: {words: labels}}", {"words": (16,), "labels": (16,)}),
        ("{source: {tfds: {name: x}}, shift: {tokens: labels}}", None),
    ],
)
def test_fields_are_known_before_data_are_read(text, expected) -> None:
    found = pipeline(text).known_fields()
    assert (found and {name: field.spec.shape[1:] for name, field in found.items()}) == expected


OWN_SIZES = "`image` of the data is (?, ?, ?, 3), but the input takes (?, 8, 8, 3)"


@pytest.mark.parametrize(
    ("source", "more", "size", "expected"),
    [
        ("{image_folder: x}", "", "[8, 8, 3]", [OWN_SIZES]),
        ("{csv: {path: x.csv, image: file, label: kind}}", "", "[8, 8, 3]", [OWN_SIZES]),
        ("{coco: {annotations: x.json, images: x}}", "fields: {image: image, label: labels}", "[8, 8, 3]", [OWN_SIZES]),
        ("{voc: x}", "fields: {image: image, label: labels}", "[8, 8, 3]", [OWN_SIZES]),
        ("{masks: {images: x, masks: x, classes: 10}}", "", "[8, 8, 3]", [OWN_SIZES]),
        ("{tfrecord: {path: x, features: {image: image, label: {label: {classes: 10}}}}}", "", "[8, 8, 3]", [OWN_SIZES]),
        ("{image_folder: x}", "transforms: [random_flip]", "[8, 8, 3]", [OWN_SIZES]),
        ("{image_folder: x}", "transforms: [resize: 8]", "[8, 8, 3]", []),
        ("{image_folder: x}", "views: [{transforms: [random_resized_crop: 8]}]", "[8, 8, 3]", []),
        ("{image_folder: x}", "", "[null, null, 3]", []),
        ("{image_folder: x}", "", "[8, null, 3]", [OWN_SIZES.replace("8, 8", "8, ?")]),
        # What only the files tell.
        ("{idx: {images: x, labels: y}}", "", "[8, 8, 1]", []),
        ("{npz: x.npz}", "", "[8, 8, 3]", []),
        ("{tfds: {name: x}}", "", "[8, 8, 3]", []),
    ],
)
def test_images_each_of_their_own_size_do_not_fit_an_input_of_one(source, more, size, expected) -> None:
    pipeline = f"{{source: {source}{more and ', ' + more}}}"
    network = "layers: [global_average_pooling2d]" if "null" in size else "layers: [flatten]"
    text = f"specc: 1\ninputs: {{image: {size}}}\n{network}\nheads: {{label: {{dense: 10}}}}\ndata: {{train: {pipeline}}}\n"
    found = language.check("my.yaml", text=text + "train: {objective: softmax_cross_entropy}")
    assert [each.message for each in found if each.code == "E0506"] == expected
    assert {each.code for each in found} <= {"E0502", "E0504", "E0506"}  # what else does not fit is no matter here


@pytest.mark.parametrize(
    ("data", "inputs", "head", "loss", "expected"),
    [
        ("{csv: {path: x, features: [a, b], label: kind, target: [c]}}", "{features: [2]}", "kinds: {dense: 3}", "softmax_cross_entropy",
         "name it: `{softmax_cross_entropy: {target: label}}`"),
        ("{csv: {path: x, features: [a, b], label: kind, target: [c]}}", "{features: [2]}", "price: {dense: 1}", "mean_squared_error",
         "name it: `{mean_squared_error: {target: target}}`"),
        ("{csv: {path: x, features: [a, b], target: [c, d, e], text: f}}, fields: {features: features, one: target, two: target}",
         "{features: [2]}", "kinds: {dense: 3}", "softmax_cross_entropy", "name it: `{softmax_cross_entropy: {target: one}}`"),
        ("{digit_scenes: {size: 8}}", "{image: [8, 8, 3]}", "pixels: {conv2d: {filters: 11, kernel_size: 1}}", "softmax_cross_entropy",
         "name it: `{softmax_cross_entropy: {target: mask}}`"),
        ("digit_scenes", "{image: [96, 96, 3]}", "logits: {classification: 10}", "softmax_cross_entropy",
         "none of them can be its target, which must be integers (?,) or (?, 10)"),
        ("digit_scenes", "{image: [96, 96, 3]}", "logits: {classification: 1}", "mean_squared_error",
         "none of them can be its target, which must be (?, 1)"),
        ("{csv: {path: x, features: [a, b]}}", "{features: [2]}", "kinds: {dense: 3}", "softmax_cross_entropy", "the data need labels"),
    ],
)  # fmt: skip
def test_a_field_is_proposed_that_can_be_the_target(data, inputs, head, loss, expected) -> None:
    text = f"specc: 1\ninputs: {inputs}\nlayers: [identity]\nheads: {{{head}}}\ndata: {{train: {{source: {data}}}}}\n"
    (found,) = language.check("my.yaml", text=f"{text}train: {{objective: {loss}}}")
    assert (found.code, found.help) == ("E0503", expected)


SCENES = "source: {digit_scenes: {size: 32, color: false}}"


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("source: digits, transforms: [random_flip, center_crop: 9]", "center_crop", "`center_crop` cuts 9 by 9 out of 8 by 8"),
        ("source: digits, transforms: [pad: 12, center_crop: 9]", "", ""),
        ("source: digits, transforms: [random_crop: {size: 10, padding: 1}]", "", ""),
        ("source: digits, transforms: [random_flip: {field: imgae}]", "random_flip",
         "`random_flip` changes the field `imgae`, but the data have `image`, `label`"),
        ("source: digits, transforms: [normalize: {mean: [0, 0, 0], std: [1]}]", "normalize",
         "`normalize` has 3 values of `mean`, but `image` has 1 channel"),
        ("source: digits, transforms: [mix_up, random_flip]", "random_flip",
         "`random_flip` looks at one example, but stands after `mix_up`, which mixes them"),
        ("source: digits, transforms: [random_flip, mix_up]", "", ""),
        ("source: digits, transforms: [mix_up: {label: lable}]", "mix_up",
         "`mix_up` mixes the labels `lable`, but the data have `image`, `label`"),
        ("source: digits, fields: {image: image, digit: label}, transforms: [cut_mix]", "cut_mix",
         "`cut_mix` mixes the labels `label`, but the data have `image`, `digit`"),
        ("source: digits, fields: {image: image, digit: label}, transforms: [cut_mix: {label: digit}]", "", ""),
        ("source: digits, fields: {image: image}, transforms: [mix_up]", "", ""),
        ("source: digits, views: [{transforms: [pad: 9]}, {transforms: [{resize: 6}, {center_crop: 7}]}]", "center_crop",
         "`center_crop` cuts 7 by 7 out of 6 by 6"),
        ("source: digits, views: 2, transforms: [mix_up]", "mix_up", "`mix_up` mixes examples, but `views` are several pictures of one"),
        (f"{SCENES}, transforms: [mosaic]", "mosaic",
         "`mosaic` puts the objects of four examples together, so that their number must be fixed"),
        (f"{SCENES}, transforms: [mosaic], objects: 8", "", ""),
        (f"{SCENES}, transforms: [rand_augment]", "rand_augment",
         "`rand_augment` moves pixels, and `boxes`, `masks` and `mask` would not follow"),
        (f"{SCENES}, transforms: [random_flip: {{field: boxes}}]", "random_flip", "`random_flip` moves pixels, but `boxes` is (?, ?, 4)"),
        (f"{SCENES}, transforms: [cut_mix]", "cut_mix",
         "`cut_mix` mixes images and their labels, but not `boxes`, `labels`, `masks`, `mask`"),
        (f"{SCENES}, fields: {{image: image, labels: labels}}, transforms: [random_flip, random_crop: 16]", "random_crop",
         "`random_crop` may take objects out of sight, and nothing says where those of `labels` are"),
        (f"{SCENES}, fields: {{image: image, labels: labels, masks: masks}}, transforms: [random_crop: 16]", "", ""),
        (f"{SCENES}, transforms: [rescaling: {{scale: 2, field: caption}}]", "rescaling",
         "`rescaling` changes numbers, but `caption` is a text"),
        ("source: digits, transforms: [normalize: {mean: [0], std: [1]}, random_color_jitter: 0.4]", "random_color_jitter",
         "`random_color_jitter` takes an image from 0 to 1, but stands after `normalize`"),
        ("source: digits, transforms: [random_color_jitter: 0.4, normalize: {mean: [0], std: [1]}]", "", ""),
        ("source: digits, transforms: [one_hot: 5]", "one_hot", "`one_hot` makes vectors of 5, but `label` has 10 classes"),
        ("source: digits, objects: 5", "objects", "`objects` fills up objects, but the data have none"),
        ("source: digits, cache: memroy", "cache",
         "`cache: memroy` is no word for where examples are kept, and no folder, which is written with a slash"),
        ("source: digits, cache: ./memroy", "", ""),
        ("source: {npz: x.npz}, transforms: [random_flip: {field: picture}]", "", ""),  # only the file can tell
        ("source: digits, fields: {image: imgae, label: label}", "imgae", "the data have no feature `imgae`"),
        ("source: digits, fields: {picture: image}, transforms: [random_flip: {field: picture}]", "", ""),
        ("source: digits, fields: {image: {feature: imgae}}", "feature", "the data have no feature `imgae`"),
        ("source: {npz: x.npz}, fields: {image: imgae}", "", ""),
        ("source: {text: x.txt}, fields: {words: {feature: text, tokenizer: words}}, shift: {words: labels}", "", ""),
        ("source: {text: x.txt}, fields: {words: {feature: txt, tokenizer: words}}", "feature", "the data have no feature `txt`"),
        ("source: {text: x.txt}, chunk: 4, shift: {character: labels}", "character",
         "`shift` moves `character`, but the data have no such field"),
    ],
)  # fmt: skip
def test_names_and_transforms_that_do_not_fit_are_told_where_they_stand(text, word, expected) -> None:
    written = f"specc: 1\ninputs: {{image: [8]}}\nlayers: [flatten]\ndata: {{train: {{{text}}}}}"
    found = language.check("my.yaml", text=written)
    assert [(each.code, each.message) for each in found] == ([("E0507", expected)] if expected else [])
    for each in found:
        line = written.splitlines()[each.span.line - 1]
        assert line[each.span.column - 1 :].startswith(word)


def test_a_label_for_each_object_is_no_target_of_one_answer() -> None:
    written = f"""specc: 1
inputs: {{image: [32, 32, 1]}}
layers: [flatten, dense: 10]
data: {{train: {{{SCENES}}}}}
train: {{objective: {{softmax_cross_entropy: {{target: labels}}}}}}"""
    (found,) = language.check("my.yaml", text=written)
    assert found.code == "E0504"
    assert found.message.startswith("`labels` has an entry for each object of an example, but head `output` gives one answer")


def test_a_view_that_an_input_cannot_take_is_told_where_it_stands() -> None:
    views = "views: [{count: 2}, {count: 4, transforms: [resize: 4]}]"
    written = f"""specc: 1
inputs: {{image: [8, 8, 1]}}
layers: [flatten]
heads: {{prototypes: {{dense: 4}}}}
data: {{train: {{source: digits, {views}}}}}
train: {{objective: dino}}"""
    (found,) = language.check("my.yaml", text=written)
    assert (found.code, found.message) == ("E0506", "`image` of the data is (?, 4, 4, 1), but the input takes (?, 8, 8, 1)")
    assert written.splitlines()[4][found.span.column - 1 :].startswith("{count: 4")


def test_a_tokenizer_makes_numbers_of_a_text() -> None:
    made = "{source: digits, fields: {tokens: {feature: text, tokenizer: {words: {vocabulary_size: 9, sequence_length: 5}}}}}"
    found = pipeline(made).known_fields()
    assert found is not None
    assert found["tokens"].spec == TensorSpec((None, 5), "int32")
