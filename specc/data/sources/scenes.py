"""Scenes composed from scans of digits: each is a function of seed, split and its number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import DataError
from specc.data.examples import Example, Examples, Record, examples_of
from specc.data.sources.embedded import scans
from specc.data.sources.scene_drawing import (
    Glyphs,
    Things,
    enlarged,
    extents,
    ink_colors,
    on_canvas,
    painted,
    paper,
    paper_weights,
    rendered,
)

SPLITS = ("train", "validation", "test")
TURN = math.radians(12)  # largest turn of a digit, either way
SMALLEST = 6  # pixels of height below which a digit cannot be read
TRIES = 20  # places that a digit tries
LAYOUTS = 5  # how often a scene is laid out at most; the last time on a grid


@dataclass(frozen=True)
class _Plan:
    """What the scenes of a source have in common; sizes in pixels, height before width.

    Args:
        objects: fewest and most digits.
        heights: of the smallest and of the largest digit.
        patch: what any digit fits into, with a free border.
        cells: rows and columns of the grid into whose cells the smallest digits fit, upright.
        key: what the random numbers of a scene are drawn from, together with its number.
        weights: of the colours of the paper.
    """

    size: tuple[int, int]
    objects: tuple[int, int]
    heights: tuple[float, float]
    max_overlap: float
    clutter: int
    color: bool
    patch: tuple[int, int]
    cells: tuple[int, int]
    key: Any
    weights: Any
    glyphs: Glyphs


def digit_scenes(
    *,
    split: str = "train",
    count: int = 2000,
    size: int | tuple[int, int] = 96,
    objects: Sequence[int] = (1, 4),
    digit_size: Sequence[float] = (0.2, 0.4),
    max_overlap: float = 0.2,
    clutter: int = 0,
    color: bool = True,
    seed: int = 0,
) -> Examples:
    """Scenes of digits with boxes, labels, masks and captions.

    Raises:
        DataError: the digits cannot be read at this size, or do not fit on the canvas.
    """
    height, width = (size, size) if isinstance(size, int) else size
    _check_ranges(objects, digit_size)
    heights = (digit_size[0] * min(height, width), digit_size[1] * min(height, width))
    glyphs = enlarged(*split_scans(split), zoom=min(max(round(heights[1] / 8), 2), 8))
    cell, patch = _room(heights[0], glyphs.aspect, 0.0), _room(heights[1], glyphs.aspect, TURN)
    cells = (height // cell[0], width // cell[1])
    _check_fit((height, width), objects[0], heights, patch, cells)
    plan = _Plan(
        size=(height, width),
        objects=(objects[0], objects[1]),
        heights=heights,
        max_overlap=max_overlap,
        clutter=clutter,
        color=color,
        patch=patch,
        cells=cells,
        key=_folded(tf.constant([seed, 0]), SPLITS.index(split)),
        weights=paper_weights(height, width),
        glyphs=glyphs,
    )
    return examples_of(
        {"scene": tf.range(count)},
        count,
        lambda record: _scene(plan, record),
        kinds={"image": "image", "boxes": "boxes", "labels": "object", "masks": "masks", "mask": "mask"},
        classes_of={"labels": 10, "mask": 11},
        classes=tuple(map(str, range(10))),
        place="scene {} of digit_scenes".format,
    )


def split_scans(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The scans of a split, (count, 8, 8, 1), and their digits. The division is fixed, so that no seed mixes the splits."""
    from sklearn.model_selection import train_test_split

    if split == "test":
        return scans("test", 0.2, 0)
    images, digits = scans("train", 0.2, 0)
    parts = train_test_split(images, digits, test_size=0.25, random_state=0, stratify=digits)
    return (parts[0], parts[2]) if split == "train" else (parts[1], parts[3])


def _check_ranges(objects: Sequence[int], digit_size: Sequence[float]) -> None:
    if not 0 <= objects[0] <= objects[1] or objects[1] < 1:
        raise DataError(f"`objects` of digit_scenes are the fewest and the most digits of a scene, not {list(objects)}", "write `[1, 4]`")
    if not 0 < digit_size[0] <= digit_size[1] <= 1:
        message = f"`digit_size` of digit_scenes is the smallest and the largest share of the canvas, from 0 to 1, not {list(digit_size)}"
        raise DataError(message, "write `[0.2, 0.4]`")


