"""Images with annotations: COCO's JSON, and VOC's XML."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specc.data.errors import DataError
from specc.data.examples import Examples
from specc.data.faults import sound
from specc.data.sources.annotated import coco, coco_captions, voc
from specc.registry.data.sources.annotated import VOC
from specc.registry.entry import bind, find

WIDTH, HEIGHT = 12, 9


def save(path: str, pixels: np.ndarray, palette: list[int] | None = None) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(pixels, None if palette is None else "P")
    if palette is not None:
        picture.putpalette(palette)
    picture.save(path)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


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


def write_json(document: object, name: str = "objects.json") -> None:
    Path(name).write_text(document if isinstance(document, str) else json.dumps(document))


# COCO.

TRIANGLE, SQUARE = [1.2, 1.0, 9.7, 2.5, 4.0, 7.9], [6, 3, 11, 3, 11, 8, 6, 8]
RUNS = {"size": [HEIGHT, WIDTH], "counts": [10, 4, 5, 6, 83]}

OBJECTS = {
    "images": [
        {"id": 7, "file_name": "seven.png", "width": WIDTH, "height": HEIGHT},
        {"id": 3, "file_name": "sub/three.png", "width": WIDTH, "height": HEIGHT},
        {"id": 5, "file_name": "five.png", "width": WIDTH, "height": HEIGHT},
    ],
    "categories": [{"id": 90, "name": "toothbrush"}, {"id": 1, "name": "person"}, {"id": 18, "name": "dog"}],
    "annotations": [
        {"id": 1, "image_id": 5, "category_id": 90, "bbox": [1, 1, 9, 7], "iscrowd": 0, "segmentation": [TRIANGLE, SQUARE]},
        {"id": 2, "image_id": 7, "category_id": 18, "bbox": [0, 2.5, 12.4, 3.25], "iscrowd": 0, "segmentation": [SQUARE]},
        {"id": 3, "image_id": 5, "category_id": 1, "bbox": [1, 1, 1, 7], "iscrowd": 1, "segmentation": RUNS},
        {"id": 4, "image_id": 5, "category_id": 1, "bbox": [2, 2, 4, 4], "iscrowd": 0, "segmentation": RUNS},
    ],
}


@pytest.fixture
def street(tmp_path, monkeypatch):
    """Three images, one without objects, one with an object, and one with three, of which one is a crowd."""
    monkeypatch.chdir(tmp_path)
    for number, image in enumerate(OBJECTS["images"]):
        save(f"images/{image['file_name']}", noise(number))
    write_json(OBJECTS)
    return {"annotations": "objects.json", "images": "images"}


def test_objects_have_boxes_and_labels(street):
    examples = coco(**street)
    assert examples.classes == ("person", "dog", "toothbrush")
    assert [examples.place(index) for index in range(3)] == ["images/seven.png", "images/sub/three.png", "images/five.png"]
    seven, three, five = all_of(examples)
    np.testing.assert_allclose(seven["boxes"], [[0, 2.5, 12, 5.75]])  # cut off at the border
    assert seven["labels"].tolist() == [1]
    assert three["boxes"].shape == (0, 4)
    assert three["labels"].shape == (0,)
    np.testing.assert_allclose(five["boxes"], [[1, 1, 10, 8], [2, 2, 6, 6]])
    assert five["labels"].tolist() == [2, 0]
    for number, example in enumerate((seven, three, five)):
        np.testing.assert_allclose(example["image"], noise(number) / 255, atol=1e-7)
    assert (five["boxes"].dtype, five["labels"].dtype) == (np.float32, np.int32)
    agree("coco", examples, **street)


def test_crowds_are_kept_where_they_are_asked_for(street):
    examples = coco(**street, crowd=True)
    found = all_of(examples)[2]
    assert found["labels"].tolist() == [2, 0, 0]
    assert found["crowd"].tolist() == [0, 1, 0]
    agree("coco", examples, **street, crowd=True)


def test_categories_are_chosen_and_images_without_objects_left_out(street):
    examples = coco(**street, classes=["toothbrush", "person"], empty=False, masks=True)
    assert examples.classes == ("toothbrush", "person")
    assert (examples.count, examples.place(0)) == (1, "images/five.png")
    (found,) = all_of(examples)
    assert found["labels"].tolist() == [0, 1]
    assert found["masks"].shape == (2, HEIGHT, WIDTH)
    assert [len(example["labels"]) for example in all_of(coco(**street, classes=["dog"]))] == [1, 0, 0]
    agree("coco", examples, **street, classes=["toothbrush", "person"], empty=False, masks=True)


def test_masks_are_those_of_cocos_library(street):
    library = pytest.importorskip("pycocotools.mask")
    packed = library.frPyObjects(RUNS, HEIGHT, WIDTH)
    document = copy.deepcopy(OBJECTS)
    document["annotations"][3]["segmentation"] = {"size": packed["size"], "counts": packed["counts"].decode()}
    write_json(document)
    examples = coco(**street, masks=True, crowd=True)
    seven, three, five = all_of(examples)

    def drawn(polygons):
        return library.decode(library.merge(library.frPyObjects(polygons, HEIGHT, WIDTH)))

    np.testing.assert_array_equal(seven["masks"], [drawn([SQUARE])])
    assert three["masks"].shape == (0, HEIGHT, WIDTH)
    np.testing.assert_array_equal(five["masks"], [drawn([TRIANGLE, SQUARE]), library.decode(packed), library.decode(packed)])
    assert five["masks"].dtype == np.uint8
    assert 30 < five["masks"][0].sum() < 80
    agree("coco", examples, **street, masks=True, crowd=True)


def test_plain_runs_are_columns_of_pixels(street):
    expected = np.zeros(HEIGHT * WIDTH, np.uint8)
    expected[10:14] = expected[19:25] = 1
    (_, _, five) = all_of(coco(**street, classes=["person"], masks=True))
    np.testing.assert_array_equal(five["masks"], [expected.reshape(WIDTH, HEIGHT).T])


def test_a_file_without_annotations_has_images_without_objects(street):
    write_json({**OBJECTS, "annotations": []})
    found = all_of(coco(**street, masks=True))
    assert [(example["boxes"].shape, example["masks"].shape) for example in found] == [((0, 4), (0, HEIGHT, WIDTH))] * 3


def test_objects_that_are_none_are_left_out_where_it_is_asked_for(street):
    document = copy.deepcopy(OBJECTS)
    document["annotations"][0]["bbox"] = [1, 1, 9, 0]
    document["annotations"][1]["segmentation"] = []
    write_json(document)
    assert [len(example["labels"]) for example in all_of(coco(**street, on_invalid="skip"))] == [1, 0, 1]
    found = all_of(coco(**street, on_invalid="skip", masks=True))
    assert [len(example["labels"]) for example in found] == [0, 0, 1]
    np.testing.assert_allclose(found[2]["boxes"], [[2, 2, 6, 6]])
    assert found[2]["masks"][0].sum() == 10


def changed(part: str, number: int, **values) -> dict:
    """The file with other values in one entry; None takes a value away."""
    document = copy.deepcopy(OBJECTS)
    entry = document[part][number]
    entry.update(values)
    document[part][number] = {name: value for name, value in entry.items() if value is not None}
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('{"images": [\n  {"id": 1,, }]}', "objects.json is not JSON: line 2, column 12: Expecting property name"),
        ("[1, 2]", "objects.json is no file of COCO's form: it has no list `annotations`"),
        ({**OBJECTS, "images": {}}, "objects.json is no file of COCO's form: it has no list `images`"),
        ({**OBJECTS, "images": [], "annotations": []}, "objects.json lists no image"),
        ({**OBJECTS, "categories": []}, "objects.json must list categories, each with an `id` of its own and a `name`"),
        ("[" * 100000, "objects.json holds a number or a list that is too large to be read"),
        (changed("images", 1, file_name="tree.png"), "there is no image images/tree.png, which objects.json lists"),
        (changed("images", 1, file_name="../images/five.png"), "there is no image images/../images/five.png, which objects.json lists"),
        (changed("images", 1, file_name=None), "the image 3 of objects.json has no `file_name`"),
        (changed("images", 1, width=None), "the image 3 of objects.json must have a `width` and a `height`, whole numbers from 1"),
        (changed("images", 1, height=0), "the image 3 of objects.json must have a `width` and a `height`, whole numbers from 1"),
        (changed("images", 1, id=5), "objects.json lists images without an `id`, or two with the same"),
        (changed("annotations", 1, image_id=4), "annotation 2 of objects.json is of the image 4, which the file does not list"),
        (changed("annotations", 1, image_id=None), "annotation 2 of objects.json has no `image_id`"),
        (changed("annotations", 1, category_id=2), "annotation 2 of objects.json has the category 2, which the file does not list"),
        (changed("annotations", 1, bbox=[1, 2, 3]), "annotation 2 of objects.json (images/seven.png) has no box of four numbers"),
        (
            changed("annotations", 1, bbox=[1, 2, 3, float("nan")]),
            "annotation 2 of objects.json (images/seven.png) has no box of four numbers",
        ),
        (changed("annotations", 1, bbox=[1, 2, 3, 10**400]), "annotation 2 of objects.json (images/seven.png) has no box of four numbers"),
        (changed("annotations", 1, bbox=[1, 2, 3, 0]), "annotation 2 of objects.json (images/seven.png) has a box of 3 by 0 pixels"),
        (changed("annotations", 1, bbox=[4, 2, -3, 4]), "annotation 2 of objects.json (images/seven.png) has a box of -3 by 4 pixels"),
        (
            changed("annotations", 1, bbox=[4, 2, 3, 8.5]),
            "annotation 2 of objects.json (images/seven.png) has a box from (4, 2) to (7, 10.5), which leaves the image of 12 by 9 pixels",
        ),
        (
            changed("annotations", 1, bbox=[12.5, 2, 0.2, 3]),
            "annotation 2 of objects.json (images/seven.png) has a box from (12.5, 2) to (12.7, 5), which leaves the image of 12 by 9",
        ),
    ],
)
def test_annotations_that_are_wrong_are_told(street, document, message):
    write_json(document)
    with pytest.raises(DataError) as caught:
        sound(coco(**street))
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        (None, "has no outline"),
        ([], "has no outline"),
        ([[1, 2, 3, 4]], "has an outline that is not three or more points"),
        ([[1, 2, 3, 4, 5, 6, 7]], "has an outline that is not three or more points"),
        ([[1, 2, 3, 4, 5, "6"]], "has an outline with a value that is no number"),
        ([[1, 2, 3, 4, 5, float("nan")]], "has an outline with a value that is no number"),
        ([[1, 2, 3, 4, 5, 2000000]], "has an outline far outside of the image"),
        ({"size": [12, 9], "counts": [108]}, "has runs for an image of the size [12, 9], but it is [9, 12], height and width"),
        ({"size": [9, 12], "counts": [100, 7]}, "has runs of 107 pixels, but the image has 108"),
        ({"size": [9, 12], "counts": [100, -2, 10]}, "has runs that are no numbers of pixels"),
        ({"size": [9, 12], "counts": "\x00"}, "has packed runs that are damaged"),
        ({"size": [9, 12], "counts": ""}, "has packed runs that are damaged"),
        ({"size": [9, 12]}, "has runs that are no numbers of pixels"),
    ],
)
def test_outlines_that_are_wrong_are_told_where_masks_are_asked_for(street, outline, said):
    write_json(changed("annotations", 1, segmentation=outline))
    coco(**street)
    with pytest.raises(DataError) as caught:
        sound(coco(**street, masks=True))
    assert caught.value.message == f"annotation 2 of objects.json (images/seven.png) {said}"
    assert caught.value.help == "`on_invalid: skip` leaves such objects out"


def test_the_first_of_several_is_told_with_their_number(street):
    document = changed("annotations", 1, bbox=[1, 2, 3, 0])
    document["annotations"][3]["bbox"] = [1, 2, -3, 4]
    write_json(document)
    with pytest.raises(DataError, match=r"annotation 2 of .* has a box of 3 by 0 pixels \(2 such objects in all\)"):
        sound(coco(**street))


def faults_of(examples: Examples) -> dict[int, str]:
    """What is wrong, by the number of the record."""
    return {record: kind.said(place) for kind in examples.faulty for place, record in enumerate(kind.records)}


@pytest.mark.parametrize("empty", [True, False])
def test_images_with_faulty_annotations_keep_their_numbers(street, empty):
    """Without images that have no objects, numbers are others."""
    document = changed("images", 1, file_name="tree.png")
    document["annotations"][0]["category_id"] = 4
    document["annotations"][3]["bbox"] = [1, 2, -3, 4]
    document["images"].append({"id": 8, "file_name": "seven.png", "width": WIDTH, "height": HEIGHT})
    write_json(document)
    examples = coco(**street, empty=empty)
    assert examples.count == (4 if empty else 3)
    assert sorted(faults_of(examples)) == [1, 2]
    assert [examples.place(number) for number in (1, 2)] == ["images/tree.png", "images/five.png"]
    assert [kind.error().message for kind in examples.faulty] == [
        "there is no image images/tree.png, which objects.json lists",
        "annotation 1 of objects.json has the category 4, which the file does not list",
        "annotation 4 of objects.json (images/five.png) has a box of -3 by 4 pixels",
    ]
    assert examples.read(examples.record(0))["labels"].numpy().tolist() == [1]


def test_images_with_faulty_outlines_are_reported_unless_such_objects_are_left_out(street):
    write_json(changed("annotations", 1, segmentation=[]))
    assert faults_of(coco(**street, masks=True)) == {0: "annotation 2 of objects.json (images/seven.png) has no outline"}
    assert not faults_of(coco(**street, masks=True, on_invalid="skip"))


@pytest.mark.parametrize(("per", "records"), [("caption", {0: 5, 1: 7, 2: 5}), ("image", {0: 7, 1: 5})])
def test_captions_of_an_image_that_is_not_there_are_all_faulty(described, per, records):
    Path("images/five.png").unlink()
    examples = coco_captions(**described, per=per)
    assert sorted(faults_of(examples)) == [record for record, image in records.items() if image == 5]
    assert examples.faulty[0].error().message == "there is no image images/five.png, which captions.json lists"


@pytest.mark.parametrize(
    ("changes", "message", "help"),
    [
        ({"annotations": "object.json"}, "there is no file object.json", "did you mean `objects.json`?"),
        ({"annotations": "images"}, "images is a folder, not a file", None),
        ({"images": "image"}, "there is no folder image", "did you mean `images`?"),
        ({"classes": ["persons"]}, "objects.json has no category `persons`", "did you mean `person`?"),
        ({"classes": ["dog", "dog"]}, "`classes` of coco are different categories, not ['dog', 'dog']", None),
    ],
)
def test_arguments_that_fit_nothing_are_told(street, changes, message, help):
    with pytest.raises(DataError) as caught:
        coco(**{**street, **changes})
    assert (caught.value.message, caught.value.help) == (message, help)


def test_no_image_with_objects_is_told(street):
    write_json({**OBJECTS, "annotations": OBJECTS["annotations"][:1]})
    with pytest.raises(DataError, match=r"no image of objects.json has an object of `dog`"):
        coco(**street, classes=["dog"], empty=False)


def test_an_image_of_another_size_is_an_error_when_it_is_read(street):
    save("images/five.png", noise(0).transpose(1, 0, 2).copy())
    examples = coco(**street)
    examples.read(examples.record(0))
    with pytest.raises(tf.errors.InvalidArgumentError, match="by its annotations the image has 12x9 pixels, not 9x12"):
        examples.read(examples.record(2))
    with pytest.raises(tf.errors.InvalidArgumentError, match="by its annotations the image has 12x9 pixels, not 9x12"):
        all_of(examples)


def test_the_library_for_outlines_is_named_where_it_is_missing(street, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    assert coco(**street, masks=True, classes=["person"]).count == 3  # runs need no library
    with pytest.raises(DataError, match="masks of outlines need the library pycocotools") as caught:
        coco(**street, masks=True)
    assert caught.value.help == "pip install 'specc[coco]'"


# COCO's captions.

CAPTIONS = {
    "images": [{"id": image["id"], "file_name": image["file_name"]} for image in OBJECTS["images"]],
    "annotations": [
        {"id": 1, "image_id": 5, "caption": "a street with a dog\n"},
        {"id": 2, "image_id": 7, "caption": "ein Straßenbild"},
        {"id": 3, "image_id": 5, "caption": "a dog"},
    ],
}


@pytest.fixture
def described(street):
    write_json(CAPTIONS, "captions.json")
    return {"annotations": "captions.json", "images": "images"}


def test_an_example_is_a_caption_with_its_image(described):
    examples = coco_captions(**described)
    found = all_of(examples)
    assert [example["caption"].decode() for example in found] == ["a street with a dog", "ein Straßenbild", "a dog"]
    assert [examples.place(index) for index in range(3)] == ["images/five.png", "images/seven.png", "images/five.png"]
    for example, number in zip(found, (2, 0, 2)):
        np.testing.assert_allclose(example["image"], noise(number) / 255, atol=1e-7)
    agree("coco_captions", examples, **described)


def test_an_example_is_an_image_with_all_its_captions(described):
    examples = coco_captions(**described, per="image")
    found = all_of(examples)
    texts = [[text.decode() for text in example["captions"]] for example in found]
    assert texts == [["ein Straßenbild"], ["a street with a dog", "a dog"]]
    assert [examples.place(index) for index in range(2)] == ["images/seven.png", "images/five.png"]
    np.testing.assert_allclose(found[1]["image"], noise(2) / 255, atol=1e-7)
    agree("coco_captions", examples, **described, per="image")


@pytest.mark.parametrize("caption", ["", " \n", 3])
def test_captions_without_text_are_told(described, caption):
    document = copy.deepcopy(CAPTIONS)
    document["annotations"][1]["caption"] = caption
    write_json(document, "captions.json")
    with pytest.raises(DataError, match=r"annotation 2 of captions.json has no text as `caption`"):
        sound(coco_captions(**described))


def test_a_file_of_the_other_sort_is_told(described):
    with pytest.raises(DataError, match=r"captions.json has captions, not objects") as caught:
        coco(**described)
    assert caught.value.help == "the source `coco_captions` reads it"
    with pytest.raises(DataError, match=r"objects.json has objects, not captions") as caught:
        coco_captions(annotations="objects.json", images="images")
    assert caught.value.help == "the source `coco` reads it"
    write_json({**CAPTIONS, "annotations": []}, "captions.json")
    with pytest.raises(DataError, match=r"captions.json has no captions"):
        coco_captions(**described)


# VOC.


def xml(*objects: tuple[str, tuple, int], width: object = WIDTH, height: object = HEIGHT) -> str:
    """An annotation of objects given by name, corners as they are written, and whether they are hard to recognise."""

    def one(name, corners, difficult):
        box = "".join(f"<{side}>{value}</{side}>" for side, value in zip(("xmin", "ymin", "xmax", "ymax"), corners))
        part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
        return f"<object><name>{name}</name><difficult>{difficult}</difficult>{part}<bndbox>{box}</bndbox></object>\n"

    size = f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"
    return f'<?xml version="1.0"?>\n<annotation>{size}\n{"".join(one(*each) for each in objects)}</annotation>\n'


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """Two images in one list, a third beside it, in VOC's folders."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("2007_01", "2007_02", "2007_03")):
        save(f"VOC/JPEGImages/{name}.png", noise(number))
    for folder in ("Annotations", "ImageSets/Main", "ImageSets/Segmentation"):
        Path("VOC", folder).mkdir(parents=True)
    Path("VOC/Annotations/2007_01.xml").write_text(xml(("dog", (1, 1, 1, 1), 0), ("person", (2.6, 3, 12, 9), 1)))
    Path("VOC/Annotations/2007_02.xml").write_text(xml())
    Path("VOC/ImageSets/Main/train.txt").write_text("2007_02\n2007_01\n")
    Path("VOC/ImageSets/Segmentation/train.txt").write_text("2007_01\n")
    return {"path": "VOC"}


