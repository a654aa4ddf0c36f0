"""Every layer with arguments and inputs that hypothesis draws: we promise what Keras builds, and refuse what Keras refuses.

Cases begin at a layer's examples and change some arguments, by their types, and some sizes, ranks and dtypes. What we refuse
although Keras builds it must fail there when it is computed, in a loop or in a compiled function, or come out otherwise than
Keras promised; or be listed below, with the reason. All draws are the same in every run. `pytest -m slow` draws many more, and
computes them.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from specc.graph import TensorSpec
from specc.keras_backend.build import construct, operate
from specc.registry.entry import Entry, Facts, Mismatch, Param, bind, entries
from specc.registry.types import ChoiceOf, Plain

LAYERS = {name: entry for name, entry in entries("layer").items() if not entry.pending}

# Cases of each layer in every run, and in the run of `pytest -m slow`.
CASES, MANY_CASES = 8, 200

IMAGES = "extract_patches|resizing|center_crop|auto_contrast|equalization|solarization|aug_mix|rand_augment|random_.*|contrast_limited_.*"

BATCH = "examples of a batch are kept apart: Keras takes the batch for an axis like any other"
MODULO = "Keras counts an axis that is not there modulo the rank"

# Where we are stricter than Keras on purpose: words, code, part of the message, reason.
STRICTER = [
    (".*", "E0307", "", "Keras's layers take integers for floats, or floats for integers, here and fail there: a spec says what it means"),
    (".*", "E0312", "different numbers of axes", BATCH),
    (IMAGES, "E0305", "nothing between", "a range without values divides by zero, for some layers only in the draws of learning"),
    (IMAGES, "E0301", "rank 4", "Keras takes rank 3 for one image, but here the batch is always there"),
    ("matmul", "E0312", "different shapes", BATCH),
    ("cdist", "E0301", "rank 3", BATCH),
    ("tril|triu", "E0301", "rank 3 or more", BATCH),
    ("top_k", "E0301", "rank 2 or more", BATCH),
    ("diagonal|glu|one_hot|pad|slice|split|stack|take_along_axis|tile|unstack", "E0305", "batch", BATCH),
    ("norm", "E0305", "needs `axis`", BATCH),
    ("category_encoding|discretization|hashing", "E0301", "rank 2", BATCH),
    ("masking|prelu|normalization", "E0301", "rank 2 or more", "a batch of single numbers has no features"),
    ("sinusoidal_position_encoding", "E0301", "rank 3", "a layer of ours; what it would make of other ranks has no meaning"),
    ("dot|multi_head_attention", "E0305", "out of range", MODULO),
    ("multi_head_attention", "E0305", "names the batch or the channels", BATCH),
    ("concatenate", "E0305", "out of range", "Keras looks at the axis only where there is more than one tensor"),
    ("prelu", "E0305", "count from 1", MODULO),
    ("norm|normalization|prelu|roll", "E0305", "twice", "a mistake, whatever Keras makes of it"),
    ("(alpha_)?dropout", "E0305", "noise_shape", "fails only while learning"),
    ("rand_augment|aug_mix", "E0305", "3 channels", "fails only while learning, when an augmentation is drawn that needs colour"),
    ("random_shear", "E0305", "cannot load", "fails only when the model is loaded"),
    ("mel_spectrogram", "E0305", "is not even", "Keras promises other frames than it makes, but for some lengths"),
    ("max_unpooling2d", "E0304", "input channels", "a layer of ours; a pooling that gives indices knows its channels"),
    ("default_boxes", "E030[15]", "scales|rank 4", "a layer of ours, which is for maps of images with a scale each"),
    (
        "adaptive_.*",
        "E0301",
        "rank",
        "Keras pools by the rank of the input; TensorFlow may crash then",
    ),
    ("(depthwise|separable)_conv.*", "E0305", "one stride for both", "TensorFlow computes it on some processors only"),
    ("integer_lookup", "E0305", "twice|stands for", "Keras takes some of these for the places of what is masked and unknown, written out"),
    ("additive_attention", "E03(04|12)", "channels", "sums over channels, which must be the same in query and value"),
    ("(additive_)?attention", "E031[12]", "`mask`", "Keras stretches masks, and leaves further ones unread"),
    ("clip", "E0305", "is above", "every value would be `x_max`"),
    ("normalize", "E0305", "one of vectors", "Keras takes the norm of matrices then, which is another thing"),
    ("rnn", "E0305", "have no names", "states are outputs that steps refer to by names"),
    ("gru|bidirectional", "E0311", "starts from", "Keras leaves states that it does not need unread"),
]

# Where Keras promises what it does not make, and we promise what it makes.
KERAS_PROMISES_WRONGLY = {"multi_head_attention": "scores are as long as the query, whatever the length of the keys"}

DTYPES = ("float32", "float16", "int32", "uint8", "bool")
# Initializers and regularizers that take only matrices, which a layer need not have.
MATRICES = ("identity", "orthogonal", "orthogonal_regularizer")


def numbers(schema: dict[str, Any], whole: bool) -> st.SearchStrategy:
    """Small numbers within the bounds of a schema."""
    candidates = range(-4, 9) if whole else (-1.5, -1.0, -0.3, 0.0, 0.01, 0.25, 0.5, 0.99, 1.0, 2.0, 7.5)
    low, high = schema.get("minimum", -1e9), schema.get("maximum", 1e9)
    above, below = schema.get("exclusiveMinimum", -1e9), schema.get("exclusiveMaximum", 1e9)
    return st.sampled_from([each for each in candidates if low <= each <= high and above < each < below])


def by_schema(schema: dict[str, Any]) -> st.SearchStrategy:
    """Values that a parameter's schema admits. Strings only where it lists them."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = schema.get("type", [])
    made = []
    for kind in [types] if isinstance(types, str) else types:
        match kind:
            case "integer" | "number":
                made.append(numbers(schema, kind == "integer"))
            case "boolean":
                made.append(st.booleans())
            case "null":
                made.append(st.none())
            case "array":
                least = schema.get("minItems", 0)
                made.append(st.lists(by_schema(schema["items"]), min_size=least, max_size=schema.get("maxItems", least + 3)))
    return st.one_of(made) if made else st.nothing()


