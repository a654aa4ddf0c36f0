"""What two-stage and one-stage detectors do with boxes: propose regions, sample, cut out, keep the best.

Boxes are [y_min, x_min, y_max, x_max] in shares of the image's height and width, as in `tf.image` and TensorFlow Datasets.
Offsets are [ty, tx, th, tw] relative to the box that they correct, as in Faster R-CNN.
"""

from typing import Literal

from specc.graph import TensorSpec, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import require_floats, require_rank
from specc.registry.layers.window import along
from specc.registry.types import Size2D

MAP = "batch, height, width, channels"
BOXES = "batch, boxes, 4"
INTEGERS = "int32"


class RegionProposals(Params):
    """The regions that most probably hold an object: anchors corrected by their offsets, best first, without duplicates.

    Rows of zeros fill up where fewer are left.

    Input shape: `scores` and `offsets`, lists of maps (batch, height, width, n) and (batch, height, width, 4 n), n boxes at
        each place; `anchors`, (batch, boxes, 4), in the same order
    Output shape: (batch, post_nms_top_n, 4)
    Further output: `scores`, (batch, post_nms_top_n): probabilities of an object
    Reference: Ren et al., Faster R-CNN, 2015, https://arxiv.org/abs/1506.01497
    """

    pre_nms_top_n: int = param("How many boxes of each map go on to the suppression of duplicates.", default=2000, minimum=1)
    post_nms_top_n: int = param("How many regions come out.", default=1000, minimum=1)
    iou_threshold: float = param("Overlap from which the worse of two boxes is a duplicate.", default=0.7, minimum=0, maximum=1)
    score_threshold: float = param("Probability below which a box is left out.", default=0.0, minimum=0, maximum=1)
    min_size: float = param("Height and width below which a box is left out, as a share of the image.", default=0.0, minimum=0, maximum=1)


class SampleRegions(Params):
    """Regions to learn from: those that overlap an object and those that do not, drawn at random in a fixed share.

    Objects join the regions. Rows of zeros fill up objects where images have fewer; their label is negative.

    Input shape: `regions`, (batch, n, 4); `boxes`, (batch, objects, 4), and `labels`, (batch, objects), of the objects
    Output shape: (batch, batch_size_per_image, 4)
    Further outputs: `matched_labels`, (batch, batch_size_per_image), int32, 0 for the background; `matched_boxes`, (batch,
        batch_size_per_image, 4); `matched_indices`, (batch, batch_size_per_image), int32: which object it is
    Reference: Girshick, Fast R-CNN, 2015, section 2.3, https://arxiv.org/abs/1504.08083
    """

    batch_size_per_image: int = param("How many regions come out.", default=512, minimum=1)
    positive_fraction: float = param("Largest share of regions that overlap an object.", default=0.25, minimum=0, maximum=1)
    iou_threshold: float = param("Overlap from which a region belongs to an object.", default=0.5, minimum=0, maximum=1)


class RoIAlign(Params):
    """Cuts regions out of feature maps and samples them to one size, bilinearly and without rounding.

    Of several maps, a region is cut out of the one in which it is 14 to 28 places wide (the mean of height and width by their
    product: 224 pixels at a stride of 16), or of the nearest, as in feature pyramid networks.

    Input shape: `regions`, (batch, n, 4); `features`, a list of (batch, height, width, channels)
    Output shape: (batch, n, *output_size, channels)
    Reference: He et al., Mask R-CNN, 2017, https://arxiv.org/abs/1703.06870; Lin et al., Feature pyramid networks, 2016,
        https://arxiv.org/abs/1612.03144
    """

    output_size: Size2D = param("Size of what is cut out, one int or [height, width].")
    sampling_ratio: int = param("Points along each side of a cell whose mean is taken.", default=2, minimum=1)


class Detections(Params):
    """The objects that were found: boxes corrected by their offsets, best first, without duplicates, class by class.

    Rows of zeros fill up where fewer were found.

    Input shape: `scores`, (batch, boxes, classes), logits; `offsets`, (batch, boxes, 4), or (batch, boxes, 4 classes) with a
        correction for each class; `anchors`, (batch, boxes, 4): what the offsets correct
    Output shape: (batch, max_detections, 4): boxes
    Further outputs: `scores`, (batch, max_detections); `classes`, (batch, max_detections), int32; `valid_detections`,
        (batch,), int32: how many there are
    Reference: Liu et al., SSD, 2015, section 2.2, https://arxiv.org/abs/1512.02325
    """

    max_detections: int = param("How many objects of an image come out at most.", default=100, minimum=1)
    iou_threshold: float = param("Overlap from which the worse of two boxes of a class is a duplicate.", default=0.5, minimum=0, maximum=1)
    score_threshold: float = param("Probability below which a box is left out.", default=0.05, minimum=0, maximum=1)
    activation: Literal["softmax", "sigmoid"] = param("What makes scores probabilities.", default="softmax")
    background: bool = param("Whether class 0 is the background, which is nothing to be found.", default=True)
    variance: list[float] = param(
        "What offsets are multiplied by before they correct a box.", default=[0.1, 0.1, 0.2, 0.2], min_items=4, max_items=4
    )


def _int(*shape: int | None) -> TensorSpec:
    return TensorSpec((None, *shape), INTEGERS)


