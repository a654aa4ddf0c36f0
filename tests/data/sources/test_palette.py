"""PNG files whose pixels are numbers, not colours."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specc.data.sources.palette import pixel_numbers


def png(picture: Image.Image, **options) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG", **options)
    return data.getvalue()


def with_palette(numbers: np.ndarray, palette: list[int], **options) -> bytes:
    picture = Image.fromarray(numbers, "P")
    picture.putpalette(palette)
    return png(picture, **options)


@pytest.fixture(scope="module")
def numbers():
    return tf.function(pixel_numbers, [tf.TensorSpec((), tf.string)])


@pytest.mark.parametrize("transparency", [None, 0, bytes([0, 255])])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_of_a_palette_the_numbers_count_also_where_its_colours_are_alike(numbers, bits, transparency):
    given = np.random.default_rng(bits).integers(0, 2**bits, (9, 14), dtype=np.uint8)
    options = {} if transparency is None else {"transparency": transparency}
    data = with_palette(given, [7, 7, 7] * 2**bits, bits=bits, **options)
    assert tuple(data[24:26]) == (bits, 3)  # that many bits, and a palette
    found = numbers(data)
    assert found.dtype == tf.int32
    np.testing.assert_array_equal(found, given)


def test_pillow_reads_the_same_numbers(numbers):
    given = np.random.default_rng(0).integers(0, 256, (31, 17), dtype=np.uint8)
    data = with_palette(given, np.random.default_rng(1).integers(0, 256, 768).tolist())
    np.testing.assert_array_equal(numbers(data), np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_of_grey_the_value_counts(numbers, dtype):
    given = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 14)).astype(dtype)
    np.testing.assert_array_equal(numbers(png(Image.fromarray(given))), given)


def test_bits_are_0_and_1(numbers):
    given = np.random.default_rng(0).integers(0, 2, (9, 14)).astype(bool)
    np.testing.assert_array_equal(numbers(png(Image.fromarray(given))), given)


def test_grey_that_is_stored_as_colour_counts_and_alpha_does_not(numbers):
    given = np.random.default_rng(0).integers(0, 256, (5, 6), dtype=np.uint8)
    np.testing.assert_array_equal(numbers(png(Image.fromarray(np.dstack([given] * 3)))), given)
    np.testing.assert_array_equal(numbers(png(Image.fromarray(np.dstack([given] * 3 + [255 - given])))), given)
    np.testing.assert_array_equal(numbers(png(Image.fromarray(np.dstack([given, 255 - given]), "LA"))), given)


def test_colours_have_no_number(numbers):
    given = np.zeros((5, 6, 3), np.uint8)
    given[4, 5, 1] = 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="the mask has colours, but no palette that numbers them"):
        numbers(png(Image.fromarray(given)))


def test_other_files_and_parts_of_files_are_errors(numbers):
    data = with_palette(np.zeros((40, 40), np.uint8), [0, 0, 0, 255, 255, 255])
    for wrong in (b"", b"GIF89a" + bytes(60), data[:20]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="the mask is no PNG"):
            numbers(wrong)
    for length in (40, len(data) - 14):
        with pytest.raises(tf.errors.InvalidArgumentError, match="PNG"):
            numbers(data[:length])


def test_a_header_with_a_wrong_checksum_stays_an_error(numbers):
    data = with_palette(np.zeros((4, 4), np.uint8), [0, 0, 0, 255, 255, 255])
    with pytest.raises(tf.errors.InvalidArgumentError, match="PNG"):
        numbers(data[:29] + bytes([data[29] ^ 1]) + data[30:])