def argument(entry: Entry, parameter: Param) -> st.SearchStrategy:
    """Values of a parameter: by its type, or from one of the examples."""
    known = [example.arguments[parameter.name] for example in entry.examples if parameter.name in example.arguments]
    known += [] if parameter.required else [parameter.default]
    drawn = st.sampled_from(known) if known else st.nothing()
    match parameter.type:
        case Plain(schema):
            return by_schema(dict(schema)) | drawn
        case ChoiceOf("layer" | "cell"):
            return drawn
        case ChoiceOf(family):
            bare = [name for name, word in entries(family).items() if not any(p.required for p in word.params.parameters.values())]
            return drawn | st.sampled_from([name for name in bare if name not in MATRICES])
    return drawn


Inputs = dict[str, Any]


def listed(value: Any) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def mapped(function: Callable, inputs: Inputs) -> Inputs:
    return {name: [function(each) for each in value] if isinstance(value, list) else function(value) for name, value in inputs.items()}


def sizes_of(inputs: Inputs) -> list[int | None]:
    return sorted({size for value in inputs.values() for x in listed(value) for size in x.shape[1:]}, key=lambda size: size or 0)


@st.composite
def changed_inputs(draw: st.DrawFn, inputs: Inputs) -> Inputs:
    """The inputs with one thing changed: sizes, and equal ones stay equal; one size alone; a rank; dtypes; the number of tensors."""
    sizes = sizes_of(inputs)
    tensors = [(name, place) for name, value in inputs.items() for place in range(len(listed(value)))]
    target = draw(st.sampled_from(tensors))
    change = draw(st.sampled_from(["sizes", "sizes", "unknown", "one size", "rank", "dtype", "dtypes", "count"]))
    dtype = draw(st.sampled_from(DTYPES))

    def at_target(function: Callable[[TensorSpec], TensorSpec]) -> Inputs:
        made = {}
        for name, value in inputs.items():
            parts = [function(x) if (name, place) == target else x for place, x in enumerate(listed(value))]
            made[name] = parts if isinstance(value, list) else parts[0]
        return made

    match change:
        case "sizes" | "unknown":
            if not sizes:
                return inputs
            old = draw(st.sampled_from(sizes))
            new = None if change == "unknown" else draw(near(old))
            return mapped(lambda x: x.with_shape(x.shape[0], *(new if size == old else size for size in x.shape[1:])), inputs)
        case "one size":
            axis, new = draw(st.integers(1, 5)), draw(near(3) | st.none())
            return at_target(lambda x: x.with_shape(*(new if place == axis else size for place, size in enumerate(x.shape))))
        case "rank":
            more, size = draw(st.booleans()), draw(st.sampled_from([1, 3]))
            return at_target(lambda x: x.with_shape(x.shape[0], size, *x.shape[1:]) if more or x.rank == 1 else x.with_shape(*x.shape[:-1]))
        case "dtype":
            return at_target(lambda x: replace(x, dtype=dtype))
        case "dtypes":
            return mapped(lambda x: replace(x, dtype=dtype), inputs)
    name, value = target[0], inputs[target[0]]
    if not isinstance(value, list):
        return inputs
    return {**inputs, name: value[:-1] if len(value) > 1 and draw(st.booleans()) else [*value, value[-1]]}