def test_boxes_count_from_0_and_end_behind_their_last_pixel(kit):
    examples = voc(**kit)
    assert examples.classes == tuple(VOC)
    assert len(VOC) == 20
    assert [examples.place(index) for index in range(2)] == ["VOC/JPEGImages/2007_02.png", "VOC/JPEGImages/2007_01.png"]
    second, first = all_of(examples)
    assert (second["boxes"].shape, second["labels"].shape) == ((0, 4), (0,))
    np.testing.assert_allclose(first["boxes"], [[0, 0, 1, 1]])
    assert first["labels"].tolist() == [VOC.index("dog")] == [11]
    np.testing.assert_allclose(first["image"], noise(0) / 255, atol=1e-7)
    agree("voc", examples, **kit)


def test_difficult_objects_are_kept_where_they_are_asked_for(kit):
    examples = voc(**kit, difficult=True, classes=["person", "dog"])
    first = all_of(examples)[1]
    np.testing.assert_allclose(first["boxes"], [[0, 0, 1, 1], [1.6, 2, 12, 9]])
    assert first["labels"].tolist() == [1, 0]
    assert first["difficult"].tolist() == [0, 1]
    agree("voc", examples, **kit, difficult=True, classes=["person", "dog"])


def test_segmentation_has_the_class_of_every_pixel(kit):
    numbers = np.random.default_rng(0).choice(np.array([0, 12, 15, 255], np.uint8), (HEIGHT, WIDTH))
    save("VOC/SegmentationClass/2007_01.png", numbers, np.random.default_rng(1).integers(0, 256, 768).tolist())
    examples = voc(**kit, segmentation=True)
    (found,) = all_of(examples)
    np.testing.assert_array_equal(found["mask"], np.where(numbers == 255, -1, numbers.astype(np.int32)))
    assert examples.fields["mask"].classes == 21
    assert examples.place(0) == "VOC/JPEGImages/2007_01.png with VOC/SegmentationClass/2007_01.png"
    agree("voc", examples, **kit, segmentation=True)


