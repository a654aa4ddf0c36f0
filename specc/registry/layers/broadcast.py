"""How functions of `keras.ops` stretch sizes of 1."""

from specc.graph import Shape


def stretched(one: Shape, other: Shape) -> Shape | None:
    """The shape of two of the same rank together, or None. What is unknown must be the other's size where that is above 1."""
    sizes: list[int | None] = []
    for left, right in zip(one, other, strict=True):
        if left == right or right == 1 or (right is None and left != 1):
            sizes.append(left)
        elif left == 1 or left is None:
            sizes.append(right)
        else:
            return None
    return tuple(sizes)