def near(size: int | None) -> st.SearchStrategy[int]:
    """Sizes about a size: small ones stay small, and a waveform stays long."""
    old = size or 4
    return st.sampled_from(sorted({1, 2, 3, 4, 5, 6, 8, max(1, old - 1), old, old + 1, 2 * old if old > 8 else old}))


@st.composite
def cases(draw: st.DrawFn, entry: Entry) -> tuple[dict[str, Any], Inputs]:
    """Arguments and inputs by call argument."""
    example = draw(st.sampled_from(list(entry.examples)))
    names = entry.call_arguments
    inputs = {names[int(key)] if key.isdigit() else key: value for key, value in example.inputs.items()}
    arguments = dict(example.arguments)
    parameters = list(entry.params.parameters.values())
    if parameters:
        for parameter in draw(st.lists(st.sampled_from(parameters), max_size=3, unique_by=lambda p: p.name)):
            arguments[parameter.name] = draw(argument(entry, parameter))
    for _ in range(draw(st.integers(0, 2))):
        inputs = draw(changed_inputs(inputs))
    return arguments, inputs


def ours(entry: Entry, arguments: dict[str, Any], inputs: Inputs) -> Facts | Mismatch:
    try:
        return entry.infer(bind(entry.params, arguments), **inputs)
    except Mismatch as mismatch:
        return mismatch


class Application:
    """A layer of Keras, or a function, that can be called with tensors."""

    def __init__(self, entry: Entry, arguments: dict[str, Any]) -> None:
        params = bind(entry.params, arguments)
        self.options = entry.options(params)
        self.call = entry.call(params)
        self.made = None if self.call.is_operation else construct(self.call, name="made")

    def __call__(self, tensors: Inputs) -> list:
        (_, first), *others = tensors.items()
        keywords = {**dict(others), **self.options}
        return flat(operate(self.call, first, keywords) if self.made is None else self.made(first, **keywords))

    @property
    def weights(self) -> list:
        if self.made is None:
            return []
        return [(weight.path.removeprefix("made/"), tuple(weight.shape), weight.trainable) for weight in self.made.weights]


def flat(value: Any) -> list:
    return [tensor for each in value for tensor in flat(each)] if isinstance(value, (list, tuple)) else [value]


def described(tensors: list) -> list:
    return [(tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype)) for tensor in tensors]


def symbol(spec: TensorSpec) -> keras.KerasTensor:
    return keras.Input(spec.shape[1:], dtype=spec.dtype)


def values(spec: TensorSpec) -> tf.Tensor:
    """Ones, and zeros for integers, which may be places in something; two examples; 7 for unknown sizes."""
    shape = (2, *(7 if size is None else size for size in spec.shape[1:]))
    return tf.ones(shape, spec.dtype) if tf.as_dtype(spec.dtype).is_floating else tf.zeros(shape, spec.dtype)


