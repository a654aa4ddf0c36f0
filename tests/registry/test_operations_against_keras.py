"""Functions of `keras.ops`: each is a word, or a layer's, or left out for a reason; types of numbers are those that Keras computes."""

import itertools

import keras
import numpy as np
import pytest

from specc.graph import BYTES, KerasCall, TensorSpec
from specc.keras_backend.build import operate, resolve
from specc.language.schema import DTYPES
from specc.language.vocabulary import MODIFIERS, STRUCTURES
from specc.registry.entry import Entry, Facts, Mismatch, bind, entries
from specc.registry.layers.dtypes import promoted

# Functions that layers are: the layer is the word.
SAME_NAME = (
    "add", "average", "batch_normalization", "concatenate", "dot", "elu", "identity", "layer_normalization", "leaky_relu", "maximum",
    "minimum", "multiply", "relu", "reshape", "rms_normalization", "softmax", "subtract",
)  # fmt: skip
LAYERS = {
    **{name: name for name in SAME_NAME},
    "adaptive_average_pool": "adaptive_average_pooling2d",
    "adaptive_max_pool": "adaptive_max_pooling2d",
    "average_pool": "average_pooling2d",
    "max_pool": "max_pooling2d",
    "conv": "conv2d",
    "conv_transpose": "conv2d_transpose",
    "depthwise_conv": "depthwise_conv2d",
    "separable_conv": "separable_conv2d",
    "dot_product_attention": "attention",
}

# Functions that are no words, by the reason.
LEFT_OUT = {
    "makes a tensor of nothing; a spec's tensors come from inputs": (
        "arange array bartlett blackman convert_to_numpy convert_to_tensor copy empty empty_like eye full full_like geomspace hamming "
        "hanning kaiser linspace logspace meshgrid ones ones_like tri vander zeros zeros_like"
    ),
    "tells about a tensor; expressions do: `x.shape`": "dtype is_tensor ndim shape size allclose isreal",
    "runs Python functions; the language has `repeat` and `when`": (
        "associative_scan cond custom_gradient fori_loop jvp map scan switch vectorize vectorized_map while_loop"
    ),
    "complex numbers and Fourier transforms": (
        "angle conj conjugate fft fft2 ifft2 imag irfft istft polar real rfft stft view_as_complex view_as_real extract_sequences"
    ),
    "solvers and decompositions": (
        "cholesky cholesky_inverse det eig eigh inv logdet lstsq lu_factor matrix_rank pinv qr slogdet solve solve_triangular svd"
    ),
    "what is learned from: losses and metrics": (
        "binary_crossentropy categorical_crossentropy ctc_decode ctc_loss in_top_k psnr sparse_categorical_crossentropy"
    ),
    "sorts values into classes: preparation of data": "bincount digitize histogram multi_hot searchsorted unique isin count_nonzero",
    "its shape depends on values": "nonzero",
    "writes into a tensor at places": "scatter scatter_update slice_update",
    "goes through examples as one": "segment_max segment_min segment_prod segment_sum",
    "bits and whole numbers": (
        "bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor gcd lcm left_shift "
        "right_shift ldexp nextafter signbit view unravel_index heaviside"
    ),
    "second name of another": (
        "absolute amax amin fabs fmax fmin fmod hard_swish saturate_cast swish true_divide isneginf isposinf hsplit vsplit dsplit "
        "array_split hstack vstack dstack append fliplr flipud ravel select rot90 moments"
    ),
    "reads missing values as nothing; networks have none": (
        "nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd "
        "nansum nanvar"
    ),
    "statistics of a sample": "corrcoef correlate percentile ptp quantile diff trapezoid",
    "special functions that no architecture uses": "cbrt deg2rad hypot i0 logaddexp2 rad2deg sinc trunc isclose argpartition cross trace",
    "multiplies the batch with itself: `matmul`, `einsum`, `dot` keep examples apart": "inner kron outer tensordot vdot diag diagflat",
    "needs a batch of known size": "broadcast_to rearrange",
    "needs a key that only Python can write": "get_item",
    "is a modifier: `repeat`; `tile`, `repeat_vector` and `up_sampling2d` enlarge": "repeat",
    "takes channels first: `extract_patches` takes them last": "unfold fold",
}  # fmt: skip
IMAGES_LEFT_OUT = {
    "`resizing`, `center_crop`, `zero_padding2d`, `cropping2d` are layers": "resize crop_images pad_images",
    "augmentation: layers and transforms have it": (
        "affine_transform elastic_transform gaussian_blur hsv_to_rgb map_coordinates perspective_transform rgb_to_grayscale rgb_to_hsv "
        "scale_and_translate sobel_edges"
    ),
    "a metric": "ssim",
    "volumes in patches": "extract_patches_3d",
}
REASONS = {name: reason for table in (LEFT_OUT, IMAGES_LEFT_OUT) for reason, names in table.items() for name in names.split()}
OPERATIONS = {name: entry for name, entry in entries("layer").items() if entry.target.startswith("keras.ops.")}