def test_there_may_be_more_classes_than_masks_can_number(kit):
    classes = [*VOC, *map(str, range(300))]
    assert voc(**kit, classes=classes).fields["labels"].classes == 320
    save("VOC/SegmentationClass/2007_01.png", np.zeros((HEIGHT, WIDTH), np.uint8))
    with pytest.raises(DataError, match="`ignore: 255` of masks is the number of a class"):
        voc(**kit, classes=classes, segmentation=True)


def test_masks_that_are_missing_or_wrong_are_told(kit):
    with pytest.raises(DataError, match="there is no folder VOC/SegmentationClass"):
        voc(**kit, segmentation=True)
    save("VOC/SegmentationClass/other.png", np.zeros((HEIGHT, WIDTH), np.uint8))
    with pytest.raises(DataError, match=r"there is no mask VOC/SegmentationClass/2007_01.png"):
        sound(voc(**kit, segmentation=True))
    save("VOC/SegmentationClass/2007_01.png", np.full((HEIGHT, WIDTH), 21, np.uint8))
    with pytest.raises(tf.errors.InvalidArgumentError, match="the mask has the value 21, which stands for no class"):
        all_of(voc(**kit, segmentation=True))


def test_objects_without_a_valid_box_are_left_out_where_it_is_asked_for(kit):
    Path("VOC/Annotations/2007_01.xml").write_text(xml(("dog", (5, 5, 4, 9), 0), ("person", (1, 1, 12, 9), 0)))
    first = all_of(voc(**kit, on_invalid="skip"))[1]
    np.testing.assert_allclose(first["boxes"], [[0, 0, 12, 9]])
    assert first["labels"].tolist() == [VOC.index("person")]


