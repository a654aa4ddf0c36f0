"""Scenes of digits: that they can be made again, and that boxes, masks, labels and captions say what the image shows."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.sources import scenes
from specc.data.sources.embedded import scans
from specc.data.sources.scene_drawing import enlarged, on_canvas, rendered
from specc.data.sources.scenes import TURN, digit_scenes, split_scans
from specc.registry.entry import bind, find

CROWDED = {"count": 16, "size": 48, "objects": [2, 5], "digit_size": [0.3, 0.5], "max_overlap": 0.4, "clutter": 3}
SPARSE = {"count": 24, "size": [40, 56], "objects": [0, 2], "digit_size": [0.3, 0.5], "color": False}
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def read(examples, index):
    return {name: value.numpy() for name, value in examples.read(examples.record(index)).items()}


def all_of(examples):
    numbered = tf.data.Dataset.range(examples.count)
    return list(numbered.map(lambda index: examples.read(examples.record(index)), num_parallel_calls=2).as_numpy_iterator())


@pytest.fixture(scope="module")
def crowded_source():
    return digit_scenes(**CROWDED)


@pytest.fixture(scope="module")
def crowded(crowded_source):
    return all_of(crowded_source)


@pytest.fixture(scope="module")
def sparse_source():
    return digit_scenes(**SPARSE)


@pytest.fixture(scope="module")
def sparse(sparse_source):
    return all_of(sparse_source)


@pytest.mark.parametrize("name", ["crowded", "sparse"])
def test_a_scene_is_the_same_alone_and_in_a_pipeline_and_in_any_order(name, request):
    """To the last bit: in parallel in a graph, and one by one from the end, of a source that was opened anew and has more scenes."""
    options, in_graph = {"crowded": CROWDED, "sparse": SPARSE}[name], request.getfixturevalue(name)
    more = digit_scenes(**{**options, "count": 40})
    for index in (15, 2, 0):
        for field, value in read(more, index).items():
            np.testing.assert_array_equal(value, in_graph[index][field], err_msg=field)


def test_scenes_differ_by_number_by_seed_and_by_split(sparse):
    others = [digit_scenes(**SPARSE, **options) for options in ({"seed": 1}, {"split": "test"})]
    found = [*sparse[:3], *(read(source, index) for source in others for index in range(3))]
    assert len({scene["image"].tobytes() for scene in found}) == 9
    labels = [scene["labels"].tolist() for scene in found]
    assert len({str(each) for each in (labels[:3], labels[3:6], labels[6:])}) == 3


def test_splits_have_different_scans():
    """Together they have each scan once; each has every class in equal shares; the test part is that of `digits`."""
    known, digits = scans("all", 0.2, 0)
    parts = {split: split_scans(split) for split in ("train", "validation", "test")}
    together = np.concatenate([images for images, _ in parts.values()])
    assert len(np.unique(known.reshape(-1, 64), axis=0)) == len(known)
    np.testing.assert_array_equal(np.unique(together.reshape(-1, 64), axis=0), np.unique(known.reshape(-1, 64), axis=0))
    assert len(together) == len(known)
    for (_, labels), expected in zip(parts.values(), (0.6, 0.2, 0.2)):
        np.testing.assert_allclose(np.bincount(labels) / np.bincount(digits), np.full(10, expected), atol=0.01)
    np.testing.assert_array_equal(parts["test"][0], scans("test", 0.2, 0)[0])


def test_a_source_draws_from_the_scans_of_its_split_whatever_the_seed(monkeypatch):
    found = []
    monkeypatch.setattr(scenes, "enlarged", lambda images, digits, zoom: found.append(images) or enlarged(images, digits, zoom))
    monkeypatch.setattr(scenes, "examples_of", lambda *_, **__: None)
    for seed in (0, 1):
        digit_scenes(**SPARSE, split="validation", seed=seed)
    np.testing.assert_array_equal(found[0], split_scans("validation")[0])
    np.testing.assert_array_equal(found[1], found[0])


def tight(mask):
    rows, columns = np.nonzero(mask)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_boxes_are_tight_around_what_is_seen(crowded):
    for scene in crowded:
        np.testing.assert_array_equal(scene["boxes"], [tight(mask) for mask in scene["masks"]])


def test_masks_share_no_pixel_and_agree_with_labels_and_the_semantic_mask(crowded):
    for scene in crowded:
        assert scene["masks"].sum(axis=0).max() == 1
        expected = sum((int(label) + 1) * mask.astype(np.int32) for label, mask in zip(scene["labels"], scene["masks"]))
        np.testing.assert_array_equal(scene["mask"], expected)


def scan_like(mask, box):
    """A mask in its box as a scan of 8 by 8: as high, its proportions kept, a pixel the share of ink in a field of 4 by 4."""
    left, top, right, bottom = box.astype(int)
    width = min(32, round(32 * (right - left) / (bottom - top)))
    rows = top + (np.arange(32) * (bottom - top)) // 32
    columns = left + (np.arange(width) * (right - left)) // width
    wide = np.zeros((32, 32))
    wide[:, (32 - width) // 2 : (32 - width) // 2 + width] = mask[rows][:, columns]
    return wide.reshape(8, 4, 8, 4).mean(axis=(1, 3))


def test_masks_look_like_the_scans_of_their_labels():
    """The nearest of the split's scans, moved sideways by at most a pixel, mostly has the digit that the label says: by chance 1 in 10."""
    images, digits = split_scans("train")
    found = all_of(digit_scenes(count=30, size=48, objects=[1, 1], digit_size=[0.6, 0.6]))
    right = 0
    for scene in found:
        part = scan_like(scene["masks"][0], scene["boxes"][0])
        distances = [np.square(np.roll(part, by, axis=1) - images[..., 0]).sum(axis=(1, 2)) for by in (-1, 0, 1)]
        right += digits[np.argmin(np.min(distances, axis=0))] == scene["labels"][0]
    assert right >= 24


