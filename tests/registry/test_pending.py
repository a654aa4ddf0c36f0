"""Words of which only the declaration is there: which they are, so that none is forgotten."""

import pytest

from specc.registry import MODULES
from specc.registry.entry import entries

PENDING = {
    "layer": {"detections", "region_proposals", "roi_align", "sample_regions"},
    "objective": {"faster_rcnn", "language_model", "mask_rcnn", "sequence_cross_entropy", "ssd"},
    "sampler": {"beam", "sample"},
}


@pytest.mark.parametrize("family", MODULES)
def test_what_is_pending_is_named_here(family: str) -> None:
    assert {name for name, entry in entries(family).items() if entry.pending} == PENDING.get(family, set())
