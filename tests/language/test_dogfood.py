"""The language by example: whole systems, from classifiers to Mask R-CNN, DINO and the transformer, with their counts in both graphs.

What no published figure tells is computed below from the paper's formulas. Systems of the zoo stand in `specs/`, others in
`dogfood/`. Some use words of which only the declaration is there: they are checked and summarised all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from specc import language, report
from specc.diagnostics import SpecError
from specc.graph import Graph
from specc.language.pending import require_built, require_trained
from specc.zoo import zoo

FOLDER = Path(__file__).parent / "dogfood"


@dataclass(frozen=True)
class Counts:
    """What a graph has. Outputs are shapes without the batch, a list of them where an output is one."""

    parameters: int
    trainable: int
    macs: int | None
    nodes: int
    outputs: dict[str, object]


def both(counts: Counts) -> tuple[Counts, Counts]:
    return counts, counts


def classifier(parameters: int, trainable: int, macs: int, nodes: int, classes: int = 1000) -> tuple[Counts, Counts]:
    return both(Counts(parameters, trainable, macs, nodes, {"logits": (classes,)}))


FOUND = {"detection_boxes": (100, 4), "detection_scores": (100,), "detection_classes": (100,), "num_detections": ()}
LEVELS = (13, 25, 50, 100, 200)
RCNN = {
    "rpn_scores": [(size, size, 3) for size in LEVELS],
    "rpn_offsets": [(size, size, 12) for size in LEVELS],
    "rpn_anchors": (159_882, 4),  # 3 at each place: 3 * (13^2 + 25^2 + 50^2 + 100^2 + 200^2)
    "region_proposals": (512, 4),
    "region_scores": (512, 91),
    "region_offsets": (512, 4 * 91),
    "region_labels": (512,),
    "region_boxes": (512, 4),
}
GOOGLENET = Counts(6_998_552, 6_998_552, 1_582_671_872, 84, {"logits": (1000,)})
GOOGLENET_LEARNING = Counts(
    13_378_280, 13_378_280, 1_591_044_096, 96, {"logits": (1000,), "auxiliary_4a": (1000,), "auxiliary_4d": (1000,)}
)
ENCODER = Counts(11_178_432, 11_168_832, 555_417_600, 70, {"output": (512,)})
PROJECTED = Counts(11_508_160, 11_497_536, 555_745_280, 74, {"projection": (128,)})
SSD_FOUND = {name: (200, *shape[1:]) if shape else () for name, shape in FOUND.items()}
SSD = Counts(26_285_486, 26_285_486, 31_373_537_792, 58, SSD_FOUND)
FASTER = Counts(41_888_086, 41_834_966, 131_430_601_216, 213, FOUND)
MASK = Counts(44_534_193, 44_481_073, 184_637_231_616, 220, {**FOUND, "masks": (100, 28, 28, 91)})

# In the graph of `build`, and in the one that learns.
SYSTEMS: dict[str, tuple[Counts, Counts]] = {
    "resnet18": classifier(11_699_112, 11_689_512, 1_814_073_344, 73),
    "resnet50": classifier(25_636_712, 25_583_592, 3_857_973_248, 176),
    "densenet121": classifier(8_062_504, 7_978_856, 2_834_161_664, 428),
    "inception_v3": classifier(23_851_784, 23_817_352, 5_713_216_096, 312),
    "googlenet": (GOOGLENET, GOOGLENET_LEARNING),
    "mobilenet_v2": classifier(3_538_984, 3_504_872, 300_774_272, 155),
    "vit_b16": classifier(86_567_656, 86_567_656, 17_563_828_224, 91),
    "unet": both(Counts(31_031_745, 31_031_745, 48_167_387_136, 31, {"mask": (256, 256, 1)})),
    "segnet": both(Counts(29_496_844, 29_480_844, 111_695_708_160, 89, {"mask": (360, 480, 12)})),
    "ssd300_vgg16": (SSD, replace(SSD, nodes=57, outputs={"scores": (8732, 21), "offsets": (8732, 4), "anchors": (8732, 4)})),
    "faster_rcnn_resnet50_fpn": (FASTER, replace(FASTER, macs=124_423_139_840, outputs=RCNN)),
    "mask_rcnn_resnet50_fpn": (
        MASK,
        replace(MASK, macs=396_841_087_488, outputs={**RCNN, "region_indices": (512,), "masks": (512, 28, 28, 91)}),
    ),
    "simclr_cifar10": (ENCODER, PROJECTED),
    "moco_v2_cifar10": (ENCODER, PROJECTED),
    "dino_vit_s16": (
        Counts(21_665_664, 21_665_664, None, 90, {"output": (384,)}),
        Counts(43_952_256, 43_952_256, None, 95, {"prototypes": (65_536,)}),
    ),
    "caption_attention": both(Counts(41_442_448, 17_854_736, 4_143_286_272, 179, {"logits": (20, 10_000)})),
    "char_rnn": both(Counts(884_832, 884_832, 56_098_816, 4, {"logits": (64, 96)})),
    "transformer_base": both(Counts(63_082_496, 63_082_496, 17_331_912_704, 153, {"logits": (256, 37_000)})),
    "pets": both(Counts(31_031_875, 31_031_875, 48_175_775_744, 31, {"mask": (256, 256, 3)})),
    "transfer": classifier(23_597_957, 23_544_837, 3_855_935_488, 176, classes=5),
}


def reference(name: str) -> str:
    own = FOLDER / f"{name}.yaml"
    return str(own) if own.exists() else name


def graphs(name: str) -> tuple[Graph, Graph]:
    spec = language.load(reference(name))
    return spec.graph(), spec.graph(training=True)


def counted(graph: Graph) -> Counts:
    outputs = {
        name: [tensor.spec.shape[1:] for tensor in value] if isinstance(value, tuple) else value.spec.shape[1:]
        for name, value in graph.outputs.items()
    }
    return Counts(graph.parameters, graph.trainable_parameters, graph.macs, len(graph.nodes), outputs)


def test_every_spec_of_the_folder_is_counted() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(SYSTEMS) - set(zoo())


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_is_right(name: str) -> None:
    assert language.check(reference(name)) == ()


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_has_its_counts_in_both_graphs(name: str) -> None:
    assert tuple(map(counted, graphs(name))) == SYSTEMS[name]


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_is_summarised(name: str) -> None:
    for graph, counts in zip(graphs(name), SYSTEMS[name], strict=True):
        text = report.as_text(graph)
        assert f"{counts.parameters:,}" in text
        assert all(f"output {output}" in text for output in counts.outputs)


def test_the_folder_is_checked_from_the_command_line(specc) -> None:
    done = specc("check", FOLDER)
    assert done.code == 0
    assert all(f"{path}: no errors" in done.out for path in FOLDER.glob("*.yaml"))


# Where the counts come from


def parameters(name: str) -> tuple[int, int]:
    """Weights that learn, in both graphs."""
    inference, training = graphs(name)
    return inference.trainable_parameters, training.trainable_parameters


def dense(inputs: int, units: int, bias: bool = True) -> int:
    return inputs * units + bias * units


def conv(inputs: int, filters: int, size: int = 3, bias: bool = True) -> int:
    return dense(size * size * inputs, filters, bias)


def test_segnet_is_vgg16_twice() -> None:
    """The 13 convolutions of VGG-16 (14,714,688 weights) there and, mirrored, back; a scale and a shift for each filter."""
    there = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), *[(256, 256)] * 2, (256, 512), *[(512, 512)] * 5]
    assert sum(conv(*pair) for pair in there) == 14_714_688
    back = [*[(512, 512)] * 5, (512, 256), *[(256, 256)] * 2, (256, 128), (128, 128), (128, 64), (64, 64), (64, 64)]
    assert back[:-1] == [(filters, inputs) for inputs, filters in reversed(there[1:])]  # the last does not lead back to 3 channels
    normalized = sum(2 * filters for _, filters in (*there, *back))
    expected = sum(conv(*pair) for pair in (*there, *back)) + normalized + conv(64, 12, 1)
    assert parameters("segnet") == (expected, expected)


def test_ssd300_is_torchvisions() -> None:
    """torchvision's has 35,641,826 weights and 34.858e9 multiply-adds with 91 classes; ours has VOC's 21."""
    maps = [(38, 512, 4), (19, 1024, 6), (10, 512, 6), (5, 256, 6), (3, 256, 4), (1, 256, 4)]
    assert sum(size * size * boxes for size, _, boxes in maps) == 8732
    spared = (91 - 21) * sum(conv(channels, boxes) for _, channels, boxes in maps)
    assert parameters("ssd300_vgg16") == (35_641_826 - spared, 35_641_826 - spared)
    spared_macs = (91 - 21) * sum(size * size * 9 * channels * boxes for size, channels, boxes in maps)
    assert graphs("ssd300_vgg16")[0].macs == pytest.approx(34.858e9 - spared_macs, rel=2e-5)


def test_faster_rcnn_is_torchvisions_with_the_backbone_of_keras() -> None:
    """torchvision's has 41,755,286 weights; its backbone has no biases, and frozen scales and shifts that are no weights."""
    normalized = 26_560  # channels that are normalized: ResNet-50 has 53,120 running averages
    backbone = language.load("resnet50").graph()
    assert sum(weight.size for layer in backbone.layers for weight in layer.weights if weight.name == "moving_mean") == normalized
    assert parameters("faster_rcnn_resnet50_fpn") == (41_755_286 + 3 * normalized,) * 2