def test_later_digits_lie_on_top_and_cover_no_more_than_they_may(monkeypatch):
    """The whole digits, before anything is laid over them, are taken on their way to the canvas."""
    whole = []
    monkeypatch.setattr(scenes, "on_canvas", lambda *given: whole.append(on_canvas(*given)) or whole[-1])
    examples = digit_scenes(**{**CROWDED, "objects": [4, 6], "clutter": 0})
    largest = 0.0
    for index in range(6):
        scene = read(examples, index)
        ink = np.reshape(whole[-1].numpy() >= 0.5, scene["masks"].shape)
        for number, (one, seen) in enumerate(zip(ink, scene["masks"])):
            covered = one & np.any(ink[number + 1 :], axis=0)
            np.testing.assert_array_equal(seen, one & ~covered)
            assert covered.sum() <= 0.4 * one.sum()
            largest = max(largest, covered.sum() / one.sum())
    assert largest > 0.15


@pytest.mark.parametrize(
    ("max_overlap", "full_rows", "expected"),
    [
        (0.4, 10, [[20, 20], [27, 20], [90, 90], [13, 60]]),  # both sides together would be more than may be covered
        (0.8, 10, [[20, 20], [27, 20], [90, 90], [13, 20]]),
        (0.39, 10, [[20, 20], [60, 20], [90, 90], [13, 60]]),
        (0.4, 2, [[20, 20], [60, 20], [90, 90], [13, 20]]),  # two fifths of the box on the right, but more of the ink
    ],
)
def test_a_digit_takes_the_first_of_its_places_where_it_covers_little(max_overlap, full_rows, expected):
    """Boxes of 10 by 10; with the soft edge, the second would cover 4 columns of the first on the right, the last 4 on the left."""
    ink = np.zeros((4, 12, 12), bool)
    ink[:, 1:11, 1:11] = True
    ink[0, 1 + full_rows : 11, 1:7] = False
    places = tf.constant([[[20, 20], [0, 0]], [[27, 20], [60, 20]], [[90, 90], [0, 0]], [[13, 20], [13, 60]]])
    boxes = scenes._placed(tf.constant(ink), tf.constant([[1, 1, 11, 11]] * 4), places, tf.constant(4), max_overlap)
    np.testing.assert_array_equal(boxes, [[left, top, left + 10, top + 10] for left, top in expected])


def test_a_digit_without_a_free_place_is_left_out():
    places = tf.constant([[[20, 20]], [[22, 20]], [[60, 60]]])
    boxes = scenes._placed(tf.ones((3, 10, 10), tf.bool), tf.constant([[0, 0, 10, 10]] * 3), places, tf.constant(3), 0.2)
    np.testing.assert_array_equal(boxes, [[20, 20, 30, 30], [0, 0, 0, 0], [60, 60, 70, 70]])


