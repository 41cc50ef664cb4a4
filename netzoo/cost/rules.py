"""The MACs of a layer as pure functions of shapes; shapes have no batch, channels come last.

One multiply-add of a convolution or a matrix product is one MAC. The bias, the activation, pooling
and every other element-wise step are not MACs.
"""

from math import prod

Shape = tuple[int, ...]


def dense_macs(input_shape: Shape, output_shape: Shape) -> int:
    """Return the MACs of a dense layer: each output sums over the input's last axis."""
    return prod(output_shape) * input_shape[-1]


def conv_macs(input_shape: Shape, output_shape: Shape, kernel_size: Shape, groups: int = 1) -> int:
    """Return the MACs of a convolution: each output sums over a window of its group's channels.

    Padding counts as the zeros that are multiplied, as every counter of this field does.
    """
    return prod(output_shape) * prod(kernel_size) * input_shape[-1] // groups