def test_the_mask_head_adds_what_it_adds_in_torchvision() -> None:
    added = 44_401_393 - 41_755_286
    assert added == 4 * conv(256, 256) + conv(256, 256, 2) + conv(256, 91, 1)
    assert parameters("mask_rcnn_resnet50_fpn") == (parameters("faster_rcnn_resnet50_fpn")[0] + added,) * 2


def test_detectors_cost_by_region_what_their_heads_cost() -> None:
    """The graphs differ in the number of regions that the box head sees, 1,000 and 512, and masks are cut for 100 and 512."""
    box = 256 * 7 * 7 * 1024 + 1024 * 1024 + 1024 * 91 + 1024 * 4 * 91
    inference, training = (graph.macs for graph in graphs("faster_rcnn_resnet50_fpn"))
    assert inference is not None
    assert training is not None
    assert inference - training == (1000 - 512) * box
    mask = 14 * 14 * (4 * 9 * 256 * 256 + 4 * 256 * 256) + 28 * 28 * 256 * 91
    with_masks = [graph.macs for graph in graphs("mask_rcnn_resnet50_fpn")]
    assert with_masks == [inference + 100 * mask, training + 512 * mask]


def test_contrastive_encoders_are_known_networks_with_heads_of_their_own() -> None:
    """ResNet-18 for CIFAR has 11,173,962 weights with a classifier of 10; ViT-S/16 without one has 21,665,664 (DINO's repository: 21 M)."""
    encoder = 11_173_962 - dense(512, 10)
    projection = dense(512, 512, bias=False) + 2 * 512 + dense(512, 128, bias=False)
    assert parameters("simclr_cifar10") == parameters("moco_v2_cifar10") == (encoder, encoder + projection)
    head = dense(384, 2048) + dense(2048, 2048) + dense(2048, 256) + dense(256, 65_536, bias=False)
    assert parameters("dino_vit_s16") == (21_665_664, 21_665_664 + head)