def _check_fit(size: tuple[int, int], fewest: int, heights: tuple[float, float], patch: tuple[int, int], cells: tuple[int, int]) -> None:
    canvas = f"a canvas of {size[0]} by {size[1]} pixels"
    if heights[0] < SMALLEST:
        message = f"digits of {heights[0]:.3g} pixels on {canvas} cannot be read"
        raise DataError(message, f"choose a `size` and a `digit_size` that give digits of {SMALLEST} pixels or more")
    if patch[0] > size[0] or patch[1] > size[1]:
        message = f"digits of {heights[1]:.3g} pixels do not fit on {canvas}: slightly turned, they take up to {patch[0]} by {patch[1]}"
        raise DataError(message, "choose a smaller `digit_size`")
    if cells[0] * cells[1] < fewest:
        message = f"{canvas} surely has room for {cells[0] * cells[1]} digits of {heights[0]:.3g} pixels side by side, not for {fewest}"
        raise DataError(message, "ask for fewer `objects`, a smaller `digit_size` or a larger `size`")


def _room(height: float, aspect: float, turn: float) -> tuple[int, int]:
    """Height and width of what a digit fits into, turned that far or less, with a pixel for rounding and a free one on every side."""
    down = height * (math.cos(turn) + aspect * math.sin(turn))
    across = height * (aspect * math.cos(turn) + math.sin(turn))
    return math.ceil(down) + 4, math.ceil(across) + 4


def _folded(key: Any, number: Any) -> Any:
    return tf.random.experimental.stateless_fold_in(key, number)


@tf.autograph.experimental.do_not_convert  # nothing here needs it, and it takes longer than the tracing
def _scene(plan: _Plan, record: Record) -> Example:
    """The scene of a number."""
    key = _folded(plan.key, record["scene"])
    many, start, lightness, dark = tf.unstack(tf.random.stateless_uniform((4,), _folded(key, 0)))
    dark = dark < 0.5
    fewest, most = plan.objects
    chosen, digits, things = _digits(plan, _folded(key, 1), fewest + tf.cast(many * (most - fewest + 1), tf.int32))
    inks = ink_colors(most + plan.clutter, start, dark, plan.color)
    image = paper(plan.weights, _folded(key, 2), lightness, start + 0.3, dark, plan.color)
    if plan.clutter:
        image = painted(image, inks[most:], on_canvas(_fragments(plan, _folded(key, 3)), plan.size))
    alpha = on_canvas(things, plan.size)
    image = painted(image, tf.gather(inks, chosen), alpha)
    # Not drawn from -0.02 on: the graph optimizer would add that to the image first, which changes the last bit.
    grain = 0.04 * (tf.random.stateless_uniform(image.shape[1:], _folded(key, 4)) - 0.5)
    image = tf.clip_by_value(image + grain, 0.0, 1.0)
    number = tf.range(tf.shape(digits)[0])[:, None]
    top = tf.maximum(tf.reduce_max(tf.where(alpha >= 0.5, number, -1), axis=0), -1)  # of no digits there is no largest
    masks = tf.reshape(top == number, (-1, *plan.size))
    boxes = tf.cast(extents(masks), tf.float32)
    return {
        "image": tf.reshape(tf.transpose(image), (*plan.size, image.shape[0])),
        "boxes": boxes,
        "labels": digits,
        "masks": tf.cast(masks, tf.uint8),
        "mask": tf.reshape(tf.gather(tf.concat([[0], digits + 1], axis=0), top + 1), plan.size),
        "caption": _caption(digits, boxes),
    }


