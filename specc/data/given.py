"""Data sets handed in from Python.

A `tf.data.Dataset`, or anything else that can be gone through again and again, gives mappings of fields, or pairs (x, y). In
a pair, a tensor x feeds the model's only input and a mapping feeds inputs by name; a tensor y is the only target and a
mapping has targets by name. A field with several views is a tuple of tensors. The data set may be batched or not: a tensor
of the input's own rank, batch included, is a batch, one axis less an example, and examples are batched with the spec's
`batch_size`. Order is the data set's own: specc shuffles only what it reads itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from specc.data.errors import first_line
from specc.data.examples import fields_of
from specc.data.feed import Feed
from specc.data.shares import Share
from specc.diagnostics import fail
from specc.graph import Graph
from specc.language.roles import listed
from specc.registry.entry import nearest
from specc.registry.experiment import Stage
from specc.registry.objectives.losses import Loss, loss_params

PARTS = ("train", "validation", "test")


def datasets(data: Any) -> dict[str, tf.data.Dataset]:
    """The data sets that were handed in, by part; other iterables than `tf.data.Dataset` are made one.

    Raises:
        SpecError: `data` has a part that is none, or something else than a data set.
    """
    if not isinstance(data, Mapping):
        message = f"`data` must be a mapping of data sets, not {type(data).__name__}"
        raise fail("E0508", message, help='data={"train": my_data, "validation": my_other_data}')
    for part in data:
        if part not in PARTS:
            close = nearest(str(part), PARTS)
            raise fail(
                "E0508", f"`data` has no part `{part}`", help=f"did you mean `{close}`?" if close else f"the parts are {listed(PARTS)}"
            )
    return {part: given if isinstance(given, tf.data.Dataset) else _of_iterable(given, part) for part, given in data.items()}


def _of_iterable(given: Any, part: str) -> tf.data.Dataset:
    """The elements of an iterable as a data set. They are gone through once, to know how many there are, and of which shapes."""
    if isinstance(given, (str, bytes, tuple, Mapping, np.ndarray, tf.Tensor)) or not (
        hasattr(given, "__iter__") or hasattr(given, "__getitem__")
    ):
        message = f'`data["{part}"]` must be a tf.data.Dataset, or an iterable of examples or batches, not {type(given).__name__}'
        raise fail("E0508", message, help="tf.data.Dataset.from_tensor_slices((x, y)) makes one of arrays")
    if hasattr(given, "__next__"):
        message = f'`data["{part}"]` is {type(given).__name__}, which can be gone through only once, and training needs it in every epoch'
        raise fail("E0508", message, help="hand in a list, or an object whose `__iter__` begins anew")

    def elements() -> Iterator[Any]:
        # Keras's own sequences have a length and no end.
        found = (given[index] for index in range(len(given))) if hasattr(given, "__len__") and hasattr(given, "__getitem__") else given
        return (tf.nest.map_structure(np.asarray, element) for element in found)

    signature, count = None, 0
    try:
        for element in elements():
            spec = tf.nest.map_structure(lambda array: tf.TensorSpec(array.shape, tf.as_dtype(array.dtype)), element)
            signature = spec if signature is None else tf.nest.map_structure(_wider, signature, spec)
            count += 1
    except Exception as error:  # whatever the user's code raises, and elements that are not alike
        raise fail("E0508", f"the {part} data cannot be gone through: {type(error).__name__}: {first_line(error)}") from error
    if signature is None:
        raise fail("E0508", f"the {part} data are empty")
    made = tf.data.Dataset.from_generator(elements, output_signature=signature)
    return made.apply(tf.data.experimental.assert_cardinality(count))


def _wider(one: tf.TensorSpec, other: tf.TensorSpec) -> tf.TensorSpec:
    """What two tensors have in common. Raises TypeError where that is not even the dtype and the rank."""
    if one.dtype != other.dtype or one.shape.rank != other.shape.rank:
        raise TypeError(f"one element has {one.dtype.name} {one.shape}, another {other.dtype.name} {other.shape}")
    return tf.TensorSpec([a if a == b else None for a, b in zip(one.shape, other.shape, strict=True)], one.dtype)


def given_feed(dataset: tf.data.Dataset, graph: Graph, train: Stage, batch_size: int, part: str = "train", target: str = "target") -> Feed:
    """The batches of a data set that was handed in.

    Args:
        target: what a target without a name is called, where the losses do not ask for one by name.

    Raises:
        SpecError: its elements are no fields, or it is endless or empty.
    """
    spec = dataset.element_spec
    name = _target_name(train, target)
    _named(spec if isinstance(spec, tuple) else (spec,), graph, name, part)  # told here: inside `map` errors would lose their kind
    named = dataset.map(lambda *element: _named(element, graph, name, part))
    if not _is_batched(named.element_spec, graph):
        named = named.batch(batch_size)
    steps = _steps(named, part)
    fields = fields_of({name: _first(value) for name, value in named.element_spec.items()}, {}, batched=True)

    def stream(first: int, last: int, skip: int = 0, share: Share | None = None) -> tf.data.Dataset:
        batches = named.repeat(last - first).skip(skip)
        return (batches if share is None else batches.flat_map(share.parts)).prefetch(tf.data.AUTOTUNE)

    return Feed(stream, steps, None, fields)


def _named(element: tuple[Any, ...], graph: Graph, target: str, part: str) -> dict[str, Any]:
    """The fields of an element."""
    if len(element) == 1 and isinstance(element[0], dict):
        return _plain(element[0], part)
    if len(element) != 2:
        found = f"{len(element)} parts" if len(element) > 1 else "one tensor"
        raise fail("E0508", f"elements of the {part} data must be mappings of fields or pairs (x, y), not {found}")
    x, y = element
    inputs = list(graph.inputs)
    if not isinstance(x, dict) and len(inputs) > 1:
        raise fail(
            "E0508", f"the model takes {listed(inputs)}, but x of the {part} data is one tensor", help="give x as a mapping by input"
        )
    x = x if isinstance(x, dict) else {inputs[0]: x}
    y = y if isinstance(y, dict) else {target: y}
    both = x.keys() & y.keys()
    if both:
        raise fail("E0508", f"x and y of the {part} data both have {listed(sorted(both))}", help="give them different names")
    return _plain({**x, **y}, part)


def _plain(fields: dict[str, Any], part: str) -> dict[str, Any]:
    for name, value in fields.items():
        for view in value if isinstance(value, tuple) and value else (value,):
            if not isinstance(view, (tf.Tensor, tf.TensorSpec)):
                raise fail("E0508", f"the field `{name}` of the {part} data is no tensor but {type(view).__name__}")
    return {name: value for name, value in fields.items() if _first(value).dtype != tf.string}


def _first(value: Any) -> Any:
    """A field, or its first view."""
    return value[0] if isinstance(value, tuple) else value


def _target_name(train: Stage, otherwise: str) -> str:
    """What a target without a name is called: as the losses ask for it, if they all ask for one."""
    losses = [*train.losses.values(), *([train.objective] if train.objective is not None else [])]
    asked = {loss_params(loss).target for loss in losses if isinstance(loss.params, Loss)}
    return next(iter(asked)) or otherwise if len(asked) == 1 else otherwise


def _is_batched(spec: Mapping[str, Any], graph: Graph) -> bool:
    """Whether the fields that feed inputs have a batch axis. Ranks that fit neither are told later, with their shapes."""
    fed = [(tensor.spec.rank, _first(spec[name]).shape.rank) for name, tensor in graph.inputs.items() if name in spec]
    return not fed or any(rank is None or rank >= wanted for wanted, rank in fed)


def _steps(batches: tf.data.Dataset, part: str) -> int:
    """Batches of one pass. Data sets that do not know are counted once."""
    cardinality = int(batches.cardinality())
    if cardinality == tf.data.INFINITE_CARDINALITY:
        raise fail("E0508", f"the {part} data are endless", help="end an epoch with `.take(steps)`")
    try:
        steps = cardinality if cardinality >= 0 else int(batches.reduce(0, lambda count, _: count + 1))
    except tf.errors.OpError as error:
        raise fail("E0508", f"the {part} data cannot be read: {first_line(error)}") from error
    if steps == 0:
        raise fail("E0508", f"the {part} data are empty")
    return steps
