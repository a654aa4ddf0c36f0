"""A graph made into Keras models."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import keras

from specc.diagnostics import SpecError, fail
from specc.graph import Argument, Graph, KerasCall, Layer, Node, Tensor, TensorSpec
from specc.registry import plugins


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
            apply = self._apply_registered if plugins.registered("layer", node.layer.word) else self._apply
            values[node] = apply(node, value(first), {**arguments, **node.options})
        outputs = {name: value(output) for name, output in graph.outputs.items()}
        return keras.Model(_alone(inputs), _alone(outputs), name=keras_name(graph.name))

    def _apply(self, node: Node, first: Any, keywords: Mapping[str, Any]) -> Any:
        call = node.layer.call
        if call.is_operation:
            return operate(call, first, keywords)
        return self._layer(node.layer)(first, **keywords)

    def _apply_registered(self, node: Node, first: Any, keywords: Mapping[str, Any]) -> Any:
        """The same for a user's layer, which may fail, or make something else than it declares. Raises SpecError."""
        try:
            made = self._apply(node, first, keywords)
            layer = self._layer(node.layer)
            # A layer that says its output's shape itself is not run until it meets data.
            ran = keras.Operation.compute_output_spec(layer, first, **keywords)
        except SpecError:
            raise
        except Exception as error:
            raise plugins.failure(error, f"the Keras layer of `{node.layer.word}`") from error
        for result in (made, ran):
            _check_declaration(node, result, layer)
        return made

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


def _check_declaration(node: Node, made: Any, layer: keras.layers.Layer) -> None:
    """Raises SpecError where a user's layer gives other shapes, or owns other weights, than its declaration says."""
    outputs = list(made) if isinstance(made, (list, tuple)) else [made]
    for name, declared, real in (
        ("an output", [str(spec) for spec in node.outputs], [str(TensorSpec(tuple(each.shape), each.dtype)) for each in outputs]),
        ("weights", [weight.shape for weight in node.layer.weights], [tuple(weight.shape) for weight in layer.weights]),
    ):
        if declared != real:
            told, found = (", ".join(map(str, each)) or "none" for each in (declared, real))
            message = f"`{node.layer.word}` declares {name} of {told}, but its Keras layer has {found}"
            raise fail("E0704", message, node.origin.span, help="correct the function that declares the layer, or the Keras layer")


def _alone(named: dict[str, Any]) -> Any:
    """One tensor as itself, several by name."""
    return next(iter(named.values())) if len(named) == 1 else named


def keras_name(name: str) -> str:
    """A name that Keras takes."""
    return name.replace("/", "-")


def operate(call: KerasCall, first: Any, keywords: Mapping[str, Any]) -> Any:
    """Applies a function of `keras.ops`; `first` is its first tensor, or the list of all of them."""
    function = resolve(call.target)
    if call.tensors_last:
        return function(*call.args, *first, **call.kwargs, **keywords)
    return function(first, *call.args, **call.kwargs, **keywords)


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
    """The class or function at a dotted path that the registry names. Raises SpecError where a user's cannot be imported."""
    module, _, name = target.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:
        if target not in plugins.targets():
            raise
        raise plugins.failure(error, f"`{target}`, which a plug-in names,") from error
