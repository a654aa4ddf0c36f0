"""Examples that are kept: the same in memory, in a folder, and made anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from specc.data.cache import cached, identity_of
from specc.data.errors import DataError
from specc.data.examples import Examples, examples_of
from specc.data.faults import natural
from specc.data.feed import feed
from specc.data.pipeline import open_pipeline
from specc.registry.data.pipeline import Pipeline
from specc.registry.entry import bind


def various(*, table: bool = True) -> Examples:
    """Images of different sizes, with texts and boxes of different number."""
    records: dict[str, Any] = {"number": np.arange(5, dtype="int32")}

    def read(record: dict[str, Any]) -> dict[str, Any]:
        number = record["number"]
        image = tf.random.stateless_uniform(tf.stack([number + 1, 3, 1]), tf.stack([number, 0]))
        return {
            "image": tf.ensure_shape(image, (None, 3, 1)),
            "boxes": tf.ones(tf.stack([number, 4])),
            "text": tf.strings.as_string(number),
        }

    given = records if table else tf.data.Dataset.from_tensor_slices(records)
    return examples_of(given, 5, read, kinds={"image": "image", "boxes": "boxes"})


def assert_same(found: Examples, expected: Examples) -> None:
    assert found.fields == expected.fields
    assert found.count == expected.count
    for one, other in zip(natural(found).as_numpy_iterator(), natural(expected).as_numpy_iterator(), strict=True):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.parametrize("table", [True, False], ids=["table", "stream"])
@pytest.mark.parametrize("where", ["auto", "memory", "none", "folder"])
def test_kept_examples_are_the_same(table: bool, where: str, tmp_path: Path) -> None:
    given = various(table=table)
    kept = cached(given, str(tmp_path / "kept") if where == "folder" else where, "an identity")
    assert_same(kept, given)
    assert kept.is_table == (table or where in ("memory", "folder"))


def test_what_is_kept_in_a_folder_is_made_once(tmp_path: Path) -> None:
    given = various()
    first = cached(given, str(tmp_path), "one")

    def fails(record: Any) -> Any:
        raise AssertionError("it is made again")

    again = cached(replace(given, read=fails), str(tmp_path), "one")
    assert_same(again, first)
    with pytest.raises(AssertionError, match="made again"):
        cached(replace(given, read=fails), str(tmp_path), "another")


def test_a_folder_that_was_not_finished_is_made_again(tmp_path: Path) -> None:
    given = various()
    cached(given, str(tmp_path), "one")
    (kept,) = tmp_path.iterdir()
    (kept / "complete").unlink()
    (kept / "00000003").write_bytes(b"half of it")
    assert_same(cached(given, str(tmp_path), "one"), given)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"the cache .* cannot be written"):
        cached(various(), str(tmp_path / "file"), "one")


def test_what_a_spec_says_is_one_text_in_every_process(tmp_path: Path) -> None:
    """A cache is found again: words with their arguments, no addresses of objects."""
    made = bind(Pipeline, {"source": {"tfrecord": {"path": "a.tfrecord", "features": {"image": {"image": {"key": "picture"}}}}}})
    said = identity_of((made.source, made.fields, 3))
    assert "0x" not in said
    assert said.startswith("[tfrecord({")
    assert said.endswith("}), {}, 3]")


def test_a_cache_is_of_its_transforms(tmp_path: Path) -> None:
    """Two pipelines with one folder have a cache each; the same one again has the first."""
    for size, folders in ((4, 1), (5, 2), (4, 2)):
        made = bind(Pipeline, {"source": "digits", "transforms": [{"resize": {"size": size}}], "cache": str(tmp_path)})
        images = next(iter(feed(open_pipeline(made), 8).stream(0, 1)))["image"]
        assert images.shape == (8, size, size, 1)
        assert len(list(tmp_path.iterdir())) == folders


@pytest.mark.parametrize("transforms", [[], [{"random_flip": {}}], [{"resize": {"size": 4}}]], ids=["none", "random", "fixed"])
def test_photographs_are_kept_as_they_are_read(transforms: list[Any], tmp_path: Path) -> None:
    """Photographs are whole numbers until they are as small as they get."""
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 255, (6, 6, 3), np.uint8)
        path = tmp_path / "photographs" / "all" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tf.io.encode_jpeg(pixels).numpy())
    declared = {"source": {"image_folder": {"path": str(tmp_path / "photographs")}}, "transforms": transforms}
    given = [
        next(iter(feed(open_pipeline(bind(Pipeline, {**declared, "cache": cache})), 3, training=True).stream(0, 1)))["image"]
        for cache in ("none", "memory", str(tmp_path / "kept"))
    ]
    assert given[0].dtype == tf.float32
    assert float(tf.reduce_max(given[0])) <= 1
    for again in given[1:]:
        np.testing.assert_array_equal(again, given[0])
