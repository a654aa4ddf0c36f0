"""Anchors and SSD's default boxes, against loops over their definitions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.keras_backend.layers.anchors import Anchors
from specc.keras_backend.layers.default_boxes import DefaultBoxes

RATIOS = [[2.0], [2.0, 3.0]]
SCALES = [0.2, 0.5, 0.9]
MAPS = [(3, 4), (2, 1)]


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, "float32")


def box(y: float, x: float, height: float, width: float) -> list[float]:
    return [y - height / 2, x - width / 2, y + height / 2, x + width / 2]


def default_boxes_by_loop(offset: float) -> np.ndarray:
    """Section 2.2 of the SSD paper, map by map, place by place."""
    found = []
    for level, (rows, columns) in enumerate(MAPS):
        for i in range(rows):
            for j in range(columns):
                y, x = (i + offset) / rows, (j + offset) / columns
                scale, between = SCALES[level], np.sqrt(SCALES[level] * SCALES[level + 1])
                found += [box(y, x, scale, scale), box(y, x, between, between)]
                for ratio in RATIOS[level]:
                    for wide in (ratio, 1 / ratio):
                        found.append(box(y, x, scale / np.sqrt(wide), scale * np.sqrt(wide)))
    return np.array(found)


def anchors_by_loop(sizes, ratios, offset: float, height: int, width: int) -> np.ndarray:
    found = []
    for level, (rows, columns) in enumerate(MAPS):
        for i in range(rows):
            for j in range(columns):
                for ratio in ratios:
                    for size in sizes[level]:
                        y, x = (i + offset) / rows, (j + offset) / columns
                        found.append(box(y, x, size / np.sqrt(ratio) / height, size * np.sqrt(ratio) / width))
    return np.array(found)


@pytest.mark.parametrize("offset", [0.5, 0.0])
def test_default_boxes(offset: float) -> None:
    boxes = np.asarray(DefaultBoxes(SCALES, RATIOS, offset=offset)([zeros(2, *size, 5) for size in MAPS]))
    expected = default_boxes_by_loop(offset)
    assert boxes.shape == (2, 3 * 4 * 4 + 2 * 1 * 6, 4)
    for example in boxes:
        np.testing.assert_allclose(example, expected, atol=1e-6)
    clipped = DefaultBoxes(SCALES, RATIOS, offset=offset, clip=True)([zeros(1, *size, 5) for size in MAPS])
    np.testing.assert_allclose(clipped[0], np.clip(expected, 0, 1), atol=1e-6)


def test_ssd300_has_8732_boxes() -> None:
    ratios = [[2], [2, 3], [2, 3], [2, 3], [2], [2]]
    layer = DefaultBoxes([0.1, 0.2, 0.375, 0.55, 0.725, 0.9, 1.075], ratios)
    boxes = layer([zeros(1, size, size, 1) for size in (38, 19, 10, 5, 3, 1)])
    assert boxes.shape == (1, 8732, 4)
    areas = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    assert float(np.min(areas)) == pytest.approx(0.1**2, rel=1e-4)


@pytest.mark.parametrize("offset", [0.5, 0.0])
def test_anchors(offset: float) -> None:
    sizes, ratios = [[8.0, 12.0], [16.0, 20.0]], [0.5, 1.0, 2.0]
    boxes = np.asarray(Anchors(sizes, ratios, offset=offset)([zeros(2, *size, 5) for size in MAPS], zeros(2, 32, 48, 3)))
    expected = anchors_by_loop(sizes, ratios, offset, 32, 48)
    assert boxes.shape == (2, (12 + 2) * 6, 4)
    for example in boxes:
        np.testing.assert_allclose(example, expected, atol=1e-6)


def models(sizes) -> list[keras.Model]:
    """Both layers on two maps of an image, the sizes of maps and image known or not."""
    maps = [keras.Input((*(size if sizes else (None, None)), 5)) for size in MAPS]
    image = keras.Input((*((32, 48) if sizes else (None, None)), 3))
    return [
        keras.Model([*maps, image], Anchors([8, 16])(maps, image)),
        keras.Model(maps, DefaultBoxes(SCALES, RATIOS)(maps)),
    ]


def test_models_are_saved_and_sizes_may_be_known_late(tmp_path) -> None:
    given = [zeros(2, *size, 5) for size in MAPS]
    for known, late, inputs in zip(models(True), models(False), ([*given, zeros(2, 32, 48, 3)], given), strict=True):
        known.save(tmp_path / "model.keras")
        again = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(again(inputs), known(inputs))
        np.testing.assert_array_equal(late(inputs), known(inputs))
        assert known.output_shape == (None, known(inputs).shape[1], 4)
        assert late.output_shape == (None, None, 4)


def test_boxes_stay_in_single_precision_and_compile() -> None:
    layer = DefaultBoxes(SCALES, RATIOS, dtype="mixed_float16")
    maps = [tf.zeros((2, *size, 5)) for size in MAPS]
    compiled = tf.function(layer, jit_compile=True)(maps)
    assert compiled.dtype == tf.float32
    np.testing.assert_allclose(compiled[0], default_boxes_by_loop(0.5), atol=1e-6)
    anchors = tf.function(Anchors([8, 16], dtype="mixed_float16"), jit_compile=True)(maps, tf.zeros((2, 32, 48, 3)))
    assert anchors.dtype == tf.float32
