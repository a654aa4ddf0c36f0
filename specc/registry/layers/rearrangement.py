"""Functions of `keras.ops` that put values elsewhere. They own no weights, and count axes with the batch as 0."""

from typing import Annotated, Any, Literal

from specc.graph import TensorSpec
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import IMAGE, place, places, require_rank
from specc.registry.layers.dtypes import require_fitting, require_numbers
from specc.registry.types import Axis, Plain


def _widths(value: Any) -> tuple[tuple[int, int], ...]:
    return tuple((int(before), int(after)) for before, after in value)


class ExpandDims(Params):
    """Puts in an axis of size 1.

    Input shape: any
    Output shape: with an axis more for each one given
    """

    axis: Axis = param("Place of the new axis in the output, or several.")


class Squeeze(Params):
    """Takes out axes of size 1.

    Input shape: any
    Output shape: without the axes
    """

    axis: Axis | None = param("Axis or axes to take out; none takes all of size 1.", default=None)


class Transpose(Params):
    """The axes in another order, the batch included.

    Input shape: any
    Output shape: the axes as in `axes`
    """

    axes: Axis | None = param("For every axis of the output, the axis of the input; none reverses them.", default=None)


class Swapaxes(Params):
    """Two axes in each other's place.

    Input shape: any
    Output shape: the two sizes swapped
    """

    axis1: int = param("One axis.")
    axis2: int = param("The other.")


class Moveaxis(Params):
    """Axes moved elsewhere; the others stay in order.

    Input shape: any
    Output shape: the sizes moved
    """

    source: Axis = param("Axis or axes to move.")
    destination: Axis = param("Where each of them goes.")


class Flip(Params):
    """The values along axes in the opposite order.

    Input shape: any
    Output shape: as the input
    """

    axis: Axis | None = param("Axis or axes; none flips all of them, batch included.", default=None)


class Roll(Params):
    """The values moved along an axis; what falls off the end comes in at the front.

    Input shape: any
    Output shape: as the input
    """

    shift: Axis = param("How far, one number or one for each axis.")
    axis: Axis | None = param("Axis or axes; none rolls all values in a row, batch included.", default=None)


class Tile(Params):
    """The tensor several times over.

    Input shape: any
    Output shape: every size times its number
    """

    repeats: Axis = param("How often along each axis, the batch first: [1, 2, 1] doubles the first after it.")


class Pad(Params):
    """Values around a tensor.

    Input shape: any
    Output shape: every size with what is put before and after it
    """

    pad_width: Annotated[
        tuple[tuple[int, int], ...],
        Plain(
            {
                "type": "array",
                "items": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2},
                "minItems": 1,
            },
            _widths,
        ),
    ] = param("For each axis [before, after], the batch first: [[0, 0], [1, 1]] pads a sequence of numbers.")
    mode: Literal["constant", "reflect", "symmetric"] = param(
        "What is put there: a constant; the values mirrored, without the last or with it.", default="constant"
    )
    constant_values: Annotated[float | None, Plain({"type": ["number", "null"]})] = param("The constant; none is 0.", default=None)


class DepthToSpace(Params):
    """Channels spread out over squares of pixels: upsampling without weights.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height * block_size, width * block_size, channels / block_size ** 2)
    Reference: Shi et al., Real-time super-resolution with an efficient sub-pixel network, 2016, https://arxiv.org/abs/1609.05158
    """

    block_size: int = param("Side of the squares.", minimum=2)


class SpaceToDepth(Params):
    """Squares of pixels gathered in channels: downsampling that loses nothing.

    Input shape: (batch, height, width, channels)
    Output shape: (batch, height / block_size, width / block_size, channels * block_size ** 2)
    """

    block_size: int = param("Side of the squares.", minimum=2)


@layer(
    "expand_dims",
    keras="keras.ops.expand_dims",
    examples=[example((5, 8), axis=1), example((None,), axis=-1, dtype="int32"), example((5,), axis=[1, 3])],
)
def expand_dims(p: ExpandDims, x: TensorSpec) -> Facts:
    count = 1 if isinstance(p.axis, int) else len(p.axis)
    rank = x.rank + count
    new = places("expand_dims", rank, p.axis)
    rest = iter(x.shape)
    return Facts(x.with_shape(*(1 if axis in new else next(rest) for axis in range(rank))))


