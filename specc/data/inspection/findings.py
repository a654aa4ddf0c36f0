"""What looks wrong with data. Each function looks for one thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from specc.data.faults import told
from specc.data.inspection.looks import Look, Looked, ends_beyond
from specc.data.inspection.statistics import ClassCounts

NAMED = 3  # records, or pairs of them, that a message names
LISTED = 12  # classes that a message names
IMBALANCE = {"examples": 20, "objects": 20, "pixels": 1_000}  # times as many of one class as of another
BRIGHT = 1.05  # what images reach at most, beside a little that interpolation adds


@dataclass(frozen=True)
class Finding:
    """Something that looks wrong.

    Args:
        kind: what it is, in a word.
        message: one sentence.
        records: where it was found, named as the data name their records.
    """

    kind: str
    message: str
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labelled:
    """What a head knows of labels that nobody has counted the classes of.

    Args:
        head: its name.
        scores: how many it gives.
        classes: how many classes it tells apart.
        least: the least label; -1 where some may have no class.
    """

    head: str
    scores: int
    classes: int
    least: int = 0


def findings(
    looked: Looked,
    classes: Sequence[ClassCounts],
    others: Mapping[str, Looked],
    pad_to: int | None = None,
    labelled: Mapping[str, Labelled] | None = None,
) -> tuple[Finding, ...]:
    """All that looks wrong with a part of the data.

    Args:
        others: other parts, by name, with which it should share no example.
        pad_to: how many objects an example has in a batch, where that number is given.
        labelled: what heads know of labels, by field.
    """
    found: list[Finding] = []
    for search in (unreadable, out_of_range, outside, plain, duplicates, constant):
        found += search(looked)
    for name, known in (labelled or {}).items():
        found += beyond_head(looked, name, known)
    for counts in classes:
        found += [*missing_classes(counts), *imbalance(counts)]
    for part, other in others.items():
        found += shared(looked, other, part)
    return (*found, *cut_objects(looked, pad_to))


def unreadable(looked: Looked) -> Iterator[Finding]:
    """Records that cannot be read: files that are no images, labels that are no class, boxes without a size, NaN."""
    count = looked.unreadable_count
    if count:
        message = f"{_number(count, 'record')} cannot be read: {told(list(looked.unreadable), count)}"
        yield Finding("unreadable", message, tuple(fault.place for fault in looked.unreadable))


def out_of_range(looked: Looked) -> Iterator[Finding]:
    """Images that are not from 0 to 1."""
    for name in _of_kind(looked, "image"):
        wrong = [look for look in looked.looks if look.ranges[name][0] < 1 - BRIGHT or look.ranges[name][1] > BRIGHT]
        if wrong:
            low, high = min(look.ranges[name][0] for look in wrong), max(look.ranges[name][1] for look in wrong)
            message = f"{_number(len(wrong), 'image')} of `{name}` {_have(wrong)} values from {low:.4g} to {high:.4g}, not from 0 to 1"
            yield Finding("out_of_range", message + _named(looked, wrong), _places(looked, wrong))


def outside(looked: Looked) -> Iterator[Finding]:
    """Boxes that reach out of their image by more than a pixel, as rounding does not explain."""
    wrong = [look for look in looked.looks if look.outside]
    if wrong:
        boxes, farthest = sum(len(look.outside) for look in wrong), max(max(look.outside) for look in wrong)
        reach = f"reach{'es' if boxes == 1 else ''} out of the image, by up to {farthest:.4g} pixels"
        message = f"{_number(boxes, 'box', 'boxes')} of {_number(len(wrong), 'example')} {reach}"
        yield Finding("outside", message + _named(looked, wrong), _places(looked, wrong))


def plain(looked: Looked) -> Iterator[Finding]:
    """Images that are all of one colour."""
    for name in _of_kind(looked, "image"):
        wrong = [look for look in looked.looks if name in look.plain]
        if wrong:
            message = f"{_number(len(wrong), 'image')} of `{name}` {'is' if len(wrong) == 1 else 'are'} all of one colour"
            yield Finding("plain", message + _named(looked, wrong), _places(looked, wrong))


def duplicates(looked: Looked) -> Iterator[Finding]:
    """Examples whose images are the same; of data without images those with the same texts and sequences."""
    names, what = _identity(looked)
    groups: dict[tuple[bytes, ...], list[Look]] = defaultdict(list)
    for look in looked.looks:
        groups[tuple(look.digests[name] for name in names)].append(look)
    same = [group for group in groups.values() if len(group) > 1]
    if names and same:
        shown = "; ".join(" = ".join(looked.place(look) for look in group[:NAMED]) for group in same[:NAMED])
        further = f"; and {len(same) - NAMED:,} more" if len(same) > NAMED else ""
        message = f"{_number(len(same), what)} {'is' if len(same) == 1 else 'are'} there more than once: {shown}{further}"
        yield Finding("duplicate", message, tuple(looked.place(look) for group in same for look in group))


def shared(looked: Looked, other: Looked, part: str) -> Iterator[Finding]:
    """Examples that another part has too, so that what is measured there says too much."""
    names, what = _identity(looked)
    if not names or not set(names) <= set(other.examples.fields):
        return
    known = {tuple(look.digests[name] for name in names): look for look in other.looks}
    pairs = [(look, known[key]) for look in looked.looks if (key := tuple(look.digests[name] for name in names)) in known]
    if pairs:
        shown = "; ".join(f"{looked.place(mine)} = {other.place(theirs)}" for mine, theirs in pairs[:NAMED])
        further = f"; and {len(pairs) - NAMED:,} more" if len(pairs) > NAMED else ""
        message = f"{_number(len(pairs), what)} {'is' if len(pairs) == 1 else 'are'} in `{part}` too: {shown}{further}"
        yield Finding("shared", message, tuple(looked.place(mine) for mine, _ in pairs))


def constant(looked: Looked) -> Iterator[Finding]:
    """Fields, and columns of vectors, that are the same in all examples. A class that is the only one is told as the others' lack."""
    if len(looked.looks) < 2:
        return
    first = looked.looks[0]
    for name, field in looked.examples.fields.items():
        if field.kind != "value" or field.classes is not None:
            continue
        if all(look.digests[name] == first.digests[name] for look in looked.looks):
            low, high = first.ranges.get(name, (0.0, 1.0))
            yield Finding("constant", f"`{name}` is the same in all examples" + (f": {low:.6g}" if low == high else ""))
        elif all(look.vectors.get(name, np.empty(0)).shape == look.shapes[name] == first.shapes[name] for look in looked.looks):
            yield from _constant_columns(name, np.stack([look.vectors[name] for look in looked.looks]))


