"""Image files: a folder for each class, or with a mask for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specc.data.errors import DataError
from specc.data.examples import Examples
from specc.data.faults import sound
from specc.data.sources.images import image_folder, masks
from specc.registry.entry import bind, find


def save(path: Path, pixels: np.ndarray, palette: list[int] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(pixels, None if palette is None else "P")
    if palette is not None:
        picture.putpalette(palette)
    picture.save(path)


def noise(seed: int, height: int = 5, width: int = 6, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def all_of(examples: Examples) -> list[dict]:
    """All examples, as a pipeline reads them: traced, several at a time."""
    numbers = tf.data.Dataset.range(examples.count)
    return list(numbers.map(lambda index: examples.read(examples.record(index)), num_parallel_calls=4).as_numpy_iterator())


def agree(word: str, examples: Examples, **arguments) -> None:
    """What is declared is what there is, where it is known."""
    declared = bind(find("source", word).params, arguments).fields()
    assert declared.keys() == examples.fields.keys()
    for name, field in examples.fields.items():
        assert declared[name].spec == field.spec, name
        assert declared[name].kind == field.kind, name
        assert declared[name].classes in (None, field.classes), name


@pytest.fixture
def flowers(tmp_path, monkeypatch):
    """Two classes with images of several formats and sizes, and what is no image."""
    monkeypatch.chdir(tmp_path)
    pictures = {"rose/b.png": noise(1), "rose/a.BMP": noise(2, 7, 3), "tulip/inner/c.png": noise(3), "tulip/d.png": noise(4, 4, 4)}
    for name, pixels in pictures.items():
        save(Path("flowers", name), pixels)
    for name in ("rose/.hidden.png", "rose/notes.txt", "rose/._b.png", ".cache/x.png", "list.csv"):
        Path("flowers", name).parent.mkdir(exist_ok=True)
        Path("flowers", name).write_text("no image")
    return pictures


def test_folders_are_classes_in_alphabetical_order(flowers):
    examples = image_folder(path="flowers")
    assert examples.classes == ("rose", "tulip")
    order = ["rose/a.BMP", "rose/b.png", "tulip/d.png", "tulip/inner/c.png"]
    assert [examples.place(index) for index in range(examples.count)] == [f"flowers/{name}" for name in order]
    found = all_of(examples)
    assert [example["label"] for example in found] == [0, 0, 1, 1]
    for example, name in zip(found, order):
        np.testing.assert_allclose(example["image"], flowers[name] / 255, atol=1e-7)
    agree("image_folder", examples, path="flowers")


def test_classes_are_chosen_and_numbered_by_name(flowers):
    examples = image_folder(path="flowers/", classes=["tulip", "rose"])
    assert examples.classes == ("tulip", "rose")
    assert [(examples.place(index), example["label"]) for index, example in enumerate(all_of(examples))] == [
        ("flowers/tulip/d.png", 0),
        ("flowers/tulip/inner/c.png", 0),
        ("flowers/rose/a.BMP", 1),
        ("flowers/rose/b.png", 1),
    ]
    agree("image_folder", examples, path="flowers", classes=["tulip", "rose"])
    assert image_folder(path="flowers", classes=["tulip"]).count == 2


@pytest.mark.parametrize(("color_mode", "channels"), [("rgb", 3), ("rgba", 4), ("grayscale", 1)])
def test_images_have_the_channels_that_are_asked_for(flowers, color_mode, channels):
    examples = image_folder(path="flowers", color_mode=color_mode)
    assert {example["image"].shape[-1] for example in all_of(examples)} == {channels}
    agree("image_folder", examples, path="flowers", color_mode=color_mode)


def test_names_beyond_ascii_are_read(tmp_path):
    save(tmp_path / "Straße" / "日本 1.png", noise(1))
    (example,) = all_of(image_folder(path=str(tmp_path)))
    np.testing.assert_allclose(example["image"], noise(1) / 255, atol=1e-7)
    assert image_folder(path=str(tmp_path)).place(0) == f"{tmp_path}/Straße/日本 1.png"


def test_links_are_followed_once(flowers):
    Path("flowers/tulip/again").symlink_to("..", target_is_directory=True)
    Path("flowers/violet").symlink_to("rose", target_is_directory=True)
    examples = image_folder(path="flowers", classes=["violet", "tulip"])
    assert [examples.place(index) for index in range(2)] == ["flowers/violet/a.BMP", "flowers/violet/b.png"]
    assert examples.count == 2 + 4  # by way of `again`, the folder `rose` has two more; its link is the same folder


@pytest.mark.parametrize(
    ("arguments", "message", "help"),
    [
        ({"path": "flower"}, "there is no folder flower", "did you mean `flowers`?"),
        ({"path": "flowers/tulip/inner"}, "flowers/tulip/inner has no folders", "it must have a folder of images for each class"),
        ({"path": "flowers", "classes": ["rose", "tulib"]}, "flowers has no folder tulib", "did you mean `tulip`?"),
        ({"path": "flowers", "classes": ["rose", "rose"]}, "`classes` of image_folder are different folders", None),
    ],
)
def test_folders_that_cannot_be_used_are_told(flowers, arguments, message, help):
    with pytest.raises(DataError) as caught:
        image_folder(**arguments)
    assert caught.value.message.startswith(message)
    assert caught.value.help == help


@pytest.mark.parametrize(
    ("path", "help"),
    [
        ("flowers/list.csv", None),
        ("flowers/rose/b.png", "did you mean `flowers`?"),
        ("flowers/tulip/inner/../../rose/a.BMP", "did you mean `flowers/tulip/inner/../..`?"),
    ],
)
def test_a_file_is_no_folder(flowers, path, help):
    with pytest.raises(DataError, match=rf"^{path} is a file, not a folder$") as caught:
        image_folder(path=path)
    assert caught.value.help == help


def test_a_file_is_no_folder_of_images(flowers, monkeypatch):
    with pytest.raises(DataError, match=r"^flowers/rose/b.png is a file, not a folder$") as caught:
        masks(images="flowers/rose/b.png", masks="flowers/rose")
    assert caught.value.help == "did you mean `flowers/rose`?"
    monkeypatch.chdir("flowers/rose")
    with pytest.raises(DataError, match=r"^b.png is a file, not a folder$") as caught:
        image_folder(path="b.png")
    assert caught.value.help is None


def test_paths_start_from_the_working_directory(flowers):
    with pytest.raises(DataError, match=r"^there is no folder weeds/train$") as caught:
        image_folder(path="weeds/train")
    assert caught.value.help == f"paths start from the working directory, {Path.cwd()}"
    with pytest.raises(DataError, match="there is no folder flowers/train/weeds") as caught:
        image_folder(path="flowers/train/weeds")
    assert caught.value.help is None


def test_a_class_without_images_is_an_error_unless_it_is_named(flowers):
    for name in ("daisy", "lily"):
        Path("flowers", name).mkdir()
    Path("flowers/daisy/notes.txt").write_text("")
    with pytest.raises(DataError, match=r"the folder flowers/daisy has no image \(2 such folders in all\)"):
        image_folder(path="flowers")
    examples = image_folder(path="flowers", classes=["daisy", "rose"])
    assert examples.classes == ("daisy", "rose")
    assert [example["label"] for example in all_of(examples)] == [1, 1]
    with pytest.raises(DataError, match=r"the folder flowers/daisy has no image"):
        image_folder(path="flowers", classes=["daisy"])


def test_a_truncated_image_is_an_error_when_it_is_read(flowers):
    Image.fromarray(noise(5, 40, 40)).save("flowers/rose/c.jpg")
    data = Path("flowers/rose/c.jpg").read_bytes()
    Path("flowers/rose/c.jpg").write_bytes(data[: len(data) // 2])
    examples = image_folder(path="flowers")
    assert examples.place(2) == "flowers/rose/c.jpg"
    examples.read(examples.record(1))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Invalid JPEG data"):
        examples.read(examples.record(2))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Invalid JPEG data"):
        all_of(examples)


# Masks.

MASK = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)


@pytest.fixture
def scenes(tmp_path, monkeypatch):
    """Three images of 2 by 3 pixels with masks: grey, and with a palette of colours that are alike."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("a.jpg", "b.png", "city/c.png")):
        save(Path("images", name), noise(number, 2, 3))
    save(Path("masks/a.png"), MASK)
    save(Path("masks/b.png"), MASK[::-1], [9, 9, 9] * 3)
    save(Path("masks/city/c.png"), MASK[:, ::-1])
    Path("masks/._a.png").write_text("")
    return {"images": "images", "masks": "masks"}


