"""The matrix products of Keras layers: a rule for each kind of layer that makes any.

Which layer has which rule is in `layer_facts.py`. A rule is called with a call of its layer, and
with what says which operands need a gradient.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from netzoo.cost import rules
from netzoo.cost.graph import Call
from netzoo.cost.operations import Needs, Product, product

Shapes = Sequence[tuple[int, ...]]
UsersRule = Callable[[Any, Shapes, Shapes], int]

USERS_RULES: dict[type, UsersRule] = {}  # by exact class


def has_users_rule(operation: Any) -> bool:
    """Return whether a layer has a rule, or a method `count_macs`, of its user's."""
    return type(operation) in USERS_RULES or hasattr(operation, "count_macs")


def users_macs(layer: Any, input_shapes: Shapes, output_shapes: Shapes) -> int:
    """Return the MACs of a call by the user's own rule or method."""
    if hasattr(layer, "count_macs"):
        return int(layer.count_macs(input_shapes, output_shapes))
    return int(USERS_RULES[type(layer)](layer, input_shapes, output_shapes))


def _weighted(macs: int, call: Call, needs: Needs) -> list[Product]:
    """Return the product of an input with the layer's kernel, and those of a low-rank addition."""
    layer, x = call.operation, needs(call.inputs[0])
    kernel = layer._kernel if hasattr(layer, "_kernel") else layer.kernel
    a, b = getattr(layer, "lora_kernel_a", None), getattr(layer, "lora_kernel_b", None)
    if a is None or b is None:
        return [product(macs, x, kernel.trainable)]
    if not _is_quantized(call):  # kernel + a @ b, made at each call
        trained = kernel.trainable or a.trainable or b.trainable
        made = prod(a.shape) * b.shape[-1]
        return [product(macs, x, trained), product(made, a.trainable, b.trainable)]
    # A quantised kernel stays as it is: x @ kernel + x @ a @ b.
    rank, outputs = b.shape[0], prod(call.output_shapes[0])
    first = macs // b.shape[-1] * rank
    return [
        product(macs, x, False),
        product(first, x, a.trainable),
        product(outputs * rank, x or a.trainable, b.trainable),
    ]


def _is_quantized(call: Call) -> bool:
    return call.quantized and getattr(call.operation, "quantization_mode", None) is not None


def dense(call: Call, needs: Needs) -> list[Product]:
    """Return the product of Dense."""
    macs = rules.dense_macs(call.input_shapes[0], call.output_shapes[0])
    return _weighted(macs, call, needs)


def conv(call: Call, needs: Needs) -> list[Product]:
    """Return the product of a convolution, in groups or not."""
    layer = call.operation
    channels = _channels(layer, call.input_shapes[0])
    kernel_shape = (*layer.kernel_size, channels // layer.groups, layer.filters)
    macs = rules.conv_macs(call.output_shapes[0], kernel_shape)
    return _weighted(macs, call, needs)


def transposed_conv(call: Call, needs: Needs) -> list[Product]:
    """Return the product of a transposed convolution."""
    kernel_shape = (*call.operation.kernel_size, call.operation.filters, 1)
    macs = rules.transposed_conv_macs(call.input_shapes[0], kernel_shape)
    return _weighted(macs, call, needs)


def depthwise_conv(call: Call, needs: Needs) -> list[Product]:
    """Return the product of a depthwise convolution."""
    kernel_shape = (*call.operation.kernel_size, 1, 1)
    macs = rules.depthwise_conv_macs(call.output_shapes[0], kernel_shape)
    return _weighted(macs, call, needs)


def separable_conv(call: Call, needs: Needs) -> list[Product]:
    """Return the two products of a separable convolution, depthwise and pointwise."""
    layer = call.operation
    channels = _channels(layer, call.input_shapes[0])
    depthwise = (*layer.kernel_size, channels, layer.depth_multiplier)
    pointwise = (channels * layer.depth_multiplier, layer.filters)
    first, second = rules.separable_conv_macs(
        call.output_shapes[0], layer.filters, depthwise, pointwise
    )
    x, trained = needs(call.inputs[0]), layer.depthwise_kernel.trainable
    return [
        product(first, x, trained),
        product(second, x or trained, layer.pointwise_kernel.trainable),
    ]


def _channels(layer: Any, input_shape: tuple[int, ...]) -> int:
    return input_shape[1 if layer.data_format == "channels_first" else -1]


def einsum_kernel_shape(layer: Any) -> tuple[int, ...]:
    """Return the shape of an EinsumDense's kernel; a quantised one may be packed, and flat then."""
    return tuple(getattr(layer, "original_kernel_shape", None) or layer._kernel.shape)


def einsum_dense(call: Call, needs: Needs) -> list[Product]:
    """Return the product of EinsumDense."""
    shapes = (call.input_shapes[0], einsum_kernel_shape(call.operation))
    return _weighted(rules.einsum_macs(call.operation.equation, shapes), call, needs)


def embedding(call: Call, needs: Needs) -> list[Product]:
    """Return the products of a low-rank addition to a table; a look-up in it has none."""
    layer = call.operation
    a, b = getattr(layer, "lora_embeddings_a", None), getattr(layer, "lora_embeddings_b", None)
    if a is None or b is None:
        return []
    # The whole table is made at each call, unless it is quantised.
    rows = prod(call.input_shapes[0]) if _is_quantized(call) else a.shape[0]
    return [product(rows * prod(b.shape), a.trainable, b.trainable)]


def spectral(call: Call, needs: Needs) -> list[Product]:
    """Return the products of the power iteration, which is made in training alone.

    They go into weights, so no gradient comes back through them.
    """
    if not call.keywords.get("training"):
        return []
    layer = call.operation
    kernel, width = prod(layer.kernel.shape), layer.kernel.shape[-1]
    macs = (2 * layer.power_iterations + 1) * kernel + width
    return [Product(macs, macs)]
