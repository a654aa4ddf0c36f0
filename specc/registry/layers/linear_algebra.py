"""Functions of `keras.ops` on vectors and matrices. They own no weights, and count axes with the batch as 0."""

import re

from specc.graph import TensorSpec, product
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.broadcast import stretched
from specc.registry.layers.checks import places, require_floats, require_min_rank
from specc.registry.layers.dtypes import promoted, require_numbers, require_single
from specc.registry.types import Axis

ROWS = "batch, ..., rows, columns"


class Matmul(Params):
    """Product of matrices.

    Input shape: (batch, ..., rows, inner) and (batch, ..., inner, columns)
    Output shape: (batch, ..., rows, columns)
    """


class Einsum(Params):
    """Sum of products over axes, by Einstein's rule: axes of one letter go together, those that the output leaves out are summed.

    Input shape: a list of tensors, as `subscripts` says
    Output shape: as `subscripts` says
    """

    subscripts: str = param("A letter for every axis, batch included: `bij,bjk->bik` multiplies matrices.")


class Normalize(Params):
    """Vectors scaled to length 1.

    Input shape: any
    Output shape: as the input
    """

    axis: Axis = param("Axis of the vectors, or several.", default=-1)
    order: int = param("Order of the length: 2 is Euclid's, 1 sums absolute values.", default=2, minimum=1)
    epsilon: float | None = param("Smallest length that is divided by; none for 1e-7.", default=None, above=0)


class Cdist(Params):
    """Euclidean distances between all vectors of one tensor and all of another.

    Input shape: (batch, n, features) and (batch, m, features)
    Output shape: (batch, n, m)
    """


class Diagonal(Params):
    """The diagonal of matrices.

    Input shape: any of rank 3 or more
    Output shape: without the two axes, and the diagonal last
    """

    offset: int = param("Which diagonal: above the main one where positive.", default=0)
    axis1: int = param("Axis of the rows.", default=0)
    axis2: int = param("Axis of the columns.", default=1)


class Triangle(Params):
    """One triangle of matrices, 0 elsewhere."""

    k: int = param("The diagonal where it ends: above the main one where positive.", default=0)


class Tril(Triangle):
    """The lower triangle of matrices, 0 above.

    Input shape: (batch, ..., rows, columns)
    Output shape: as the input
    """


class Triu(Triangle):
    """The upper triangle of matrices, 0 below.

    Input shape: (batch, ..., rows, columns)
    Output shape: as the input
    """


@layer(
    "matmul",
    keras="keras.ops.matmul",
    examples=[
        example((4, 6), (6, 5)),
        example((2, None, 6), (2, 6, 5)),
        example((1, 4, 6), (7, 6, 5)),
        example((4, 6), (6, 5), dtype="int32"),
        example((4, 6), (6, 5), dtype="int8"),
    ],
)
def matmul(p: Matmul, x1: TensorSpec, x2: TensorSpec) -> Facts:
    for x in (x1, x2):
        require_min_rank("matmul", x, 3, ROWS)
    if None in (x1.shape[-1], x2.shape[-2]) and x1.shape[-1] != x2.shape[-2]:
        raise Mismatch("E0304", "`matmul` needs both summed sizes, or none of them, to be known")
    if x1.shape[-1] != x2.shape[-2]:
        help = f"the columns of the first, {x1.shape[-1]}, must be the rows of the second, {x2.shape[-2]}; `swapaxes` turns a matrix"
        raise Mismatch("E0312", "inputs of `matmul` have different shapes", help=help)
    outer = stretched(x1.shape[:-2], x2.shape[:-2]) if x1.rank == x2.rank else None
    if outer is None:
        raise Mismatch("E0312", "inputs of `matmul` have different shapes", help="the axes before the last two must be equal, or 1")
    shape = (*outer, x1.shape[-2], x2.shape[-1])
    return Facts(TensorSpec(shape, _summed(x1, x2)), macs=product((*shape[1:], x1.shape[-1])))