def public(module) -> set[str]:
    return {name for name in dir(module) if not name.startswith("_") and callable(getattr(module, name))}


def test_every_function_is_a_word_or_a_layer_or_left_out_for_one_reason() -> None:
    offered = public(keras.ops) | public(keras.ops.image) | public(keras.ops.nn) | public(keras.ops.numpy) | public(keras.ops.linalg)
    assert offered == set(OPERATIONS) | set(LAYERS) | set(REASONS)
    for one, other in itertools.combinations((set(OPERATIONS), set(LAYERS), set(REASONS)), 2):
        assert not one & other
    assert len(REASONS) == sum(len(names.split()) for table in (LEFT_OUT, IMAGES_LEFT_OUT) for names in table.values())


def test_the_layers_are_layers() -> None:
    words = entries("layer")
    assert all(words[word].target.startswith("keras.layers.") for word in LAYERS.values())


def test_an_operation_has_the_name_of_its_function_and_none_of_the_language() -> None:
    for name, entry in OPERATIONS.items():
        assert resolve(entry.target).__name__ == name
        assert name not in (*MODIFIERS, *STRUCTURES)


def test_second_names_are_second_names() -> None:
    for one, other in (("swish", "silu"), ("hard_swish", "hard_silu"), ("absolute", "abs")):
        assert getattr(keras.ops, one)(-1.5) == getattr(keras.ops, other)(-1.5)


@pytest.mark.parametrize(("one", "other"), itertools.product([*DTYPES, "uint32"], repeat=2))
def test_types_are_promoted_as_keras_does(one: str, other: str) -> None:
    assert promoted(one, other) == keras.backend.result_type(one, other)


def test_every_type_has_a_size() -> None:
    assert all(np.dtype(name if name != "bfloat16" else "float16").itemsize == size for name, size in BYTES.items())


def in_dtype(value, dtype: str):
    if isinstance(value, list):
        return [in_dtype(each, dtype) for each in value]
    return TensorSpec(value.shape, dtype)


def ones(value):
    if isinstance(value, list):
        return [ones(each) for each in value]
    return keras.ops.ones((2, *(5 if size is None else size for size in value.shape[1:])), dtype=value.dtype)


def inferred(entry: Entry, params, specs) -> Facts | None:
    """What is promised; None where the types are refused."""
    try:
        return entry.infer(params, **specs)
    except Mismatch as mismatch:
        if mismatch.code != "E0307":
            raise
        return None


SWEEP = [
    pytest.param(entry, example, dtype, id=f"{entry.name}-{number}-{dtype}")
    for entry in OPERATIONS.values()
    for number, example in enumerate(entry.examples[:3])
    for dtype in DTYPES
]


@pytest.mark.parametrize(("entry", "example", "dtype"), SWEEP)
def test_what_is_not_refused_is_computed_in_every_type(entry: Entry, example, dtype: str) -> None:
    """Every first tensor in every type: refused here, or computed by TensorFlow to the type that is promised."""
    params = bind(entry.params, example.arguments)
    names = entry.call_arguments
    specs = {names[int(key)] if key.isdigit() else key: value for key, value in example.inputs.items()}
    first = "x1" if "condition" in specs and "x1" in specs else next(iter(specs))
    if "condition" not in specs or first != "condition":
        specs[first] = in_dtype(specs[first], dtype)
    facts = inferred(entry, params, specs)
    if facts is None:
        return
    call: KerasCall = entry.call(params)
    tensors = {name: ones(value) for name, value in specs.items()}
    initial = tensors.pop(next(iter(tensors)))
    result = operate(call, initial, {**tensors, **entry.options(params)})
    outputs = facts.output if isinstance(facts.output, list) else [facts.output, *facts.extras.values()]
    results = list(result) if isinstance(result, (list, tuple)) else [result]
    for spec, tensor in zip(outputs, results, strict=True):
        assert keras.backend.standardize_dtype(tensor.dtype) == spec.dtype
        assert len(tensor.shape) == spec.rank
