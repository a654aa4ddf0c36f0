"""Layers around a layer: what they are given is a layer with its own arguments."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from specc.graph import KerasCall, TensorSpec, Weight
from specc.registry.entry import Choice, Facts, Mismatch, Params, example, inner_call, layer, lowered, param
from specc.registry.layers.checks import check_mask, require_floats, require_min_rank
from specc.registry.types import Layer, OptionalLayer


class TimeDistributed(Params):
    """One layer, with one set of weights, applied to every step of a sequence: of images, of regions, of vectors.

    Input shape: (batch, length, ...), where (batch, ...) is what the layer takes
    Output shape: (batch, length, ...), where (batch, ...) is what the layer gives
    """

    layer: Layer = param("The layer.")


class Bidirectional(Params):
    """A recurrent layer that reads the sequence forwards, and a second one that reads it backwards.

    Input shape: that of the layer, (batch, length, features)
    Output shape: that of the layer, twice as wide where the two are concatenated; a list of the two without `merge_mode`; with
        the layer's `return_state` also `forward_state_h`, ..., `backward_state_h`, ...
    Reference: Schuster and Paliwal, Bidirectional recurrent neural networks, 1997.
    """

    layer: Layer = param("The layer that reads forwards; its copy with `go_backwards` reads backwards.")
    merge_mode: Literal["concat", "sum", "mul", "ave"] | None = param(
        "How the two outputs become one; none keeps both, as a list.", default="concat"
    )
    backward_layer: OptionalLayer = param("The layer that reads backwards, where it is not the copy of the other.", default=None)


class SpectralNormalization(Params):
    """A layer whose kernel is divided by its largest singular value at every step of training, so that it stretches nothing.

    Input shape: that of the layer
    Output shape: that of the layer
    Reference: Miyato et al., Spectral normalization for generative adversarial networks, 2018, https://arxiv.org/abs/1802.05957
    """

    layer: Layer = param("The layer: one with a `kernel`, such as `dense` or `conv2d`.")
    power_iterations: int = param("Steps in which the singular value is approached, each time.", default=1, minimum=1)


@layer(
    "time_distributed",
    keras="keras.layers.TimeDistributed",
    examples=[
        example((5, 8), layer={"dense": {"units": 3}}),
        example((5, 8, 8, 3), layer={"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}}),
        example((None, 8), layer={"batch_normalization": {}}),
        example((4, 6, 3), layer={"time_distributed": {"layer": {"dense": {"units": 2, "kernel_regularizer": "l2"}}}}),
        example((4, 6, 3), layer={"bidirectional": {"layer": {"gru": {"units": 2}}}}),
        example((None, 6), dtype="int32", layer={"embedding": {"input_dim": 9, "output_dim": 4}}),
        example((3, 8, 8, 2), layer={"global_average_pooling2d": {}}),
    ],
)
def time_distributed(p: TimeDistributed, inputs: TensorSpec) -> Facts:
    require_min_rank("time_distributed", inputs, 3, "batch, length, ...")
    facts = inner_facts("time_distributed", "layer", p.layer, TensorSpec((inputs.shape[0], *inputs.shape[2:]), inputs.dtype))
    output = single_output("time_distributed", p.layer, facts)
    length = inputs.shape[1]
    macs = 0 if facts.macs == 0 else None if length is None or facts.macs is None else length * facts.macs
    shape = (output.shape[0], length, *output.shape[1:])
    return Facts(TensorSpec(shape, output.dtype), facts.weights_below(p.layer.name), macs)


def _both_calls(p: Bidirectional) -> KerasCall:
    others = {name: lowered(value) for name, value in p.given().items() if name not in ("layer", "backward_layer")}
    backward = {} if p.backward_layer is None else {"backward_layer": inner_call(p.backward_layer, f"backward_{p.backward_layer.name}")}
    return KerasCall("keras.layers.Bidirectional", (inner_call(p.layer),), {**others, **backward})


@layer(
    "bidirectional",
    keras="keras.layers.Bidirectional",
    lower=_both_calls,
    examples=[
        example((5, 3), layer={"lstm": {"units": 4}}),
        example((None, 3), layer={"gru": {"units": 4, "return_sequences": True}}, merge_mode="sum"),
        example((5, 3), layer={"lstm": {"units": 4, "return_sequences": True, "return_state": True}}),
        example((5, 3), layer={"simple_rnn": {"units": 4, "return_sequences": True}}, merge_mode=None),
        example((5, 3), layer={"gru": {"units": 4, "return_state": True}}, merge_mode=None),
        example((5, 3), layer={"lstm": {"units": 4}}, backward_layer={"gru": {"units": 4, "go_backwards": True}}, merge_mode="ave"),
        example((5, 3), layer={"rnn": {"cell": [{"lstm_cell": {"units": 4}}]}}),
        example(inputs={"sequences": (5, 3), "initial_state": [(4,), (4,), (4,), (4,)]}, layer={"lstm": {"units": 4}}),
    ],
)
def bidirectional(
    p: Bidirectional, sequences: TensorSpec, initial_state: list[TensorSpec] | None = None, mask: TensorSpec | None = None
) -> Facts:
    backward = p.backward_layer or p.layer
    _check_directions(p, backward)
    states = initial_state or []
    half = len(states) // 2
    parts = [(p.layer, "layer", states[:half]), (backward, "backward_layer" if p.backward_layer else "layer", states[half:])]
    ahead, back = (inner_facts("bidirectional", name, each, sequences, given or None) for each, name, given in parts)
    if ahead.output != back.output or list(ahead.extras.values()) != list(back.extras.values()):
        raise Mismatch(
            "E0305",
            f"both directions of `bidirectional` must give the same shapes, not {ahead.output} and {back.output}",
            help="give `backward_layer` the same `units`",
            argument="backward_layer",
        )
    if mask is not None:
        check_mask("bidirectional", "mask", mask, sequences)
    output = ahead.output
    assert isinstance(output, TensorSpec)
    merged: TensorSpec | list[TensorSpec] = output
    if p.merge_mode is None:
        merged = [output, output]
    elif p.merge_mode == "concat":
        merged = TensorSpec((*output.shape[:-1], 2 * (output.shape[-1] or 0)))
    weights = [*ahead.weights_below(f"forward_{p.layer.name}"), *back.weights_below(f"backward_{backward.name}")]
    macs = None if ahead.macs is None or back.macs is None else ahead.macs + back.macs
    extras = {f"{way}_{name}": spec for way, facts in (("forward", ahead), ("backward", back)) for name, spec in facts.extras.items()}
    return Facts(merged, weights, macs, extras)


@layer(
    "spectral_normalization",
    keras="keras.layers.SpectralNormalization",
    examples=[
        example((8,), layer={"dense": {"units": 3}}),
        example((8, 8, 3), layer={"conv2d": {"filters": 4, "kernel_size": 3, "use_bias": False}}, power_iterations=3),
        example((8, 8, 3), layer={"depthwise_conv2d": {"kernel_size": 3}}),
        example((8, 8, 3), layer={"conv2d_transpose": {"filters": 4, "kernel_size": 3, "strides": 2}}),
    ],
)
def spectral_normalization(p: SpectralNormalization, inputs: TensorSpec) -> Facts:
    require_floats("spectral_normalization", inputs)  # The output is cast to the dtype of the input, whatever the layer gives.
    facts = inner_facts("spectral_normalization", "layer", p.layer, inputs)
    output = single_output("spectral_normalization", p.layer, facts)
    kernel = next((weight for weight in facts.weights if weight.name == "kernel"), None)
    if kernel is None:
        raise Mismatch(
            "E0305",
            f"`spectral_normalization` needs a layer with a kernel, and `{p.layer.name}` has none",
            help="`dense` and the convolutions have one; wrap these, each by itself",
            argument=f"layer/{p.layer.name}",
        )
    vector = Weight("vector_u", (1, kernel.shape[-1]), trainable=False)
    others = [weight for weight in facts.weights_below(p.layer.name) if weight.name != f"{p.layer.name}/kernel"]
    # Keras lists the kernel first: the wrapper holds it too.
    return Facts(output, [Weight(f"{p.layer.name}/kernel", kernel.shape), vector, *others], facts.macs)


def inner_facts(word: str, argument: str, inner: Choice, inputs: TensorSpec, initial_state: list[TensorSpec] | None = None) -> Facts:
    """Facts of the layer inside. What is wrong with it is told of it, and of the layer around it."""
    entry = inner.entry
    assert entry.infer is not None
    path = f"{argument}/{inner.name}"
    if entry.call(inner.params).is_operation:
        raise Mismatch("E0305", f"`{word}` takes a layer, and `{inner.name}` is a function of tensors", argument=path)
    if entry.takes_list or entry.required_call_arguments > 1:
        names = ", ".join(f"`{name}`" for name in entry.call_arguments[: entry.required_call_arguments])
        called = "a list of tensors" if entry.takes_list else names
        raise Mismatch("E0305", f"`{word}` calls its layer with one tensor, and `{inner.name}` takes {called}", argument=path)
    if inner.name == "normalization" and getattr(inner.params, "mean", 0) is None:
        help = "give it `mean` and `variance`, or make it a step of its own, which is adapted before training"
        raise Mismatch(
            "E0305", f"`normalization` inside `{word}` would never see the data that it takes its mean from", help=help, argument=path
        )
    if options := entry.options(inner.params):
        name = next(iter(options))
        message = f"`{word}` cannot pass `{name}` on to `{inner.name}`: it is an argument of the call"
        raise Mismatch("E0305", message, argument=f"{path}/{name}")
    with _told_of(word, path):
        return entry.infer(inner.params, inputs) if initial_state is None else entry.infer(inner.params, inputs, initial_state)


@contextmanager
def _told_of(word: str, path: str) -> Iterator[None]:
    try:
        yield
    except Mismatch as found:
        argument = path if found.argument is None else f"{path}/{found.argument}"
        raise Mismatch(found.code, f"inside `{word}`, {found.message}", help=found.help, argument=argument) from None


def single_output(word: str, inner: Choice, facts: Facts) -> TensorSpec:
    """The output of the layer inside. Raises E0305 where it has several."""
    if isinstance(facts.output, list) or facts.extras:
        message = f"`{word}` takes a layer with one output, and `{inner.name}` has several here"
        help = "leave `return_state` out" if "return_state" in inner.params.given() else None
        raise Mismatch("E0305", message, help=help, argument=f"layer/{inner.name}")
    return facts.output


def _check_directions(p: Bidirectional, backward: Choice) -> None:
    for argument, inner in (("layer", p.layer), ("backward_layer", backward)):
        if "go_backwards" not in inner.params.parameters:
            raise Mismatch(
                "E0305",
                f"`bidirectional` takes a recurrent layer, and `{inner.name}` is none",
                help="`lstm`, `gru`, `simple_rnn`, `rnn` and the convolutional LSTMs are",
                argument=f"{argument}/{inner.name}",
            )
    ahead, back = p.layer.params.__dict__, backward.params.__dict__
    if ahead["go_backwards"] if p.backward_layer is None else ahead["go_backwards"] == back["go_backwards"]:
        help = "leave `go_backwards` out" if p.backward_layer is None else "give `backward_layer` alone `go_backwards: true`"
        argument = f"layer/{p.layer.name}/go_backwards" if p.backward_layer is None else f"backward_layer/{backward.name}"
        raise Mismatch("E0305", "both directions of `bidirectional` read the same way", help=help, argument=argument)
    for name in ("return_sequences", "return_state"):
        if ahead[name] != back[name]:
            message = f"both directions of `bidirectional` must have the same `{name}`"
            raise Mismatch("E0305", message, argument=f"backward_layer/{backward.name}")