@layer(
    "squeeze",
    keras="keras.ops.squeeze",
    examples=[example((1, 8), axis=1), example((1, None, 1), axis=[1, -1], dtype="int32"), example((1, 8, 1))],
)
def squeeze(p: Squeeze, x: TensorSpec) -> Facts:
    if p.axis is None:
        return Facts(x.with_shape(*(size for size in x.shape if size != 1)))
    gone = places("squeeze", x.rank, p.axis)
    for axis in gone:
        if x.shape[axis] != 1:
            size = "an unknown size" if x.shape[axis] is None else f"size {x.shape[axis]}"
            raise Mismatch("E0305", f"`squeeze` takes out axes of size 1, but axis {axis} of {x} has {size}", argument="axis")
    return Facts(x.with_shape(*(size for axis, size in enumerate(x.shape) if axis not in gone)))


@layer("transpose", keras="keras.ops.transpose", examples=[example((5, 8), axes=[0, 2, 1]), example((5, None), dtype="int32")])
def transpose(p: Transpose, x: TensorSpec) -> Facts:
    axes = tuple(reversed(range(x.rank))) if p.axes is None else places("transpose", x.rank, p.axes, "axes")
    if len(axes) != x.rank:
        raise Mismatch("E0305", f"`axes` of `transpose` names {len(axes)} axes, but {x} has {x.rank}", argument="axes")
    return Facts(x.with_shape(*(x.shape[axis] for axis in axes)))


@layer(
    "swapaxes",
    keras="keras.ops.swapaxes",
    examples=[example((5, 8), axis1=1, axis2=2), example((None, 3), axis1=-1, axis2=1, dtype="int32")],
)
def swapaxes(p: Swapaxes, x: TensorSpec) -> Facts:
    one, other = place("swapaxes", x.rank, p.axis1, "axis1"), place("swapaxes", x.rank, p.axis2, "axis2")
    sizes = list(x.shape)
    sizes[one], sizes[other] = sizes[other], sizes[one]
    return Facts(x.with_shape(*sizes))


@layer(
    "moveaxis",
    keras="keras.ops.moveaxis",
    examples=[example((5, 8, 3), source=1, destination=-1), example((5, None, 3), source=[1, 2], destination=[-1, 1], dtype="int32")],
)
def moveaxis(p: Moveaxis, x: TensorSpec) -> Facts:
    source, destination = places("moveaxis", x.rank, p.source, "source"), places("moveaxis", x.rank, p.destination, "destination")
    if len(source) != len(destination):
        message = f"`destination` of `moveaxis` names {len(destination)} places for {len(source)} axes"
        raise Mismatch("E0305", message, argument="destination")
    going = dict(zip(destination, source, strict=True))
    rest = (axis for axis in range(x.rank) if axis not in source)
    return Facts(x.with_shape(*(x.shape[going[axis] if axis in going else next(rest)] for axis in range(x.rank))))


@layer("flip", keras="keras.ops.flip", examples=[example((5, 8), axis=1), example((None, 3), axis=[1, -1], dtype="int32"), example((3,))])
def flip(p: Flip, x: TensorSpec) -> Facts:
    if p.axis is not None:
        places("flip", x.rank, p.axis)
    return Facts(x)


@layer(
    "roll",
    keras="keras.ops.roll",
    examples=[example((5, 8), shift=1, axis=1), example((None, 3), shift=[-1, 2], axis=[1, 2], dtype="int32"), example((3,), shift=2)],
)
def roll(p: Roll, x: TensorSpec) -> Facts:
    axes = 0 if p.axis is None or isinstance(p.axis, int) else len(p.axis)
    if p.axis is not None:
        places("roll", x.rank, p.axis)
    shifts = 0 if isinstance(p.shift, int) else len(p.shift)
    if shifts != axes:
        wanted = f"a list of {axes}, as `axis` is" if axes else "one number"
        given = p.shift if isinstance(p.shift, int) else list(p.shift)
        raise Mismatch("E0305", f"`shift` of `roll` must be {wanted}, not {given}", argument="shift")
    return Facts(x)


