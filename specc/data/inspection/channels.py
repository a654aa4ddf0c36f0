"""Mean and standard deviation of the channels of images: what `normalize` takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from specc.data.examples import Examples
from specc.data.faults import faults
from specc.data.inspection.looks import Watch, readable_ones, some_of, unwatched
from specc.data.inspection.overview import opened_part
from specc.diagnostics import fail
from specc.language.parts import pipeline_of
from specc.language.spec import Spec
from specc.registry.data.pipeline import Pipeline
from specc.registry.data.transforms.transform import transform_params
from specc.registry.data.transforms.values import Normalize
from specc.registry.entry import Choice

FLAT = 1e-6  # what rounding leaves of the deviation of a channel that is the same everywhere
LOOKED_AT = 100_000  # images, unless others are asked for: more change no digit that matters


@dataclass(frozen=True)
class ChannelStatistics:
    """Mean and standard deviation of every channel of a field, over all pixels of all images.

    Args:
        field: its name.
        mean: by channel.
        std: by channel; the root of the mean squared distance from the mean.
        examples: how many the part has.
        images: how many of these were read.
        pixels: how many there are together.
        low: the least value.
        high: the largest one.
        unreadable: how many images could not be read, and are left out.
        faults: the first of these, each with its reason.
    """

    field: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    examples: int
    images: int
    pixels: int
    low: float
    high: float
    unreadable: int = 0
    faults: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all were looked at."""
        return self.images + self.unreadable == self.examples

    @property
    def flat(self) -> tuple[int, ...]:
        """The channels that are the same everywhere."""
        return tuple(channel for channel, std in enumerate(self.std) if std < FLAT)


class Moments:
    """Count, mean and sum of squared distances from the mean by channel, of one image after the other.

    Formula: with n, m, s of what there was and k, a, b of an image, d = a - m: n + k, m + d k / (n + k), s + b + d^2 n k / (n + k)
    Reference: Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979
    """

    def __init__(self) -> None:
        self.images = self.pixels = 0
        self.low, self.high = np.inf, -np.inf
        self.mean = self.squares = np.zeros(1)

    def add(self, image: np.ndarray) -> None:
        """Takes an image (height, width, channels)."""
        values = image.reshape(-1, image.shape[-1]).astype(np.float64)
        if not len(values):
            return
        mean = values.mean(axis=0)
        distance, pixels = mean - self.mean, self.pixels + len(values)
        self.squares = self.squares + ((values - mean) ** 2).sum(axis=0) + distance**2 * (self.pixels * len(values) / pixels)
        self.mean = self.mean + distance * (len(values) / pixels)
        self.images, self.pixels = self.images + 1, pixels
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))


def channels_of(spec: Spec, limit: int = LOOKED_AT, watch: Watch[Any] = unwatched) -> tuple[ChannelStatistics, ...]:
    """The statistics of a spec's training images as `normalize` meets them: after fixed transforms, without random ones.

    Raises:
        SpecError: there are no training data, they have no images, or none can be read.
    """
    opened = opened_part(spec, "train", before_normalize(pipeline_of(spec, "train")))
    found = channel_statistics(opened.examples, limit, watch)
    if found:
        return found
    if any(field.kind == "image" for field in opened.examples.fields.values()):
        raise opened.fault() or AssertionError("images that can be read have pixels")
    names = ", ".join(f"`{name}`" for name in opened.examples.fields)
    raise fail("E0507", f"the train data of `{spec.name}` have no images: they have {names}", spec.span_of("data", "train", "source"))


def before_normalize(pipeline: Pipeline) -> Pipeline:
    """The pipeline up to its first `normalize`, without what is drawn at random; nothing is kept."""
    transforms: list[Choice] = []
    for choice in [*pipeline.transforms, *(pipeline.views[0].transforms if pipeline.views else [])]:
        if isinstance(choice.params, Normalize):
            break
        if not transform_params(choice).random:
            transforms.append(choice)
    return Pipeline(**{**vars(pipeline), "transforms": transforms, "views": [], "cache": "none", "on_error": "fail"})


def channel_statistics(examples: Examples, limit: int = LOOKED_AT, watch: Watch[Any] = unwatched) -> tuple[ChannelStatistics, ...]:
    """Mean and standard deviation by channel of every field of images, over up to `limit` examples.

    Fields without an image that can be read are left out.
    """
    names = [name for name, field in examples.fields.items() if field.kind == "image"]
    if not names:
        return ()
    numbers = some_of(examples, limit)
    some = examples.in_floats().rows(numbers).only(names)
    moments = {name: Moments() for name in names}
    for _, example in watch(readable_ones(some, some.read), len(numbers)):
        for name in names:
            moments[name].add(example[name])
    seen = {name: each for name, each in moments.items() if each.pixels}
    faulty = tuple(map(str, faults(some)[0])) if any(each.images < len(numbers) for each in seen.values()) else ()
    return tuple(_statistics(name, each, examples.count, len(numbers), faulty) for name, each in seen.items())


def _statistics(name: str, found: Moments, examples: int, asked: int, faulty: tuple[str, ...]) -> ChannelStatistics:
    std = np.sqrt(found.squares / found.pixels)
    values = (tuple(map(float, found.mean)), tuple(map(float, std)))
    return ChannelStatistics(name, *values, examples, found.images, found.pixels, found.low, found.high, asked - found.images, faulty)


def as_normalize(found: ChannelStatistics) -> str:
    """What a spec says: `normalize: {mean: [0.3054], std: [0.3761]}`; `field` where it is not `image`.

    A channel that is the same everywhere is divided by 1.
    """
    field = "" if found.field == "image" else f", field: {found.field}"
    std = [1.0 if channel in found.flat else value for channel, value in enumerate(found.std)]
    return f"normalize: {{mean: {_numbers(found.mean)}, std: {_numbers(std)}{field}}}"


def _numbers(values: Sequence[float]) -> str:
    """Numbers with four digits, none of them lost by YAML: `1e-05` would be a text there."""
    return "[" + ", ".join(np.format_float_positional(value, 4, fractional=False, trim="0") for value in values) + "]"