BOMB = '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]>\n<annotation>&c;</annotation>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (xml(("dgo", (1, 1, 2, 2), 0)), "VOC/Annotations/2007_01.xml: an object has the name `dgo`, which is no class"),
        (xml(("dog", (1, 1, 2), 0)), "VOC/Annotations/2007_01.xml: a `dog` has no box of four numbers"),
        (xml(("dog", (1, 1, 2, "x"), 0)), "VOC/Annotations/2007_01.xml: a `dog` has no box of four numbers"),
        (xml(("dog", (3, 1, 2, 2), 0)), "VOC/Annotations/2007_01.xml: a `dog` has a box of 0 by 2 pixels"),
        (
            xml(("dog", (1, 1, 14, 2), 0)),
            "VOC/Annotations/2007_01.xml: a `dog` has a box from (0, 0) to (14, 2), which leaves the image of 12 by 9 pixels",
        ),
        (xml(("dog", (1, 1, 2, 2), 2)), "VOC/Annotations/2007_01.xml: `difficult` of an object is 0 or 1, not `2`"),
        (xml(width=0), "VOC/Annotations/2007_01.xml must have the image's size"),
        (xml(height="high"), "VOC/Annotations/2007_01.xml must have the image's size"),
        ("<annotation>\n<size></annotation>", "VOC/Annotations/2007_01.xml is not XML: line 2, column 9: mismatched tag"),
        ("", "VOC/Annotations/2007_01.xml is not XML: line 1, column 1: no element found"),
        (BOMB, "VOC/Annotations/2007_01.xml declares a document type"),
        (BOMB.encode("utf-16"), "VOC/Annotations/2007_01.xml is not UTF-8 text: byte 1 is not part of a character"),
    ],
)
def test_annotations_of_voc_that_are_wrong_are_told(kit, content, message):
    Path("VOC/Annotations/2007_01.xml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        sound(voc(**kit))
    assert caught.value.message.startswith(message)


def test_images_with_faulty_annotations_of_voc_keep_their_numbers(kit):
    Path("VOC/ImageSets/Main/train.txt").write_text("2007_02\n2007_04\n2007_03\n2007_01\n")
    Path("VOC/Annotations/2007_01.xml").write_text(xml(("dog", (5, 5, 4, 9), 0)))
    examples = voc(**kit)
    assert examples.count == 4
    assert faults_of(examples) == {
        1: "there is no file VOC/Annotations/2007_04.xml",
        2: "there is no file VOC/Annotations/2007_03.xml",
        3: "VOC/Annotations/2007_01.xml: a `dog` has a box of 0 by 5 pixels",
    }
    assert examples.faulty[0].error().message == "there is no image VOC/JPEGImages/2007_04.jpg, which VOC/ImageSets/Main/train.txt lists"
    assert examples.read(examples.record(0))["boxes"].shape == (0, 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "VOCC"}, "there is no folder VOCC"),
        ({"split": "trian"}, "there is no file VOC/ImageSets/Main/trian.txt"),
        ({"classes": ["dog", "dog"]}, "`classes` of voc are different names"),
    ],
)
def test_arguments_of_voc_that_fit_nothing_are_told(kit, changes, message):
    with pytest.raises(DataError) as caught:
        voc(**{**kit, **changes})
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("\n", "VOC/ImageSets/Main/train.txt lists no image"),
        ("2007_01 1\n2007_02 -1\n", "VOC/ImageSets/Main/train.txt has the line `2007_01 1`"),
        ("2007_04\n", "there is no image VOC/JPEGImages/2007_04.jpg, which VOC/ImageSets/Main/train.txt lists"),
        ("2007_03\n", "there is no file VOC/Annotations/2007_03.xml"),
    ],
)
def test_lists_that_are_wrong_are_told(kit, lines, message):
    Path("VOC/ImageSets/Main/train.txt").write_text(lines)
    with pytest.raises(DataError) as caught:
        sound(voc(**kit))
    assert caught.value.message.startswith(message)