@layer(
    "region_proposals",
    keras="specc.keras_backend.layers.region_proposals.RegionProposals",
    examples=[
        example(
            inputs={"scores": [(4, 4, 3), (2, 2, 3)], "offsets": [(4, 4, 12), (2, 2, 12)], "anchors": (60, 4)},
            pre_nms_top_n=20,
            post_nms_top_n=8,
        )
    ],
    pending=True,
)
def region_proposals(p: RegionProposals, scores: list[TensorSpec], offsets: list[TensorSpec], anchors: TensorSpec) -> Facts:
    word = "region_proposals"
    if len(scores) != len(offsets):
        message = f"`{word}` takes scores and offsets of the same maps, but got {len(scores)} and {len(offsets)}"
        raise Mismatch("E0312", message, help="name the same maps in both")
    total: int | None = 0
    for score, offset in zip(scores, offsets, strict=True):
        require_rank(word, score, 4, MAP)
        require_rank(word, offset, 4, MAP)
        require_floats(word, score, offset)
        _corrects(word, score, offset, offset.channels, None if score.channels is None else 4 * score.channels)
        boxes = product(score.shape[1:])
        total = None if total is None or boxes is None else total + boxes
    _require_boxes(word, "anchors", anchors, total)
    batch = anchors.shape[0]
    return Facts(
        TensorSpec((batch, p.post_nms_top_n, 4)),
        extras={"scores": TensorSpec((batch, p.post_nms_top_n))},
    )


@layer(
    "sample_regions",
    keras="specc.keras_backend.layers.sample_regions.SampleRegions",
    examples=[example(inputs={"regions": (50, 4), "boxes": (10, 4), "labels": _int(10)}, batch_size_per_image=16)],
    pending=True,
)
def sample_regions(p: SampleRegions, regions: TensorSpec, boxes: TensorSpec, labels: TensorSpec) -> Facts:
    word = "sample_regions"
    _require_boxes(word, "regions", regions, None)
    if "int" not in labels.dtype:
        raise Mismatch("E0307", f"`{word}` takes labels that are integers, but got {labels}", help="give the input `dtype: int32`")
    require_rank(word, labels, 2, "batch, objects")
    _require_boxes(word, "boxes", boxes, labels.shape[1])
    batch, drawn = regions.shape[0], p.batch_size_per_image
    indices = TensorSpec((batch, drawn), INTEGERS)
    matched = {"matched_labels": indices, "matched_boxes": TensorSpec((batch, drawn, 4)), "matched_indices": indices}
    return Facts(TensorSpec((batch, drawn, 4)), extras=matched)


@layer(
    "roi_align",
    keras="specc.keras_backend.layers.roi_align.RoIAlign",
    examples=[
        example(inputs={"regions": (50, 4), "features": [(16, 16, 8), (8, 8, 8)]}, output_size=7),
        example(inputs={"regions": (None, 4), "features": [(None, None, 8)]}, output_size=[7, 5], sampling_ratio=1),
    ],
    pending=True,
)
def roi_align(p: RoIAlign, regions: TensorSpec, features: list[TensorSpec]) -> Facts:
    word = "roi_align"
    _require_boxes(word, "regions", regions, None)
    require_floats(word, *features)
    for each in features:
        require_rank(word, each, 4, MAP)
        if each.channels != features[0].channels:
            message = f"`{word}` cuts out of maps with equal channels, but got {features[0]} and {each}"
            raise Mismatch("E0312", message, help="bring them to one width by a 1x1 convolution each")
    return Facts(TensorSpec((regions.shape[0], regions.shape[1], *along(p.output_size, 2), features[0].channels)))


@layer(
    "detections",
    keras="specc.keras_backend.layers.detections.Detections",
    examples=[
        example(inputs={"scores": (50, 21), "offsets": (50, 4), "anchors": (50, 4)}),
        example(inputs={"scores": (None, 5), "offsets": (None, 20), "anchors": (None, 4)}, max_detections=10, activation="sigmoid"),
    ],
    pending=True,
)
def detections(p: Detections, scores: TensorSpec, offsets: TensorSpec, anchors: TensorSpec) -> Facts:
    word = "detections"
    require_rank(word, scores, 3, "batch, boxes, classes")
    require_rank(word, offsets, 3, "batch, boxes, 4")
    require_floats(word, scores, offsets)
    classes = scores.channels
    if offsets.channels != 4:
        _corrects(word, scores, offsets, offsets.channels, None if classes is None else 4 * classes)
    if None not in (scores.shape[1], offsets.shape[1]) and scores.shape[1] != offsets.shape[1]:
        raise Mismatch("E0312", f"`{word}` takes scores and offsets of the same boxes, but got {scores} and {offsets}")
    _require_boxes(word, "anchors", anchors, scores.shape[1])
    batch, found = scores.shape[0], p.max_detections
    extras = {
        "scores": TensorSpec((batch, found)),
        "classes": TensorSpec((batch, found), INTEGERS),
        "valid_detections": TensorSpec((batch,), INTEGERS),
    }
    return Facts(TensorSpec((batch, found, 4)), extras=extras)


def _corrects(word: str, scores: TensorSpec, offsets: TensorSpec, given: int | None, wanted: int | None) -> None:
    """Raises E0312 unless there are four offsets for each score."""
    if None not in (given, wanted) and given != wanted:
        message = f"`{word}` takes four offsets for each score, {wanted}, but got {offsets} beside {scores}"
        raise Mismatch("E0312", message, help=f"let the layer that predicts offsets have {wanted} filters or units")


def _require_boxes(word: str, argument: str, x: TensorSpec, count: int | None) -> None:
    """Raises E0301 or E0312 unless the tensor holds boxes, and as many as are asked."""
    if x.rank != 3 or x.shape[2] not in (4, None):
        raise Mismatch("E0301", f"`{argument}` of `{word}` must be boxes, ({BOXES}), but got {x}")
    if None not in (count, x.shape[1]) and x.shape[1] != count:
        message = f"`{word}` takes a box for each score or label, {count:,}, but `{argument}` has {x.shape[1]:,}"
        raise Mismatch("E0312", message, help="are the maps, the boxes at each place, and their order the same?")