def _digits(plan: _Plan, key: Any, wanted: Any) -> tuple[Any, Any, Things]:
    """The digits that found a place, in the order in which they are laid: their numbers among those drawn, which they are, themselves."""
    fewest, most = plan.objects
    draws = tf.random.stateless_uniform((most, 3), key)[: tf.maximum(wanted, 1)]
    scan = _whole(draws[:, 0], plan.glyphs.digits.shape[0])
    low, high = plan.heights

    def laid(layout: Any) -> Things:
        share = 1 - tf.cast(layout, tf.float32) / (LAYOUTS - 1)
        heights, angles = low + (high - low) * (share * draws[:, 1]), (2 * draws[:, 2] - 1) * (share * TURN)
        alpha = rendered(plan.glyphs, scan, heights, angles, plan.patch)
        ink = alpha >= 0.5
        inner = extents(ink)
        return Things(alpha, inner, _placed(ink, inner, _candidates(plan, inner, _folded(key, layout), layout), wanted, plan.max_overlap))

    def again(layout: Any, *things: Any) -> Any:
        return (layout < LAYOUTS - 1) & (tf.math.count_nonzero(_found(Things(*things)), dtype=tf.int32) < fewest)

    def anew(layout: Any, *_: Any) -> Any:
        things = laid(layout + 1)
        return layout + 1, things.alpha, things.extents, things.boxes

    things = laid(tf.constant(0))
    if fewest > 1:  # a single digit finds a place at once
        things = Things(*tf.while_loop(again, anew, (tf.constant(0), things.alpha, things.extents, things.boxes))[1:])
    chosen = tf.where(_found(things))[:, 0]
    return chosen, tf.gather(plan.glyphs.digits, tf.gather(scan, chosen)), things.only(chosen)


def _found(things: Things) -> Any:
    """Which of the things found a place."""
    return things.boxes[:, 3] > 0