@layer(
    "einsum",
    keras="keras.ops.einsum",
    examples=[
        example([(4, 6), (5, 6)], subscripts="bij,bkj->bik"),
        example([(None, 2, 3), (7, 2, 3)], subscripts="bqhd,bkhd->bhqk"),
        example([(4, 6)], subscripts="bij->bj"),
        example([(4, 6), (6, 5), (5, 2)], subscripts="bij,bjk,bkl->bil"),
        example([(2, 4, 6), (2, 6, 5)], subscripts="...ij,...jk->...ik"),
    ],
)
def einsum(p: Einsum, operands: list[TensorSpec]) -> Facts:
    require_numbers("einsum", *operands)
    terms, output = _terms(p.subscripts, operands)
    sizes: dict[str, int | None] = {}
    for letters, x in zip(terms, operands, strict=True):
        for letter, size in zip(letters, x.shape, strict=True):
            known = sizes.setdefault(letter, size)
            # Only the axes of `...`, digits here, stretch sizes of 1.
            together = stretched((known,), (size,)) if letter.isdigit() or None in (known, size) or known == size else None
            if together is None:
                help = f"`{letter}` of `{p.subscripts}` is {known} here and {size} there"
                raise Mismatch("E0312", "inputs of `einsum` have different shapes", help=help)
            sizes[letter] = together[0] if letter.isdigit() or known is None else known
    macs = product(tuple(size for letter, size in sizes.items() if letter != terms[0][0])) if len(operands) > 1 else 0
    return Facts(TensorSpec(tuple(sizes[letter] for letter in output), _summed(*operands)), macs=macs)


def _summed(*tensors: TensorSpec) -> str:
    """The type of sums of products: those of int8 alone are int32."""
    dtypes = [x.dtype for x in tensors]
    return "int32" if set(dtypes) == {"int8"} else promoted(*dtypes)


def _terms(subscripts: str, operands: list[TensorSpec]) -> tuple[list[list[str]], list[str]]:
    """The letters of every axis, of each tensor and of the output. Raises E0305 and E0312 where they do not fit the tensors."""
    written = subscripts.replace(" ", "")
    if not re.fullmatch(r"[A-Za-z.]+(,[A-Za-z.]+)*->[A-Za-z.]*", written) or "." in written.replace("...", ""):
        help = "a letter for every axis, a comma between tensors, and `->` before the output: `bij,bjk->bik`"
        raise Mismatch("E0305", f"`subscripts: {subscripts}` of `einsum` cannot be read", help=help, argument="subscripts")
    left, _, right = written.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        message = f"`subscripts: {subscripts}` of `einsum` names {len(terms)} tensors, but got {len(operands)}"
        raise Mismatch("E0305", message, argument="subscripts")
    extras = {x.rank - len(term.replace("...", "")) for term, x in zip(terms, operands, strict=True) if "..." in term}
    if len(extras) > 1:
        help = "`...` stands for the same axes of each, the batch among them"
        raise Mismatch("E0312", "inputs of `einsum` have different numbers of axes", help=help)
    wide = next(iter(extras), 0)
    for term, x in zip(terms, operands, strict=True):
        if wide < 0 or len(_letters(term, wide)) != x.rank:
            count = len(term.replace("...", ""))
            raise Mismatch("E0305", f"`{term}` of `einsum` has {count} letters, but {x} has {x.rank} axes", argument="subscripts")
    letters, output = [_letters(term, wide) for term in terms], _letters(right, wide)
    if not set(output) <= {letter for term in letters for letter in term} or len(set(output)) < len(output):
        raise Mismatch("E0305", f"the output `{right}` of `einsum` names an axis that no tensor has, or one twice", argument="subscripts")
    return letters, output


def _letters(term: str, wide: int) -> list[str]:
    """The letter of every axis; those of `...` are digits, counted from the right."""
    before, dots, after = term.partition("...")
    return [*before, *(str(number) for number in range(wide - 1, -1, -1) if dots), *after]