def test_masks_have_the_class_of_every_pixel(scenes):
    examples = masks(**scenes, classes=3)
    found = all_of(examples)
    assert [examples.place(index) for index in range(3)] == [
        "images/a.jpg with masks/a.png",
        "images/b.png with masks/b.png",
        "images/city/c.png with masks/city/c.png",
    ]
    for example, expected in zip(found, (MASK, MASK[::-1], MASK[:, ::-1])):
        np.testing.assert_array_equal(example["mask"], expected)
    np.testing.assert_allclose(found[1]["image"], noise(1, 2, 3) / 255, atol=1e-7)
    agree("masks", examples, **scenes, classes=3)


def test_classes_have_names(scenes):
    examples = masks(**scenes, classes=["sky", "sea", "land"])
    assert examples.classes == ("sky", "sea", "land")
    assert examples.fields["mask"].classes == 3
    agree("masks", examples, **scenes, classes=["sky", "sea", "land"])


def test_without_classes_every_number_is_one(scenes):
    save(Path("masks/a.png"), np.array([[0, 65535, 3], [300, 255, 2]], np.uint16))
    examples = masks(**scenes)
    assert examples.fields["mask"].classes is None
    np.testing.assert_array_equal(all_of(examples)[0]["mask"], [[0, 65535, 3], [300, 255, 2]])
    agree("masks", examples, **scenes)


