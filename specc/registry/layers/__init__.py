"""Layers and functions on tensors, by the module of this folder that declares them.

The table is what finds a word without importing every module; a test holds it to the declarations.
"""

LAYERS: dict[str, tuple[str, ...]] = {
    "activation": (
        "activation",
        "relu",
        "leaky_relu",
        "prelu",
        "elu",
        "softmax",
    ),
    "attention": ("multi_head_attention",),
    "conv": (
        "conv1d",
        "conv2d",
        "depthwise_conv2d",
        "separable_conv2d",
        "conv2d_transpose",
    ),
    "dense": ("dense",),
    "embedding": (
        "embedding",
        "class_token",
        "position_embedding",
    ),
    "merge": (
        "add",
        "subtract",
        "multiply",
        "average",
        "maximum",
        "minimum",
        "concatenate",
        "dot",
    ),
    "norm": (
        "batch_normalization",
        "layer_normalization",
        "group_normalization",
        "rms_normalization",
        "unit_normalization",
        "normalization",
        "local_response_normalization",
        "rescaling",
    ),
    "operations": (
        "take",
        "mean",
        "stop_gradient",
        "expand_dims",
        "squeeze",
        "transpose",
    ),
    "pool": (
        "max_pooling2d",
        "average_pooling2d",
        "max_pooling1d",
        "average_pooling1d",
        "global_average_pooling2d",
        "global_max_pooling2d",
        "global_average_pooling1d",
        "global_max_pooling1d",
    ),
    "regularization": (
        "dropout",
        "spatial_dropout2d",
        "gaussian_noise",
        "activity_regularization",
    ),
    "shape": (
        "zero_padding2d",
        "cropping2d",
        "up_sampling2d",
        "flatten",
        "reshape",
        "permute",
        "repeat_vector",
    ),
}
