"""A graph made into Keras models."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import keras

from specc.graph import Argument, Graph, KerasCall, Layer, Node, Tensor


class Builder:
    """Builds models whose layers are shared wherever paths are equal: the training graph and the inference graph."""

    def __init__(self) -> None:
        self._layers: dict[str, keras.layers.Layer] = {}

    def model(self, graph: Graph) -> keras.Model:
        """The functional model of a graph. Layer names are node paths with `-` for `/`."""
        inputs = {name: keras.Input(tensor.spec.shape[1:], dtype=tensor.spec.dtype, name=name) for name, tensor in graph.inputs.items()}
        values: dict[Node, Any] = {}

        def value(argument: Argument) -> Any:
            if isinstance(argument, tuple):
                return [value(tensor) for tensor in argument]
            return _tensor_value(argument, inputs, values)

        for node in graph.nodes:
            (_, first), *others = node.arguments.items()
            arguments = {name: value(argument) for name, argument in others}
            values[node] = self._apply(node, value(first), {**arguments, **node.options})
        outputs = {name: value(output) for name, output in graph.outputs.items()}
        return keras.Model(_alone(inputs), _alone(outputs), name=keras_name(graph.name))

    def _apply(self, node: Node, first: Any, keywords: Mapping[str, Any]) -> Any:
        call = node.layer.call
        if call.is_operation:
            return resolve(call.target)(first, *call.args, **call.kwargs, **keywords)
        return self._layer(node.layer)(first, **keywords)

    def _layer(self, layer: Layer) -> keras.layers.Layer:
        made = self._layers.get(layer.path)
        if made is None:
            made = self._layers[layer.path] = construct(layer.call, name=layer.name)
            made.trainable = layer.trainable
        return made


def _tensor_value(tensor: Tensor, inputs: Mapping[str, Any], values: Mapping[Node, Any]) -> Any:
    if tensor.node is None:
        return inputs[tensor.name]
    value = values[tensor.node]
    return value[tensor.index] if tensor.node.returns_sequence else value


def _alone(named: dict[str, Any]) -> Any:
    """One tensor as itself, several by name."""
    return next(iter(named.values())) if len(named) == 1 else named


def keras_name(name: str) -> str:
    """A name that Keras takes."""
    return name.replace("/", "-")


def construct(call: KerasCall, **keywords: Any) -> Any:
    """Makes the object that a call describes, nested calls first."""
    args = [_argument(value) for value in call.args]
    kwargs = {name: _argument(value) for name, value in call.kwargs.items()}
    return resolve(call.target)(*args, **kwargs, **keywords)


def _argument(value: Any) -> Any:
    if isinstance(value, KerasCall):
        return construct(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_argument(item) for item in value)
    return value


@cache
def resolve(target: str) -> Any:
    """The class or function at a dotted path that the registry names."""
    module, _, name = target.rpartition(".")
    return getattr(importlib.import_module(module), name)