def agree(real: list, promised: list) -> bool:
    """Whether what is computed is what was promised, unknown sizes aside."""
    return len(real) == len(promised) and all(
        len(shape) == len(hoped) and all(b in (a, None) for a, b in zip(shape, hoped)) and dtype == wanted
        for (shape, dtype), (hoped, wanted) in zip(real, promised)
    )


def fails(entry: Entry, arguments: dict[str, Any], inputs: Inputs, promised: list) -> bool:
    """Whether Keras cannot compute what it builds, or makes something else of it."""
    tensors = mapped(values, inputs)
    names = list(inputs)
    signature = [[tf.TensorSpec(x.shape, x.dtype) for x in value] if isinstance(value, list) else tf.TensorSpec(value.shape, value.dtype)
                 for value in inputs.values()]  # fmt: skip
    try:
        application = Application(entry, arguments)
        application(mapped(symbol, inputs))
        if not agree(described(application(tensors)), promised):
            return True
        compiled = tf.function(lambda *given: application(dict(zip(names, given))), input_signature=signature, autograph=False)
        return not agree(described(compiled(*tensors.values())), promised)
    except Exception:
        return True


def is_computable(entry: Entry, arguments: dict[str, Any], inputs: Inputs) -> bool:
    """Whether values can be made for the inputs: with unknown sizes they might not fit each other."""
    # TensorFlow dilates transposed convolutions only on a GPU.
    dilated = entry.name.endswith("d_transpose") and "dilation_rate" in arguments
    # The zeros of `values` cannot be divided by, and are in no vocabulary; and a batch of two has few places to take from.
    unfit = entry.name in ("mod", "floor_divide", "integer_lookup", "take")
    return None not in sizes_of(inputs) and not dilated and not unfit


def is_stricter(name: str, mismatch: Mismatch) -> bool:
    return any(
        re.fullmatch(words, name) and re.fullmatch(code, mismatch.code) and re.search(message, mismatch.message)
        for words, code, message, _ in STRICTER
    )


def compare(entry: Entry, arguments: dict[str, Any], inputs: Inputs, compute: bool) -> None:
    found = ours(entry, arguments, inputs)
    note(f"{entry.name} {arguments} {inputs}")
    note(f"ours: {found.message if isinstance(found, Mismatch) else found}")
    try:
        application = Application(entry, arguments)
        built = described(application(mapped(symbol, inputs)))
    except Exception as error:
        if not isinstance(found, Mismatch):
            raise AssertionError(f"Keras refuses: {error}") from error
        return
    note(f"Keras: {built} {application.weights}")
    if isinstance(found, Mismatch):
        assert is_stricter(entry.name, found) or fails(entry, arguments, inputs, built), "we are stricter than Keras, without a reason"
        return
    promised = [(spec.shape, spec.dtype) for spec in [*listed(found.output), *found.extras.values()]]
    if entry.name in KERAS_PROMISES_WRONGLY:
        compute, built = True, promised
    assert built == promised, f"{built} in place of {promised}"
    weights = [(weight.name, weight.shape, weight.trainable) for weight in found.weights]
    assert application.weights == weights, f"{application.weights} in place of {weights}"
    assert (found.macs is None) <= (None in sizes_of(inputs)), "multiply-adds are not known, but sizes are"
    if compute and is_computable(entry, arguments, inputs):
        made = described(application(mapped(values, inputs)))
        assert agree(made, promised), f"{made} computed in place of {promised}"


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]


def hold(entry: Entry, count: int, compute: bool) -> None:
    @settings(max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=QUIET)
    @given(cases(entry))
    def run(case: tuple[dict[str, Any], Inputs]) -> None:
        compare(entry, *case, compute)

    run()
    keras.backend.clear_session()


@pytest.mark.parametrize("entry", LAYERS.values(), ids=LAYERS.keys())
def test_drawn_cases_are_what_keras_builds_or_refuses(entry: Entry) -> None:
    hold(entry, CASES, compute=False)


@pytest.mark.slow
@pytest.mark.parametrize("entry", LAYERS.values(), ids=LAYERS.keys())
def test_many_drawn_cases_are_what_keras_builds_or_refuses(entry: Entry) -> None:
    hold(entry, MANY_CASES, compute=True)