@layer(
    "tile",
    keras="keras.ops.tile",
    examples=[example((5, 8), repeats=[1, 2, 3]), example((None, 3), repeats=[1, 1, 2], dtype="int32"), example((3,), repeats=[1, 4])],
)
def tile(p: Tile, x: TensorSpec) -> Facts:
    repeats = (p.repeats,) if isinstance(p.repeats, int) else p.repeats
    if len(repeats) != x.rank or repeats[0] != 1 or min(repeats) < 1:
        given = list(repeats) if len(repeats) > 1 else p.repeats
        message = f"`repeats: {given}` of `tile` must be a number for each axis of {x}, 1 for the batch"
        raise Mismatch("E0305", message, help=f"`repeats: {[1, *[2] * (x.rank - 1)]}` doubles every axis after it", argument="repeats")
    return Facts(x.with_shape(*(None if size is None else size * count for size, count in zip(x.shape, repeats, strict=True))))


@layer(
    "pad",
    keras="keras.ops.pad",
    examples=[
        example((5, 8), pad_width=[[0, 0], [1, 2], [0, 0]]),
        example((None, 8), pad_width=[[0, 0], [2, 2], [0, 1]], mode="reflect"),
        example((5,), pad_width=[[0, 0], [0, 3]], constant_values=-1, dtype="int32"),
        example((5,), pad_width=[[0, 0], [5, 0]], mode="symmetric"),
    ],
)
def pad(p: Pad, x: TensorSpec) -> Facts:
    if len(p.pad_width) != x.rank:
        message = f"`pad_width` of `pad` has {len(p.pad_width)} pairs, but {x} has {x.rank} axes"
        raise Mismatch("E0305", message, help="one [before, after] for each axis, [0, 0] for the batch", argument="pad_width")
    if any(p.pad_width[0]):
        raise Mismatch("E0305", "`pad` cannot pad the batch", help="the first pair is the batch's: [0, 0]", argument="pad_width")
    if p.constant_values is not None and p.mode != "constant":
        raise Mismatch("E0305", f"`constant_values` of `pad` is nothing for `mode: {p.mode}`", argument="constant_values")
    if p.constant_values is not None:
        require_numbers("pad", x)
        require_fitting("pad", "constant_values", x, p.constant_values)
    if p.mode != "constant":
        for axis, (size, sides) in enumerate(zip(x.shape, p.pad_width, strict=True)):
            if size is not None and max(sides) > size - (p.mode == "reflect"):
                message = f"`pad` cannot mirror {max(sides)} values of axis {axis} of {x}"
                raise Mismatch("E0302", message, help="pad less, or with `mode: constant`", argument="pad_width")
    return Facts(x.with_shape(*(None if size is None else size + sum(sides) for size, sides in zip(x.shape, p.pad_width, strict=True))))


@layer(
    "depth_to_space",
    keras="keras.ops.depth_to_space",
    examples=[example((4, 3, 8), block_size=2), example((None, 3, 18), block_size=3, dtype="int32")],
)
def depth_to_space(p: DepthToSpace, x: TensorSpec) -> Facts:
    require_rank("depth_to_space", x, 4, IMAGE)
    batch, height, width, channels = x.shape
    squares = p.block_size**2
    if channels is None:
        raise Mismatch(
            "E0304", f"`depth_to_space` needs a known number of input channels, but got {x}", help="give them a number in `inputs`"
        )
    if channels % squares:
        help = f"`block_size` squared, {squares}, must divide the channels"
        raise Mismatch("E0305", f"`depth_to_space` cannot make squares of {p.block_size} of {x}", help=help, argument="block_size")
    sizes = (None if size is None else size * p.block_size for size in (height, width))
    return Facts(x.with_shape(batch, *sizes, channels // squares))


@layer(
    "space_to_depth",
    keras="keras.ops.space_to_depth",
    examples=[example((4, 6, 3), block_size=2), example((10, 5, 2), block_size=5, dtype="int32")],
)
def space_to_depth(p: SpaceToDepth, x: TensorSpec) -> Facts:
    require_rank("space_to_depth", x, 4, IMAGE)
    batch, height, width, channels = x.shape
    if any(size is not None and size % p.block_size for size in (height, width)):
        help = f"heights and widths must be multiples of `block_size: {p.block_size}`"
        raise Mismatch("E0305", f"`space_to_depth` cannot cut {x} into squares of {p.block_size}", help=help, argument="block_size")
    sizes = (None if size is None else size // p.block_size for size in (height, width))
    return Facts(x.with_shape(batch, *sizes, None if channels is None else channels * p.block_size**2))
