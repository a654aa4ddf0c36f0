"""The zoo against published counts: keras.applications, torchvision and the papers."""

from __future__ import annotations

import pytest

from specc import language
from specc.zoo import zoo

# Parameters: keras.applications with 1,000 classes where it has the network, else torchvision (resnet18 and vit_b16,
# without the averages of batch normalization) and the sum over the paper's table.
PARAMETERS = {
    "resnet18": 11_689_512 + 9_600,
    "resnet50": 25_636_712,
    "densenet121": 8_062_504,
    "inception_v3": 23_851_784,
    "googlenet": 6_998_552,
    "mobilenet_v2": 3_538_984,
    "vit_b16": 86_567_656,
    "unet": 31_031_745,
}

# Multiply-adds in units of 1e9, as torchvision's documentation has them.
MACS = {"resnet18": 1.814, "densenet121": 2.834, "inception_v3": 5.713, "mobilenet_v2": 0.301, "vit_b16": 17.564}


@pytest.mark.parametrize("name", zoo())
def test_a_spec_is_right(name: str) -> None:
    assert language.check(name) == ()


@pytest.mark.parametrize("name", zoo())
def test_a_spec_states_what_is_expected_of_it(name: str) -> None:
    assert "\nexpect:\n" in zoo()[name].read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_parameters(name: str, parameters: int) -> None:
    assert language.load(name).graph().parameters == parameters


def test_the_side_classifiers_of_googlenet_are_there_while_learning() -> None:
    graph = language.load("googlenet").graph(training=True)
    assert graph.parameters == 13_378_280
    assert list(graph.outputs) == ["logits", "auxiliary_4a", "auxiliary_4d"]


@pytest.mark.parametrize(("name", "billions"), MACS.items())
def test_multiply_adds(name: str, billions: float) -> None:
    macs = language.load(name).graph().macs
    assert macs is not None
    assert round(macs / 1e9, 3) == billions


def test_where_the_strides_stand_changes_the_cost_and_not_the_weights() -> None:
    """He et al. and Keras shrink in the 1x1 convolution, torchvision in the 3x3: 4.089e9 multiply-adds in place of 3.858e9."""
    text = zoo()["resnet50"].read_text(encoding="utf-8")
    moved = text.replace("      - bottleneck:\n", "      - bottleneck:\n          downsample: middle\n")
    assert moved != text
    graph = language.loads(moved).graph()
    assert graph.parameters == PARAMETERS["resnet50"]
    assert graph.macs is not None
    assert round(graph.macs / 1e9, 3) == 4.089


@pytest.mark.parametrize(
    ("depths", "parameters"),
    [([3, 4, 23, 3], 44_707_176), ([3, 8, 36, 3], 60_419_944)],
)
def test_deeper_residual_networks_by_a_param(depths: list[int], parameters: int) -> None:
    assert language.load("resnet50", params={"depths": depths}).graph().parameters == parameters


def test_frozen_averages_are_not_trainable() -> None:
    graph = language.load("resnet18").graph()
    assert graph.trainable_parameters == 11_689_512
