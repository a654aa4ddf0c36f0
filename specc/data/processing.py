"""What is done to one example, from what the source gives to what goes into a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import tensorflow as tf

from specc.data.examples import Example, as_floats, in_floats
from specc.data.moves import moved_boxes, moved_image, moved_mask, moved_masks, sizes_of
from specc.data.objects import cut_off, filled_up
from specc.keras_backend.build import resolve
from specc.registry.data.fields import BY_OBJECT, Field
from specc.registry.data.pipeline import Objects, Pipeline, View, changed_by
from specc.registry.data.transforms.transform import Geometric, Making, moving, transform_params
from specc.registry.entry import Choice

Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Processing:
    """Transforms and views.

    Args:
        transforms: for every example, in order.
        views: kinds of views, each with transforms of its own; without any there is one, and no list of them.
        mixing: what is done to batches.
        objects: which objects stay.
        fields: the fields that go in.
    """

    transforms: tuple[Choice, ...]
    views: tuple[View, ...]
    mixing: tuple[Choice, ...]
    objects: Objects
    fields: Fields

    @property
    def fixed(self) -> int:
        """How many transforms come before the first random one: they need to be done only once."""
        places = (place for place, choice in enumerate(self.transforms) if transform_params(choice).random)
        return next(places, len(self.transforms))

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do to an example."""
        by_object = any(field.kind in BY_OBJECT for field in self.fields.values())
        stored = any(field.kind == "image" and field.is_integer for field in self.fields.values())
        return not (self.transforms or self.views or by_object or stored)

    def prepared(self, example: Example) -> Example:
        """An example after the fixed transforms."""
        return transformed(example, self.transforms[: self.fixed], self.fields, self.objects)

    def rest(self) -> Processing:
        """What is left to do after `prepared`."""
        return replace(self, transforms=self.transforms[self.fixed :], fields=fields_after(self.fields, self.transforms[: self.fixed]))

    def finished(self, example: Example, key: Any) -> Example:
        """A prepared example as it goes into a batch. Fields of which every view has its own are tuples."""
        if not self.views:
            return self._filled(transformed(example, self.transforms, self.fields, self.objects, key), ())
        each = [(view, (*self.transforms, *view.transforms)) for view in self.views for _ in range(view.count)]
        keys = iter(keys_from(key, sum(_draws(transforms) for _, transforms in each)))
        seen = [
            self._filled(_transformed(example, transforms, self.fields, self.objects, keys), view.transforms) for view, transforms in each
        ]
        various = changed_by([*self.transforms, *(choice for view in self.views for choice in view.transforms)], self.fields)
        return {name: tuple(each[name] for each in seen) if name in various else value for name, value in seen[0].items()}

    def _filled(self, example: Example, further: Sequence[Choice]) -> Example:
        return filled_up(in_floats(example, self.fields), fields_after(self.fields, (*self.transforms, *further)), self.objects.pad_to)


def processing_of(pipeline: Pipeline, fields: Fields) -> Processing:
    """What a pipeline does to the examples of its source."""
    single = [choice for choice in pipeline.transforms if not transform_params(choice).partners]
    mixing = [choice for choice in pipeline.transforms if transform_params(choice).partners]
    return Processing(tuple(single), tuple(pipeline.views), tuple(mixing), pipeline.objects, fields)


def fields_after(fields: Fields, transforms: Sequence[Choice]) -> Fields:
    """What is known of the fields after transforms."""
    for choice in transforms:
        fields = transform_params(choice).fields(fields)
    return fields


def transformed(example: Example, transforms: Sequence[Choice], fields: Fields, objects: Objects | None = None, key: Any = None) -> Example:
    """An example after transforms. Each random one draws from a key of its own."""
    return _transformed(example, transforms, fields, objects or Objects(), iter(keys_from(key, _draws(transforms))))


def _draws(transforms: Sequence[Choice]) -> int:
    """How many transforms draw."""
    return sum(transform_params(choice).random for choice in transforms)


def _transformed(example: Example, transforms: Sequence[Choice], fields: Fields, objects: Objects, keys: Iterator[Any]) -> Example:
    for choice in transforms:
        params = transform_params(choice)
        arguments = {name: value for name, value in vars(params).items() if name not in ("field", "into")}
        drawn = {"key": next(keys)} if params.random else {}
        change = partial(resolve(choice.entry.target), **arguments, **drawn)
        if isinstance(params, Geometric):
            example = moved(example, params.field, fields, change, objects)
        else:
            value = example[params.field]
            changed = change(as_floats(value) if fields[params.field].kind == "image" else value)
            value, further = changed if isinstance(params, Making) else (changed, None)
            example = {**example, params.field: value, **({params.into: further} if isinstance(params, Making) else {})}
        fields = params.fields(fields)
    return example


def moved(example: Example, name: str, fields: Fields, moves_of: Any, objects: Objects) -> Example:
    """An example whose field of that name has moved, and what follows it."""
    kind, value = fields[name].kind, example[name]
    sizes = sizes_of(value[0] if kind == "masks" else value)
    moves = moves_of(sizes)
    functions = {"boxes": moved_boxes, "mask": moved_mask, "masks": moved_masks}
    places = [each for each in moving(name, fields) if each in example]
    example = {**example, **{each: functions.get(fields[each].kind, moved_image)(example[each], moves) for each in places}}
    for move in moves:
        sizes = move.sizes(sizes)
    return cut_off(example, {each: fields[each] for each in fields}, sizes, objects) if kind == "image" else example


def keys_from(key: Any, count: int) -> list[Any]:
    """Keys of their own, as many as asked, from one; all at once, since each operation costs as much as a small image's."""
    return tf.unstack(tf.random.stateless_uniform((count, 2), key, None, None, tf.int32)) if count else []


def fold(key: Any, number: Any) -> Any:
    """A key of one's own, from a key and a number."""
    return tf.random.experimental.stateless_fold_in(key, tf.cast(number, tf.int32))