def _constant_columns(name: str, values: np.ndarray) -> Iterator[Finding]:
    same = np.flatnonzero((values == values[0]).all(axis=0))
    if len(same):
        which = f"{'is' if len(same) == 1 else 'are'} the same in all examples: {_listed([str(column) for column in same])}"
        yield Finding("constant", f"{len(same)} of {values.shape[1]} values of `{name}` {which}, counted from 0")


def beyond_head(looked: Looked, name: str, known: Labelled) -> Iterator[Finding]:
    """Labels of which a head knows nothing: looked for in all examples of a table, if they are read without much else."""
    examples = looked.examples
    if not looked.is_whole and examples.is_table and examples.fields[name].kind != "mask":
        ends = ends_beyond(examples, name, known.least, known.classes)
    else:
        ranges = {look.number: look.ranges[name] for look in looked.looks if name in look.ranges}
        ends = {number: (int(low), int(high)) for number, (low, high) in ranges.items()}
    scores = f"head `{known.head}` gives " + ("one score, for the classes 0 and 1" if known.scores == 1 else f"{known.scores:,} scores")
    above = {number: high for number, (_, high) in ends.items() if high >= known.classes}
    if above:
        message = f"`{name}` goes up to {max(above.values())}, but {scores}"
        yield _of_records("beyond_head", message, looked, above)
    below = {number: low for number, (low, _) in ends.items() if low < known.least}
    if below:
        message = f"`{name}` goes down to {min(below.values())}, but classes are counted from 0"
        yield _of_records("beyond_head", message, looked, below)


