"""What the front end says of a network without TensorFlow is what Keras builds: shapes, weights, costs, memory.

Multiply-adds are counted from the operations of the TensorFlow graph, everything else from Keras's symbolic tensors.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import keras
import pytest
import tensorflow as tf

import specc
from specc.graph import BYTES, Graph
from specc.keras_backend.build import Builder
from specc.zoo import zoo

GRAPHS = [*((name, False) for name in sorted(zoo())), ("googlenet", True)]


@pytest.fixture(autouse=True)
def _free() -> Iterator[None]:
    yield
    keras.backend.clear_session()


@pytest.fixture(scope="module", params=GRAPHS, ids=lambda each: each[0] + ("-training" if each[1] else ""))
def built(request: pytest.FixtureRequest) -> tuple[Graph, keras.Model]:
    name, training = request.param
    graph = specc.load(name).graph(training=training)
    return graph, Builder().model(graph)


def outputs_of(graph: Graph, model: keras.Model) -> Iterator[tuple[Any, list[Any]]]:
    """Every node with what Keras's layer gave in that call. Operations of `keras.ops` are met in the same order."""
    operations = iter([op for op in model.operations if not isinstance(op, keras.layers.Layer)])
    calls: dict[str, int] = {}
    for node in graph.nodes:
        call = node.layer.call
        operation = next(operations) if call.is_operation else model.get_layer(node.layer.name)
        index = calls.get(node.layer.path, 0)
        calls[node.layer.path] = index + 1
        yield node, keras.tree.flatten(operation._inbound_nodes[index].output_tensors)


def test_every_shape_is_keras_s(built: tuple[Graph, keras.Model]) -> None:
    graph, model = built
    for node, tensors in outputs_of(graph, model):
        assert [tuple(tensor.shape) for tensor in tensors] == [spec.shape for spec in node.outputs], node.path
        assert [tensor.dtype for tensor in tensors] == [spec.dtype for spec in node.outputs], node.path


def test_every_weight_is_keras_s(built: tuple[Graph, keras.Model]) -> None:
    graph, model = built
    declared = {
        f"{layer.name}/{weight.name}": (weight.shape, layer.trainable and weight.trainable)
        for layer in graph.layers
        for weight in layer.weights
    }
    found = {weight.path: (tuple(weight.shape), weight.trainable) for weight in model.weights if "seed_generator" not in weight.path}
    assert found == declared
    assert graph.parameters == sum(layer.count_params() for layer in model.layers if layer.weights)


def test_activation_memory_is_the_sum_of_keras_s_outputs(built: tuple[Graph, keras.Model]) -> None:
    graph, model = built
    if not is_counted(graph):
        assert graph.activation_bytes is None
        return
    total = 0
    for _, tensors in outputs_of(graph, model):
        for tensor in tensors:
            size = BYTES[tensor.dtype]
            for axis in tensor.shape[1:]:
                size *= axis
            total += size
    assert graph.activation_bytes == total


def test_multiply_adds_are_those_of_the_tensorflow_graph(built: tuple[Graph, keras.Model]) -> None:
    graph, model = built
    assert graph.macs == (counted_macs(model) if is_counted(graph) else None)


def is_counted(graph: Graph) -> bool:
    """Whether the sizes of the inputs are known, so that there is something to count."""
    return all(None not in tensor.spec.shape[1:] for tensor in graph.inputs.values())


COUNTED = ("Conv2D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2", "Conv2DBackpropInput", "Einsum")


def counted_macs(model: keras.Model) -> int:
    """Multiply-adds of the convolutions and matrix products that TensorFlow runs."""
    specs = [tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype) for tensor in model.inputs]
    called = tf.function(lambda *inputs: model(inputs[0] if len(inputs) == 1 else list(inputs), training=False))
    # Keras hides a grouped convolution in a function for XLA, which would leave it without a shape here.
    with patch.object(tf, "function", lambda **_: lambda function: function):
        concrete = called.get_concrete_function(*specs)
    return sum(_macs_of(operation) for operation in concrete.graph.get_operations() if operation.type in COUNTED)


def _macs_of(operation: Any) -> int:
    """Multiply-adds of one TensorFlow operation, from its shapes."""
    output = operation.outputs[0].shape
    inputs = [tensor.shape for tensor in operation.inputs]
    match operation.type:
        case "Conv2D":
            height, width, channels, _ = inputs[1]
            return output.num_elements() * height * width * channels
        case "DepthwiseConv2dNative":
            height, width, _, _ = inputs[1]
            return output.num_elements() * height * width
        case "Conv2DBackpropInput":
            height, width, filters, _ = inputs[1]
            return inputs[2].num_elements() * height * width * filters
        case "MatMul":
            return output.num_elements() * (inputs[0][0] if operation.get_attr("transpose_a") else inputs[0][1])
        case "BatchMatMulV2":
            return output.num_elements() * (inputs[0][-2] if operation.get_attr("adj_x") else inputs[0][-1])
    left, _ = operation.get_attr("equation").decode().split("->")
    sizes: dict[str, int] = {}
    for labels, shape in zip(left.split(","), inputs, strict=True):
        sizes.update(zip(labels, shape, strict=True))
    total = 1
    for size in sizes.values():
        total *= size
    return total