def test_the_fewest_digits_are_there_and_without_overlap_boxes_are_apart():
    """20 find a place only as the smallest, side by side in the cells of a grid of 4 by 5."""
    found = all_of(digit_scenes(count=6, objects=[20, 22], digit_size=[0.17, 0.4], max_overlap=0.0))
    for scene in found:
        assert 20 <= len(scene["labels"]) <= 22
        for one, other in itertools.combinations(scene["boxes"], 2):
            assert max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3]) >= 1
    assert len({scene["mask"].tobytes() for scene in found}) == 6


def test_there_are_as_many_digits_as_asked_for(crowded, sparse):
    for found, (fewest, most) in ((crowded, CROWDED["objects"]), (sparse, SPARSE["objects"])):
        assert {len(scene["labels"]) for scene in found} == set(range(fewest, most + 1))


def test_digits_have_the_heights_that_are_asked_for(sparse):
    """From 12 to 20 pixels, of which turning takes away at most 1 - cos 12 degrees, and adds at most sin 12 degrees of the width."""
    alone = [scene["boxes"][0] for scene in sparse if len(scene["labels"]) == 1]
    heights = np.array([bottom - top for _, top, _, bottom in alone])
    assert 11 <= heights.min() < 15
    assert 17 < heights.max() <= 20 * (np.cos(TURN) + 0.9 * np.sin(TURN)) + 1


def test_empty_scenes_have_no_objects(sparse):
    empty = [scene for scene in sparse if not len(scene["labels"])]
    for scene in empty:
        assert scene["boxes"].shape == (0, 4)
        assert scene["masks"].shape == (0, 40, 56)
        assert not scene["mask"].any()
        assert scene["caption"] == b"nothing"
        assert np.ptp(scene["image"]) < 0.2


def noun(label):
    return f"an {WORDS[label]}" if label == 8 else f"a {WORDS[label]}"


def relation(one, other):
    """How one box is seen from the other."""
    across, down = ((a + b) / 2 - (c + d) / 2 for a, b, c, d in zip(one[:2], one[2:], other[:2], other[2:]))
    if abs(across) >= abs(down):
        return "right of" if across > 0 else "left of"
    return "below" if down > 0 else "above"


def test_captions_tell_the_digits_from_left_to_right(crowded, sparse):
    """The first of two as it is seen from the second; each further one as it is seen from the one before."""
    seen = set()
    for scene in crowded + sparse:
        told = sorted(zip(scene["boxes"].tolist(), scene["labels"]), key=lambda each: (each[0][0] + each[0][2], each[0][1] + each[0][3]))
        expected = noun(told[0][1]) if told else "nothing"
        if len(told) > 1:
            seen.add(relation(told[0][0], told[1][0]))
            expected += f" {relation(told[0][0], told[1][0])} {noun(told[1][1])}"
        for (before, label), (box, other) in itertools.pairwise(told[1:]):
            expected += f", and {noun(other)} {relation(box, before)} the {WORDS[label]}"
        assert scene["caption"].decode() == expected
    assert seen == {"left of", "above", "below"}


@pytest.mark.parametrize(
    ("boxes", "caption"),
    [
        ([[30, 10, 40, 20]], "an eight"),
        ([[30, 10, 40, 20], [0, 12, 10, 22]], "a three left of an eight"),
        ([[10, 0, 20, 10], [12, 40, 22, 50]], "an eight above a three"),
        ([[10, 40, 20, 50], [12, 0, 22, 10]], "an eight below a three"),
        ([[0, 0, 10, 10], [20, 20, 30, 30]], "an eight left of a three"),
        ([[0, 0, 10, 10], [20, 0, 30, 10], [18, 30, 34, 40]], "an eight left of a three, and a zero below the three"),
    ],
)
def test_captions_by_hand(boxes, caption):
    assert scenes._caption(tf.constant([8, 3, 0])[: len(boxes)], tf.constant(boxes, tf.float32)).numpy().decode() == caption


