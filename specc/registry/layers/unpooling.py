"""Pooling that remembers where the largest values stood, and its way back."""

from typing import Literal

from specc.graph import Shape, TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import IMAGE, known, require_floats, require_rank
from specc.registry.layers.window import along, slide
from specc.registry.types import Size2D


class MaxPoolingWithIndices2D(Params):
    """The largest value under a window, channel by channel, and where it stood: `max_unpooling2d` puts it back there.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height', width', channels)
    Further output: `indices`, of that shape, int32: the place in the channel's map, y * width + x, as in PyTorch
    Reference: Badrinarayanan et al., SegNet, 2015, https://arxiv.org/abs/1511.00561
    """

    pool_size: Size2D = param("Window, one int or [height, width].", default=2)
    strides: Size2D | None = param("Step of the window; none takes the window's size.", default=None)
    padding: Literal["valid", "same"] = param("`same` lets the window stand over the border.", default="valid")


class MaxUnpooling2D(Params):
    """Values put where the indices of the paired pooling say, zeros elsewhere; values of one place add up.

    Input shape: (batch, height, width, channels), and the indices of `max_pooling_with_indices2d`, of that shape
    Output shape: (batch, height', width', channels), as `output_size` says
    Reference: Badrinarayanan et al., SegNet, 2015, https://arxiv.org/abs/1511.00561
    """

    output_size: Size2D = param("Size before the paired pooling, one int or [height, width].")


@layer(
    "max_pooling_with_indices2d",
    keras="specc.keras_backend.layers.max_pooling_with_indices2d.MaxPoolingWithIndices2D",
    examples=[
        example((8, 9, 3)),
        example((9, None, 3), pool_size=3, strides=2, padding="same"),
        example((9, 8, 3), pool_size=[3, 2], strides=[1, 2]),
    ],
)
def max_pooling_with_indices2d(p: MaxPoolingWithIndices2D, x: TensorSpec) -> Facts:
    word = "max_pooling_with_indices2d"
    require_rank(word, x, 4, IMAGE)
    require_floats(word, x)
    window = along(p.pool_size, 2)
    strides = window if p.strides is None else along(p.strides, 2)
    sizes = [slide(word, *axis) for axis in zip(x.shape[1:3], window, strides, [p.padding] * 2, strict=True)]
    shape = (x.shape[0], *sizes, x.channels)
    return Facts(TensorSpec(shape), extras={"indices": TensorSpec(shape, "int32")})


@layer(
    "max_unpooling2d",
    keras="specc.keras_backend.layers.max_unpooling2d.MaxUnpooling2D",
    examples=[
        example((4, 4, 3), TensorSpec((None, 4, 4, 3), "int32"), output_size=[8, 9]),
        example((None, 4, 3), TensorSpec((None, None, 4, 3), "int32"), output_size=10),
    ],
)
def max_unpooling2d(p: MaxUnpooling2D, inputs: TensorSpec, indices: TensorSpec) -> Facts:
    word = "max_unpooling2d"
    require_rank(word, inputs, 4, IMAGE)
    require_floats(word, inputs)
    if "int" not in indices.dtype:
        help = "`from: [x, pool.indices]` takes those of the step `pool`"
        raise Mismatch("E0307", f"`{word}` takes the indices of `max_pooling_with_indices2d`, integers, but got {indices}", help=help)
    if indices.rank != 4 or not _same(inputs.shape, indices.shape):
        help = "the tensor must have the size and channels of the paired pooling's output"
        raise Mismatch("E0312", f"`{word}` takes values and indices of one shape, but got {inputs} and {indices}", help=help)
    channels = known(word, inputs, -1, "input channels")
    return Facts(TensorSpec((inputs.shape[0], *along(p.output_size, 2), channels)))


def _same(one: Shape, other: Shape) -> bool:
    """Whether two shapes can be one; unknown sizes can be any."""
    return all(None in sizes or sizes[0] == sizes[1] for sizes in zip(one, other, strict=True))