@layer(
    "normalize",
    keras="keras.ops.normalize",
    examples=[example((5, 8)), example((None, 8), axis=[1, 2]), example((3, 8), axis=1, order=3), example((5,), epsilon=1e-3)],
)
def normalize(p: Normalize, x: TensorSpec) -> Facts:
    require_single("normalize", x)
    axes = places("normalize", x.rank, p.axis)
    if len(axes) > 1 and p.order > 2:
        message = f"`order: {p.order}` of `normalize` is one of vectors, but `axis` names {len(axes)} axes"
        raise Mismatch("E0305", message, help="leave `order` at 2, or name one axis", argument="order")
    return Facts(x)


@layer("cdist", keras="keras.ops.cdist", examples=[example((4, 6), (7, 6)), example((None, 3), (5, 3))])
def cdist(p: Cdist, x: TensorSpec, y: TensorSpec) -> Facts:
    require_floats("cdist", x, y)
    if x.dtype != y.dtype:
        raise Mismatch("E0307", f"`cdist` takes tensors of one type, but got {x} and {y}", help=f"`cast: {x.dtype}` before this step")
    for each in (x, y):
        if each.rank != 3:
            raise Mismatch("E0301", f"`cdist` takes (batch, vectors, features), rank 3, but got {each} of rank {each.rank}")
    if x.shape[-1] != y.shape[-1]:
        raise Mismatch("E0312", "inputs of `cdist` have different shapes", help="the vectors of both must be equally long")
    rows, columns = x.shape[1], y.shape[1]
    return Facts(TensorSpec((x.shape[0], rows, columns), promoted(x.dtype, y.dtype)), macs=product((rows, columns, x.shape[-1])))


@layer(
    "diagonal",
    keras="keras.ops.diagonal",
    examples=[example((4, 6), axis1=1, axis2=2), example((4, 6, 3), offset=1, axis1=1, axis2=2), example((None, None), axis1=1, axis2=-1)],
)
def diagonal(p: Diagonal, x: TensorSpec) -> Facts:
    require_min_rank("diagonal", x, 3, ROWS)
    axes = places("diagonal", x.rank, (p.axis1, p.axis2), "axis2")
    if 0 in axes:
        help = "`axis1: 1, axis2: 2` are the first two after the batch"
        raise Mismatch("E0305", "`diagonal` would run through the batch", help=help, argument="axis1")
    rows, columns = x.shape[axes[0]], x.shape[axes[1]]
    rest = [size for axis, size in enumerate(x.shape) if axis not in axes]
    if rows is None or columns is None:
        return Facts(x.with_shape(*rest, None))
    length = min(rows, columns - p.offset) if p.offset >= 0 else min(rows + p.offset, columns)
    if length < 1:
        raise Mismatch("E0305", f"`offset: {p.offset}` of `diagonal` lies beyond a matrix of {rows} by {columns}", argument="offset")
    return Facts(x.with_shape(*rest, length))


@layer("tril", keras="keras.ops.tril", examples=[example((4, 6)), example((None, 4), k=-1, dtype="int32")])
def tril(p: Tril, x: TensorSpec) -> Facts:
    require_min_rank("tril", x, 3, ROWS)
    _check_diagonal("tril", p.k, x.shape[-1])
    return Facts(x)


@layer("triu", keras="keras.ops.triu", examples=[example((4, 6)), example((None, 4), k=1, dtype="bool")])
def triu(p: Triu, x: TensorSpec) -> Facts:
    require_min_rank("triu", x, 3, ROWS)
    _check_diagonal("triu", -p.k, x.shape[-2])
    return Facts(x)


def _check_diagonal(word: str, beyond: int, size: int | None) -> None:
    """Raises E0305 for a diagonal so far outside that the matrix stays whole, which TensorFlow refuses when it runs."""
    if size is not None and beyond > size:
        raise Mismatch("E0305", f"the diagonal `k` of `{word}` lies {beyond} beyond a matrix that has {size}", argument="k")
