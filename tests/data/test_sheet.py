"""Contact sheets: what is drawn, where it stands, and that it can be seen."""

import numpy as np
import pytest

from specc.data.inspection.panels import (
    around_masks,
    colour_of,
    pictures_of,
    undo,
    visible,
    with_classes,
    with_masks,
)
from specc.data.inspection.sample import Sample
from specc.data.inspection.sheet import MARGIN, WIDTH, draw_sheet, label_place, layout_of, sheet_of
from specc.data.inspection.words import words_of
from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.entry import bind
from specc.registry.experiment import Pipeline

IMAGE = Field(TensorSpec((None, None, None, 3)), kind="image")
LABEL = Field(TensorSpec((None,), "int32"), 3)
BOXES = Field(TensorSpec((None, None, 4)), kind="boxes")
LABELS = Field(TensorSpec((None, None), "int32"), 3, "object")
MASKS = Field(TensorSpec((None, None, None, None), "uint8"), kind="masks")
MASK = Field(TensorSpec((None, None, None), "int32"), 4, "mask")
CLASSES = ("rose", "tulip", "daisy")


def transforms(*words):
    return tuple(bind(Pipeline, {"source": "digits", "transforms": list(words)}).transforms)


def sample(fields, examples, classes=CLASSES, views=((),)):
    made = tuple({name: value if isinstance(value, tuple) else (np.asarray(value),) for name, value in each.items()} for each in examples)
    return Sample(made, fields, classes, views)


def picture(height=12, width=16, seed=0):
    return np.random.default_rng(seed).random((height, width, 3))


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


# Values that can be seen


def test_images_from_0_to_1_are_shown_as_they_are():
    grey = np.linspace(0, 1, 6).reshape(2, 3, 1)
    (shown,), notes = visible([grey], "image")
    np.testing.assert_array_equal(shown, np.repeat(grey, 3, axis=-1))
    assert notes == []
    (shown,), notes = visible([np.array([[[-0.04, 0.5, 1.04]]])], "image")  # what interpolation adds is cut off
    np.testing.assert_array_equal(shown, [[[0, 0.5, 1]]])
    assert notes == []


def test_normalized_images_are_shown_as_before():
    before = [picture(seed=seed) for seed in range(3)]
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.3, 0.1]
    done = transforms({"rescaling": {"scale": 2.0, "offset": 0.5}}, "random_flip", {"normalize": {"mean": mean, "std": std}})
    after = [((image * 2 + 0.5) - mean) / std for image in before]
    shown, notes = visible(after, "image", done)
    np.testing.assert_allclose(shown, before, atol=1e-12)
    low, high = np.min(after), np.max(after)
    assert notes == [f"`image` has values from {low:.3g} to {high:.3g}; it is shown as before `rescaling` and `normalize`"]
    assert undo(after, "other", done)[1] == []


def test_other_values_are_stretched_all_alike():
    shown, notes = visible([np.full((1, 1, 3), -1.0), np.full((1, 1, 3), 0.0), np.full((1, 1, 3), 3.0)], "image")
    assert [image[0, 0, 0] for image in shown] == [0, 0.25, 1]
    assert notes == ["`image` has values from -1 to 3; it is shown with -1 as black and 3 as white"]
    (shown,), _ = visible([np.full((2, 2, 1), 7.0)], "image")
    assert np.isfinite(shown).all()
    (shown,), _ = visible([np.array([[[np.nan, np.inf, 0.5]]])], "image")
    np.testing.assert_array_equal(shown, [[[0, 0, 0.5]]])


@pytest.mark.parametrize(("channels", "note"), [(2, "the first is"), (4, None), (5, "the first three are")])
def test_channels_that_no_screen_has(channels, note):
    image = np.random.default_rng(0).random((3, 4, channels))
    (shown,), notes = visible([image], "image")
    assert notes == ([f"of the {channels} channels of `image` {note} shown"] if note else [])
    white = image[..., :3] * image[..., 3:4] + 1 - image[..., 3:4] if channels == 4 else None  # what is transparent lies on white
    np.testing.assert_allclose(shown, {2: np.repeat(image[..., :1], 3, axis=-1), 4: white, 5: image[..., :3]}[channels])


