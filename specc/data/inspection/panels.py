"""The images of a sample as pictures: values brought into what can be seen, masks laid over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from specc.data.inspection.sample import Example, Sample, of_view
from specc.data.inspection.statistics import class_names
from specc.registry.data.fields import Field
from specc.registry.data.transforms.values import Normalize, Rescaling
from specc.registry.entry import Choice

# Okabe and Ito, 2008: colours that people who see red and green alike tell apart. Then the same darker, and lighter.
HUES = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442")
DARKER, LIGHTER = 0.55, 0.5
SLACK = 0.05  # beyond 0 and 1, what interpolation may add
TINT, LIGHT_TINT = 0.75, 0.4  # how much a colour covers of what lies under it
PALE = 0.45  # brightness of black under the colours of classes, which shall look the same everywhere
LUMA = (0.299, 0.587, 0.114)

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Panel:
    """A picture with what is drawn on it.

    Args:
        pixels: (height, width, 3), from 0 to 1.
        tag: what it shows, where an example has several.
        boxes: (objects, 4), left, top, right, bottom in its pixels.
        colours: of the boxes.
        names: of the objects; empty where nothing is known of them.
    """

    pixels: np.ndarray
    tag: str = ""
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    colours: tuple[Colour, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pictures:
    """The panels of every example, and what has to be said of them all.

    Args:
        legend: colours and names of classes, by field.
        notes: sentences about how values are shown.
    """

    panels: tuple[tuple[Panel, ...], ...]
    legend: Mapping[str, tuple[tuple[Colour, str], ...]]
    notes: tuple[str, ...]


def colour_of(number: int) -> Colour:
    """The colour of a class, or of an object."""
    hue = HUES[number % len(HUES)]
    red, green, blue = (int(hue[place : place + 2], 16) / 255 for place in (1, 3, 5))
    round_ = number // len(HUES) % 3
    if round_ == 1:
        return red * DARKER, green * DARKER, blue * DARKER
    if round_ == 2:
        red, green, blue = (value + (1 - value) * LIGHTER for value in (red, green, blue))
        return red, green, blue
    return red, green, blue


def pictures_of(sample: Sample) -> Pictures:
    """The panels of a sample: for each field of images and each view one, and one more where pixels have classes."""
    images = [name for name, known in sample.fields.items() if known.kind == "image"]
    panels: list[list[Panel]] = [[] for _ in sample.examples]
    notes: dict[str, None] = {}
    views = len(sample.transforms)
    for place, name in enumerate(images):
        for view in range(max((len(example[name]) for example in sample.examples), default=0)):
            shown, note = visible([of_view(example[name], view) for example in sample.examples], name, sample.transforms[view])
            notes.update(dict.fromkeys(note))
            tag = " ".join([*([name] if len(images) > 1 else []), *([f"view {view + 1}"] if views > 1 else [])])
            for row, example, pixels in zip(panels, sample.examples, shown, strict=True):
                row += _panels(example, view, pixels, tag, sample) if place == 0 else [Panel(pixels, tag)]
    return Pictures(tuple(map(tuple, panels)), _legend(sample), tuple(notes))


def visible(images: Sequence[np.ndarray], name: str, transforms: Sequence[Choice] = ()) -> tuple[list[np.ndarray], list[str]]:
    """Images (height, width, channels) as (height, width, 3) from 0 to 1, all in the same way, and what is to be said of that.

    Values beyond 0 and 1 are brought back as they were before `normalize` and `rescaling`; where that does not help, so that
    the least becomes black and the largest white.
    """
    if not images:
        return [], []
    notes, channels = [], images[0].shape[-1]
    colours = [np.nan_to_num(_colours(image.astype(np.float64)), posinf=0, neginf=0) for image in images]
    low, high = (float(found) for found in (min(image.min() for image in colours), max(image.max() for image in colours)))
    if channels == 2 or channels > 4:
        notes.append(f"of the {channels} channels of `{name}` {'the first is' if channels == 2 else 'the first three are'} shown")
    if not _fits(low, high):
        extent = f"`{name}` has values from {low:.3g} to {high:.3g}; it is shown"
        before, undone = undo(colours, name, transforms)
        if undone and _fits(min(image.min() for image in before), max(image.max() for image in before)):
            notes.append(f"{extent} as before {' and '.join(f'`{each}`' for each in undone)}")
            colours = before
        else:
            notes.append(f"{extent} with {low:.3g} as black and {high:.3g} as white")
            colours = [(image - low) / max(high - low, 1e-12) for image in colours]
    return [np.broadcast_to(np.clip(image, 0, 1), (*image.shape[:2], 3)) for image in colours], notes


def _fits(low: float, high: float) -> bool:
    return low >= -SLACK and high <= 1 + SLACK


def _colours(image: np.ndarray) -> np.ndarray:
    """One or three channels. What is transparent lies on white."""
    channels = image.shape[-1]
    if channels == 4:
        return image[..., :3] * image[..., 3:] + 1 - image[..., 3:]
    return image[..., : 1 if channels < 3 else 3]


def undo(images: Sequence[np.ndarray], name: str, transforms: Sequence[Choice]) -> tuple[list[np.ndarray], list[str]]:
    """Images before `normalize` and `rescaling`, and which of these there are."""
    found, undone = list(images), []
    for choice in reversed(transforms):
        params = choice.params
        if isinstance(params, Normalize) and params.field == name and len(params.mean) in (1, found[0].shape[-1]):
            found = [image * np.array(params.std) + np.array(params.mean) for image in found]
        elif isinstance(params, Rescaling) and params.field == name and params.scale:
            found = [(image - params.offset) / params.scale for image in found]
        else:
            continue
        undone.append(choice.name)
    return found, undone[::-1]


def _panels(example: Example, view: int, pixels: np.ndarray, tag: str, sample: Sample) -> list[Panel]:
    """The image with its objects, and the same in grey with the classes of its pixels."""
    fields = sample.fields
    values = {name: of_view(value, view) for name, value in example.items()}
    boxes, masks, semantic = (_first(fields, kind) for kind in ("boxes", "masks", "mask"))
    named = names_of_objects(values, fields, sample.classes)
    count = max((len(values[name]) for name in (boxes, masks) if name is not None), default=0)
    label = label_field(fields)
    if masks is None and label is not None:
        colours = [colour_of(int(number)) for number in values[label]]
    else:
        colours = [colour_of(number) for number in range(count)]  # a colour for each: what overlaps is told apart
    shown = pixels if masks is None else with_masks(pixels, values[masks], colours)
    around = values[boxes] if boxes is not None else around_masks(values[masks]) if masks is not None else np.zeros((0, 4))
    found = [Panel(shown, tag, around, tuple(colours[: len(around)]), named)]
    if semantic is not None:
        clear = _clear(fields[semantic], sample.classes)
        found.append(Panel(with_classes(pixels, values[semantic], clear), f"{tag} {semantic}".strip()))
    return found


def _first(fields: Mapping[str, Field], kind: str) -> str | None:
    return next((name for name, known in fields.items() if known.kind == kind), None)


def label_field(fields: Mapping[str, Field]) -> str | None:
    """The field with the classes of objects."""
    return next(
        (name for name, known in fields.items() if known.kind == "object" and known.classes is not None and known.spec.rank == 2), None
    )


def names_of_objects(values: Mapping[str, np.ndarray], fields: Mapping[str, Field], classes: Sequence[str]) -> tuple[str, ...]:
    """What the objects of an example are called."""
    label = label_field(fields)
    if label is None:
        return ()
    names = class_names(fields[label], classes, fields[label].classes or 0)
    return tuple(names[number] if 0 <= number < len(names) else str(number) for number in values[label])


def around_masks(masks: np.ndarray) -> np.ndarray:
    """Boxes around masks (objects, height, width)."""
    found = []
    for mask in masks:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        found.append((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if len(rows) else (0, 0, 0, 0))
    return np.array(found, np.float64).reshape(-1, 4)


def with_masks(pixels: np.ndarray, masks: np.ndarray, colours: Sequence[Colour]) -> np.ndarray:
    """A picture with masks (objects, height, width) over it, each with an edge."""
    found = np.array(pixels)
    width = max(1, round(max(pixels.shape[:2]) / 150))
    for mask, colour in zip(masks.astype(bool), colours, strict=True):
        found[mask] = (1 - LIGHT_TINT) * found[mask] + LIGHT_TINT * np.array(colour)
        found[_edge(mask, width)] = colour
    return found


def _edge(mask: np.ndarray, width: int) -> np.ndarray:
    """The outermost pixels of a mask."""
    inner = mask
    for _ in range(width):
        padded = np.pad(inner, 1)
        inner = inner & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner


def with_classes(pixels: np.ndarray, mask: np.ndarray, clear: int | None) -> np.ndarray:
    """A picture in grey under the colours of the classes of its pixels. Those without a class, -1, are striped.

    Args:
        mask: (height, width).
        clear: the class that has no colour.
    """
    grey = np.repeat(PALE + (1 - PALE) * (pixels @ np.array(LUMA))[..., None], 3, axis=-1)
    height, width = mask.shape[:2]
    for number in np.unique(mask):
        there = mask == number
        if number < 0:
            stripe = max(1, max(height, width) // 40)
            dark = (np.add.outer(np.arange(height), np.arange(width)) // stripe) % 2 == 0
            grey[there] = np.where(dark[there], 0.25, 0.75)[:, None]
        elif number != clear:
            grey[there] = (1 - TINT) * grey[there] + TINT * np.array(colour_of(int(number)))
    return grey


def _clear(known: Field, classes: Sequence[str]) -> int | None:
    """The class of a mask that has no colour: the background; where classes have no names, the first."""
    names = class_names(known, classes, known.classes or 0)
    return 0 if not names or names[0] in ("background", "0") else None


def _legend(sample: Sample) -> dict[str, tuple[tuple[Colour, str], ...]]:
    """The classes that are seen, where colours stand for classes."""
    found = {}
    objects = label_field(sample.fields) if _first(sample.fields, "masks") is None and _first(sample.fields, "boxes") else None
    for name in (objects, _first(sample.fields, "mask")):
        if name is None:
            continue
        known = sample.fields[name]
        seen = sorted({int(number) for example in sample.examples for each in example[name] for number in np.unique(each)})
        clear = _clear(known, sample.classes) if known.kind == "mask" else None
        names = class_names(known, sample.classes, known.classes or max(seen, default=0) + 1)
        found[name] = tuple((colour_of(number), names[number]) for number in seen if number >= 0 and number != clear)
    return found