def _of_records(kind: str, message: str, looked: Looked, numbers: Iterable[int]) -> Finding:
    """A finding that names its records."""
    places = tuple(looked.examples.place(number) for number in numbers)
    return Finding(kind, f"{message}: {_listed(places, NAMED, '; ')}", places)


def missing_classes(counts: ClassCounts) -> Iterator[Finding]:
    """Classes without an example."""
    missing = [name for name, count in zip(counts.names, counts.counts, strict=True) if not count]
    if missing and sum(counts.counts):
        unit = counts.unit.removesuffix("s")
        where = "" if counts.is_whole else " among those looked at"
        verb = "has" if len(missing) == 1 else "have"
        message = f"{len(missing):,} of {len(counts.names):,} classes of `{counts.field}` {verb} no {unit}{where}: "
        yield Finding("missing_class", message + _listed([f"`{name}`" for name in missing]))


def imbalance(counts: ClassCounts) -> Iterator[Finding]:
    """A class that comes very much more often than another one."""
    there = [(count, name) for name, count in zip(counts.names, counts.counts, strict=True) if count]
    if len(there) < 2:
        return
    (most, larger), (least, smaller) = max(there, key=lambda each: each[0]), min(there, key=lambda each: each[0])
    if most >= IMBALANCE[counts.unit] * least:
        ratio = f"{most // least:,} times as many {counts.unit} as `{smaller}`: {most:,} and {least:,}"
        yield Finding("imbalance", f"`{counts.field}`: class `{larger}` has {ratio}")


def cut_objects(looked: Looked, pad_to: int | None) -> Iterator[Finding]:
    """Objects that go because an example has more of them than a batch has room for."""
    if pad_to is None:
        return
    wrong = [look for look in looked.looks if look.objects is not None and look.objects > pad_to]
    if wrong:
        gone = sum((look.objects or 0) - pad_to for look in wrong)
        most = max(look.objects or 0 for look in wrong)
        total = sum(look.objects or 0 for look in looked.looks)
        where = f"from {len(wrong):,} of {len(looked.looks):,} examples, which have up to {most:,}"
        message = f"`objects.pad_to: {pad_to}` takes {gone:,} of {total:,} objects away, {where}"
        yield Finding("cut_objects", message + _named(looked, wrong), _places(looked, wrong))


def _identity(looked: Looked) -> tuple[list[str], str]:
    """The fields that make an example what it is, and what an example is called."""
    images = _of_kind(looked, "image")
    if images:
        return images, "image"
    values = {name: field for name, field in looked.examples.fields.items() if field.kind == "value"}
    return [name for name, field in values.items() if field.is_text or field.spec.rank > 1], "example"


def _of_kind(looked: Looked, kind: str) -> list[str]:
    return [name for name, field in looked.examples.fields.items() if field.kind == kind]


def _places(looked: Looked, looks: Iterable[Look]) -> tuple[str, ...]:
    return tuple(looked.place(look) for look in looks)


def _named(looked: Looked, looks: Sequence[Look]) -> str:
    """The end of a message, which names some records."""
    return ": " + _listed([looked.place(look) for look in looks], NAMED, "; ")


def _listed(names: Sequence[str], shown: int = LISTED, between: str = ", ") -> str:
    further = f"{between}and {len(names) - shown:,} more" if len(names) > shown else ""
    return between.join(names[:shown]) + further


def _number(count: int, singular: str, plural: str | None = None) -> str:
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def _have(looks: Sequence[Look]) -> str:
    return "has" if len(looks) == 1 else "have"