def test_values_are_numbered_and_one_may_be_ignored(scenes):
    save(Path("masks/a.png"), np.array([[0, 255, 2], [1, 255, 2]], np.uint8))
    examples = masks(**scenes, values=[2, 1, 0], ignore=255)
    found = all_of(examples)
    np.testing.assert_array_equal(found[0]["mask"], [[2, -1, 0], [1, -1, 0]])
    np.testing.assert_array_equal(found[1]["mask"], 2 - MASK[::-1])
    assert examples.fields["mask"].classes == 3
    np.testing.assert_array_equal(all_of(masks(**scenes, ignore=255))[0]["mask"], [[0, -1, 2], [1, -1, 2]])
    agree("masks", examples, **scenes, values=[2, 1, 0], ignore=255)


def test_images_and_masks_may_share_a_folder(scenes):
    for name in ("x", "y"):
        save(Path("both", f"{name}.png"), noise(1, 2, 3))
        save(Path("both", f"{name}_mask.png"), MASK)
    examples = masks(images="both", masks="both", mask_suffix="_mask")
    assert [examples.place(index) for index in range(examples.count)] == [
        "both/x.png with both/x_mask.png",
        "both/y.png with both/y_mask.png",
    ]
    np.testing.assert_array_equal(all_of(examples)[1]["mask"], MASK)


def test_both_may_have_suffixes(scenes):
    save(Path("left/town/x_left.png"), noise(1, 2, 3))
    save(Path("fine/town/x_ids.png"), MASK)
    save(Path("fine/town/x_color.png"), noise(1, 2, 3))
    examples = masks(images="left", image_suffix="_left", masks="fine", mask_suffix="_ids")
    assert examples.place(0) == "left/town/x_left.png with fine/town/x_ids.png"
    np.testing.assert_array_equal(all_of(examples)[0]["mask"], MASK)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"masks": "mask"}, "there is no folder mask"),
        ({"image_suffix": "_left"}, "images has no images whose names end in _left"),
        ({"mask_suffix": "_mask"}, r"there is no mask masks/a_mask.png for images/a.jpg \(3 images without masks in all\)"),
        ({"masks": "images"}, "images is the folder of images and of masks"),
        ({"classes": 4, "values": [0, 1]}, "`values` of masks gives a number for each of the classes, 4 different ones"),
        ({"values": [0, 1, 1]}, "`values` of masks gives a number for each of the classes, 3 different ones"),
        ({"values": [0, 1, 65536]}, "`values` of masks are from 0 to 65,535"),
        ({"values": [0, -1]}, "`values` of masks are from 0 to 65,535"),
        ({"classes": 3, "ignore": 2}, "`ignore: 2` of masks is the number of a class"),
    ],
)
def test_masks_that_cannot_be_found_or_numbered_are_told(scenes, changes, message):
    with pytest.raises(DataError, match=message):
        sound(masks(**{**scenes, **changes}))


def test_every_image_has_one_mask_and_every_mask_an_image(scenes):
    Path("images/a.jpg").rename("images/d.jpg")
    with pytest.raises(DataError, match=r"there is no mask masks/d.png for images/d.jpg$"):
        sound(masks(**scenes))
    Path("images/d.jpg").unlink()
    with pytest.raises(DataError, match=r"there is no image images/a of any format for masks/a.png$"):
        sound(masks(**scenes))
    save(Path("images/a.gif"), noise(1, 2, 3))
    save(Path("images/a.bmp"), noise(1, 2, 3))
    with pytest.raises(DataError, match=r"images has both a.bmp and a.gif"):
        masks(**scenes)


def test_a_file_without_its_other_keeps_a_place_among_the_pairs(scenes):
    Path("images/a.jpg").rename("images/d.jpg")
    Path("images/b.png").rename("images/e.png")
    examples = masks(**scenes)
    assert [examples.place(index) for index in range(5)] == [
        "masks/a.png", "masks/b.png", "images/city/c.png with masks/city/c.png", "images/d.jpg", "images/e.png",
    ]  # fmt: skip
    assert [kind.records for kind in examples.faulty] == [[3, 4], [0, 1]]
    assert examples.faulty[1].error().message == (
        "there is no image images/a of any format for masks/a.png (2 masks without images in all)"
    )


@pytest.mark.parametrize("classes", [2, ["sky", "sea"]])
def test_a_number_that_is_no_class_is_an_error_when_it_is_read(scenes, classes):
    examples = masks(**scenes, classes=classes)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"the mask has the value 2, which stands for no class"):
        all_of(examples)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"the mask has the value 2, which stands for no class"):
        examples.read(examples.record(2))


def test_a_mask_of_another_size_is_an_error_when_it_is_read(scenes):
    save(Path("masks/a.png"), MASK.T.copy())
    message = "the mask must have the size of its image, 3x2 pixels, not 2x3"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        all_of(masks(**scenes))


def test_a_truncated_mask_is_an_error_when_it_is_read(scenes):
    data = Path("masks/a.png").read_bytes()
    Path("masks/a.png").write_bytes(data[:-20])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"PNG"):
        all_of(masks(**scenes))
