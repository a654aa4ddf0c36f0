"""What blocks compute, where that is more than their layers: shortcuts."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import specc
from specc.language import loads

SEED = 0


def model_of(step: str, shape: tuple[int, ...]) -> Any:
    keras.backend.clear_session()
    return specc.build(loads(f"specc: 1\nname: case\ninputs: {{image: {list(shape)}}}\nlayers:\n  - {step}\n"))


@pytest.mark.parametrize(("channels", "filters"), [(4, 8), (3, 8), (4, 4)])
@pytest.mark.parametrize("size", [7, 8])
def test_a_shortcut_without_weights_drops_pixels_and_fills_channels(size: int, channels: int, filters: int) -> None:
    """Option A of the residual network's paper. The body is switched off by a gamma of 0, so that the shortcut is left."""
    model = model_of(f"residual: {{filters: {filters}, strides: 2, projection: false}}", (size, size, channels))
    model.get_layer("residual-parallel-body-batch_normalization_1").gamma.assign(np.zeros(filters))
    images = np.random.default_rng(SEED).uniform(0, 1, (2, size, size, channels)).astype("float32")
    expected = np.zeros((2, (size + 1) // 2, (size + 1) // 2, filters), "float32")
    before = (filters - channels) // 2
    expected[..., before : before + channels] = images[:, ::2, ::2]
    np.testing.assert_array_equal(model(images), expected)


def test_an_inverted_residual_adds_its_input() -> None:
    model = model_of("inverted_residual: 4", (8, 8, 4))
    model.get_layer("inverted_residual-linear_bottleneck-batch_normalization_2").gamma.assign(np.zeros(4))
    images = np.random.default_rng(SEED).normal(size=(2, 8, 8, 4)).astype("float32")
    np.testing.assert_array_equal(model(images), images)
