"""A Keras model as an ONNX file, by way of tf2onnx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras


def export_onnx(model: keras.Model, path: Path) -> None:
    """Writes the model, with any size of batch. Raises UnsupportedByOnnx where ONNX has no word for what it computes."""
    import onnx

    _declare_erfc()
    # keras/src/export/onnx.py refuses a model that was never called. A call with its own symbolic inputs computes nothing.
    model(model.input)
    model.export(path, format="onnx", verbose=False)
    try:
        # tf2onnx only logs an operation that it cannot convert, and leaves TensorFlow's in the file.
        onnx.checker.check_model(path)
    except onnx.checker.ValidationError as error:
        raise UnsupportedByOnnx(str(error).split("\n", 1)[0]) from error


class UnsupportedByOnnx(Exception):
    """What the model computes cannot be said in ONNX."""


def _declare_erfc() -> None:
    """Teaches tf2onnx, which knows `Erf`, the `Erfc` that TensorFlow's exact `gelu` is made of."""
    import numpy as np
    from tf2onnx.handler import tf_op

    class Erfc:
        @classmethod
        def version_9(cls, context: Any, node: Any, **_: Any) -> None:
            """1 - erf(x)."""
            shape, kind = context.get_shape(node.output[0]), context.get_dtype(node.output[0])
            context.remove_node(node.name)
            one = context.make_const(f"{node.name}_one", np.array(1, np.float32)).output[0]
            erf = context.make_node("Erf", node.input, dtypes=[kind], shapes=[shape]).output[0]
            context.make_node("Sub", [one, erf], name=node.name, outputs=node.output, dtypes=[kind], shapes=[shape])

    tf_op("Erfc")(Erfc)
