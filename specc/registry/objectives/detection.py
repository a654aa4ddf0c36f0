"""Objectives of detectors. Boxes are [y_min, x_min, y_max, x_max] in shares of the image."""

from typing import ClassVar

from specc.registry.entry import declare, param
from specc.registry.objectives.base import Objective


@declare("objective", "ssd", target="specc.objectives.detection.ssd.SSD", examples=[{}, {"negatives": 3}], pending=True)
class SSD(Objective):
    """Boxes that overlap an object are to name and to fit it; of all others, the worst are to be background.

    Formula: (cross-entropy + alpha * smooth L1) / matched boxes
    Needs: the heads `scores` (batch, boxes, classes), `offsets` and `anchors` (batch, boxes, 4); the fields `boxes`, `labels`
    Reference: Liu et al., SSD, 2015, https://arxiv.org/abs/1512.02325
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ("scores", "offsets", "anchors")
    needs_targets: ClassVar[tuple[str, ...]] = ("boxes", "labels")
    negatives: float = param("How many boxes of the background count for each box that overlaps an object.", default=3.0, above=0)
    iou_threshold: float = param("Overlap from which a box belongs to an object.", default=0.5, minimum=0, maximum=1)
    alpha: float = param("Weight of the boxes' fit.", default=1.0, minimum=0)


@declare("objective", "faster_rcnn", target="specc.objectives.detection.faster_rcnn.FasterRCNN", pending=True)
class FasterRCNN(Objective):
    """Anchors are to tell objects from background and to move towards them; regions are to name and to fit them.

    Needs: the heads `rpn_scores` and `rpn_offsets`, a list of maps each, `rpn_anchors`; `region_proposals`, `region_scores`,
        `region_offsets`, and what `sample_regions` matched: `region_labels` and `region_boxes`; the fields `boxes`, `labels`
    Reference: Ren et al., Faster R-CNN, 2015, https://arxiv.org/abs/1506.01497
    """

    needs_outputs: ClassVar[tuple[str, ...]] = (
        "rpn_scores", "rpn_offsets", "rpn_anchors", "region_proposals", "region_scores", "region_offsets", "region_labels", "region_boxes",
    )  # fmt: skip
    needs_targets: ClassVar[tuple[str, ...]] = ("boxes", "labels")
    rpn_positive_iou: float = param("Overlap from which an anchor holds an object.", default=0.7, minimum=0, maximum=1)
    rpn_negative_iou: float = param("Overlap below which an anchor is background.", default=0.3, minimum=0, maximum=1)
    rpn_batch_size_per_image: int = param("Anchors of an image that learn at each step.", default=256, minimum=1)
    rpn_positive_fraction: float = param("Largest share of them that holds an object.", default=0.5, minimum=0, maximum=1)


@declare("objective", "mask_rcnn", target="specc.objectives.detection.mask_rcnn.MaskRCNN", pending=True)
class MaskRCNN(FasterRCNN):
    """Faster R-CNN's objective, and the cross-entropy of the masks of regions that hold an object.

    Needs: what `faster_rcnn` needs, and the heads `masks` and `region_indices`, which object each region is matched with; the
        field `masks` too
    Reference: He et al., Mask R-CNN, 2017, https://arxiv.org/abs/1703.06870
    """

    needs_outputs = (*FasterRCNN.needs_outputs, "region_indices", "masks")
    needs_targets = (*FasterRCNN.needs_targets, "masks")
