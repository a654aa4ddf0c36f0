"""Image files of every format and kind of channels, against Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specc.data.sources.decoding import decoded

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (11, 13, 3), dtype=np.uint8)
ALPHA = RNG.integers(0, 256, (11, 13, 1), dtype=np.uint8)
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601

PICTURES = {
    "colour": Image.fromarray(RGB),
    "grey": Image.fromarray(RGB[..., 0]),
    "colour and alpha": Image.fromarray(np.dstack([RGB, ALPHA])),
    "grey and alpha": Image.fromarray(np.dstack([RGB[..., :1], ALPHA]), "LA"),
    "palette": Image.fromarray(RGB).quantize(200),
    "small palette": Image.fromarray(RGB).quantize(13),
    "bits": Image.fromarray(RGB[..., 0]).convert("1"),
    "print": Image.fromarray(RGB).convert("CMYK"),
}
STORED = {
    "PNG": ("colour", "grey", "colour and alpha", "grey and alpha", "palette", "small palette", "bits"),
    "JPEG": ("colour", "grey", "print"),
    "BMP": ("colour", "grey", "palette", "small palette"),
    "GIF": ("colour", "grey", "palette"),
    "WEBP": ("colour", "colour and alpha"),
}
FILES = [(format, kind) for format, kinds in STORED.items() for kind in kinds]


def stored(picture: Image.Image, format: str, **options) -> bytes:
    data = io.BytesIO()
    picture.save(data, format, **options)
    return data.getvalue()


def reference(data: bytes, channels: int) -> np.ndarray:
    """What Pillow reads. Its own grey is rounded to bytes, so grey is computed from what it reads in colour."""
    picture = Image.open(io.BytesIO(data))
    if channels == 4:
        return np.asarray(picture.convert("RGBA")) / 255
    if channels == 3 or picture.mode not in ("L", "LA", "1"):
        colour = np.asarray(picture.convert("RGB")) / 255
        return colour if channels == 3 else colour @ LUMA[:, None]
    return np.asarray(picture.convert("LA"))[..., :1] / 255


@pytest.fixture(scope="module")
def decode():
    """Decoding as a traced function, one for each number of channels."""
    spec = tf.TensorSpec((), tf.string)
    return {channels: tf.function(lambda data, channels=channels: decoded(data, channels), [spec]) for channels in (1, 3, 4)}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("format", "kind"), FILES)
def test_every_format_has_the_channels_that_are_asked_for(decode, format, kind, channels):
    data = stored(PICTURES[kind], format)
    if (format, kind, channels) == ("JPEG", "colour", 1):
        picture = Image.open(io.BytesIO(data))
        picture.draft("L", None)  # JPEG stores grey and two differences: the grey as it is, not that of the colours
        expected = np.asarray(picture)[..., None] / 255
    else:
        expected = reference(data, channels)
    image = decode[channels](data)
    assert image.dtype == tf.float32
    assert image.shape == (11, 13, channels)
    np.testing.assert_allclose(image, expected, atol=1e-6)


def test_shape_is_known_but_for_sizes(decode):
    assert decode[3].get_concrete_function().structured_outputs.shape.as_list() == [None, None, 3]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_keep_their_precision(decode, channels):
    values = np.arange(1000, 1030, dtype=np.uint16).reshape(5, 6)
    image = decode[channels](stored(Image.fromarray(values), "PNG"))
    np.testing.assert_allclose(image[..., 0], values / 65535, atol=1e-8)
    assert channels < 4 or (image[..., 3].numpy() == 1).all()


def test_a_transparent_colour_is_alpha(decode):
    picture = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image = decode[4](stored(picture, "PNG", transparency=1, bits=2))
    np.testing.assert_allclose(image[..., 3], [[1, 0], [1, 0]])


def test_of_an_animation_the_first_frame_counts(decode):
    frames = [Image.fromarray(np.full((4, 4), value, np.uint8)) for value in (10, 200)]
    data = stored(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(decode[3](data), np.full((4, 4, 3), 10 / 255), atol=1e-6)


def test_the_unused_byte_of_a_bitmap_is_not_alpha(decode):
    pixels = np.dstack([RGB, np.zeros((11, 13, 1), np.uint8)])
    data = stored(Image.fromarray(pixels, "RGBA"), "BMP")
    assert data[28] == 32
    plain = data[:30] + bytes(4) + data[34:]  # says that there are no masks of bits, so that the fourth byte is not used
    start = int.from_bytes(data[10:14], "little")
    assert plain[start + 3] == 0
    np.testing.assert_allclose(decode[4](plain)[..., 3], np.ones((11, 13)))


@pytest.mark.parametrize("format", STORED)
@pytest.mark.parametrize("part", ["start", "half", "all but the end"])
def test_truncated_files_are_errors(decode, format, part):
    data = stored(Image.fromarray(RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8)), format)
    length = {"start": 12, "half": len(data) // 2, "all but the end": len(data) - 2}[part]
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode[3](data[:length])


@pytest.mark.parametrize("data", [b"", b"x", b"no image at all, but a text that is longer than all headers are" * 3])
def test_other_files_are_errors(decode, data):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Unknown image file format|empty"):
        decode[3](data)


def test_compressed_bitmaps_are_told(decode):
    data = stored(PICTURES["palette"], "BMP")
    with pytest.raises(tf.errors.InvalidArgumentError, match="the BMP is compressed"):
        decode[3](data[:30] + b"\x01" + data[31:])
