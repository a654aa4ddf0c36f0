"""Masks as lengths of runs, against COCO's own library and a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from specc.data.sources.run_length import masks_of, unpacked

coco = pytest.importorskip("pycocotools.mask")


def blobs(count: int, height: int, width: int, seed: int) -> np.ndarray:
    """Masks with runs of very different lengths: noise of several scales, one empty and one full. (count, height, width)"""
    rng = np.random.default_rng(seed)
    found = []
    for scale in rng.integers(1, 20, count):
        noise = rng.random((height // scale + 1, width // scale + 1)) < rng.random()
        found.append(np.kron(noise, np.ones((scale, scale)))[:height, :width])
    return np.array([*found, np.zeros((height, width)), np.ones((height, width))], np.uint8)


def packed(mask: np.ndarray) -> bytes:
    return coco.encode(np.asfortranarray(mask))["counts"]


def runs_of(mask: np.ndarray) -> list[int]:
    """Lengths of runs, by a loop over the pixels of one column after the other."""
    runs, value = [0], 0
    for pixel in mask.T.ravel():
        if pixel != value:
            runs.append(0)
            value = pixel
        runs[-1] += 1
    return runs


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (37, 53), (300, 401)])
def test_packed_runs_are_those_of_the_pixels(size):
    masks = blobs(12, *size, seed=1)
    found = unpacked([packed(mask) for mask in masks])
    assert [runs.tolist() for runs in found] == [runs_of(mask) for mask in masks]


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (37, 53), (300, 401)])
def test_masks_are_those_of_cocos_library(size):
    texts = [packed(mask) for mask in blobs(12, *size, seed=2)]
    runs = unpacked(texts)
    found = tf.function(masks_of)(
        np.concatenate(runs).astype(np.int32), np.array([len(each) for each in runs], np.int32), *map(np.int32, size)
    )
    assert found.dtype == tf.uint8
    expected = np.moveaxis(coco.decode([{"size": list(size), "counts": text} for text in texts]), -1, 0)
    np.testing.assert_array_equal(found, expected)


def test_runs_of_no_pixels_are_legal():
    found = masks_of([0, 2, 0, 0, 1, 3], [6], 2, 3)  # on for two pixels, off for none, on for none, off for one, on for three
    np.testing.assert_array_equal(found, [[[1, 0, 1], [1, 1, 1]]])


def test_no_objects_have_no_masks():
    assert masks_of(np.zeros(0, np.int32), np.zeros(0, np.int32), 4, 5).shape == (0, 4, 5)
    assert unpacked([]) == []


def test_damaged_texts_are_found_among_others():
    good = [packed(mask) for mask in blobs(3, 20, 30, seed=3)]
    for wrong in (b"\x20", b"\x7f", good[0] + b"P", b"", b"o" * 7 + b"0"):
        found = unpacked([good[0], wrong, good[1]])
        assert found[1] is None
        np.testing.assert_array_equal(found[0], unpacked(good[:1])[0])
        np.testing.assert_array_equal(found[2], unpacked(good[1:2])[0])


def test_large_differences_of_either_sign_are_unpacked():
    runs = [3, 2**31 - 9, 5, 1, 2**30, 2**31 - 1, 0]
    text = coco.frPyObjects({"size": [2**16, 2**16], "counts": runs}, 2**16, 2**16)["counts"]
    np.testing.assert_array_equal(unpacked([text])[0], runs)
