"""The zoo's networks of torchvision's convention give torchvision's outputs.

PyTorch is not needed: every weight is drawn from a seed that its path gives, and what torchvision 0.29.1 made of them is written
here, as `python tests/keras_backend/test_parity_with_torchvision.py` prints it where both are installed.
"""

from __future__ import annotations

import gc
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

# The first logits of one image, by torchvision 0.29.1 with torch 2.14.1.
LOGITS: dict[str, list[float]] = {
    "resnet18": [-5.19441, -1.08857, -0.84821, 0.75296, 1.59477, -3.30774],
    "resnet34": [-14.71315, -5.75987, 8.37698, -5.93016, 12.20083, -20.91642],
    "vit_b16": [0.30225, -0.94678, 0.58805, 0.56496, -2.10389, -0.50923],
}


def drawn(path: str, shape: tuple[int, ...]) -> np.ndarray:
    """A weight of Keras's shape; kernels keep the size of what goes through them."""
    random = np.random.default_rng(zlib.crc32(path.encode()))
    name = path.rsplit("/", 1)[-1]
    if name in ("gamma", "moving_variance"):
        return random.uniform(0.8, 1.2, shape).astype("float32")
    if name in ("kernel", "depthwise_kernel"):
        inputs = shape[0] if "attention/" in path and "output" not in path else int(np.prod(shape[:-1]))
        return (random.normal(0, 1, shape) / np.sqrt(inputs)).astype("float32")
    return random.normal(0, 0.1, shape).astype("float32")


def image(size: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(1, size, size, 3)).astype("float32")


@pytest.fixture(autouse=True)
def one_big_model_at_a_time() -> Iterator[None]:
    import keras

    yield
    keras.backend.clear_session()
    gc.collect()


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if "vit" in name else ()) for name in LOGITS])
def test_outputs_are_those_of_torchvision(name: str) -> None:
    import specc

    model = specc.build(name)
    for weight in model.weights:
        weight.assign(drawn(weight.path, tuple(weight.shape)))
    found = np.asarray(model(image(model.input_shape[1]), training=False))[0, : len(LOGITS[name])]
    np.testing.assert_allclose(found, LOGITS[name], rtol=1e-4, atol=1e-4)


# What follows runs where torchvision is, to make the numbers above.


def keras_path(name: str) -> str:
    """The path of torchvision's weight in the spec."""
    kinds = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    parts = name.split(".")
    if parts[0] in ("conv1", "bn1"):
        return "conv2d_bn-conv2d/kernel" if parts[0] == "conv1" else f"conv2d_bn-batch_normalization/{kinds[parts[1]]}"
    if parts[0] == "fc":
        return f"logits-dense/{'kernel' if parts[1] == 'weight' else 'bias'}"
    stage, unit = int(parts[0].removeprefix("layer")) - 1, parts[1]
    layer, kind = {
        "conv1": ("body-conv2d", 0), "conv2": ("body-conv2d_1", 0), "bn1": ("body-batch_normalization", 1),
        "bn2": ("body-batch_normalization_1", 1), "downsample0": ("shortcut-conv2d", 0), "downsample1": ("shortcut-batch_normalization", 1),
    }["".join(parts[2:-1])]  # fmt: skip
    return f"stage-{stage}-unit-{unit}-parallel-{layer}/{kinds[parts[-1]] if kind else 'kernel'}"


def vit_weights(state: dict[str, Any], width: int, heads: int) -> dict[str, np.ndarray]:
    """Torchvision's weights of a transformer, drawn by the paths of the spec."""
    found = {
        "class_token": drawn("class_token/token", (1, 1, width)),
        "encoder.pos_embedding": drawn("position_embedding/positions", (197, width))[None],
        "conv_proj.weight": drawn("patches/kernel", (16, 16, 3, width)).transpose(3, 2, 0, 1),
        "conv_proj.bias": drawn("patches/bias", (width,)),
        "encoder.ln.weight": drawn("layer_normalization/gamma", (width,)),
        "encoder.ln.bias": drawn("layer_normalization/beta", (width,)),
        "heads.head.weight": drawn("logits/kernel", (width, 1000)).T,
        "heads.head.bias": drawn("logits/bias", (1000,)),
    }
    for layer in range(12):
        ours, theirs, each = f"encoder-{layer}", f"encoder.layers.encoder_layer_{layer}", width // heads
        for number, norm in enumerate(("layer_normalization", "layer_normalization_2"), start=1):
            found[f"{theirs}.ln_{number}.weight"] = drawn(f"{ours}-{norm}/gamma", (width,))
            found[f"{theirs}.ln_{number}.bias"] = drawn(f"{ours}-{norm}/beta", (width,))
        attention = f"{ours}-multi_head_attention"
        kernels = [drawn(f"{attention}/{part}/kernel", (width, heads, each)).reshape(width, width).T for part in ("query", "key", "value")]
        biases = [drawn(f"{attention}/{part}/bias", (heads, each)).reshape(width) for part in ("query", "key", "value")]
        found[f"{theirs}.self_attention.in_proj_weight"] = np.concatenate(kernels)
        found[f"{theirs}.self_attention.in_proj_bias"] = np.concatenate(biases)
        output = drawn(f"{attention}/attention_output/kernel", (heads, each, width)).reshape(width, width).T
        found[f"{theirs}.self_attention.out_proj.weight"] = output
        found[f"{theirs}.self_attention.out_proj.bias"] = drawn(f"{attention}/attention_output/bias", (width,))
        for number, dense, shape in ((0, "dense", (width, 4 * width)), (3, "dense_1", (4 * width, width))):
            found[f"{theirs}.mlp.{number}.weight"] = drawn(f"{ours}-{dense}/kernel", shape).T
            found[f"{theirs}.mlp.{number}.bias"] = drawn(f"{ours}-{dense}/bias", shape[1:])
    return {name: found[name] for name in state}


def resnet_weights(state: dict[str, Any]) -> dict[str, np.ndarray]:
    found = {}
    for name, value in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        axes = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}[value.ndim]
        weight = drawn(keras_path(name), tuple(value.shape[axis] for axis in axes))
        found[name] = weight.transpose(np.argsort(axes))
    return found


def main() -> None:
    import torch
    import torchvision

    for ours, theirs in (("resnet18", "resnet18"), ("resnet34", "resnet34"), ("vit_b16", "vit_b_16")):
        model = getattr(torchvision.models, theirs)(weights=None).eval()
        state = model.state_dict()
        weights = vit_weights(state, 768, 12) if "vit" in ours else resnet_weights(state)
        model.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in weights.items()}, strict=False)
        with torch.no_grad():
            logits = model(torch.from_numpy(image(224).transpose(0, 3, 1, 2)))[0, :6]
        print(f"    {ours!r}: {[round(float(logit), 5) for logit in logits]},")


if __name__ == "__main__":
    main()