def test_colours_differ():
    colours = np.array([colour_of(number) for number in range(21)])
    assert colours.min() >= 0
    assert colours.max() <= 1
    distances = np.abs(colours[:, None] - colours[None]).max(axis=-1) + np.eye(21)
    assert distances.min() > 0.1
    assert colour_of(21) == colour_of(0)


def test_masks_have_an_edge_in_their_colour():
    mask = np.zeros((1, 9, 9), "uint8")
    mask[0, 2:7, 3:8] = 1
    shown = with_masks(np.full((9, 9, 3), 0.5), mask, [(1.0, 0.0, 0.0)])
    assert (shown[2, 3:8] == (1, 0, 0)).all()
    assert (shown[2:7, 7] == (1, 0, 0)).all()
    assert 0.5 < shown[4, 5, 0] < 1
    assert (shown[0] == 0.5).all()
    np.testing.assert_array_equal(around_masks(mask), [[3, 2, 8, 7]])
    np.testing.assert_array_equal(around_masks(np.zeros((2, 3, 3))), np.zeros((2, 4)))
    assert around_masks(np.zeros((0, 3, 3))).shape == (0, 4)


def test_classes_of_pixels_have_their_colours():
    mask = np.array([[0, 1, 2, -1, -1, -1]])
    shown = with_classes(np.full((1, 6, 3), 0.5), mask, clear=0)
    assert np.ptp(shown[0, 0]) == pytest.approx(0)  # grey
    for place in (1, 2):
        assert np.abs(shown[0, place] - colour_of(place)).max() < 0.2
    assert set(shown[0, 3:, 0]) == {0.25, 0.75}  # striped
    assert np.ptp(with_classes(np.full((1, 6, 3), 0.5), mask, clear=None)[0, 0]) > 0.1


# What stands where


def test_an_example_of_a_class_is_a_picture_with_its_name():
    figure = sheet_of(sample({"image": IMAGE, "label": LABEL}, [{"image": picture(), "label": 1}, {"image": picture(), "label": 2}]), "two")
    (axes,) = figure.axes
    assert len(axes.images) == 2
    assert texts(figure) == ["two", "tulip", "daisy"]
    for image in axes.images:
        left, right, bottom, top = image.get_extent()
        assert (right - left) / (bottom - top) == pytest.approx(16 / 12)  # its proportions
        assert MARGIN <= left < right <= figure.get_figwidth() - MARGIN + 1e-6
        assert 0 < top < bottom < figure.get_figheight()


def test_views_stand_in_a_row():
    views = tuple(picture(seed=seed) for seed in range(3))
    figure = sheet_of(sample({"image": IMAGE, "label": LABEL}, [{"image": views, "label": 0}] * 2, views=((),) * 3), "views")
    extents = [image.get_extent() for image in figure.axes[0].images]
    assert len(extents) == 6
    assert len({extent[3] for extent in extents[:3]}) == 1
    assert [extent[0] for extent in extents[:3]] == sorted(extent[0] for extent in extents[:3])
    assert {"view 1", "view 2", "view 3"} < set(texts(figure))


def test_boxes_stand_on_their_objects():
    boxes = [[2, 3, 10, 9], [0, 0, 16, 12]]
    made = sample({"image": IMAGE, "boxes": BOXES, "labels": LABELS}, [{"image": picture(), "boxes": boxes, "labels": [2, 0]}])
    figure = sheet_of(made, "boxes")
    (axes,) = figure.axes
    left, right, bottom, top = axes.images[0].get_extent()
    scale = (right - left) / 16
    outlines = [patch for patch in axes.patches if not patch.get_fill()]
    assert len(outlines) == 4  # each on a white one
    for box, patch, label in zip(boxes, outlines[1::2], (2, 0), strict=True):
        assert patch.get_xy() == pytest.approx((left + box[0] * scale, top + box[1] * scale))
        assert (patch.get_width(), patch.get_height()) == pytest.approx(((box[2] - box[0]) * scale, (box[3] - box[1]) * scale))
        assert patch.get_edgecolor()[:3] == pytest.approx(colour_of(label))
    assert bottom > top
    assert texts(figure) == ["boxes", "daisy", "rose", "labels", "rose", "daisy"]  # in the picture, and in the legend