def lstm(inputs: int, units: int) -> int:
    return 4 * (inputs * units + units * units + units)


def test_sequence_models_by_the_formulas_of_their_papers() -> None:
    assert parameters("char_rnn") == (96 * 64 + lstm(64, 256) + lstm(256, 256) + dense(256, 96),) * 2
    # The encoder does not learn. Attention adds what is looked at to the recurrence's input, weighted by v tanh(W s + U m).
    attention = dense(512, 512, bias=False) + dense(2048, 512, bias=False) + 512
    assert parameters("caption_attention") == (10_000 * 512 + lstm(512 + 2048, 512) + attention + dense(512, 10_000),) * 2
    attention, network, norm = 4 * dense(512, 512), dense(512, 2048) + dense(2048, 512), 2 * 512
    encoder, decoder = attention + network + 2 * norm, 2 * attention + network + 3 * norm
    # Vaswani et al. state 65 million, with the embedding for both languages and the scores.
    assert parameters("transformer_base") == (37_000 * 512 + 6 * (encoder + decoder),) * 2


def test_a_unet_of_three_classes_has_three_scores_for_every_pixel() -> None:
    assert parameters("pets") == (31_031_745 + 2 * (64 + 1),) * 2
    macs = [graphs(name)[0].macs for name in ("pets", "unet")]
    assert macs[0] == macs[1] + 256 * 256 * 2 * 64


def test_transfer_changes_the_head_only() -> None:
    assert parameters("transfer")[0] == parameters("resnet50")[0] - dense(2048, 1000) + dense(2048, 5)


# What is missing until later


UNBUILT = {
    "ssd300_vgg16": ({"detections"}, set()),
    "faster_rcnn_resnet50_fpn": (
        {"detections", "region_proposals", "roi_align"},
        {"region_proposals", "roi_align", "sample_regions"},
    ),
    "mask_rcnn_resnet50_fpn": (
        {"detections", "region_proposals", "roi_align"},
        {"region_proposals", "roi_align", "sample_regions"},
    ),
}
UNUSED = {
    "ssd300_vgg16": {"ssd"},
    "faster_rcnn_resnet50_fpn": {"faster_rcnn"},
    "mask_rcnn_resnet50_fpn": {"mask_rcnn"},
    "caption_attention": {"sequence_cross_entropy"},
    "char_rnn": {"language_model"},
    "transformer_base": {"sequence_cross_entropy"},
}


def missing(require, *arguments) -> set[str]:
    """The words that are told to be missing."""
    try:
        require(*arguments)
    except SpecError as error:
        return {found.message.split("`")[1] for found in error.diagnostics if found.code == "E0602" and found.span is not None}
    return set()


@pytest.mark.parametrize("name", SYSTEMS)
def test_building_and_training_name_what_is_missing(name: str) -> None:
    unbuilt = UNBUILT.get(name, (set(), set()))
    assert tuple(missing(require_built, graph) for graph in graphs(name)) == unbuilt
    spec = language.load(reference(name))
    assert missing(require_trained, spec.document, graphs(name)) == UNUSED.get(name, set()) | unbuilt[0] | unbuilt[1]
