"""What holds of every word that is declared in Python: schemas, documentation, look-up. No TensorFlow."""

import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator

from specc.graph import KerasCall, TensorSpec, Weight
from specc.registry import MODULES
from specc.registry.entry import Choice, Entry, Facts, Mismatch, Params, bind, declare, entries, find, layer, nearest, param, register
from specc.registry.layers import LAYERS
from specc.registry.types import Initializer, Plain, type_of

FAMILIES = ("layer", "activation", "initializer", "regularizer", "constraint")
WORDS = [pytest.param(entry, id=f"{family}-{name}") for family in FAMILIES for name, entry in entries(family).items()]


@pytest.mark.parametrize("entry", WORDS)
def test_every_word_is_documented(entry: Entry) -> None:
    assert entry.summary
    assert entry.examples
    for parameter in entry.params.parameters.values():
        assert parameter.doc.endswith("."), parameter.name
        assert parameter.doc[0].isupper() or parameter.doc[0] in "`-"
    if entry.family == "layer":
        assert "\nInput shape: " in entry.doc
        assert "\nOutput shape: " in entry.doc


@pytest.mark.parametrize("entry", WORDS)
def test_schemas_are_json_schema_and_admit_the_defaults_and_examples(entry: Entry) -> None:
    arguments = [example.arguments if entry.family == "layer" else example for example in entry.examples]
    for name, parameter in entry.params.parameters.items():
        if not isinstance(parameter.type, Plain):
            continue
        Draft202012Validator.check_schema(parameter.type.schema)
        validator = Draft202012Validator(parameter.type.schema)
        if not parameter.required:
            validator.validate(parameter.default)
        for given in arguments:
            if name in given:
                validator.validate(given[name])


@pytest.mark.parametrize("entry", WORDS)
def test_binding_and_lowering_are_deterministic_and_plain(entry: Entry) -> None:
    for example in entry.examples:
        arguments = example.arguments if entry.family == "layer" else example
        params = bind(entry.params, arguments)
        assert params == bind(entry.params, arguments)
        assert hash(params) == hash(bind(entry.params, arguments))
        assert set(params.given()) >= {name for name, parameter in entry.params.parameters.items() if parameter.required}
        assert_plain(entry.call(params))


