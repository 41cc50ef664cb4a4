"""The element-wise operations of a call: all that is not a convolution or a matrix product.

Convention: one for each element that a step makes (a bias, an activation, a sum of two tensors),
two for a normalisation (scale and shift), and one for each element that a reduction or a pooling
window reads. What only moves elements (a reshape, a padding, a look-up) makes none. They are
never mixed into MACs or FLOPs: what one costs, an exponential or an addition, differs by device.
Which layer and operation has which rule is in `layer_facts.py` and `operation_facts.py`.
"""

from math import prod
from typing import Any

from netzoo.cost.graph import Call, per_axis


def nothing(call: Call) -> int:
    """Return 0: elements are moved at most, or another rule tells of them."""
    return 0


def outputs(call: Call) -> int:
    """Return one for each element made."""
    return sum(map(prod, call.output_shapes))


def inputs(call: Call) -> int:
    """Return one for each element read."""
    return sum(map(prod, call.input_shapes))


def first_input(call: Call) -> int:
    """Return one for each element of the image read; a mask may come with it."""
    return prod(call.input_shapes[0])


def merged(call: Call) -> int:
    """Return one for each element that each step of putting several inputs together makes."""
    return outputs(call) * max(1, len(call.inputs) - 1)


def scaled(call: Call) -> int:
    """Return two for each element made: a scale and a shift."""
    return 2 * outputs(call)


def window(call: Call) -> int:
    """Return one for each element that a pooling window reads."""
    axes = len(call.output_shapes[0]) - 2
    return outputs(call) * prod(per_axis(call.operation.pool_size, axes))


def bias_and_activation(call: Call) -> int:
    """Return one for each element made by a bias, and one by an activation."""
    return outputs(call) * (_has_bias(call.operation) + _is_active(call.operation))


def enlarged(call: Call) -> int:
    """Return one for each element of a larger image, where they are computed and not copied."""
    return 0 if call.operation.interpolation == "nearest" else outputs(call)


def _has_bias(layer: Any) -> bool:
    return bool(getattr(layer, "use_bias", False) or getattr(layer, "bias_axes", None))


def _is_active(layer: Any) -> bool:
    return getattr(getattr(layer, "activation", None), "__name__", "linear") != "linear"