def test_an_image_with_nothing_on_it():
    fields = {"image": IMAGE, "boxes": BOXES, "labels": LABELS, "masks": MASKS}
    empty = {"image": picture(), "boxes": np.zeros((0, 4)), "labels": np.zeros(0, int), "masks": np.zeros((0, 12, 16))}
    figure = sheet_of(sample(fields, [empty]), "nothing")
    assert not [patch for patch in figure.axes[0].patches if not patch.get_fill()]


def test_labels_of_boxes_cover_no_other():
    random = np.random.default_rng(0)
    within, taken = (0.0, 0.0, 2.0, 2.0), []
    for _ in range(60):
        corner = random.uniform(0, 1.5, 2)
        place = label_place(np.array([*corner, *(corner + random.uniform(0.1, 0.5, 2))]), (0.4, 0.1), within, taken)
        if place is None:
            continue
        left, top = place
        assert 0 <= left <= 1.6 + 1e-6
        assert -1e-6 <= top <= 1.9 + 1e-6
        for other in taken:
            assert left + 0.4 <= other[0] or other[2] <= left or top + 0.1 <= other[1] or other[3] <= top
        taken.append((left, top, left + 0.4, top + 0.1))
    assert 20 < len(taken) < 60


def test_the_classes_of_pixels_have_a_panel_and_a_legend():
    mask = np.zeros((12, 16), int)
    mask[:, 8:] = 2
    pictures = pictures_of(sample({"image": IMAGE, "mask": MASK}, [{"image": picture(), "mask": mask}]))
    plain, coloured = pictures.panels[0]
    np.testing.assert_array_equal(plain.pixels, picture())
    assert coloured.tag == "mask"
    assert np.ptp(coloured.pixels[:, :8], axis=-1).max() < 1e-9  # the background is grey
    assert pictures.legend == {"mask": ((colour_of(2), "tulip"),)}


def test_masks_without_boxes_get_names():
    masks = np.zeros((1, 12, 16), "uint8")
    masks[0, 2:5, 3:9] = 1
    fields = {"image": IMAGE, "labels": LABELS, "masks": MASKS}
    (panel,) = pictures_of(sample(fields, [{"image": picture(), "labels": [1], "masks": masks}])).panels[0]
    assert panel.names == ("tulip",)
    np.testing.assert_array_equal(panel.boxes, [[3, 2, 9, 5]])
    assert (panel.pixels[2, 3] == colour_of(0)).all()


# Words


def test_what_is_said_of_an_example():
    value = lambda *shape, dtype="float32", classes=None: Field(TensorSpec((None, *shape), dtype), classes)  # noqa: E731
    fields = {
        "label": LABEL,
        "age": value(dtype="int32"),
        "point": value(3),
        "tokens": value(None, dtype="int32"),
        "caption": value(dtype="string"),
        "signal": value(50),
        "spectrum": value(4, 50),
        "film": value(2, 3, 4),
    }
    example = {
        "label": 0,
        "age": 30,
        "point": [1.5, -2, 1 / 3],
        "tokens": np.arange(100),
        "caption": np.asarray("a rose\nin $May$ é".encode(), object),
        "signal": np.linspace(-1, 1, 50),
        "spectrum": np.zeros((4, 50)),
        "film": np.zeros((2, 3, 4)),
    }
    (words,) = words_of(sample(fields, [example]))
    assert words.heading == "rose"
    tokens, caption, film, numbers = words.texts
    assert tokens.startswith("tokens: 0 1 2 3 4")
    assert tokens.endswith("59 …")
    assert caption == "a rose\nin $May$ é"
    assert film == "film (2, 3, 4), 0 to 0"
    assert numbers == "age 30 · point 1.5, -2, 0.3333"
    assert [strip.caption for strip in words.strips] == ["signal (50), -1 to 1", "spectrum (4, 50), 0 to 0"]
    assert [strip.values.shape for strip in words.strips] == [(1, 50), (4, 50)]