def _candidates(plan: _Plan, inner: Any, key: Any, layout: Any) -> Any:
    """The places that each digit tries, (digits, tries, 2), left and top; in the last layout its cell of a grid comes first."""
    (height, width), sizes = plan.size, inner[:, None, 2:] - inner[:, None, :2]
    draws = tf.random.stateless_uniform((plan.objects[1], TRIES, 2), key)[: tf.shape(sizes)[0]]
    places = 1 + _whole(draws, (width - 1, height - 1) - sizes)
    if plan.objects[0] < 2:
        return places
    rows, columns = plan.cells
    order = tf.argsort(tf.random.stateless_uniform((rows * columns,), _folded(key, 1)))
    number = tf.range(tf.shape(sizes)[0])
    cell = tf.gather(order, tf.minimum(number, rows * columns - 1))
    corners = tf.stack([cell % columns, cell // columns], axis=1)
    start, end = (((corners + more) * (width, height) // (columns, rows))[:, None] for more in (0, 1))
    in_cell = start + 1 + _whole(draws[:, :1], end - start - 1 - sizes)
    first = tf.where(((number < rows * columns) & (layout == LAYOUTS - 1))[:, None, None], in_cell, places[:, :1])
    return tf.concat([first, places[:, 1:]], axis=1)


def _whole(draws: Any, ends: Any) -> Any:
    """Whole numbers from 0 up to an end that is not reached."""
    return tf.cast(draws * tf.cast(ends, tf.float32), tf.int32)


def _placed(ink: Any, inner: Any, places: Any, wanted: Any, max_overlap: float) -> Any:
    """Boxes of digits on the canvas, (digits, 4): each at the first of its places where it covers no earlier one too much.

    What a digit covers of another is bounded by its own box: by the area, and by the ink, of the other that lie in it.
    """
    sizes = inner[:, 2:] - inner[:, :2]
    # (digits, 2), area and ink: what there is of each, and what may be covered.
    whole = tf.stack([sizes[:, 0] * sizes[:, 1], tf.math.count_nonzero(ink, axis=(1, 2), dtype=tf.int32)], axis=1)
    free = max_overlap * tf.cast(whole, tf.float32)
    inside = _counter(ink)
    # Left and top are negative here, so that what two boxes share is their minimum.
    tried = tf.concat([-places, places + sizes[:, None]], axis=2)
    around = (tried + 1)[:, :, None]  # with the soft edge

    def laid(number: Any, boxes: Any, covered: Any) -> Any:
        shared = tf.minimum(tf.gather(around, number), boxes)
        size = tf.nn.relu(shared[..., 2:] + shared[..., :2])
        more = tf.stack([tf.reduce_prod(size, axis=2), inside(inner[:, :2] + boxes[:, :2] - shared[..., :2], size)], axis=2)
        good = tf.reduce_all(tf.cast(covered + more, tf.float32) <= free, axis=(1, 2))
        chosen = tf.argmax(tf.cast(good, tf.int32))
        fits = tf.gather(good, chosen)
        box = tf.where(fits, tf.gather(tf.gather(tried, number), chosen), 0)
        boxes = tf.tensor_scatter_nd_update(boxes, [[number]], box[None])
        return number + 1, boxes, covered + tf.where(fits, tf.gather(more, chosen), 0)

    start = (tf.constant(0), tf.zeros_like(inner), tf.zeros_like(whole))
    return tf.while_loop(lambda number, *_: number < wanted, laid, start)[1] * (-1, -1, 1, 1)


def _counter(ink: Any) -> Callable[[Any, Any], Any]:
    """A function that counts the pixels of ink in boxes: from corners and sizes, (tries, masks, 2), in the patch of each mask."""
    height, width = ink.shape[1:]
    above, before = np.tri(height + 1, height, -1, dtype=np.float32), np.tri(width + 1, width, -1, dtype=np.float32)
    # How many there are above and left of each corner of a pixel: a box has those of two corners less those of the others.
    sums = tf.reshape(tf.cast(above @ tf.cast(ink, tf.float32) @ before.T, tf.int32), (-1,))
    signs = tf.constant([[1, -1], [-1, 1]])[:, :, None, None]
    mask = tf.range(tf.shape(ink)[0]) * ((height + 1) * (width + 1))

    def count(corners: Any, sizes: Any) -> Any:
        ends = tf.clip_by_value(tf.stack([corners, corners + sizes]), 0, (width, height)) * (1, width + 1)
        return tf.reduce_sum(signs * tf.gather(sums, mask + ends[:, None, ..., 0] + ends[None, ..., 1]), axis=(0, 1))

    return count


def _fragments(plan: _Plan, key: Any) -> Things:
    """Pieces of digits in thinner ink: what lies in a disc around the outermost point of a stroke in some direction."""
    draws = tf.random.stateless_uniform((plan.clutter, 8), key)
    low, high = plan.heights
    heights = low + (high - low) * draws[:, 1]
    alpha = rendered(plan.glyphs, _whole(draws[:, 0], plan.glyphs.digits.shape[0]), heights, (2 * draws[:, 2] - 1) * TURN, plan.patch)
    rows, columns = (tf.range(side, dtype=tf.float32) for side in plan.patch)
    angle = draws[:, 3, None, None] * (2 * np.pi)
    outward = tf.where(alpha >= 0.5, columns * tf.cos(angle) + rows[:, None] * tf.sin(angle), -np.inf)
    point = tf.argmax(tf.reshape(outward, (plan.clutter, -1)), axis=1, output_type=tf.int32)
    across = columns - tf.cast(point % plan.patch[1], tf.float32)[:, None]
    down = rows - tf.cast(point // plan.patch[1], tf.float32)[:, None]
    distance = tf.sqrt(tf.square(across)[:, None] + tf.square(down)[:, :, None])
    radius = heights * (0.2 + 0.14 * draws[:, 4])
    disc = tf.nn.relu((radius + 0.5)[:, None, None] - distance)
    inner = extents((alpha >= 0.5) & (disc >= 0.5))
    thin = tf.minimum(disc, (0.4 + 0.45 * draws[:, 5])[:, None, None])
    sizes = inner[:, 2:] - inner[:, :2]
    corners = 1 + _whole(draws[:, 6:], (plan.size[1] - 1, plan.size[0] - 1) - sizes)
    return Things(alpha * thin, inner, tf.concat([corners, corners + sizes], axis=1))


NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def _caption(digits: Any, boxes: Any) -> Any:
    """What a scene shows, told from left to right; the declaration has the grammar."""
    middles = tf.cast(boxes[:, :2] + boxes[:, 2:], tf.int32)  # twice the centres: whole numbers
    order = tf.argsort(middles[:, 0] * 2**15 + middles[:, 1], stable=True)
    middles, digits = tf.gather(middles, order), tf.gather(digits, order)
    across, down = tf.unstack(middles[1:] - middles[:-1], axis=1)
    beside, below = tf.abs(across) >= tf.abs(down), down > 0
    ahead = tf.where(beside, " left of ", tf.where(below, " above ", " below "))
    behind = tf.where(beside, " right of ", tf.where(below, " below ", " above "))
    a = tf.gather(["an eight" if name == "eight" else f"a {name}" for name in NAMES], digits)
    the = tf.gather([f"the {name}" for name in NAMES], digits)
    later = tf.strings.join([", and ", a[2:], behind[1:], the[1:-1]])
    told = tf.strings.reduce_join(tf.concat([a[:1], ahead[:1], a[1:2], later], axis=0))
    return tf.where(tf.size(digits) == 0, "nothing", told)
