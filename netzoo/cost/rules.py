"""The MACs of convolutions and matrix products as pure functions of full shapes, batch included.

One multiply-add is one MAC. The bias, the activation, pooling and every other element-wise step are
not MACs.
"""

from math import prod

Shape = tuple[int, ...]


def dense_macs(input_shape: Shape, output_shape: Shape) -> int:
    """Return the MACs of a dense layer: each output sums over the input's last axis."""
    return prod(output_shape) * input_shape[-1]


def conv_macs(output_shape: Shape, kernel_shape: Shape) -> int:
    """Return the MACs of a convolution: each output sums over a window of its group's channels.

    kernel_shape: (*window, channels of a group, filters). Channels may come first or last.
    Padding counts as the zeros that are multiplied, as every counter of this field does.
    """
    return prod(output_shape) * prod(kernel_shape[:-1])


def transposed_conv_macs(input_shape: Shape, kernel_shape: Shape) -> int:
    """Return the MACs of a transposed convolution: each input spreads over a window of filters.

    kernel_shape: (*window, filters, channels). What falls on a cropped border counts too.
    """
    return prod(input_shape) * prod(kernel_shape[:-1])


def depthwise_conv_macs(output_shape: Shape, kernel_shape: Shape) -> int:
    """Return the MACs of a depthwise convolution; kernel_shape: (*window, channels, multiplier)."""
    return prod(output_shape) * prod(kernel_shape[:-2])


def separable_conv_macs(
    output_shape: Shape, filters: int, depthwise_shape: Shape, pointwise_shape: Shape
) -> tuple[int, int]:
    """Return the MACs of the two parts of a separable convolution, depthwise and pointwise.

    depthwise_shape: (*window, channels, multiplier); pointwise_shape: (1, …, channels, filters).
    """
    places = prod(output_shape) // filters  # batch times pixels, wherever the channels stand
    between = prod(depthwise_shape[-2:])
    return places * between * prod(depthwise_shape[:-2]), places * prod(pointwise_shape)


def matmul_macs(left_shape: Shape, output_shape: Shape) -> int:
    """Return the MACs of a matrix product: each output sums over the left operand's last axis."""
    return prod(output_shape) * left_shape[-1]


def einsum_macs(subscripts: str, shapes: tuple[Shape, ...]) -> int:
    """Return the MACs of an Einstein sum of two operands: the product of the index sizes.

    An index of one operand alone that is not kept is summed before the product, by additions.
    Where no index is left to sum over (an outer or element-wise product) there is no multiply-add:
    0. An index of "..." stands for as many as an operand has left.
    """
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != 2:
        return 0
    sizes: dict[str | int, int] = {}
    operands: list[set[str | int]] = []
    for term, shape in zip(terms, shapes, strict=True):
        indices = _einsum_indices(term, len(shape))
        for index, size in zip(indices, shape, strict=True):
            sizes[index] = max(size, sizes.get(index, 1))
        operands.append(set(indices))
    if not arrow:  # what appears once is kept
        right = "".join(letter for letter in set(left) if left.count(letter) == 1)
    kept = {*right, *(index for index in sizes if isinstance(index, int))}
    summed = (operands[0] & operands[1]) - kept
    alone = (operands[0] ^ operands[1]) - kept
    return prod(size for index, size in sizes.items() if index not in alone) if summed else 0


def _einsum_indices(term: str, rank: int) -> list[str | int]:
    """Return an operand's indices: letters, and for "..." numbers that count from its right end."""
    before, dots, after = term.partition("...")
    unnamed = range(rank - len(before) - len(after)) if dots else ()
    return [*before, *reversed(unnamed), *after]


def attention_macs(query_shape: Shape, key_shape: Shape, value_shape: Shape) -> tuple[int, int]:
    """Return the MACs of scores and of weighted values in dot-product attention.

    Shapes: (batch, length, heads, size); key and value may have fewer heads, shared by groups.
    """
    batch, length, heads, size = query_shape
    scores = batch * heads * length * key_shape[1]
    return scores * size, scores * value_shape[-1]