def assert_plain(value) -> None:
    """A lowering is data: JSON values, tuples and further calls."""
    if isinstance(value, KerasCall):
        assert_plain(value.args)
        assert_plain(list(value.kwargs.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            assert_plain(item)
    else:
        assert value is None or isinstance(value, (bool, int, float, str))


def test_every_layer_is_listed_with_the_module_that_declares_it() -> None:
    declared: dict[str, list[str]] = {}
    for name, entry in entries("layer").items():
        declared.setdefault(entry.infer.__module__.removeprefix("specc.registry.layers."), []).append(name)
    assert {module: sorted(names) for module, names in declared.items()} == {module: sorted(names) for module, names in LAYERS.items()}


def test_a_document_loads_the_layers_that_it_uses() -> None:
    code = "import sys; from specc.registry.entry import find; find('layer', 'dense'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "specc.registry.layers.dense" in loaded
    assert "specc.registry.layers.conv" not in loaded


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="the layer `dense` is registered already"):
        register(find("layer", "dense"))

    class Again(Params):
        """Zeros."""

    with pytest.raises(ValueError, match="the initializer `zeros` is registered already"):
        declare("initializer", "zeros", target="keras.initializers.Zeros")(Again)
    with pytest.raises(ValueError, match="the layer `dense` is registered already"):

        @layer("dense", keras="keras.layers.Dense", examples=[])
        def dense(p: Again, x: TensorSpec) -> Facts:
            return Facts(x)


def test_arguments_equal_to_the_default_are_not_passed_on() -> None:
    entry = find("layer", "conv2d")
    params = bind(entry.params, {"filters": 8, "kernel_size": [3, 5], "strides": 1, "use_bias": False, "kernel_initializer": "he_normal"})
    assert entry.call(params) == KerasCall("keras.layers.Conv2D", (8, (3, 5)), {"use_bias": False, "kernel_initializer": "he_normal"})


def test_a_choice_with_arguments_lowers_to_a_call() -> None:
    entry = find("layer", "dense")
    params = bind(entry.params, {"units": 2, "kernel_regularizer": {"l2": {"l2": 1e-4}}, "bias_initializer": {"constant": {}}})
    assert entry.call(params).kwargs == {
        "kernel_regularizer": KerasCall("keras.regularizers.L2", (), {"l2": 1e-4}),
        "bias_initializer": KerasCall("keras.initializers.Constant"),
    }


def test_call_arguments_are_options_and_not_part_of_the_layer() -> None:
    entry = find("layer", "multi_head_attention")
    params = bind(entry.params, {"num_heads": 2, "key_dim": 4, "use_causal_mask": True})
    assert entry.options(params) == {"use_causal_mask": True}
    assert entry.call(params) == KerasCall("keras.layers.MultiHeadAttention", (2, 4))
    assert entry.call_arguments == ("query", "value", "key", "value_mask", "key_mask", "attention_mask")
    assert entry.required_call_arguments == 2
    assert not entry.takes_list
    assert find("layer", "add").takes_list


def test_parameters_are_frozen_and_checked() -> None:
    dense = find("layer", "dense").params
    with pytest.raises(TypeError, match="needs `units`"):
        dense()
    with pytest.raises(TypeError, match="has no parameter `unit`"):
        dense(units=1, unit=2)
    with pytest.raises(AttributeError, match="frozen"):
        dense(units=1).units = 2


def test_an_annotation_without_a_form_in_the_language_is_refused() -> None:
    with pytest.raises(TypeError, match="no parameter type"):
        type_of(complex)
    with pytest.raises(TypeError, match="only plain types take constraints"):

        class Wrong(Params):
            initializer: Initializer = param("Wrong.", default="zeros", minimum=1)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(KeyError, match="no initializer `he_norml`"):
        bind(find("layer", "dense").params, {"units": 1, "kernel_initializer": "he_norml"})


def test_near_misses_are_found() -> None:
    assert nearest("conv_2d", entries("layer")) == "conv2d"
    assert nearest("zzz", entries("layer")) is None


def test_the_registry_imports_no_framework() -> None:
    modules = [f"specc.registry.{module}" for family in FAMILIES for module in MODULES[family]]
    code = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({'numpy', 'keras', 'tensorflow', 'jsonschema'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


IMAGE = TensorSpec((None, 8, 8, 6))
VECTOR = TensorSpec((None, 6))
SEQUENCE = TensorSpec((None, 5, 6))
TOKENS = TensorSpec((None, 5), "int32")
UNKNOWN = TensorSpec((None, 8, 8, None))


def images(*sizes):
    return [TensorSpec((None, *size)) for size in sizes]


# word, arguments, inputs; then code, a part of the message, a part of the help, the argument at fault
WRONG = [
    (
        "conv2d",
        {"filters": 1, "kernel_size": 3},
        [VECTOR],
        "E0301",
        "takes (batch, height, width, channels), rank 4, but got (?, 6) of rank 2",
        "flatten",
        None,
    ),
    ("conv1d", {"filters": 1, "kernel_size": 3}, [IMAGE], "E0301", "rank 3, but got (?, 8, 8, 6)", "reshape", None),
    ("dense", {"units": 1}, [TensorSpec((None,))], "E0301", "rank 2 or more", "reshape", None),
    ("repeat_vector", {"n": 2}, [SEQUENCE], "E0301", "rank 2", "flatten", None),
    ("multi_head_attention", {"num_heads": 2, "key_dim": 3}, [SEQUENCE, VECTOR], "E0301", "`value` of", None, None),
    (
        "conv2d",
        {"filters": 1, "kernel_size": 9},
        [IMAGE],
        "E0302",
        "9 wide, is larger than its input, 8 wide",
        "padding: same",
        "kernel_size",
    ),
    ("max_pooling2d", {"pool_size": [2, 9]}, [IMAGE], "E0302", "larger", "padding: same", "pool_size"),
    ("cropping2d", {"cropping": 4}, [IMAGE], "E0302", "cuts 8 off an input that is only 8 high", None, "cropping"),
    ("conv2d", {"filters": 1, "kernel_size": 3}, [UNKNOWN], "E0304", "known number of input channels", "inputs", None),
    ("dense", {"units": 1}, [UNKNOWN], "E0304", "known number of input features", "inputs", None),
    ("batch_normalization", {}, [UNKNOWN], "E0304", "known number of channels", "inputs", None),
    ("prelu", {}, [TensorSpec((None, None, 3))], "E0304", "shared_axes", None, None),
    ("dot", {"axes": 1}, [images((None, 3), (5, 3))], "E0304", "both summed sizes", None, "axes"),
    ("conv2d", {"filters": 4, "kernel_size": 3, "groups": 4}, [IMAGE], "E0305", "does not divide the input's channels, 6", None, "groups"),
    ("conv2d", {"filters": 4, "kernel_size": 3, "groups": 3}, [IMAGE], "E0305", "does not divide filters, 4", None, "groups"),
    (
        "conv2d",
        {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
        [IMAGE],
        "E0305",
        "above 1 at once",
        "leave",
        "dilation_rate",
    ),
    ("depthwise_conv2d", {"kernel_size": 3, "strides": [1, 2]}, [IMAGE], "E0305", "one stride", None, "strides"),
    (
        "conv2d_transpose",
        {"filters": 1, "kernel_size": 3, "strides": 2, "output_padding": 2},
        [IMAGE],
        "E0305",
        "not smaller",
        "leave",
        "output_padding",
    ),
    ("group_normalization", {"groups": 4}, [IMAGE], "E0305", "does not divide", "divisor of 6", "groups"),
    ("batch_normalization", {"axis": 4}, [IMAGE], "E0305", "out of range for an input of rank 4", "0 is the batch", "axis"),
    ("layer_normalization", {"axis": [1, -3]}, [IMAGE], "E0305", "twice", None, "axis"),
    ("normalization", {"mean": 1}, [IMAGE], "E0305", "`variance` is missing", "variance", None),
    ("normalization", {"mean": [1, 2], "variance": 1}, [IMAGE], "E0305", "2 numbers, but the input has 6 channels", None, "mean"),
    ("rescaling", {"scale": [1, 2]}, [IMAGE], "E0305", "2 numbers", None, "scale"),
    ("permute", {"dims": [1, 2]}, [IMAGE], "E0305", "from 1 to 3", "batch", "dims"),
    ("prelu", {"shared_axes": [0]}, [IMAGE], "E0305", "count from 1", None, "shared_axes"),
    ("dropout", {"rate": 0.1, "noise_shape": [1, 2]}, [IMAGE], "E0305", "2 sizes", None, "noise_shape"),
    ("take", {"indices": 5, "axis": 1}, [SEQUENCE], "E0305", "index 5", None, "indices"),
    ("squeeze", {"axis": 1}, [SEQUENCE], "E0305", "size 5", None, "axis"),
    ("transpose", {"axes": [0, 1]}, [SEQUENCE], "E0305", "2 axes", None, "axes"),
    ("position_embedding", {"length": 4}, [SEQUENCE], "E0305", "4 positions, but its input is 5 long", "length: 5", "length"),
    ("position_embedding", {"length": 4, "grid": 3}, [SEQUENCE], "E0305", "a grid of 3 x 3 has 9 cells", "length: 9", "grid"),
    ("position_embedding", {"length": 9, "grid": [3, 3]}, [SEQUENCE], "E0305", "square grids, but its input is 5 long", "size", "grid"),
    ("weight_normalized_dense", {"units": 4}, [TensorSpec((None,))], "E0301", "`weight_normalized_dense`", None, None),
    (
        "multi_head_attention",
        {"num_heads": 2, "key_dim": 3, "attention_axes": 2},
        [SEQUENCE] * 2,
        "E0305",
        "batch or the channels",
        "1 to 1",
        "attention_axes",
    ),
    (
        "multi_head_attention",
        {"num_heads": 2, "key_dim": 3},
        [SEQUENCE, SEQUENCE, TensorSpec((None, 4, 6))],
        "E0305",
        "different lengths",
        "key",
        None,
    ),
    ("subtract", {}, [images((3,), (3,), (3,))], "E0305", "takes two inputs, but got 3", "from", None),
    ("dot", {"axes": 0}, [images((3,), (3,))], "E0305", "over the batch", "from 1", "axes"),
    ("reshape", {"target_shape": [5, 5]}, [SEQUENCE], "E0303", "25 values in place of 30", "-1", "target_shape"),
    ("reshape", {"target_shape": [-1, 4]}, [SEQUENCE], "E0303", "30 values are no multiple of 4", "-1", "target_shape"),
    ("reshape", {"target_shape": [-1, -1]}, [SEQUENCE], "E0303", "more than once", None, "target_shape"),
    ("conv3d", {"filters": 1, "kernel_size": 3}, [IMAGE], "E0301", "(batch, depth, height, width, channels), rank 5", "reshape", None),
    (
        "cropping3d",
        {"cropping": [1, 1, 4]},
        [TensorSpec((None, 8, 8, 8, 1))],
        "E0302",
        "cuts 8 off an input that is only 8 wide",
        None,
        "cropping",
    ),
    ("adaptive_max_pooling1d", {"output_size": 2}, [TensorSpec((None, None, 3))], "E0304", "know the size that it divides", "inputs", None),
    (
        "random_crop",
        {"height": 4, "width": 4},
        [TensorSpec((None, None, 8, 3))],
        "E0304",
        "know the size that it cuts from",
        "resizing",
        None,
    ),
    ("random_hue", {"factor": 0.1}, [IMAGE], "E0305", "images of 3 channels, but got (?, 8, 8, 6)", None, None),
    ("random_grayscale", {}, [IMAGE], "E0305", "images of 1 or 3 channels", None, None),
    ("random_gaussian_blur", {"kernel_size": 4}, [IMAGE], "E0305", "is not odd", None, "kernel_size"),
    ("random_erasing", {}, [TensorSpec((None, None, 8, 3))], "E0304", "needs to know height and width", "resizing", None),
    ("random_flip", {}, [TensorSpec((None, 8, 8, 3), "uint8")], "E0307", "uint8", "rescaling", None),
    (
        "contrast_limited_adaptive_histogram_equalization",
        {"tile_grid_size": 20},
        [IMAGE],
        "E0305",
        "8 pixels into 20 tiles",
        "fewer",
        "tile_grid_size",
    ),
    (
        "resizing",
        {"height": 4, "width": 4, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
        [IMAGE],
        "E0305",
        "both",
        "crop or pad",
        "pad_to_aspect_ratio",
    ),
    ("category_encoding", {}, [TOKENS], "E0305", "needs `num_tokens`", "how many", None),
    ("category_encoding", {"num_tokens": 3}, [VECTOR], "E0307", "takes integers", "int32", None),
    ("discretization", {}, [VECTOR], "E0305", "needs `bin_boundaries`", "list", None),
    ("hashing", {"num_bins": 3, "output_mode": "one_hot"}, [TOKENS], "E0301", "takes (batch, ..., 1)", "category_encoding", None),
    ("hashed_crossing", {"num_bins": 3}, [[TOKENS, TOKENS]], "E0301", "takes (batch,) or (batch, 1)", None, None),
    ("integer_lookup", {}, [TOKENS], "E0305", "needs a `vocabulary`", "list", None),
    ("integer_lookup", {"vocabulary": [1, 1]}, [TOKENS], "E0305", "a number twice", None, "vocabulary"),
    ("integer_lookup", {"vocabulary": [1, 2], "max_tokens": 2}, [TOKENS], "E0305", "3 places, but `max_tokens` is 2", None, "max_tokens"),
    ("integer_lookup", {"vocabulary": [1, 2], "salt": 2}, [TOKENS], "E0305", "farmhash", None, "salt"),
    (
        "integer_lookup",
        {"vocabulary": [0, 2], "mask_token": 0},
        [TOKENS],
        "E0305",
        "has 0, which stands for what is masked or unknown",
        None,
        "vocabulary",
    ),
    (
        "integer_lookup",
        {"vocabulary": [1], "output_mode": "count"},
        [TOKENS],
        "E0305",
        "makes integers",
        "category_encoding",
        "output_mode",
    ),
    (
        "mel_spectrogram",
        {"fft_length": 16},
        [VECTOR],
        "E0302",
        "mirrors 8 values at each end, but its input has only 6",
        "smaller",
        "fft_length",
    ),
    ("mel_spectrogram", {"fft_length": 4, "sequence_stride": 7}, [VECTOR], "E0305", "a frame too many", "pad", "sequence_stride"),
    (
        "stft_spectrogram",
        {"frame_length": 4, "frame_step": 5},
        [SEQUENCE],
        "E0305",
        "does not fit `frame_length: 4`",
        "at most",
        "frame_step",
    ),
    (
        "einsum_dense",
        {"equation": "ab,bc->ac", "output_shape": [2, 3]},
        [VECTOR],
        "E0305",
        "2 sizes, but the output has axes `ac`",
        None,
        "output_shape",
    ),
    ("einsum_dense", {"equation": "ab,bc->ac", "output_shape": 3}, [SEQUENCE], "E0301", "takes rank 2 by `ab,bc->ac`", None, "equation"),
    (
        "einsum_dense",
        {"equation": "abc,cd->abd", "output_shape": [4, 3]},
        [SEQUENCE],
        "E0305",
        "gives `b` the size 4, but in (?, 5, 6) it is 5",
        None,
        "output_shape",
    ),
    ("einsum_dense", {"equation": "ab,bc->ad", "output_shape": 3}, [VECTOR], "E0305", "`d` in `ab,bc->ad`", None, "equation"),
    ("einsum_dense", {"equation": "ab,bc->ca", "output_shape": 3}, [VECTOR], "E0305", "the batch must come first", None, "equation"),
    (
        "einsum_dense",
        {"equation": "abc,cd->abd", "output_shape": [None, 3], "bias_axes": "b"},
        [SEQUENCE],
        "E0304",
        "size of axis `b`",
        "output_shape",
        None,
    ),
    (
        "einsum_dense",
        {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "d"},
        [VECTOR],
        "E0305",
        "is no axis of the output",
        None,
        "bias_axes",
    ),
    (
        "einsum_dense",
        {"equation": "...b,bc->...c", "output_shape": 3},
        [TensorSpec((None, 4, 5, 6))],
        "E0305",
        "which Keras turns round",
        "letter",
        "equation",
    ),
    ("normalization", {"mean": 1, "variance": [1]}, [IMAGE], "E0305", "not one number each", "equal length", "variance"),
    ("one_hot", {"num_classes": 3, "axis": 2}, [TOKENS], "E0305", "must be -1, or from 1 to 1", "last", "axis"),
    ("embedding", {"input_dim": 3, "output_dim": 2}, [VECTOR], "E0307", "takes integers, but got float32", "dtype: int32", None),
    ("conv1d", {"filters": 1, "kernel_size": 3}, [TensorSpec((None, 5, 6), "uint8")], "E0307", "uint8", "rescaling", None),
    ("add", {}, [[TOKENS, TOKENS]], "E0307", "int32", "embedding", None),
    (
        "add",
        {},
        [images((56, 56, 256), (56, 56, 64))],
        "E0312",
        "inputs of `add` have different shapes",
        "project the shortcut with a 1x1 convolution of 256 filters",
        None,
    ),
    ("add", {}, [images((56, 56, 64), (28, 28, 128))], "E0312", "inputs of `add`", "1x1 convolution of 128 filters and strides 2", None),
    ("add", {}, [images((56, 56, 64), (54, 54, 64))], "E0312", "inputs of `add`", "padding: same", None),
    ("multiply", {}, [images((56, 56, 64), (32,))], "E0312", "inputs of `multiply` have different shapes", "reshape", None),
    ("multiply", {}, [images((5, 64), (5, 32))], "E0312", "inputs of `multiply` have different shapes", None, None),
    ("concatenate", {}, [images((8, 8, 3), (7, 8, 3))], "E0312", "inputs of `concatenate` have different shapes", "padding: same", None),
    ("concatenate", {}, [images((8, 3), (8,))], "E0312", "inputs of `concatenate` have different shapes", "reshape", None),
    ("dot", {"axes": 1}, [images((3,), (4,))], "E0312", "inputs of `dot` have different shapes", "3 and 4", None),
]


@pytest.mark.parametrize(("word", "arguments", "inputs", "code", "message", "help", "argument"), WRONG)
def test_what_does_not_fit_is_told(word, arguments, inputs, code, message, help, argument) -> None:
    entry = find("layer", word)
    with pytest.raises(Mismatch) as raised:
        entry.infer(bind(entry.params, arguments), *inputs)
    found = raised.value
    assert found.code == code
    assert message in found.message
    assert "\n" not in found.message
    assert help is None or help in found.help
    assert found.argument == argument


def test_multiply_adds_are_positions_times_the_kernel() -> None:
    """Counts by hand: an output of 30 x 30, each value 3 * 3 * 3 products, 8 filters."""

    def macs(word, arguments, *inputs):
        entry = find("layer", word)
        return entry.infer(bind(entry.params, arguments), *inputs).macs

    image = TensorSpec((None, 32, 32, 3))
    assert macs("conv2d", {"filters": 8, "kernel_size": 3}, image) == 30 * 30 * 8 * 3 * 3 * 3
    assert macs("conv2d", {"filters": 6, "kernel_size": 1, "groups": 3}, image) == 32 * 32 * 6
    assert macs("depthwise_conv2d", {"kernel_size": 3, "strides": 2, "padding": "same"}, image) == 16 * 16 * 3 * 9
    assert macs("separable_conv2d", {"filters": 8, "kernel_size": 3}, image) == 30 * 30 * (3 * 9 + 3 * 8)
    assert macs("conv2d_transpose", {"filters": 8, "kernel_size": 2, "strides": 2}, image) == 64 * 64 * 3 * 8
    assert macs("conv1d", {"filters": 8, "kernel_size": 3, "padding": "causal"}, TensorSpec((None, 10, 4))) == 10 * 3 * 4 * 8
    assert macs("dense", {"units": 4}, TensorSpec((None, 5, 6))) == 5 * 6 * 4
    query, value = TensorSpec((None, 5, 6)), TensorSpec((None, 7, 3))
    projections = 5 * 6 * 8 + 7 * 3 * 8 + 7 * 3 * 8 + 5 * 8 * 6
    assert macs("multi_head_attention", {"num_heads": 2, "key_dim": 4}, query, value) == projections + 2 * 5 * 7 * (4 + 4)
    assert macs("dot", {"axes": 2}, [query, TensorSpec((None, 9, 6))]) == 5 * 9 * 6
    assert macs("conv2d", {"filters": 8, "kernel_size": 3}, TensorSpec((None, None, 32, 3))) is None
    assert macs("batch_normalization", {}, image) == 0


def test_weights_know_their_size() -> None:
    facts = find("layer", "dense").infer(bind(find("layer", "dense").params, {"units": 4}), VECTOR)
    assert facts.weights == [Weight("kernel", (6, 4)), Weight("bias", (4,))]
    assert sum(weight.size for weight in facts.weights) == 28
    assert Choice(find("initializer", "zeros"), bind(find("initializer", "zeros").params, {})).name == "zeros"
