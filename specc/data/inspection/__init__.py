"""Data looked at before training: what examples are like, what looks wrong with them, and what the network gets of them."""

from specc.data.inspection.channels import ChannelStatistics, as_normalize, channel_statistics, channels_of
from specc.data.inspection.findings import Finding
from specc.data.inspection.overview import Inspection, Overview, inspect, overview
from specc.data.inspection.sample import FieldValues, Sample, take_sample
from specc.data.inspection.sheet import draw_sheet

__all__ = [
    "ChannelStatistics",
    "FieldValues",
    "Finding",
    "Inspection",
    "Overview",
    "Sample",
    "as_normalize",
    "channel_statistics",
    "channels_of",
    "draw_sheet",
    "inspect",
    "overview",
    "take_sample",
]