def test_tokens_are_texts_again():
    class Letters:
        """A is 1."""

        def decode(self, numbers):
            return "".join(chr(64 + number) for number in numbers if number)

    fields = {"tokens": Field(TensorSpec((None, None), "int32"), 27), "next": Field(TensorSpec((None, None), "int32"), 27)}
    examples = ({"tokens": (np.array([3, 1, 20, 0]),), "next": (np.arange(20),)},)
    (words,) = words_of(Sample(examples, fields, (), ((),), {"tokens": Letters()}))
    assert words.texts == ("tokens: CAT", "tokens: 3 1 20 0", f"next: {' '.join(map(str, range(20)))}")


def test_several_labels_and_shares_of_them():
    soft = Field(TensorSpec((None, 3)), 3)
    fields = {"label": soft, "coarse": LABEL}
    mixed, clear = words_of(
        sample(fields, [{"label": np.array([0.3, 0.7, 0], "float32"), "coarse": 2}, {"label": np.eye(3, dtype="f4")[1], "coarse": -1}])
    )
    assert mixed.heading == "label 70% tulip, 30% rose · coarse daisy"
    assert clear.heading == "label tulip · coarse -1"


def test_long_texts_are_cut_off_within_the_sheet():
    fields = {"text": Field(TensorSpec((None,), "string"))}
    long = np.asarray(b"words " * 400 + b"x" * 300, object)
    figure = sheet_of(sample(fields, [{"text": long}]), "a title that is " + "very " * 60 + "long")
    assert sum(text.endswith("…") for text in texts(figure)) == 2
    renderer = figure.canvas.get_renderer()
    for text in figure.axes[0].texts:
        assert not text.get_parse_math()  # `$` is no formula
        extent = text.get_window_extent(renderer)
        assert extent.x0 >= 0
        assert extent.x1 <= figure.bbox.width


@pytest.mark.parametrize(("count", "panels", "columns"), [(1, 1, 1), (4, 1, 4), (24, 1, 6), (24, 2, 3), (3, 10, 1), (400, 1, 6)])
def test_a_sheet_has_a_page_width(count, panels, columns):
    fields = {"image": IMAGE}
    views = tuple(picture(2, 2) for _ in range(panels))
    layout = layout_of(pictures_of(sample(fields, [{"image": views}] * count, views=((),) * panels)), count)
    assert layout.columns == columns
    assert layout.sheet <= WIDTH + 1e-6


# Files


@pytest.mark.parametrize("ending", ["png", "jpg", "svg", "pdf"])
def test_a_sheet_is_a_file(tmp_path, ending):
    strange = np.asarray("日本 $x$ [b]".encode(), object)
    fields = {"image": IMAGE, "text": Field(TensorSpec((None,), "string"))}
    path = tmp_path / f"sheet.{ending}"
    draw_sheet(sample(fields, [{"image": picture(), "text": strange}]), path, "file")
    assert path.stat().st_size > 3000
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_very_high_sheet_has_fewer_pixels(tmp_path, monkeypatch):
    from PIL import Image

    from specc.data.inspection import sheet

    monkeypatch.setattr(sheet, "TALLEST", 200)
    draw_sheet(sample({"image": IMAGE}, [{"image": picture()}] * 12), tmp_path / "sheet.png", "high")
    assert Image.open(tmp_path / "sheet.png").size[1] == pytest.approx(200, abs=2)


def test_pixels_are_where_they_belong(tmp_path):
    from PIL import Image

    red, blue = (np.broadcast_to(np.array(colour, float), (8, 8, 3)) for colour in ((1, 0, 0), (0, 0, 1)))
    draw_sheet(sample({"image": IMAGE}, [{"image": red}, {"image": blue}]), tmp_path / "sheet.png", "red and blue")
    pixels = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB"))
    is_red, is_blue = ((pixels == colour).all(axis=-1) for colour in ((255, 0, 0), (0, 0, 255)))
    assert is_red.sum() == pytest.approx(is_blue.sum(), rel=0.02)
    assert np.flatnonzero(is_red.any(axis=0)).max() < np.flatnonzero(is_blue.any(axis=0)).min()
    assert (pixels[0] == 255).all()
    assert (pixels[-1] == 255).all()


def test_a_sheet_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    path = tmp_path / "sheet.png"
    path.write_text("old")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(OSError, match="No space"):
        draw_sheet(sample({"image": IMAGE}, [{"image": picture()}]), path, "full")
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