def test_digits_can_be_told_from_the_paper(crowded, sparse):
    """The mean lightness of what is seen of each is at least 0.2 from that of the paper: in colour darker or lighter, else darker."""
    for found, weights, signs in ((crowded, [0.299, 0.587, 0.114], {True, False}), (sparse, [1.0], {False})):
        lighter = set()
        for scene in found:
            assert 0 <= scene["image"].min() <= scene["image"].max() <= 1
            light = scene["image"] @ np.array(weights)
            for mask in scene["masks"]:
                apart = light[mask > 0].mean() - np.median(light[scene["mask"] == 0])
                assert abs(apart) > 0.2
                lighter.add(bool(apart > 0))
        assert lighter == signs


def test_clutter_is_seen_and_is_no_object(sparse):
    """The digits are the same with and without it, and lie on top of it: it shows in the paper and not in the ink, but at soft edges."""
    in_paper = in_ink = 0.0
    for one, other in zip(sparse, all_of(digit_scenes(**SPARSE, clutter=6))):
        for name in ("boxes", "labels", "masks", "mask", "caption"):
            np.testing.assert_array_equal(one[name], other[name])
        changed = np.abs(one["image"] - other["image"])[..., 0] > 0.02
        ink = one["mask"] > 0
        in_paper += (changed & ~ink).sum() / (~ink).sum()
        in_ink += (changed & ink).sum() / max(ink.sum(), 1)
    assert 0.05 < in_paper / len(sparse) < 0.5
    assert in_ink < in_paper / 4


def test_any_scan_fits_on_its_patch_however_it_is_turned():
    """With a free pixel on every side; and every one leaves ink, as small as is admitted too."""
    glyphs = enlarged(*scans("all", 0.2, 0), zoom=2)
    count = glyphs.digits.shape[0]
    for height in (scenes.SMALLEST, 17.3):
        for angle in (-TURN, 0.0, TURN):
            patch = scenes._room(height, glyphs.aspect, abs(angle))
            ink = rendered(glyphs, tf.range(count), tf.fill((count,), float(height)), tf.fill((count,), angle), patch).numpy() >= 0.5
            assert not ink[:, [0, -1]].any()
            assert not ink[:, :, [0, -1]].any()
            assert ink.any(axis=(1, 2)).all()


@pytest.mark.parametrize("name", ["crowded", "sparse"])
def test_the_declaration_knows_the_fields(name, request):
    examples = request.getfixturevalue(f"{name}_source")
    declared = bind(find("source", "digit_scenes").params, {"crowded": CROWDED, "sparse": SPARSE}[name]).fields()
    assert dict(examples.fields) == declared
    for field, value in request.getfixturevalue(name)[1].items():
        spec = declared[field].spec
        assert np.ndim(value) == len(spec.shape) - 1
        assert all(expected in (None, size) for expected, size in zip(spec.shape[1:], np.shape(value)))
    assert examples.classes == tuple("0123456789")
    assert examples.place(7) == "scene 7 of digit_scenes"


OBJECTS = "`objects` of digit_scenes are the fewest and the most digits of a scene, not"
DIGIT_SIZE = "`digit_size` of digit_scenes is the smallest and the largest share of the canvas, from 0 to 1, not"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objects": [4, 1]}, f"{OBJECTS} [4, 1]"),
        ({"objects": [0, 0]}, f"{OBJECTS} [0, 0]"),
        ({"objects": [-1, 2]}, f"{OBJECTS} [-1, 2]"),
        ({"digit_size": [0.4, 0.2]}, f"{DIGIT_SIZE} [0.4, 0.2]"),
        ({"digit_size": [0.4, 1.5]}, f"{DIGIT_SIZE} [0.4, 1.5]"),
        ({"size": 24}, "digits of 4.8 pixels on a canvas of 24 by 24 pixels cannot be read"),
        (
            {"digit_size": [0.2, 1.0]},
            "digits of 96 pixels do not fit on a canvas of 96 by 96 pixels: slightly turned, they take up to 116 by 107",
        ),
        ({"objects": [20, 30]}, "a canvas of 96 by 96 pixels surely has room for 16 digits of 19.2 pixels side by side, not for 20"),
    ],
)
def test_what_cannot_be_composed_is_told(options, message):
    with pytest.raises(DataError) as error:
        digit_scenes(**options)
    assert error.value.message == message
    assert error.value.help
